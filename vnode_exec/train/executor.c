#include "config.h"

#include "vnode_exec/train/seat.h"

#include "base/rng.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>

/* Wait until all have opened their devices; the first failure. */
static enum vn_status
await_all(struct vn_executor *x, enum vn_status status, struct vn_error *err)
{
    for (int i = 0; i < x->nseats; i++) {
        struct vn_error e;

        if (x->seats[i]->worker == NULL)
            continue;
        if (vn_worker_wait(x->seats[i]->worker, &e) != VN_OK
            && status == VN_OK) {
            *err = e;
            status = e.status;
        }
    }
    return status;
}

enum vn_status
vn_executor_open(const struct vn_executor_job *job,
                 const struct vn_stage *stage, struct vn_executor **executor,
                 struct vn_error *err)
{
    struct vn_executor *x = vn_xcalloc(1, sizeof *x);
    bool mpi = job->comm->mpi;
    enum vn_status status = VN_OK;

    x->job = *job;
    vn_stage_copy(stage, &x->stage);
    x->devices = mpi ? job->comm->size : stage->devices;
    x->scale = vn_xcalloc((size_t) job->graph->nparams, sizeof *x->scale);
    for (int i = 0; i < job->graph->nparams; i++)
        x->scale[i] = ldexp(1, VN_SCALE_BITS);
    x->state.scales = x->scale;
    x->state.nvectors = 1 + vn_train_states(job->train);
    for (int i = 0; i < x->state.nvectors; i++)
        x->state.vectors[i] = vn_xcalloc(job->graph->vector, sizeof(float));
    vn_graph_initialise(job->graph, job->train->seed, x->state.vectors[0]);
    if (mpi) /* each rank of a machine has its processor */
        for (int i = 0; i < job->comm->rank; i++)
            x->cpu += (job->comm->here >> i & 1) != 0;
    for (int i = 0; status == VN_OK && i < x->devices; i++) {
        x->alive[i] = i < stage->devices;
        if (mpi && i != job->comm->rank)
            continue;
        x->seats[x->nseats] = vn_seat_for(x, stage, i);
        status = vn_seat_start(x->seats[x->nseats++], err);
    }
    status = await_all(x, status, err);
    if (status == VN_OK)
        status = vn_seats_load(x, err);
    if (status != VN_OK) {
        vn_executor_close(x);
        return status;
    }
    *executor = x;
    return VN_OK;
}

void
vn_executor_close(struct vn_executor *x)
{
    if (x == NULL)
        return;
    for (int i = 0; i < x->ncoming; i++) {
        bool both = false;

        for (int j = 0; j < x->nseats; j++)
            both = both || x->seats[j] == x->coming[i];
        if (!both)
            vn_seat_free(x->coming[i]);
    }
    for (int i = 0; i < x->nseats; i++)
        vn_seat_free(x->seats[i]);
    for (int i = 0; i < x->state.nvectors; i++)
        free(x->state.vectors[i]);
    vn_stage_free(&x->stage);
    free(x->scale);
    free(x->failures);
    free(x);
}

int64_t
vn_executor_step_number(const struct vn_executor *x)
{
    return x->step;
}

void
vn_executor_inject(struct vn_executor *x, int device, int64_t step)
{
    x->failures = vn_xrealloc(x->failures, (size_t) x->nfailures + 1,
                              sizeof *x->failures);
    x->failures[x->nfailures++] = (struct vn_failure){device, step};
}

enum vn_status
vn_executor_evaluate(struct vn_executor *x, const struct vn_examples *examples,
                     double *loss, double *accuracy, struct vn_error *err)
{
    enum vn_status status;

    for (int i = 0; i < x->nseats; i++) {
        bool mpi = x->job.comm->mpi;

        x->seats[i]->part = mpi ? x->job.comm->rank : i;
        x->seats[i]->parts = mpi ? x->job.comm->size : x->nseats;
    }
    x->evaluated = examples;
    status = vn_seats_run(x, vn_seat_evaluate, err);
    if (status == VN_OK)
        status =
            vn_seats_tally(x, (double) examples->count, loss, accuracy, err);
    return status;
}

enum vn_status
vn_executor_save(struct vn_executor *x, struct vn_state **state,
                 struct vn_error *err)
{
    x->state.step = x->step;
    *state = &x->state;
    return vn_replica_save(&x->seats[0]->replica, x->state.vectors, err);
}

bool
vn_state_is_finite(const struct vn_state *state, size_t vector)
{
    for (int i = 0; i < state->nvectors; i++)
        for (size_t k = 0; k < vector; k++)
            if (!isfinite(state->vectors[i][k]))
                return false;
    return true;
}

enum vn_status
vn_executor_load(struct vn_executor *x, int64_t step, struct vn_error *err)
{
    x->step = step;
    return vn_seats_load(x, err);
}

enum vn_status
vn_executor_digest(struct vn_executor *x, uint64_t *digest,
                   struct vn_error *err)
{
    struct vn_state *state;
    enum vn_status status = vn_executor_save(x, &state, err);

    *digest = 0;
    for (int i = 0; status == VN_OK && i < state->nvectors; i++)
        *digest = vn_hash(*digest, state->vectors[i],
                          x->job.graph->vector * sizeof(float));
    return status;
}

int
vn_executor_seats(const struct vn_executor *x, struct vn_seat_report reports[],
                  int n)
{
    for (int i = 0; i < x->nseats && i < n; i++) {
        const struct vn_replica *r = &x->seats[i]->replica;

        reports[i] = (struct vn_seat_report){.spec = &r->spec,
                                             .nodes = r->nodes,
                                             .examples = r->examples,
                                             .memory_bytes = r->dev->used,
                                             .peak_bytes = r->dev->peak,
                                             .busy_s = r->busy_s,
                                             .cpu = r->cpu,
                                             .probe_s = x->seats[i]->probe_s,
                                             .products = r->dev->products};
    }
    return x->nseats;
}
