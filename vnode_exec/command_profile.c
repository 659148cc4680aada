/*
 * vnexec profile: what a step costs on a device by the examples of a node.
 *
 * One device, one virtual node, 1, 2, 3, 4, 6, 8, 12, ... examples: the
 * median over --repeat steps, two more before them being dropped.
 */
#include "config.h"

#include "vnode_exec/command.h"

#include "base/file.h"
#include "base/number.h"
#include "base/progress.h"
#include "base/xalloc.h"
#include "vnode_exec/job.h"
#include "vnode_exec/replica.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WARM_UP = 2
};

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
measure(struct vn_replica *r, int64_t batch, int repeat, struct point *p,
        struct vn_error *err)
{
    double *step = vn_xcalloc((size_t) repeat, sizeof *step);
    double *update = vn_xcalloc((size_t) repeat, sizeof *update), ignored;
    double *scale = vn_xcalloc((size_t) r->graph->nparams, sizeof *scale);
    struct vn_order order = {.seed = 1, .count = r->data->train.count};
    int64_t tally[2];
    enum vn_status status = VN_OK;

    for (int i = 0; i < r->graph->nparams; i++)
        scale[i] = 0x1p30;
    for (int i = -WARM_UP; status == VN_OK && i < repeat; i++) {
        double norm = 0;

        vn_replica_begin(r);
        status = vn_replica_node(r, &order, 0, (uint64_t) batch, scale, err);
        if (status == VN_OK)
            status = vn_replica_collect(r, tally, err);
        if (status == VN_OK)
            status = vn_replica_update(r, 0, scale, &norm, err);
        if (i >= 0) {
            step[i] = r->load_s + r->compute_s;
            update[i] = r->update_s;
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
              int64_t batch, struct point *p, struct vn_error *err)
{
    struct vn_train train = job->options->train;
    struct vn_replica r = {.spec = *spec,
                           .graph = job->graph,
                           .train = &train,
                           .data = &job->data,
                           .limit = job->options->limit,
                           .training = true,
                           .cpu = 0};
    float *vectors[3];
    enum vn_status status;

    train.first = NULL;
    train.batch = batch;
    train.vnodes = 1;
    vn_train_split(&train);
    status = vn_replica_open(&r, (int) batch, err);
    if (status == VN_OK) {
        int n = 1 + vn_train_states(&train);

        for (int i = 0; i < n; i++)
            vectors[i] = vn_xcalloc(job->graph->vector, sizeof(float));
        vn_graph_initialise(job->graph, train.seed, vectors[0]);
        vn_replica_load(&r, vectors);
        status = measure(&r, batch, (int) job->options->repeat, p, err);
        for (int i = 0; i < n; i++)
            free(vectors[i]);
    }
    vn_replica_close(&r);
    free(train.first);
    return status;
}

static enum vn_status
profile_type(struct vn_exec_job *job, const struct vn_spec *spec, FILE *out,
             struct vn_error *err)
{
    struct vn_options *o = job->options;
    struct vn_progress progress = vn_progress_begin("profiling", false);
    enum vn_status status = VN_OK;

    for (int64_t n = 1; status == VN_OK && n <= o->most; n = next_batch(n)) {
        struct point p;

        status = measure_batch(job, spec, n, &p, err);
        if (status == VN_EDEVMEM && n > 1) {
            status = VN_OK; /* the memory's end is the table's */
            break;
        }
        if (status == VN_OK)
            fprintf(out, "%s,%s,%lld,%.9f,%lld,%.9f,%zu,%.9f\n", o->model_name,
                    spec->type, (long long) p.batch, p.step_s,
                    (long long) p.peak_bytes, p.update_s,
                    job->graph->parameters, p.spread_s);
        vn_progress_show(&progress, (double) n, (double) o->most, spec->type);
    }
    vn_progress_end(&progress);
    return status;
}

static enum vn_status
profile(struct vn_options *o, struct vn_exec_job *job, struct vn_error *err)
{
    struct vn_file file = {0};
    enum vn_status status = vn_exec_job_open(o, job, err);

    if (status == VN_OK)
        status =
            vn_file_create(&file, o->output != NULL ? o->output : "-", err);
    if (status != VN_OK)
        return status;
    fprintf(file.stream, "model,device_type,batch,step_s,peak_bytes,update_s,"
                         "parameters,spread_s\n");
    for (int i = 0; status == VN_OK && i < job->specs.n; i++) {
        bool seen = false;

        for (int j = 0; j < i; j++)
            seen = seen
                   || strcmp(job->specs.list[j].type, job->specs.list[i].type)
                          == 0;
        if (!seen)
            status = profile_type(job, &job->specs.list[i], file.stream, err);
    }
    if (status == VN_OK)
        return vn_file_commit(&file, err);
    vn_file_discard(&file);
    return status;
}

int
vn_command_profile(int argc, char **argv)
{
    struct vn_options o;
    struct vn_exec_job job = {.options = NULL};
    struct vn_error err = {0};
    bool help;
    enum vn_status status = vn_options_read(argc, argv, &o, &help, &err);

    if (status == VN_OK && help) {
        printf("usage: vnexec profile --model NAME --devices LIST [options]\n"
               "\nMeasure step time and memory by the examples of a virtual "
               "node.\n\n");
        vn_option_help(stdout, vn_exec_options, vn_exec_noptions);
        return 0;
    }
    if (status == VN_OK)
        status = profile(&o, &job, &err);
    vn_exec_job_close(&job);
    if (status == VN_OK)
        return 0;
    vn_error_print(stderr, "vnexec", &err);
    return vn_error_exit(&err);
}
