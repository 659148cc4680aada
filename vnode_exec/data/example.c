/*
 * An example as a model takes it: its values normalised, or made up, and what
 * training draws for it.
 */
#include "config.h"

#include "vnode_exec/data/data.h"

#include "base/rng.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum {
    PURPOSE_SYNTHETIC = 0x73796e74,
    PURPOSE_AUGMENT = 0x6175676d
};

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

/* Normalise n values, of which the channel is the last place. */
static void
normalise(const struct vn_normal *normal, size_t n, float *x)
{
    size_t channels = (size_t) normal->channels;

    if (normal->uniform) {
        float mean = normal->mean[0], scale = normal->scale[0];

        for (size_t i = 0; i < n; i++)
            x[i] = (x[i] - mean) * scale;
    } else {
        for (size_t i = 0; i < n; i += channels)
            for (size_t c = 0; c < channels; c++)
                x[i + c] = (x[i + c] - normal->mean[c]) * normal->scale[c];
    }
}

/* Have [channel][pixel] as [pixel][channel]. */
static void
turn(const struct vn_array *values, size_t from, size_t pixels,
     size_t channels, float *x)
{
    for (size_t c = 0; c < channels; c++)
        for (size_t i = 0; i < pixels; i++)
            x[i * channels + c] =
                (float) vn_array_at(values, from + c * pixels + i);
}

void
vn_data_example(const struct vn_data *data, const struct vn_examples *split,
                size_t example, void *input, int32_t *labels)
{
    const struct vn_shape *s = &data->shape;
    size_t row = split->rows != NULL ? split->rows[example] : example;

    if (data->synthetic) {
        synthetic_example(data, split == &data->test, row, input, labels);
    } else if (s->height == 0) {
        size_t n = (size_t) data->context;
        int32_t *ids = input;

        for (size_t i = 0; i < n; i++)
            ids[i] = (int32_t) vn_array_at(&split->values, row * n + i);
        for (size_t i = 0; i + 1 < n; i++)
            labels[i] = ids[i + 1];
        labels[n - 1] = (int32_t) vn_array_at(&split->values, row * n + n);
    } else {
        size_t pixels = (size_t) s->height * (size_t) s->width;
        size_t channels = (size_t) s->channels, n = pixels * channels;

        labels[0] = split->labels.count > 0
                        ? (int32_t) vn_array_at(&split->labels, row)
                        : 0;
        if (split->channels_first)
            turn(&split->values, row * n, pixels, channels, input);
        else
            vn_array_floats(&split->values, row * n, n, input);
        normalise(&data->normal, n, input);
    }
}

/* Rows and columns moved by (down, right); what comes in is black. */
static void
shift(const struct vn_data *data, int down, int right, float *image)
{
    const struct vn_shape *s = &data->shape;
    size_t channels = (size_t) s->channels;
    size_t n = (size_t) s->height * (size_t) s->width * channels;
    float *from = vn_xcalloc(n, sizeof *from);

    memcpy(from, image, n * sizeof *from);
    for (int y = 0; y < s->height; y++)
        for (int x = 0; x < s->width; x++) {
            int sy = y - down, sx = x - right;
            float *to = image + (size_t) (y * s->width + x) * channels;
            bool inside =
                sy >= 0 && sy < s->height && sx >= 0 && sx < s->width;

            for (size_t c = 0; c < channels; c++)
                to[c] =
                    inside ? from[(size_t) (sy * s->width + sx) * channels + c]
                    : data->synthetic
                        ? 0
                        : -data->normal.mean[c] * data->normal.scale[c];
        }
    free(from);
}

static void
flip(const struct vn_shape *s, float *image)
{
    size_t channels = (size_t) s->channels, width = (size_t) s->width;

    for (int y = 0; y < s->height; y++) {
        float *row = image + (size_t) y * width * channels;

        for (size_t x = 0; x < width / 2; x++)
            for (size_t c = 0; c < channels; c++) {
                size_t a = x * channels + c;
                size_t b = (width - 1 - x) * channels + c;
                float kept = row[a];

                row[a] = row[b];
                row[b] = kept;
            }
    }
}

void
vn_data_augment(const struct vn_data *data, uint64_t seed, uint64_t position,
                float *image)
{
    const struct vn_augment *a = &data->augment;
    struct vn_rng rng = vn_rng_stream(seed, PURPOSE_AUGMENT, position);
    bool turned = vn_rng_below(&rng, 2) == 1;

    if (data->shape.height == 0)
        return;
    if (a->flip && turned)
        flip(&data->shape, image);
    if (a->crop > 0) {
        uint64_t range = 2 * (uint64_t) a->crop + 1;
        int down = (int) vn_rng_below(&rng, range) - a->crop;
        int right = (int) vn_rng_below(&rng, range) - a->crop;

        shift(data, down, right, image);
    }
}
