#include "config.h"

#include "sim/engine/fairness.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>

const char *const vn_rho_forms[VN_RHO_FORMS + 1] = {
    [VN_RHO_EQUAL] = "equal",
    [VN_RHO_PCS] = "pcs",
    [VN_RHO_ELASTICFLOW] = "elasticflow",
    [VN_RHO_GAVEL] = "gavel",
};

/* Its whole work in a microsecond on k devices of a type, by parts. */
static double
rate(const struct vn_ledger *l, const struct vn_entry *e, int type, int k)
{
    const struct vn_job *job = &e->job;
    int devices[VN_TYPES_MAX] = {0};

    if (k <= 0)
        return 0;
    devices[type] = k;
    if (e->model >= 0)
        return 1
               / (vn_pricing_step_s(l->pricing, job, e->model, devices, false)
                  * 1e6 * (double) job->steps);
    return (l->pricing != NULL
                ? vn_pricing_mixed_speed(l->pricing, job, devices, false)
                : (double) k / job->devices)
           / (double) job->duration;
}

double
vn_alone_us(const struct vn_ledger *l, const struct vn_entry *e,
            double present)
{
    double time = 0, speed = 0;

    for (int t = 0; t < l->cluster->ntypes; t++) {
        double part = l->cluster->types[t].devices / present, k = part, x;
        int whole;

        if ((e->types >> t & 1) == 0)
            continue;
        k = fmin(fmax(k, e->job.min_devices), e->job.devices);
        x = fmin(part / k, 1);
        whole = (int) k;
        time += x;
        speed +=
            x
            * (rate(l, e, t, whole) * (1 - (k - whole))
               + (k > whole ? rate(l, e, t, whole + 1) * (k - whole) : 0));
    }
    return (time > 1 ? time : 1) / speed;
}

double
vn_alone_whole_us(const struct vn_ledger *l, const struct vn_entry *e,
                  double present)
{
    double time = 0, speed = 0;

    for (int t = 0; t < l->cluster->ntypes; t++) {
        double x =
            l->cluster->types[t].devices / present / (double) e->job.devices;

        if ((e->types >> t & 1) == 0)
            continue;
        time += x;
        speed += x * rate(l, e, t, e->job.devices);
    }
    return (time > 1 ? time : 1) / speed;
}

double
vn_alone_one_us(const struct vn_ledger *l, const struct vn_entry *e)
{
    for (int k = 1; k <= e->job.devices; k++) {
        double best = 0;

        for (int t = 0; t < l->cluster->ntypes; t++)
            if (e->types >> t & 1)
                best = fmax(best, rate(l, e, t, k));
        if (best > 0)
            return k / best;
    }
    return INFINITY;
}

/* What is kept of a job that is there, by slot. */
struct watched {
    double sum; /* of the watch, when it came */
    int64_t events;
    int came;       /* jobs present then, itself among them */
    double left;    /* part of its work, when it was looked at last */
    double alone_s; /* time alone up to then */
};

struct vn_fair_watch {
    enum vn_rho_form form;
    double sum; /* jobs present, over all events so far, */
    int64_t events;
    struct watched *jobs;
    int room;
};

struct vn_fair_watch *
vn_fair_watch_alloc(enum vn_rho_form form)
{
    struct vn_fair_watch *w;

    if (form == VN_RHO_EQUAL)
        return NULL;
    w = vn_xcalloc(1, sizeof *w);
    w->form = form;
    return w;
}

void
vn_fair_watch_free(struct vn_fair_watch *w)
{
    if (w != NULL)
        free(w->jobs);
    free(w);
}

/* The part of its work that a settled job has still to do. */
static double
part_left(const struct vn_ledger *l, const struct vn_entry *e)
{
    if (e->model >= 0)
        return e->left / (double) e->job.steps;
    return l->linear
               ? (double) e->work / ((double) e->job.duration * e->job.devices)
               : e->left / (double) e->job.duration;
}

/* All of its work, in the time that the form would have it take alone while n
 * jobs are there. */
static double
whole_alone_s(enum vn_rho_form form, const struct vn_ledger *l,
              const struct vn_entry *e, int n)
{
    double share, all;

    if (form == VN_RHO_GAVEL)
        return vn_alone_whole_us(l, e, n) * 1e-6;
    all = ceil((double) l->cluster->devices / n);
    share = fmin(all / e->job.devices, 1);
    return (e->model >= 0 ? (double) e->job.steps
                          : (double) e->job.duration * 1e-6)
           / share;
}

void
vn_fair_watch_change(struct vn_fair_watch *w, struct vn_ledger *l)
{
    if (w == NULL || w->form == VN_RHO_PCS)
        return;
    for (int slot = 0; slot < l->nentries; slot++) {
        const struct vn_entry *e = &l->entries[slot];
        double left;

        if (!e->present)
            continue;
        vn_ledger_settle(l, slot);
        left = part_left(l, e);
        if (left != w->jobs[slot].left)
            w->jobs[slot].alone_s +=
                (w->jobs[slot].left - left)
                * whole_alone_s(w->form, l, e, l->present);
        w->jobs[slot].left = left;
    }
}

void
vn_fair_watch_changed(struct vn_fair_watch *w, const struct vn_ledger *l,
                      int slot)
{
    if (w == NULL)
        return;
    if (slot >= w->room) {
        w->room = 2 * slot + 64;
        w->jobs = vn_xrealloc(w->jobs, (size_t) w->room, sizeof *w->jobs);
    }
    if (slot >= 0)
        w->jobs[slot] = (struct watched){w->sum, w->events, l->present, 1, 0};
    w->sum += l->present;
    w->events++;
}

double
vn_fair_watch_rho(const struct vn_fair_watch *w, const struct vn_ledger *l,
                  int slot, vn_time finish)
{
    const struct vn_entry *e = &l->entries[slot];
    const struct watched *j = &w->jobs[slot];
    double jct_s = (double) (finish - e->job.submit) * 1e-6, n, part;

    if (w->form != VN_RHO_PCS)
        return jct_s / j->alone_s;
    /* It sees its own arrival twice, as it comes and as devices are divided.
     */
    n = (w->sum - j->sum + j->came) / (double) (w->events - j->events + 1);
    part = fmin((double) l->cluster->devices / n, e->job.devices);
    return jct_s / (vn_alone_one_us(l, e) * 1e-6 / part);
}
