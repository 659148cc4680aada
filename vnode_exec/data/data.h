/*
 * Data sets: images with a class, or bytes of which each is to be predicted
 * from those before it.
 *
 * The order of examples is a function of (seed, epoch) alone: position p of
 * training is example p mod n of a permutation drawn for epoch p / n.
 *
 * To add a format, write vnode_exec/data/NAME.c and name it in data.c.
 */
#ifndef VNODE_EXEC_DATA_DATA_H
#define VNODE_EXEC_DATA_DATA_H

#include "base/error.h"
#include "vnode_exec/model/model.h"

#include <stddef.h>
#include <stdint.h>

/* One part of a data set: training or test. */
struct vn_examples {
    size_t count;         /* examples */
    unsigned char *bytes; /* pixels [example][row][column][channel], or text */
    unsigned char *labels;
    size_t size; /* of bytes */
};

struct vn_data {
    struct vn_shape shape;
    int context;       /* of sequences */
    bool synthetic;    /* made up from the example's number */
    float mean, scale; /* a pixel is (byte - mean) scale */
    struct vn_examples train, test;
    uint64_t hash; /* of what was read */
};

/*
 * Read a data set: `fashion-mnist[:FOLDER]`, `cifar10:FOLDER`, `bytes:FILE`
 * (whose last tenth is the test), `synthetic[:EXAMPLES]` (28 x 28 grey
 * images or bytes) or `synthetic32[:EXAMPLES]` (32 x 32 in colour).  context
 * is for sequences; model decides what synthetic data look like.
 */
enum vn_status vn_data_open(const char *what, const struct vn_model *model,
                            int context, struct vn_data *data,
                            struct vn_error *err);
void vn_data_close(struct vn_data *data);

/* A permutation of an epoch, made again as positions move on. */
struct vn_order {
    uint64_t seed;
    size_t count;
    uint64_t epoch;
    uint32_t *at; /* count; NULL before its first use */
};

void vn_order_free(struct vn_order *order);

/* The example at a position of training. */
size_t vn_order_at(struct vn_order *order, uint64_t position);

/*
 * Write one example's input (floats, or int32 bytes of a sequence) and labels
 * for a model.
 */
void vn_data_example(const struct vn_data *data,
                     const struct vn_examples *split, size_t example,
                     void *input, int32_t *labels);

/* A whole file, uncompressed where gzip made it, to be freed. */
enum vn_status vn_data_read_file(const char *path, unsigned char **bytes,
                                 size_t *size, struct vn_error *err);

/* Formats. */
enum vn_status vn_data_read_idx(const char *folder, struct vn_data *data,
                                struct vn_error *err);
enum vn_status vn_data_read_cifar(const char *folder, struct vn_data *data,
                                  struct vn_error *err);

#endif /* VNODE_EXEC_DATA_DATA_H */
