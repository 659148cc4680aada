#include "config.h"

#include "vnode_exec/array/array.h"

#include "base/file.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static const struct {
    const char *name;
    size_t size;
} numbers[VN_NUMBERS] = {
    [VN_U8] = {"uint8", 1},    [VN_I8] = {"int8", 1},
    [VN_BOOL] = {"bool", 1},   [VN_U16] = {"uint16", 2},
    [VN_I16] = {"int16", 2},   [VN_U32] = {"uint32", 4},
    [VN_I32] = {"int32", 4},   [VN_U64] = {"uint64", 8},
    [VN_I64] = {"int64", 8},   [VN_F16] = {"float16", 2},
    [VN_F32] = {"float32", 4}, [VN_F64] = {"float64", 8},
};

size_t
vn_number_size(enum vn_number type)
{
    return numbers[type].size;
}

const char *
vn_number_name(enum vn_number type)
{
    return numbers[type].name;
}

/* IEEE 754's binary16. */
static double
half(uint16_t bits)
{
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double x = exponent == 31
                   ? (fraction != 0 ? (double) NAN : (double) INFINITY)
               : exponent == 0 ? ldexp(fraction, -24)
                               : ldexp(1024 + fraction, exponent - 25);

    return bits >> 15 ? -x : x;
}

#define READ(type)                  \
    do {                            \
        type x;                     \
        memcpy(&x, from, sizeof x); \
        return (double) x;          \
    } while (0)

double
vn_array_at(const struct vn_array *a, size_t i)
{
    const unsigned char *from = a->bytes + i * numbers[a->type].size;
    uint16_t h;

    switch (a->type) {
    case VN_U8:
    case VN_BOOL:
        return *from;
    case VN_I8:
        READ(int8_t);
    case VN_U16:
        READ(uint16_t);
    case VN_I16:
        READ(int16_t);
    case VN_U32:
        READ(uint32_t);
    case VN_I32:
        READ(int32_t);
    case VN_U64:
        READ(uint64_t);
    case VN_I64:
        READ(int64_t);
    case VN_F32:
        READ(float);
    case VN_F64:
        READ(double);
    case VN_F16:
        memcpy(&h, from, sizeof h);
        return half(h);
    case VN_NUMBERS:
        break;
    }
    return 0;
}

void
vn_array_floats(const struct vn_array *a, size_t from, size_t n, float *to)
{
    if (a->type == VN_U8)
        for (size_t i = 0; i < n; i++)
            to[i] = a->bytes[from + i];
    else if (a->type == VN_F32)
        memcpy(to, a->bytes + from * sizeof *to, n * sizeof *to);
    else
        for (size_t i = 0; i < n; i++)
            to[i] = (float) vn_array_at(a, from + i);
}

const struct vn_array *
vn_arrays_find(const struct vn_arrays *arrays, const char *name)
{
    for (int i = 0; i < arrays->n; i++)
        if (strcmp(arrays->list[i].name, name) == 0)
            return &arrays->list[i];
    return NULL;
}

const char *
vn_array_shape(const struct vn_array *a, char text[128])
{
    size_t n = 0;

    snprintf(text, 128, "a single number");
    for (int i = 0; i < a->ndims && n < 128; i++)
        n += (size_t) snprintf(text + n, 128 - n, "%s%zu", i > 0 ? " x " : "",
                               a->dims[i]);
    return text;
}

struct vn_array *
vn_arrays_more(struct vn_arrays *arrays)
{
    if ((arrays->n & (arrays->n - 1)) == 0)
        arrays->list = vn_xrealloc(arrays->list,
                                   arrays->n > 0 ? 2 * (size_t) arrays->n : 1,
                                   sizeof *arrays->list);
    arrays->list[arrays->n] = (struct vn_array){.ndims = 0};
    return &arrays->list[arrays->n++];
}

bool
vn_array_counted(struct vn_array *a)
{
    const size_t most = (size_t) 1 << 48;

    a->count = 1;
    for (int i = 0; i < a->ndims; i++) {
        if (a->dims[i] > most
            || (a->dims[i] > 0 && a->count > most / a->dims[i]))
            return false;
        a->count *= a->dims[i];
    }
    return true;
}

void
vn_arrays_add(struct vn_arrays *arrays, const char *name, int ndims,
              const size_t *dims, float *owned)
{
    struct vn_array *a = vn_arrays_more(arrays);

    snprintf(a->name, sizeof a->name, "%s", name);
    a->type = VN_F32;
    a->ndims = ndims;
    for (int i = 0; i < ndims; i++)
        a->dims[i] = dims[i];
    (void) vn_array_counted(a);
    a->bytes = a->owned = owned;
}

/* All of a pipe, or another file that cannot be mapped. */
static void
read_rest(FILE *in, struct vn_arrays *arrays, size_t *size)
{
    size_t room = 1 << 16, n;

    arrays->read = vn_xcalloc(room, 1);
    while ((n = fread(arrays->read + *size, 1, room - *size, in)) > 0) {
        *size += n;
        if (*size == room) {
            room *= 2;
            arrays->read = vn_xrealloc(arrays->read, room, 1);
        }
    }
}

static enum vn_status
map_file(const char *path, struct vn_arrays *arrays,
         const unsigned char **bytes, size_t *size, struct vn_error *err)
{
    struct stat st;
    FILE *in;
    enum vn_status status = vn_file_open(path, &in, err);

    *size = 0;
    if (status != VN_OK)
        return status;
    if (fstat(fileno(in), &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
        arrays->map_size = *size = (size_t) st.st_size;
        arrays->map = mmap(NULL, *size, PROT_READ, MAP_SHARED, fileno(in), 0);
        if (arrays->map == MAP_FAILED) {
            arrays->map = NULL;
            status = vn_file_failed(path, err);
        }
        *bytes = arrays->map;
    } else {
        read_rest(in, arrays, size);
        if (ferror(in))
            status = vn_file_failed(path, err);
        *bytes = arrays->read;
    }
    vn_file_close(in);
    return status;
}

enum vn_status
vn_arrays_read(const char *path, struct vn_arrays *arrays,
               struct vn_error *err)
{
    const unsigned char *bytes = NULL;
    size_t size;
    enum vn_status status;

    *arrays = (struct vn_arrays){.n = 0};
    status = map_file(path, arrays, &bytes, &size, err);
    if (status == VN_OK && size >= 6 && memcmp(bytes, "\x93NUMPY", 6) == 0)
        status = vn_npy_parse(bytes, size, path, vn_arrays_more(arrays), err);
    else if (status == VN_OK && size >= 4 && memcmp(bytes, "PK", 2) == 0)
        status = vn_npz_read(path, bytes, size, arrays, err);
    else if (status == VN_OK && size >= 9 && bytes[8] == '{')
        status = vn_safetensors_read(path, bytes, size, arrays, err);
    else if (status == VN_OK)
        status = vn_fail(err, VN_EFORMAT,
                         "%s: holds no arrays that are known, expected npy, "
                         "npz or safetensors",
                         path);
    if (status != VN_OK)
        vn_arrays_free(arrays);
    return status;
}

void
vn_arrays_free(struct vn_arrays *arrays)
{
    for (int i = 0; i < arrays->n; i++)
        free(arrays->list[i].owned);
    free(arrays->list);
    free(arrays->read);
    if (arrays->map != NULL)
        munmap(arrays->map, arrays->map_size);
    *arrays = (struct vn_arrays){.n = 0};
}

enum vn_status
vn_arrays_write(const char *path, const struct vn_arrays *arrays,
                const struct vn_array_note *notes, int nnotes,
                struct vn_error *err)
{
    const char *dot = strrchr(path, '.');

    if (dot != NULL && strcmp(dot, ".npz") == 0)
        return vn_npz_write(path, arrays, err);
    if (dot != NULL && strcmp(dot, ".safetensors") == 0)
        return vn_safetensors_write(path, arrays, notes, nnotes, err);
    return vn_fail(err, VN_EUSAGE,
                   "%s: what is it to be? expected a name that ends in "
                   ".safetensors or .npz",
                   path);
}
