/*
 * Optimus in the reference form (Pollux' artifact, after Peng et al.,
 * EuroSys'18), with an oracle: it reads the true step times, so that what is
 * compared is its rule and not its fits.
 *
 * A job keeps its batch and is given devices one at a time: each job one, in
 * the workload's order, then again and again one to the job whose remaining
 * time shrinks the most by it.
 */
#include "config.h"

#include "sim/adaptive/policies.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>

struct member {
    int most;      /* devices that it can use */
    double *times; /* [most + 1], of a step on so many; NAN: not yet asked */
    int got;
    double gain; /* of one more */
    double remaining;
};

struct state {
    struct member *members; /* [jobs] */
    int njobs;
    int *order;
};

static enum vn_status
optimus_open(void *state, const struct vn_reference *rounds,
             struct vn_error *err)
{
    const struct vn_reference_config *config = vn_reference_config(rounds);
    const struct vn_reference_type *type = &config->types[0];
    struct state *s = state;
    int all = type->nodes * type->devices;

    (void) err;
    s->njobs = config->njobs;
    s->members = vn_xcalloc((size_t) s->njobs, sizeof *s->members);
    s->order = vn_xcalloc((size_t) s->njobs, sizeof *s->order);
    for (int i = 0; i < s->njobs; i++) {
        struct member *m = &s->members[i];
        int64_t most = vn_reference_widest(
            config->jobs[i].application, type->tables, config->jobs[i].batch);

        m->most = (int) (most < all ? most : all);
        m->times = vn_xcalloc((size_t) m->most + 2, sizeof *m->times);
        for (int n = 0; n <= m->most + 1; n++)
            m->times[n] = NAN;
    }
    return VN_OK;
}

static void
optimus_close(void *state)
{
    struct state *s = state;

    for (int i = 0; i < s->njobs; i++)
        free(s->members[i].times);
    free(s->members);
    free(s->order);
}

enum vn_status
vn_optimus_step_s(const struct vn_application *a, int tables, int64_t batch,
                  int per_node, int n, double *step_s, struct vn_error *err)
{
    const struct vn_application_on *on = &a->on[tables];
    struct vn_cut cut = vn_application_cut(a, on->max_local, batch, n);
    int *placement, nodes = 0;
    struct vn_step step;
    bool known;

    if (n == 1 && cut.accumulate < 1)
        cut = (struct vn_cut){.atomic = (batch + 1) / 2, .accumulate = 1};
    placement = vn_xcalloc((size_t) n, sizeof *placement);
    for (int left = n; left > 0; left -= per_node)
        placement[nodes++] = left < per_node ? left : per_node;
    known = vn_surface_time(on->surface, placement, nodes, cut.atomic, &step);
    free(placement);
    if (!known)
        return vn_fail(err, VN_EFORMAT,
                       "no step time of '%.64s' with %lld examples on each of "
                       "%d devices, %d nodes: the tables do not reach so far",
                       a->name, (long long) cut.atomic, n, nodes);
    *step_s = vn_cut_step_s(cut, step);
    return VN_OK;
}

/* The time of a step of a job on n devices, asked once. */
static enum vn_status
step_time(struct state *s, const struct vn_reference *rounds, int job, int n,
          double *time, struct vn_error *err)
{
    const struct vn_reference_type *type =
        &vn_reference_config(rounds)->types[0];
    const struct vn_reference_request *wants =
        &vn_reference_job(rounds, job)->wants;
    double *known = &s->members[job].times[n];
    enum vn_status status = VN_OK;

    if (isnan(*known))
        status = vn_optimus_step_s(wants->application, type->tables,
                                   wants->batch, type->devices, n, known, err);
    *time = *known;
    return status;
}

/* What one more device would save it, where `left` are left. */
static enum vn_status
find_gain(struct state *s, const struct vn_reference *rounds, int job,
          int left, struct vn_error *err)
{
    struct member *m = &s->members[job];
    enum vn_status status;
    double now, then;

    m->gain = 0;
    if (m->got + 1 > m->most || left < 1)
        return VN_OK;
    if ((status = step_time(s, rounds, job, m->got, &now, err)) == VN_OK
        && (status = step_time(s, rounds, job, m->got + 1, &then, err))
               == VN_OK)
        m->gain = (now - then) * m->remaining;
    return status;
}

/* Steps that it has still to do at its batch. */
static enum vn_status
find_remaining(struct state *s, const struct vn_reference *rounds, int job,
               struct vn_error *err)
{
    const struct vn_reference_job *j = vn_reference_job(rounds, job);
    const struct vn_application *a = j->wants.application;
    int last = a->nepochs - 1;
    struct vn_epoch now, end;

    if (j->epoch >= last) {
        s->members[job].remaining = 1;
        return VN_OK;
    }
    if (!vn_application_epoch(a, j->wants.batch, j->epoch, &now)
        || !vn_application_epoch(a, j->wants.batch, last, &end))
        return vn_fail(err, VN_EFORMAT,
                       "job %.64s: no epochs of '%.64s' with a batch of %lld: "
                       "it lies outside of those measured",
                       j->wants.name, a->name, (long long) j->wants.batch);
    s->members[job].remaining = end.iteration - now.iteration;
    return VN_OK;
}

/* How many devices each active job shall have. */
static enum vn_status
share(struct state *s, const struct vn_reference *rounds, const int *active,
      int n, struct vn_error *err)
{
    const struct vn_reference_type *type =
        &vn_reference_config(rounds)->types[0];
    int left = type->nodes * type->devices;
    enum vn_status status = VN_OK;

    for (int i = 0; i < n && status == VN_OK; i++) {
        struct member *m = &s->members[active[i]];

        m->got = left > 0;
        left -= m->got;
        m->gain = 0;
        if ((status = find_remaining(s, rounds, active[i], err)) == VN_OK
            && m->got > 0)
            status = find_gain(s, rounds, active[i], left, err);
    }
    while (left > 0 && status == VN_OK) {
        int best = active[0];

        for (int i = 1; i < n; i++)
            if (s->members[active[i]].gain > s->members[best].gain)
                best = active[i];
        if (s->members[best].gain <= 0)
            break;
        s->members[best].got++;
        status = find_gain(s, rounds, best, left, err);
        left--;
    }
    return status;
}

/* Give the nodes: who has as many as before keeps them. */
static void
place(struct state *s, struct vn_reference *rounds, const int *active, int n)
{
    int changed = 0;

    for (int i = 0; i < n; i++) {
        int got = s->members[active[i]].got, k = changed;

        if (vn_reference_next(rounds, active[i])->n == got)
            continue;
        vn_reference_take(rounds, active[i]);
        for (; k > 0 && s->members[s->order[k - 1]].got > got; k--)
            s->order[k] = s->order[k - 1];
        s->order[k] = active[i];
        changed++;
    }
    for (int i = 0; i < changed; i++)
        vn_reference_pack(rounds, s->order[i], 0, s->members[s->order[i]].got);
}

static enum vn_status
optimus_decide(void *state, struct vn_reference *rounds, double *objective,
               struct vn_error *err)
{
    struct state *s = state;
    int n;
    const int *active = vn_reference_active(rounds, &n);
    enum vn_status status = share(s, rounds, active, n, err);

    (void) objective;
    if (status == VN_OK)
        place(s, rounds, active, n);
    return status;
}

const struct vn_reference_policy vn_reference_optimus = {
    .name = "optimus",
    .state_size = sizeof(struct state),
    .open = optimus_open,
    .close = optimus_close,
    .decide = optimus_decide,
};
