#include "config.h"

#include "vnode_exec/train/replica_memory.h"

#include "base/number.h"
#include "base/xalloc.h"

#include <stdlib.h>

size_t
vn_replica_input_bytes(const struct vn_graph *g)
{
    return g->in_floats > 0 ? g->in_floats * sizeof(float)
                            : g->in_ids * sizeof(int32_t);
}

size_t
vn_replica_sum_size(const struct vn_train *t)
{
    return t->exact ? sizeof(int64_t) : sizeof(float);
}

size_t
vn_replica_tally_bytes(const struct vn_replica *r)
{
    return VN_TALLIES * sizeof(int64_t)
           + (r->training ? (size_t) r->graph->nparams * 4 : 0);
}

/* The parts of a replica's memory, in the order in which they are taken. */
struct part {
    void **at;
    size_t bytes;
};

enum {
    PARTS = 14,
    NODE_PARTS = 9 /* the parts from here on are a node's */
};

static void
parts_of(struct vn_replica *r, int examples, struct part parts[PARTS])
{
    const struct vn_graph *g = r->graph;
    size_t vector = g->vector * sizeof(float), n = (size_t) examples;
    size_t numbers = r->training ? (size_t) g->nparams : 0;
    bool second = r->training && vn_train_states(r->train) > 1;
    bool ahead = r->training && r->spec.backend->upload_ahead != NULL;
    size_t input = n * vn_replica_input_bytes(g), labels = n * g->labels * 4;
    struct vn_layout layout;

    vn_graph_layout(g, examples, r->training, &layout);
    parts[0] = (struct part){(void **) &r->params, vector};
    parts[1] = (struct part){(void **) &r->state[0], r->training ? vector : 0};
    parts[2] = (struct part){(void **) &r->state[1], second ? vector : 0};
    parts[3] = (struct part){
        &r->sums, r->training ? g->vector * vn_replica_sum_size(r->train) : 0};
    parts[4] = (struct part){(void **) &r->tally, vn_replica_tally_bytes(r)};
    parts[5] = (struct part){(void **) &r->squares,
                             numbers > 0 ? (numbers + 2) * 8 : 0};
    parts[6] = (struct part){(void **) &r->scale, numbers * 8};
    parts[7] =
        (struct part){(void **) &r->rates, r->training ? sizeof *r->rates : 0};
    parts[8] =
        (struct part){(void **) &r->places, numbers * sizeof *r->places};
    parts[9] = (struct part){&r->input[0], input};
    parts[10] = (struct part){(void **) &r->labels[0], labels};
    parts[11] = (struct part){&r->input[1], ahead ? input : 0};
    parts[12] = (struct part){(void **) &r->labels[1], ahead ? labels : 0};
    parts[13] =
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
name_fitting(const struct vn_replica *r, int examples, struct vn_error *err)
{
    char text[VN_NUMBER_SIZE], work[VN_NUMBER_SIZE], limit[VN_NUMBER_SIZE];
    int64_t batch = r->train->batch;

    vn_format_bytes(text, bytes_for(r, examples) + r->work);
    vn_format_bytes(work, r->work);
    vn_format_bytes(limit, r->limit);
    for (int64_t size = examples; size >= 1; size--) {
        int64_t nodes = (batch + size - 1) / size;

        if (bytes_for(r, (int) size) + r->work <= r->limit)
            return vn_fail(err, VN_EDEVMEM,
                           "%s:%d: a node of %d examples needs %s, %s of it "
                           "work space, and the limit is %s; %lld virtual "
                           "nodes fit",
                           r->spec.type, r->spec.ordinal, examples, text, work,
                           limit, (long long) nodes);
    }
    return vn_fail(err, VN_EDEVMEM,
                   "%s:%d: %s are needed, %s of it work space, and the limit "
                   "is %s, too little for a node of one example",
                   r->spec.type, r->spec.ordinal, text, work, limit);
}

enum vn_status
vn_replica_host_memory(struct vn_replica *r, size_t bytes, void **p,
                       struct vn_error *err)
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

/* What was recorded is of buffers that are about to go. */
static void
forget_all(struct vn_replica *r)
{
    for (int i = 0; i < r->nnoted; i++)
        if (r->noted[i].what != NULL)
            r->dev->backend->forget(r->dev, r->noted[i].what);
    free(r->noted);
    r->noted = NULL;
    r->nnoted = 0;
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
        status = vn_replica_host_memory(
            r, n * vn_replica_input_bytes(r->graph), &r->host_input[i], err);
        if (status == VN_OK)
            status = vn_replica_host_memory(r, n * r->graph->labels * 4,
                                            (void **) &r->host_labels[i], err);
    }
    return status;
}

/* Bytes of all training examples, as a device keeps them. */
static size_t
kept_bytes(const struct vn_replica *r)
{
    return r->data->train.count
           * (vn_replica_input_bytes(r->graph) + r->graph->labels * 4);
}

static void
drop_examples(struct vn_replica *r)
{
    size_t n = r->data != NULL ? r->data->train.count : 0;

    if (r->kept_input != NULL)
        vn_device_free(r->dev, r->kept_input,
                       n * vn_replica_input_bytes(r->graph));
    if (r->kept_labels != NULL)
        vn_device_free(r->dev, r->kept_labels, n * r->graph->labels * 4);
    if (r->ids != NULL)
        vn_device_free(r->dev, r->ids, ((size_t) r->train->batch + 1) * 4);
    free(r->host_ids);
    r->kept_input = NULL;
    r->kept_labels = r->ids = r->host_ids = NULL;
}

/* All examples to the device, a node's worth at a time. */
static enum vn_status
send_examples(struct vn_replica *r, struct vn_error *err)
{
    const struct vn_backend *b = r->dev->backend;
    size_t count = r->data->train.count, labels = r->graph->labels;
    size_t bytes = vn_replica_input_bytes(r->graph);
    enum vn_status status = VN_OK;

    for (size_t at = 0; status == VN_OK && at < count;) {
        size_t n =
            count - at < (size_t) r->room ? count - at : (size_t) r->room;

        for (size_t i = 0; i < n; i++)
            vn_data_example(r->data, &r->data->train, at + i,
                            (char *) r->host_input[0] + i * bytes,
                            r->host_labels[0] + i * labels);
        b->upload(r->dev, n * bytes, r->host_input[0],
                  (char *) r->kept_input + at * bytes);
        b->upload(r->dev, n * labels * 4, r->host_labels[0],
                  r->kept_labels + at * labels);
        status = b->sync(r->dev, err);
        at += n;
    }
    return status;
}

/*
 * Keep the training examples on the device, where that was asked for, nothing
 * is drawn for each time that one is seen, the device can gather from them,
 * and they take at most a quarter of what is left.  Where there is no room
 * after all they come node by node.
 */
static enum vn_status
keep_examples(struct vn_replica *r, struct vn_error *err)
{
    const struct vn_backend *b = r->dev->backend;
    size_t count, ids;
    void *p = NULL;
    struct vn_error ignored;

    if (!r->keep || b->host_memory || b->gather == NULL
        || r->data->augment.flip || r->data->augment.crop > 0
        || r->graph->masks > 0
        || (int64_t) kept_bytes(r)
               > (r->dev->options.limit - r->dev->used) / 4)
        return VN_OK;
    count = r->data->train.count;
    ids = ((size_t) r->train->batch + 1) * 4;
    if (vn_device_alloc(r->dev, count * vn_replica_input_bytes(r->graph),
                        &r->kept_input, &ignored)
            != VN_OK
        || vn_device_alloc(r->dev, count * r->graph->labels * 4,
                           (void **) &r->kept_labels, &ignored)
               != VN_OK
        || vn_device_alloc(r->dev, ids, &p, &ignored) != VN_OK) {
        drop_examples(r);
        return VN_OK;
    }
    r->ids = p;
    r->host_ids = vn_xcalloc(1, ids);
    return send_examples(r, err);
}

enum vn_status
vn_replica_grow(struct vn_replica *r, int examples, struct vn_error *err)
{
    struct part parts[PARTS];
    int64_t need = bytes_for(r, examples) + r->work;
    enum vn_status status = VN_OK;

    if (r->limit > 0 && need > r->limit)
        return name_fitting(r, examples, err);
    forget_all(r);
    drop_examples(r);
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
    if (status == VN_OK)
        status = set_room(r, examples, err);
    return status == VN_OK ? keep_examples(r, err) : status;
}

/* The parameters as an update sees them. */
static void
list_places(struct vn_replica *r)
{
    const struct vn_graph *g = r->graph;

    r->list = vn_xcalloc((size_t) g->nparams, sizeof *r->list);
    r->blocks = 0;
    for (int i = 0; i < g->nparams; i++) {
        const struct vn_param *p = &g->params[i];

        r->list[i] = (struct vn_place){.offset = p->offset,
                                       .size = p->size,
                                       .block = r->blocks,
                                       .trained = p->kind != VN_STATISTIC,
                                       .decayed = p->kind == VN_WEIGHT};
        r->blocks += (p->size + VN_BLOCK - 1) / VN_BLOCK;
    }
    r->dev->backend->upload(r->dev, (size_t) g->nparams * sizeof *r->list,
                            r->list, r->places);
}

/* Where the host has the results of a step. */
static void
place_results(struct vn_replica *r)
{
    bool same = r->dev->backend->host_memory;

    r->largest = (uint32_t *) (r->tally + VN_TALLIES);
    r->host_sums = same ? r->sums : NULL;
    r->host_tally = same ? r->tally : vn_xcalloc(1, vn_replica_tally_bytes(r));
    r->host_largest = (uint32_t *) (r->host_tally + VN_TALLIES);
}

/* Open the device and take the memory of nodes of so many examples. */
static enum vn_status
take_memory(struct vn_replica *r, int examples, int64_t limit,
            struct vn_error *err)
{
    struct vn_device_options options = {.ordinal = r->spec.ordinal,
                                        .threads = r->spec.threads,
                                        .cpu = r->cpu,
                                        .fast = !r->train->exact,
                                        .tf32 = r->train->tf32,
                                        .limit = limit};
    struct part parts[PARTS];
    enum vn_status status = r->spec.backend->open(&options, &r->dev, err);

    if (status != VN_OK)
        return status;
    r->limit = r->dev->options.limit; /* it may be what there is */
    r->room = examples;
    if (r->limit > 0 && bytes_for(r, examples) > r->limit)
        status = name_fitting(r, examples, err);
    parts_of(r, examples, parts);
    for (int i = 0; status == VN_OK && i < PARTS; i++)
        if (parts[i].bytes > 0)
            status = vn_device_alloc(r->dev, parts[i].bytes, parts[i].at, err);
    if (status == VN_OK)
        status = set_room(r, examples, err);
    if (status == VN_OK) {
        place_results(r);
        if (r->training)
            list_places(r);
        status = r->dev->backend->sync(r->dev, err);
    }
    if (status != VN_OK)
        vn_replica_close(r);
    return status;
}

/*
 * What a device takes beside the replica's parts, as it works: a step on
 * zeros, whose peak tells.  Smaller nodes take no more.  The backend's own
 * memory, such as a library's, is beside any limit.
 */
static enum vn_status
measure_work(struct vn_replica *r, struct vn_error *err)
{
    double *scale = vn_xcalloc((size_t) r->graph->nparams, sizeof *scale);
    int64_t tally[VN_TALLIES];
    double norm;
    enum vn_status status;

    for (int i = 0; i < r->graph->nparams; i++)
        scale[i] = 1;
    status = vn_replica_begin(r, scale, NULL, NULL, 0, err);
    if (status == VN_OK) {
        vn_replica_compute(r, r->room);
        status = vn_replica_collect(r, tally, err);
    }
    if (status == VN_OK && r->training)
        status = vn_replica_update(r, 0, &norm, err);
    r->work = r->dev->peak - r->dev->own - bytes_for(r, r->room);
    r->busy_s = 0;
    free(scale);
    return status;
}

/* The most examples, up to so many, whose parts alone fit the limit. */
static int
most_examples(const struct vn_replica *r, int examples)
{
    int64_t low = 0, high = examples;

    while (low < high) {
        int64_t middle = (low + high + 1) / 2;

        if (bytes_for(r, (int) middle) <= r->limit)
            low = middle;
        else
            high = middle - 1;
    }
    return (int) low;
}

/* With a limit, the work space that it must hold too is found out first. */
static enum vn_status
hold_to_limit(struct vn_replica *r, int examples, struct vn_error *err)
{
    int64_t limit = r->limit;
    int most = most_examples(r, examples);
    enum vn_status status;

    if (most < 1)
        return name_fitting(r, examples, err);
    status = take_memory(r, most, 0, err);
    if (status != VN_OK)
        return status;
    status = measure_work(r, err);
    vn_replica_close(r);
    r->limit = limit;
    if (status == VN_OK && bytes_for(r, examples) + r->work > limit)
        status = name_fitting(r, examples, err);
    return status;
}

enum vn_status
vn_replica_open(struct vn_replica *r, int examples, struct vn_error *err)
{
    enum vn_status status =
        r->limit > 0 ? hold_to_limit(r, examples, err) : VN_OK;

    if (status == VN_OK)
        status = take_memory(r, examples, r->limit, err);
    if (status == VN_OK) {
        status = keep_examples(r, err);
        if (status != VN_OK)
            vn_replica_close(r);
    }
    return status;
}

void
vn_replica_close(struct vn_replica *r)
{
    struct part parts[PARTS];

    if (r->dev == NULL)
        return;
    free(r->masks);
    r->masks = NULL;
    r->masks_room = 0;
    forget_all(r);
    drop_examples(r);
    if (r->host_sums != r->sums)
        host_free(r, r->host_sums);
    if (r->host_tally != r->tally)
        free(r->host_tally);
    r->host_sums = r->host_tally = NULL;
    free(r->list);
    r->list = NULL;
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
