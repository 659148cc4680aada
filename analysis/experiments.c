#include "config.h"

#include "analysis/experiments.h"

#include "analysis/choice.h"
#include "base/xalloc.h"

#include <stdlib.h>

/* Are two groups of one experiment? */
static bool
together(const struct vn_group *a, const struct vn_group *b, bool loads)
{
    struct vn_store_run other = *b->first;

    if (loads)
        other.load = a->first->load;
    return vn_runs_compare(a->first, &other) == 0;
}

void
vn_experiments_make(const struct vn_groups *groups, bool loads,
                    struct vn_experiments *e)
{
    size_t n = (size_t) groups->n;

    *e = (struct vn_experiments){vn_xcalloc(n, sizeof *e->all), 0};
    for (int i = 0; i < groups->n; i++) {
        struct vn_groups *into;
        int at = 0;

        while (at < e->n
               && !together(&e->all[at].all[0], &groups->all[i], loads))
            at++;
        into = &e->all[at];
        if (at == e->n) {
            into->all = vn_xcalloc(n, sizeof *into->all);
            e->n++;
        }
        into->all[into->n++] = groups->all[i];
    }
}

void
vn_experiments_free(struct vn_experiments *e)
{
    for (int i = 0; i < e->n; i++)
        free(e->all[i].all);
    free(e->all);
    *e = (struct vn_experiments){NULL, 0};
}

void
vn_experiments_list(const struct vn_groups *groups,
                    const struct vn_experiments *e, FILE *out)
{
    for (int i = 0; i < e->n; i++) {
        int at = 0;
        char *words;

        while (groups->all[at].first != e->all[i].all[0].first)
            at++;
        words = vn_choice_differences(groups, at);
        if (e->all[i].n > 1)
            fprintf(out, "  %2d  %s ... (%d loads)\n", i + 1, words,
                    e->all[i].n);
        else
            fprintf(out, "  %2d  %s\n", i + 1,
                    words[0] != '\0' ? words : "all of it");
        free(words);
    }
}
