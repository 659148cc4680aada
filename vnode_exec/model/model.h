/*
 * Models: a file in YAML that lists layers, read once, of which a graph is
 * built for the data that it is to learn.
 *
 * The shipped models are such files (vnode_exec/models/), compiled in; to add
 * one, put it there and name it in local.mk.  A kind of layer is a row of the
 * table in vnode_exec/model/build.c; vnexec-model(5) describes them.
 */
#ifndef VNODE_EXEC_MODEL_MODEL_H
#define VNODE_EXEC_MODEL_MODEL_H

#include "base/error.h"
#include "base/yaml/yaml.h"
#include "vnode_exec/model/graph.h"

/* What an example of the data looks like. */
struct vn_shape {
    int height, width, channels; /* of an image; 0 for a sequence */
    int classes;
};

enum {
    VN_MODEL_OPTIONS = 12
};

/* Numbers that a model leaves open. */
struct vn_model_options {
    int n;
    char name[VN_MODEL_OPTIONS][24];
    int value[VN_MODEL_OPTIONS];
};

struct vn_model {
    char name[64];    /* the file's, without its folder and end */
    const char *file; /* for messages; borrowed */
    char *text;       /* the file, and how long it is */
    size_t size;
    struct vn_yaml *tree;
    const char *summary;   /* "" where the file has none */
    bool sequence;         /* learns sequences, not images */
    double rate;           /* default learning rate, 0: the optimizer's */
    const char *optimizer; /* default */
    struct vn_model_options options;
};

/* A file that is compiled in. */
struct vn_shipped {
    const char *name, *text;
};

/* All of them, ended by NULL. */
extern const struct vn_shipped vn_shipped[];

/*
 * Open a model by name (a shipped one) or path (with a '/', or .yaml or .yml
 * at its end), or from text that was stored; name and file are kept.  What is
 * wrong with its head is found here, with its layers by vn_model_build().
 */
enum vn_status vn_model_open(const char *name, struct vn_model **model,
                             struct vn_error *err);
enum vn_status vn_model_parse(const char *text, size_t size, const char *name,
                              const char *file, struct vn_model **model,
                              struct vn_error *err);
void vn_model_close(struct vn_model *model);

/* Set an option, which the model must have. */
enum vn_status vn_model_set(struct vn_model *model, const char *option,
                            int value, struct vn_error *err);

/* The value of an option, or 0. */
int vn_model_option(const struct vn_model *model, const char *option);

/*
 * Build the graph, which must be zeroed.  Fails at the layer that does not
 * suit the one before, or the data.
 */
enum vn_status vn_model_build(const struct vn_model *model,
                              const struct vn_shape *shape, struct vn_graph *g,
                              struct vn_error *err);

#endif /* VNODE_EXEC_MODEL_MODEL_H */
