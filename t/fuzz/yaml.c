/* Any bytes as YAML: a tree whose nodes stand in order, or a place. */
#include "config.h"

#include "base/yaml/yaml.h"
#include "t/fuzz/fuzz.h"

#include <string.h>

static void
check_status(enum vn_status status, const struct vn_error *err)
{
    if (status != VN_OK)
        FUZZ_CHECK(status == VN_EFORMAT && err->line > 0 && err->column > 0
                   && err->text[0] != '\0');
}

static size_t
check_node(const struct vn_yaml *node, long after, int depth)
{
    static const char *const words[] = {"name", "seed", NULL};
    struct vn_error err = {0};
    const char *text;
    int64_t n;
    double x;
    vn_time t;
    bool b;
    int word;
    size_t nodes = 1;

    FUZZ_CHECK(depth <= VN_YAML_DEPTH);
    FUZZ_CHECK(node->line >= after && node->column > 0);
    FUZZ_CHECK((node->kind == VN_YAML_SCALAR) == (node->text != NULL));
    check_status(vn_yaml_as_text(node, "x", &text, &err), &err);
    if (vn_yaml_as_int(node, "x", -3, 9, &n, &err) == VN_OK)
        FUZZ_CHECK(n >= -3 && n <= 9);
    if (vn_yaml_as_real(node, "x", -1, 1, &x, &err) == VN_OK)
        FUZZ_CHECK(x >= -1 && x <= 1);
    if (vn_yaml_as_time(node, "x", 0, VN_SECOND, &t, &err) == VN_OK)
        FUZZ_CHECK(t >= 0 && t <= VN_SECOND);
    check_status(vn_yaml_as_bool(node, "x", &b, &err), &err);
    check_status(vn_yaml_as_word(node, "x", words, &word, &err), &err);
    check_status(vn_yaml_keys(node, "x", words, &err), &err);
    check_status(vn_yaml_list(node, "x", 1, 2, &err), &err);
    for (size_t i = 0; i < node->n; i++) {
        const struct vn_yaml *item = node->items[i];

        FUZZ_CHECK((node->kind == VN_YAML_MAP) == (item->key != NULL));
        if (item->key != NULL)
            FUZZ_CHECK(vn_yaml_at(node, item->key) == item
                       && item->key_line >= node->line);
        nodes += check_node(item, node->line, depth + 1);
    }
    return nodes;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vn_error err = {0};
    struct vn_yaml *tree;
    enum vn_status status =
        vn_yaml_parse((const char *) data, size, "input", &tree, &err);

    check_status(status, &err);
    if (status == VN_OK)
        FUZZ_CHECK(check_node(tree, 1, 0) <= VN_YAML_NODES);
    else
        FUZZ_CHECK(tree == NULL);
    vn_yaml_free(tree);
    return 0;
}
