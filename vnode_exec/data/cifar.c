/*
 * CIFAR-10's binary format: records of a label and 3 x 32 x 32 bytes, the
 * colours one after the other; five files to train, one to test.
 */
#include "config.h"

#include "base/file.h"
#include "base/rng.h"
#include "base/xalloc.h"
#include "vnode_exec/data/data.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SIDE = 32,
    PIXELS = SIDE * SIDE,
    RECORD = 1 + 3 * PIXELS
};

/* Append a file's records to a split. */
static enum vn_status
cifar_file(const char *folder, const char *name, struct vn_data *data,
           struct vn_examples *split, struct vn_error *err)
{
    char path[1024];
    unsigned char record[RECORD];
    size_t n, records = 0;
    FILE *in;
    enum vn_status status;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    status = vn_file_open(path, &in, err);
    if (status != VN_OK)
        return status;
    while (status == VN_OK && (n = fread(record, 1, RECORD, in)) > 0) {
        unsigned char *to, *values, *labels;

        if (n < RECORD || record[0] > 9) {
            status =
                vn_fail(err, VN_EFORMAT, "%s: record %zu is %s", path, records,
                        n < RECORD ? "cut off" : "of no class 0 to 9");
            break;
        }
        values =
            vn_xrealloc(split->values.owned, split->count + 1, 3 * PIXELS);
        labels = vn_xrealloc(split->labels.owned, split->count + 1, 1);
        split->values =
            vn_data_array(VN_U8, (split->count + 1) * 3 * PIXELS, values);
        split->labels = vn_data_array(VN_U8, split->count + 1, labels);
        labels[split->count] = record[0];
        to = values + split->count * 3 * PIXELS;
        for (int i = 0; i < PIXELS; i++)
            for (int c = 0; c < 3; c++)
                to[i * 3 + c] = record[1 + c * PIXELS + i];
        data->hash = vn_hash(data->hash, record, RECORD);
        split->count++;
        records++;
    }
    if (status == VN_OK && records == 0)
        status = vn_fail(err, VN_EFORMAT, "%s: holds no images", path);
    vn_file_close(in);
    return status;
}

enum vn_status
vn_data_read_cifar(const char *folder, struct vn_data *data,
                   struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (int i = 1; status == VN_OK && i <= 5; i++) {
        char name[32];

        snprintf(name, sizeof name, "data_batch_%d.bin", i);
        status = cifar_file(folder, name, data, &data->train, err);
    }
    if (status == VN_OK)
        status = cifar_file(folder, "test_batch.bin", data, &data->test, err);
    data->shape = (struct vn_shape){SIDE, SIDE, 3, 10};
    return status;
}
