#include "config.h"

#include "vnode_exec/replica.h"

#include "base/number.h"
#include "base/progress.h"
#include "base/xalloc.h"
#include "vnode_exec/formula.h"

#include <stdlib.h>
#include <time.h>

static size_t
input_bytes(const struct vn_graph *g)
{
    return g->in_floats > 0 ? g->in_floats * sizeof(float)
                            : g->in_ids * sizeof(int32_t);
}

static size_t
sum_size(const struct vn_train *t)
{
    return t->exact ? sizeof(int64_t) : sizeof(float);
}

/* The parts of a replica's memory, in the order in which they are taken. */
struct part {
    void **at;
    size_t bytes;
};

enum {
    PARTS = 10,
    NODE_PARTS = 7 /* the parts from here on are a node's */
};

static void
parts_of(struct vn_replica *r, int examples, struct part parts[PARTS])
{
    const struct vn_graph *g = r->graph;
    size_t vector = g->vector * sizeof(float), n = (size_t) examples;
    size_t numbers = r->training ? (size_t) g->nparams : 0;
    bool second = r->training && vn_train_states(r->train) > 1;
    struct vn_layout layout;

    vn_graph_layout(g, examples, r->training, &layout);
    parts[0] = (struct part){(void **) &r->params, vector};
    parts[1] = (struct part){(void **) &r->state[0], r->training ? vector : 0};
    parts[2] = (struct part){(void **) &r->state[1], second ? vector : 0};
    parts[3] = (struct part){&r->sums,
                             r->training ? g->vector * sum_size(r->train) : 0};
    parts[4] = (struct part){(void **) &r->largest, numbers * 4};
    parts[5] = (struct part){(void **) &r->squares, numbers * 8};
    parts[6] = (struct part){(void **) &r->tally, 2 * sizeof(int64_t)};
    parts[7] = (struct part){&r->input, n * input_bytes(g)};
    parts[8] = (struct part){(void **) &r->labels, n * g->labels * 4};
    parts[9] =
        (struct part){(void **) &r->memory, layout.total * sizeof(float)};
}

int64_t
vn_replica_bytes(const struct vn_graph *g, const struct vn_train *t,
                 int examples, bool training)
{
    struct vn_replica r = {.graph = g, .train = t, .training = training};
    struct part parts[PARTS];
    int64_t bytes = 0;

    parts_of(&r, examples, parts);
    for (int i = 0; i < PARTS; i++)
        bytes += (int64_t) parts[i].bytes;
    return bytes;
}

/* Say how many virtual nodes would fit the limit, where any number does. */
static enum vn_status
name_fitting(const struct vn_replica *r, int examples, int64_t need,
             struct vn_error *err)
{
    char text[VN_NUMBER_SIZE], limit[VN_NUMBER_SIZE];
    int64_t batch = r->train->batch;

    vn_format_bytes(text, need);
    vn_format_bytes(limit, r->limit);
    for (int64_t size = examples; size >= 1; size--) {
        int64_t nodes = (batch + size - 1) / size;

        if (vn_replica_bytes(r->graph, r->train, (int) size, r->training)
            <= r->limit)
            return vn_fail(err, VN_EDEVMEM,
                           "%s:%d: a node of %d examples needs %s and the "
                           "limit is %s; %lld virtual nodes fit",
                           r->spec.type, r->spec.ordinal, examples, text,
                           limit, (long long) nodes);
    }
    return vn_fail(err, VN_EDEVMEM,
                   "%s:%d: %s are needed and the limit is %s, too little for "
                   "a node of one example",
                   r->spec.type, r->spec.ordinal, text, limit);
}

/* There is room for a node of so many examples. */
static void
set_room(struct vn_replica *r, int examples)
{
    r->room = examples;
    free(r->host_input);
    free(r->host_labels);
    r->host_input = vn_xcalloc((size_t) examples, input_bytes(r->graph));
    r->host_labels = vn_xcalloc((size_t) examples * r->graph->labels, 4);
}

/* Take the memory for larger nodes in place of what there is. */
static enum vn_status
grow(struct vn_replica *r, int examples, struct vn_error *err)
{
    struct part parts[PARTS];
    int64_t need = vn_replica_bytes(r->graph, r->train, examples, r->training);
    enum vn_status status = VN_OK;

    if (r->limit > 0 && need > r->limit)
        return name_fitting(r, examples, need, err);
    parts_of(r, r->room, parts);
    for (int i = NODE_PARTS; i < PARTS; i++) {
        vn_device_free(r->dev, *parts[i].at, parts[i].bytes);
        *parts[i].at = NULL;
    }
    parts_of(r, examples, parts);
    for (int i = NODE_PARTS; status == VN_OK && i < PARTS; i++)
        status = vn_device_alloc(r->dev, parts[i].bytes, parts[i].at, err);
    if (status == VN_OK)
        set_room(r, examples);
    return status;
}

enum vn_status
vn_replica_open(struct vn_replica *r, int examples, struct vn_error *err)
{
    struct vn_device_options options = {.ordinal = r->spec.ordinal,
                                        .threads = r->spec.threads,
                                        .cpu = r->cpu,
                                        .fast = !r->train->exact,
                                        .limit = r->limit};
    struct part parts[PARTS];
    int64_t need = vn_replica_bytes(r->graph, r->train, examples, r->training);
    enum vn_status status;

    if (r->limit > 0 && need > r->limit)
        return name_fitting(r, examples, need, err);
    status = r->spec.backend->open(&options, &r->dev, err);
    if (status != VN_OK)
        return status;
    parts_of(r, examples, parts);
    for (int i = 0; status == VN_OK && i < PARTS; i++)
        if (parts[i].bytes > 0)
            status = vn_device_alloc(r->dev, parts[i].bytes, parts[i].at, err);
    if (status != VN_OK) {
        vn_replica_close(r);
        return status;
    }
    r->host_sums = r->sums;
    r->host_largest = r->largest;
    if (!r->dev->backend->host_memory && r->training) {
        r->host_sums = vn_xcalloc(r->graph->vector, sum_size(r->train));
        r->host_largest = vn_xcalloc((size_t) r->graph->nparams, 4);
    }
    set_room(r, examples);
    return VN_OK;
}

void
vn_replica_close(struct vn_replica *r)
{
    struct part parts[PARTS];

    if (r->dev == NULL)
        return;
    if (r->host_sums != r->sums) {
        free(r->host_sums);
        free(r->host_largest);
    }
    parts_of(r, r->room > 0 ? r->room : 1, parts);
    for (int i = 0; i < PARTS; i++)
        vn_device_free(r->dev, *parts[i].at, parts[i].bytes);
    free(r->host_input);
    free(r->host_labels);
    free(r->layouts);
    r->dev->backend->close(r->dev);
    r->dev = NULL;
    r->layouts = NULL;
    r->nlayouts = 0;
}

void
vn_replica_begin(struct vn_replica *r)
{
    const struct vn_backend *b = r->dev->backend;

    if (r->training) {
        b->zero(r->dev, r->graph->vector * sum_size(r->train), r->sums);
        b->zero(r->dev, (size_t) r->graph->nparams * 4, r->largest);
    }
    b->zero(r->dev, 2 * sizeof(int64_t), r->tally);
    r->load_s = r->compute_s = r->update_s = 0;
}

static const struct vn_layout *
layout_for(struct vn_replica *r, int examples)
{
    bool training = r->training && !r->evaluating;

    for (int i = 0; i < r->nlayouts; i++)
        if (r->layouts[i].examples == examples
            && r->layouts[i].training == training)
            return &r->layouts[i];
    r->layouts =
        vn_xrealloc(r->layouts, (size_t) r->nlayouts + 1, sizeof *r->layouts);
    vn_graph_layout(r->graph, examples, training, &r->layouts[r->nlayouts]);
    return &r->layouts[r->nlayouts++];
}

/* An emulated slower device waits. */
static void
linger(double seconds)
{
    struct timespec t = {(time_t) seconds, 0};

    t.tv_nsec = (long) ((seconds - (double) t.tv_sec) * 1e9);
    nanosleep(&t, NULL);
}

static void
load_examples(struct vn_replica *r, struct vn_order *order, uint64_t from,
              int n)
{
    const struct vn_backend *b = r->dev->backend;
    size_t bytes = input_bytes(r->graph), labels = r->graph->labels;
    void *input = b->host_memory ? r->input : r->host_input;
    int32_t *to = b->host_memory ? r->labels : r->host_labels;

    for (int i = 0; i < n; i++) {
        uint64_t at = from + (uint64_t) i;
        const struct vn_examples *split =
            r->evaluating ? &r->data->test : &r->data->train;
        size_t example = r->evaluating ? (size_t) at : vn_order_at(order, at);

        vn_data_example(r->data, split, example,
                        (char *) input + (size_t) i * bytes,
                        to + (size_t) i * labels);
    }
    if (!b->host_memory) {
        b->upload(r->dev, (size_t) n * bytes, input, r->input);
        b->upload(r->dev, (size_t) n * labels * 4, to, r->labels);
    }
}

enum vn_status
vn_replica_node(struct vn_replica *r, struct vn_order *order, uint64_t from,
                uint64_t to, const double *scale, struct vn_error *err)
{
    int n = (int) (to - from);
    double t0 = vn_clock(), t1, t2;
    struct vn_pass pass = {.dev = r->dev,
                           .graph = r->graph,
                           .examples = n,
                           .training = !r->evaluating,
                           .params = r->params,
                           .weight = 1.0F / (float) r->train->batch,
                           .tally = r->tally,
                           .exact = r->train->exact,
                           .sums = r->sums,
                           .scale = scale,
                           .largest = r->largest};
    enum vn_status status = n > r->room ? grow(r, n, err) : VN_OK;

    if (status != VN_OK)
        return status;
    pass.memory = r->memory;
    pass.input = r->input;
    pass.labels = r->labels;
    load_examples(r, order, from, n);
    t1 = vn_clock();
    pass.layout = layout_for(r, n);
    vn_pass_run(&pass);
    status = r->dev->backend->sync(r->dev, err);
    t2 = vn_clock();
    if (r->spec.slow > 1) {
        linger((t2 - t0) * (r->spec.slow - 1));
        t2 = vn_clock();
    }
    r->load_s += t1 - t0;
    r->compute_s += t2 - t1;
    r->busy_s += t2 - t0;
    r->nodes++;
    r->examples += n;
    return status;
}

enum vn_status
vn_replica_collect(struct vn_replica *r, int64_t tally[2],
                   struct vn_error *err)
{
    const struct vn_backend *b = r->dev->backend;

    b->download(r->dev, 2 * sizeof *tally, r->tally, tally);
    if (r->training && !b->host_memory) {
        b->download(r->dev, r->graph->vector * sum_size(r->train), r->sums,
                    r->host_sums);
        b->download(r->dev, (size_t) r->graph->nparams * 4, r->largest,
                    r->host_largest);
    }
    return b->sync(r->dev, err);
}

void
vn_replica_deliver(struct vn_replica *r)
{
    if (!r->dev->backend->host_memory)
        r->dev->backend->upload(r->dev, r->graph->vector * sum_size(r->train),
                                r->host_sums, r->sums);
}

static struct vn_gradient
gradient_of(const struct vn_replica *r, const struct vn_param *p, double scale,
            float factor)
{
    return (struct vn_gradient){.sum = (const char *) r->sums
                                       + p->offset * sum_size(r->train),
                                .unit = r->train->exact ? 1 / scale : 0,
                                .factor = factor};
}

/* The norm of the gradient of all that is trained, and the clipping factor. */
static float
clip_factor(struct vn_replica *r, const double *scale, double *norm)
{
    const struct vn_backend *b = r->dev->backend;
    const struct vn_graph *g = r->graph;
    double *squares = vn_xcalloc((size_t) g->nparams, sizeof *squares);
    double sum = 0;

    for (int i = 0; i < g->nparams; i++) {
        struct vn_gradient gradient =
            gradient_of(r, &g->params[i], scale[i], 1);

        b->norm(r->dev, g->params[i].size, &gradient, &r->squares[i]);
    }
    b->download(r->dev, (size_t) g->nparams * sizeof *squares, r->squares,
                squares);
    for (int i = 0; i < g->nparams; i++)
        if (g->params[i].kind != VN_STATISTIC)
            sum += squares[i];
    free(squares);
    *norm = sqrt(sum);
    return *norm > r->train->clip ? (float) (r->train->clip / *norm) : 1;
}

enum vn_status
vn_replica_update(struct vn_replica *r, int64_t step, const double *scale,
                  double *norm, struct vn_error *err)
{
    const struct vn_backend *b = r->dev->backend;
    const struct vn_train *t = r->train;
    float rate = (float) vn_train_rate(t, step), factor = 1;
    double start = vn_clock();
    enum vn_status status;

    if (t->clip > 0)
        factor = clip_factor(r, scale, norm);
    for (int i = 0; i < r->graph->nparams; i++) {
        const struct vn_param *p = &r->graph->params[i];
        bool trained = p->kind != VN_STATISTIC;
        float decay = p->kind == VN_WEIGHT ? (float) t->decay : 0;
        float *to = r->params + p->offset;
        struct vn_gradient gradient =
            gradient_of(r, p, scale[i], trained ? factor : 1);

        if (!trained)
            b->ema(r->dev, p->size, &gradient, 0.1F, to);
        else if (t->optimizer == VN_SGD)
            b->sgd(r->dev, p->size, &gradient, rate, (float) t->momentum,
                   decay, to, r->state[0] + p->offset);
        else
            b->adamw(r->dev, p->size, &gradient, rate, decay, step + 1, to,
                     r->state[0] + p->offset, r->state[1] + p->offset);
    }
    status = b->sync(r->dev, err);
    if (r->spec.slow > 1)
        linger((vn_clock() - start) * (r->spec.slow - 1));
    r->update_s = vn_clock() - start;
    r->busy_s += r->update_s;
    return status;
}

static float *
vector_of(struct vn_replica *r, int i)
{
    return i == 0 ? r->params : r->state[i - 1];
}

void
vn_replica_save(struct vn_replica *r, float *const vectors[])
{
    for (int i = 0; i <= vn_train_states(r->train); i++)
        r->dev->backend->download(r->dev, r->graph->vector * sizeof(float),
                                  vector_of(r, i), vectors[i]);
}

void
vn_replica_load(struct vn_replica *r, float *const vectors[])
{
    for (int i = 0; i <= (r->training ? vn_train_states(r->train) : 0); i++)
        r->dev->backend->upload(r->dev, r->graph->vector * sizeof(float),
                                vectors[i], vector_of(r, i));
}
