#include "config.h"

#include "vnode_exec/train/text.h"

#include <stdio.h>
#include <string.h>

void
vn_text_value(const char *text, const char *name, char *value, size_t size)
{
    size_t n = strlen(name);

    value[0] = '\0';
    while (*text != '\0') {
        size_t line = strcspn(text, "\n");

        if (line > n && strncmp(text, name, n) == 0 && text[n] == '=') {
            snprintf(value, size, "%.*s", (int) (line - n - 1), text + n + 1);
            return;
        }
        text += line + (text[line] == '\n');
    }
}

/* Are the data, or models, of both known by their contents, and the same? */
static bool
same_contents(const char *a, const char *b, const char *name)
{
    char hash[2][32];

    vn_text_value(a, name, hash[0], sizeof hash[0]);
    vn_text_value(b, name, hash[1], sizeof hash[1]);
    return strcmp(hash[0], hash[1]) == 0 && hash[0][strspn(hash[0], "0")] != 0;
}

bool
vn_text_differs(const char *have, const char *want,
                struct vn_text_difference *difference)
{
    bool data = same_contents(have, want, "data-hash");
    bool model = same_contents(have, want, "model-hash");

    while (*want != '\0' || *have != '\0') {
        size_t n = strcspn(want, "\n"), m = strcspn(have, "\n");
        bool named = (data && strncmp(want, "data=", 5) == 0
                      && strncmp(have, "data=", 5) == 0)
                     || (model && strncmp(want, "model=", 6) == 0
                         && strncmp(have, "model=", 6) == 0);

        if (!named && (n != m || strncmp(want, have, n) != 0)) {
            snprintf(difference->have, sizeof difference->have, "%.*s",
                     (int) m, have);
            snprintf(difference->want, sizeof difference->want, "%.*s",
                     (int) n, want);
            return true;
        }
        want += n + (want[n] == '\n');
        have += m + (have[m] == '\n');
    }
    return false;
}
