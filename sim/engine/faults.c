#include "config.h"

#include "sim/engine/faults.h"

#include "base/names.h"
#include "base/option.h"
#include "base/rng.h"
#include "base/table.h"
#include "base/xalloc.h"
#include "sim/api/heap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PURPOSE = 0xfa17 /* of the random streams */
};

/* What fails as one: some devices of a type. */
struct unit {
    int type;
    int first;
    int count;
    bool down;
    struct vn_rng rng;
};

/* A change of speed, from the table: the begin or the end of a row. */
struct slow {
    vn_time time;
    vn_time to; /* of a begin; of an end, its time */
    int type;
    int device;
    double slowdown;
};

struct vn_faults {
    struct ed_region *region;
    const struct vn_cluster *cluster;
    struct vn_fault_config config;
    struct unit *units;
    int nunits;
    struct vn_heap next; /* of units */
    struct slow *slow;   /* in order of time */
    int nslow;
    int at;
};

static enum vn_status
read_value(const char *word, struct vn_fault_config *c, struct vn_error *err)
{
    static const char *const names[] = {"mtbf", "mttr", "shape"};
    double *values[] = {&c->mtbf_s, &c->mttr_s};
    vn_time time;
    size_t length = strcspn(word, "=");
    char name[16];
    int choice;

    snprintf(name, sizeof name, "%.*s", (int) (length < 15 ? length : 15),
             word);
    if (word[length] != '=')
        return vn_fail(err, VN_EUSAGE,
                       "--faults: '%.64s' has no value, expected mtbf=TIME, "
                       "mttr=TIME or shape=K",
                       word);
    if (vn_option_choice("faults", name, names, 3, &choice, err) != VN_OK)
        return VN_EUSAGE;
    if (choice == 2)
        return vn_option_real("faults", word + length + 1, 0.1, 10, &c->shape,
                              err);
    if (vn_option_time("faults", word + length + 1, VN_SECOND / 1000,
                       VN_TIME_MAX, &time, err)
        != VN_OK)
        return VN_EUSAGE;
    *values[choice] = (double) time / 1e6;
    return VN_OK;
}

enum vn_status
vn_fault_config_read(const char *words, struct vn_fault_config *c,
                     struct vn_error *err)
{
    static const char *const units[] = {"device", "node"};
    char *copy = vn_xcalloc(strlen(words) + 1, 1), *rest, *word;
    enum vn_status status;
    int choice;

    strcpy(copy, words);
    word = strtok_r(copy, ",", &rest);
    status = vn_option_choice("faults", word != NULL ? word : "", units, 2,
                              &choice, err);
    c->fails = true;
    c->nodes = status == VN_OK && choice == 1;
    c->shape = 1;
    while (status == VN_OK && (word = strtok_r(NULL, ",", &rest)) != NULL)
        status = read_value(word, c, err);
    free(copy);
    return status;
}

static vn_time
after(vn_time now, double seconds)
{
    double t = (double) now + ceil(seconds * 1e6);

    return t < (double) VN_TIME_MAX ? (vn_time) t : VN_TIME_MAX;
}

static double
or_else(double given, double of_type)
{
    return given > 0 ? given : of_type;
}

/* Draw when a unit, up or down from now on, changes next. */
static void
draw(struct vn_faults *f, int unit, vn_time now)
{
    struct unit *u = &f->units[unit];
    const struct vn_device_type *type = &f->cluster->types[u->type];
    double mtbf = or_else(f->config.mtbf_s, type->mtbf_s);
    double mttr = or_else(f->config.mttr_s, type->mttr_s);
    double uniform = 1 - vn_rng_uniform(&u->rng), span;

    /* Weibull by inversion, its scale such that the mean is the MTBF. */
    if (u->down)
        span = -mttr * log(uniform);
    else
        span = mtbf / tgamma(1 + 1 / f->config.shape)
               * pow(-log(uniform), 1 / f->config.shape);
    if ((u->down && mttr <= 0) || (!u->down && mtbf <= 0)
        || after(now, span) == VN_TIME_MAX)
        vn_heap_remove(&f->next, unit);
    else
        vn_heap_set(&f->next, unit, after(now, span), unit);
}

static void
add_unit(struct vn_faults *f, int type, int first, int count, uint64_t seed)
{
    f->units = vn_region_realloc(f->region, f->units, (size_t) f->nunits + 1,
                                 sizeof *f->units);
    f->units[f->nunits] = (struct unit){
        .type = type,
        .first = first,
        .count = count,
        .rng = vn_rng_stream(seed, PURPOSE, (uint64_t) f->nunits)};
    draw(f, f->nunits++, 0);
}

static void
add_units(struct vn_faults *f, uint64_t seed)
{
    const struct vn_cluster *c = f->cluster;
    int *first = vn_xcalloc((size_t) c->ntypes, sizeof *first);

    for (int g = 0; g < c->ngroups; g++) {
        const struct vn_node_group *group = &c->groups[g];
        int n = f->config.nodes ? group->nodes
                                : group->nodes * group->devices_per_node;
        int each = f->config.nodes ? group->devices_per_node : 1;

        for (int i = 0; i < n; i++) {
            add_unit(f, group->type, first[group->type], each, seed);
            first[group->type] += each;
        }
    }
    free(first);
}

enum column {
    TYPE,
    DEVICE,
    FROM,
    TO,
    SLOWDOWN,
    NCOLUMNS
};

static enum vn_status
read_slow(struct vn_faults *f, struct vn_table *table, struct vn_error *err)
{
    const char *name = vn_table_text(table, TYPE);
    int type = vn_cluster_type(f->cluster, name);
    struct slow s = {.type = type};
    int64_t device;
    enum vn_status status;
    vn_time to;

    if (type < 0)
        return vn_table_fail(table, TYPE, err,
                             "'%.64s' is no device type of the cluster", name);
    status = vn_table_int(table, DEVICE, 0,
                          f->cluster->types[type].devices - 1, &device, err);
    if (status == VN_OK)
        status = vn_table_time(table, FROM, 0, VN_TIME_MAX - 1, &s.time, err);
    if (status == VN_OK)
        status = vn_table_time(table, TO, s.time + 1, VN_TIME_MAX, &to, err);
    if (status == VN_OK)
        status = vn_table_real(table, SLOWDOWN, 0.01, 1e6, &s.slowdown, err);
    if (status != VN_OK)
        return status;
    s.device = (int) device;
    f->slow = vn_region_realloc(f->region, f->slow, (size_t) f->nslow + 2,
                                sizeof *f->slow);
    s.to = to;
    f->slow[f->nslow++] = s;
    s.time = to;
    f->slow[f->nslow++] = s;
    return VN_OK;
}

static int
compare_devices(const void *a, const void *b)
{
    const struct slow *x = a, *y = b;

    if (x->type != y->type)
        return x->type - y->type;
    return x->device - y->device;
}

static int
compare(const void *a, const void *b)
{
    const struct slow *x = a, *y = b;

    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return compare_devices(a, b);
}

/*
 * How slow each device is after each change: as slow as the slowest of its
 * rows then says, since rows may overlap.
 */
static void
overlay(struct vn_faults *f)
{
    size_t n = (size_t) f->nslow, from, to;
    double *slowdown = vn_xcalloc(n, sizeof *slowdown);

    qsort(f->slow, n, sizeof *f->slow, compare_devices);
    for (from = 0; from < n; from = to) {
        for (to = from + 1; to < n; to++)
            if (compare_devices(&f->slow[to], &f->slow[from]) != 0)
                break;
        for (size_t i = from; i < to; i++) {
            vn_time time = f->slow[i].time;

            slowdown[i] = 0;
            for (size_t k = from; k < to; k++)
                if (f->slow[k].time <= time && time < f->slow[k].to
                    && f->slow[k].slowdown > slowdown[i])
                    slowdown[i] = f->slow[k].slowdown;
            if (slowdown[i] == 0) /* no row covers it */
                slowdown[i] = 1;
        }
    }
    for (size_t i = 0; i < n; i++)
        f->slow[i].slowdown = slowdown[i];
    free(slowdown);
    qsort(f->slow, n, sizeof *f->slow, compare);
}

static enum vn_status
read_table(struct vn_faults *f, struct vn_error *err)
{
    static const struct vn_column columns[] = {
        [TYPE] = {"device_type", true},
        [DEVICE] = {"device", true},
        [FROM] = {"from_s", true},
        [TO] = {"to_s", true},
        [SLOWDOWN] = {"slowdown", true}};
    struct vn_table_form form = {.columns = columns, .ncolumns = NCOLUMNS};
    struct vn_table *table = NULL;
    enum vn_status status;
    bool more = true;

    status = vn_table_open(f->config.slow, &form, &table, err);
    while (status == VN_OK
           && (status = vn_table_next(table, &more, err)) == VN_OK && more)
        status = read_slow(f, table, err);
    vn_table_close(table);
    if (status == VN_OK && f->nslow > 0)
        overlay(f);
    return status;
}

enum vn_status
vn_faults_alloc(const struct vn_fault_config *config,
                const struct vn_cluster *cluster, uint64_t seed,
                struct ed_region *region, struct vn_faults **faults,
                struct vn_error *err)
{
    struct vn_faults *f = vn_region_alloc(region, 1, sizeof *f);
    enum vn_status status = VN_OK;
    bool any = config->mtbf_s > 0;

    f->region = f->next.region = region;
    f->cluster = cluster;
    f->config = *config;
    for (int t = 0; t < cluster->ntypes; t++)
        any = any || cluster->types[t].mtbf_s > 0;
    if (config->fails && !any)
        status =
            vn_fail(err, VN_EUSAGE,
                    "--faults: nothing says how often devices fail, "
                    "expected mtbf=TIME, or mtbf_s in the cluster's table");
    if (status == VN_OK && config->fails)
        add_units(f, seed);
    if (status == VN_OK && config->slow != NULL)
        status = read_table(f, err);
    if (status != VN_OK) {
        vn_faults_free(f);
        f = NULL;
    }
    *faults = f;
    return status;
}

void
vn_faults_free(struct vn_faults *f)
{
    if (f == NULL)
        return;
    vn_heap_free(&f->next);
    vn_region_free(f->region, f->units);
    vn_region_free(f->region, f->slow);
    vn_region_free(f->region, f);
}

bool
vn_faults_next(const struct vn_faults *f, struct vn_fault *fault)
{
    const struct vn_event *event = vn_heap_top(&f->next);

    if (f->at < f->nslow
        && (event == NULL || f->slow[f->at].time <= event->time)) {
        const struct slow *s = &f->slow[f->at];

        *fault = (struct vn_fault){.time = s->time,
                                   .kind = VN_FAULT_SLOW,
                                   .type = s->type,
                                   .first = s->device,
                                   .count = 1,
                                   .slowdown = s->slowdown};
        return true;
    }
    if (event == NULL)
        return false;
    *fault = (struct vn_fault){
        .time = event->time,
        .kind = f->units[event->handle].down ? VN_FAULT_REPAIR : VN_FAULT_FAIL,
        .type = f->units[event->handle].type,
        .first = f->units[event->handle].first,
        .count = f->units[event->handle].count};
    return true;
}

void
vn_faults_pass(struct vn_faults *f)
{
    const struct vn_event *event = vn_heap_top(&f->next);

    if (f->at < f->nslow
        && (event == NULL || f->slow[f->at].time <= event->time)) {
        f->at++;
        return;
    }
    f->units[event->handle].down = !f->units[event->handle].down;
    draw(f, event->handle, event->time);
}
