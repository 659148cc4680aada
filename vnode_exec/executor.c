#include "config.h"

#include "vnode_exec/executor.h"

#include "base/progress.h"
#include "base/rng.h"
#include "base/xalloc.h"
#include "vnode_exec/formula.h"
#include "vnode_exec/replica.h"
#include "vnode_exec/worker.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIT = 38,   /* the last step's largest gradient gets this many bits */
    LEAST = 24, /* and this step's may have so few */
    MOST = 50   /* or so many, of vn_fixed()'s 51 */
};

/* A device with its worker and its share of the nodes. */
struct seat {
    struct vn_executor *x;
    struct vn_replica replica;
    struct vn_worker *worker;
    struct vn_order order;
    int device;       /* number in the job */
    int first, count; /* virtual nodes */
    int64_t fail_at;  /* step, -1: never */
    bool leaving;
    bool ready;
    double startup_s;
    int64_t tally[2];
    double norm;
    int part, parts; /* of an evaluation */
};

struct vn_executor {
    struct vn_executor_job job;
    struct seat *seats[VN_SPEC_DEVICES];
    int nseats;
    struct seat *coming[VN_SPEC_DEVICES]; /* the seats after the resize */
    int ncoming;
    int devices;                /* of the job, over all ranks */
    int alive[VN_SPEC_DEVICES]; /* with MPI: whether a rank has its device */
    int64_t step;
    double *scale;
    struct vn_state state;
    int cpu; /* of the next device */
};

static struct seat *
seat_new(struct vn_executor *x, const struct vn_spec *spec, int device)
{
    struct seat *s = vn_xcalloc(1, sizeof *s);

    s->x = x;
    s->device = device;
    s->fail_at = -1;
    s->order = (struct vn_order){.seed = x->job.train->seed,
                                 .count = x->job.data->train.count};
    s->replica =
        (struct vn_replica){.spec = *spec,
                            .graph = x->job.graph,
                            .train = x->job.train,
                            .data = x->job.data,
                            .limit = x->job.limit,
                            .training = true,
                            .cpu = spec->cpu >= 0 ? spec->cpu : x->cpu};
    x->cpu += spec->cpu >= 0 ? 0 : spec->threads;
    return s;
}

static void
seat_free(struct seat *s)
{
    if (s == NULL)
        return;
    vn_worker_stop(s->worker);
    vn_replica_close(&s->replica);
    vn_order_free(&s->order);
    free(s);
}

static enum vn_status
seat_open(void *arg, struct vn_error *err)
{
    struct seat *s = arg;
    double start = vn_clock();
    enum vn_status status = vn_replica_open(
        &s->replica, (int) vn_train_largest(s->x->job.train), err);

    s->startup_s = vn_clock() - start;
    s->ready = status == VN_OK;
    return status;
}

/* Start the worker and let it open the device. */
static enum vn_status
seat_start(struct seat *s, struct vn_error *err)
{
    enum vn_status status = vn_worker_start(s->replica.cpu, &s->worker, err);

    if (status == VN_OK)
        vn_worker_post(s->worker, seat_open, s);
    return status;
}

/* Give seats their nodes; with MPI a rank's are those after lower ranks'. */
static void
share_nodes(struct vn_executor *x, struct seat *const seats[], int nseats,
            const int counts[])
{
    int first = 0;

    for (int device = 0, i = 0; device < VN_SPEC_DEVICES; device++) {
        if (i < nseats && seats[i]->device == device) {
            seats[i]->first = first;
            seats[i]->count = counts[device];
            i++;
        } else if (!x->job.comm->mpi) {
            break;
        }
        if (device < x->devices)
            first += counts[device];
    }
}

/* Run fn on every worker, and wait; the first failure. */
static enum vn_status
on_all(struct vn_executor *x, vn_worker_fn fn, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (int i = 0; i < x->nseats; i++)
        vn_worker_post(x->seats[i]->worker, fn, x->seats[i]);
    for (int i = 0; i < x->nseats; i++) {
        struct vn_error e;
        enum vn_status s = vn_worker_wait(x->seats[i]->worker, &e);

        if (s != VN_OK && status == VN_OK) {
            status = s;
            *err = e;
        }
    }
    return status;
}

static void
load_all(struct vn_executor *x)
{
    for (int i = 0; i < x->nseats; i++)
        vn_replica_load(&x->seats[i]->replica, x->state.vectors);
}

enum vn_status
vn_executor_open(const struct vn_executor_job *job,
                 const struct vn_specs *specs, const int counts[],
                 struct vn_executor **executor, struct vn_error *err)
{
    struct vn_executor *x = vn_xcalloc(1, sizeof *x);
    bool mpi = job->comm->mpi;
    enum vn_status status = VN_OK;

    x->job = *job;
    x->devices = mpi ? job->comm->size : specs->n;
    x->scale = vn_xcalloc((size_t) job->graph->nparams, sizeof *x->scale);
    for (int i = 0; i < job->graph->nparams; i++)
        x->scale[i] = ldexp(1, FIT);
    x->state.scales = x->scale;
    x->state.nvectors = 1 + vn_train_states(job->train);
    for (int i = 0; i < x->state.nvectors; i++)
        x->state.vectors[i] = vn_xcalloc(job->graph->vector, sizeof(float));
    vn_graph_initialise(job->graph, job->train->seed, x->state.vectors[0]);
    if (mpi)
        x->cpu = job->comm->rank;
    for (int i = 0; status == VN_OK && i < x->devices; i++) {
        x->alive[i] = true;
        if (mpi && i != job->comm->rank)
            continue;
        x->seats[x->nseats] = seat_new(x, &specs->list[i % specs->n], i);
        status = seat_start(x->seats[x->nseats++], err);
    }
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
    if (status != VN_OK) {
        vn_executor_close(x);
        return status;
    }
    share_nodes(x, x->seats, x->nseats, counts);
    load_all(x);
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
            seat_free(x->coming[i]);
    }
    for (int i = 0; i < x->nseats; i++)
        seat_free(x->seats[i]);
    for (int i = 0; i < x->state.nvectors; i++)
        free(x->state.vectors[i]);
    free(x->scale);
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
    for (int i = 0; i < x->nseats; i++)
        if (x->seats[i]->device == device)
            x->seats[i]->fail_at = step;
}

/* A device's part of a step: its nodes, one after another. */
static enum vn_status
seat_compute(void *arg, struct vn_error *err)
{
    struct seat *s = arg;
    const struct vn_train *t = s->x->job.train;
    uint64_t base = (uint64_t) s->x->step * (uint64_t) t->batch;
    enum vn_status status = VN_OK;

    vn_replica_begin(&s->replica);
    for (int i = 0; status == VN_OK && i < s->count; i++) {
        const int64_t *first = &t->first[s->first + i];

        if (s->fail_at == s->x->step && i >= s->count / 2)
            return vn_fail(err, VN_EDEVICE, "device %d failed in step %lld",
                           s->device, (long long) s->x->step);
        status =
            vn_replica_node(&s->replica, &s->order, base + (uint64_t) first[0],
                            base + (uint64_t) first[1], s->x->scale, err);
    }
    if (status == VN_OK)
        status = vn_replica_collect(&s->replica, s->tally, err);
    return status;
}

/* A slice of the vector, the i-th of n, at whole cache lines. */
static void
slice(const struct vn_executor *x, int i, size_t *from, size_t *to)
{
    size_t blocks = x->job.graph->vector / VN_PARAM_ALIGN;

    *from = blocks * (size_t) i / (size_t) x->nseats * VN_PARAM_ALIGN;
    *to = blocks * (size_t) (i + 1) / (size_t) x->nseats * VN_PARAM_ALIGN;
}

/* Add the other devices' sums in this seat's slice to its own. */
static enum vn_status
seat_reduce(void *arg, struct vn_error *err)
{
    struct seat *s = arg;
    struct vn_executor *x = s->x;
    int me = 0;
    size_t from, to;

    (void) err;
    while (x->seats[me] != s)
        me++;
    slice(x, me, &from, &to);
    for (int j = 0; j < x->nseats; j++) {
        const void *other = x->seats[j]->replica.host_sums;

        if (j == me)
            continue;
        if (x->job.train->exact) {
            uint64_t *restrict sum = s->replica.host_sums;
            const uint64_t *restrict more = other;

            for (size_t i = from; i < to; i++)
                sum[i] += more[i];
        } else {
            float *restrict sum = s->replica.host_sums;
            const float *restrict more = other;

            for (size_t i = from; i < to; i++)
                sum[i] += more[i];
        }
    }
    return VN_OK;
}

/* Fetch the other slices. */
static enum vn_status
seat_gather(void *arg, struct vn_error *err)
{
    struct seat *s = arg;
    struct vn_executor *x = s->x;
    size_t size = x->job.train->exact ? sizeof(int64_t) : sizeof(float);

    (void) err;
    for (int j = 0; j < x->nseats; j++) {
        size_t from, to;

        if (x->seats[j] == s)
            continue;
        slice(x, j, &from, &to);
        memcpy((char *) s->replica.host_sums + from * size,
               (char *) x->seats[j]->replica.host_sums + from * size,
               (to - from) * size);
    }
    vn_replica_deliver(&s->replica);
    return VN_OK;
}

static enum vn_status
seat_update(void *arg, struct vn_error *err)
{
    struct seat *s = arg;

    return vn_replica_update(&s->replica, s->x->step, s->x->scale, &s->norm,
                             err);
}

static enum vn_status
synchronise(struct vn_executor *x, struct vn_error *err)
{
    const struct vn_comm *comm = x->job.comm;
    size_t n = x->job.graph->vector;
    enum vn_status status = VN_OK;

    if (x->nseats > 1)
        status = on_all(x, seat_reduce, err);
    if (status == VN_OK && comm->mpi && x->job.train->exact)
        vn_comm_sum_int(comm, x->seats[0]->replica.host_sums, n);
    else if (status == VN_OK && comm->mpi)
        vn_comm_sum_float(comm, x->seats[0]->replica.host_sums, n);
    if (status == VN_OK && (x->nseats > 1 || comm->mpi))
        status = on_all(x, seat_gather, err);
    return status;
}

/* Share all nodes evenly over the devices that are left. */
static enum vn_status
remap(struct vn_executor *x, struct vn_error *err)
{
    int counts[VN_SPEC_DEVICES] = {0}, share[VN_SPEC_DEVICES];
    int alive = 0, at = 0;
    enum vn_status status;

    for (int i = 0; i < x->devices; i++)
        alive += x->alive[i];
    if (alive == 0)
        return vn_fail(err, VN_EDEVICE, "no device is left");
    status = vn_mapping_read(NULL, alive, x->job.train->vnodes, share, err);
    for (int i = 0; status == VN_OK && i < x->devices; i++)
        if (x->alive[i])
            counts[i] = share[at++];
    if (status == VN_OK && x->job.comm->mpi) {
        share_nodes(x, x->seats, x->nseats, counts);
    } else if (status == VN_OK) {
        int first = 0;

        for (int i = 0; i < x->nseats; i++) {
            x->seats[i]->first = first;
            x->seats[i]->count = counts[x->seats[i]->device];
            first += x->seats[i]->count;
        }
    }
    return status;
}

/*
 * Let go of a failed device.  Where a resize under way counts on it another
 * of its kind starts in its place.
 */
static enum vn_status
drop(struct vn_executor *x, struct seat *s, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (int i = 0; i < x->ncoming; i++)
        if (x->coming[i] == s) {
            x->coming[i] = seat_new(x, &s->replica.spec, i);
            status = seat_start(x->coming[i], err);
        }
    seat_free(s);
    return status;
}

/*
 * Run the nodes on all devices.  *failed is the number that failed; those
 * are dropped, and the nodes shared over the others.
 */
static enum vn_status
compute(struct vn_executor *x, int *failed, struct vn_error *err)
{
    int64_t flags[VN_SPEC_DEVICES] = {0};
    enum vn_status status = VN_OK;
    int kept = 0;

    for (int i = 0; i < x->nseats; i++)
        vn_worker_post(x->seats[i]->worker, seat_compute, x->seats[i]);
    for (int i = 0; i < x->nseats; i++) {
        struct vn_error e;
        enum vn_status s = vn_worker_wait(x->seats[i]->worker, &e);

        if (s == VN_EDEVICE)
            flags[x->seats[i]->device] = 1;
        else if (s != VN_OK && status == VN_OK) {
            status = s;
            *err = e;
        }
    }
    if (status != VN_OK)
        return status;
    vn_comm_sum_int(x->job.comm, flags, VN_SPEC_DEVICES);
    *failed = 0;
    for (int i = 0; i < x->devices; i++)
        if (flags[i] != 0) {
            x->alive[i] = false;
            *failed += 1;
        }
    if (*failed == 0)
        return VN_OK;
    for (int i = 0; i < x->nseats; i++) {
        struct seat *s = x->seats[i];

        /* A rank stays, without work: the others need it to reduce. */
        s->fail_at = -1;
        if (x->alive[s->device] || x->job.comm->mpi) {
            x->seats[kept++] = s;
        } else {
            enum vn_status dropped = drop(x, s, err);

            status = status == VN_OK ? dropped : status;
        }
    }
    x->nseats = kept;
    return status == VN_OK ? remap(x, err) : status;
}

/* The scale that gives a magnitude FIT bits. */
static double
fitting(double largest)
{
    int exponent;

    frexp(largest, &exponent);
    exponent = FIT - exponent;
    return ldexp(1, exponent > 500 ? 500 : exponent < -500 ? -500 : exponent);
}

/*
 * Look at the largest gradient of each parameter over all nodes.  *redo: at
 * the scale of this step some were too large for the sums to be exact, or so
 * small that they lost bits; the scale is then one that fits them.
 */
static enum vn_status
check_scales(struct vn_executor *x, double *next, bool *redo,
             struct vn_error *err)
{
    const struct vn_graph *g = x->job.graph;
    size_t n = (size_t) g->nparams;
    uint32_t *largest = vn_xcalloc(n, sizeof *largest);
    enum vn_status status = VN_OK;

    *redo = false;
    for (int j = 0; j < x->nseats; j++)
        for (size_t i = 0; i < n; i++) {
            uint32_t u = x->seats[j]->replica.host_largest[i];

            largest[i] = u > largest[i] ? u : largest[i];
        }
    vn_comm_max(x->job.comm, largest, n);
    for (size_t i = 0; status == VN_OK && i < n; i++) {
        double most = (double) vn_bits_float(largest[i]);
        double terms = (double) x->job.train->vnodes * g->params[i].uses;
        double bits = most * x->scale[i];

        if (largest[i] >= 0x7f800000U) {
            status = vn_fail(err, VN_EINVAL,
                             "step %lld: the gradient of %s is not finite; a "
                             "smaller learning rate may help",
                             (long long) x->step, g->params[i].name);
            break;
        }
        next[i] = most > 0 ? fitting(most) : x->scale[i];
        if (most > 0
            && (bits >= ldexp(1, MOST) || bits * terms >= ldexp(1, 62)
                || bits < ldexp(1, LEAST))) {
            x->scale[i] = next[i];
            *redo = true;
        }
    }
    free(largest);
    return status;
}

static void
tell_times(const struct vn_executor *x, struct vn_step *step)
{
    for (int i = 0; i < x->nseats; i++) {
        const struct vn_replica *r = &x->seats[i]->replica;

        step->load_s = r->load_s > step->load_s ? r->load_s : step->load_s;
        step->compute_s =
            r->compute_s > step->compute_s ? r->compute_s : step->compute_s;
        step->update_s =
            r->update_s > step->update_s ? r->update_s : step->update_s;
    }
    step->norm = x->seats[0]->norm;
}

static void
tell_tally(struct vn_executor *x, double examples, double *loss,
           double *accuracy)
{
    int64_t tally[2] = {0, 0};

    for (int i = 0; i < x->nseats; i++) {
        tally[0] += x->seats[i]->tally[0];
        tally[1] += x->seats[i]->tally[1];
    }
    vn_comm_sum_int(x->job.comm, tally, 2);
    examples *= (double) x->job.graph->labels;
    *loss = (double) tally[0] * VN_LOSS_UNIT / examples;
    *accuracy = (double) tally[1] / examples;
}

enum vn_status
vn_executor_step(struct vn_executor *x, struct vn_step *step,
                 struct vn_error *err)
{
    double start = vn_clock(), computed;
    double *next = vn_xcalloc((size_t) x->job.graph->nparams, sizeof *next);
    bool redo = true;
    enum vn_status status = VN_OK;

    *step = (struct vn_step){.step = x->step};
    while (status == VN_OK && redo) {
        int failed = 0;

        redo = false;
        status = compute(x, &failed, err);
        step->failed += failed;
        if (status == VN_OK && failed > 0)
            redo = true;
        else if (status == VN_OK && x->job.train->exact)
            status = check_scales(x, next, &redo, err);
        step->redone += redo;
        if (step->redone > 64)
            status = vn_fail(err, VN_EINVAL,
                             "step %lld: no scale fits the gradients",
                             (long long) x->step);
    }
    computed = vn_clock();
    if (status == VN_OK)
        status = synchronise(x, err);
    step->sync_s = vn_clock() - computed;
    if (status == VN_OK)
        status = on_all(x, seat_update, err);
    if (status == VN_OK) {
        int active = 0;

        for (int i = 0; i < x->devices; i++)
            active += x->alive[i];
        step->devices = active;
        tell_tally(x, (double) x->job.train->batch, &step->loss,
                   &step->accuracy);
        tell_times(x, step);
        if (x->job.train->exact)
            memcpy(x->scale, next,
                   (size_t) x->job.graph->nparams * sizeof *next);
        x->step++;
        step->step_s = vn_clock() - start;
    }
    free(next);
    return status;
}

/* A seat that stays: of the same type, and not promised to another. */
static struct seat *
staying(struct vn_executor *x, const struct vn_spec *spec)
{
    for (int i = 0; i < x->nseats; i++) {
        struct seat *s = x->seats[i];

        if (s->leaving && strcmp(s->replica.spec.type, spec->type) == 0
            && s->replica.spec.cpu == spec->cpu) {
            s->leaving = false;
            return s;
        }
    }
    return NULL;
}

enum vn_status
vn_executor_prepare(struct vn_executor *x, const struct vn_specs *specs,
                    struct vn_error *err)
{
    enum vn_status status = VN_OK;

    if (x->job.comm->mpi) {
        if (specs->n > x->job.comm->size)
            return vn_fail(err, VN_EUSAGE,
                           "a resize to %d devices needs as many ranks, and "
                           "there are %d",
                           specs->n, x->job.comm->size);
        return VN_OK;
    }
    for (int i = 0; i < x->nseats; i++)
        x->seats[i]->leaving = true;
    x->ncoming = 0;
    for (int i = 0; status == VN_OK && i < specs->n; i++) {
        struct seat *s = staying(x, &specs->list[i]);

        if (s == NULL) {
            s = seat_new(x, &specs->list[i], i);
            status = seat_start(s, err);
        }
        x->coming[x->ncoming++] = s;
    }
    return status;
}

bool
vn_executor_prepared(const struct vn_executor *x)
{
    for (int i = 0; i < x->ncoming; i++) {
        bool old = false;

        for (int j = 0; j < x->nseats; j++)
            old = old || x->seats[j] == x->coming[i];
        if (!old && x->coming[i]->worker != NULL
            && vn_worker_busy(x->coming[i]->worker))
            return false;
    }
    return true;
}

/* With MPI the ranks stay; they only share the nodes anew. */
static enum vn_status
resize_ranks(struct vn_executor *x, int devices, const int counts[])
{
    int all[VN_SPEC_DEVICES] = {0};

    for (int i = 0; i < x->devices; i++) {
        x->alive[i] = i < devices;
        all[i] = i < devices ? counts[i] : 0;
    }
    share_nodes(x, x->seats, x->nseats, all);
    return VN_OK;
}

static enum vn_status
await_newcomers(struct vn_executor *x, struct vn_resize *resize,
                struct vn_error *err)
{
    double start = vn_clock();
    enum vn_status status = VN_OK;

    for (int i = 0; status == VN_OK && i < x->ncoming; i++) {
        struct seat *s = x->coming[i];
        bool old = false;

        for (int j = 0; j < x->nseats; j++)
            old = old || x->seats[j] == s;
        if (old || s->worker == NULL)
            continue;
        status = vn_worker_wait(s->worker, err);
        if (s->startup_s > resize->startup_s)
            resize->startup_s = s->startup_s;
    }
    resize->wait_s = vn_clock() - start;
    return status;
}

enum vn_status
vn_executor_resize(struct vn_executor *x, const struct vn_specs *specs,
                   const int counts[], struct vn_resize *resize,
                   struct vn_error *err)
{
    double start;
    enum vn_status status;

    *resize = (struct vn_resize){.before = x->devices, .after = specs->n};
    if (x->job.comm->mpi)
        return resize_ranks(x, specs->n, counts);
    if (x->ncoming == 0) {
        status = vn_executor_prepare(x, specs, err);
        if (status != VN_OK)
            return status;
    }
    status = await_newcomers(x, resize, err);
    if (status != VN_OK)
        return status;
    start = vn_clock();
    vn_replica_save(&x->seats[0]->replica, x->state.vectors);
    for (int i = 0; i < x->nseats; i++)
        if (x->seats[i]->leaving)
            seat_free(x->seats[i]);
    x->nseats = x->devices = x->ncoming;
    for (int i = 0; i < x->ncoming; i++) {
        x->seats[i] = x->coming[i];
        x->seats[i]->device = i;
        x->seats[i]->leaving = false;
        x->alive[i] = true;
    }
    x->ncoming = 0;
    share_nodes(x, x->seats, x->nseats, counts);
    load_all(x);
    resize->copy_s = vn_clock() - start;
    return VN_OK;
}

/* A seat's part of an evaluation: every parts-th node of the test. */
static enum vn_status
seat_evaluate(void *arg, struct vn_error *err)
{
    struct seat *s = arg;
    struct vn_executor *x = s->x;
    uint64_t size = (uint64_t) vn_train_largest(x->job.train);
    uint64_t count = x->job.data->test.count, at = 0;
    enum vn_status status = VN_OK;

    s->replica.evaluating = true;
    vn_replica_begin(&s->replica);
    for (uint64_t i = 0; status == VN_OK && at < count; i++, at += size)
        if (i % (uint64_t) s->parts == (uint64_t) s->part)
            status = vn_replica_node(&s->replica, &s->order, at,
                                     at + size < count ? at + size : count,
                                     x->scale, err);
    if (status == VN_OK)
        status = vn_replica_collect(&s->replica, s->tally, err);
    s->replica.evaluating = false;
    return status;
}

enum vn_status
vn_executor_evaluate(struct vn_executor *x, double *loss, double *accuracy,
                     struct vn_error *err)
{
    enum vn_status status;

    for (int i = 0; i < x->nseats; i++) {
        bool mpi = x->job.comm->mpi;

        x->seats[i]->part = mpi ? x->job.comm->rank : i;
        x->seats[i]->parts = mpi ? x->job.comm->size : x->nseats;
    }
    status = on_all(x, seat_evaluate, err);
    if (status == VN_OK)
        tell_tally(x, (double) x->job.data->test.count, loss, accuracy);
    return status;
}

struct vn_state *
vn_executor_save(struct vn_executor *x)
{
    vn_replica_save(&x->seats[0]->replica, x->state.vectors);
    x->state.step = x->step;
    return &x->state;
}

void
vn_executor_load(struct vn_executor *x, int64_t step)
{
    x->step = step;
    load_all(x);
}

uint64_t
vn_executor_digest(struct vn_executor *x)
{
    const struct vn_state *state = vn_executor_save(x);
    uint64_t hash = 0;

    for (int i = 0; i < state->nvectors; i++)
        hash = vn_hash(hash, state->vectors[i],
                       x->job.graph->vector * sizeof(float));
    return hash;
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
                                             .busy_s = r->busy_s};
    }
    return x->nseats;
}
