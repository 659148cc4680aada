#include "config.h"

#include "base/option.h"

#include "base/names.h"
#include "base/xalloc.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct vn_args
vn_args_begin(int argc, char **argv, const struct vn_option *options,
              int noptions)
{
    return (struct vn_args){
        .options = options, .noptions = noptions, .argc = argc, .argv = argv};
}

enum {
    LONG_BASE = 256, /* long options are numbered from here */
    OPTIONS_MAX = 64
};

enum {
    HELP_COLUMNS = 79, /* of a page of help */
    HELP_NAMES = 26    /* of them for names; text of longer ones is below */
};

static int
unknown(const struct vn_args *args, const char *word, struct vn_error *err)
{
    const char *names[OPTIONS_MAX], *near;
    char name[64];

    snprintf(name, sizeof name, "%s", word + strspn(word, "-"));
    name[strcspn(name, "=")] = '\0';
    for (int i = 0; i < args->noptions; i++)
        names[i] = args->options[i].name;
    near = vn_names_nearest(name, names, (size_t) args->noptions);
    if (near != NULL)
        vn_fail(err, VN_EUSAGE, "unknown option '%s', did you mean '--%s'?",
                word, near);
    else
        vn_fail(err, VN_EUSAGE, "unknown option '%s' (see --help)", word);
    return VN_ARGS_FAILED;
}

int
vn_args_next(struct vn_args *args, const char **value, struct vn_error *err)
{
    struct option longs[OPTIONS_MAX + 2] = {{0}};
    char shorts[2 * OPTIONS_MAX + 4] = ":h", *s = shorts + 2;
    int c, n = args->noptions, at;

    for (int i = 0; i < n; i++) {
        const struct vn_option *o = &args->options[i];

        longs[i] = (struct option){
            o->name, o->arg != NULL ? required_argument : no_argument, NULL,
            LONG_BASE + i};
        if (o->letter != 0) {
            *s++ = o->letter;
            if (o->arg != NULL)
                *s++ = ':';
        }
    }
    longs[n] = (struct option){"help", no_argument, NULL, 'h'};
    if (!args->started)
        optind = 0; /* glibc: start anew, whatever was parsed before */
    args->started = true;
    opterr = 0;
    optarg = NULL;
    at = optind > 0 ? optind : 1;
    c = getopt_long(args->argc, args->argv, shorts, longs, NULL);
    *value = optarg;
    if (c == -1) {
        args->rest = args->argv + optind;
        args->nrest = args->argc - optind;
        return VN_ARGS_END;
    }
    if (c == 'h')
        return VN_ARGS_HELP;
    if (c == ':') {
        vn_fail(err, VN_EUSAGE, "option '%s' needs an argument",
                args->argv[optind - 1]);
        return VN_ARGS_FAILED;
    }
    if (c == '?') {
        const char *word = args->argv[optind - 1 >= at ? optind - 1 : at];
        char letter[3] = {'-', (char) optopt, '\0'};

        if (optopt >= LONG_BASE) {
            vn_fail(err, VN_EUSAGE, "option '%s' takes no argument", word);
            return VN_ARGS_FAILED;
        }
        return unknown(args, optopt != 0 ? letter : word, err);
    }
    if (c >= LONG_BASE)
        return c - LONG_BASE;
    for (int i = 0; i < n; i++)
        if (args->options[i].letter == c)
            return i;
    return unknown(args, args->argv[optind - 1], err);
}

enum vn_status
vn_args_all(struct vn_args *args, vn_args_say *say, vn_args_take *take,
            void *arg, bool *done, struct vn_error *err)
{
    const char *value;

    *done = false;
    for (;;) {
        int i = vn_args_next(args, &value, err);

        if (i == VN_ARGS_FAILED)
            return VN_EUSAGE;
        if (i < 0 && i != VN_ARGS_HELP)
            return VN_OK;
        if (say(i)) {
            *done = true;
            return VN_OK;
        }
        if (take(arg, i, value, err) != VN_OK)
            return VN_EUSAGE;
    }
}

enum vn_status
vn_args_refuse(struct vn_error *err, const char *name, const char *value,
               const char *why)
{
    return vn_fail(err, VN_EUSAGE, "--%s: '%.100s' is wrong, expected %s",
                   name, value, why);
}

/* Words from column `at` on, none of them beyond the page where it fits. */
static void
fold(FILE *out, const char *text, int at)
{
    int used = at;

    while (*text != '\0') {
        int word = (int) strcspn(text, " ");

        if (used > at && used + 1 + word > HELP_COLUMNS) {
            fprintf(out, "\n%*s", at, "");
            used = at;
        } else if (used > at) {
            putc(' ', out);
            used++;
        }
        fprintf(out, "%.*s", word, text);
        used += word;
        text += word;
        text += strspn(text, " ");
    }
    putc('\n', out);
}

void
vn_option_help(FILE *out, const struct vn_option *options, int noptions)
{
    int width = 0;

    for (int i = 0; i < noptions; i++) {
        int w =
            (int) strlen(options[i].name)
            + (options[i].arg != NULL ? (int) strlen(options[i].arg) + 1 : 0);

        if (w <= HELP_NAMES)
            width = w > width ? w : width;
    }
    for (int i = 0; i <= noptions; i++) {
        static const struct vn_option help = {"help", NULL, "print this", 'h'};
        const struct vn_option *o = i < noptions ? &options[i] : &help;
        char letter[5] = "    ";
        int used;

        if (o->letter != 0)
            snprintf(letter, sizeof letter, "-%c, ", o->letter);
        used =
            fprintf(out, "  %s--%s%s%s", letter, o->name,
                    o->arg != NULL ? " " : "", o->arg != NULL ? o->arg : "");
        if (used > width + 8)
            fprintf(out, "\n%*s", width + 10, "");
        else
            fprintf(out, "%*s", width + 10 - used, "");
        fold(out, o->help, width + 10);
    }
}

size_t
vn_list_word(const char *list)
{
    size_t first = strcspn(list, ","), n = strlen(list);

    if (strncmp(list, "exec:", 5) == 0 || strncmp(list, "libos:", 6) == 0)
        return n;
    for (; n > first; n--)
        if (list[n] == ',' || list[n] == '\0') {
            char *path = strncpy(vn_xcalloc(n + 1, 1), list, n);
            bool there = access(path, F_OK) == 0;

            free(path);
            if (there)
                return n;
        }
    return first;
}

enum vn_status
vn_option_choice(const char *name, const char *value,
                 const char *const *choices, int n, int *choice,
                 struct vn_error *err)
{
    char list[256] = "";
    const char *near;

    for (int i = 0; i < n; i++) {
        if (strcmp(choices[i], value) == 0) {
            *choice = i;
            return VN_OK;
        }
        if (strlen(list) + strlen(choices[i]) + 3 < sizeof list) {
            strcat(list, i == 0 ? "" : ", ");
            strcat(list, choices[i]);
        }
    }
    near = vn_names_nearest(value, choices, (size_t) n);
    if (near != NULL)
        return vn_fail(err, VN_EUSAGE,
                       "--%s: unknown '%.64s', did you mean '%s'?", name,
                       value, near);
    return vn_fail(err, VN_EUSAGE, "--%s: unknown '%.64s', expected one of %s",
                   name, value, list);
}

/* What vn_read_...() said of an option's value. */
static enum vn_status
judge(const char *name, const char *value, const char *wrong,
      struct vn_error *err)
{
    return wrong == NULL ? VN_OK : vn_args_refuse(err, name, value, wrong);
}

enum vn_status
vn_option_int(const char *name, const char *value, int64_t min, int64_t max,
              int64_t *to, struct vn_error *err)
{
    char why[VN_WHY_SIZE];

    return judge(name, value, vn_read_int(value, min, max, to, why), err);
}

enum vn_status
vn_option_real(const char *name, const char *value, double min, double max,
               double *to, struct vn_error *err)
{
    char why[VN_WHY_SIZE];

    return judge(name, value, vn_read_real(value, min, max, to, why), err);
}

enum vn_status
vn_option_time(const char *name, const char *value, vn_time min, vn_time max,
               vn_time *to, struct vn_error *err)
{
    char why[VN_WHY_SIZE];

    return judge(name, value, vn_read_time(value, min, max, to, why), err);
}

enum vn_status
vn_option_bytes(const char *name, const char *value, int64_t min, int64_t max,
                int64_t *to, struct vn_error *err)
{
    char why[VN_WHY_SIZE];

    return judge(name, value, vn_read_bytes(value, min, max, to, why), err);
}
