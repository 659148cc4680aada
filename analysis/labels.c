/* What policies are called in tables and figures. */
#include "config.h"

#include "analysis/runs.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* The label without the digest of a plug-in, the caller's. */
static char *
plain_label(const char *label)
{
    const char *at = strchr(label, '@');
    size_t digits = at != NULL ? strspn(at + 1, "0123456789abcdef") : 0;
    char *plain = vn_xstrdup(label);

    if (digits >= 8 && (at[1 + digits] == '\0' || at[1 + digits] == ' '))
        strcpy(plain + (at - label), at + 1 + digits);
    return plain;
}

/* Is another label, in any group, the same without its digest? */
static bool
ambiguous(const struct vn_groups *groups, const char *label, const char *plain)
{
    bool found = false;

    for (int i = 0; i < groups->n; i++)
        for (int p = 0; p < groups->all[i].npolicies && !found; p++) {
            const char *other = groups->all[i].labels[p];
            char *bare = plain_label(other);

            found = strcmp(other, label) != 0 && strcmp(bare, plain) == 0;
            free(bare);
        }
    return found;
}

void
vn_groups_shorten(struct vn_groups *groups)
{
    for (int i = 0; i < groups->n; i++)
        for (int p = 0; p < groups->all[i].npolicies; p++) {
            char **label = &groups->all[i].labels[p],
                 *plain = plain_label(*label);

            if (strcmp(plain, *label) != 0
                && !ambiguous(groups, *label, plain)) {
                char *swap = *label;

                *label = plain;
                plain = swap;
            }
            free(plain);
        }
}

enum vn_status
vn_groups_label(struct vn_groups *groups, const char *words,
                struct vn_error *err)
{
    const char *equals = strrchr(words, '=');
    bool found = false;
    char *name;

    if (equals == NULL || equals == words || equals[1] == '\0')
        return vn_fail(err, VN_EUSAGE,
                       "--label: '%.100s' is wrong, expected NAME=TEXT, the "
                       "name of a policy",
                       words);
    name = vn_xstrdup(words);
    name[equals - words] = '\0';
    for (int i = 0; i < groups->n; i++) {
        struct vn_group *g = &groups->all[i];

        for (int p = 0; p < g->npolicies; p++) {
            bool is = vn_group_is(g->labels[p], name), clash = false;

            for (int q = 0; q < g->npolicies && is; q++)
                clash =
                    clash || (q != p && strcmp(g->labels[q], equals + 1) == 0);
            if (clash) {
                free(name);
                return vn_fail(err, VN_EUSAGE,
                               "--label: two policies would be called "
                               "'%.100s'",
                               equals + 1);
            }
            if (is) {
                free(g->labels[p]);
                g->labels[p] = vn_xstrdup(equals + 1);
                found = true;
            }
        }
    }
    if (!found)
        vn_fail(
            err, VN_EUSAGE,
            "--label: no policy '%.100s', expected one of them: %.100s ...",
            name, groups->n > 0 ? groups->all[0].labels[0] : "none");
    free(name);
    return found ? VN_OK : VN_EUSAGE;
}
