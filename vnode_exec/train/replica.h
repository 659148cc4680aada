/*
 * One device's copy of a job: parameters, optimizer state, one buffer of
 * gradients, and room for the activations of one virtual node.
 */
#ifndef VNODE_EXEC_TRAIN_REPLICA_H
#define VNODE_EXEC_TRAIN_REPLICA_H

#include "vnode_exec/data/data.h"
#include "vnode_exec/device/spec.h"
#include "vnode_exec/model/graph.h"
#include "vnode_exec/train/train.h"

enum {
    VN_REPLICA_STATES = 2,
    VN_REPLICA_SLOTS = 2 /* of examples: those at work, those on their way */
};

/* Examples at positions [from, to) of an order. */
struct vn_span {
    uint64_t from, to;
};

/* What a device has recorded: a node of that many examples. */
struct vn_noted {
    int examples;
    int slot; /* of its input; -1: gathered from all examples */
    bool evaluating;
    bool done; /* once, so that it may be recorded */
    void *what;
};

struct vn_replica {
    struct vn_spec spec;
    const struct vn_graph *graph;
    const struct vn_train *train;
    const struct vn_data *data;
    struct vn_device *dev;
    int cpu;
    int64_t limit; /* bytes; 0: any */
    int64_t work;  /* of these for what the device takes beside the parts */
    bool training;
    const struct vn_examples *evaluating; /* for now: forward over these */

    bool keep; /* the examples on the device, where they fit well */

    float *params; /* on the device, vectors of graph->vector floats */
    float *state[VN_REPLICA_STATES];
    void *sums;
    int64_t *tally;    /* VN_TALLIES, and behind them */
    uint32_t *largest; /* of each parameter */
    double *squares;   /* graph->nparams, the norm, the factor */
    double *scale;     /* of each parameter, for this step */
    struct vn_rates *rates;
    struct vn_place *places;
    struct vn_place *list;         /* the same, the host's */
    size_t blocks;                 /* of them */
    void *input[VN_REPLICA_SLOTS]; /* one where uploads do not overlap */
    int32_t *labels[VN_REPLICA_SLOTS];
    float *memory;
    struct vn_layout *layouts; /* of each size of node that came */
    int nlayouts;
    struct vn_noted *noted; /* what the device has recorded, by size */
    int nnoted;
    void *kept_input; /* all examples, where they are kept */
    int32_t *kept_labels;
    int32_t *ids;      /* where the step is among them, and their numbers */
    int32_t *host_ids; /* the same */
    int room;          /* examples that memory is for */

    void *host_sums;        /* sums, or a copy where the host cannot see it */
    int64_t *host_tally;    /* the same */
    uint32_t *host_largest; /* the same */
    void *host_input[VN_REPLICA_SLOTS]; /* a node's examples on their way */
    int32_t *host_labels[VN_REPLICA_SLOTS];
    float *masks; /* of the node at work, drawn for dropout */
    size_t masks_room;
    uint64_t first;       /* place of its first example */
    int slot;             /* of the node at work */
    struct vn_span ahead; /* what is on its way to the other slot, or empty */

    double load_s, compute_s, update_s; /* of the last step, by the device's
                                         * own clock where it has one; an
                                         * upload that is not ahead of its
                                         * node is part of load_s */
    double began;                       /* the first node of the step, or 0 */
    double busy_s;                      /* over all steps */
    int64_t nodes, examples;            /* done over all steps */
};

/*
 * Bytes that a replica holds on a device of the backend for nodes of up to
 * that many examples.
 */
int64_t vn_replica_bytes(const struct vn_backend *backend,
                         const struct vn_graph *g, const struct vn_train *t,
                         int examples, bool training);

/*
 * Open the device and take its memory; the fields spec, graph, train, data,
 * cpu, limit and training are set by the caller.  On VN_EDEVMEM the message
 * names the number of virtual nodes that would fit.
 */
enum vn_status vn_replica_open(struct vn_replica *r, int examples,
                               struct vn_error *err);
void vn_replica_close(struct vn_replica *r);

/*
 * Start a step: gradients and tallies become 0.  The scale is a power of 2
 * for each parameter (NULL where evaluating), and must stay until collect();
 * the spans are those of the nodes that follow, and may be none where the
 * examples are not kept.  Nodes larger than there is room for take more memory
 * first.
 */
enum vn_status vn_replica_begin(struct vn_replica *r, const double *scale,
                                struct vn_order *order,
                                const struct vn_span *spans, int n,
                                struct vn_error *err);

/*
 * Run a virtual node over a span of the order, or of the test where
 * evaluating.  The examples of the node that comes next, where it is not NULL,
 * may be uploaded meanwhile.  Where the device keeps all examples it may be
 * under way until collect().
 */
enum vn_status vn_replica_node(struct vn_replica *r, struct vn_order *order,
                               struct vn_span span, const struct vn_span *next,
                               struct vn_error *err);

/*
 * The last layer's values before the loss, [example][row][class], of examples
 * whose input is given; there must be room for them.
 */
enum vn_status vn_replica_infer(struct vn_replica *r, int examples,
                                const void *input, float *logits,
                                struct vn_error *err);

/*
 * Bring tally and largest to the host; bring the gradients there, where the
 * host cannot see them, and back.
 */
enum vn_status vn_replica_collect(struct vn_replica *r,
                                  int64_t tally[VN_TALLIES],
                                  struct vn_error *err);
enum vn_status vn_replica_fetch(struct vn_replica *r, struct vn_error *err);
void vn_replica_deliver(struct vn_replica *r);

/*
 * Apply the combined gradient, by the scale of the step's begin. *norm is its
 * norm, where clipping asks.
 */
enum vn_status vn_replica_update(struct vn_replica *r, int64_t step,
                                 double *norm, struct vn_error *err);

/*
 * Parameters and state, 1 + states vectors, from and to the host; what is
 * loaded must stay until the device's next sync().
 */
enum vn_status vn_replica_save(struct vn_replica *r, float *const vectors[],
                               struct vn_error *err);
void vn_replica_load(struct vn_replica *r, float *const vectors[]);

#endif /* VNODE_EXEC_TRAIN_REPLICA_H */
