#include "config.h"

#include "base/progress.h"
#include "base/xalloc.h"
#include "vnode_exec/device/formula.h"
#include "vnode_exec/train/replica_memory.h"

#include <stdlib.h>
#include <time.h>

void
vn_replica_begin(struct vn_replica *r)
{
    const struct vn_backend *b = r->dev->backend;

    if (r->training) {
        b->zero(r->dev, r->graph->vector * vn_replica_sum_size(r->train),
                r->sums);
        b->zero(r->dev, (size_t) r->graph->nparams * 4, r->largest);
    }
    b->zero(r->dev, VN_TALLIES * sizeof(int64_t), r->tally);
    r->ahead = (struct vn_span){0, 0}; /* of another order, if any */
    r->load_s = r->compute_s = r->update_s = 0;
}

static const struct vn_layout *
layout_for(struct vn_replica *r, int examples)
{
    bool training = r->training && r->evaluating == NULL;

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
    size_t bytes = vn_replica_input_bytes(r->graph), labels = r->graph->labels;
    char *input = direct ? r->input[slot] : r->host_input[slot];
    int32_t *to = direct ? r->labels[slot] : r->host_labels[slot];
    const struct vn_augment *a = &r->data->augment;
    bool training = r->evaluating == NULL;
    bool drawn = training && (a->flip || a->crop > 0);
    const struct vn_examples *split =
        training ? &r->data->train : r->evaluating;

    for (uint64_t at = span.from; at < span.to; at++) {
        size_t example = training ? vn_order_at(order, at) : (size_t) at;

        vn_data_example(r->data, split, example, input, to);
        if (drawn)
            vn_data_augment(r->data, order->seed, at, (float *) input);
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

    upload(r->dev, n * vn_replica_input_bytes(r->graph), r->host_input[slot],
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

/* Room for what dropout draws. */
static void
make_masks(struct vn_replica *r, int examples)
{
    size_t n = r->graph->masks * (size_t) examples;

    if (n > r->masks_room) {
        r->masks = vn_xrealloc(r->masks, n, sizeof *r->masks);
        r->masks_room = n;
    }
}

/* The third mark ends it. */
void
vn_replica_compute(struct vn_replica *r, int examples, const double *scale)
{
    struct vn_pass pass = {.dev = r->dev,
                           .graph = r->graph,
                           .examples = examples,
                           .training = r->evaluating == NULL,
                           .seed = r->train->seed,
                           .first = r->first,
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

    if (pass.training)
        make_masks(r, examples);
    pass.masks = r->masks;
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
    enum vn_status status = n > r->room ? vn_replica_grow(r, n, err) : VN_OK;

    if (status != VN_OK)
        return status;
    t1 = load(r, order, span);
    r->first = span.from;
    vn_replica_compute(r, n, scale);
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
vn_replica_infer(struct vn_replica *r, int examples, const void *input,
                 float *logits, struct vn_error *err)
{
    const struct vn_backend *b = r->dev->backend;
    const struct vn_graph *g = r->graph;
    const struct vn_node *loss = &g->nodes[g->nnodes - 1];
    size_t n = (size_t) examples;

    b->upload(r->dev, n * vn_replica_input_bytes(g), input, r->input[r->slot]);
    b->zero(r->dev, n * g->labels * sizeof(int32_t), r->labels[r->slot]);
    b->zero(r->dev, VN_TALLIES * sizeof(int64_t), r->tally);
    r->evaluating = &r->data->test;
    vn_replica_compute(r, examples, NULL);
    r->evaluating = NULL;
    b->download(r->dev, n * loss->rows * loss->width * sizeof *logits,
                r->memory + layout_for(r, examples)->value[loss->inputs[0]],
                logits);
    return b->sync(r->dev, err);
}

enum vn_status
vn_replica_collect(struct vn_replica *r, int64_t tally[VN_TALLIES],
                   struct vn_error *err)
{
    const struct vn_backend *b = r->dev->backend;

    b->download(r->dev, VN_TALLIES * sizeof *tally, r->tally, tally);
    if (r->training && !b->host_memory)
        b->download(r->dev, (size_t) r->graph->nparams * 4, r->largest,
                    r->host_largest);
    return b->sync(r->dev, err);
}

enum vn_status
vn_replica_fetch(struct vn_replica *r, struct vn_error *err)
{
    const struct vn_backend *b = r->dev->backend;
    size_t bytes = r->graph->vector * vn_replica_sum_size(r->train);
    enum vn_status status = VN_OK;

    if (b->host_memory)
        return VN_OK;
    if (r->host_sums == NULL)
        status = vn_replica_host_memory(r, bytes, &r->host_sums, err);
    if (status != VN_OK)
        return status;
    b->download(r->dev, bytes, r->sums, r->host_sums);
    return b->sync(r->dev, err);
}

void
vn_replica_deliver(struct vn_replica *r)
{
    if (!r->dev->backend->host_memory)
        r->dev->backend->upload(
            r->dev, r->graph->vector * vn_replica_sum_size(r->train),
            r->host_sums, r->sums);
}

static struct vn_gradient
gradient_of(const struct vn_replica *r, const struct vn_param *p, double scale,
            float factor)
{
    return (struct vn_gradient){
        .sum =
            (const char *) r->sums + p->offset * vn_replica_sum_size(r->train),
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
