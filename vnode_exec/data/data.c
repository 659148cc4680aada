#include "config.h"

#include "vnode_exec/data/data.h"

#include "base/file.h"
#include "base/number.h"
#include "base/option.h"
#include "base/rng.h"
#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FASHION_MNIST "/usr/share/datasets/fashion-mnist"

enum {
    PURPOSE_ORDER = 0x6f726465,
    PURPOSE_SPLIT = 0x73706c74,
    SYNTHETIC_DEFAULT = 8192,
    CLASSES = 1 << 24,
    CROP = 64
};

const char vn_data_formats[] =
    "fashion-mnist[:FOLDER], cifar10:FOLDER, idx:FOLDER, npy:FOLDER, "
    "npy:FILE.npz, csv:FILE, bytes:FILE, tokens16:FILE, tokens32:FILE or "
    "synthetic[32][:N]";

static const struct vn_data_format formats[] = {
    {"fashion-mnist", false, 72.94F, 1 / 90.02F, vn_data_read_idx},
    {"cifar10", false, 120.7F, 1 / 64.1F, vn_data_read_cifar},
    {"idx", false, 0, 0, vn_data_read_idx},
    {"npy", false, 0, 0, vn_data_read_arrays},
    {"csv", false, 0, 0, vn_data_read_csv},
    {"bytes", true, 0, 1, vn_data_read_bytes},
    {"tokens16", true, 0, 1, vn_data_read_tokens16},
    {"tokens32", true, 0, 1, vn_data_read_tokens32},
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

struct vn_array
vn_data_array(enum vn_number type, size_t count, void *owned)
{
    return (struct vn_array){.type = type,
                             .ndims = 1,
                             .dims = {count},
                             .count = count,
                             .bytes = owned,
                             .owned = owned};
}

void
vn_data_keep(struct vn_data *data, const struct vn_arrays *arrays)
{
    data->files[data->nfiles++] = *arrays;
}

void
vn_data_hash(struct vn_data *data, const struct vn_array *array)
{
    data->hash = vn_hash(data->hash, array->bytes,
                         array->count * vn_number_size(array->type));
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
    data->shape = model != NULL && model->sequence
                      ? (struct vn_shape){.classes = 256}
                      : (colour ? coloured : grey);
    return VN_OK;
}

/* The format of "NAME:PATH"; NULL where there is none. */
static const struct vn_data_format *
find_format(const char *what, size_t name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strlen(formats[i].name) == name
            && strncmp(formats[i].name, what, name) == 0)
            return &formats[i];
    return NULL;
}

/* Labels are whole numbers from 0, and the test has no others. */
static enum vn_status
check_labels(const char *what, const struct vn_examples *split, bool test,
             int *classes, struct vn_error *err)
{
    for (size_t i = 0; i < split->labels.count; i++) {
        double label = vn_array_at(&split->labels, i);

        if (!(label >= 0 && label < CLASSES
              && label == (double) (int32_t) label))
            return vn_fail(err, VN_EFORMAT,
                           "%s: label %zu is %.9g, expected whole numbers "
                           "from 0 to %d",
                           what, i, label, CLASSES - 1);
        if ((int) label < *classes)
            continue;
        if (test)
            return vn_fail(err, VN_EFORMAT,
                           "%s: label %zu of the test is %d, and training has "
                           "0 to %d",
                           what, i, (int) label, *classes - 1);
        *classes = (int) label + 1;
    }
    return VN_OK;
}

/* Tokens count like labels. */
static enum vn_status
count_classes(const char *what, struct vn_data *data, int least,
              struct vn_error *err)
{
    bool sequence = data->shape.height == 0;
    int classes = least > data->shape.classes ? least : data->shape.classes;
    struct vn_examples train = data->train, test = data->test;
    enum vn_status status;

    if (sequence) {
        train.labels = train.values;
        test.labels = test.values;
    }
    status = check_labels(what, &train, false, &classes, err);
    if (status == VN_OK)
        status = check_labels(what, &test, !sequence, &classes, err);
    if (status == VN_OK && classes < 2)
        classes = 2;
    data->shape.classes = classes;
    return status;
}

/*
 * Let part of the training examples go to another part: the last ones of a
 * permutation that does not depend on the seed.
 */
static enum vn_status
split_off(const char *what, struct vn_data *data, double part,
          struct vn_examples *to, struct vn_error *err)
{
    struct vn_order order = {.count = data->train.count};
    size_t n = (size_t) ((double) order.count * part + 0.5), kept;

    n = n == 0 ? 1 : n;
    if (n >= order.count)
        return vn_fail(err, VN_EFORMAT,
                       "%s: %zu examples are too few to keep %g of them from "
                       "training",
                       what, order.count, part);
    kept = order.count - n;
    order.seed = PURPOSE_SPLIT;
    *to = data->train;
    to->borrows = true;
    to->count = n;
    to->rows = vn_xcalloc(n, sizeof *to->rows);
    data->train.rows = vn_xcalloc(kept, sizeof *to->rows);
    data->train.count = kept;
    for (size_t i = 0; i < kept + n; i++) {
        uint32_t row = (uint32_t) vn_order_at(&order, i);

        if (i < kept)
            data->train.rows[i] = row;
        else
            to->rows[i - kept] = row;
    }
    vn_order_free(&order);
    return VN_OK;
}

/* Validation, and a test where the files have none. */
static enum vn_status
make_splits(const char *what, struct vn_data *data,
            const struct vn_data_options *o, struct vn_error *err)
{
    if (o->whole) {
        if (data->test.count == 0) {
            data->test = data->train;
            data->test.borrows = true;
        }
        return VN_OK;
    }
    if (o->validation > 0)
        return split_off(what, data, o->validation, &data->validation, err);
    return data->test.count == 0
               ? split_off(what, data, 0.1, &data->validation, err)
               : VN_OK;
}

static enum vn_status
read_augment(const char *text, struct vn_augment *a, struct vn_error *err)
{
    while (*text != '\0') {
        size_t n = strcspn(text, ",");
        char *end;

        if (n == 4 && strncmp(text, "flip", 4) == 0) {
            a->flip = true;
        } else if (strncmp(text, "crop=", 5) == 0) {
            a->crop = (int) strtol(text + 5, &end, 10);
            if (end != text + n || a->crop < 1 || a->crop > CROP)
                return vn_args_refuse(err, "augment", text,
                                      "crop=1 to crop=64");
        } else {
            return vn_args_refuse(err, "augment", text,
                                  "flip, crop=N, or both with a comma");
        }
        text += n + (text[n] == ',');
    }
    return VN_OK;
}

/* What follows from what was read. */
static enum vn_status
finish(const char *what, const struct vn_data_format *format,
       const struct vn_data_options *o, struct vn_data *data,
       struct vn_error *err)
{
    enum vn_status status = VN_OK;

    if (!data->synthetic)
        status = count_classes(what, data, o->classes, err);
    if (status == VN_OK && data->train.count > UINT32_MAX)
        status = vn_fail(err, VN_EFORMAT,
                         "%s: more than 2^32 examples, expected fewer", what);
    if (status == VN_OK && (!data->synthetic || o->validation > 0))
        status = make_splits(what, data, o, err);
    if (status == VN_OK && !data->synthetic && data->shape.height > 0)
        status = vn_normal_make(data, format, o, err);
    if (status == VN_OK && o->augment != NULL && data->shape.height == 0)
        status =
            vn_fail(err, VN_EUSAGE,
                    "--augment is of images, and '%s' holds tokens", what);
    if (status == VN_OK && o->augment != NULL)
        status = read_augment(o->augment, &data->augment, err);
    return status;
}

enum vn_status
vn_data_open(const char *what, const struct vn_model *model, int context,
             const struct vn_data_options *options, struct vn_data *data,
             struct vn_error *err)
{
    size_t name = strcspn(what, ":");
    const char *rest = what[name] == ':' ? what + name + 1 : "";
    const struct vn_data_format *format = find_format(what, name);
    bool sequence;
    enum vn_status status;

    *data = (struct vn_data){.context = context};
    if (*rest == '\0' && format == &formats[0])
        rest = FASHION_MNIST;
    if (format != NULL && *rest != '\0')
        status = format->read(rest, data, err);
    else if (strncmp(what, "synthetic", name) == 0 && name == 9)
        status = make_synthetic(rest, false, model, data, err);
    else if (strncmp(what, "synthetic32", name) == 0 && name == 11)
        status = make_synthetic(rest, true, model, data, err);
    else
        return vn_fail(err, VN_EUSAGE, "--data: '%s' is wrong, expected %s",
                       what, vn_data_formats);
    sequence = data->shape.height == 0;
    if (status == VN_OK && model != NULL && sequence != model->sequence)
        status = vn_fail(err, VN_EUSAGE, "%s learns %s, and '%s' holds %s",
                         model->name, model->sequence ? "bytes" : "images",
                         what, sequence ? "bytes" : "images");
    if (status == VN_OK)
        status = finish(what, format, options, data, err);
    if (status != VN_OK)
        vn_data_close(data);
    return status;
}

static void
examples_free(struct vn_examples *e)
{
    if (!e->borrows) {
        free(e->values.owned);
        free(e->labels.owned);
    }
    free(e->rows);
}

void
vn_data_close(struct vn_data *data)
{
    examples_free(&data->validation);
    examples_free(&data->test);
    examples_free(&data->train);
    for (int i = 0; i < data->nfiles; i++)
        vn_arrays_free(&data->files[i]);
    vn_normal_free(&data->normal);
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
