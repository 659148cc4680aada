/*
 * MNIST's IDX format, as Debian's dataset-fashion-mnist ships it: a
 * big-endian header (two zero bytes, type 8 for bytes, the number of
 * dimensions, the dimensions) and the bytes, in gzip or plain.
 */
#include "config.h"

#include "base/rng.h"
#include "base/xalloc.h"
#include "vnode_exec/data/data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

struct idx {
    uint32_t dims[3];
    unsigned char *bytes;
    size_t size;
};

static enum vn_status
idx_header(gzFile in, const char *path, int ndims, struct idx *idx,
           struct vn_error *err)
{
    unsigned char head[16];
    int want = 4 + 4 * ndims;

    if (gzread(in, head, (unsigned) want) != want || head[0] != 0
        || head[1] != 0 || head[2] != 8 || head[3] != ndims)
        return vn_fail(err, VN_EFORMAT,
                       "%s: this is no IDX file of bytes in %d dimensions",
                       path, ndims);
    idx->size = 1;
    for (int i = 0; i < ndims; i++) {
        const unsigned char *p = head + 4 + 4 * i;

        idx->dims[i] = (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16
                       | (uint32_t) p[2] << 8 | p[3];
        if (idx->dims[i] == 0 || idx->dims[i] > (i == 0 ? 1U << 24 : 1024))
            return vn_fail(err, VN_EFORMAT, "%s: dimension %d is %u", path,
                           i + 1, idx->dims[i]);
        idx->size *= idx->dims[i];
    }
    return VN_OK;
}

static enum vn_status
idx_read(const char *folder, const char *name, int ndims, struct idx *idx,
         struct vn_error *err)
{
    char path[1024];
    gzFile in;
    enum vn_status status;
    size_t at = 0;

    snprintf(path, sizeof path, "%s/%s.gz", folder, name);
    if (access(path, R_OK) != 0)
        snprintf(path, sizeof path, "%s/%s", folder, name);
    in = gzopen(path, "rb");
    if (in == NULL)
        return vn_fail(err, VN_EIO,
                       "%s: not there (Debian's package dataset-fashion-mnist "
                       "has it)",
                       path);
    status = idx_header(in, path, ndims, idx, err);
    if (status == VN_OK)
        idx->bytes = vn_xcalloc(idx->size, 1);
    while (status == VN_OK && at < idx->size) {
        size_t left = idx->size - at;
        int n = gzread(in, idx->bytes + at,
                       (unsigned) (left < 1 << 20 ? left : 1 << 20));

        if (n <= 0)
            status =
                vn_fail(err, VN_EFORMAT, "%s: ends after %zu of %zu bytes",
                        path, at, idx->size);
        else
            at += (size_t) n;
    }
    gzclose(in);
    return status;
}

static enum vn_status
idx_split(const char *folder, const char *prefix, struct vn_data *data,
          struct vn_examples *split, struct vn_error *err)
{
    char name[64];
    struct idx images = {.bytes = NULL}, labels = {.bytes = NULL};
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
    for (size_t i = 0; status == VN_OK && i < labels.size; i++)
        if (labels.bytes[i] > 9)
            status = vn_fail(err, VN_EFORMAT,
                             "%s/%s: label %zu is %d, expected 0 to 9", folder,
                             name, i, labels.bytes[i]);
    if (status != VN_OK) {
        free(images.bytes);
        free(labels.bytes);
        return status;
    }
    *split = (struct vn_examples){.count = images.dims[0],
                                  .bytes = images.bytes,
                                  .labels = labels.bytes,
                                  .size = images.size};
    data->shape =
        (struct vn_shape){(int) images.dims[1], (int) images.dims[2], 1, 10};
    data->hash = vn_hash(data->hash, images.bytes, images.size);
    data->hash = vn_hash(data->hash, labels.bytes, labels.size);
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
    data->mean = 72.94F; /* of Fashion-MNIST's training images */
    data->scale = 1 / 90.02F;
    return status;
}
