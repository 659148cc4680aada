#include "config.h"

#include "vnode_exec/model/model.h"

#include "base/file.h"
#include "base/names.h"
#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTION_MOST = 1 << 16
};

static const char *const keys[] = {"summary", "learns", "optimizer", "rate",
                                   "options", "layers", NULL};

static enum vn_status
add_option(struct vn_model *m, const struct vn_yaml *node,
           struct vn_error *err)
{
    struct vn_model_options *o = &m->options;
    size_t n = strlen(node->key);
    int64_t value = 0;
    enum vn_status status =
        vn_yaml_as_int(node, node->key, 1, OPTION_MOST, &value, err);

    if (status != VN_OK)
        return status;
    if (o->n == VN_MODEL_OPTIONS)
        return vn_yaml_fail_key(node, err,
                                "more than %d options, expected "
                                "fewer",
                                VN_MODEL_OPTIONS);
    if (n >= sizeof o->name[0]
        || strspn(node->key, "abcdefghijklmnopqrstuvwxyz_") != n
        || strcmp(node->key, "sqrt") == 0 || strcmp(node->key, "in") == 0
        || strcmp(node->key, "classes") == 0)
        return vn_yaml_fail_key(node, err,
                                "an option is called '%s', expected up to 23 "
                                "small letters, and not in, classes or sqrt",
                                node->key);
    snprintf(o->name[o->n], sizeof o->name[0], "%s", node->key);
    o->value[o->n++] = (int) value;
    return VN_OK;
}

static enum vn_status
read_options(struct vn_model *m, struct vn_error *err)
{
    static const char *const any[] = {NULL};
    const struct vn_yaml *options = vn_yaml_at(m->tree, "options");
    enum vn_status status = VN_OK;

    if (options != NULL && options->kind != VN_YAML_MAP)
        return vn_yaml_keys(options, "options", any, err);
    for (size_t i = 0; options != NULL && status == VN_OK && i < options->n;
         i++)
        status = add_option(m, options->items[i], err);
    if (status == VN_OK && m->sequence && vn_model_option(m, "context") == 0)
        status = vn_yaml_fail(m->tree, err,
                              "no option 'context', expected the tokens that "
                              "a model of sequences sees among its options");
    return status;
}

static enum vn_status
read_head(struct vn_model *m, struct vn_error *err)
{
    static const char *const learns[] = {"images", "tokens", NULL};
    static const char *const optimizers[] = {"sgd", "adamw", NULL};
    const struct vn_yaml *node;
    int what = 0, optimizer = 0;
    enum vn_status status = vn_yaml_keys(m->tree, "a model", keys, err);

    m->summary = "";
    if (status == VN_OK)
        status = vn_yaml_text(m->tree, "summary", &m->summary, err);
    if (status == VN_OK)
        status = vn_yaml_need(m->tree, "learns", &node, err);
    if (status == VN_OK)
        status = vn_yaml_word(m->tree, "learns", learns, &what, err);
    if (status == VN_OK)
        status =
            vn_yaml_word(m->tree, "optimizer", optimizers, &optimizer, err);
    if (status == VN_OK)
        status = vn_yaml_real(m->tree, "rate", 0, 1e6, &m->rate, err);
    m->sequence = what == 1;
    m->optimizer = optimizers[optimizer];
    return status == VN_OK ? read_options(m, err) : status;
}

enum vn_status
vn_model_parse(const char *text, size_t size, const char *name,
               const char *file, struct vn_model **model, struct vn_error *err)
{
    struct vn_model *m = vn_xcalloc(1, sizeof *m);
    enum vn_status status;

    *model = m;
    snprintf(m->name, sizeof m->name, "%s", name);
    m->file = file;
    m->text = vn_xcalloc(size + 1, 1);
    memcpy(m->text, text, size);
    m->size = size;
    status = vn_yaml_parse(m->text, size, file, &m->tree, err);
    if (status == VN_OK)
        status = read_head(m, err);
    if (status == VN_OK)
        return VN_OK;
    vn_model_close(m);
    *model = NULL;
    return status;
}

/* The file's name without folder and end; "model" where nothing is left. */
static void
name_of(const char *path, char *name, size_t size)
{
    const char *slash = strrchr(path, '/');
    const char *from = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(from, '.');
    int n =
        dot != NULL && dot > from ? (int) (dot - from) : (int) strlen(from);

    snprintf(name, size, "%.*s", n, from);
    for (char *p = name; *p != '\0'; p++)
        if (*p == ',' || *p == '\n' || *p == '=' || *p == ' ')
            *p = '_';
    if (name[0] == '\0')
        snprintf(name, size, "model");
}

static enum vn_status
open_file(const char *path, struct vn_model **model, struct vn_error *err)
{
    char name[64], *text;
    size_t size;
    enum vn_status status =
        vn_file_bytes(path, VN_YAML_BYTES, &text, &size, err);

    name_of(path, name, sizeof name);
    if (status == VN_OK)
        status = vn_model_parse(text, size, name, path, model, err);
    free(text);
    return status;
}

static bool
is_path(const char *name)
{
    size_t n = strlen(name);

    return strchr(name, '/') != NULL || strcmp(name, "-") == 0
           || (n > 5 && strcmp(name + n - 5, ".yaml") == 0)
           || (n > 4 && strcmp(name + n - 4, ".yml") == 0);
}

enum vn_status
vn_model_open(const char *name, struct vn_model **model, struct vn_error *err)
{
    const char *names[32], *near;
    size_t n = 0;

    *model = NULL;
    if (is_path(name))
        return open_file(name, model, err);
    for (; vn_shipped[n].name != NULL && n < 32; n++) {
        names[n] = vn_shipped[n].name;
        if (strcmp(name, names[n]) == 0)
            return vn_model_parse(vn_shipped[n].text,
                                  strlen(vn_shipped[n].text), name, names[n],
                                  model, err);
    }
    near = vn_names_nearest(name, names, n);
    return vn_fail(err, VN_EUSAGE,
                   "no model is called '%s'%s%s%s, expected %s or a FILE.yaml",
                   name, near != NULL ? "; did you mean '" : "",
                   near != NULL ? near : "", near != NULL ? "'?" : "",
                   "mlp, resnet8, resnet20, gpt");
}

void
vn_model_close(struct vn_model *m)
{
    if (m == NULL)
        return;
    vn_yaml_free(m->tree);
    free(m->text);
    free(m);
}

static int
find_option(const struct vn_model *m, const char *option)
{
    int i = 0;

    while (i < m->options.n && strcmp(m->options.name[i], option) != 0)
        i++;
    return i < m->options.n ? i : -1;
}

int
vn_model_option(const struct vn_model *m, const char *option)
{
    int i = find_option(m, option);

    return i >= 0 ? m->options.value[i] : 0;
}

enum vn_status
vn_model_set(struct vn_model *m, const char *option, int value,
             struct vn_error *err)
{
    const char *names[VN_MODEL_OPTIONS], *near;
    char all[256] = "none";
    size_t used = 0;
    int i = find_option(m, option);

    if (i >= 0 && value >= 1 && value <= OPTION_MOST) {
        m->options.value[i] = value;
        return VN_OK;
    }
    if (i >= 0)
        return vn_fail(err, VN_EUSAGE,
                       "option '%s' of model %s is %d, expected 1 to %d",
                       option, m->name, value, OPTION_MOST);
    for (i = 0; i < m->options.n && used < sizeof all; i++) {
        names[i] = m->options.name[i];
        used += (size_t) snprintf(all + used, sizeof all - used, "%s%s",
                                  i > 0 ? ", " : "", names[i]);
    }
    near = vn_names_nearest(option, names, (size_t) m->options.n);
    return vn_fail(err, VN_EUSAGE, "model %s has no option '%s', expected %s",
                   m->name, option, near != NULL ? near : all);
}
