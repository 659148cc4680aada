#include "config.h"

#include "sim/outside/limit.h"

#include "base/option.h"

#include <stdlib.h>
#include <string.h>

enum limit {
    TIME,
    MEMORY,
    STACK,
    FILES,
    LIMITS
};

static const char *const names[LIMITS] = {"time", "memory", "stack", "files"};

/* "memory=64MiB"; a value without a name is a time. */
static enum vn_status
take(const char *word, struct vn_plugin_limits *limits, struct vn_error *err)
{
    const char *value = strchr(word, '=');
    enum vn_status status = VN_OK;
    char name[16] = "time";
    int64_t number = 0;
    int which = TIME;

    if (value != NULL)
        snprintf(name, sizeof name, "%.*s",
                 (int) (value - word < 15 ? value - word : 15), word);
    value = value == NULL ? word : value + 1;
    if (vn_option_choice("limit", name, names, LIMITS, &which, err) != VN_OK)
        return VN_EUSAGE;
    switch ((enum limit) which) {
    case TIME:
        return vn_option_time("limit", value, 1000, 3600 * VN_SECOND,
                              &limits->call_us, err);
    case MEMORY:
        status = vn_option_bytes("limit", value, 1 << 16, INT64_C(1) << 36,
                                 &number, err);
        limits->memory_bytes = (size_t) number;
        break;
    case STACK:
        status = vn_option_bytes("limit", value, 1 << 14, INT64_C(1) << 30,
                                 &number, err);
        limits->stack_bytes = (size_t) number;
        break;
    case FILES:
        status = vn_option_int("limit", value, 1, 1 << 20, &number, err);
        limits->files = (int) number;
        break;
    case LIMITS:
        break;
    }
    return status;
}

enum vn_status
vn_limit_read(const char *text, struct vn_plugin_limits *limits,
              struct vn_error *err)
{
    enum vn_status status = VN_OK;
    char word[64];

    for (;;) {
        size_t n = strcspn(text, ",");

        snprintf(word, sizeof word, "%.*s", (int) (n < 63 ? n : 63), text);
        status = take(word, limits, err);
        if (status != VN_OK || text[n] == '\0')
            return status;
        text += n + 1;
    }
}

char *
vn_limit_text(const struct vn_plugin_limits *limits)
{
    char *text = NULL, time[VN_NUMBER_SIZE];
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (limits->call_us > 0)
        fprintf(out, ",time=%s", vn_format_time(time, limits->call_us));
    if (limits->memory_bytes > 0)
        fprintf(out, ",memory=%zu", limits->memory_bytes);
    if (limits->stack_bytes > 0)
        fprintf(out, ",stack=%zu", limits->stack_bytes);
    if (limits->files > 0)
        fprintf(out, ",files=%d", limits->files);
    fclose(out);
    if (size > 0)
        return memmove(text, text + 1, size);
    free(text);
    return NULL;
}
