#include "config.h"

#include "sim/outside/libos.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    WORDS_MAX = 256,
    TEXT_MAX = 4096
};

const char *
vn_libos_program(char *path, size_t size)
{
    static const char *const places[] = {"enclavedom/enclavedom",
                                         "enclavedom"};
    char own[TEXT_MAX];
    ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);
    struct stat st;
    char *slash;

    own[n > 0 ? n : 0] = '\0';
    slash = strrchr(own, '/');
    if (slash == NULL)
        return NULL;
    *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        int length = snprintf(path, size, "%s/%s", own, places[i]);

        if (length > 0 && (size_t) length < size && stat(path, &st) == 0
            && S_ISREG(st.st_mode) && access(path, X_OK) == 0)
            return path;
    }
    return NULL;
}

/* The next word of a command, its quotes taken away; NULL at its end. */
static char *
next_word(char **at)
{
    char *from = *at, *to, *word;
    char quote = '\0';

    while (*from == ' ' || *from == '\t')
        from++;
    if (*from == '\0')
        return NULL;
    for (word = to = from; *from != '\0'; from++) {
        if (quote == '\0' && (*from == ' ' || *from == '\t'))
            break;
        if (*from == quote)
            quote = '\0';
        else if (quote == '\0' && (*from == '\'' || *from == '"'))
            quote = *from;
        else
            *to++ = *from;
    }
    *at = *from == '\0' ? from : from + 1;
    *to = '\0';
    return word;
}

void
vn_libos_become(const char *command, const struct vn_plugin_limits *limits)
{
    char path[TEXT_MAX], memory[32], text[TEXT_MAX];
    const char *words[WORDS_MAX + 16] = {
        "enclavedom", "run", "--strict", "--time", "virtual", "--random", "0"};
    char *at = text, *word;
    int n = 7, most;

    if (snprintf(text, sizeof text, "%s", command) >= (int) sizeof text) {
        fprintf(stderr,
                "enclavedom: a command of %zu bytes, expected less "
                "than %d\n",
                strlen(command), TEXT_MAX);
        return;
    }
    if (limits->backend != NULL) {
        words[n++] = "--backend";
        words[n++] = ed_backend_name(limits->backend);
    }
    if (limits->memory_bytes > 0) {
        snprintf(memory, sizeof memory, "%zu", limits->memory_bytes);
        words[n++] = "--memory";
        words[n++] = memory;
    }
    words[n++] = "--";
    most = n + WORDS_MAX;
    while (n < most && (word = next_word(&at)) != NULL)
        words[n++] = word;
    words[n] = NULL;
    if (next_word(&at) != NULL) {
        fprintf(stderr, "enclavedom: a command of more than %d words\n",
                WORDS_MAX);
        return;
    }
    if (vn_libos_program(path, sizeof path) != NULL)
        execv(path, (char *const *) (uintptr_t) words);
    else
        execvp("enclavedom", (char *const *) (uintptr_t) words);
    perror("enclavedom");
}
