/*
 * Gandiva-Fair's proportional shares (Chaudhary et al., EuroSys 2020): each
 * job is owed a part of every type that is in proportion to its weight,
 * whatever it does there.  In device-time that part is w_m / W x N_j of type
 * j; as a share of time it is that over the devices that the job takes
 * there,
 *
 *     X_mj = w_m / W x N_j / d_mj,   scaled down where a job's sum is above 1.
 *
 * width=ignored leaves d_mj out, as published code does (Shockwave's fork of
 * Gavel's simulator): a wide job is then owed as much time as a narrow one.
 */
#include "config.h"

#include "sim/policy/round/rounds.h"

extern const struct vn_policy vn_policy_gandiva_fair;

struct gandiva {
    struct vn_rounds rounds;
    bool counted; /* how wide jobs are */
};

enum {
    OPTION_ROUND,
    OPTION_WIDTH
};

static const char *const widths[] = {"ignored", "counted", NULL};

static const struct vn_policy_option options[] = {
    [OPTION_ROUND] = {"round", "length of a round, seconds", "360",
                      VN_OPTION_TIME, 1e-3, 1e9, NULL},
    [OPTION_WIDTH] = {"width",
                      "counted: equal device-time; ignored: equal time",
                      "counted", VN_OPTION_CHOICE, 0, 0, widths},
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

static enum vn_status
gandiva_open(void *state, const struct vn_view *view, const double *values,
             struct vn_error *err)
{
    struct gandiva *s = state;

    (void) err;
    s->counted = values[OPTION_WIDTH] > 0;
    vn_rounds_open(&s->rounds, view, (vn_time) values[OPTION_ROUND]);
    return VN_OK;
}

static void
gandiva_close(void *state)
{
    struct gandiva *s = state;

    vn_rounds_close(&s->rounds);
}

static void
gandiva_arrive(void *state, const struct vn_view *view, int job)
{
    struct gandiva *s = state;

    vn_rounds_arrive(&s->rounds, view, job);
}

static void
gandiva_leave(void *state, const struct vn_view *view, int job)
{
    struct gandiva *s = state;

    (void) view;
    vn_rounds_leave(&s->rounds, job);
}

static void
share(struct gandiva *s, const struct vn_view *view)
{
    struct vn_rounds *r = &s->rounds;
    double all = 0;

    for (int i = 0; i < r->nactive; i++)
        all += vn_view_job(view, r->active[i])->weight;
    for (int i = 0; i < r->nactive; i++) {
        int job = r->active[i];
        const int *need = r->need + (size_t) job * (size_t) r->ntypes;
        double part = vn_view_job(view, job)->weight / all, sum = 0;
        double *x = vn_rounds_shares(r, job);

        for (int t = 0; t < r->ntypes; t++) {
            x[t] = need[t] > 0
                       ? part * r->capacity[t] / (s->counted ? need[t] : 1)
                       : 0;
            sum += x[t];
        }
        for (int t = 0; t < r->ntypes && sum > 1; t++)
            x[t] /= sum;
    }
}

static void
gandiva_decide(void *state, const struct vn_view *view,
               struct vn_answer *answer)
{
    struct gandiva *s = state;

    if (!vn_rounds_begin(&s->rounds, view, answer))
        return;
    if (vn_rounds_changed(&s->rounds))
        share(s, view);
    vn_rounds_place(&s->rounds, true);
    vn_rounds_answer(&s->rounds, view, answer);
}

const struct vn_policy vn_policy_gandiva_fair = {
    .name = "gandiva-fair",
    .summary = "a part of each type's time by weight, in rounds",
    .knows = "nothing",
    .options = options,
    .leases = true,
    .whole = true,
    .state_size = sizeof(struct gandiva),
    .open = gandiva_open,
    .close = gandiva_close,
    .arrive = gandiva_arrive,
    .leave = gandiva_leave,
    .decide = gandiva_decide,
};
