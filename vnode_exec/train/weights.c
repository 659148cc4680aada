#include "config.h"

#include "vnode_exec/train/weights.h"

#include "base/names.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const states[] = {"momentum.", "exp_avg.", "exp_avg_sq."};

/* Is the parameter the running mean of squares of a norm? */
static bool
is_square(const struct vn_param *p)
{
    size_t n = strlen(p->name);

    return p->kind == VN_STATISTIC && n > 7
           && strcmp(p->name + n - 7, ".square") == 0;
}

/* PyTorch's name of a parameter. */
static void
name_of(const struct vn_param *p, const char *prefix, char name[128])
{
    static const struct {
        const char *ours, *theirs;
    } words[] = {{"gamma", "weight"},       {"beta", "bias"},
                 {"mean", "running_mean"},  {"square", "running_var"},
                 {"token", "token.weight"}, {"position", "position.weight"}};
    const char *dot = strrchr(p->name, '.'), *word = dot + 1;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i].ours) == 0)
            word = words[i].theirs;
    snprintf(name, 128, "%s%.*s.%s", prefix, (int) (dot - p->name), p->name,
             word);
}

/* The shape that others see; returns the number of dimensions. */
static int
shape_of(const struct vn_param *p, size_t dims[4])
{
    switch (p->form) {
    case VN_FORM_VECTOR:
        dims[0] = p->size;
        return 1;
    case VN_FORM_TABLE:
        dims[0] = p->dims[0];
        dims[1] = p->dims[1];
        return 2;
    case VN_FORM_LINEAR:
        dims[0] = p->dims[2];
        dims[1] = p->dims[0] * p->dims[1];
        return 2;
    case VN_FORM_CONV:
        dims[0] = p->dims[3];
        dims[1] = p->dims[2];
        dims[2] = p->dims[0];
        dims[3] = p->dims[1];
        return 4;
    }
    return 0;
}

/* Where our float i lies with them. */
static size_t
place_of(const struct vn_param *p, size_t i)
{
    const size_t *d = p->dims;
    size_t last, channel, pixel;

    switch (p->form) {
    case VN_FORM_VECTOR:
    case VN_FORM_TABLE:
        break;
    case VN_FORM_LINEAR:
        last = i % d[2];
        channel = i / d[2] % d[1];
        pixel = i / d[2] / d[1];
        return (last * d[1] + channel) * d[0] + pixel;
    case VN_FORM_CONV:
        last = i % d[3];
        channel = i / d[3] % d[2];
        pixel = i / d[3] / d[2];
        return (last * d[2] + channel) * d[0] * d[1] + pixel;
    }
    return i;
}

static void
export_one(const struct vn_graph *g, int number, const float *vector,
           const char *prefix, struct vn_arrays *arrays)
{
    const struct vn_param *p = &g->params[number];
    const float *from = vector + p->offset;
    float *to = vn_xcalloc(p->size, sizeof *to);
    size_t dims[4];
    char name[128];

    for (size_t i = 0; i < p->size; i++)
        to[place_of(p, i)] = from[i];
    /* The mean stands before the mean of squares. */
    if (is_square(p) && prefix[0] == '\0') {
        const float *mean = vector + g->params[number - 1].offset;

        for (size_t i = 0; i < p->size; i++)
            to[i] = fmaxf(fmaf(-mean[i], mean[i], from[i]), 0);
    }
    name_of(p, prefix, name);
    vn_arrays_add(arrays, name, shape_of(p, dims), dims, to);
}

void
vn_weights_export(const struct vn_graph *g, const struct vn_state *state,
                  bool with_state, struct vn_arrays *arrays)
{
    for (int i = 0; i < g->nparams; i++)
        export_one(g, i, state->vectors[0], "", arrays);
    for (int v = 1; with_state && v < state->nvectors; v++)
        for (int i = 0; i < g->nparams; i++)
            if (g->params[i].kind != VN_STATISTIC)
                export_one(g, i, state->vectors[v],
                           states[state->nvectors == 2 ? 0 : v], arrays);
}

/* Is an array one that has no place here and need not have? */
static bool
is_ignored(const char *name)
{
    size_t n = strlen(name);

    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (strncmp(name, states[i], strlen(states[i])) == 0)
            return true;
    if (strncmp(name, "input.", 6) == 0)
        return true;
    return n > 19 && strcmp(name + n - 19, "num_batches_tracked") == 0;
}

static enum vn_status
import_one(const struct vn_graph *g, int number,
           const struct vn_arrays *arrays, const char *path, float *params,
           struct vn_error *err)
{
    const struct vn_param *p = &g->params[number];
    float *to = params + p->offset, *theirs;
    struct vn_array want = {.ndims = 0};
    const struct vn_array *a;
    char name[128], have[128], shape[128];

    name_of(p, "", name);
    a = vn_arrays_find(arrays, name);
    if (a == NULL)
        return vn_fail(err, VN_EFORMAT,
                       "%s: no array is called '%s', which the model has",
                       path, name);
    want.ndims = shape_of(p, want.dims);
    if (a->ndims != want.ndims
        || memcmp(a->dims, want.dims, (size_t) want.ndims * sizeof *want.dims)
               != 0)
        return vn_fail(
            err, VN_EFORMAT, "%s: '%s' is %s, expected %s as the model has it",
            path, name, vn_array_shape(a, have), vn_array_shape(&want, shape));
    theirs = vn_xcalloc(p->size, sizeof *theirs);
    vn_array_floats(a, 0, p->size, theirs);
    for (size_t i = 0; i < p->size; i++)
        to[i] = theirs[place_of(p, i)];
    if (is_square(p)) {
        const float *mean = params + g->params[number - 1].offset;

        for (size_t i = 0; i < p->size; i++)
            to[i] = fmaf(mean[i], mean[i], to[i]);
    }
    for (size_t i = 0; i < p->size; i++)
        if (!isfinite(to[i])) {
            free(theirs);
            return vn_fail(err, VN_EFORMAT,
                           "%s: '%s' holds a number that is not finite", path,
                           name);
        }
    free(theirs);
    return VN_OK;
}

enum vn_status
vn_weights_import(const struct vn_graph *g, const struct vn_arrays *arrays,
                  const char *path, float *params, struct vn_error *err)
{
    struct vn_names names = {0};
    enum vn_status status = VN_OK;
    char name[128];

    for (int i = 0; status == VN_OK && i < g->nparams; i++) {
        name_of(&g->params[i], "", name);
        vn_names_add(&names, name);
        status = import_one(g, i, arrays, path, params, err);
    }
    for (int i = 0; status == VN_OK && i < arrays->n; i++)
        if (vn_names_find(&names, arrays->list[i].name) < 0
            && !is_ignored(arrays->list[i].name))
            status =
                vn_fail(err, VN_EFORMAT, "%s: '%s' has no place in the model",
                        path, arrays->list[i].name);
    vn_names_free(&names);
    return status;
}
