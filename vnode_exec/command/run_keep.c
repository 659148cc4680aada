/* What a run keeps: checkpoints, the last and the best; and when it ends. */
#include "config.h"

#include "vnode_exec/command/run.h"
#include "vnode_exec/train/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum vn_status
vn_run_finite(struct run *r, const char *path, struct vn_state **state,
              struct vn_error *err)
{
    enum vn_status status = vn_executor_save(r->x, state, err);

    if (status != VN_OK || vn_state_is_finite(*state, r->job.graph->vector))
        return status;
    return vn_fail(err, VN_EINVAL,
                   "step %lld: diverged: parameters are not finite; a smaller "
                   "learning rate may help%s%s",
                   (long long) (*state)->step,
                   path != NULL ? "; no checkpoint is written to " : "",
                   path != NULL ? path : "");
}

/*
 * The checkpoint that is there becomes FILE.1, that one FILE.2, and so on; at
 * every moment there is one called FILE.  A name that is too long is not kept.
 */
static void
keep_older(const struct run *r, const char *path)
{
    char from[4096], to[4096];

    for (int64_t i = r->options.keep - 1; i > 0; i--) {
        int n = snprintf(to, sizeof to, "%s.%lld", path, (long long) i);

        if (n >= (int) sizeof to)
            return;
        if (i > 1) {
            snprintf(from, sizeof from, "%s.%lld", path, (long long) i - 1);
            (void) rename(from, to);
        } else {
            (void) unlink(to);
            (void) link(path, to);
        }
    }
}

enum vn_status
vn_run_checkpoint(struct run *r, const char *path, struct vn_error *err)
{
    struct vn_state *state;
    enum vn_status status = vn_run_finite(r, path, &state, err);

    if (status != VN_OK || !vn_run_speaks(r))
        return status;
    if (path == r->options.checkpoint && r->saved != state->step)
        keep_older(r, path);
    status = vn_checkpoint_write(
        path,
        &(struct vn_checkpoint_of){.text = r->job.text,
                                   .model = r->job.model,
                                   .graph = r->job.graph,
                                   .normal = &r->job.data.normal,
                                   .best = r->best,
                                   .since = r->since,
                                   .state = state},
        err);
    if (path == r->options.checkpoint)
        r->saved = state->step;
    if (status == VN_OK)
        vn_control_say(r->control, "checkpointed step=%lld time=%.6f",
                       (long long) state->step, vn_clock());
    return status;
}

/* Is the loss the lowest so far?  Then it is kept; else patience may end. */
static enum vn_status
judge(struct run *r, double loss, struct vn_error *err)
{
    const struct vn_options *o = &r->options;
    int64_t step = vn_executor_step_number(r->x);

    if (loss < r->best) {
        r->best = loss;
        r->since = 0;
        return o->best != NULL ? vn_run_checkpoint(r, o->best, err) : VN_OK;
    }
    r->since++;
    if (o->patience > 0 && r->since >= o->patience) {
        r->settled = true;
        if (vn_run_speaks(r))
            printf("step %lld: ended, as %lld evaluations gave no lower loss "
                   "than %.6f\n",
                   (long long) step, (long long) r->since, r->best);
    }
    return VN_OK;
}

enum vn_status
vn_run_evaluate(struct run *r, bool last, struct vn_evaluation *e,
                struct vn_error *err)
{
    const struct vn_data *data = &r->job.data;
    bool validation =
        data->validation.count > 0 && (!last || data->test.count == 0);
    const struct vn_examples *on =
        validation ? &data->validation : &data->test;
    int64_t step = vn_executor_step_number(r->x);
    enum vn_status status;

    /* The last one may have been done, and said, behind the last step. */
    if (last && r->tested_on == on && r->tested == step)
        return VN_OK;
    r->tested = step;
    r->tested_on = on;
    status = vn_executor_evaluate(r->x, on, &e->loss, &e->accuracy, err);

    e->done = status == VN_OK;
    if (status != VN_OK)
        return status;
    if (vn_run_speaks(r)) {
        vn_progress_end(&r->progress);
        printf("step %lld: %s loss %.6f, accuracy %.2f %%\n", (long long) step,
               validation ? "validation" : "test", e->loss, 100 * e->accuracy);
        fflush(stdout);
    }
    return last ? VN_OK : judge(r, e->loss, err);
}
