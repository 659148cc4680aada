#include "config.h"

#include "replay/calibrate.h"

#include "base/file.h"
#include "base/progress.h"
#include "base/xalloc.h"
#include "replay/bench.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FIRST_ID = 1000000, /* jobs of no trace: their files' names */
    BATCHES_MAX = 64
};

const char *const vn_calibration_names[] = {"nodes", "links", "crowds",
                                            "costs"};

static const char *const headers[] = {
    "model,device_type,batch,step_s,peak_bytes,update_s",
    "model,device_type,devices,sync_s", "model,device_type,busy,slowdown",
    "model,start_s,grow_s,shrink_s,release_s,restart_s"};

/* One turn of a size of a virtual node. */
struct turn {
    int batch; /* of the subject's */
    int vnodes;
    double node_s, update_s;
    double *sync_s; /* by devices: of a step on so many */
};

/* A model on a type of device. */
struct subject {
    int model, type;
    int64_t batch[BATCHES_MAX]; /* of virtual nodes in the trace, rising */
    int64_t peak_bytes[BATCHES_MAX];
    int nbatches;
    struct turn *turns;
    int nturns;
    struct vn_sample *crowds; /* by busy devices of the cluster */
};

struct calibration {
    const struct vn_lab *lab;
    const struct vn_calibration *config;
    const struct vn_cluster *cluster;
    struct subject *subjects; /* by model, then type */
    int nsubjects;
    struct vn_sample *costs; /* [model x VN_COST_KINDS + kind] */
    struct vn_progress progress;
    int64_t done, all; /* things to measure */
};

static const char *
model_name(const struct calibration *c, int model)
{
    return c->lab->workload.names->models.text[model];
}

/* n devices from the first-th on, of all that the cluster has, each on the
 * processor that a live run would give it. */
static void
device_list(const struct calibration *c, int first, int n, char *text)
{
    size_t used = 0;

    text[0] = '\0';
    for (int i = 0; i < n && used < VN_DEVICE_LIST_SIZE - 80; i++) {
        int device = (first + i) % c->cluster->devices, type = 0, before = 0;

        while (device >= before + c->cluster->types[type].devices)
            before += c->cluster->types[type++].devices;
        used += (size_t) snprintf(text + used, VN_DEVICE_LIST_SIZE - used,
                                  "%s%s:cpu=%d", i > 0 ? "," : "",
                                  c->cluster->types[type].name, device);
    }
}

/* The first device of a type, of all that the cluster has. */
static int
first_of(const struct calibration *c, int type)
{
    int before = 0;

    for (int t = 0; t < type; t++)
        before += c->cluster->types[t].devices;
    return before;
}

/* 1, 2, 4, ... and the last: numbers that are measured, linear between. */
static int
next_number(int n, int last)
{
    return n == last ? last + 1 : 2 * n < last ? 2 * n : last;
}

/* A job of a number of virtual nodes that none of the trace has. */
static struct vn_job
make_job(const struct calibration *c, const struct subject *s, int batch,
         int64_t id)
{
    const struct vn_workload *w = &c->lab->workload;
    int devices = c->cluster->types[s->type].devices;
    int v = 2 * devices > 6 ? 2 * devices : 6;

    for (size_t i = 0; i < w->njobs; i++)
        if (w->jobs[i].model == s->model && w->jobs[i].vnodes == v
            && w->jobs[i].global_batch == v * s->batch[batch]) {
            v += devices;
            i = (size_t) -1;
        }
    return (struct vn_job){.id = FIRST_ID + id,
                           .model = s->model,
                           .global_batch = v * s->batch[batch],
                           .vnodes = v,
                           .steps = INT64_C(1) << 30};
}

static void
note_progress(struct calibration *c, const struct subject *s)
{
    vn_progress_show(&c->progress, c->done++, c->all, model_name(c, s->model));
}

/* Of a turn on n devices. */
static void
take_steps(struct subject *s, struct turn *turn, int n,
           const struct vn_bench_steps *steps)
{
    int each = (turn->vnodes + n - 1) / n;

    if (n > 1) {
        turn->sync_s[n] = steps->sync_s;
        vn_sample_add(&s->crowds[n], steps->compute_s / (each * turn->node_s));
        return;
    }
    turn->node_s = steps->compute_s / turn->vnodes;
    turn->update_s = steps->whole_s - steps->compute_s;
    s->peak_bytes[turn->batch] = steps->peak_bytes;
}

/* Train on 1, 2, 4, ... devices, and back to 1. */
static enum vn_status
measure_mappings(struct calibration *c, struct subject *s, struct turn *turn,
                 struct vn_bench *b, struct vn_error *err)
{
    int last = c->cluster->types[s->type].devices;
    int first = first_of(c, s->type);
    char devices[VN_DEVICE_LIST_SIZE];
    enum vn_status status = VN_OK;

    for (int n = 1; n <= last && status == VN_OK; n = next_number(n, last)) {
        struct vn_bench_steps steps;

        device_list(c, first, n, devices);
        if (n > 1)
            status = vn_bench_resize(b, devices, true, err);
        if (status == VN_OK)
            status = vn_bench_train(b, c->config->span_s, &steps, err);
        if (status != VN_OK)
            break;
        take_steps(s, turn, n, &steps);
    }
    for (int n = last; n > 1 && status == VN_OK; n = n > 2 ? n / 2 : 1) {
        device_list(c, first, n > 2 ? n / 2 : 1, devices);
        status = vn_bench_resize(b, devices, false, err);
    }
    return status;
}

static enum vn_status
measure_batch(struct calibration *c, struct subject *s, int batch,
              struct vn_error *err)
{
    struct vn_job job = make_job(c, s, batch, 0);
    const char *model = model_name(c, s->model);
    struct vn_sample *costs = c->costs + s->model * VN_COST_KINDS;
    char devices[VN_DEVICE_LIST_SIZE];
    struct vn_bench b;
    enum vn_status status;
    struct turn *turn;

    s->turns = vn_xrealloc(s->turns, (size_t) s->nturns + 1, sizeof *s->turns);
    turn = &s->turns[s->nturns++];
    *turn =
        (struct turn){.batch = batch,
                      .vnodes = job.vnodes,
                      .sync_s = vn_xcalloc((size_t) c->cluster->devices + 1,
                                           sizeof(double))};
    note_progress(c, s);
    device_list(c, first_of(c, s->type), 1, devices);
    status =
        vn_bench_begin(&b, c->lab, &job, model, devices, false, costs, err);
    if (status == VN_OK)
        status = measure_mappings(c, s, turn, &b, err);
    if (status == VN_OK)
        status = vn_bench_end(&b, err);
    vn_bench_kill(&b);
    if (status == VN_OK)
        status =
            vn_bench_begin(&b, c->lab, &job, model, devices, true, costs, err);
    if (status == VN_OK)
        status = vn_bench_end(&b, err);
    vn_bench_kill(&b);
    return status;
}

/* Steps of b while `busy` - 1 devices train jobs of another subject's model,
 * on those that come after b's. */
static enum vn_status
measure_beside(struct calibration *c, const struct subject *s,
               const struct subject *other, int busy, struct vn_bench *b,
               double *step_s, struct vn_error *err)
{
    struct vn_bench *loads = vn_xcalloc((size_t) busy, sizeof *loads);
    char devices[VN_DEVICE_LIST_SIZE];
    struct vn_bench_steps steps = {0};
    enum vn_status status = VN_OK;

    for (int i = 0; i < busy - 1 && status == VN_OK; i++) {
        struct vn_job job = make_job(c, other, other->nbatches / 2, 2 + i);

        device_list(c, first_of(c, s->type) + 1 + i, 1, devices);
        status = vn_bench_begin(&loads[i], c->lab, &job,
                                model_name(c, other->model), devices, false,
                                NULL, err);
        if (status == VN_OK) /* else it would wait for a reader */
            vn_process_send(&loads[i].process, "report 0");
    }
    if (status == VN_OK)
        status = vn_bench_train(b, c->config->span_s / 2, &steps, err);
    *step_s = steps.whole_s;
    for (int i = 0; i < busy - 1; i++)
        vn_bench_kill(&loads[i]);
    free(loads);
    return status;
}

/* Beside every model, and alone before and after. */
static enum vn_status
measure_crowd(struct calibration *c, struct subject *s, int busy,
              struct vn_bench *b, struct vn_error *err)
{
    int models = c->lab->workload.names->models.count;
    struct vn_bench_steps alone;
    double sum = 0, alone_s = 0, beside_s;
    enum vn_status status =
        vn_bench_train(b, c->config->span_s / 2, &alone, err);

    for (int m = 0; m < models && status == VN_OK; m++) {
        const struct subject *other =
            &c->subjects[m * c->cluster->ntypes + s->type];

        alone_s = alone.whole_s;
        status = measure_beside(c, s, other, busy, b, &beside_s, err);
        if (status == VN_OK)
            status = vn_bench_train(b, c->config->span_s / 2, &alone, err);
        sum += 2 * beside_s / (alone_s + alone.whole_s);
    }
    if (status == VN_OK)
        vn_sample_add(&s->crowds[busy], sum / models);
    return status;
}

static enum vn_status
measure_crowds(struct calibration *c, struct subject *s, struct vn_error *err)
{
    struct vn_job job = make_job(c, s, s->nbatches / 2, 1);
    char devices[VN_DEVICE_LIST_SIZE];
    enum vn_status status;
    struct vn_bench b;

    if (c->cluster->devices == 1)
        return VN_OK;
    note_progress(c, s);
    device_list(c, first_of(c, s->type), 1, devices);
    status = vn_bench_begin(&b, c->lab, &job, model_name(c, s->model), devices,
                            false, NULL, err);
    for (int busy = 2; busy <= c->cluster->devices && status == VN_OK;
         busy = next_number(busy, c->cluster->devices))
        status = measure_crowd(c, s, busy, &b, err);
    if (status == VN_OK)
        status = vn_bench_end(&b, err);
    vn_bench_kill(&b);
    return status;
}

static int
by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The sizes of virtual nodes that the trace has of a model, in order. */
static void
find_batches(const struct vn_workload *w, struct subject *s)
{
    for (size_t i = 0; i < w->njobs; i++) {
        const struct vn_job *j = &w->jobs[i];
        int64_t n = (j->global_batch + j->vnodes - 1) / j->vnodes;
        bool there = j->model != s->model;

        for (int k = 0; k < s->nbatches; k++)
            there = there || s->batch[k] == n;
        if (!there && s->nbatches < BATCHES_MAX)
            s->batch[s->nbatches++] = n;
    }
    qsort(s->batch, (size_t) s->nbatches, sizeof *s->batch, by_value);
}

/* The median over turns of the synchronisation of n devices. */
static double
sync_of(const struct subject *s, int n)
{
    struct vn_sample x = {0};
    double median;

    for (int i = 0; i < s->nturns; i++)
        vn_sample_add(&x, s->turns[i].sync_s[n]);
    median = vn_sample_median(&x);
    vn_sample_free(&x);
    return median;
}

/* The median of a size's turns, or of all (-1): of a node or the update. */
static double
median_of(const struct subject *s, int batch)
{
    struct vn_sample x = {0};
    double median;

    for (int i = 0; i < s->nturns; i++)
        if (batch < 0 || s->turns[i].batch == batch)
            vn_sample_add(&x, batch < 0 ? s->turns[i].update_s
                                        : s->turns[i].node_s);
    median = vn_sample_median(&x);
    vn_sample_free(&x);
    return median;
}

static void
write_subject(const struct calibration *c, const struct subject *s,
              struct vn_file *files)
{
    const char *type = c->cluster->types[s->type].name;
    const char *model = model_name(c, s->model);
    int devices = c->cluster->types[s->type].devices;

    for (int i = 0; i < s->nbatches; i++)
        fprintf(files[VN_CALIBRATION_NODES].stream,
                "%s,%s,%" PRId64 ",%.9f,%" PRId64 ",%.9f\n", model, type,
                s->batch[i], median_of(s, i), s->peak_bytes[i],
                median_of(s, -1));
    for (int n = 2; n <= devices; n = next_number(n, devices))
        fprintf(files[VN_CALIBRATION_LINKS].stream, "%s,%s,%d,%.9f\n", model,
                type, n, sync_of(s, n));
    for (int n = 2; n <= c->cluster->devices; n++)
        if (s->crowds[n].n > 0)
            fprintf(files[VN_CALIBRATION_CROWDS].stream, "%s,%s,%d,%.6f\n",
                    model, type, n, vn_sample_median(&s->crowds[n]));
}

static void
write_costs(const char *model, const struct vn_sample *costs, FILE *out)
{
    fprintf(out, "%s", model);
    for (int k = 0; k < VN_COST_KINDS; k++)
        if (costs[k].n > 1)
            fprintf(out, ",normal:%.6f:%.6f", vn_sample_mean(&costs[k]),
                    vn_sample_deviation(&costs[k]));
        else
            fprintf(out, ",%.6f", vn_sample_mean(&costs[k]));
    fprintf(out, "\n");
}

static enum vn_status
measure_all(struct calibration *c, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    c->all = c->nsubjects * (c->cluster->devices > 1);
    for (int i = 0; i < c->nsubjects; i++)
        c->all += c->subjects[i].nbatches;
    c->all *= c->config->repeats;
    for (int r = 0; r < c->config->repeats; r++)
        for (int i = 0; i < c->nsubjects && status == VN_OK; i++) {
            struct subject *s = &c->subjects[i];

            for (int k = 0; k < s->nbatches && status == VN_OK; k++)
                status = measure_batch(c, s, k, err);
            if (status == VN_OK)
                status = measure_crowds(c, s, err);
        }
    return status;
}

static enum vn_status
write_all(struct calibration *c, struct vn_file *files, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (int i = 0; i < c->nsubjects; i++)
        write_subject(c, &c->subjects[i], files);
    for (int m = 0; m < c->lab->workload.names->models.count; m++)
        write_costs(model_name(c, m), c->costs + m * VN_COST_KINDS,
                    files[VN_CALIBRATION_COSTS].stream);
    for (int i = 0; i < VN_CALIBRATION_TABLES && status == VN_OK; i++)
        status = vn_file_commit(&files[i], err);
    return status;
}

static struct calibration
prepare(const struct vn_lab *lab, const struct vn_calibration *config)
{
    int models = lab->workload.names->models.count;
    struct calibration c = {.lab = lab,
                            .config = config,
                            .cluster = &lab->sweep.settings[0].cluster};
    size_t types = (size_t) c.cluster->ntypes, n = (size_t) models * types;

    c.subjects = vn_xcalloc(n, sizeof *c.subjects);
    c.costs = vn_xcalloc((size_t) models * VN_COST_KINDS, sizeof *c.costs);
    c.nsubjects = (int) n;
    for (int i = 0; i < c.nsubjects; i++) {
        struct subject *s = &c.subjects[i];

        s->model = i / c.cluster->ntypes;
        s->type = i % c.cluster->ntypes;
        s->crowds =
            vn_xcalloc((size_t) c.cluster->devices + 1, sizeof *s->crowds);
        find_batches(&lab->workload, s);
    }
    return c;
}

static void
drop(struct calibration *c)
{
    for (int i = 0; i < c->nsubjects; i++) {
        struct subject *s = &c->subjects[i];

        for (int k = 0; k < s->nturns; k++)
            free(s->turns[k].sync_s);
        for (int k = 0; k <= c->cluster->devices; k++)
            vn_sample_free(&s->crowds[k]);
        free(s->turns);
        free(s->crowds);
    }
    for (int i = 0; i < c->lab->workload.names->models.count * VN_COST_KINDS;
         i++)
        vn_sample_free(&c->costs[i]);
    free(c->subjects);
    free(c->costs);
}

/* What jobs left in a folder that is to be removed. */
static void
clear(const struct vn_lab *lab, int devices)
{
    static const char *const kinds[] = {"checkpoint", "log"};
    char path[4200];

    for (int i = 0; i < 2 * (devices + 2); i++) {
        vn_executor_file(&lab->setup, FIRST_ID + i / 2, kinds[i % 2], path,
                         sizeof path);
        unlink(path);
    }
}

enum vn_status
vn_calibrate(const struct vn_lab *lab, const struct vn_calibration *config,
             struct vn_error *err)
{
    struct calibration c = prepare(lab, config);
    struct vn_file files[VN_CALIBRATION_TABLES] = {{0}};
    enum vn_status status = VN_OK;

    c.progress = vn_progress_begin("calibrating", false);
    for (int i = 0; i < VN_CALIBRATION_TABLES && status == VN_OK; i++) {
        status = vn_file_create(&files[i], config->paths[i], err);
        if (status == VN_OK)
            fprintf(files[i].stream, "%s\n", headers[i]);
    }
    if (status == VN_OK)
        status = measure_all(&c, err);
    vn_progress_end(&c.progress);
    if (status == VN_OK)
        status = write_all(&c, files, err);
    for (int i = 0; i < VN_CALIBRATION_TABLES; i++)
        vn_file_discard(&files[i]);
    if (lab->made[0] != '\0')
        clear(lab, c.cluster->devices);
    drop(&c);
    return status;
}
