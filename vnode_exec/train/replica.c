#include "config.h"

#include "vnode_exec/train/replica.h"

#include "base/number.h"
#include "base/progress.h"
#include "base/xalloc.h"
#include "vnode_exec/device/formula.h"

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
    PARTS = 12,
    NODE_PARTS = 7 /* the parts from here on are a node's */
};

static void
parts_of(struct vn_replica *r, int examples, struct part parts[PARTS])
{
    const struct vn_graph *g = r->graph;
    size_t vector = g->vector * sizeof(float), n = (size_t) examples;
    size_t numbers = r->training ? (size_t) g->nparams : 0;
    bool second = r->training && vn_train_states(r->train) > 1;
    bool ahead = r->training && r->spec.backend->upload_ahead != NULL;
    size_t input = n * input_bytes(g), labels = n * g->labels * 4;
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
    parts[7] = (struct part){&r->input[0], input};
    parts[8] = (struct part){(void **) &r->labels[0], labels};
    parts[9] = (struct part){&r->input[1], ahead ? input : 0};
    parts[10] = (struct part){(void **) &r->labels[1], ahead ? labels : 0};
    parts[11] =
        (struct part){(void **) &r->memory, layout.total * sizeof(float)};
}

int64_t
vn_replica_bytes(const struct vn_backend *backend, const struct vn_graph *g,
                 const struct vn_train *t, int examples, bool training)
{
    struct vn_replica r = {.spec = {.backend = backend},
                           .graph = g,
                           .train = t,
                           .training = training};
    struct part parts[PARTS];
    int64_t bytes = 0;

    parts_of(&r, examples, parts);
    for (int i = 0; i < PARTS; i++)
        bytes += (int64_t) parts[i].bytes;
    return bytes;
}

static int64_t
bytes_for(const struct vn_replica *r, int examples)
{
    return vn_replica_bytes(r->spec.backend, r->graph, r->train, examples,
                            r->training);
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

        if (bytes_for(r, (int) size) <= r->limit)
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

/* Memory of the host that the device reads best. */
static enum vn_status
host_memory(struct vn_replica *r, size_t bytes, void **p, struct vn_error *err)
{
    const struct vn_backend *b = r->dev->backend;

    if (b->host_alloc != NULL)
        return b->host_alloc(r->dev, bytes, p, err);
    *p = vn_xcalloc(1, bytes);
    return VN_OK;
}

static void
host_free(struct vn_replica *r, void *p)
{
    if (p != NULL && r->dev->backend->host_alloc != NULL)
        r->dev->backend->host_free(r->dev, p);
    else
        free(p);
}

static void
free_staging(struct vn_replica *r)
{
    for (int i = 0; i < VN_REPLICA_SLOTS; i++) {
        host_free(r, r->host_input[i]);
        host_free(r, r->host_labels[i]);
        r->host_input[i] = NULL;
        r->host_labels[i] = NULL;
    }
}

/* There is room for a node of so many examples. */
static enum vn_status
set_room(struct vn_replica *r, int examples, struct vn_error *err)
{
    size_t n = (size_t) examples;
    enum vn_status status = VN_OK;

    r->room = examples;
    r->ahead = (struct vn_span){0, 0};
    if (r->dev->backend->host_memory)
        return VN_OK;
    free_staging(r);
    for (int i = 0; status == VN_OK && i < VN_REPLICA_SLOTS; i++) {
        status =
            host_memory(r, n * input_bytes(r->graph), &r->host_input[i], err);
        if (status == VN_OK)
            status = host_memory(r, n * r->graph->labels * 4,
                                 (void **) &r->host_labels[i], err);
    }
    return status;
}

/* Take the memory for larger nodes in place of what there is. */
static enum vn_status
grow(struct vn_replica *r, int examples, struct vn_error *err)
{
    struct part parts[PARTS];
    int64_t need = bytes_for(r, examples);
    enum vn_status status = VN_OK;

    if (r->limit > 0 && need > r->limit)
        return name_fitting(r, examples, need, err);
    parts_of(r, r->room, parts);
    for (int i = NODE_PARTS; i < PARTS; i++) {
        vn_device_free(r->dev, *parts[i].at, parts[i].bytes);
        *parts[i].at = NULL;
    }
    parts_of(r, examples, parts);
    /* The largest comes last among the parts, and must be placed first. */
    for (int i = PARTS - 1; status == VN_OK && i >= NODE_PARTS; i--)
        if (parts[i].bytes > 0)
            status = vn_device_alloc(r->dev, parts[i].bytes, parts[i].at, err);
    return status == VN_OK ? set_room(r, examples, err) : status;
}

enum vn_status
vn_replica_open(struct vn_replica *r, int examples, struct vn_error *err)
{
    struct vn_device_options options = {.ordinal = r->spec.ordinal,
                                        .threads = r->spec.threads,
                                        .cpu = r->cpu,
                                        .fast = !r->train->exact,
                                        .tf32 = r->train->tf32,
                                        .limit = r->limit};
    struct part parts[PARTS];
    int64_t need = bytes_for(r, examples);
    enum vn_status status;

    if (r->limit > 0 && need > r->limit)
        return name_fitting(r, examples, need, err);
    status = r->spec.backend->open(&options, &r->dev, err);
    if (status != VN_OK)
        return status;
    r->limit = r->dev->options.limit; /* it may be what there is */
    r->room = examples;
    if (r->limit > 0 && need > r->limit)
        status = name_fitting(r, examples, need, err);
    parts_of(r, examples, parts);
    for (int i = 0; status == VN_OK && i < PARTS; i++)
        if (parts[i].bytes > 0)
            status = vn_device_alloc(r->dev, parts[i].bytes, parts[i].at, err);
    if (status == VN_OK)
        status = set_room(r, examples, err);
    if (status != VN_OK) {
        vn_replica_close(r);
        return status;
    }
    r->host_sums = r->dev->backend->host_memory ? r->sums : NULL;
    r->host_largest = r->largest;
    if (!r->dev->backend->host_memory && r->training)
        r->host_largest = vn_xcalloc((size_t) r->graph->nparams, 4);
    return VN_OK;
}

void
vn_replica_close(struct vn_replica *r)
{
    struct part parts[PARTS];

    if (r->dev == NULL)
        return;
    if (r->host_sums != r->sums)
        host_free(r, r->host_sums);
    if (r->host_largest != r->largest)
        free(r->host_largest);
    parts_of(r, r->room, parts);
    for (int i = 0; i < PARTS; i++)
        vn_device_free(r->dev, *parts[i].at, parts[i].bytes);
    free_staging(r);
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
    r->ahead = (struct vn_span){0, 0}; /* of another order, if any */
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

/* Write examples where the host can: in the device's memory, or beside it. */
static void
write_examples(struct vn_replica *r, struct vn_order *order,
               struct vn_span span, int slot)
{
    bool direct = r->dev->backend->host_memory;
    size_t bytes = input_bytes(r->graph), labels = r->graph->labels;
    char *input = direct ? r->input[slot] : r->host_input[slot];
    int32_t *to = direct ? r->labels[slot] : r->host_labels[slot];
    const struct vn_examples *split =
        r->evaluating ? &r->data->test : &r->data->train;

    for (uint64_t at = span.from; at < span.to; at++) {
        size_t example = r->evaluating ? (size_t) at : vn_order_at(order, at);

        vn_data_example(r->data, split, example, input, to);
        input += bytes;
        to += labels;
    }
}

/* Send what was written to the slot, by the backend's upload. */
static void
send(struct vn_replica *r, struct vn_span span, int slot,
     void (*upload)(struct vn_device *, size_t, const void *, void *))
{
    size_t n = (size_t) (span.to - span.from);

    upload(r->dev, n * input_bytes(r->graph), r->host_input[slot],
           r->input[slot]);
    upload(r->dev, n * r->graph->labels * 4, r->host_labels[slot],
           r->labels[slot]);
}

static void
mark(struct vn_replica *r, int which)
{
    if (r->dev->backend->mark != NULL)
        r->dev->backend->mark(r->dev, which);
}

/*
 * Have the examples in the slot at work: written, unless they are on their
 * way, and uploaded between the first two marks.  Returns when the host was
 * done with them.
 */
static double
load(struct vn_replica *r, struct vn_order *order, struct vn_span span)
{
    const struct vn_backend *b = r->dev->backend;
    bool ahead = r->ahead.from == span.from && r->ahead.to == span.to;
    double written;

    if (!ahead)
        write_examples(r, order, span, r->slot);
    written = vn_clock();
    mark(r, 0);
    if (ahead) {
        r->slot = 1 - r->slot;
        b->await_uploads(r->dev);
    } else if (!b->host_memory) {
        send(r, span, r->slot, b->upload);
    }
    mark(r, 1);
    r->ahead = (struct vn_span){0, 0};
    return written;
}

/* Send the next node's examples to the other slot while this one computes. */
static void
load_ahead(struct vn_replica *r, struct vn_order *order,
           const struct vn_span *next)
{
    if (next == NULL || r->input[1] == NULL
        || next->to - next->from > (uint64_t) r->room)
        return;
    write_examples(r, order, *next, 1 - r->slot);
    send(r, *next, 1 - r->slot, r->dev->backend->upload_ahead);
    r->ahead = *next;
}

/* Ask for the node's arithmetic, which the third mark ends. */
static void
compute(struct vn_replica *r, int examples, const double *scale)
{
    struct vn_pass pass = {.dev = r->dev,
                           .graph = r->graph,
                           .examples = examples,
                           .training = !r->evaluating,
                           .params = r->params,
                           .weight = 1.0F / (float) r->train->batch,
                           .tally = r->tally,
                           .exact = r->train->exact,
                           .sums = r->sums,
                           .scale = scale,
                           .largest = r->largest,
                           .memory = r->memory,
                           .input = r->input[r->slot],
                           .labels = r->labels[r->slot],
                           .layout = layout_for(r, examples)};

    vn_pass_run(&pass);
    mark(r, 2);
}

enum vn_status
vn_replica_node(struct vn_replica *r, struct vn_order *order,
                struct vn_span span, const struct vn_span *next,
                const double *scale, struct vn_error *err)
{
    const struct vn_backend *b = r->dev->backend;
    int n = (int) (span.to - span.from);
    double t0 = vn_clock(), t1, t2;
    bool timed;
    enum vn_status status = n > r->room ? grow(r, n, err) : VN_OK;

    if (status != VN_OK)
        return status;
    t1 = load(r, order, span);
    compute(r, n, scale);
    load_ahead(r, order, next);
    status = b->sync(r->dev, err);
    t2 = vn_clock();
    if (r->spec.slow > 1) {
        linger((t2 - t0) * (r->spec.slow - 1));
        t2 = vn_clock();
    }
    timed = b->mark != NULL && status == VN_OK && !(r->spec.slow > 1);
    r->load_s += t1 - t0 + (timed ? b->between(r->dev, 0, 1) : 0);
    r->compute_s += timed ? b->between(r->dev, 1, 2) : t2 - t1;
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
    if (r->training && !b->host_memory)
        b->download(r->dev, (size_t) r->graph->nparams * 4, r->largest,
                    r->host_largest);
    return b->sync(r->dev, err);
}

enum vn_status
vn_replica_fetch(struct vn_replica *r, struct vn_error *err)
{
    const struct vn_backend *b = r->dev->backend;
    size_t bytes = r->graph->vector * sum_size(r->train);
    enum vn_status status = VN_OK;

    if (b->host_memory)
        return VN_OK;
    if (r->host_sums == NULL)
        status = host_memory(r, bytes, &r->host_sums, err);
    if (status != VN_OK)
        return status;
    b->download(r->dev, bytes, r->sums, r->host_sums);
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

enum vn_status
vn_replica_save(struct vn_replica *r, float *const vectors[],
                struct vn_error *err)
{
    for (int i = 0; i <= vn_train_states(r->train); i++)
        r->dev->backend->download(r->dev, r->graph->vector * sizeof(float),
                                  vector_of(r, i), vectors[i]);
    return r->dev->backend->sync(r->dev, err);
}

void
vn_replica_load(struct vn_replica *r, float *const vectors[])
{
    for (int i = 0; i <= (r->training ? vn_train_states(r->train) : 0); i++)
        r->dev->backend->upload(r->dev, r->graph->vector * sizeof(float),
                                vectors[i], vector_of(r, i));
}
