/*
 * A model as a list of layers, and what it takes to run one.
 *
 * A model (vnode_exec/model/model.h) builds a graph once; every device runs it
 * over its virtual nodes' examples, forward down the list and backward up
 * again. Sizes are for one example, so that one graph serves every size of
 * node. Memory is planned before anything runs: each buffer has a first and a
 * last use, those that never live together share their place, and the total is
 * known without a device.
 *
 * To add a layer, write its table of functions in
 * vnode_exec/model/layer_NAME.c, with a vn_graph_NAME() that appends it, and
 * check its gradient in t/exec/gradient.c.
 */
#ifndef VNODE_EXEC_MODEL_GRAPH_H
#define VNODE_EXEC_MODEL_GRAPH_H

#include "vnode_exec/device/device.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    VN_GRAPH_LAYERS = 320,
    VN_GRAPH_PARAMS = 512,
    VN_LAYER_INPUTS = 2,
    VN_LAYER_PARAMS = 4,
    VN_PARAM_ALIGN = 64 /* floats */
};

enum vn_param_kind {
    VN_WEIGHT,   /* decayed */
    VN_BIAS,     /* trained and not decayed: biases, gains, shifts */
    VN_STATISTIC /* a running mean: combined over nodes, not trained */
};

/*
 * How a parameter's floats lie, and how others (PyTorch) have them: a linear
 * layer's [in][out] is their [out][in], a convolution's [row][column][in][out]
 * their [out][in][row][column]; an image that a linear layer sees as one row
 * is [pixel][channel] here and [channel][pixel] there.
 */
enum vn_param_form {
    VN_FORM_VECTOR, /* [n] */
    VN_FORM_TABLE,  /* [n][width] */
    VN_FORM_LINEAR, /* [pixel][channel][out] */
    VN_FORM_CONV    /* [row][column][in][out] */
};

struct vn_param {
    char name[48];
    enum vn_param_form form;
    size_t dims[4]; /* of its form, the first ones */
    enum vn_param_kind kind;
    size_t size;   /* floats */
    size_t offset; /* in the one vector of all parameters */
    float spread;  /* initially uniform with this standard deviation */
    float centre;  /* around this */
    int uses;      /* layers that contribute to its gradient */
};

struct vn_pass;
struct vn_node;

/* A kind of layer. */
struct vn_layer {
    const char *name;
    bool keeps_input;  /* backward reads the first input */
    bool keeps_output; /* backward reads the output */
    void (*forward)(struct vn_pass *pass, const struct vn_node *node);
    void (*backward)(struct vn_pass *pass, const struct vn_node *node);
};

/* A layer in a graph. */
struct vn_node {
    const struct vn_layer *layer;
    int id;
    int inputs[VN_LAYER_INPUTS]; /* earlier layers, -1: none */
    int params[VN_LAYER_PARAMS]; /* -1: none */
    size_t rows;                 /* of an example: pixels, tokens or 1 */
    size_t width;                /* floats of a row: channels, features */
    int height;                  /* of an image; rows / height is its width */

    size_t saved;       /* floats an example, kept for backward */
    size_t saved_fixed; /* floats beside, for any number of examples */
    size_t work;        /* floats an example that only backward needs */
    size_t work_fixed;

    /* What only some kinds have. */
    struct vn_conv conv; /* examples not set */
    bool relu;
    bool transposed; /* the weights are [out][in] */
    int heads;
    float drop;   /* probability of a 0 */
    size_t masks; /* where an example's mask begins among all */
};

struct vn_graph {
    struct vn_node nodes[VN_GRAPH_LAYERS];
    int nnodes;
    struct vn_param params[VN_GRAPH_PARAMS];
    int nparams;
    size_t vector;     /* floats of the vector of all parameters */
    size_t parameters; /* of these, trained ones that count */
    size_t in_floats;  /* an example's input, where it is an image */
    size_t in_ids;     /* or where it is a sequence of numbers */
    size_t labels;     /* an example's */
    int classes;
    size_t masks;   /* floats of an example's masks, which the host draws */
    bool batchnorm; /* results depend on the sizes of nodes, not only sums */
};

/* Where each buffer lies for a given number of examples, in floats. */
struct vn_layout {
    int examples;
    bool training;
    size_t value[VN_GRAPH_LAYERS];
    size_t grad[VN_GRAPH_LAYERS]; /* SIZE_MAX: none */
    size_t saved[VN_GRAPH_LAYERS];
    size_t work[VN_GRAPH_LAYERS];
    size_t total;
};

/* A run of the graph over one virtual node on one device. */
struct vn_pass {
    struct vn_device *dev;
    const struct vn_graph *graph;
    const struct vn_layout *layout;
    int examples;
    bool training;
    float *memory;       /* layout->total floats on the device */
    const float *params; /* the vector */
    const void *input;   /* on the device */
    const int32_t *labels;
    uint64_t seed, first; /* of what is drawn; the first example's place */
    float *masks;   /* on the host: examples * graph->masks, left until the
                       device's next sync() */
    float weight;   /* of an example in the gradient: 1 / global batch */
    int64_t *tally; /* VN_TALLIES, of cross_entropy() */
    bool has_grad[VN_GRAPH_LAYERS];

    /* Where gradients go: exact, or floats where exact is false. */
    bool exact;
    void *sums;          /* the vector of int64_t or float */
    const double *scale; /* of each parameter, on the device */
    uint32_t *largest;   /* of each parameter, on the device */
};

/* Building: each appends a layer or parameter and returns its number. */
int vn_graph_param(struct vn_graph *g, const char *layer, const char *name,
                   enum vn_param_kind kind, size_t size, float spread,
                   float centre);
int vn_graph_append(struct vn_graph *g, const struct vn_node *node);
/* Say how a parameter's floats lie, where it is no vector. */
void vn_graph_form(struct vn_graph *g, int param, enum vn_param_form form,
                   size_t a, size_t b, size_t c, size_t d);
/* A number that tells graphs apart that do not train alike. */
uint64_t vn_graph_hash(const struct vn_graph *g);

/* The inputs of a model; the loss is the last layer. */
int vn_graph_images(struct vn_graph *g, int height, int width, int channels);
int vn_graph_tokens(struct vn_graph *g, int context);
int vn_graph_linear(struct vn_graph *g, const char *name, int input, int out,
                    bool relu, int residual, float spread);
/* The product with a transposed parameter that another layer owns. */
int vn_graph_tied(struct vn_graph *g, int input, int param, int out);
int vn_graph_conv(struct vn_graph *g, const char *name, int input, int out,
                  int size, int stride);
int vn_graph_batchnorm(struct vn_graph *g, const char *name, int input,
                       int residual, bool relu);
int vn_graph_pool(struct vn_graph *g, int input);
int vn_graph_embed(struct vn_graph *g, const char *name, int input,
                   int vocabulary, int width);
int vn_graph_layernorm(struct vn_graph *g, const char *name, int input);
int vn_graph_attention(struct vn_graph *g, int input, int heads);
int vn_graph_gelu(struct vn_graph *g, int input);
/* The same floats, or their sum with those of another layer. */
int vn_graph_copy(struct vn_graph *g, int input);
int vn_graph_add(struct vn_graph *g, int a, int b);
int vn_graph_relu(struct vn_graph *g, int input);
/* Zeros, in training, with probability p. */
int vn_graph_drop(struct vn_graph *g, int input, float p);
int vn_graph_loss(struct vn_graph *g, int input);

/* What a layer of that number lets through (1) of an example's n values. */
void vn_drop_mask(uint64_t seed, int layer, uint64_t position, float p,
                  size_t n, float *mask);

/* Plan the memory of a run over that many examples. */
void vn_graph_layout(const struct vn_graph *g, int examples, bool training,
                     struct vn_layout *layout);

/* The initial parameters, a function of the seed. */
void vn_graph_initialise(const struct vn_graph *g, uint64_t seed,
                         float *params);

/*
 * Run a node: forward, and where pass->training backward.  Statistics enter
 * with examples * weight.
 */
void vn_pass_run(struct vn_pass *pass);

/* For layers: where things are, and where gradients go. */
const float *vn_pass_param(const struct vn_pass *pass,
                           const struct vn_node *node, int i);
float *vn_pass_value(const struct vn_pass *pass, int node);
float *vn_pass_grad(const struct vn_pass *pass, int node);
float *vn_pass_saved(const struct vn_pass *pass, const struct vn_node *node);
float *vn_pass_work(const struct vn_pass *pass, const struct vn_node *node);
/* Whether a gradient of this layer's output is wanted. */
bool vn_pass_wants(const struct vn_pass *pass, int node);
/* Whether it was written before, and must be added to; it is from now on. */
bool vn_pass_adds(struct vn_pass *pass, int node);
/* Where the gradient of the node's i-th parameter is summed. */
struct vn_sum vn_pass_sum(const struct vn_pass *pass,
                          const struct vn_node *node, int i);
/* Add factor * g to the gradient of the node's i-th parameter. */
void vn_pass_contribute(struct vn_pass *pass, const struct vn_node *node,
                        int i, const float *g, float factor);

#endif /* VNODE_EXEC_MODEL_GRAPH_H */
