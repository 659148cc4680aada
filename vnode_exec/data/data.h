/*
 * Data sets: images, or rows of features, with a class; or tokens, of which
 * each is to be predicted from those before it.
 *
 * Values stay as they lie in their files, mapped where they can be, and are
 * normalised as an example is taken.  The order of examples is a function of
 * (seed, epoch) alone: position p of training is example p mod n of a
 * permutation drawn for epoch p / n.  What is drawn for an example (a flip, a
 * shift) depends on (seed, position).
 *
 * To add a format, write vnode_exec/data/NAME.c and give it a row in data.c.
 */
#ifndef VNODE_EXEC_DATA_DATA_H
#define VNODE_EXEC_DATA_DATA_H

#include "base/error.h"
#include "vnode_exec/array/array.h"
#include "vnode_exec/model/model.h"

#include <stddef.h>
#include <stdint.h>

/* One part of a data set: training, validation or test. */
struct vn_examples {
    size_t count;           /* examples */
    struct vn_array values; /* [row][pixels or features], or tokens */
    struct vn_array labels; /* [row], of whole numbers */
    bool channels_first;    /* an image is [channel][row][column] */
    uint32_t *rows;         /* of each example; NULL: its number.  Owned */
    bool borrows;           /* values and labels are another part's */
};

/* How values are normalised: a value of channel c is (x - mean) scale. */
struct vn_normal {
    int channels;
    float *mean, *scale;
    bool uniform; /* all channels have the same */
};

/* What is drawn for each example of training. */
struct vn_augment {
    bool flip; /* left and right, for one in two */
    int crop;  /* a shift of up to so many pixels each way, black behind */
};

enum {
    VN_DATA_FILES = 8
};

struct vn_data {
    struct vn_shape shape;
    int context;    /* of sequences */
    bool synthetic; /* made up from the example's number */
    struct vn_normal normal;
    struct vn_augment augment;
    struct vn_examples train, validation, test;
    uint64_t hash;                         /* of what was read */
    struct vn_arrays files[VN_DATA_FILES]; /* that values lie in */
    int nfiles;
};

/* What the command line says about data; zeroed: nothing. */
struct vn_data_options {
    const char *normalise;         /* own, none or A,B; NULL: the format's */
    const struct vn_normal *given; /* instead, a checkpoint's, or NULL */
    double validation;             /* part of the training examples */
    int classes;                   /* at least; 0: as the labels say */
    const char *augment;           /* flip, crop=N, or both; or NULL */
    bool whole; /* all that is there is the test: nothing is trained */
};

/*
 * Read a data set; data.c has the formats.  context is for sequences; model
 * decides what synthetic data look like, and what is learnt; NULL: any.
 */
enum vn_status vn_data_open(const char *what, const struct vn_model *model,
                            int context, const struct vn_data_options *options,
                            struct vn_data *data, struct vn_error *err);
void vn_data_close(struct vn_data *data);

/* The names of formats, as --help says them. */
extern const char vn_data_formats[];

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
 * Write one example's input (floats, or int32 tokens of a sequence) and labels
 * for a model.
 */
void vn_data_example(const struct vn_data *data,
                     const struct vn_examples *split, size_t example,
                     void *input, int32_t *labels);

/* Flip and shift an image of training, as drawn for its position. */
void vn_data_augment(const struct vn_data *data, uint64_t seed,
                     uint64_t position, float *image);

/* A whole file, uncompressed where gzip made it, to be freed. */
enum vn_status vn_data_read_file(const char *path, unsigned char **bytes,
                                 size_t *size, struct vn_error *err);

/*
 * For formats.  A reader fills shape (classes may be left 0: as the labels
 * say), train, test where there is one, files and hash.
 */
struct vn_data_format {
    const char *name;
    bool sequence;
    /* What is normal where nothing is said; scale 0: the set's own. */
    float mean, scale;
    enum vn_status (*read)(const char *path, struct vn_data *data,
                           struct vn_error *err);
};

enum vn_status vn_data_read_idx(const char *folder, struct vn_data *data,
                                struct vn_error *err);
enum vn_status vn_data_read_cifar(const char *folder, struct vn_data *data,
                                  struct vn_error *err);
enum vn_status vn_data_read_arrays(const char *path, struct vn_data *data,
                                   struct vn_error *err);
enum vn_status vn_data_read_csv(const char *path, struct vn_data *data,
                                struct vn_error *err);
enum vn_status vn_data_read_bytes(const char *path, struct vn_data *data,
                                  struct vn_error *err);
enum vn_status vn_data_read_tokens16(const char *path, struct vn_data *data,
                                     struct vn_error *err);
enum vn_status vn_data_read_tokens32(const char *path, struct vn_data *data,
                                     struct vn_error *err);

/* Keep memory that values lie in, with the data. */
void vn_data_keep(struct vn_data *data, const struct vn_arrays *arrays);
/* An array of numbers that owns its memory. */
struct vn_array vn_data_array(enum vn_number type, size_t count, void *owned);
/* Add an array's numbers to the data's hash. */
void vn_data_hash(struct vn_data *data, const struct vn_array *array);

/*
 * Normalisation: as options say, else as the format does; over the training
 * examples for `own`.
 */
enum vn_status vn_normal_make(struct vn_data *data,
                              const struct vn_data_format *format,
                              const struct vn_data_options *options,
                              struct vn_error *err);
void vn_normal_free(struct vn_normal *normal);

#endif /* VNODE_EXEC_DATA_DATA_H */
