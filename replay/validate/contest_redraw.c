/* How far the calibration's own error moves what a contest finds. */
#include "config.h"

#include "replay/validate/contest.h"

#include "analysis/statistics.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>

enum {
    DRAWS = 40,
    PURPOSE = 0x72656472 /* of the random stream */
};

double
vn_contest_error(const struct vn_contest *s, const struct vn_trial *t,
                 int repeat)
{
    const struct vn_workload *w = &s->setup->workload;
    double sum = 0;

    for (size_t i = 0; i < w->njobs; i++) {
        double submit = (double) w->jobs[i].submit * 1e-6;
        double was = t->measured[repeat].finish[i] - submit
                     - t->measured[repeat].lost[i];

        sum += 100 * ((t->open[repeat].finish[i] - submit) / was - 1);
    }
    return sum / (double) w->njobs;
}

/* A trial's mean error by the assumptions as they are now. */
static enum vn_status
error_now(const struct vn_contest *s, const struct vn_trial *trial,
          double *error, struct vn_error *err)
{
    const struct vn_sweep *sweep = &s->setup->sweep;
    struct vn_engine_config config = {.cluster = &sweep->settings[0].cluster};
    size_t n = s->setup->workload.njobs;
    struct vn_trial *t = vn_xcalloc(1, sizeof *t);
    enum vn_status status =
        vn_assumptions_apply(&sweep->assumptions, &config, err);

    *t = *trial;
    t->step_predicted = vn_xcalloc(n, sizeof(double));
    t->step_measured = vn_xcalloc(n, sizeof(double));
    *error = 0;
    for (int r = 0; r < s->repeats && status == VN_OK; r++) {
        t->measured[r].lost = vn_xcalloc(n, sizeof(double));
        t->open[r] = (struct vn_outcome){.grants = NULL};
        vn_contest_blame(s, t, r, &config);
        status = vn_contest_simulate_open(s, t, r, err);
        if (status == VN_OK)
            *error += vn_contest_error(s, t, r) / s->repeats;
        vn_outcome_free(&t->open[r]);
        free(t->measured[r].lost);
    }
    vn_assumptions_drop(&config);
    free(t->step_predicted);
    free(t->step_measured);
    free(t);
    return status;
}

enum vn_status
vn_contest_redraw(struct vn_contest *s, struct vn_error *err)
{
    struct vn_rng rng = vn_rng_stream((uint64_t) s->setup->seed, PURPOSE, 0);
    double *errors = vn_xcalloc((size_t) s->ntrials * DRAWS, sizeof *errors);
    enum vn_status status = VN_OK;
    int rounds = vn_calibrator_rounds(s->calibrator);

    for (int i = 0; i < DRAWS && status == VN_OK; i++) {
        vn_calibrator_draw(s->calibrator, &rng);
        status = vn_calibrator_assume(s->calibrator, NULL,
                                      &s->setup->sweep.assumptions, err);
        for (int k = 0; k < s->ntrials && status == VN_OK; k++)
            status = error_now(s, &s->trials[k], &errors[k * DRAWS + i], err);
    }
    vn_calibrator_draw(s->calibrator, NULL);
    if (status == VN_OK)
        status = vn_calibrator_assume(s->calibrator, s->name,
                                      &s->setup->sweep.assumptions, err);
    /* Of few rounds a bootstrap's deviation is too small by this. */
    for (int k = 0; k < s->ntrials && status == VN_OK; k++)
        s->trials[k].calibration_error =
            vn_deviation(errors + k * DRAWS, DRAWS)
            * sqrt((double) rounds / (rounds - 1));
    free(errors);
    return status;
}
