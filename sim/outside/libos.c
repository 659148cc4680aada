#include "config.h"

#include "sim/outside/libos.h"

#include <stdbool.h>
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

/*
 * The folder of the first word that is a file beside which the module
 * virtualflow.py lies: python lists it to find the module.  "" where there is
 * none, or no room.
 */
static void
module_folder(const char *const *words, char *folder, size_t size)
{
    char module[TEXT_MAX + 32];
    struct stat st;

    for (; *words != NULL; words++) {
        const char *slash = strrchr(*words, '/');
        int n = slash == NULL ? 1 : (int) (slash - *words);

        if (stat(*words, &st) != 0 || !S_ISREG(st.st_mode)
            || (size_t) n >= size)
            continue;
        snprintf(folder, size, "%.*s", n, slash == NULL ? "." : *words);
        snprintf(module, sizeof module, "%s/virtualflow.py", folder);
        if (stat(module, &st) == 0 && S_ISREG(st.st_mode))
            return;
    }
    folder[0] = '\0';
}

/* The words of a command, at most WORDS_MAX, behind others; false where there
 * are more. */
static bool
add_words(char *text, const char **words, int *n)
{
    int most = *n + WORDS_MAX;
    char *word;

    while (*n < most && (word = next_word(&text)) != NULL)
        words[(*n)++] = word;
    words[*n] = NULL;
    return next_word(&text) == NULL;
}

void
vn_libos_become(const char *command, const struct vn_plugin_limits *limits)
{
    char path[TEXT_MAX], memory[32], text[TEXT_MAX], folder[TEXT_MAX];
    const char *words[WORDS_MAX + 16] = {
        "enclavedom", "run", "--strict", "--time", "virtual", "--random", "0"};
    const char *own[WORDS_MAX + 1];
    int n = 7, nown = 0;

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
    if (!add_words(text, own, &nown)) {
        fprintf(stderr, "enclavedom: a command of more than %d words\n",
                WORDS_MAX);
        return;
    }
    module_folder(own, folder, sizeof folder);
    if (folder[0] != '\0') {
        words[n++] = "--allow-read";
        words[n++] = folder;
        /* Which python would write there. */
        setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
    }
    words[n++] = "--";
    memcpy(words + n, own, ((size_t) nown + 1) * sizeof *own);
    if (vn_libos_program(path, sizeof path) != NULL)
        execv(path, (char *const *) (uintptr_t) words);
    else
        execvp("enclavedom", (char *const *) (uintptr_t) words);
    perror("enclavedom");
}
