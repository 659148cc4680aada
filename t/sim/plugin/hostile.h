/*
 * What the hostile plug-ins share: an honest policy, first in first out, that
 * once it has seen 20 jobs calls attack(), which each of them has its own.
 */
#include "virtualflow/policy.h"

#include <stdlib.h>

struct state {
    int *waiting;
    int first, n, size, arrived;
};

static void attack(struct state *s, const struct vn_view *view,
                   struct vn_answer *answer);

static void
arrive(void *state, const struct vn_view *view, int job)
{
    struct state *s = state;

    (void) view;
    if (s->n == s->size) {
        s->size = 2 * s->size + 16;
        s->waiting = realloc(s->waiting, sizeof(int) * (unsigned) s->size);
    }
    s->waiting[s->n++] = job;
    s->arrived++;
}

static void
decide(void *state, const struct vn_view *view, struct vn_answer *answer)
{
    struct state *s = state;
    int free = vn_view_free(view, 0);

    if (s->arrived >= 20)
        attack(s, view, answer);
    for (; s->first < s->n; s->first++) {
        int job = s->waiting[s->first];
        int devices = vn_view_job(view, job)->devices;

        if (devices > free)
            return;
        vn_answer_set(answer, job, 0, devices);
        free -= devices;
    }
}

static const struct vn_policy policy = {
    .name = "hostile",
    .summary = "honest at first",
    .rigid = true,
    .state_size = sizeof(struct state),
    .arrive = arrive,
    .decide = decide,
};
VN_POLICY_EXPORT(policy);

/* Where the books of an engine lie: regions of 4 GiB, with gaps of 2 MiB. */
static inline uintptr_t
region_after_ledger(const struct vn_view *view, int n)
{
    const uintptr_t huge = (uintptr_t) 2 << 20;

    return ((uintptr_t) view & ~(huge - 1))
           + (uintptr_t) n * (((uintptr_t) 4 << 30) + huge);
}
