#include "config.h"

#include "vnode_exec/data/data.h"

#include "base/file.h"
#include "base/number.h"
#include "base/rng.h"
#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FASHION_MNIST "/usr/share/datasets/fashion-mnist"

enum {
    PURPOSE_ORDER = 0x6f726465,
    PURPOSE_SYNTHETIC = 0x73796e74,
    SYNTHETIC_DEFAULT = 8192
};

enum vn_status
vn_data_read_file(const char *path, unsigned char **bytes, size_t *size,
                  struct vn_error *err)
{
    FILE *in;
    size_t room = 1 << 16, n;
    enum vn_status status = vn_file_open_text(path, &in, err);

    if (status != VN_OK)
        return status;
    *bytes = vn_xcalloc(room, 1);
    *size = 0;
    while ((n = fread(*bytes + *size, 1, room - *size, in)) > 0) {
        *size += n;
        if (*size == room) {
            room *= 2;
            *bytes = vn_xrealloc(*bytes, room, 1);
        }
    }
    if (ferror(in))
        status = vn_file_failed(path, err);
    vn_file_close(in);
    return status;
}

/* Windows of context bytes, each with the byte that follows it. */
static enum vn_status
read_bytes(const char *path, struct vn_data *data, struct vn_error *err)
{
    size_t context = (size_t) data->context, test;
    enum vn_status status =
        vn_data_read_file(path, &data->train.bytes, &data->train.size, err);

    if (status != VN_OK)
        return status;
    test = data->train.size / 10;
    if (test < context + 1)
        return vn_fail(err, VN_EFORMAT,
                       "%s: %zu bytes are too few for a context of %zu: a "
                       "tenth of them must hold one",
                       path, data->train.size, context);
    data->hash = vn_hash(0, data->train.bytes, data->train.size);
    data->train.size -= test;
    data->test.size = test;
    data->test.bytes = vn_xcalloc(test, 1);
    memcpy(data->test.bytes, data->train.bytes + data->train.size, test);
    data->train.count = (data->train.size - 1) / context;
    data->test.count = (test - 1) / context;
    data->shape.classes = 256;
    return VN_OK;
}

static enum vn_status
make_synthetic(const char *count, bool colour, const struct vn_model *model,
               struct vn_data *data, struct vn_error *err)
{
    static const struct vn_shape grey = {28, 28, 1, 10};
    static const struct vn_shape coloured = {32, 32, 3, 10};
    int64_t n = SYNTHETIC_DEFAULT;
    char why[VN_WHY_SIZE];
    const char *wrong =
        count[0] != '\0' ? vn_read_int(count, 1, 1 << 24, &n, why) : NULL;

    if (wrong != NULL)
        return vn_fail(err, VN_EUSAGE, "synthetic:%s: expected %s", count,
                       wrong);
    data->synthetic = true;
    data->train.count = (size_t) n;
    data->test.count = (size_t) (n + 9) / 10;
    data->shape = model->sequence ? (struct vn_shape){.classes = 256}
                                  : (colour ? coloured : grey);
    return VN_OK;
}

enum vn_status
vn_data_open(const char *what, const struct vn_model *model, int context,
             struct vn_data *data, struct vn_error *err)
{
    size_t name = strcspn(what, ":");
    const char *rest = what[name] == ':' ? what + name + 1 : "";
    bool sequence;
    enum vn_status status;

    *data = (struct vn_data){.context = context};
    if (strncmp(what, "fashion-mnist", name) == 0 && name == 13)
        status =
            vn_data_read_idx(*rest != '\0' ? rest : FASHION_MNIST, data, err);
    else if (strncmp(what, "cifar10", name) == 0 && name == 7 && *rest != '\0')
        status = vn_data_read_cifar(rest, data, err);
    else if (strncmp(what, "bytes", name) == 0 && name == 5 && *rest != '\0')
        status = read_bytes(rest, data, err);
    else if (strncmp(what, "synthetic", name) == 0 && name == 9)
        status = make_synthetic(rest, false, model, data, err);
    else if (strncmp(what, "synthetic32", name) == 0 && name == 11)
        status = make_synthetic(rest, true, model, data, err);
    else
        return vn_fail(err, VN_EUSAGE,
                       "--data: '%s' is wrong, expected fashion-mnist"
                       "[:FOLDER], cifar10:FOLDER, bytes:FILE or "
                       "synthetic[32][:EXAMPLES]",
                       what);
    sequence = data->shape.height == 0;
    if (status == VN_OK && sequence != model->sequence)
        status = vn_fail(err, VN_EUSAGE, "%s learns %s, and '%s' holds %s",
                         model->name, model->sequence ? "bytes" : "images",
                         what, sequence ? "bytes" : "images");
    if (status != VN_OK)
        vn_data_close(data);
    return status;
}

void
vn_data_close(struct vn_data *data)
{
    free(data->train.bytes);
    free(data->train.labels);
    free(data->test.bytes);
    free(data->test.labels);
    *data = (struct vn_data){0};
}

void
vn_order_free(struct vn_order *order)
{
    free(order->at);
    order->at = NULL;
}

size_t
vn_order_at(struct vn_order *order, uint64_t position)
{
    uint64_t epoch = position / order->count;

    if (order->at == NULL || order->epoch != epoch) {
        struct vn_rng rng = vn_rng_stream(order->seed, PURPOSE_ORDER, epoch);

        if (order->at == NULL)
            order->at = vn_xcalloc(order->count, sizeof *order->at);
        for (size_t i = 0; i < order->count; i++)
            order->at[i] = (uint32_t) i;
        for (size_t i = order->count - 1; i > 0; i--) {
            size_t j = vn_rng_below(&rng, i + 1);
            uint32_t t = order->at[i];

            order->at[i] = order->at[j];
            order->at[j] = t;
        }
        order->epoch = epoch;
    }
    return order->at[position % order->count];
}

/* Noise around a pattern for each class; or bytes that repeat with errors. */
static void
synthetic_example(const struct vn_data *data, bool test, size_t example,
                  void *input, int32_t *labels)
{
    struct vn_rng rng =
        vn_rng_stream(test, PURPOSE_SYNTHETIC, (uint64_t) example);

    if (data->shape.height == 0) {
        int32_t *ids = input, byte = (int32_t) vn_rng_below(&rng, 256);

        for (int i = 0; i < data->context; i++) {
            ids[i] = byte;
            byte = vn_rng_below(&rng, 8) == 0
                       ? (int32_t) vn_rng_below(&rng, 256)
                       : (byte * 5 + 1) % 256;
            labels[i] = byte;
        }
    } else {
        float *x = input;
        int n = data->shape.height * data->shape.width * data->shape.channels;

        int32_t label = (int32_t) vn_rng_below(&rng, 10);

        labels[0] = label;
        for (int i = 0; i < n; i += 8) { /* a byte of noise each */
            uint64_t bits = vn_rng_bits(&rng);

            for (int j = i; j < n && j < i + 8; j++, bits >>= 8)
                x[j] = (float) (int) (bits & 255) * 0.0133F - 1.7F;
        }
        for (int i = label; i < n; i += 10)
            x[i] += 0.5F;
    }
}

void
vn_data_example(const struct vn_data *data, const struct vn_examples *split,
                size_t example, void *input, int32_t *labels)
{
    const struct vn_shape *s = &data->shape;

    if (data->synthetic) {
        synthetic_example(data, split == &data->test, example, input, labels);
    } else if (s->height == 0) {
        size_t n = (size_t) data->context;
        const unsigned char *from = split->bytes + example * n;
        int32_t *ids = input;

        for (size_t i = 0; i < n; i++) {
            ids[i] = from[i];
            labels[i] = from[i + 1];
        }
    } else {
        size_t n = (size_t) (s->height * s->width * s->channels);
        const unsigned char *from = split->bytes + example * n;
        float *x = input, mean = data->mean, scale = data->scale;

        labels[0] = split->labels[example];
        for (size_t i = 0; i < n; i++)
            x[i] = ((float) from[i] - mean) * scale;
    }
}
