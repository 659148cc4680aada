#include "config.h"

#include "plan/cost.h"

#include "base/names.h"
#include "base/option.h"
#include "base/rng.h"
#include "base/table.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PURPOSE = 0xc0570, /* of the random streams, and the kind */
    CHECKPOINT = VN_COST_KINDS,
    NVALUES
};

enum shape {
    CONSTANT,
    NORMAL,
    UNIFORM,
    EXPONENTIAL,
    LOGNORMAL
};

/* Seconds: a constant a, or a distribution with parameters a and b. */
struct value {
    enum shape shape;
    double a;
    double b;
};

struct row {
    char *model; /* NULL: any */
    struct value values[NVALUES];
};

/* What one change of one job costs. */
struct fact {
    int64_t job;
    enum vn_cost_kind kind;
    int64_t n;
    vn_time time;
};

struct vn_costs {
    struct row *rows; /* rows[0] is for any model */
    int nrows;
    struct fact *facts; /* in order */
    int nfacts;
};

static const char *const keys[] = {
    [VN_COST_START] = "start",     [VN_COST_GROW] = "grow",
    [VN_COST_SHRINK] = "shrink",   [VN_COST_RELEASE] = "release",
    [VN_COST_RESTART] = "restart", [CHECKPOINT] = "checkpoint"};

static const struct {
    const char *name;
    int parameters;
} shapes[] = {[CONSTANT] = {"", 1},
              [NORMAL] = {"normal", 2},
              [UNIFORM] = {"uniform", 2},
              [EXPONENTIAL] = {"exponential", 1},
              [LOGNORMAL] = {"lognormal", 2}};

static const char a_time[] = "a time (90, 30s, 1.5h)";
static const char expected[] =
    "a time (90, 30s, 1.5h), or normal:MEAN:SD, uniform:LOW:HIGH, "
    "exponential:MEAN or lognormal:MEDIAN:SIGMA";

static bool
read_seconds(const char *text, double *s)
{
    char why[VN_WHY_SIZE];
    vn_time time = 0;
    bool good =
        vn_read_time(text, 0, 1000000000 * VN_SECOND, &time, why) == NULL;

    *s = (double) time / 1e6;
    return good;
}

/*
 * Read the shape's parameters from "a" or "a:b", times but for the sigma of
 * the logarithm; false if they are not so.
 */
static bool
read_parameters(const char *text, enum shape shape, double *a, double *b)
{
    char copy[64], why[VN_WHY_SIZE], *colon;

    if (strlen(text) >= sizeof copy)
        return false;
    strcpy(copy, text);
    colon = strchr(copy, ':');
    if ((colon != NULL) != (shapes[shape].parameters == 2))
        return false;
    if (colon != NULL)
        *colon++ = '\0';
    return read_seconds(copy, a)
           && (colon == NULL
               || (shape == LOGNORMAL
                       ? vn_read_real(colon, 0, 1e9, b, why) == NULL
                       : read_seconds(colon, b)));
}

static bool
read_value(const char *text, struct value *value)
{
    const char *colon = strchr(text, ':');
    size_t length = colon != NULL ? (size_t) (colon - text) : 0;

    *value = (struct value){0};
    for (int i = 0; i <= LOGNORMAL; i++) {
        if (strlen(shapes[i].name) != length
            || strncmp(shapes[i].name, text, length) != 0)
            continue;
        value->shape = (enum shape) i;
        return read_parameters(colon != NULL ? colon + 1 : text, value->shape,
                               &value->a, &value->b)
               && (i != UNIFORM || value->a <= value->b);
    }
    return false;
}

static struct row *
add_row(struct vn_costs *c, const char *model)
{
    struct row *row;

    if (strcmp(model, "*") == 0)
        return &c->rows[0];
    c->rows = vn_xrealloc(c->rows, (size_t) c->nrows + 1, sizeof *c->rows);
    row = &c->rows[c->nrows++];
    *row = (struct row){.model = vn_xcalloc(strlen(model) + 1, 1)};
    strcpy(row->model, model);
    return row;
}

static int
find(const struct vn_costs *c, const char *model)
{
    for (int i = 1; i < c->nrows; i++)
        if (strcmp(c->rows[i].model, model) == 0)
            return i;
    return 0;
}

static const struct vn_column columns[] = {
    {"start_s", false},   {"grow_s", false},    {"shrink_s", false},
    {"release_s", false}, {"restart_s", false}, {"checkpoint_s", false},
    {"model", true},
};

enum {
    MODEL = NVALUES,
    NCOLUMNS
};

static enum vn_status
read_row(struct vn_costs *c, struct vn_table *t, bool *any,
         struct vn_error *err)
{
    const char *model = vn_table_text(t, MODEL);
    bool twice = strcmp(model, "*") == 0 ? *any : find(c, model) > 0;
    struct row *row;

    if (twice || *model == '\0')
        return vn_table_fail(t, MODEL, err,
                             "'%.64s' stands here a second time, expected one "
                             "row for a model",
                             model);
    *any = *any || strcmp(model, "*") == 0;
    row = add_row(c, model);
    for (int i = 0; i < NVALUES; i++) {
        const char *text;

        if (vn_table_empty(t, i))
            continue;
        text = vn_table_text(t, i);
        if (!read_value(text, &row->values[i])
            || (i == CHECKPOINT && row->values[i].shape != CONSTANT))
            return vn_table_fail(t, i, err, "'%.64s', expected %s", text,
                                 i == CHECKPOINT ? a_time : expected);
    }
    return VN_OK;
}

static enum vn_status
read_table(const char *path, struct vn_costs *c, struct vn_error *err)
{
    struct vn_table_form form = {.columns = columns, .ncolumns = NCOLUMNS};
    struct vn_table *t = NULL;
    bool more = true, any = false;
    enum vn_status status = vn_table_open(path, &form, &t, err);

    while (status == VN_OK && (status = vn_table_next(t, &more, err)) == VN_OK
           && more)
        status = read_row(c, t, &any, err);
    vn_table_close(t);
    return status;
}

static enum vn_status
read_word(struct vn_costs *c, char *word, struct vn_error *err)
{
    char *equals = strchr(word, '=');
    enum vn_status status;
    struct value *value;
    int key;

    if (equals == NULL)
        return vn_fail(err, VN_EUSAGE,
                       "costs: '%.64s' has no value, expected start=60", word);
    *equals = '\0';
    status = vn_option_choice("costs", word, keys, NVALUES, &key, err);
    if (status != VN_OK)
        return status;
    value = &c->rows[0].values[key];
    if (!read_value(equals + 1, value)
        || (key == CHECKPOINT && value->shape != CONSTANT))
        return vn_fail(err, VN_EUSAGE, "costs: %s is '%.64s', expected %s",
                       word, equals + 1,
                       key == CHECKPOINT ? a_time : expected);
    return VN_OK;
}

static enum vn_status
read_inline(const char *what, struct vn_costs *c, struct vn_error *err)
{
    char *copy = vn_xcalloc(strlen(what) + 1, 1), *rest, *word;
    enum vn_status status = VN_OK;

    strcpy(copy, what);
    for (word = strtok_r(copy, ",", &rest); word != NULL && status == VN_OK;
         word = strtok_r(NULL, ",", &rest))
        status = read_word(c, word, err);
    free(copy);
    return status;
}

enum vn_status
vn_costs_read(const char *what, struct vn_costs **costs, struct vn_error *err)
{
    struct vn_costs *c = vn_xcalloc(1, sizeof *c);
    enum vn_status status = VN_OK;

    c->rows = vn_xcalloc(1, sizeof *c->rows);
    c->nrows = 1;
    if (what != NULL)
        status = strchr(what, '=') != NULL ? read_inline(what, c, err)
                                           : read_table(what, c, err);
    if (status != VN_OK) {
        vn_costs_free(c);
        c = NULL;
    }
    *costs = c;
    return status;
}

void
vn_costs_free(struct vn_costs *c)
{
    if (c == NULL)
        return;
    for (int i = 0; i < c->nrows; i++)
        free(c->rows[i].model);
    free(c->rows);
    free(c->facts);
    free(c);
}

static double
mean(const struct value *v)
{
    switch (v->shape) {
    case UNIFORM:
        return (v->a + v->b) / 2;
    case LOGNORMAL:
        return v->a * exp(v->b * v->b / 2);
    case CONSTANT:
    case NORMAL: /* little is cut off in what is measured */
    case EXPONENTIAL:
        break;
    }
    return v->a;
}

bool
vn_costs_are_none(const struct vn_costs *c)
{
    if (c->nfacts > 0)
        return false;
    for (int i = 0; i < c->nrows; i++)
        for (int k = 0; k < NVALUES; k++)
            if (mean(&c->rows[i].values[k]) > 0)
                return false;
    return true;
}

int
vn_costs_row(const struct vn_costs *c, const char *model)
{
    return model != NULL ? find(c, model) : 0;
}

void
vn_costs_alias(struct vn_costs *c, const char *model, const char *as)
{
    struct value values[NVALUES];

    if (find(c, model) > 0)
        return;
    memcpy(values, c->rows[vn_costs_row(c, as)].values, sizeof values);
    memcpy(add_row(c, model)->values, values, sizeof values);
}

/* A standard normal number, of two uniform ones (Box and Muller, 1958). */
static double
normal(struct vn_rng *rng)
{
    double u = 1 - vn_rng_uniform(rng), v = vn_rng_uniform(rng);

    return sqrt(-2 * log(u)) * cos(2 * acos(-1) * v);
}

static double
draw(const struct value *v, struct vn_rng *rng)
{
    switch (v->shape) {
    case CONSTANT:
        break;
    case NORMAL:
        return fmax(0, v->a + v->b * normal(rng));
    case UNIFORM:
        return v->a + (v->b - v->a) * vn_rng_uniform(rng);
    case EXPONENTIAL:
        return -v->a * log(1 - vn_rng_uniform(rng));
    case LOGNORMAL:
        return v->a * exp(v->b * normal(rng));
    }
    return v->a;
}

/* Microseconds of seconds, as far as simulated time goes. */
static vn_time
in_time(double seconds)
{
    double us = seconds * 1e6;

    return us < (double) VN_TIME_MAX / 2 ? llround(us) : VN_TIME_MAX / 2;
}

static int
compare_facts(const struct fact *a, const struct fact *b)
{
    if (a->job != b->job)
        return a->job < b->job ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return a->n < b->n ? -1 : a->n > b->n;
}

/* The place of a fact: where it is, or where it goes. */
static int
place(const struct vn_costs *c, const struct fact *fact)
{
    int low = 0, high = c->nfacts;

    while (low < high) {
        int middle = (low + high) / 2;

        if (compare_facts(&c->facts[middle], fact) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void
vn_costs_set(struct vn_costs *c, int64_t job, enum vn_cost_kind kind,
             int64_t n, vn_time time)
{
    struct fact fact = {job, kind, n, time};
    int at = place(c, &fact);

    if (at == c->nfacts || compare_facts(&c->facts[at], &fact) != 0) {
        c->facts =
            vn_xrealloc(c->facts, (size_t) c->nfacts + 1, sizeof *c->facts);
        memmove(c->facts + at + 1, c->facts + at,
                (size_t) (c->nfacts - at) * sizeof *c->facts);
        c->nfacts++;
    }
    c->facts[at] = fact;
}

vn_time
vn_costs_draw(const struct vn_costs *c, int row, enum vn_cost_kind kind,
              uint64_t seed, int64_t job, int64_t n)
{
    const struct value *v = &c->rows[row].values[kind];
    struct fact fact = {job, kind, n, 0};
    int at = place(c, &fact);
    struct vn_rng rng;

    if (at < c->nfacts && compare_facts(&c->facts[at], &fact) == 0)
        return c->facts[at].time;
    if (v->shape == CONSTANT)
        return in_time(v->a);
    rng = vn_rng_stream(seed, PURPOSE + (uint64_t) kind, (uint64_t) job);
    rng.counter = (uint64_t) n * 2;
    return in_time(draw(v, &rng));
}

vn_time
vn_costs_mean(const struct vn_costs *c, int row, enum vn_cost_kind kind)
{
    return in_time(mean(&c->rows[row].values[kind]));
}

vn_time
vn_costs_checkpoint(const struct vn_costs *c, int row)
{
    return in_time(c->rows[row].values[CHECKPOINT].a);
}

uint64_t
vn_costs_hash(const struct vn_costs *c)
{
    uint64_t hash = 0;

    for (int i = 0; i < c->nrows; i++) {
        const char *model = c->rows[i].model != NULL ? c->rows[i].model : "*";

        hash = vn_hash(hash, model, strlen(model) + 1);
        for (int k = 0; k < NVALUES; k++) {
            const struct value *v = &c->rows[i].values[k];
            const double real[] = {v->shape, v->a, v->b};

            hash = vn_hash(hash, real, sizeof real);
        }
    }
    return hash;
}
