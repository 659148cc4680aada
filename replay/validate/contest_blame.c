/* Which part of the model is to blame: where time went, and what the model
 * has for the same devices. */
#include "config.h"

#include "replay/validate/contest.h"

#include "base/xalloc.h"
#include "plan/contention.h"
#include "plan/sync.h"

#include <math.h>
#include <stdlib.h>

static const char *const part_names[] = {[VN_PART_STEP] = "step time",
                                         [VN_PART_SYNC] = "synchronisation",
                                         [VN_PART_CROWD] = "contention",
                                         [VN_PART_START] = "start",
                                         [VN_PART_GROW] = "grow",
                                         [VN_PART_SHRINK] = "shrink",
                                         [VN_PART_RELEASE] = "release",
                                         [VN_PART_RESTART] = "restart",
                                         [VN_PART_HOST] = "the host's speed"};

enum {
    ALONE_MIN = 5,  /* steps that say how a job goes alone */
    LONG_PAUSES = 3 /* steps: a longer gap between two is a change */
};

/* What the model has for a step: computing on its own devices, adding up
 * gradients, and what both take more of with what is busy beside it. */
struct price {
    double compute_s, sync_s, slowdown;
    bool alone; /* nothing else is busy */
};

/* What prices a job. */
struct scale {
    const struct vn_engine_config *config;
    const struct vn_live *live;
    const struct vn_job *job;
    int model;
    const double *slowdown; /* of the host, by step */
};

static struct price
price_of(const struct scale *c, const int *devices, int busy)
{
    const struct vn_cluster *cluster = c->config->cluster;
    const struct vn_profile *profile = c->config->profile;
    struct price p = {.slowdown = 1};
    int own = 0;

    for (int t = 0; t < cluster->ntypes; t++)
        own += devices[t];
    p.alone = busy <= own;
    for (int t = 0; t < cluster->ntypes; t++) {
        int type = vn_profile_type(profile, cluster->types[t].name);

        if (devices[t] == 0)
            continue;
        p.sync_s = fmax(p.sync_s, vn_sync_s(profile, c->model, type,
                                            &cluster->types[t], own, false));
        if (!p.alone)
            p.slowdown = fmax(
                p.slowdown, vn_contention(profile, c->model, type, busy)
                                / vn_contention(profile, c->model, type, own));
    }
    p.compute_s =
        vn_pricing_step_s(c->config->pricing, c->job, c->model, devices, false)
        - p.sync_s;
    return p;
}

/* From the end of the step before to its own, where no change lies between. */
static double
whole_s(const struct vn_live_job *j, int k)
{
    double whole =
        k == 0 ? INFINITY
               : (double) (j->steps[k].end - j->steps[k - 1].end) * 1e-6;

    return whole < LONG_PAUSES * j->steps[k].step_s ? whole
                                                    : j->steps[k].step_s;
}

static struct price
price_step(const struct scale *c, const struct vn_live_job *j, int k)
{
    const struct vn_live_step *step = &j->steps[k];

    return price_of(c, j->changes[step->change].of_type, step->busy);
}

/* How many times as long as expected the probe of the processor took that was
 * the slowest in a step, by that; 0 where none is known. */
static double
worst_probe(const struct scale *c, const struct vn_live_step *step)
{
    const struct vn_cluster *cluster = c->config->cluster;
    const struct vn_profile *profile = c->config->profile;
    double worst = 0;

    for (int i = 0; i < step->nprobes; i++) {
        const struct vn_live_probe *p = &c->live->probes[step->probes + i];
        double expected = 0;

        if (p->device >= 0 && p->device < cluster->devices) {
            int type = vn_cluster_type_at(cluster, p->device);

            expected = vn_probe_expected(
                profile, c->model,
                vn_profile_type(profile, cluster->types[type].name),
                step->busy);
        }
        if (expected > 0)
            worst = fmax(worst, p->s / expected);
    }
    return worst;
}

/* The power by which the job's model feels a probe's slowdown, on the first
 * type that it has. */
static double
power_on(const struct scale *c, const struct vn_live_change *change)
{
    const struct vn_profile *profile = c->config->profile;

    for (int t = 0; t < c->config->cluster->ntypes; t++) {
        int type = vn_profile_type(profile, c->config->cluster->types[t].name);

        if (change->of_type[t] > 0 && type >= 0 && c->model >= 0)
            return vn_profile_probe_power(
                vn_profile_curve(profile, c->model, type));
    }
    return 1;
}

/* How many times slower the slowest of a job's processors was, in the mean
 * over the steps from `from` to `to`, of one mapping. */
static double
slowdown_over(const struct scale *c, const struct vn_live_job *j, int from,
              int to)
{
    double sum = 0;
    int n = 0;

    for (int k = from; k < to; k++) {
        double worst = worst_probe(c, &j->steps[k]);

        sum += worst;
        n += worst > 0;
    }
    return n > 0
               ? pow(sum / n, power_on(c, &j->changes[j->steps[from].change]))
               : 1;
}

/* By step: over as long as what the calibration fitted (plan/contention.h),
 * of one mapping and the same beside it. */
static double *
slowdowns_of(const struct scale *c, const struct vn_live_job *j)
{
    double *slowdown = vn_xcalloc((size_t) j->nsteps + 1, sizeof *slowdown);
    int to;

    for (int from = 0; from < j->nsteps; from = to) {
        const struct vn_live_step *first = &j->steps[from];
        double mean;

        for (to = from + 1; to < j->nsteps; to++)
            if (j->steps[to].change != first->change
                || j->steps[to].busy != first->busy
                || (double) (j->steps[to].end - first->end) * 1e-6
                       > VN_CALIBRATION_SPAN_S)
                break;
        mean = slowdown_over(c, j, from, to);
        for (int k = from; k < to; k++)
            slowdown[k] = mean;
    }
    return slowdown;
}

/* By how much longer the job's steps took than they should, where it was
 * alone: what is beyond that beside others is contention. */
static double
alone_ratio(const struct scale *c, const struct vn_live_job *j)
{
    double said = 0, was = 0;
    int n = 0;

    for (int k = 0; k < j->nsteps; k++) {
        struct price p = price_step(c, j, k);

        if (!p.alone)
            continue;
        said += p.compute_s;
        was += (whole_s(j, k) - j->steps[k].sync_s) / c->slowdown[k];
        n++;
    }
    return n >= ALONE_MIN ? was / said : 1;
}

/* Steps as they would have been on the host as the profile has it, and what
 * they took beyond that. */
static void
add_steps(struct vn_trial *t, const struct scale *c,
          const struct vn_live_job *j, double *said_s, double *was_s,
          double *lost_s)
{
    double ratio = alone_ratio(c, j);

    for (int k = 0; k < j->nsteps; k++) {
        struct price p = price_step(c, j, k);
        double slowdown = c->slowdown[k];
        double whole = whole_s(j, k) / slowdown;
        double sync = j->steps[k].sync_s / slowdown;
        double alone = p.alone ? whole - sync : ratio * p.compute_s;

        t->said[VN_PART_STEP] += p.compute_s;
        t->was[VN_PART_STEP] += alone;
        t->said[VN_PART_SYNC] += p.slowdown * p.sync_s;
        t->was[VN_PART_SYNC] += sync;
        t->said[VN_PART_CROWD] += (p.slowdown - 1) * p.compute_s;
        t->was[VN_PART_CROWD] += whole - sync - alone;
        *said_s += p.slowdown * (p.compute_s + p.sync_s);
        *was_s += whole;
        *lost_s += (slowdown - 1) * whole;
    }
    t->was[VN_PART_HOST] += *lost_s;
}

static void
add_changes(struct vn_trial *t, const struct scale *c, const char *name,
            const struct vn_live_job *j)
{
    static const enum vn_part of_kind[] = {[VN_COST_START] = VN_PART_START,
                                           [VN_COST_GROW] = VN_PART_GROW,
                                           [VN_COST_SHRINK] = VN_PART_SHRINK,
                                           [VN_COST_RELEASE] = VN_PART_RELEASE,
                                           [VN_COST_RESTART] =
                                               VN_PART_RESTART};
    const struct vn_costs *costs = c->config->costs;

    for (int k = 0; k < j->nchanges; k++) {
        const struct vn_live_change *change = &j->changes[k];

        t->was[of_kind[change->kind]] +=
            (double) (change->to - change->from) * 1e-6;
        if (costs != NULL)
            t->said[of_kind[change->kind]] +=
                (double) vn_costs_mean(costs, vn_costs_row(costs, name),
                                       change->kind)
                * 1e-6;
    }
}

void
vn_contest_blame(const struct vn_contest *s, struct vn_trial *t, int repeat,
                 const struct vn_engine_config *config)
{
    const struct vn_live *live = &t->live[repeat];

    for (int i = 0; i < live->njobs; i++) {
        const struct vn_live_job *j = &live->jobs[i];
        const char *name =
            s->setup->workload.names->models.text[j->job->model];
        struct scale c = {.config = config,
                          .live = live,
                          .job = j->job,
                          .model = vn_profile_model(config->profile, name)};
        double said = 0, was = 0, *slowdown = slowdowns_of(&c, j);

        c.slowdown = slowdown;
        add_steps(t, &c, j, &said, &was, &t->measured[repeat].lost[i]);
        add_changes(t, &c, name, j);
        if (j->nsteps > 0) {
            t->step_predicted[i] += said / j->nsteps / s->repeats;
            t->step_measured[i] += was / j->nsteps / s->repeats;
        }
        free(slowdown);
    }
}

void
vn_contest_show_blame(const struct vn_contest *s, struct vn_findings *f)
{
    static const struct vn_findings_column columns[] = {
        {"sim s", 3}, {"hw s", 3}, {"difference s", 3}, {NULL, 0}};
    char label[100];

    vn_findings_table(f,
                      "Where time went, over all jobs and repeats, and what "
                      "the model has for it on the same devices",
                      "policy, part", columns);
    for (int k = 0; k < s->ntrials; k++) {
        const struct vn_trial *t = &s->trials[k];
        enum vn_part most = VN_PART_STEP;

        for (int p = 0; p < VN_PARTS; p++) {
            double by = t->said[p] - t->was[p];

            snprintf(label, sizeof label, "%s, %s", t->contender->policy->name,
                     part_names[p]);
            vn_findings_row(f, label, (double[]){t->said[p], t->was[p], by});
            if (p != VN_PART_HOST
                && fabs(by) > fabs(t->said[most] - t->was[most]))
                most = (enum vn_part) p;
        }
        vn_findings_note(f, "%s: most of the difference is in: %s",
                         t->contender->policy->name, part_names[most]);
    }
}
