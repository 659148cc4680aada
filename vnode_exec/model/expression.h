/*
 * Numbers of a model file: "512", "3 * width", "0.02 / sqrt(2 * layers)".
 *
 * Numbers, names, + - * / with their usual precedence, parentheses and
 * sqrt().  Each operation is rounded to float32 where that is asked for, so
 * that a file says what the same line of C with floats would compute.
 */
#ifndef VNODE_EXEC_MODEL_EXPRESSION_H
#define VNODE_EXEC_MODEL_EXPRESSION_H

#include "base/yaml/yaml.h"

enum {
    VN_NAMED = 24 /* names at most */
};

/* What names stand for. */
struct vn_named {
    const char *name[VN_NAMED]; /* borrowed */
    double value[VN_NAMED];
    int n;
};

/* Set a name, new or not; there must be room. */
void vn_named_set(struct vn_named *named, const char *name, double value);

/*
 * A node as a whole number from min to max, or as a float from min to max;
 * what names it in messages, which say the column of what is wrong.
 */
enum vn_status vn_expression_int(const struct vn_yaml *node, const char *what,
                                 const struct vn_named *named, int64_t min,
                                 int64_t max, int64_t *value,
                                 struct vn_error *err);
enum vn_status vn_expression_float(const struct vn_yaml *node,
                                   const char *what,
                                   const struct vn_named *named, float min,
                                   float max, float *value,
                                   struct vn_error *err);

#endif /* VNODE_EXEC_MODEL_EXPRESSION_H */
