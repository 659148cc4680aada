/*
 * Sequences: a file of bytes, or of tokens as numbers of 16 or 32 bits in
 * little-endian order, or in an npy of one dimension.  The last tenth is the
 * test.  An example is a window of as many tokens as the model sees, each
 * with the one that follows it.
 */
#include "config.h"

#include "base/file.h"
#include "base/xalloc.h"
#include "vnode_exec/data/data.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Cut the tokens into training and test. */
static enum vn_status
cut(const char *path, const char *unit, const struct vn_array *all,
    struct vn_data *data, struct vn_error *err)
{
    size_t context = (size_t) data->context, test = all->count / 10;

    if (test < context + 1)
        return vn_fail(err, VN_EFORMAT,
                       "%s: %zu %s are too few for a context of %zu: a "
                       "tenth of them must hold one",
                       path, all->count, unit, context);
    vn_data_hash(data, all);
    data->train.values = data->test.values = *all;
    data->train.values.count -= test;
    data->test.borrows = true;
    data->test.values.count = test;
    data->test.values.bytes +=
        data->train.values.count * vn_number_size(all->type);
    data->train.count = (data->train.values.count - 1) / context;
    data->test.count = (test - 1) / context;
    return VN_OK;
}

enum vn_status
vn_data_read_bytes(const char *path, struct vn_data *data,
                   struct vn_error *err)
{
    struct vn_array all;
    unsigned char *bytes = NULL;
    size_t size = 0;
    enum vn_status status = vn_data_read_file(path, &bytes, &size, err);

    if (status != VN_OK) {
        free(bytes);
        return status;
    }
    all = vn_data_array(VN_U8, size, bytes);
    data->shape.classes = 256;
    status = cut(path, "bytes", &all, data, err);
    if (status != VN_OK)
        free(bytes);
    return status;
}

/* A file that is nothing but tokens, mapped. */
static enum vn_status
map_tokens(const char *path, enum vn_number type, struct vn_data *data,
           struct vn_array *all, struct vn_error *err)
{
    struct vn_arrays file = {.n = 0};
    struct stat st;
    FILE *in;
    size_t size = vn_number_size(type);
    enum vn_status status = vn_file_open(path, &in, err);

    if (status != VN_OK)
        return status;
    if (fstat(fileno(in), &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0
        || (size_t) st.st_size % size != 0)
        status =
            vn_fail(err, VN_EFORMAT,
                    "%s: is no file of tokens of %zu bytes each", path, size);
    if (status == VN_OK) {
        file.map_size = (size_t) st.st_size;
        file.map =
            mmap(NULL, file.map_size, PROT_READ, MAP_SHARED, fileno(in), 0);
        if (file.map == MAP_FAILED)
            status = vn_file_failed(path, err);
    }
    if (status == VN_OK) {
        *all = vn_data_array(type, file.map_size / size, NULL);
        all->bytes = file.map;
        vn_data_keep(data, &file);
    }
    vn_file_close(in);
    return status;
}

static enum vn_status
read_tokens(const char *path, enum vn_number type, struct vn_data *data,
            struct vn_error *err)
{
    size_t n = strlen(path);
    struct vn_arrays file = {.n = 0};
    struct vn_array all;
    enum vn_status status;

    if (n > 4 && strcmp(path + n - 4, ".npy") == 0) {
        status = vn_arrays_read(path, &file, err);
        if (status != VN_OK)
            return status;
        vn_data_keep(data, &file);
        all = file.list[0];
        all.owned = NULL;
        if (all.ndims != 1 || all.type >= VN_F16)
            return vn_fail(err, VN_EFORMAT,
                           "%s: %s in %d dimensions, expected whole numbers "
                           "in one",
                           path, vn_number_name(all.type), all.ndims);
    } else {
        status = map_tokens(path, type, data, &all, err);
        if (status != VN_OK)
            return status;
    }
    return cut(path, "tokens", &all, data, err);
}

enum vn_status
vn_data_read_tokens16(const char *path, struct vn_data *data,
                      struct vn_error *err)
{
    return read_tokens(path, VN_U16, data, err);
}

enum vn_status
vn_data_read_tokens32(const char *path, struct vn_data *data,
                      struct vn_error *err)
{
    return read_tokens(path, VN_U32, data, err);
}
