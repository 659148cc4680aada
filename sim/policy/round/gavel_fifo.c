/*
 * Gavel's FIFO (OSDI 2020, section 4.2): in order of arrival each job gets its
 * devices on one type for all of its time, until one does not fit anywhere.
 *
 * gavel-fifo-perf takes, of the types that have room, the one on which the job
 * is fastest, the first by name of equals, and deals out everything anew each
 * time; gavel-fifo does not know speeds: it draws a type (a function of the
 * job's id and of how many there are), and a job keeps its own to its end.
 *
 * form=simulator, the default, follows Gavel's simulator to the letter
 * (sim/policy/round/simulator.h; authors is another word for it); form=exact
 * deals out at each round's begin (sim/policy/round/rounds.h), and changes
 * cost what they cost.
 */
#include "config.h"

#include "sim/policy/round/rounds.h"
#include "sim/policy/round/simulator.h"

#include "base/rng.h"
#include "base/xalloc.h"
#include "plan/cluster.h"

#include <stdlib.h>
#include <string.h>

extern const struct vn_policy vn_policy_gavel_fifo;
extern const struct vn_policy vn_policy_gavel_fifo_perf;

enum form {
    SIMULATOR,
    AUTHORS,
    EXACT
};

struct fifo {
    bool exact;
    bool perf;
    struct vn_rounds rounds;
    struct vn_gavel *simulator;
    int *free;
};

enum {
    OPTION_FORM,
    OPTION_ROUND
};

static const char *const forms[] = {"simulator", "authors", "exact", NULL};

static const struct vn_policy_option fifo_options[] = {
    [OPTION_FORM] = {"form",
                     "simulator (or authors): as Gavel's own, whose changes "
                     "cost nothing; exact: dealt out at each round's begin",
                     "simulator", VN_OPTION_CHOICE, 0, 0, forms},
    [OPTION_ROUND] = {"round", "length of a round, seconds", "360",
                      VN_OPTION_TIME, 1e-3, 1e9, NULL},
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

/*
 * The type for a job that takes need[t] devices on type t at rate[t]: the
 * fastest, or one drawn; -1 where none has room.  Types are tried from the
 * last to the first.  Where it cannot run (need[t] is 0), Gavel's simulator
 * with speeds has it take `devices` all the same if nothing else has room:
 * they stay idle until shares are dealt out anew, and those behind it are not
 * blocked.
 */
static int
choose(const struct fifo *s, const double *rate, const int *need, int devices,
       int ntypes, int64_t id)
{
    uint64_t drawn = 0;
    int fitting[VN_TYPES_MAX], n = 0, best = -1;

    for (int t = ntypes - 1; t >= 0; t--) {
        if (((s->exact || !s->perf) && rate[t] <= 0)
            || (need[t] > 0 ? need[t] : devices) > s->free[t])
            continue;
        fitting[n++] = t;
        if (best < 0 || rate[t] > rate[best])
            best = t;
    }
    if (s->perf || n == 0)
        return best;
    drawn = vn_mix64((uint64_t) id) % (uint64_t) n;
    return fitting[drawn];
}

/* The devices that a job's share of a type takes. */
static int
taken(const struct vn_gavel_job *job, int type)
{
    return job->need[type] > 0 ? job->need[type] : job->devices;
}

/* The type that the job has already, which it keeps; -1: none. */
static int
kept(const struct fifo *s, const double *share, int ntypes)
{
    for (int t = 0; t < ntypes && !s->perf; t++)
        if (share[t] > 0)
            return t;
    return -1;
}

static enum vn_status
fifo_solve(void *arg, struct vn_gavel_job *jobs, int njobs,
           const int *capacity, int ntypes, struct vn_error *err)
{
    struct fifo *s = arg;
    bool blocked = false;

    (void) err;
    memcpy(s->free, capacity, (size_t) ntypes * sizeof *capacity);
    for (int i = 0; i < njobs; i++) {
        int type = kept(s, jobs[i].share, ntypes);

        if (type >= 0)
            s->free[type] -= taken(&jobs[i], type);
    }
    for (int i = 0; i < njobs; i++) {
        int type = kept(s, jobs[i].share, ntypes);

        if (type >= 0)
            continue;
        memset(jobs[i].share, 0, (size_t) ntypes * sizeof *jobs[i].share);
        if (blocked)
            continue;
        type = choose(s, jobs[i].rate, jobs[i].need, jobs[i].devices, ntypes,
                      jobs[i].id);
        blocked = type < 0;
        if (blocked)
            continue;
        jobs[i].share[type] = 1;
        s->free[type] -= taken(&jobs[i], type);
    }
    return VN_OK;
}

static enum vn_status
fifo_open(void *state, const struct vn_view *view, const double *values,
          struct vn_error *err)
{
    struct fifo *s = state;
    vn_time length = (vn_time) values[OPTION_ROUND];

    (void) err;
    s->exact = values[OPTION_FORM] == EXACT;
    s->free = vn_xcalloc((size_t) vn_view_types(view), sizeof *s->free);
    if (s->exact)
        vn_rounds_open(&s->rounds, view, length);
    else
        s->simulator =
            vn_gavel_open(&(struct vn_gavel_config){.length = length,
                                                    .pause = VN_GAVEL_PAUSE,
                                                    .solve = fifo_solve,
                                                    .arg = s},
                          view);
    return VN_OK;
}

static enum vn_status
fifo_perf_open(void *state, const struct vn_view *view, const double *values,
               struct vn_error *err)
{
    struct fifo *s = state;

    s->perf = true;
    return fifo_open(state, view, values, err);
}

static void
fifo_close(void *state)
{
    struct fifo *s = state;

    vn_rounds_close(&s->rounds);
    vn_gavel_close(s->simulator);
    free(s->free);
}

static void
fifo_arrive(void *state, const struct vn_view *view, int job)
{
    struct fifo *s = state;

    if (s->exact)
        vn_rounds_arrive(&s->rounds, view, job);
    else
        vn_gavel_arrive(s->simulator, view, job);
}

static void
fifo_leave(void *state, const struct vn_view *view, int job)
{
    struct fifo *s = state;

    (void) view;
    if (s->exact)
        vn_rounds_leave(&s->rounds, job);
    else
        vn_gavel_leave(s->simulator, job);
}

/* Deal out anew: shares of one and of nothing. */
static void
deal(struct fifo *s, const struct vn_view *view)
{
    struct vn_rounds *r = &s->rounds;
    bool blocked = false;

    memcpy(s->free, r->capacity, (size_t) r->ntypes * sizeof *s->free);
    for (int i = 0; i < r->nactive; i++) {
        int job = r->active[i];
        int *need = r->need + (size_t) job * (size_t) r->ntypes;
        int type = kept(s, vn_rounds_shares(r, job), r->ntypes);

        if (type >= 0 && need[type] > s->free[type])
            type = -1; /* some of its type have failed */
        memset(vn_rounds_shares(r, job), 0,
               (size_t) r->ntypes * sizeof *r->share);
        if (type < 0 && !blocked)
            type = choose(s, r->rate + (size_t) job * (size_t) r->ntypes, need,
                          0, r->ntypes, vn_view_job(view, job)->id);
        blocked = blocked || type < 0;
        if (type < 0)
            continue;
        vn_rounds_shares(r, job)[type] = 1;
        s->free[type] -= need[type];
    }
}

static void
fifo_decide(void *state, const struct vn_view *view, struct vn_answer *answer)
{
    struct fifo *s = state;

    if (!s->exact) {
        vn_gavel_decide(s->simulator, view, answer);
        return;
    }
    if (!vn_rounds_begin(&s->rounds, view, answer))
        return;
    if (vn_rounds_changed(&s->rounds))
        deal(s, view);
    vn_rounds_place(&s->rounds, false);
    vn_rounds_answer(&s->rounds, view, answer);
}

const struct vn_policy vn_policy_gavel_fifo = {
    .name = "gavel-fifo",
    .summary = "first in, first out, in rounds, on a type drawn (Gavel's "
               "baseline)",
    .knows = "nothing",
    .options = fifo_options,
    .leases = true,
    .whole = true,
    .state_size = sizeof(struct fifo),
    .open = fifo_open,
    .close = fifo_close,
    .arrive = fifo_arrive,
    .leave = fifo_leave,
    .decide = fifo_decide,
};

const struct vn_policy vn_policy_gavel_fifo_perf = {
    .name = "gavel-fifo-perf",
    .summary = "first in, first out, in rounds, each on the fastest type with "
               "room (Gavel's baseline)",
    .knows = "step times",
    .options = fifo_options,
    .leases = true,
    .whole = true,
    .state_size = sizeof(struct fifo),
    .open = fifo_perf_open,
    .close = fifo_close,
    .arrive = fifo_arrive,
    .leave = fifo_leave,
    .decide = fifo_decide,
};
