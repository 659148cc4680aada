/*
 * Arrays of numbers in others' files: numpy's npy and npz, and safetensors.
 *
 * A file is mapped, so that it may be larger than memory, where its bytes lie
 * in it as they are (npy, safetensors); of an npz they are unpacked.  What is
 * read is little-endian and in C's order; anything else is refused with what
 * to do about it.
 *
 * To add a format, write vnode_exec/array/NAME.c and name it in array.c.
 */
#ifndef VNODE_EXEC_ARRAY_ARRAY_H
#define VNODE_EXEC_ARRAY_ARRAY_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vn_number {
    VN_U8,
    VN_I8,
    VN_BOOL,
    VN_U16,
    VN_I16,
    VN_U32,
    VN_I32,
    VN_U64,
    VN_I64,
    VN_F16,
    VN_F32,
    VN_F64,
    VN_NUMBERS
};

enum {
    VN_ARRAY_DIMS = 8,
    VN_ARRAYS = 8192 /* of a file, at most */
};

struct vn_array {
    char name[128]; /* "" of an npy */
    enum vn_number type;
    int ndims;
    size_t dims[VN_ARRAY_DIMS];
    size_t count;               /* of numbers */
    const unsigned char *bytes; /* may lie at any address */
    void *owned;                /* what they lie in, or NULL */
};

/* The arrays of a file. */
struct vn_arrays {
    struct vn_array *list;
    int n;
    void *map; /* the file, or NULL */
    size_t map_size;
    unsigned char *read; /* or this, where it cannot be mapped */
};

/* Bytes of a number. */
size_t vn_number_size(enum vn_number type);

/* Names, as in messages: "float32". */
const char *vn_number_name(enum vn_number type);

/* Number i, exactly but for 64-bit integers beyond 2^53. */
double vn_array_at(const struct vn_array *array, size_t i);

/* Numbers [from, from + n) as floats. */
void vn_array_floats(const struct vn_array *array, size_t from, size_t n,
                     float *to);

/* The array of that name, or NULL. */
const struct vn_array *vn_arrays_find(const struct vn_arrays *arrays,
                                      const char *name);

/* "3 x 4", in text. */
const char *vn_array_shape(const struct vn_array *array, char text[128]);

/*
 * Read a file, whose format its first bytes say.  To be freed; path is kept
 * for messages.
 */
enum vn_status vn_arrays_read(const char *path, struct vn_arrays *arrays,
                              struct vn_error *err);
void vn_arrays_free(struct vn_arrays *arrays);

/* A pair for the head of a file. */
struct vn_array_note {
    const char *name, *text;
};

/*
 * Write a file, by the end of its name .npz or .safetensors (which alone
 * takes notes); it is there whole or not at all.  Same arrays, same bytes.
 */
enum vn_status vn_arrays_write(const char *path,
                               const struct vn_arrays *arrays,
                               const struct vn_array_note *notes, int nnotes,
                               struct vn_error *err);

/* Append an array of floats that are kept; name and dims are copied. */
void vn_arrays_add(struct vn_arrays *arrays, const char *name, int ndims,
                   const size_t *dims, float *owned);

/*
 * For the formats.  Bytes of an npy that lie somewhere: array refers to them.
 * where is for messages.
 */
enum vn_status vn_npy_parse(const unsigned char *bytes, size_t size,
                            const char *where, struct vn_array *array,
                            struct vn_error *err);
/* The head of an npy of this array: its length, in text of 256 bytes. */
size_t vn_npy_head(const struct vn_array *array, unsigned char head[256]);
enum vn_status vn_npz_read(const char *path, const unsigned char *bytes,
                           size_t size, struct vn_arrays *arrays,
                           struct vn_error *err);
enum vn_status vn_npz_write(const char *path, const struct vn_arrays *arrays,
                            struct vn_error *err);
enum vn_status vn_safetensors_read(const char *path,
                                   const unsigned char *bytes, size_t size,
                                   struct vn_arrays *arrays,
                                   struct vn_error *err);
enum vn_status vn_safetensors_write(const char *path,
                                    const struct vn_arrays *arrays,
                                    const struct vn_array_note *notes,
                                    int nnotes, struct vn_error *err);
/* Room for an array more, zeroed. */
struct vn_array *vn_arrays_more(struct vn_arrays *arrays);
/* Set count from dims; false where that is more than 2^48. */
bool vn_array_counted(struct vn_array *array);

#endif /* VNODE_EXEC_ARRAY_ARRAY_H */
