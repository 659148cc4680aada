#include "config.h"

#include "vnode_exec/model/graph.h"

#include "base/rng.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PURPOSE_INIT = 0x696e6974 /* of the random stream */
};

int
vn_graph_param(struct vn_graph *g, const char *layer, const char *name,
               enum vn_param_kind kind, size_t size, float spread,
               float centre)
{
    struct vn_param *p = &g->params[g->nparams];

    assert(g->nparams < VN_GRAPH_PARAMS);
    snprintf(p->name, sizeof p->name, "%s.%s", layer, name);
    p->kind = kind;
    p->size = p->dims[0] = size;
    p->offset = g->vector;
    p->spread = spread;
    p->centre = centre;
    p->uses = 1;
    g->vector += (size + VN_PARAM_ALIGN - 1) / VN_PARAM_ALIGN * VN_PARAM_ALIGN;
    if (kind != VN_STATISTIC)
        g->parameters += size;
    return g->nparams++;
}

void
vn_graph_form(struct vn_graph *g, int param, enum vn_param_form form, size_t a,
              size_t b, size_t c, size_t d)
{
    struct vn_param *p = &g->params[param];

    p->form = form;
    p->dims[0] = a;
    p->dims[1] = b;
    p->dims[2] = c;
    p->dims[3] = d;
}

uint64_t
vn_graph_hash(const struct vn_graph *g)
{
    uint64_t hash = 0;

    for (int i = 0; i < g->nnodes; i++) {
        const struct vn_node *n = &g->nodes[i];
        int64_t what[] = {n->inputs[0],
                          n->inputs[1],
                          n->params[0],
                          (int64_t) n->rows,
                          (int64_t) n->width,
                          n->height,
                          n->conv.size,
                          n->conv.stride,
                          n->relu,
                          n->transposed,
                          n->heads};

        hash = vn_hash(hash, n->layer->name, strlen(n->layer->name) + 1);
        hash = vn_hash(hash, what, sizeof what);
        hash = vn_hash(hash, &n->drop, sizeof n->drop);
    }
    for (int i = 0; i < g->nparams; i++) {
        const struct vn_param *p = &g->params[i];
        uint64_t size = p->size;

        hash = vn_hash(hash, p->name, strlen(p->name) + 1);
        hash = vn_hash(hash, &size, sizeof size);
        hash = vn_hash(hash, &p->spread, sizeof p->spread);
        hash = vn_hash(hash, &p->centre, sizeof p->centre);
    }
    return hash;
}

int
vn_graph_append(struct vn_graph *g, const struct vn_node *node)
{
    assert(g->nnodes < VN_GRAPH_LAYERS);
    g->nodes[g->nnodes] = *node;
    g->nodes[g->nnodes].id = g->nnodes;
    return g->nnodes++;
}

static void
input_nothing(struct vn_pass *pass, const struct vn_node *node)
{
    (void) pass, (void) node;
}

static const struct vn_layer layer_input = {"input", false, false,
                                            input_nothing, input_nothing};

int
vn_graph_images(struct vn_graph *g, int height, int width, int channels)
{
    g->in_floats = (size_t) height * (size_t) width * (size_t) channels;
    g->labels = 1;
    return vn_graph_append(
        g, &(struct vn_node){.layer = &layer_input,
                             .inputs = {-1, -1},
                             .params = {-1, -1, -1, -1},
                             .rows = (size_t) height * (size_t) width,
                             .width = (size_t) channels,
                             .height = height});
}

int
vn_graph_tokens(struct vn_graph *g, int context)
{
    g->in_ids = (size_t) context;
    g->labels = (size_t) context;
    return vn_graph_append(g, &(struct vn_node){.layer = &layer_input,
                                                .inputs = {-1, -1},
                                                .params = {-1, -1, -1, -1},
                                                .rows = (size_t) context,
                                                .width = 1});
}

/* A buffer: its size, and the first and last moment of its use. */
struct span {
    size_t size;
    int from, to;
    size_t *place;
};

struct spans {
    struct span list[4 * VN_GRAPH_LAYERS];
    int n;
};

static void
span_add(struct spans *s, size_t floats, int from, int to, size_t *place)
{
    if (floats == 0)
        return;
    floats = (floats + VN_PARAM_ALIGN - 1) / VN_PARAM_ALIGN * VN_PARAM_ALIGN;
    s->list[s->n++] = (struct span){floats, from, to, place};
}

/* Larger buffers first: they are the hardest to place. */
static int
by_size(const void *a, const void *b)
{
    const struct span *x = a, *y = b;

    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return x->from != y->from ? (x->from < y->from ? -1 : 1)
                              : (x->place < y->place ? -1 : 1);
}

/* The lowest place that no placed buffer of the same time overlaps. */
static size_t
find_place(const struct spans *s, int i)
{
    const struct span *new = &s->list[i];
    size_t at = 0;
    bool moved = true;

    while (moved) {
        moved = false;
        for (int j = 0; j < i; j++) {
            const struct span *old = &s->list[j];

            if (old->to < new->from || new->to < old->from
                || *old->place + old->size <= at
                || at + new->size <= *old->place)
                continue;
            at = *old->place + old->size;
            moved = true;
        }
    }
    return at;
}

/*
 * Layer i runs forward at moment i, backward at 2n - 1 - i.  A value lives
 * until its last reader, a gradient from its first writer to its own layer.
 */
static void
node_spans(const struct vn_graph *g, int i, struct vn_layout *l,
           struct spans *s)
{
    const struct vn_node *node = &g->nodes[i];
    size_t examples = (size_t) l->examples;
    size_t out = node->rows * node->width * examples;
    int end = 2 * g->nnodes - 1, last = i, writer = -1;

    for (int j = i + 1; j < g->nnodes; j++)
        for (int k = 0; k < VN_LAYER_INPUTS; k++)
            if (g->nodes[j].inputs[k] == i) {
                bool kept = k == 0 && g->nodes[j].layer->keeps_input;

                writer = j;
                if (last < j)
                    last = j;
                if (l->training && kept && last < end - j)
                    last = end - j;
            }
    if (l->training && node->layer->keeps_output)
        last = end - i;
    if (node->layer != &layer_input && writer >= 0)
        span_add(s, out, i, last, &l->value[i]);
    if (l->training && node->layer != &layer_input && writer >= 0)
        span_add(s, out, end - writer, end - i, &l->grad[i]);
    span_add(s, node->saved * examples + node->saved_fixed, i,
             l->training ? end - i : i, &l->saved[i]);
    if (l->training)
        span_add(s, node->work * examples + node->work_fixed, end - i, end - i,
                 &l->work[i]);
}

void
vn_graph_layout(const struct vn_graph *g, int examples, bool training,
                struct vn_layout *layout)
{
    struct spans spans = {.n = 0};

    *layout = (struct vn_layout){.examples = examples, .training = training};
    for (int i = 0; i < g->nnodes; i++) {
        layout->grad[i] = SIZE_MAX;
        node_spans(g, i, layout, &spans);
    }
    qsort(spans.list, (size_t) spans.n, sizeof spans.list[0], by_size);
    for (int i = 0; i < spans.n; i++) {
        struct span *s = &spans.list[i];

        *s->place = find_place(&spans, i);
        if (*s->place + s->size > layout->total)
            layout->total = *s->place + s->size;
    }
}

void
vn_graph_initialise(const struct vn_graph *g, uint64_t seed, float *params)
{
    memset(params, 0, g->vector * sizeof *params);
    for (int i = 0; i < g->nparams; i++) {
        const struct vn_param *p = &g->params[i];
        struct vn_rng rng = vn_rng_stream(seed, PURPOSE_INIT, (uint64_t) i);

        /* A uniform variable in [-1, 1) has the deviation 1 / sqrt 3. */
        for (size_t j = 0; j < p->size; j++) {
            double u = 2 * vn_rng_uniform(&rng) - 1;

            params[p->offset + j] =
                (float) (p->centre
                         + u * 1.7320508075688772 * (double) p->spread);
        }
    }
}

const float *
vn_pass_param(const struct vn_pass *pass, const struct vn_node *node, int i)
{
    return pass->params + pass->graph->params[node->params[i]].offset;
}

float *
vn_pass_value(const struct vn_pass *pass, int node)
{
    if (pass->graph->nodes[node].layer == &layer_input)
        return (float *) pass->input;
    return pass->memory + pass->layout->value[node];
}

float *
vn_pass_grad(const struct vn_pass *pass, int node)
{
    return pass->memory + pass->layout->grad[node];
}

float *
vn_pass_saved(const struct vn_pass *pass, const struct vn_node *node)
{
    return pass->memory + pass->layout->saved[node->id];
}

float *
vn_pass_work(const struct vn_pass *pass, const struct vn_node *node)
{
    return pass->memory + pass->layout->work[node->id];
}

bool
vn_pass_wants(const struct vn_pass *pass, int node)
{
    return pass->layout->grad[node] != SIZE_MAX;
}

bool
vn_pass_adds(struct vn_pass *pass, int node)
{
    bool adds = pass->has_grad[node];

    pass->has_grad[node] = true;
    return adds;
}

struct vn_sum
vn_pass_sum(const struct vn_pass *pass, const struct vn_node *node, int i)
{
    int number = node->params[i];
    size_t size = pass->exact ? sizeof(int64_t) : sizeof(float);

    return (struct vn_sum){.exact = pass->exact,
                           .sum = (char *) pass->sums
                                  + pass->graph->params[number].offset * size,
                           .scale = &pass->scale[number],
                           .largest = &pass->largest[number]};
}

void
vn_pass_contribute(struct vn_pass *pass, const struct vn_node *node, int i,
                   const float *g, float factor)
{
    struct vn_sum sum = vn_pass_sum(pass, node, i);

    vn_device_accumulate(pass->dev, pass->graph->params[node->params[i]].size,
                         g, factor, &sum);
}

void
vn_pass_run(struct vn_pass *pass)
{
    const struct vn_graph *g = pass->graph;

    memset(pass->has_grad, 0, sizeof pass->has_grad);
    for (int i = 0; i < g->nnodes; i++)
        g->nodes[i].layer->forward(pass, &g->nodes[i]);
    if (pass->training)
        for (int i = g->nnodes - 1; i >= 0; i--)
            g->nodes[i].layer->backward(pass, &g->nodes[i]);
}
