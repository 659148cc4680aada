#include "config.h"

#include "vnode_exec/model/expression.h"

#include "base/names.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH = 32 /* of parentheses and signs */
};

struct reader {
    const struct vn_yaml *node;
    const char *what, *at;
    const struct vn_named *named;
    bool single; /* round to float32 */
    int depth;
    enum vn_status status;
    struct vn_error *err;
};

void
vn_named_set(struct vn_named *named, const char *name, double value)
{
    int i = 0;

    while (i < named->n && strcmp(named->name[i], name) != 0)
        i++;
    if (i == named->n)
        named->n++;
    named->name[i] = name;
    named->value[i] = value;
}

/* The first failure, at the column of what is wrong where that is known. */
static double
fail(struct reader *r, const char *at, const char *wrong, const char *expected)
{
    const struct vn_yaml *node = r->node;
    long column = node->column + (node->quoted ? 1 : 0) + (at - node->text);

    if (r->status == VN_OK)
        r->status = vn_fail_at(r->err, node->file, node->line, column,
                               "%s is '%s': %s, expected %s", r->what,
                               node->text, wrong, expected);
    r->at = r->at + strlen(r->at);
    return 0;
}

static double
rounded(const struct reader *r, double x)
{
    return r->single ? (double) (float) x : x;
}

static void
skip_blanks(struct reader *r)
{
    while (*r->at == ' ')
        r->at++;
}

/* Take a sign, if it comes next. */
static bool
take(struct reader *r, char c)
{
    skip_blanks(r);
    if (*r->at != c)
        return false;
    r->at++;
    return true;
}

static double read_sum(struct reader *r);

static double
read_parentheses(struct reader *r)
{
    double x = read_sum(r);

    if (r->status == VN_OK && !take(r, ')'))
        return fail(r, r->at, "a parenthesis is not closed", "')'");
    return x;
}

static double
read_name(struct reader *r)
{
    const char *from = r->at, *near;
    char name[64], wrong[256];
    size_t n = 0;

    while (isalnum((unsigned char) from[n]) || from[n] == '_')
        n++;
    r->at += n;
    snprintf(name, sizeof name, "%.*s", (int) (n < 63 ? n : 63), from);
    if (strcmp(name, "sqrt") == 0) {
        double x;

        if (!take(r, '('))
            return fail(r, r->at, "sqrt stands alone", "'(' behind it");
        x = read_parentheses(r);
        if (r->status == VN_OK && x < 0)
            return fail(r, from, "the root of a negative number",
                        "one of at least 0");
        return rounded(r, sqrt(x));
    }
    for (int i = 0; i < r->named->n; i++)
        if (strcmp(name, r->named->name[i]) == 0)
            return rounded(r, r->named->value[i]);
    near = vn_names_nearest(name, r->named->name, (size_t) r->named->n);
    if (near != NULL) {
        snprintf(wrong, sizeof wrong, "unknown name '%s'", name);
        return fail(r, from, wrong, near);
    }
    n = (size_t) snprintf(wrong, sizeof wrong, "a number or one of");
    for (int i = 0; i < r->named->n && n < sizeof wrong; i++)
        n += (size_t) snprintf(wrong + n, sizeof wrong - n, " %s",
                               r->named->name[i]);
    return fail(r, from, "an unknown name", wrong);
}

static double
read_factor(struct reader *r)
{
    double x = 0;

    if (++r->depth > DEPTH)
        return fail(r, r->at, "nested too deep", "at most 32");
    skip_blanks(r);
    if (take(r, '-')) {
        x = -read_factor(r);
    } else if (take(r, '(')) {
        x = read_parentheses(r);
    } else if (isdigit((unsigned char) *r->at) || *r->at == '.') {
        char digits[64], *end;
        size_t n = strspn(r->at, "0123456789.eE");

        /* A sign belongs to the number behind an e only. */
        if ((r->at[n] == '-' || r->at[n] == '+') && n > 0
            && (r->at[n - 1] == 'e' || r->at[n - 1] == 'E'))
            n += 1 + strspn(r->at + n + 1, "0123456789");
        if (n >= sizeof digits)
            return fail(r, r->at, "a number of too many digits", "fewer");
        memcpy(digits, r->at, n);
        digits[n] = '\0';
        x = r->single ? (double) strtof(digits, &end) : strtod(digits, &end);
        if (*end != '\0')
            return fail(r, r->at, "not a number", "one such as 512 or 0.02");
        r->at += n;
    } else if (isalpha((unsigned char) *r->at)) {
        x = read_name(r);
    } else {
        return fail(r, r->at, *r->at == '\0' ? "it ends here" : "wrong here",
                    "a number, a name or '('");
    }
    r->depth--;
    return x;
}

static double
read_product(struct reader *r)
{
    double x = read_factor(r);

    while (r->status == VN_OK)
        if (take(r, '*')) {
            x = rounded(r, x * read_factor(r));
        } else if (take(r, '/')) {
            const char *at = r->at;
            double y = read_factor(r);

            if (r->status == VN_OK && y == 0)
                return fail(r, at, "a division by 0", "another number");
            x = rounded(r, x / y);
        } else {
            break;
        }
    return x;
}

static double
read_sum(struct reader *r)
{
    double x = read_product(r);

    while (r->status == VN_OK)
        if (take(r, '+'))
            x = rounded(r, x + read_product(r));
        else if (take(r, '-'))
            x = rounded(r, x - read_product(r));
        else
            break;
    return x;
}

static enum vn_status
evaluate(const struct vn_yaml *node, const char *what,
         const struct vn_named *named, bool single, double *value,
         struct vn_error *err)
{
    struct reader r = {.node = node,
                       .what = what,
                       .named = named,
                       .single = single,
                       .err = err};
    enum vn_status status = vn_yaml_as_text(node, what, &r.at, err);

    if (status != VN_OK)
        return status;
    *value = read_sum(&r);
    skip_blanks(&r);
    if (r.status == VN_OK && *r.at != '\0')
        (void) fail(&r, r.at, "more than a number", "an end here");
    if (r.status == VN_OK && !isfinite(*value))
        (void) fail(&r, node->text, "too large", "a finite number");
    return r.status;
}

enum vn_status
vn_expression_int(const struct vn_yaml *node, const char *what,
                  const struct vn_named *named, int64_t min, int64_t max,
                  int64_t *value, struct vn_error *err)
{
    double x = 0;
    enum vn_status status = evaluate(node, what, named, false, &x, err);

    if (status != VN_OK)
        return status;
    if (x != floor(x) || x < (double) min || x > (double) max)
        return vn_yaml_fail(node, err,
                            "%s is %.9g, expected a whole number from %lld to "
                            "%lld",
                            what, x, (long long) min, (long long) max);
    *value = (int64_t) x;
    return VN_OK;
}

enum vn_status
vn_expression_float(const struct vn_yaml *node, const char *what,
                    const struct vn_named *named, float min, float max,
                    float *value, struct vn_error *err)
{
    double x = 0;
    enum vn_status status = evaluate(node, what, named, true, &x, err);

    if (status != VN_OK)
        return status;
    if (x < (double) min || x > (double) max)
        return vn_yaml_fail(node, err,
                            "%s is %.9g, expected a number from %.9g to %.9g",
                            what, x, (double) min, (double) max);
    *value = (float) x;
    return VN_OK;
}
