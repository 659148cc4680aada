/*
 * Building a graph from a model file: build.c walks the lists, kinds.c has
 * the kinds of layers.
 */
#ifndef VNODE_EXEC_MODEL_BUILD_H
#define VNODE_EXEC_MODEL_BUILD_H

#include "base/names.h"
#include "vnode_exec/model/expression.h"
#include "vnode_exec/model/model.h"

struct vn_build {
    struct vn_graph *g;
    const struct vn_model *model;
    const struct vn_shape *shape;
    struct vn_named named;
    char prefix[64];       /* of the layers' names here */
    struct vn_names names; /* of layers so far, and of counted ones */
    int counts[VN_GRAPH_LAYERS];
    struct vn_names counted;
    int depth;                    /* of lists within lists */
    bool shared[VN_GRAPH_LAYERS]; /* has readers on two paths */
    int table[VN_GRAPH_LAYERS];   /* of embeddings: layer, ... */
    char tables[VN_GRAPH_LAYERS][48];
    int ntables;
};

/* A kind of layer: its keys beside its own, and what appends it behind *at. */
struct vn_kind {
    const char *name;
    const char *keys[8]; /* the first is the kind's own */
    bool assigns;        /* gives its input's gradient without adding */
    enum vn_status (*build)(struct vn_build *b, const struct vn_yaml *entry,
                            const struct vn_yaml *value, int *at,
                            struct vn_error *err);
};

/* All of them, ended by one without a name. */
extern const struct vn_kind vn_kinds[];

/* Append a list of layers behind *at. */
enum vn_status vn_build_list(struct vn_build *b, const struct vn_yaml *list,
                             const char *what, int *at, struct vn_error *err);

/*
 * The name of a layer: the prefix and its `name`, or the kind and a number.
 * Fails where it is taken or too long.
 */
enum vn_status vn_build_name(struct vn_build *b, const struct vn_yaml *entry,
                             const char *kind, char name[48],
                             struct vn_error *err);

/* How many times this word was asked for, from 1. */
int vn_build_count(struct vn_build *b, const char *word);

/* A layer's output in words: "14 x 14 x 32", "128 tokens x 256", "512". */
const char *vn_build_shape(const struct vn_node *node, char text[64]);

#endif /* VNODE_EXEC_MODEL_BUILD_H */
