/*
 * What the logs of a run say, and its own step times and overheads by them.
 */
#include "config.h"

#include "replay/experiment/elastic.h"

#include "base/table.h"
#include "plan/pricing.h"

#include <stdlib.h>
#include <string.h>

enum {
    RUN,
    POLICY,
    JOB,
    SUBMIT,
    START,
    FINISH,
    KIND,
    DEVICES,
    DECIDED,
    ASSIGNED,
    EFFECTIVE,
    RELEASED,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [RUN] = {"run", true},
    [POLICY] = {"policy", true},
    [JOB] = {"job_id", true},
    [SUBMIT] = {"submit_s", false},
    [START] = {"start_s", false},
    [FINISH] = {"finish_s", false},
    [KIND] = {"kind", false},
    [DEVICES] = {"devices", false},
    [DECIDED] = {"decided_s", false},
    [ASSIGNED] = {"assigned_s", false},
    [EFFECTIVE] = {"effective_s", false},
    [RELEASED] = {"released_s", false}};

static enum vn_status
read_times(struct vn_table *t, struct vn_elastic_measured *m,
           struct vn_error *err)
{
    struct vn_elastic_outcome *o = &m->outcome;
    enum vn_status status;
    int64_t job;

    status = vn_table_int(t, JOB, 0, VN_ELASTIC_JOBS - 1, &job, err);
    if (status == VN_OK)
        status =
            vn_table_time(t, SUBMIT, 0, VN_TIME_MAX, &o->submit[job], err);
    if (status == VN_OK)
        status = vn_table_time(t, START, 0, VN_TIME_MAX, &o->start[job], err);
    if (status == VN_OK)
        status =
            vn_table_time(t, FINISH, 0, VN_TIME_MAX, &o->finish[job], err);
    if (status == VN_OK && job >= o->njobs)
        o->njobs = (int) job + 1;
    return status;
}

static enum vn_status
read_step(struct vn_table *t, struct vn_elastic_measured *m,
          struct vn_error *err)
{
    struct vn_elastic_step s = {.effective = -1, .released = -1};
    enum vn_status status;
    int64_t devices;

    if (m->nsteps == VN_ELASTIC_STEPS)
        return vn_table_fail(t, RUN, err, "more than %d rows of a run",
                             VN_ELASTIC_STEPS);
    if ((status = vn_table_int(t, JOB, 0, VN_ELASTIC_JOBS - 1, &s.job, err))
        || (status = vn_table_int(t, DEVICES, 0, 1024, &devices, err))
        || (status =
                vn_table_time(t, DECIDED, 0, VN_TIME_MAX, &s.decided, err))
        || (status =
                vn_table_time(t, ASSIGNED, 0, VN_TIME_MAX, &s.assigned, err))
        || (!vn_table_empty(t, EFFECTIVE)
            && (status = vn_table_time(t, EFFECTIVE, 0, VN_TIME_MAX,
                                       &s.effective, err)))
        || (!vn_table_empty(t, RELEASED)
            && (status = vn_table_time(t, RELEASED, 0, VN_TIME_MAX,
                                       &s.released, err))))
        return status;
    s.devices = (int) devices;
    m->steps[m->nsteps++] = s;
    return VN_OK;
}

/* The rows of one run and policy of a table. */
static enum vn_status
read_rows(struct vn_elastic_lab *lab, const char *name,
          const struct vn_elastic_run *run, const char *policy,
          enum vn_status (*read)(struct vn_table *t,
                                 struct vn_elastic_measured *m,
                                 struct vn_error *err),
          struct vn_elastic_measured *m, struct vn_error *err)
{
    struct vn_table_form form = {.columns = columns, .ncolumns = NCOLUMNS};
    struct vn_table *t = NULL;
    enum vn_status status =
        vn_table_open(vn_path(lab->paths, lab->folder, name), &form, &t, err);
    bool more = true;

    while (status == VN_OK && (status = vn_table_next(t, &more, err)) == VN_OK
           && more)
        if (strcmp(vn_table_text(t, RUN), run->name) == 0
            && strcmp(vn_table_text(t, POLICY), policy) == 0)
            status = read(t, m, err);
    vn_table_close(t);
    return status;
}

static int
compare_steps(const void *a, const void *b)
{
    const struct vn_elastic_step *x = a, *y = b;

    if (x->assigned != y->assigned)
        return x->assigned < y->assigned ? -1 : 1;
    return x->job < y->job ? -1 : x->job > y->job;
}

/* The decisions behind the measured allocations, and the use of devices. */
static void
digest(struct vn_elastic_measured *m, int devices)
{
    struct vn_elastic_outcome *o = &m->outcome;
    int held[VN_ELASTIC_JOBS] = {0}, busy = 0;
    vn_time last = 0, makespan = 0;
    double used = 0;

    qsort(m->steps, (size_t) m->nsteps, sizeof *m->steps, compare_steps);
    for (int i = 0; i < m->nsteps; i++) {
        const struct vn_elastic_step *s = &m->steps[i];

        used += (double) (s->assigned - last) * busy;
        last = s->assigned;
        busy += s->devices - held[s->job];
        if (s->devices > 0)
            o->decisions[o->ndecisions++] = (struct vn_elastic_decision){
                s->decided, s->job, held[s->job], s->devices, true};
        held[s->job] = s->devices;
        makespan = s->assigned > makespan ? s->assigned : makespan;
    }
    o->utilisation = used / (double) makespan / devices;
    vn_elastic_sort(o);
}

enum vn_status
vn_elastic_read(struct vn_elastic_lab *lab, const struct vn_elastic_run *run,
                const char *policy, struct vn_elastic_measured *m,
                struct vn_error *err)
{
    enum vn_status status =
        read_rows(lab, "measured.csv", run, policy, read_times, m, err);

    if (status == VN_OK)
        status =
            read_rows(lab, "allocations.csv", run, policy, read_step, m, err);
    if (status == VN_OK)
        digest(m, lab->cluster.devices);
    return status;
}

/*
 * How much slower a job's steps were than the model says: the steps that the
 * model gives for the time it trained on each number of devices, over those
 * that it did.
 */
static double
slowdown(const struct vn_elastic_lab *lab, const struct vn_elastic_measured *m,
         const struct vn_job *job, struct vn_pricing *pricing,
         int model_number)
{
    const char *name = lab->workload.names->models.text[job->model];
    vn_time start_cost = vn_costs_mean(
        lab->costs, vn_costs_row(lab->costs, name), VN_COST_START);
    double steps = 0;
    vn_time since = -1;
    int devices = 0;

    for (int i = 0; i < m->nsteps; i++) {
        const struct vn_elastic_step *s = &m->steps[i];
        vn_time at = s->effective >= 0 ? s->effective : s->assigned;

        if (s->job != job->id)
            continue;
        if (devices == 0 && s->effective < 0)
            at += start_cost;
        if (devices > 0)
            steps += (double) (at - since) * 1e-6
                     / vn_pricing_step_s(pricing, job, model_number, &devices,
                                         false);
        since = at;
        devices = s->devices;
    }
    return steps / (double) job->steps;
}

/* Until when devices of a job that finished were not free: the next decision,
 * if it is near. */
static vn_time
released_at(const struct vn_elastic_measured *m, vn_time finish)
{
    vn_time first = -1;

    for (int i = 0; i < m->nsteps; i++) {
        vn_time after = m->steps[i].decided - finish;

        if (m->steps[i].devices > 0 && after > 9 * VN_SECOND
            && after < 15 * VN_SECOND
            && (first < 0 || m->steps[i].decided < first))
            first = m->steps[i].decided;
    }
    return first;
}

/* What each change of a job took, from when it could begin. */
static void
set_costs(const struct vn_elastic_measured *m, int64_t job,
          struct vn_costs *costs)
{
    int held = 0, grown = 0, shrunk = 0, released = 0;
    vn_time last = -1; /* the change before took effect */

    for (int i = 0; i < m->nsteps; i++) {
        const struct vn_elastic_step *s = &m->steps[i];
        vn_time from = s->assigned > last ? s->assigned : last;
        vn_time decided = s->decided > last ? s->decided : last;

        if (s->job != job)
            continue;
        if (held == 0 && s->effective >= 0)
            vn_costs_set(costs, job, VN_COST_START, 0, s->effective - from);
        else if (held > 0 && s->devices > held)
            vn_costs_set(costs, job, VN_COST_GROW, grown++,
                         s->effective - from);
        else if (s->devices > 0 && s->devices < held)
            vn_costs_set(costs, job, VN_COST_SHRINK, shrunk++,
                         s->effective - decided);
        if (s->devices > 0 && s->devices < held)
            vn_costs_set(costs, job, VN_COST_RELEASE, released++,
                         s->released - s->effective);
        if (s->devices == 0 && released_at(m, s->decided) >= 0)
            vn_costs_set(costs, job, VN_COST_RELEASE, released++,
                         released_at(m, s->decided) - s->decided);
        held = s->devices;
        last = s->effective >= 0 ? s->effective : s->assigned;
    }
    /* A growth that was not logged did not take effect before the end. */
    vn_costs_set(costs, job, VN_COST_GROW, grown, VN_TIME_MAX / 4);
}

enum vn_status
vn_elastic_own(struct vn_elastic_lab *lab, const struct vn_elastic_measured *m,
               struct vn_profile *own, struct vn_costs *costs,
               struct vn_error *err)
{
    struct vn_pricing_config config = {.cluster = &lab->cluster,
                                       .profile = &lab->profile};
    struct vn_pricing *pricing;
    enum vn_status status = vn_pricing_alloc(&config, &pricing, err);

    for (size_t i = 0; i < lab->workload.njobs && status == VN_OK; i++) {
        const struct vn_job *job = &lab->workload.jobs[i];
        const char *name = lab->workload.names->models.text[job->model];
        int number = vn_profile_model(&lab->profile, name);
        struct vn_profile_curve *curve;
        char mine[16];
        double slow;

        if (number < 0) {
            status = vn_profile_unknown(&lab->profile, job->id, name, err);
            break;
        }
        slow = slowdown(lab, m, job, pricing, number);
        snprintf(mine, sizeof mine, "job-%d", (int) job->id);
        vn_costs_alias(costs, mine, name);
        set_costs(m, job->id, costs);
        curve = vn_profile_entry(own, mine, "v100");
        for (int n = 1; n <= job->devices; n *= 2) {
            double s =
                vn_pricing_step_s(pricing, job, number, &n, false) * slow;

            vn_profile_add_mapping(
                curve, (struct vn_profile_mapping){
                           .devices = n, .step_s = s, .spread_step_s = s});
        }
    }
    vn_pricing_free(pricing);
    return status;
}
