/*
 * Files in YAML, read strictly into a tree in which each node has its place.
 *
 *     static const char *const keys[] = {"name", "seed", "rates", NULL};
 *
 *     vn_yaml_read(path, &tree, err)
 *     vn_yaml_keys(tree, "an experiment", keys, err)
 *     vn_yaml_int(tree, "seed", 0, INT64_MAX, &seed, err)   kept if not there
 *     vn_yaml_need(tree, "rates", &rates, err)
 *     vn_yaml_list(rates, "rates", 1, 100, err)
 *     for (size_t i = 0; i < rates->n; i++)
 *         vn_yaml_as_real(rates->items[i], "rates", 0, 1, &rate[i], err)
 *
 * A file is one document of scalars, lists and mappings.  What makes a file
 * mean other than it looks is refused: keys that are there twice, anchors and
 * aliases, tags, a second document, keys that are no scalars, bytes of zero.
 * Nothing is given a type while reading: "1", 1 and yes are texts until a
 * reader asks for a number or a word.
 *
 * Every message says file:line:column, what is wrong and what was expected; a
 * line is counted at every newline, a column is a byte, from 1.
 */
#ifndef BASE_YAML_YAML_H
#define BASE_YAML_YAML_H

#include "base/error.h"
#include "base/number.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    VN_YAML_DEPTH = 32,     /* lists and mappings within one another */
    VN_YAML_KEYS = 1000,    /* of one mapping */
    VN_YAML_NODES = 100000, /* of a file */
    VN_YAML_BYTES = 4 << 20 /* of a file */
};

enum vn_yaml_kind {
    VN_YAML_SCALAR,
    VN_YAML_LIST,
    VN_YAML_MAP
};

struct vn_yaml {
    enum vn_yaml_kind kind;
    const char *file; /* borrowed */
    long line, column;
    char *text; /* of a scalar; "" where nothing stands */
    bool quoted;

    /* Where it stands in a mapping; key is NULL elsewhere. */
    char *key;
    long key_line, key_column;

    struct vn_yaml **items; /* of a list or a mapping, in the file's order */
    size_t n;
};

/*
 * Read a file ("-": standard input).  path is kept for messages and must
 * outlive tree and err.
 */
enum vn_status vn_yaml_read(const char *path, struct vn_yaml **tree,
                            struct vn_error *err);

/* The same of n bytes; name is for messages and is kept. */
enum vn_status vn_yaml_parse(const char *bytes, size_t n, const char *name,
                             struct vn_yaml **tree, struct vn_error *err);

/* tree may be NULL. */
void vn_yaml_free(struct vn_yaml *tree);

/*
 * Fail unless node is a mapping with no other keys than these, ended by NULL;
 * the message names the nearest.  what is the mapping in words ("a layer").
 */
enum vn_status vn_yaml_keys(const struct vn_yaml *node, const char *what,
                            const char *const *keys, struct vn_error *err);

/* Fail unless node is a list of min to max items; what names it. */
enum vn_status vn_yaml_list(const struct vn_yaml *node, const char *what,
                            size_t min, size_t max, struct vn_error *err);

/* What stands at a key of a mapping, or NULL; NULL of no mapping. */
const struct vn_yaml *vn_yaml_at(const struct vn_yaml *map, const char *key);

/* The same, that must be there. */
enum vn_status vn_yaml_need(const struct vn_yaml *map, const char *key,
                            const struct vn_yaml **value,
                            struct vn_error *err);

/*
 * A scalar, as a text that is not empty (borrowed), as a number or time
 * (base/number.h), as true or false (also yes, no, on, off), or as the number
 * of a word among words, ended by NULL.  what names it in messages.
 */
enum vn_status vn_yaml_as_text(const struct vn_yaml *node, const char *what,
                               const char **value, struct vn_error *err);
enum vn_status vn_yaml_as_int(const struct vn_yaml *node, const char *what,
                              int64_t min, int64_t max, int64_t *value,
                              struct vn_error *err);
enum vn_status vn_yaml_as_real(const struct vn_yaml *node, const char *what,
                               double min, double max, double *value,
                               struct vn_error *err);
enum vn_status vn_yaml_as_time(const struct vn_yaml *node, const char *what,
                               vn_time min, vn_time max, vn_time *value,
                               struct vn_error *err);
enum vn_status vn_yaml_as_bool(const struct vn_yaml *node, const char *what,
                               bool *value, struct vn_error *err);
enum vn_status vn_yaml_as_word(const struct vn_yaml *node, const char *what,
                               const char *const *words, int *value,
                               struct vn_error *err);

/* The same of what stands at a key, which names it; *value is kept where
 * there is no such key. */
enum vn_status vn_yaml_text(const struct vn_yaml *map, const char *key,
                            const char **value, struct vn_error *err);
enum vn_status vn_yaml_int(const struct vn_yaml *map, const char *key,
                           int64_t min, int64_t max, int64_t *value,
                           struct vn_error *err);
enum vn_status vn_yaml_real(const struct vn_yaml *map, const char *key,
                            double min, double max, double *value,
                            struct vn_error *err);
enum vn_status vn_yaml_time(const struct vn_yaml *map, const char *key,
                            vn_time min, vn_time max, vn_time *value,
                            struct vn_error *err);
enum vn_status vn_yaml_bool(const struct vn_yaml *map, const char *key,
                            bool *value, struct vn_error *err);
enum vn_status vn_yaml_word(const struct vn_yaml *map, const char *key,
                            const char *const *words, int *value,
                            struct vn_error *err);

/* Fail at a node, or at its key. */
enum vn_status vn_yaml_fail(const struct vn_yaml *node, struct vn_error *err,
                            const char *format, ...)
    __attribute__((__format__(printf, 3, 4)));
enum vn_status vn_yaml_fail_key(const struct vn_yaml *node,
                                struct vn_error *err, const char *format, ...)
    __attribute__((__format__(printf, 3, 4)));

#endif /* BASE_YAML_YAML_H */
