/* Means and deviations by which values are normalised. */
#include "config.h"

#include "base/option.h"
#include "base/xalloc.h"
#include "vnode_exec/data/data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void
set_all(struct vn_normal *normal, float mean, float scale)
{
    for (int c = 0; c < normal->channels; c++) {
        normal->mean[c] = mean;
        normal->scale[c] = scale;
    }
}

/* The training examples' mean and deviation, by channel. */
static enum vn_status
take_own(struct vn_data *data, struct vn_error *err)
{
    struct vn_normal *normal = &data->normal;
    const struct vn_examples *e = &data->train;
    size_t channels = (size_t) normal->channels;
    size_t n =
        (size_t) data->shape.height * (size_t) data->shape.width * channels;
    double *sum = vn_xcalloc(channels, sizeof *sum);
    double *square = vn_xcalloc(channels, sizeof *square);
    double count = (double) e->count * (double) (n / channels);
    float *x = vn_xcalloc(n, sizeof *x);
    int32_t label;
    enum vn_status status = VN_OK;

    set_all(normal, 0, 1);
    normal->uniform = true;
    for (size_t i = 0; i < e->count; i++) {
        vn_data_example(data, e, i, x, &label);
        for (size_t k = 0; k < n; k += channels)
            for (size_t c = 0; c < channels; c++) {
                sum[c] += (double) x[k + c];
                square[c] += (double) x[k + c] * (double) x[k + c];
            }
    }
    for (size_t c = 0; status == VN_OK && c < channels; c++) {
        double mean = sum[c] / count, v = square[c] / count - mean * mean;

        if (!isfinite(mean) || !isfinite(v))
            status = vn_fail(err, VN_EFORMAT,
                             "--data: a value of channel %zu is not finite, "
                             "so it has no mean",
                             c);
        normal->mean[c] = (float) mean;
        normal->scale[c] =
            v > 1e-12 * (mean * mean + 1) ? (float) (1 / sqrt(v)) : 1;
    }
    free(sum);
    free(square);
    free(x);
    return status;
}

/* "A,B": a value is (x - A) / B. */
static enum vn_status
take_pair(const char *text, struct vn_normal *normal, struct vn_error *err)
{
    char *end = NULL, *last = NULL;
    double mean = strtod(text, &end);
    double deviation = *end == ',' ? strtod(end + 1, &last) : 0;

    if (end == text || *end != ',' || last == end + 1 || *last != '\0'
        || !isfinite(mean) || !isfinite(deviation) || deviation <= 0)
        return vn_args_refuse(err, "normalise", text,
                              "own, none, or MEAN,DEVIATION");
    set_all(normal, (float) mean, (float) (1 / deviation));
    return VN_OK;
}

static enum vn_status
copy_given(const struct vn_normal *given, struct vn_normal *normal,
           struct vn_error *err)
{
    if (given->channels != normal->channels)
        return vn_fail(err, VN_EINVAL,
                       "the data have %d channels, and those trained on had "
                       "%d",
                       normal->channels, given->channels);
    for (int c = 0; c < normal->channels; c++) {
        normal->mean[c] = given->mean[c];
        normal->scale[c] = given->scale[c];
    }
    return VN_OK;
}

enum vn_status
vn_normal_make(struct vn_data *data, const struct vn_data_format *format,
               const struct vn_data_options *o, struct vn_error *err)
{
    struct vn_normal *normal = &data->normal;
    size_t channels = (size_t) data->shape.channels;
    enum vn_status status = VN_OK;

    normal->channels = (int) channels;
    normal->mean = vn_xcalloc(channels, sizeof *normal->mean);
    normal->scale = vn_xcalloc(channels, sizeof *normal->scale);
    if (o->given != NULL)
        status = copy_given(o->given, normal, err);
    else if (o->normalise != NULL && strcmp(o->normalise, "none") == 0)
        set_all(normal, 0, 1);
    else if (o->normalise != NULL && strcmp(o->normalise, "own") != 0)
        status = take_pair(o->normalise, normal, err);
    else if (o->normalise == NULL && format->scale != 0)
        set_all(normal, format->mean, format->scale);
    else
        status = take_own(data, err);
    normal->uniform = true;
    for (size_t c = 1; c < channels; c++)
        normal->uniform = normal->uniform && normal->mean[c] == normal->mean[0]
                          && normal->scale[c] == normal->scale[0];
    return status;
}

void
vn_normal_free(struct vn_normal *normal)
{
    free(normal->mean);
    free(normal->scale);
    *normal = (struct vn_normal){.channels = 0};
}
