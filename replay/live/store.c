/* A live run into the results. */
#include "config.h"

#include "replay/live/live.h"

#include <math.h>

static enum vn_status
add_steps(void *arg, struct vn_store *store, struct vn_error *err)
{
    const struct vn_live *live = arg;
    enum vn_status status = VN_OK;

    for (int i = 0; i < live->njobs; i++) {
        const struct vn_live_job *j = &live->jobs[i];

        for (int k = 0; k < j->nsteps && status == VN_OK; k++) {
            const struct vn_live_step *s = &j->steps[k];
            struct vn_store_step row;

            vn_store_blank(VN_STORE_STEP, &row);
            row.job_id = j->job->id;
            row.step = s->step;
            row.step_us = llrint(s->step_s * 1e6);
            row.start_us = s->end - row.step_us;
            row.devices = s->devices;
            row.vnodes = j->job->vnodes;
            row.examples = j->job->global_batch;
            row.loss = s->loss;
            row.load_us = llrint(s->load_s * 1e6);
            row.compute_us = llrint(s->compute_s * 1e6);
            row.sync_us = llrint(s->sync_s * 1e6);
            row.update_us = llrint(s->update_s * 1e6);
            row.digest =
                k + 1 == j->nsteps && j->digest[0] != '\0' ? j->digest : NULL;
            status = vn_store_step(store, &row, err);
        }
    }
    return status;
}

enum vn_status
vn_live_keep(struct vn_live *live, struct vn_engine *engine,
             struct vn_recorder *recorder, struct vn_store_run *run,
             const char *results, struct vn_error *err)
{
    struct vn_store *store = NULL;
    enum vn_status status;

    run->wall_us = live->end;
    vn_recorder_more(recorder, add_steps, live);
    status = vn_store_open(results, VN_STORE_WRITE, &store, err);
    if (status == VN_OK)
        status = vn_recorder_write(recorder, engine, run, store, err);
    vn_store_close(store);
    return status;
}
