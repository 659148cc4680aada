#include "config.h"

#include "base/xalloc.h"
#include "base/yaml/yaml.h"
#include "t/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const keys[] = {"name", "seed", "rate",   "span", "on",
                                   "kind", "list", "within", NULL};
static const char *const kinds[] = {"linear", "conv", "pool", NULL};

/* clang-format off: a case reads as text, then message with its place. */
static const struct {
    const char *what;
    const char *text;
    const char *message; /* "line:column: text", NULL where it is read */
} cases[] = {
    {"every kind of value",
     "name: x y\nseed: 7\nrate: 0.5\nspan: 1.5h\non: yes\nkind: conv\n"
     "list: [1, 2]\nwithin: {name: y}\n",
     NULL},
    {"nothing but what is needed", "{name: x}", NULL},
    {"remarks, a byte order mark, CRLF, a document's marks",
     "\xef\xbb\xbf# note\r\n---\r\nname: x\r\n...\r\n", NULL},
    {"an empty file", "",
     "1:1: nothing is here, expected a mapping or a list"},
    {"remarks alone", "# x\n# y\n",
     "3:1: nothing is here, expected a mapping or a list"},
    {"a scalar", "x\n", "1:1: the file is a single value, expected a mapping"},
    {"a list", "- x\n", "1:1: the file is a list, expected a mapping"},
    {"nothing in a document", "---\n",
     "2:1: the file is empty, expected a mapping"},
    {"a misspelt key", "name: x\nsede: 1\n",
     "2:1: unknown key 'sede' of the file, did you mean 'seed'?"},
    {"a key nobody knows", "name: x\n  \nquality: 1\n",
     "3:1: unknown key 'quality' of the file, expected 'name' or another"},
    {"a key twice", "name: x\nseed: 1\nname: y\n",
     "3:1: 'name' is there twice, expected it once (first on line 1)"},
    {"a key twice within", "name: x\nwithin: {a: 1, b: 2, a: 3}\n",
     "2:22: 'a' is there twice, expected it once (first on line 2)"},
    {"an empty key", "name: x\n\"\": 1\n",
     "2:1: an empty key, expected a word"},
    {"a list as a key", "name: x\n[1, 2]: 1\n",
     "2:1: a list or mapping as a key, expected a word"},
    {"a required key that is not there", "seed: 1\n",
     "1:1: no 'name', expected it here"},
    {"an empty text", "name:\nseed: 1\n",
     "1:6: name is empty, expected a text"},
    {"a list for a text", "name: [x]\n",
     "1:7: name is a list, expected a text"},
    {"a word for a number", "name: x\nseed: x7\n",
     "2:7: seed is 'x7', expected a whole number from 0 to 99"},
    {"a number out of range", "name: x\nseed: 100\n",
     "2:7: seed is '100', expected a whole number of at most 99"},
    {"a mapping for a number", "name: x\nseed: {a: 1}\n",
     "2:7: seed is a mapping, expected a whole number from 0 to 99"},
    {"no number", "name: x\nseed:\n",
     "2:6: seed is empty, expected a whole number from 0 to 99"},
    {"a rate that is none", "name: x\nrate: .nan\n",
     "2:7: rate is '.nan', expected a number from 0 to 1"},
    {"a time that is none", "name: x\nspan: 5q\n",
     "2:7: span is '5q', expected seconds, of at least 0"},
    {"neither true nor false", "name: x\non: maybe\n",
     "2:5: on is 'maybe', expected true or false"},
    {"a misspelt word", "name: x\nkind: linaer\n",
     "2:7: kind is 'linaer', did you mean 'linear'?"},
    {"a word nobody knows", "name: x\nkind: quux\n",
     "2:7: kind is 'quux', expected one of linear, conv, pool"},
    {"a value for a list", "name: x\nlist: 1\n",
     "2:7: list is a single value, expected a list"},
    {"too short a list", "name: x\nlist: []\n",
     "2:7: list is a list of 0, expected 1 to 3 items"},
    {"too long a list", "name: x\nlist: [1, 2,\n   3, 4]\n",
     "2:7: list is a list of 4, expected 1 to 3 items"},
    {"a wrong item on a line of its own", "name: x\nlist:\n  - 1\n  - 2b\n",
     "4:5: list is '2b', expected a whole number from 0 to 9"},
    {"a place behind letters of two bytes",
     "name: \"\xc3\xa4\xc3\xb6\", seed\n",
     "1:13: did not find expected key, while parsing a block mapping"},
    {"a column counts bytes", "{name: \"\xc3\xa4\xc3\xb6\", seed: x}\n",
     "1:22: seed is 'x', expected a whole number from 0 to 99"},
    {"an alias", "name: x\nseed: *a\n",
     "2:7: an alias, expected what it stands for written out"},
    {"an anchor", "name: &a x\n",
     "1:7: an anchor, expected none: there are no aliases"},
    {"an anchor of a list", "name: x\nlist: &a [1]\n",
     "2:7: an anchor, expected none: there are no aliases"},
    {"a tag", "name: !!int x\n",
     "1:7: a tag, expected none: readers know their types"},
    {"a tag of a mapping", "name: x\nwithin: !w {a: 1}\n",
     "2:9: a tag, expected none: readers know their types"},
    {"a byte of zero", "name: \"a\\0b\"\n",
     "1:7: a byte of zero in a text, expected none"},
    {"a second document", "name: x\n---\nname: y\n",
     "2:1: a second document, expected one"},
    {"a bracket that is not closed", "name: x\nlist: [1, 2\nseed: 1\n",
     "3:5: did not find expected ',' or ']', while parsing a flow sequence"},
    {"a tab that indents", "name: x\nwithin:\n\ta: 1\n",
     "3:1: found character that cannot start any token, while scanning for "
     "the next token"},
    {"bytes that are no UTF-8", "name: x\nseed: \xff\n",
     "2:7: invalid leading UTF-8 octet, expected YAML in UTF-8"},
    {"a control character", "name: \x01\n",
     "1:7: control characters are not allowed, expected YAML in UTF-8"},
};
/* clang-format on */

/* Read what the cases hold. */
static enum vn_status
read_form(const struct vn_yaml *tree, struct vn_error *err)
{
    const struct vn_yaml *node;
    const char *name = NULL;
    int64_t seed = 1;
    double rate = 0;
    vn_time span = 0;
    bool on = false;
    int kind = 0;
    enum vn_status status = vn_yaml_keys(tree, "the file", keys, err);

    if (status == VN_OK)
        status = vn_yaml_need(tree, "name", &node, err);
    if (status == VN_OK)
        status = vn_yaml_text(tree, "name", &name, err);
    if (status == VN_OK)
        status = vn_yaml_int(tree, "seed", 0, 99, &seed, err);
    if (status == VN_OK)
        status = vn_yaml_real(tree, "rate", 0, 1, &rate, err);
    if (status == VN_OK)
        status = vn_yaml_time(tree, "span", 0, VN_TIME_MAX, &span, err);
    if (status == VN_OK)
        status = vn_yaml_bool(tree, "on", &on, err);
    if (status == VN_OK)
        status = vn_yaml_word(tree, "kind", kinds, &kind, err);
    node = vn_yaml_at(tree, "list");
    if (status == VN_OK && node != NULL)
        status = vn_yaml_list(node, "list", 1, 3, err);
    for (size_t i = 0; status == VN_OK && node != NULL && i < node->n; i++)
        status = vn_yaml_as_int(node->items[i], "list", 0, 9, &seed, err);
    return status;
}

static void
check_case(size_t i)
{
    struct vn_error err = {0};
    struct vn_yaml *tree;
    char got[512] = "fine";
    enum vn_status status = vn_yaml_parse(cases[i].text, strlen(cases[i].text),
                                          "x.yaml", &tree, &err);

    if (status == VN_OK)
        status = read_form(tree, &err);
    if (status != VN_OK)
        snprintf(got, sizeof got, "%ld:%ld: %s", err.line, err.column,
                 err.text);
    is_str(got, cases[i].message != NULL ? cases[i].message : "fine", "%s",
           cases[i].what);
    vn_yaml_free(tree);
}

static void
check_file(void)
{
    char *path = data_path("yaml/experiment.yaml");
    struct vn_error err = {0};
    struct vn_yaml *tree;
    const struct vn_yaml *node;
    const char *text = "kept";
    vn_time span = 0;
    double to = 0;

    is_int(vn_yaml_read(path, &tree, &err), VN_OK, "a file");
    is_int((long) tree->n, 7, "has its keys");
    is_str(tree->items[2]->key, "span", "in their order");
    ok(tree->items[2]->key_line == 4 && tree->items[2]->key_column == 1
           && tree->items[2]->column == 7,
       "each with its place");
    vn_yaml_text(tree, "name", &text, &err);
    is_str(text, "two words", "a quoted text");
    ok(vn_yaml_at(tree, "name")->quoted && !tree->items[2]->quoted,
       "is known as one");
    vn_yaml_text(tree, "note", &text, &err);
    is_str(text, "first line\nsecond line\n", "a text of lines");
    is_int(vn_yaml_text(tree, "nothing", &text, &err), VN_OK,
           "what is not there");
    is_str(text, "first line\nsecond line\n", "leaves what was");
    ok(vn_yaml_time(tree, "span", 0, VN_TIME_MAX, &span, &err) == VN_OK
           && span == 5400 * VN_SECOND,
       "a time");
    ok(vn_yaml_real(vn_yaml_at(tree, "load"), "to", 0, 1, &to, &err) == VN_OK
           && to == 0.9,
       "a number of a mapping within");
    node = vn_yaml_at(tree, "steps");
    ok(node->kind == VN_YAML_LIST && node->n == 2
           && node->items[0]->kind == VN_YAML_MAP
           && node->items[1]->kind == VN_YAML_LIST && node->items[1]->n == 3,
       "lists and mappings in a list");
    ok(vn_yaml_at(node, "x") == NULL, "a list has no keys");
    is_int(vn_yaml_fail_key(node->items[0], &err, "wrong"), VN_EFORMAT,
           "failing at the key of what has none");
    ok(err.line == 10 && err.column == 5, "is at its place");
    vn_yaml_free(tree);
    free(path);
    is_int(vn_yaml_read("/nowhere", &tree, &err), VN_EIO,
           "a file that is not there");
    is_str(err.text, "/nowhere: No such file or directory", "is said");
}

/* A text of n times `again` between two others. */
static void
check_bound(const char *what, const char *before, const char *again,
            const char *after, size_t n, const char *message)
{
    size_t size = strlen(before) + n * strlen(again) + strlen(after) + 1;
    char *text = vn_xcalloc(size, 1), got[512] = "fine", *p;
    struct vn_error err = {0};
    struct vn_yaml *tree;

    p = text + sprintf(text, "%s", before);
    for (size_t i = 0; i < n; i++)
        p += sprintf(p, "%s", again);
    strcpy(p, after);
    if (vn_yaml_parse(text, size - 1, "x.yaml", &tree, &err) != VN_OK)
        snprintf(got, sizeof got, "%ld:%ld: %s", err.line, err.column,
                 err.text);
    is_str(got, message, "%s", what);
    vn_yaml_free(tree);
    free(text);
}

static void
check_bounds(void)
{
    char *keys_text = vn_xcalloc(VN_YAML_KEYS + 1, 16), *p = keys_text;
    struct vn_error err = {0};
    struct vn_yaml *tree;

    check_bound("as deep as may be", "", "[", "", VN_YAML_DEPTH,
                "1:33: did not find expected node content, while parsing a "
                "flow node");
    check_bound("deeper", "", "[", "", VN_YAML_DEPTH + 1,
                "1:33: nested more than 32 deep, expected less");
    check_bound("far deeper", "", "[", "", 100000,
                "1:33: nested more than 32 deep, expected less");
    check_bound("too many values", "", "- 1\n", "", VN_YAML_NODES,
                "100000:3: more than 100000 values, expected fewer");
    check_bound("too many bytes", "a: 1", "#", "", VN_YAML_BYTES,
                "1:1: more than 4194304 bytes, expected fewer");
    for (int i = 0; i <= VN_YAML_KEYS; i++)
        p += sprintf(p, "k%d: 1\n", i);
    is_int(
        vn_yaml_parse(keys_text, (size_t) (p - keys_text), "x", &tree, &err),
        VN_EFORMAT, "too many keys");
    is_str(err.text, "more than 1000 keys, expected fewer", "are refused");
    is_int(err.line, VN_YAML_KEYS + 1, "at the first too many");
    free(keys_text);
}

int
main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_case(i);
    check_file();
    check_bounds();
    return done_testing();
}
