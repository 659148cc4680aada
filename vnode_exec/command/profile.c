/*
 * vnexec profile: what a step costs on a device by the examples of a node.
 *
 * One device, one virtual node, 1, 2, 3, 4, 6, 8, 12, ... examples: the
 * median over --repeat steps, two more before them being dropped; a device
 * with a clock of its own times its work itself, and its clocks are let rise
 * before the first of them.  A node's examples are loaded in full, as a step's
 * first node has to: a device that overlaps loads later ones with computing
 * is faster at them.  --sync adds a table of what
 * the sum over 2, 3, ... devices of a type takes.
 */
#include "config.h"

#include "vnode_exec/command/command.h"

#include "base/file.h"
#include "base/number.h"
#include "base/progress.h"
#include "base/xalloc.h"
#include "vnode_exec/job.h"
#include "vnode_exec/train/replica.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WARM_UP = 2,
    POINTS = 64 /* at most: two for each power of 2 */
};

/* Seconds of work before the first steps of a device with its own clock. */
#define RISE_S 0.3

/* A point: medians, and how far the quartiles lie apart. */
struct point {
    int64_t batch;
    double step_s, spread_s, update_s;
    int64_t peak_bytes;
};

static int
by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void
statistics(double *x, int n, double *median, double *spread)
{
    qsort(x, (size_t) n, sizeof *x, by_value);
    *median = n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
    *spread = x[3 * (n - 1) / 4] - x[(n - 1) / 4];
}

/* 1, 2, 3, 4, 6, 8, 12, 16, ... */
static int64_t
next_batch(int64_t n)
{
    if (n < 2)
        return n + 1;
    return (n & (n - 1)) == 0 ? n + n / 2 : n / 3 * 4;
}

static enum vn_status
measure(struct vn_replica *r, int64_t batch, int repeat, double rise_s,
        struct point *p, struct vn_error *err)
{
    double *step = vn_xcalloc((size_t) repeat, sizeof *step);
    double *update = vn_xcalloc((size_t) repeat, sizeof *update), ignored;
    double *scale = vn_xcalloc((size_t) r->graph->nparams, sizeof *scale);
    struct vn_order order = {.seed = 1, .count = r->data->train.count};
    int64_t tally[VN_TALLIES];
    double began = vn_clock();
    enum vn_status status = VN_OK;

    for (int i = 0; i < r->graph->nparams; i++)
        scale[i] = 0x1p30;
    for (int i = -WARM_UP; status == VN_OK && i < repeat; i++) {
        double norm = 0, start = vn_clock(), once, end;

        /* Zeroing the sums and collecting: once a step, as the update is. */
        status = vn_replica_begin(r, scale, &order, NULL, 0, err);
        if (status == VN_OK)
            status = r->dev->backend->sync(r->dev, err);
        once = vn_clock() - start;
        if (status == VN_OK)
            status = vn_replica_node(
                r, &order, (struct vn_span){0, (uint64_t) batch}, NULL, err);
        end = vn_clock();
        if (status == VN_OK)
            status = vn_replica_collect(r, tally, err);
        once += vn_clock() - end;
        if (status == VN_OK)
            status = vn_replica_update(r, 0, &norm, err);
        if (i >= 0) {
            step[i] = r->load_s + r->compute_s;
            update[i] = once + r->update_s;
        } else if (i == -1 && vn_clock() - began < rise_s) {
            i--;
        }
    }
    p->batch = batch;
    p->peak_bytes = r->dev->peak;
    statistics(step, repeat, &p->step_s, &p->spread_s);
    statistics(update, repeat, &p->update_s, &ignored);
    vn_order_free(&order);
    free(step);
    free(update);
    free(scale);
    return status;
}

static enum vn_status
measure_batch(struct vn_exec_job *job, const struct vn_spec *spec,
              int64_t batch, double rise_s, struct point *p,
              struct vn_error *err)
{
    struct vn_train train = job->options->train;
    struct vn_replica r = {.spec = *spec,
                           .graph = job->graph,
                           .train = &train,
                           .data = &job->data,
                           .limit = job->options->limit,
                           .training = true,
                           .cpu = spec->backend->host_memory ? 0 : -1};
    float *vectors[3];
    enum vn_status status;

    train.batch = batch;
    train.vnodes = 1;
    status = vn_replica_open(&r, (int) batch, err);
    if (status == VN_OK) {
        int n = 1 + vn_train_states(&train);

        for (int i = 0; i < n; i++)
            vectors[i] = vn_xcalloc(job->graph->vector, sizeof(float));
        vn_graph_initialise(job->graph, train.seed, vectors[0]);
        vn_replica_load(&r, vectors);
        status =
            measure(&r, batch, (int) job->options->repeat, rise_s, p, err);
        for (int i = 0; i < n; i++)
            free(vectors[i]);
    }
    vn_replica_close(&r);
    return status;
}

/* On what, and how: a table does not say. */
static void
state_conditions(const struct vn_options *o, const struct vn_spec *spec)
{
    char text[300];

    if (o->quiet)
        return;
    spec->backend->describe(spec->ordinal, text, sizeof text);
    fprintf(stderr, "%s:%d: %s; medians of %d steps behind %d to warm up%s\n",
            spec->backend->name, spec->ordinal, text, (int) o->repeat, WARM_UP,
            spec->backend->mark != NULL
                ? ", and 0.3 s before all, by the device's clock (rates of "
                  "clocks are the highest, not those of the measurement)"
                : ", by the host's clock");
}

/* The points of a type until --max or the memory's end. */
static enum vn_status
measure_type(struct vn_exec_job *job, const struct vn_spec *spec,
             struct point points[], int *npoints, struct vn_error *err)
{
    struct vn_options *o = job->options;
    struct vn_progress progress = vn_progress_begin("profiling", false);
    enum vn_status status = VN_OK;

    state_conditions(o, spec);
    *npoints = 0;
    for (int64_t n = 1; status == VN_OK && n <= o->most; n = next_batch(n)) {
        status = measure_batch(
            job, spec, n, n == 1 && spec->backend->mark != NULL ? RISE_S : 0,
            &points[*npoints], err);
        if (status == VN_EDEVMEM && n > 1) {
            status = VN_OK;
            break;
        }
        *npoints += 1;
        vn_progress_show(&progress, (double) n, (double) o->most, spec->type);
    }
    vn_progress_end(&progress);
    return status;
}

/* An update takes the same whatever the batch: one time for all rows. */
static enum vn_status
profile_type(struct vn_exec_job *job, const struct vn_spec *spec, FILE *out,
             struct vn_error *err)
{
    struct point points[POINTS];
    double updates[POINTS], update_s = 0, ignored;
    int n;
    enum vn_status status = measure_type(job, spec, points, &n, err);

    if (status != VN_OK)
        return status;
    for (int i = 0; i < n; i++)
        updates[i] = points[i].update_s;
    statistics(updates, n, &update_s, &ignored);
    for (int i = 0; i < n; i++)
        fprintf(out, "%s,%s,%lld,%.9f,%lld,%.9f,%zu,%.9f\n",
                job->options->model_name, spec->type,
                (long long) points[i].batch, points[i].step_s,
                (long long) points[i].peak_bytes, update_s,
                job->graph->parameters, points[i].spread_s);
    return VN_OK;
}

/* The first device of each type. */
static bool
first_of_type(const struct vn_specs *specs, int i)
{
    for (int j = 0; j < i; j++)
        if (strcmp(specs->list[j].type, specs->list[i].type) == 0)
            return false;
    return true;
}

/* The step of `devices` alike, one example each: what of it is the sum. */
static enum vn_status
measure_sync(struct vn_exec_job *job, const struct vn_spec *spec, int devices,
             double *sync_s, double *spread_s, struct vn_error *err)
{
    struct vn_executor_job view = vn_exec_job_view(job);
    struct vn_train train = job->options->train;
    struct vn_specs specs = {.list = {*spec}, .n = devices};
    struct vn_stage stage = {.from_step = 0};
    struct vn_executor *x = NULL;
    int repeat = (int) job->options->repeat;
    double *sync = vn_xcalloc((size_t) repeat, sizeof *sync);
    enum vn_status status;

    for (int i = 1; i < devices; i++) {
        specs.list[i] = *spec;
        specs.list[i].ordinal = spec->ordinal + i;
    }
    train.batch = train.vnodes = devices;
    view.train = &train;
    status = vn_stage_map(&train, &specs, devices, NULL, &stage, err);
    if (status == VN_OK)
        status = vn_executor_open(&view, &stage, &x, err);
    for (int i = -WARM_UP; status == VN_OK && i < repeat; i++) {
        struct vn_step step;

        status = vn_executor_step(x, &step, err);
        if (i >= 0)
            sync[i] = step.sync_s;
    }
    if (status == VN_OK)
        statistics(sync, repeat, sync_s, spread_s);
    vn_executor_close(x);
    vn_stage_free(&stage);
    free(sync);
    return status;
}

static enum vn_status
profile_sync(struct vn_exec_job *job, FILE *out, struct vn_error *err)
{
    const struct vn_specs *specs = &job->stages.list[0].specs;
    bool any = false;

    fprintf(out, "model,device_type,devices,sync_s,spread_s\n");
    for (int i = 0; i < specs->n; i++) {
        int alike = 0;

        for (int j = 0; j < specs->n; j++)
            alike += strcmp(specs->list[i].type, specs->list[j].type) == 0;
        for (int n = 2; first_of_type(specs, i) && n <= alike; n++) {
            double s, spread;
            enum vn_status status =
                measure_sync(job, &specs->list[i], n, &s, &spread, err);

            if (status != VN_OK)
                return status;
            fprintf(out, "%s,%s,%d,%.9f,%.9f\n", job->options->model_name,
                    specs->list[i].type, n, s, spread);
            any = true;
        }
    }
    if (any)
        return VN_OK;
    return vn_fail(err, VN_EUSAGE,
                   "--sync needs two devices of a type, such as --devices "
                   "host:2");
}

static enum vn_status
profile_nodes(struct vn_exec_job *job, FILE *out, struct vn_error *err)
{
    const struct vn_specs *specs = &job->stages.list[0].specs;
    enum vn_status status = VN_OK;

    fprintf(out, "model,device_type,batch,step_s,peak_bytes,update_s,"
                 "parameters,spread_s\n");
    for (int i = 0; status == VN_OK && i < specs->n; i++)
        if (first_of_type(specs, i))
            status = profile_type(job, &specs->list[i], out, err);
    return status;
}

/* Have a table written into a file that is there whole or not at all. */
static enum vn_status
write_table(struct vn_exec_job *job, const char *path,
            enum vn_status (*fill)(struct vn_exec_job *, FILE *,
                                   struct vn_error *),
            struct vn_error *err)
{
    struct vn_file file = {0};
    enum vn_status status = vn_file_create(&file, path, err);

    if (status != VN_OK)
        return status;
    status = fill(job, file.stream, err);
    if (status == VN_OK)
        return vn_file_commit(&file, err);
    vn_file_discard(&file);
    return status;
}

static enum vn_status
profile(struct vn_exec_job *job, struct vn_error *err)
{
    const struct vn_options *o = job->options;
    enum vn_status status = VN_OK;

    if (o->sync != NULL)
        status = write_table(job, o->sync, profile_sync, err);
    if (status == VN_OK)
        status = write_table(job, o->output != NULL ? o->output : "-",
                             profile_nodes, err);
    return status;
}

int
vn_command_profile(int argc, char **argv)
{
    return vn_exec_job_command(
        argc, argv,
        "usage: vnexec profile --model NAME --devices LIST [options]\n\n"
        "Measure step time and memory by the examples of a virtual node.\n",
        profile);
}
