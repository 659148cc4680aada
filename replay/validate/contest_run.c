/* What a contest executes, and how the two go together. */
#include "config.h"

#include "replay/validate/contest.h"

#include "base/progress.h"
#include "base/store/origin.h"
#include "base/xalloc.h"
#include "sim/observe/recorder.h"

#include <math.h>
#include <stdlib.h>

enum {
    FIRST_ROUNDS = 3 /* of a calibration; one more follows each repeat */
};

/* What was measured of a run, and what keeps it. */
struct keeping {
    struct vn_contest *contest;
    struct vn_store_run run;
    struct vn_recorder *recorder;
};

static enum vn_status
keep(void *arg, struct vn_engine *engine, struct vn_live *live,
     struct vn_error *err)
{
    struct keeping *k = arg;
    const char *results = k->contest->setup->sweep.results;

    if (results == NULL || live->interrupted)
        return VN_OK;
    return vn_live_keep(live, engine, k->recorder, &k->run, results, err);
}

static void
take_live(const struct vn_contest *s, const struct vn_live *live,
          struct vn_outcome *o)
{
    vn_outcome_alloc(o, s->setup->workload.njobs);
    for (int i = 0; i < live->njobs; i++) {
        if (live->jobs[i].start >= 0)
            o->start[i] = (double) live->jobs[i].start * 1e-6;
        if (live->jobs[i].finish >= 0)
            o->finish[i] = (double) live->jobs[i].finish * 1e-6;
    }
    for (int i = 0; i < live->ngrants; i++)
        vn_outcome_grant(o, live->grants[i]);
    o->makespan = vn_outcome_makespan(o, s->setup->workload.njobs);
}

static enum vn_status
execute(struct vn_contest *s, struct vn_trial *t, int repeat,
        struct vn_error *err)
{
    struct vn_setup *setup = s->setup;
    const struct vn_setting *setting = &setup->sweep.settings[0];
    struct keeping k = {.contest = s};
    struct vn_live_config config = {
        .workload = &setup->workload,
        .setup = &setup->setup,
        .engine = {.cluster = &setting->cluster,
                   .policy = t->contender->policy,
                   .options = t->contender->values}};
    struct vn_live *live = &t->live[repeat];
    struct vn_origin origin;
    enum vn_status status;

    fprintf(stderr, "vnreplay: %s, execution %d of %d, of about %.0f s\n",
            t->contender->policy->name, repeat + 1, s->repeats, t->takes_s);
    vn_sweep_describe(&setup->sweep, &setup->workload, setting, t->contender,
                      &k.run);
    vn_origin_take(&origin, &k.run);
    k.run.kind = "measured";
    k.run.seed = setup->seed + repeat;
    status =
        vn_assumptions_apply(&setup->sweep.assumptions, &config.engine, err);
    if (status != VN_OK) {
        vn_origin_free(&origin);
        return status;
    }
    k.recorder = vn_recorder_alloc(&setting->cluster, VN_RECORD_ALL);
    config.engine.observer = vn_recorder_observer(k.recorder);
    status = vn_live_run(&config, live, keep, &k, err);
    if (status == VN_OK && live->interrupted)
        status = vn_fail(err, VN_EIO, "interrupted");
    if (status == VN_OK) {
        take_live(s, live, &t->measured[repeat]);
        status = vn_contest_check(s, &t->measured[repeat], "measured", t, err);
    }
    vn_setup_clear(setup, status == VN_OK);
    vn_recorder_free(k.recorder);
    vn_assumptions_drop(&config.engine);
    vn_origin_free(&origin);
    return status;
}

/* So many rounds more, where the contest calibrates itself. */
static enum vn_status
calibrate(struct vn_contest *s, int rounds, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    if (s->calibrator == NULL)
        return VN_OK;
    status = vn_calibrator_measure(s->calibrator, rounds, err);
    return status == VN_OK ? vn_calibrator_assume(
               s->calibrator, s->name, &s->setup->sweep.assumptions, err)
                           : status;
}

/* How long executing will take: jobs run in real time.  calibration_s is what
 * the first rounds of calibration took, of which each repeat has one more. */
static void
say_estimate(const struct vn_contest *s, double round_s, double calibration_s)
{
    double more_s = s->calibrator != NULL ? calibration_s / FIRST_ROUNDS : 0;

    fprintf(stderr, "vnreplay: %d %s x %d execution%s, about %.0f s%s\n",
            s->ntrials, s->ntrials == 1 ? "policy" : "policies", s->repeats,
            s->repeats == 1 ? "" : "s", s->repeats * (round_s + more_s),
            s->calibrator != NULL ? ", with calibration between" : "");
}

/* Repeats of the policies are interleaved, and the calibration with them:
 * what drifts is the same for all. */
static enum vn_status
execute_all(struct vn_contest *s, struct vn_error *err)
{
    double begun = vn_clock(), longest = 0, round_s = 0, started;
    enum vn_status status;
    int done = 0;

    if (s->calibrator != NULL)
        fprintf(stderr, "vnreplay: calibrating first (%d rounds)\n",
                FIRST_ROUNDS);
    status = calibrate(s, FIRST_ROUNDS, err);

    for (int k = 0; k < s->ntrials && status == VN_OK; k++) {
        status =
            vn_contest_rehearse(s, &s->trials[k], &s->trials[k].takes_s, err);
        round_s += s->trials[k].takes_s;
    }
    if (status == VN_OK)
        say_estimate(s, round_s, vn_clock() - begun);
    started = vn_clock();
    for (int r = 0; r < s->repeats && status == VN_OK; r++) {
        double from = vn_clock();

        if (s->certainty > 0 && r > 1
            && (vn_contest_order_is_known(s, r)
                || from - begun + longest > s->within_s))
            break;
        for (int k = 0; k < s->ntrials && status == VN_OK; k++)
            status = execute(s, &s->trials[k], r, err);
        if (status == VN_OK)
            status = calibrate(s, 1, err);
        longest = fmax(longest, vn_clock() - from);
        done++;
        if (status == VN_OK && done < s->repeats)
            fprintf(stderr, "vnreplay: %d of %d rounds, about %.0f s left\n",
                    done, s->repeats,
                    (vn_clock() - started) / done * (s->repeats - done));
    }
    if (status == VN_OK)
        s->repeats = done;
    return status;
}

/* Simulate what was executed. */
static enum vn_status
evaluate(struct vn_contest *s, struct vn_trial *t, struct vn_error *err)
{
    struct vn_sweep *sweep = &s->setup->sweep;
    struct vn_engine_config config = {.cluster = &sweep->settings[0].cluster};
    enum vn_status status;
    size_t n = s->setup->workload.njobs;

    t->step_predicted = vn_xcalloc(n, sizeof(double));
    t->step_measured = vn_xcalloc(n, sizeof(double));
    status = vn_assumptions_apply(&sweep->assumptions, &config, err);
    for (int r = 0; r < s->repeats && status == VN_OK; r++) {
        vn_contest_blame(s, t, r, &config);
        status = vn_contest_simulate(s, t, r, err);
    }
    vn_assumptions_drop(&config);
    return status;
}

enum vn_status
vn_contest_run(struct vn_contest *s, struct vn_error *err)
{
    const struct vn_fault_config *faults = &s->setup->sweep.assumptions.faults;
    enum vn_status status;

    if (faults->fails || faults->slow != NULL)
        return vn_fail(err, VN_EUSAGE,
                       "--faults and --slow, expected neither: what is "
                       "executed has the host as it is");
    s->ntrials = s->setup->sweep.ncontenders;
    s->trials = vn_xcalloc((size_t) s->ntrials, sizeof *s->trials);
    for (int k = 0; k < s->ntrials; k++)
        s->trials[k].contender = &s->setup->sweep.contenders[k];
    status = execute_all(s, err);
    for (int k = 0; k < s->ntrials && status == VN_OK; k++)
        status = evaluate(s, &s->trials[k], err);
    if (status == VN_OK && s->calibrator != NULL)
        status = vn_contest_redraw(s, err);
    return status;
}

void
vn_contest_free(struct vn_contest *s)
{
    for (int k = 0; k < s->ntrials; k++) {
        struct vn_trial *t = &s->trials[k];

        for (int r = 0; r < s->repeats; r++) {
            vn_live_free(&t->live[r]);
            vn_outcome_free(&t->measured[r]);
            vn_outcome_free(&t->closed[r]);
            vn_outcome_free(&t->open[r]);
        }
        free(t->step_predicted);
        free(t->step_measured);
    }
    free(s->trials);
}
