/* What readers ask of a tree: base/yaml/yaml.h. */
#include "config.h"

#include "base/names.h"
#include "base/yaml/yaml.h"

#include <stdio.h>
#include <string.h>

/* What a node is, in words. */
static const char *
kind_text(const struct vn_yaml *node)
{
    return node->kind == VN_YAML_LIST  ? "a list"
           : node->kind == VN_YAML_MAP ? "a mapping"
           : node->text[0] == '\0'     ? "empty"
                                       : "a single value";
}

enum vn_status
vn_yaml_keys(const struct vn_yaml *node, const char *what,
             const char *const *keys, struct vn_error *err)
{
    size_t n = 0, k;

    if (node->kind != VN_YAML_MAP)
        return vn_yaml_fail(node, err, "%s is %s, expected a mapping", what,
                            kind_text(node));
    while (keys[n] != NULL)
        n++;
    for (size_t i = 0; i < node->n; i++) {
        const struct vn_yaml *item = node->items[i];
        const char *near;

        for (k = 0; k < n && strcmp(keys[k], item->key) != 0; k++)
            ;
        if (k < n)
            continue;
        near = vn_names_nearest(item->key, keys, n);
        if (near != NULL)
            return vn_yaml_fail_key(item, err,
                                    "unknown key '%s' of %s, did you mean "
                                    "'%s'?",
                                    item->key, what, near);
        return vn_yaml_fail_key(
            item, err, "unknown key '%s' of %s, expected '%s'%s", item->key,
            what, keys[0], n > 1 ? " or another" : "");
    }
    return VN_OK;
}

enum vn_status
vn_yaml_list(const struct vn_yaml *node, const char *what, size_t min,
             size_t max, struct vn_error *err)
{
    if (node->kind != VN_YAML_LIST)
        return vn_yaml_fail(node, err, "%s is %s, expected a list", what,
                            kind_text(node));
    if (node->n < min || node->n > max)
        return vn_yaml_fail(node, err,
                            "%s is a list of %zu, expected %zu to %zu items",
                            what, node->n, min, max);
    return VN_OK;
}

const struct vn_yaml *
vn_yaml_at(const struct vn_yaml *map, const char *key)
{
    for (size_t i = 0; map->kind == VN_YAML_MAP && i < map->n; i++)
        if (strcmp(map->items[i]->key, key) == 0)
            return map->items[i];
    return NULL;
}

enum vn_status
vn_yaml_need(const struct vn_yaml *map, const char *key,
             const struct vn_yaml **value, struct vn_error *err)
{
    *value = vn_yaml_at(map, key);
    return *value != NULL
               ? VN_OK
               : vn_yaml_fail(map, err, "no '%s', expected it here", key);
}

enum vn_status
vn_yaml_as_text(const struct vn_yaml *node, const char *what,
                const char **value, struct vn_error *err)
{
    if (node->kind != VN_YAML_SCALAR || node->text[0] == '\0')
        return vn_yaml_fail(node, err, "%s is %s, expected a text", what,
                            kind_text(node));
    *value = node->text;
    return VN_OK;
}

/* What a reader of base/number.h expected instead of node, or NULL. */
static enum vn_status
finish(const struct vn_yaml *node, const char *what, const char *expected,
       struct vn_error *err)
{
    if (expected == NULL)
        return VN_OK;
    if (node->kind != VN_YAML_SCALAR || node->text[0] == '\0')
        return vn_yaml_fail(node, err, "%s is %s, expected %s", what,
                            kind_text(node), expected);
    return vn_yaml_fail(node, err, "%s is '%s', expected %s", what, node->text,
                        expected);
}

static const char *
text_of(const struct vn_yaml *node)
{
    return node->kind == VN_YAML_SCALAR ? node->text : "";
}

enum vn_status
vn_yaml_as_int(const struct vn_yaml *node, const char *what, int64_t min,
               int64_t max, int64_t *value, struct vn_error *err)
{
    char why[VN_WHY_SIZE];

    return finish(node, what, vn_read_int(text_of(node), min, max, value, why),
                  err);
}

enum vn_status
vn_yaml_as_real(const struct vn_yaml *node, const char *what, double min,
                double max, double *value, struct vn_error *err)
{
    char why[VN_WHY_SIZE];

    return finish(node, what,
                  vn_read_real(text_of(node), min, max, value, why), err);
}

enum vn_status
vn_yaml_as_time(const struct vn_yaml *node, const char *what, vn_time min,
                vn_time max, vn_time *value, struct vn_error *err)
{
    char why[VN_WHY_SIZE];

    return finish(node, what,
                  vn_read_time(text_of(node), min, max, value, why), err);
}

enum vn_status
vn_yaml_as_bool(const struct vn_yaml *node, const char *what, bool *value,
                struct vn_error *err)
{
    static const char *const words[] = {"false", "true", "no",
                                        "yes",   "off",  "on"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(text_of(node), words[i]) == 0) {
            *value = i % 2 == 1;
            return VN_OK;
        }
    return finish(node, what, "true or false", err);
}

enum vn_status
vn_yaml_as_word(const struct vn_yaml *node, const char *what,
                const char *const *words, int *value, struct vn_error *err)
{
    char expected[256] = "one of";
    const char *near;
    size_t n;

    for (n = 0; words[n] != NULL; n++) {
        size_t used = strlen(expected);

        if (strcmp(text_of(node), words[n]) == 0) {
            *value = (int) n;
            return VN_OK;
        }
        snprintf(expected + used, sizeof expected - used, "%s %s",
                 n > 0 ? "," : "", words[n]);
    }
    near = vn_names_nearest(text_of(node), words, n);
    if (near != NULL)
        return vn_yaml_fail(node, err, "%s is '%s', did you mean '%s'?", what,
                            node->text, near);
    return finish(node, what, expected, err);
}

enum vn_status
vn_yaml_text(const struct vn_yaml *map, const char *key, const char **value,
             struct vn_error *err)
{
    const struct vn_yaml *node = vn_yaml_at(map, key);

    return node != NULL ? vn_yaml_as_text(node, key, value, err) : VN_OK;
}

enum vn_status
vn_yaml_int(const struct vn_yaml *map, const char *key, int64_t min,
            int64_t max, int64_t *value, struct vn_error *err)
{
    const struct vn_yaml *node = vn_yaml_at(map, key);

    return node != NULL ? vn_yaml_as_int(node, key, min, max, value, err)
                        : VN_OK;
}

enum vn_status
vn_yaml_real(const struct vn_yaml *map, const char *key, double min,
             double max, double *value, struct vn_error *err)
{
    const struct vn_yaml *node = vn_yaml_at(map, key);

    return node != NULL ? vn_yaml_as_real(node, key, min, max, value, err)
                        : VN_OK;
}

enum vn_status
vn_yaml_time(const struct vn_yaml *map, const char *key, vn_time min,
             vn_time max, vn_time *value, struct vn_error *err)
{
    const struct vn_yaml *node = vn_yaml_at(map, key);

    return node != NULL ? vn_yaml_as_time(node, key, min, max, value, err)
                        : VN_OK;
}

enum vn_status
vn_yaml_bool(const struct vn_yaml *map, const char *key, bool *value,
             struct vn_error *err)
{
    const struct vn_yaml *node = vn_yaml_at(map, key);

    return node != NULL ? vn_yaml_as_bool(node, key, value, err) : VN_OK;
}

enum vn_status
vn_yaml_word(const struct vn_yaml *map, const char *key,
             const char *const *words, int *value, struct vn_error *err)
{
    const struct vn_yaml *node = vn_yaml_at(map, key);

    return node != NULL ? vn_yaml_as_word(node, key, words, value, err)
                        : VN_OK;
}
