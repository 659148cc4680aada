/*
 * The kinds of layers that a model file may list.  To add one, write a
 * function that reads its keys, checks that it suits what stands before it
 * and appends it, give it a row in the table below, and describe it in
 * vnexec-model(5).
 */
#include "config.h"

#include "vnode_exec/model/build.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    WIDTH = 1 << 16, /* of a layer, at most */
    WINDOW = 11,     /* of a convolution: rows and columns */
    STRIDE = 8,
    HEADS = 256,
    REPEAT = 1000
};

static const struct vn_node *
node_at(const struct vn_build *b, int at)
{
    return &b->g->nodes[at];
}

/* Fail unless what stands before is an image. */
static enum vn_status
need_image(const struct vn_build *b, const struct vn_yaml *entry, int at,
           const char *kind, struct vn_error *err)
{
    char text[64];

    if (node_at(b, at)->height > 0)
        return VN_OK;
    return vn_yaml_fail(entry, err, "%s of %s, expected an image before it",
                        kind, vn_build_shape(node_at(b, at), text));
}

/* A key's number, kept where the key is not there. */
static enum vn_status
read_int(struct vn_build *b, const struct vn_yaml *entry, const char *key,
         int64_t min, int64_t max, int64_t *value, struct vn_error *err)
{
    const struct vn_yaml *node = vn_yaml_at(entry, key);

    return node != NULL
               ? vn_expression_int(node, key, &b->named, min, max, value, err)
               : VN_OK;
}

/* The number that stands behind the kind's own key. */
static enum vn_status
read_own(struct vn_build *b, const struct vn_yaml *entry, const char *kind,
         const struct vn_yaml *value, int64_t max, int64_t *to,
         struct vn_error *err)
{
    if (value == NULL)
        return vn_yaml_fail(entry, err,
                            "'%s' alone, expected its size, as in "
                            "'%s: 64'",
                            kind, kind);
    return vn_expression_int(value, kind, &b->named, 1, max, to, err);
}

/* Kinds that have no number: nothing stands behind the key. */
static enum vn_status
no_value(const struct vn_yaml *value, const char *kind, struct vn_error *err)
{
    if (value == NULL
        || (value->kind == VN_YAML_SCALAR && value->text[0] == '\0')
        || (value->kind == VN_YAML_MAP && value->n == 0))
        return VN_OK;
    return vn_yaml_fail(value, err,
                        "something stands behind '%s', expected "
                        "nothing",
                        kind);
}

static enum vn_status
build_linear(struct vn_build *b, const struct vn_yaml *entry,
             const struct vn_yaml *value, int *at, struct vn_error *err)
{
    const struct vn_yaml *init = vn_yaml_at(entry, "init");
    const struct vn_node *in = node_at(b, *at);
    size_t k = in->height > 0 ? in->rows * in->width : in->width;
    int64_t out = 0;
    bool relu = false;
    float spread;
    char name[48];
    enum vn_status status =
        read_own(b, entry, "linear", value, WIDTH, &out, err);

    if (status == VN_OK)
        status = vn_yaml_bool(entry, "relu", &relu, err);
    spread = sqrtf((relu ? 2 : 1) / (float) k);
    if (status == VN_OK && init != NULL) {
        struct vn_named named = b->named;

        vn_named_set(&named, "in", (double) k);
        status =
            vn_expression_float(init, "init", &named, 0, 100, &spread, err);
    }
    if (status == VN_OK && k > (size_t) (1 << 30) / (size_t) out)
        status = vn_yaml_fail(entry, err,
                              "%zu x %lld weights, expected at most 2^30", k,
                              (long long) out);
    if (status == VN_OK)
        status = vn_build_name(b, entry, "linear", name, err);
    if (status == VN_OK)
        *at = vn_graph_linear(b->g, name, *at, (int) out, relu, -1, spread);
    return status;
}

static enum vn_status
build_tied(struct vn_build *b, const struct vn_yaml *entry,
           const struct vn_yaml *value, int *at, struct vn_error *err)
{
    const struct vn_param *table;
    const char *name, *names[8];
    char text[64];
    int i = 0, n = b->ntables;
    enum vn_status status;

    if (value == NULL)
        return vn_yaml_fail(entry, err,
                            "'tied' alone, expected an embedding's name");
    status = vn_yaml_as_text(value, "tied", &name, err);
    if (status != VN_OK)
        return status;
    while (i < n && strcmp(b->tables[i], name) != 0)
        i++;
    for (int j = 0; j < n && j < 8; j++)
        names[j] = b->tables[j];
    if (i == n) {
        const char *near = vn_names_nearest(name, names, (size_t) n);

        return vn_yaml_fail(value, err,
                            "no embedding is called '%s', expected "
                            "%s",
                            name,
                            near != NULL ? near
                                         : "one that stands "
                                           "before");
    }
    table = &b->g->params[b->table[i]];
    if (node_at(b, *at)->width != table->dims[1])
        return vn_yaml_fail(entry, err,
                            "%s comes in, expected the embedding's width of "
                            "%zu",
                            vn_build_shape(node_at(b, *at), text),
                            table->dims[1]);
    *at = vn_graph_tied(b->g, *at, b->table[i], (int) table->dims[0]);
    return VN_OK;
}

static enum vn_status
build_conv(struct vn_build *b, const struct vn_yaml *entry,
           const struct vn_yaml *value, int *at, struct vn_error *err)
{
    int64_t out = 0, size = 3, stride = 1;
    bool relu = false;
    char name[48];
    enum vn_status status =
        read_own(b, entry, "conv", value, WIDTH, &out, err);

    if (status == VN_OK)
        status = read_int(b, entry, "size", 1, WINDOW, &size, err);
    if (status == VN_OK && size % 2 == 0)
        status = vn_yaml_fail(vn_yaml_at(entry, "size"), err,
                              "size is %lld, expected an odd number",
                              (long long) size);
    if (status == VN_OK)
        status = read_int(b, entry, "stride", 1, STRIDE, &stride, err);
    if (status == VN_OK)
        status = vn_yaml_bool(entry, "relu", &relu, err);
    if (status == VN_OK)
        status = need_image(b, entry, *at, "a convolution", err);
    if (status == VN_OK)
        status = vn_build_name(b, entry, "conv", name, err);
    if (status != VN_OK)
        return status;
    *at = vn_graph_conv(b->g, name, *at, (int) out, (int) size, (int) stride);
    if (relu)
        *at = vn_graph_relu(b->g, *at);
    return VN_OK;
}

static enum vn_status
build_batchnorm(struct vn_build *b, const struct vn_yaml *entry,
                const struct vn_yaml *value, int *at, struct vn_error *err)
{
    bool relu = false;
    char name[48];
    enum vn_status status = no_value(value, "batchnorm", err);

    if (status == VN_OK)
        status = vn_yaml_bool(entry, "relu", &relu, err);
    if (status == VN_OK)
        status = vn_build_name(b, entry, "norm", name, err);
    if (status == VN_OK)
        *at = vn_graph_batchnorm(b->g, name, *at, -1, relu);
    return status;
}

static enum vn_status
build_layernorm(struct vn_build *b, const struct vn_yaml *entry,
                const struct vn_yaml *value, int *at, struct vn_error *err)
{
    char name[48];
    enum vn_status status = no_value(value, "layernorm", err);

    if (status == VN_OK && *at == 0)
        *at = vn_graph_copy(b->g, *at);
    if (status == VN_OK)
        status = vn_build_name(b, entry, "norm", name, err);
    if (status == VN_OK)
        *at = vn_graph_layernorm(b->g, name, *at);
    return status;
}

static enum vn_status
build_relu(struct vn_build *b, const struct vn_yaml *entry,
           const struct vn_yaml *value, int *at, struct vn_error *err)
{
    enum vn_status status = no_value(value, "relu", err);

    (void) entry;
    if (status == VN_OK)
        *at = vn_graph_relu(b->g, *at);
    return status;
}

static enum vn_status
build_gelu(struct vn_build *b, const struct vn_yaml *entry,
           const struct vn_yaml *value, int *at, struct vn_error *err)
{
    enum vn_status status = no_value(value, "gelu", err);

    (void) entry;
    if (status == VN_OK)
        *at = vn_graph_gelu(b->g, *at);
    return status;
}

static enum vn_status
build_dropout(struct vn_build *b, const struct vn_yaml *entry,
              const struct vn_yaml *value, int *at, struct vn_error *err)
{
    float p = 0;
    enum vn_status status;

    if (value == NULL)
        return vn_yaml_fail(entry, err,
                            "'dropout' alone, expected its probability, as in "
                            "'dropout: 0.1'");
    status =
        vn_expression_float(value, "dropout", &b->named, 0, 0.95F, &p, err);
    if (status == VN_OK)
        *at = vn_graph_drop(b->g, *at, p);
    return status;
}

static enum vn_status
build_pool(struct vn_build *b, const struct vn_yaml *entry,
           const struct vn_yaml *value, int *at, struct vn_error *err)
{
    static const char *const words[] = {"mean", NULL};
    int which = 0;
    enum vn_status status = VN_OK;

    if (value != NULL)
        status = vn_yaml_as_word(value, "pool", words, &which, err);
    if (status == VN_OK)
        status = need_image(b, entry, *at, "a pool", err);
    if (status == VN_OK)
        *at = vn_graph_pool(b->g, *at);
    return status;
}

static enum vn_status
build_embedding(struct vn_build *b, const struct vn_yaml *entry,
                const struct vn_yaml *value, int *at, struct vn_error *err)
{
    int64_t width = 0;
    char name[48];
    enum vn_status status;

    if (!b->model->sequence || *at != 0)
        return vn_yaml_fail(entry, err,
                            "an embedding here, expected it first, in a model "
                            "of tokens");
    status = read_own(b, entry, "embedding", value, WIDTH, &width, err);
    if (status == VN_OK)
        status = vn_build_name(b, entry, "embedding", name, err);
    if (status != VN_OK)
        return status;
    *at = vn_graph_embed(b->g, name, *at, b->shape->classes, (int) width);
    b->table[b->ntables] = node_at(b, *at)->params[0];
    snprintf(b->tables[b->ntables++], sizeof b->tables[0], "%s", name);
    return VN_OK;
}

static enum vn_status
build_attention(struct vn_build *b, const struct vn_yaml *entry,
                const struct vn_yaml *value, int *at, struct vn_error *err)
{
    const struct vn_node *in = node_at(b, *at);
    int64_t heads = 0;
    char text[64];
    enum vn_status status =
        read_own(b, entry, "attention", value, HEADS, &heads, err);

    if (status != VN_OK)
        return status;
    if (!b->model->sequence)
        return vn_yaml_fail(entry, err,
                            "attention in a model of images, expected tokens");
    if (in->width % 3 != 0)
        return vn_yaml_fail(entry, err,
                            "%s comes in, expected queries, keys and values "
                            "of one width beside each other",
                            vn_build_shape(in, text));
    if (in->width / 3 % (size_t) heads != 0)
        return vn_yaml_fail(value, err,
                            "a width of %zu cannot be split over %lld heads, "
                            "expected a number that divides it",
                            in->width / 3, (long long) heads);
    *at = vn_graph_attention(b->g, *at, (int) heads);
    return VN_OK;
}

/* Have the sum at the end of a block, on the way of its last layer if that
 * can do it. */
static void
join(struct vn_build *b, int shortcut, bool relu, int *at)
{
    struct vn_node *last = &b->g->nodes[*at];
    bool alone = *at == b->g->nnodes - 1 && !last->relu && last->inputs[1] < 0
                 && shortcut < *at;
    bool norm = strcmp(last->layer->name, "batch norm") == 0;
    bool linear =
        strcmp(last->layer->name, "linear") == 0 && !last->transposed && !relu;

    if (alone && (norm || linear)) {
        last->inputs[1] = shortcut;
        last->relu = relu;
        return;
    }
    *at = vn_graph_add(b->g, *at, shortcut);
    if (relu)
        *at = vn_graph_relu(b->g, *at);
}

static enum vn_status
build_residual(struct vn_build *b, const struct vn_yaml *entry,
               const struct vn_yaml *value, int *at, struct vn_error *err)
{
    const struct vn_yaml *shortcut = vn_yaml_at(entry, "shortcut");
    const struct vn_node *one, *two;
    char first[64], second[64];
    bool relu = false;
    int from, by;
    enum vn_status status = VN_OK;

    if (value == NULL)
        return vn_yaml_fail(entry, err,
                            "'residual' alone, expected its layers");
    if (*at == 0)
        *at = vn_graph_copy(b->g, *at);
    from = by = *at;
    b->shared[from] = true;
    if (shortcut != NULL)
        status = vn_build_list(b, shortcut, "shortcut", &by, err);
    if (status == VN_OK)
        status = vn_build_list(b, value, "residual", &from, err);
    if (status == VN_OK)
        status = vn_yaml_bool(entry, "relu", &relu, err);
    if (status != VN_OK)
        return status;
    one = node_at(b, from);
    two = node_at(b, by);
    if (one->rows != two->rows || one->width != two->width
        || one->height != two->height)
        return vn_yaml_fail(entry, err,
                            "the block gives %s and its shortcut %s, expected "
                            "the same",
                            vn_build_shape(one, first),
                            vn_build_shape(two, second));
    join(b, by, relu, &from);
    *at = from;
    return VN_OK;
}

/* Layers again and again; with a name they have it before theirs. */
static enum vn_status
build_repeat(struct vn_build *b, const struct vn_yaml *entry,
             const struct vn_yaml *value, int *at, struct vn_error *err)
{
    const struct vn_yaml *layers, *node = vn_yaml_at(entry, "name");
    char prefix[sizeof b->prefix], word[256];
    const char *name = NULL;
    int64_t times = 0;
    enum vn_status status =
        read_own(b, entry, "repeat", value, REPEAT, &times, err);

    if (status == VN_OK)
        status = vn_yaml_need(entry, "layers", &layers, err);
    if (status == VN_OK && node != NULL)
        status = vn_yaml_as_text(node, "name", &name, err);
    if (status == VN_OK && name == NULL && times > 1)
        name = "block";
    snprintf(prefix, sizeof prefix, "%s", b->prefix);
    for (int64_t i = 0; status == VN_OK && i < times; i++) {
        if (name != NULL) {
            int n;

            snprintf(word, sizeof word, "%s%.100s", prefix, name);
            n = snprintf(b->prefix, sizeof b->prefix, "%s%.100s%d.", prefix,
                         name, vn_build_count(b, word));
            if (n > 36)
                status = vn_yaml_fail(node != NULL ? node : entry, err,
                                      "the layers' names begin with '%s', "
                                      "expected at most 36 letters",
                                      b->prefix);
        }
        if (status == VN_OK)
            status = vn_build_list(b, layers, "layers", at, err);
    }
    snprintf(b->prefix, sizeof b->prefix, "%s", prefix);
    return status;
}

/* clang-format off: a row a kind */
const struct vn_kind vn_kinds[] = {
    {"linear", {"linear", "name", "relu", "init"}, false, build_linear},
    {"tied", {"tied"}, false, build_tied},
    {"conv", {"conv", "name", "size", "stride", "relu"}, false, build_conv},
    {"batchnorm", {"batchnorm", "name", "relu"}, true, build_batchnorm},
    {"layernorm", {"layernorm", "name"}, false, build_layernorm},
    {"relu", {"relu"}, true, build_relu},
    {"gelu", {"gelu"}, true, build_gelu},
    {"dropout", {"dropout"}, false, build_dropout},
    {"pool", {"pool"}, true, build_pool},
    {"embedding", {"embedding", "name"}, false, build_embedding},
    {"attention", {"attention"}, true, build_attention},
    {"residual", {"residual", "shortcut", "relu"}, false, build_residual},
    {"repeat", {"repeat", "name", "layers"}, false, build_repeat},
    {NULL, {NULL}, false, NULL},
};
/* clang-format on */
