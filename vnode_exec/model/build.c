#include "config.h"

#include "vnode_exec/model/build.h"

#include "base/xalloc.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH = 12,      /* lists of layers within one another */
    FLOATS = 1 << 30 /* parameters, and an example's values, at most */
};

const char *
vn_build_shape(const struct vn_node *node, char text[64])
{
    if (node->height > 0)
        snprintf(text, 64, "%d x %zu x %zu", node->height,
                 node->rows / (size_t) node->height, node->width);
    else if (node->rows > 1)
        snprintf(text, 64, "%zu tokens x %zu", node->rows, node->width);
    else
        snprintf(text, 64, "%zu", node->width);
    return text;
}

int
vn_build_count(struct vn_build *b, const char *word)
{
    return ++b->counts[vn_names_add(&b->counted, word)];
}

enum vn_status
vn_build_name(struct vn_build *b, const struct vn_yaml *entry,
              const char *kind, char name[48], struct vn_error *err)
{
    const struct vn_yaml *node = vn_yaml_at(entry, "name");
    const char *own = kind;
    char full[256];
    enum vn_status status = VN_OK;

    if (node != NULL) {
        status = vn_yaml_as_text(node, "name", &own, err);
        for (const char *p = own; status == VN_OK && *p != '\0'; p++)
            if (!isalnum((unsigned char) *p) && *p != '_')
                status = vn_yaml_fail(node, err,
                                      "name is '%s', expected letters, "
                                      "digits and _",
                                      own);
        snprintf(full, sizeof full, "%s%.100s", b->prefix, own);
    } else {
        node = entry;
        snprintf(full, sizeof full, "%s%s", b->prefix, kind);
        snprintf(full, sizeof full, "%s%s%d", b->prefix, kind,
                 vn_build_count(b, full));
    }
    if (status == VN_OK && strlen(full) > 36)
        return vn_yaml_fail(node, err,
                            "the layer is called '%s', expected at most 36 "
                            "letters with what it stands in",
                            full);
    if (status == VN_OK && vn_names_find(&b->names, full) >= 0)
        return vn_yaml_fail(node, err,
                            "two layers are called '%s', expected one", full);
    if (status == VN_OK) {
        vn_names_add(&b->names, full);
        snprintf(name, 48, "%s", full);
    }
    return status;
}

/* The row of the table that an entry is of: that of its first key. */
static enum vn_status
find_kind(const struct vn_yaml *entry, const struct vn_kind **kind,
          const struct vn_yaml **value, struct vn_error *err)
{
    const char *names[32], *first, *near;
    size_t n = 0;

    if (entry->kind == VN_YAML_LIST
        || (entry->kind == VN_YAML_MAP ? entry->n == 0
                                       : entry->text[0] == '\0'))
        return vn_yaml_fail(entry, err,
                            "this is no layer, expected one such as "
                            "'linear: 512'");
    first = entry->kind == VN_YAML_MAP ? entry->items[0]->key : entry->text;
    *value = entry->kind == VN_YAML_MAP ? entry->items[0] : NULL;
    for (*kind = vn_kinds; (*kind)->name != NULL; ++*kind) {
        names[n++] = (*kind)->name;
        if (strcmp(first, (*kind)->name) == 0)
            return *value != NULL
                       ? vn_yaml_keys(entry, (*kind)->name, (*kind)->keys, err)
                       : VN_OK;
    }
    near = vn_names_nearest(first, names, n);
    if (near != NULL)
        return vn_yaml_fail(entry, err,
                            "'%s' is no kind of layer, did you mean '%s'?",
                            first, near);
    return vn_yaml_fail(entry, err,
                        "'%s' is no kind of layer, expected linear, conv, "
                        "batchnorm or another (see vnexec-model(5))",
                        first);
}

/* What follows from the size of a graph, at the entry that exceeds it. */
static enum vn_status
check_size(const struct vn_build *b, const struct vn_yaml *entry,
           struct vn_error *err)
{
    const struct vn_node *last = &b->g->nodes[b->g->nnodes - 1];

    if (b->g->nnodes > VN_GRAPH_LAYERS - 8
        || b->g->nparams > VN_GRAPH_PARAMS - 8)
        return vn_yaml_fail(entry, err,
                            "more than %d layers or %d parameters, expected "
                            "fewer",
                            VN_GRAPH_LAYERS - 8, VN_GRAPH_PARAMS - 8);
    if (b->g->vector > FLOATS || last->rows > FLOATS / last->width)
        return vn_yaml_fail(entry, err,
                            "with this layer the model has more than 2^30 "
                            "parameters, or values of an example, expected "
                            "fewer");
    return VN_OK;
}

static enum vn_status
build_entry(struct vn_build *b, const struct vn_yaml *entry, int *at,
            struct vn_error *err)
{
    const struct vn_kind *kind;
    const struct vn_yaml *value;
    enum vn_status status = find_kind(entry, &kind, &value, err);

    if (status == VN_OK)
        status = check_size(b, entry, err);
    if (status != VN_OK)
        return status;
    if (b->model->sequence && *at == 0 && strcmp(kind->name, "embedding") != 0)
        return vn_yaml_fail(entry, err,
                            "a model of tokens begins with '%s', expected an "
                            "embedding",
                            kind->name);
    if (kind->assigns && (*at == 0 || b->shared[*at]))
        *at = vn_graph_copy(b->g, *at);
    status = kind->build(b, entry, value, at, err);
    return status == VN_OK ? check_size(b, entry, err) : status;
}

enum vn_status
vn_build_list(struct vn_build *b, const struct vn_yaml *list, const char *what,
              int *at, struct vn_error *err)
{
    enum vn_status status = vn_yaml_list(list, what, 1, VN_GRAPH_LAYERS, err);

    if (status == VN_OK && ++b->depth > DEPTH)
        status = vn_yaml_fail(list, err,
                              "lists of layers nested more than %d deep, "
                              "expected less",
                              DEPTH);
    for (size_t i = 0; status == VN_OK && i < list->n; i++)
        status = build_entry(b, list->items[i], at, err);
    b->depth--;
    return status;
}

/* The last layer must give what the loss takes. */
static enum vn_status
finish(struct vn_build *b, const struct vn_yaml *layers, int at,
       struct vn_error *err)
{
    const struct vn_node *last = &b->g->nodes[at];
    const struct vn_yaml *where = layers->items[layers->n - 1];
    char text[64];

    if (last->rows != b->g->labels)
        return vn_yaml_fail(where, err,
                            "the last layer gives %s, expected one row: a "
                            "pool or linear layer",
                            vn_build_shape(last, text));
    if (last->width != (size_t) b->shape->classes)
        return vn_yaml_fail(where, err,
                            "the last layer gives %s, expected the %d classes "
                            "of the data",
                            vn_build_shape(last, text), b->shape->classes);
    if (b->shared[at] || at == 0)
        at = vn_graph_copy(b->g, at);
    vn_graph_loss(b->g, at);
    return VN_OK;
}

enum vn_status
vn_model_build(const struct vn_model *model, const struct vn_shape *shape,
               struct vn_graph *g, struct vn_error *err)
{
    struct vn_build *b = vn_xcalloc(1, sizeof *b);
    const struct vn_model_options *o = &model->options;
    const struct vn_yaml *layers;
    int at;
    enum vn_status status = vn_yaml_need(model->tree, "layers", &layers, err);

    *b = (struct vn_build){.g = g, .model = model, .shape = shape};
    for (int i = 0; i < o->n; i++)
        vn_named_set(&b->named, o->name[i], o->value[i]);
    vn_named_set(&b->named, "classes", shape->classes);
    at =
        model->sequence
            ? vn_graph_tokens(g, vn_model_option(model, "context"))
            : vn_graph_images(g, shape->height, shape->width, shape->channels);
    if (status == VN_OK)
        status = vn_build_list(b, layers, "layers", &at, err);
    if (status == VN_OK)
        status = finish(b, layers, at, err);
    vn_names_free(&b->names);
    vn_names_free(&b->counted);
    free(b);
    return status;
}
