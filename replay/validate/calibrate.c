#include "config.h"

#include "replay/validate/calibration.h"

#include "base/xalloc.h"
#include "replay/live/layout.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FIRST_ID = 1000000 /* jobs of no trace: their files' names */
};

/* The first device of a type, of all that the cluster has. */
static int
first_of(const struct vn_calibrator *c, int type)
{
    int before = 0;

    for (int t = 0; t < type; t++)
        before += c->cluster->types[t].devices;
    return before;
}

/* Where a type's i-th device of this round is, of all that the cluster has:
 * the type's own, each round from another one on, and then the others. */
static int
device_at(const struct vn_calibrator *c, int type, int i)
{
    int own = c->cluster->types[type].devices, first = first_of(c, type);

    return i < own ? first + (i + c->rounds) % own
                   : (first + i) % c->cluster->devices;
}

/* n devices from the type's i-th on, each on the processor that a live run
 * would give it. */
static enum vn_status
device_list(const struct vn_calibrator *c, int type, int i, int n, char *text,
            struct vn_error *err)
{
    size_t used = 0;

    text[0] = '\0';
    for (int k = i; k < i + n; k++) {
        int device = device_at(c, type, k);

        used += (size_t) snprintf(
            text + used, VN_DEVICE_LIST_SIZE - used, "%s%s:cpu=%d",
            k > i ? "," : "",
            c->cluster->types[vn_cluster_type_at(c->cluster, device)].name,
            vn_layout_cpu(device));
        if (used >= VN_DEVICE_LIST_SIZE)
            return vn_fail(err, VN_EINVAL,
                           "a list of %d devices is longer than an executor "
                           "takes, expected a cluster of fewer",
                           n);
    }
    return VN_OK;
}

struct vn_sample *
vn_calibration_probes(const struct vn_calibrator *c, int type, int busy)
{
    return &c->probes[type * (c->cluster->devices + 1) + busy];
}

int
vn_calibration_weight(const struct vn_calibrator *c, int round)
{
    return c->drawn != NULL ? c->drawn[round] : 1;
}

void
vn_calibrator_draw(struct vn_calibrator *c, struct vn_rng *rng)
{
    free(c->drawn);
    c->drawn = NULL;
    if (rng == NULL)
        return;
    c->drawn = vn_xcalloc((size_t) c->rounds + 1, sizeof *c->drawn);
    for (int i = 0; i < c->rounds; i++)
        c->drawn[vn_rng_below(rng, (uint64_t) c->rounds)]++;
}

int
vn_calibrator_rounds(const struct vn_calibrator *c)
{
    return c->rounds;
}

static int
nprobes(const struct vn_calibrator *c)
{
    return c->cluster->ntypes * (c->cluster->devices + 1);
}

int
vn_calibration_next(int n, int own, int last)
{
    int stop = n < own ? own : last;

    return n == last ? last + 1 : 2 * n < stop ? 2 * n : stop;
}

/* Is there such a job in the trace? */
static bool
is_known(const struct vn_calibrator *c, const char *model, int vnodes,
         int64_t batch)
{
    const struct vn_workload *w = &c->setup->workload;

    for (size_t i = 0; i < w->njobs; i++) {
        const struct vn_job *j = &w->jobs[i];

        if (j->vnodes == vnodes && j->global_batch == batch
            && strcmp(w->names->models.text[j->model], model) == 0)
            return true;
    }
    return false;
}

/* A job of a number of virtual nodes that none of the trace has. */
static struct vn_job
make_job(const struct vn_calibrator *c, const struct vn_calibration_subject *s,
         int batch, int64_t id)
{
    int devices = c->cluster->devices;
    int v = 2 * devices > 6 ? 2 * devices : 6;

    while (is_known(c, s->model, v, v * s->batch[batch]))
        v += devices;
    return (struct vn_job){.id = FIRST_ID + id,
                           .global_batch = v * s->batch[batch],
                           .vnodes = v,
                           .steps = INT64_C(1) << 30};
}

static void
note_progress(struct vn_calibrator *c, const struct vn_calibration_subject *s)
{
    vn_progress_show(&c->progress, c->done++, c->all, s->model);
}

/* Train on 1, 2, 4, ... devices, and back to 1. */
static enum vn_status
measure_mappings(struct vn_calibrator *c, struct vn_calibration_subject *s,
                 struct vn_calibration_turn *turn, struct vn_timing *b,
                 struct vn_error *err)
{
    int last = c->cluster->devices, own = c->cluster->types[s->type].devices;
    char devices[VN_DEVICE_LIST_SIZE];
    enum vn_status status = VN_OK;

    for (int n = 1; n <= last && status == VN_OK;
         n = vn_calibration_next(n, own, last)) {
        status = device_list(c, s->type, 0, n, devices, err);
        if (status == VN_OK && n > 1)
            status = vn_timing_resize(b, devices, true, err);
        b->probes = vn_calibration_probes(c, s->type, n);
        if (status == VN_OK)
            status = vn_timing_train(b, c->span_s, &turn->on[n], err);
    }
    for (int n = last; n > 1 && status == VN_OK; n = n > 2 ? n / 2 : 1) {
        status = device_list(c, s->type, 0, n > 2 ? n / 2 : 1, devices, err);
        if (status == VN_OK)
            status = vn_timing_resize(b, devices, false, err);
    }
    return status;
}

/* A size of a virtual node, on a job that is started, and started again. */
static enum vn_status
measure_batch(struct vn_calibrator *c, struct vn_calibration_subject *s,
              int batch, struct vn_error *err)
{
    struct vn_job job = make_job(c, s, batch, 0);
    struct vn_sample *costs =
        c->costs + (s - c->subjects) / c->cluster->ntypes * VN_COST_KINDS;
    char devices[VN_DEVICE_LIST_SIZE];
    struct vn_calibration_turn *turn;
    struct vn_timing b;
    enum vn_status status;

    s->turns = vn_xrealloc(s->turns, (size_t) s->nturns + 1, sizeof *s->turns);
    turn = &s->turns[s->nturns];
    *turn = (struct vn_calibration_turn){
        .round = c->rounds,
        .batch = batch,
        .vnodes = job.vnodes,
        .on = vn_xcalloc((size_t) c->cluster->devices + 1, sizeof *turn->on)};
    note_progress(c, s);
    b.process.pid = 0;
    status = device_list(c, s->type, 0, 1, devices, err);
    if (status == VN_OK)
        status = vn_timing_begin(&b, c->setup, &job, s->model, devices, false,
                                 costs, err);
    if (status == VN_OK)
        status = measure_mappings(c, s, turn, &b, err);
    if (status == VN_OK)
        status = vn_timing_end(&b, err);
    vn_timing_kill(&b);
    if (status == VN_OK)
        status = vn_timing_begin(&b, c->setup, &job, s->model, devices, true,
                                 costs, err);
    if (status == VN_OK)
        status = vn_timing_end(&b, err);
    vn_timing_kill(&b);
    if (status == VN_OK)
        s->nturns++;
    else
        free(turn->on);
    return status;
}

/* Steps of b while `busy` - 1 devices train jobs of another subject's model,
 * on those that come after b's. */
static enum vn_status
measure_beside(struct vn_calibrator *c, const struct vn_calibration_subject *s,
               const struct vn_calibration_subject *other, int busy,
               struct vn_timing *b, struct vn_timing_steps *steps,
               struct vn_error *err)
{
    struct vn_timing *loads = vn_xcalloc((size_t) busy, sizeof *loads);
    char devices[VN_DEVICE_LIST_SIZE];
    enum vn_status status = VN_OK;

    for (int i = 0; i < busy - 1 && status == VN_OK; i++) {
        struct vn_job job = make_job(c, other, other->nbatches / 2, 2 + i);

        status = device_list(c, s->type, 1 + i, 1, devices, err);
        if (status == VN_OK)
            status = vn_timing_begin(&loads[i], c->setup, &job, other->model,
                                     devices, false, NULL, err);
        if (status == VN_OK) /* else it would wait for a reader */
            vn_process_send(&loads[i].process, "report 0");
    }
    b->probes = vn_calibration_probes(c, s->type, busy);
    if (status == VN_OK)
        status = vn_timing_train(b, c->span_s / 2, steps, err);
    b->probes = vn_calibration_probes(c, s->type, 1);
    for (int i = 0; i < busy - 1; i++)
        vn_timing_kill(&loads[i]);
    free(loads);
    return status;
}

/* Beside every model, and alone before and after. */
static enum vn_status
measure_crowd(struct vn_calibrator *c, struct vn_calibration_subject *s,
              int busy, struct vn_timing *b, struct vn_error *err)
{
    struct vn_calibration_crowd crowd = {.round = c->rounds, .busy = busy};
    enum vn_status status =
        vn_timing_train(b, c->span_s / 2, &crowd.after, err);

    for (int m = 0; m < c->nmodels && status == VN_OK; m++) {
        const struct vn_calibration_subject *other =
            &c->subjects[m * c->cluster->ntypes + s->type];

        crowd.before = crowd.after;
        status = measure_beside(c, s, other, busy, b, &crowd.beside, err);
        if (status == VN_OK)
            status = vn_timing_train(b, c->span_s / 2, &crowd.after, err);
        if (status != VN_OK)
            break;
        s->crowds =
            vn_xrealloc(s->crowds, (size_t) s->ncrowds + 1, sizeof *s->crowds);
        s->crowds[s->ncrowds++] = crowd;
    }
    return status;
}

static enum vn_status
measure_crowds(struct vn_calibrator *c, struct vn_calibration_subject *s,
               struct vn_error *err)
{
    struct vn_job job = make_job(c, s, s->nbatches / 2, 1);
    int last = c->cluster->devices;
    char devices[VN_DEVICE_LIST_SIZE];
    enum vn_status status;
    struct vn_timing b;

    note_progress(c, s);
    b.process.pid = 0;
    status = device_list(c, s->type, 0, 1, devices, err);
    if (status == VN_OK)
        status = vn_timing_begin(&b, c->setup, &job, s->model, devices, false,
                                 NULL, err);
    for (int busy = 2; busy <= last && status == VN_OK;
         busy = vn_calibration_next(busy, 1, last))
        status = measure_crowd(c, s, busy, &b, err);
    if (status == VN_OK)
        status = vn_timing_end(&b, err);
    vn_timing_kill(&b);
    return status;
}

static enum vn_status
measure_round(struct vn_calibrator *c, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (int i = 0; i < c->nsubjects && status == VN_OK; i++) {
        struct vn_calibration_subject *s = &c->subjects[i];

        for (int k = 0; k < s->nbatches && status == VN_OK; k++)
            status = measure_batch(c, s, k, err);
        if (status == VN_OK && c->cluster->devices > 1)
            status = measure_crowds(c, s, err);
    }
    c->rounds += status == VN_OK;
    return status;
}

/* What jobs left in a folder that is to be removed. */
static void
clear(const struct vn_calibrator *c)
{
    static const char *const kinds[] = {"checkpoint", "log"};
    char path[4200];

    for (int i = 0; i < 2 * (c->cluster->devices + 2); i++) {
        vn_executor_file(&c->setup->setup, FIRST_ID + i / 2, kinds[i % 2],
                         path, sizeof path);
        unlink(path);
    }
}

enum vn_status
vn_calibrator_measure(struct vn_calibrator *c, int rounds,
                      struct vn_error *err)
{
    enum vn_status status = VN_OK;

    c->done = 0;
    c->all = c->nsubjects * (c->cluster->devices > 1);
    for (int i = 0; i < c->nsubjects; i++)
        c->all += c->subjects[i].nbatches;
    c->all *= rounds;
    c->progress = vn_progress_begin("calibrating", false);
    for (int r = 0; r < rounds && status == VN_OK; r++)
        status = measure_round(c, err);
    vn_progress_end(&c->progress);
    if (c->setup->made[0] != '\0')
        clear(c);
    return status;
}

struct vn_calibrator *
vn_calibrator_alloc(const struct vn_setup *setup, double span_s)
{
    struct vn_calibrator *c = vn_xcalloc(1, sizeof *c);

    *c = (struct vn_calibrator){.setup = setup,
                                .cluster = &setup->sweep.settings[0].cluster,
                                .span_s = span_s};
    c->probes = vn_xcalloc((size_t) nprobes(c), sizeof *c->probes);
    return c;
}

/* The subjects of a model, one a type. */
static struct vn_calibration_subject *
subjects_of(struct vn_calibrator *c, const char *model)
{
    int types = c->cluster->ntypes, m = 0;
    size_t n;

    while (m < c->nmodels && strcmp(c->models[m], model) != 0)
        m++;
    if (m < c->nmodels)
        return c->subjects + m * types;
    n = (size_t) ++c->nmodels;
    c->models = vn_xrealloc(c->models, n, sizeof *c->models);
    c->models[m] = vn_xstrdup(model);
    c->costs = vn_xrealloc(c->costs, n, VN_COST_KINDS * sizeof *c->costs);
    memset(c->costs + m * VN_COST_KINDS, 0, VN_COST_KINDS * sizeof *c->costs);
    c->subjects =
        vn_xrealloc(c->subjects, n, (size_t) types * sizeof *c->subjects);
    for (int t = 0; t < types; t++)
        c->subjects[c->nsubjects++] =
            (struct vn_calibration_subject){.model = c->models[m], .type = t};
    return c->subjects + m * types;
}

static void
add_batch(struct vn_calibration_subject *s, int64_t batch)
{
    int at = 0;

    while (at < s->nbatches && s->batch[at] < batch)
        at++;
    if (at < s->nbatches && s->batch[at] == batch)
        return;
    s->batch =
        vn_xrealloc(s->batch, (size_t) s->nbatches + 1, sizeof *s->batch);
    memmove(s->batch + at + 1, s->batch + at,
            (size_t) (s->nbatches++ - at) * sizeof *s->batch);
    s->batch[at] = batch;
}

void
vn_calibrator_want(struct vn_calibrator *c, const char *model, int64_t batch)
{
    struct vn_calibration_subject *s = subjects_of(c, model);

    for (int t = 0; t < c->cluster->ntypes; t++)
        add_batch(&s[t], batch);
}

void
vn_calibrator_want_trace(struct vn_calibrator *c)
{
    const struct vn_workload *w = &c->setup->workload;

    for (size_t i = 0; i < w->njobs; i++) {
        const struct vn_job *j = &w->jobs[i];

        vn_calibrator_want(c, w->names->models.text[j->model],
                           (j->global_batch + j->vnodes - 1) / j->vnodes);
    }
}

void
vn_calibrator_free(struct vn_calibrator *c)
{
    if (c == NULL)
        return;
    for (int i = 0; i < c->nsubjects; i++) {
        struct vn_calibration_subject *s = &c->subjects[i];

        for (int k = 0; k < s->nturns; k++)
            free(s->turns[k].on);
        free(s->batch);
        free(s->turns);
        free(s->crowds);
    }
    for (int i = 0; i < c->nmodels * VN_COST_KINDS; i++)
        vn_sample_free(&c->costs[i]);
    for (int i = 0; i < c->nmodels; i++)
        free(c->models[i]);
    for (int k = 0; k < nprobes(c); k++)
        vn_sample_free(&c->probes[k]);
    free(c->drawn);
    free(c->probes);
    free(c->models);
    free(c->subjects);
    free(c->costs);
    free(c);
}
