#include "config.h"

#include "base/progress.h"
#include "base/xalloc.h"
#include "vnode_exec/device/formula.h"
#include "vnode_exec/train/replica_memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The numbers of the step's examples, where the device keeps them all. */
static void
send_ids(struct vn_replica *r, struct vn_order *order,
         const struct vn_span *spans, int n)
{
    size_t count = 1;

    r->host_ids[0] = 0;
    for (int i = 0; i < n; i++)
        for (uint64_t at = spans[i].from; at < spans[i].to; at++)
            r->host_ids[count++] = (int32_t) vn_order_at(order, at);
    r->dev->backend->upload(r->dev, count * sizeof *r->host_ids, r->host_ids,
                            r->ids);
}

enum vn_status
vn_replica_begin(struct vn_replica *r, const double *scale,
                 struct vn_order *order, const struct vn_span *spans, int n,
                 struct vn_error *err)
{
    const struct vn_backend *b = r->dev->backend;
    double start = vn_clock();
    int most = 0;
    enum vn_status status = VN_OK;

    for (int i = 0; i < n; i++) {
        int size = (int) (spans[i].to - spans[i].from);

        most = size > most ? size : most;
    }
    if (most > r->room)
        status = vn_replica_grow(r, most, err);
    if (status != VN_OK)
        return status;
    if (r->training && !r->evaluating) {
        b->zero(r->dev, r->graph->vector * vn_replica_sum_size(r->train),
                r->sums);
        b->upload(r->dev, (size_t) r->graph->nparams * sizeof *scale, scale,
                  r->scale);
    }
    b->zero(r->dev, vn_replica_tally_bytes(r), r->tally);
    r->ahead = (struct vn_span){0, 0}; /* of another order, if any */
    r->load_s = r->compute_s = r->update_s = r->began = 0;
    if (r->kept_input != NULL && n > 0) {
        send_ids(r, order, spans, n);
        r->load_s = vn_clock() - start;
    }
    return VN_OK;
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

static bool
uses_kept(const struct vn_replica *r)
{
    return r->kept_input != NULL && !r->evaluating;
}

/* All that a node asks of the device. */
static void
ask(struct vn_replica *r, int examples)
{
    const struct vn_backend *b = r->dev->backend;
    int slot = uses_kept(r) ? 0 : r->slot;
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
                           .scale = r->scale,
                           .largest = r->largest,
                           .memory = r->memory,
                           .input = r->input[slot],
                           .labels = r->labels[slot],
                           .layout = layout_for(r, examples)};

    if (pass.training)
        make_masks(r, examples);
    pass.masks = r->masks;
    if (uses_kept(r)) {
        size_t n = (size_t) examples;

        b->gather(r->dev, n, vn_replica_input_bytes(r->graph) / 4,
                  r->kept_input, r->ids + 1, r->ids, r->input[slot]);
        b->gather(r->dev, n, r->graph->labels, (uint32_t *) r->kept_labels,
                  r->ids + 1, r->ids, (uint32_t *) r->labels[slot]);
        b->advance(r->dev, examples, r->ids);
    }
    vn_pass_run(&pass);
}

/* What the device has recorded of such a node; new where it has nothing. */
static struct vn_noted *
noted_for(struct vn_replica *r, int examples)
{
    struct vn_noted want = {.examples = examples,
                            .slot = uses_kept(r) ? -1 : r->slot,
                            .evaluating = r->evaluating != NULL};

    for (int i = 0; i < r->nnoted; i++)
        if (r->noted[i].examples == want.examples
            && r->noted[i].slot == want.slot
            && r->noted[i].evaluating == want.evaluating)
            return &r->noted[i];
    r->noted = vn_xrealloc(r->noted, (size_t) r->nnoted + 1, sizeof *r->noted);
    r->noted[r->nnoted] = want;
    return &r->noted[r->nnoted++];
}

/*
 * The first node of a size is done call by call, the second recorded; from
 * then on one call does all.  Where the host draws for each node, nothing is.
 */
static void
ask_or_replay(struct vn_replica *r, int examples)
{
    const struct vn_backend *b = r->dev->backend;
    struct vn_noted *n;

    if (b->record == NULL || (r->graph->masks > 0 && r->evaluating == NULL)) {
        ask(r, examples);
        return;
    }
    n = noted_for(r, examples);
    if (n->what != NULL && b->replay(r->dev, n->what))
        return;
    if (n->what != NULL) {
        b->forget(r->dev, n->what);
        n->what = NULL;
        n->done = false;
    }
    if (n->done && b->record(r->dev)) {
        ask(r, examples);
        n->what = b->recorded(r->dev);
        if (n->what != NULL && b->replay(r->dev, n->what))
            return;
    }
    ask(r, examples);
    n->done = true;
}

void
vn_replica_compute(struct vn_replica *r, int examples)
{
    ask_or_replay(r, examples);
    mark(r, 2);
}

/* Where all examples are on the device, nothing of a node waits for the host.
 */
static enum vn_status
node_of_kept(struct vn_replica *r, int n)
{
    if (r->began == 0) {
        r->began = vn_clock();
        mark(r, 1);
    }
    vn_replica_compute(r, n);
    r->nodes++;
    r->examples += n;
    return VN_OK;
}

enum vn_status
vn_replica_node(struct vn_replica *r, struct vn_order *order,
                struct vn_span span, const struct vn_span *next,
                struct vn_error *err)
{
    const struct vn_backend *b = r->dev->backend;
    int n = (int) (span.to - span.from);
    double t0 = vn_clock(), t1, t2;
    bool timed;
    enum vn_status status;

    if (uses_kept(r))
        return node_of_kept(r, n);
    t1 = load(r, order, span);
    r->first = span.from;
    vn_replica_compute(r, n);
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
    vn_replica_compute(r, examples);
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
    enum vn_status status;

    if (!b->host_memory)
        b->download(r->dev, vn_replica_tally_bytes(r), r->tally,
                    r->host_tally);
    status = b->sync(r->dev, err);
    memcpy(tally, r->host_tally, VN_TALLIES * sizeof *tally);
    if (r->began > 0) {
        double took = vn_clock() - r->began;

        if (r->spec.slow > 1) {
            linger(took * (r->spec.slow - 1));
            took = vn_clock() - r->began;
        }
        r->compute_s =
            b->mark != NULL && status == VN_OK && !(r->spec.slow > 1)
                ? b->between(r->dev, 1, 2)
                : took;
        r->busy_s += took;
    }
    return status;
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

enum vn_status
vn_replica_update(struct vn_replica *r, int64_t step, double *norm,
                  struct vn_error *err)
{
    const struct vn_backend *b = r->dev->backend;
    const struct vn_train *t = r->train;
    double start = vn_clock(), count = (double) step + 1;
    struct vn_rates rates = {(float) vn_train_rate(t, step),
                             (float) (1 / (1 - pow(0.9, count))),
                             (float) (1 / (1 - pow(0.95, count)))};
    struct vn_update u = {.n = r->graph->nparams,
                          .list = r->list,
                          .places = r->places,
                          .blocks = r->blocks,
                          .exact = t->exact,
                          .sums = r->sums,
                          .scale = r->scale,
                          .adamw = t->optimizer == VN_ADAMW,
                          .momentum = (float) t->momentum,
                          .decay = (float) t->decay,
                          .clip = t->clip,
                          .rates = r->rates,
                          .params = r->params,
                          .first = r->state[0],
                          .second = r->state[1],
                          .squares = r->squares};
    double clipped = 0;
    enum vn_status status;

    b->upload(r->dev, sizeof rates, &rates, r->rates);
    b->update(r->dev, &u);
    if (t->clip > 0)
        b->download(r->dev, sizeof clipped, &r->squares[u.n], &clipped);
    status = b->sync(r->dev, err);
    if (t->clip > 0)
        *norm = clipped;
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
