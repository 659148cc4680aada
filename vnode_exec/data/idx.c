/*
 * MNIST's IDX format, as Debian's dataset-fashion-mnist ships it: a
 * big-endian header (two zero bytes, type 8 for bytes, the number of
 * dimensions, the dimensions) and the bytes, in gzip or plain.  There are as
 * many classes as the largest label of training says.
 */
#include "config.h"

#include "base/rng.h"
#include "base/xalloc.h"
#include "vnode_exec/data/data.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct idx {
    uint32_t dims[3];
    unsigned char *bytes; /* dims[0] * ... of them, in `file` */
    size_t size;
    unsigned char *file;
};

static enum vn_status
idx_header(const char *path, int ndims, size_t size, struct idx *idx,
           struct vn_error *err)
{
    const unsigned char *head = idx->file;
    size_t start = 4 + 4 * (size_t) ndims;

    if (size < start || head[0] != 0 || head[1] != 0 || head[2] != 8
        || head[3] != ndims)
        return vn_fail(err, VN_EFORMAT,
                       "%s: this is no IDX file of bytes in %d dimensions",
                       path, ndims);
    idx->size = 1;
    for (int i = 0; i < ndims; i++) {
        const unsigned char *p = head + 4 + 4 * i;

        idx->dims[i] = (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16
                       | (uint32_t) p[2] << 8 | p[3];
        if (idx->dims[i] == 0 || idx->dims[i] > (i == 0 ? 1U << 28 : 1U << 15))
            return vn_fail(err, VN_EFORMAT, "%s: dimension %d is %u", path,
                           i + 1, idx->dims[i]);
        idx->size *= idx->dims[i];
    }
    idx->bytes = idx->file + start;
    size -= start;
    if (size < idx->size)
        return vn_fail(err, VN_EFORMAT, "%s: ends after %zu of %zu bytes",
                       path, size, idx->size);
    if (size > idx->size)
        return vn_fail(err, VN_EFORMAT,
                       "%s: %zu bytes stand behind the %zu that its header "
                       "says",
                       path, size - idx->size, idx->size);
    return VN_OK;
}

static enum vn_status
idx_read(const char *folder, const char *name, int ndims, struct idx *idx,
         struct vn_error *err)
{
    char path[1024];
    size_t size = 0;
    enum vn_status status;

    snprintf(path, sizeof path, "%s/%s.gz", folder, name);
    if (access(path, R_OK) != 0)
        snprintf(path, sizeof path, "%s/%s", folder, name);
    if (access(path, R_OK) != 0)
        return vn_fail(err, VN_EIO,
                       "%s: not there (Debian's package dataset-fashion-mnist "
                       "has it)",
                       path);
    status = vn_data_read_file(path, &idx->file, &size, err);
    return status == VN_OK ? idx_header(path, ndims, size, idx, err) : status;
}

/* Have what stands behind the header alone. */
static unsigned char *
keep(struct idx *idx)
{
    memmove(idx->file, idx->bytes, idx->size);
    return vn_xrealloc(idx->file, idx->size, 1);
}

static enum vn_status
idx_split(const char *folder, const char *prefix, struct vn_data *data,
          struct vn_examples *split, struct vn_error *err)
{
    char name[64];
    struct idx images = {.file = NULL}, labels = {.file = NULL};
    enum vn_status status;

    snprintf(name, sizeof name, "%s-images-idx3-ubyte", prefix);
    status = idx_read(folder, name, 3, &images, err);
    if (status == VN_OK) {
        snprintf(name, sizeof name, "%s-labels-idx1-ubyte", prefix);
        status = idx_read(folder, name, 1, &labels, err);
    }
    if (status == VN_OK && images.dims[0] != labels.dims[0])
        status = vn_fail(err, VN_EFORMAT, "%s/%s: %u images and %u labels",
                         folder, prefix, images.dims[0], labels.dims[0]);
    if (status != VN_OK) {
        free(images.file);
        free(labels.file);
        return status;
    }
    split->count = images.dims[0];
    split->values = vn_data_array(VN_U8, images.size, keep(&images));
    split->labels = vn_data_array(VN_U8, labels.size, keep(&labels));
    data->shape.height = (int) images.dims[1];
    data->shape.width = (int) images.dims[2];
    data->shape.channels = 1;
    vn_data_hash(data, &split->values);
    vn_data_hash(data, &split->labels);
    return VN_OK;
}

enum vn_status
vn_data_read_idx(const char *folder, struct vn_data *data,
                 struct vn_error *err)
{
    struct vn_shape train;
    enum vn_status status =
        idx_split(folder, "train", data, &data->train, err);

    if (status != VN_OK)
        return status;
    train = data->shape;
    status = idx_split(folder, "t10k", data, &data->test, err);
    if (status == VN_OK
        && (train.height != data->shape.height
            || train.width != data->shape.width))
        status = vn_fail(err, VN_EFORMAT,
                         "%s: training images of %d x %d, test images of %d x "
                         "%d",
                         folder, train.height, train.width, data->shape.height,
                         data->shape.width);
    return status;
}
