#include "config.h"

#include "plan/cluster.h"

#include "base/names.h"
#include "base/rng.h"
#include "base/table.h"
#include "base/xalloc.h"
#include "plan/job.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

int
vn_cluster_type(const struct vn_cluster *cluster, const char *name)
{
    for (int i = 0; i < cluster->ntypes; i++)
        if (strcmp(cluster->types[i].name, name) == 0)
            return i;
    for (int i = 0; i < cluster->ntypes; i++)
        if (strcasecmp(cluster->types[i].name, name) == 0)
            return i;
    return -1;
}

int
vn_cluster_type_at(const struct vn_cluster *c, int device)
{
    int type = 0;

    while (type + 1 < c->ntypes && device >= c->types[type].devices)
        device -= c->types[type++].devices;
    return type;
}

void
vn_cluster_free(struct vn_cluster *cluster)
{
    for (int i = 0; i < cluster->ntypes; i++)
        free(cluster->types[i].name);
    free(cluster->types);
    free(cluster->groups);
    *cluster = (struct vn_cluster){0};
}

/*
 * Add nodes of a type; *new tells whether the type was not there before.
 * False where the cluster would be larger than we count.
 */
static bool
add_group(struct vn_cluster *c, const char *name, int64_t nodes, int64_t each,
          int *type, bool *new)
{
    if (nodes * each > VN_DEVICES_MAX - c->devices)
        return false;
    *type = vn_cluster_type(c, name);
    *new = *type < 0;
    if (*new) {
        *type = c->ntypes++;
        c->types = vn_xrealloc(c->types, (size_t) c->ntypes, sizeof *c->types);
        c->types[*type] =
            (struct vn_device_type){.name = vn_xcalloc(strlen(name) + 1, 1)};
        strcpy(c->types[*type].name, name);
    }
    c->groups =
        vn_xrealloc(c->groups, (size_t) c->ngroups + 1, sizeof *c->groups);
    c->groups[c->ngroups++] = (struct vn_node_group){
        .type = *type, .nodes = (int) nodes, .devices_per_node = (int) each};
    c->types[*type].devices += (int) (nodes * each);
    c->devices += (int) (nodes * each);
    c->nodes += (int) nodes;
    return true;
}

/* The length of a type's name that begins here: up to a ':' or ',', but with
 * attributes, as in host:slow=2.5. */
static size_t
name_length(const char *text)
{
    size_t n = strcspn(text, ":,");

    while (text[n] == ':') {
        size_t part = strcspn(text + n + 1, ":,");

        if (memchr(text + n + 1, '=', part) == NULL)
            break;
        n += 1 + part;
    }
    return n;
}

/* A type's name may stand in a file name, a plan and a figure. */
static bool
is_type_name(const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (strchr(" ,\"'\\/#", name[i]) != NULL
            || (unsigned char) name[i] < 0x20)
            return false;
    return length > 0 && length < 64 && name[0] != ':'
           && name_length(name) >= length;
}

enum column {
    TYPE,
    NODES,
    DEVICES,
    MEMORY,
    INTRA,
    INTER,
    LATENCY,
    MTBF,
    MTTR,
    CPU,
    MEMORY_MIB,
    LIST_NUMBER,
    LIST_DEVICES,
    LIST_MODEL,
    SWITCHES,
    SWITCH_NODES,
    NODE_DEVICES,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [TYPE] = {"device_type", false},
    [NODES] = {"nodes", false},
    [DEVICES] = {"devices_per_node", false},
    [MEMORY] = {"memory_bytes", false},
    [INTRA] = {"intra_node_bytes_per_s", false},
    [INTER] = {"inter_node_bytes_per_s", false},
    [LATENCY] = {"latency_s", false},
    [MTBF] = {"mtbf_s", false},
    [MTTR] = {"mttr_s", false},
    [CPU] = {"cpu_milli", false},
    [MEMORY_MIB] = {"memory_mib", false},
    [LIST_NUMBER] = {"sn", false},
    [LIST_DEVICES] = {"gpu", false},
    [LIST_MODEL] = {"model", false},
    [SWITCHES] = {"num_switch", false},
    [SWITCH_NODES] = {"num_node_p_switch", false},
    [NODE_DEVICES] = {"num_gpu_p_node", false},
};

/* Read an optional quantity, and hold it against an earlier row's. */
static enum vn_status
quantity(struct vn_table *t, enum column column, bool new, double *value,
         struct vn_error *err)
{
    double read = 0;
    enum vn_status status;

    if (!vn_table_empty(t, (int) column)) {
        status = vn_table_real(t, (int) column, 0, 1e18, &read, err);
        if (status != VN_OK)
            return status;
    }
    if (!new &&read != *value)
        return vn_table_fail(t, (int) column, err,
                             "%s of '%s' is not what an earlier row says",
                             columns[column].name, vn_table_text(t, TYPE));
    *value = read;
    return VN_OK;
}

/* The columns of a table that says type, nodes and devices, or of a list. */
struct form {
    int type;  /* -1: it is called gpu */
    int nodes; /* -1: one a row, which may have no devices */
    int devices;
    int times; /* so many of these nodes; -1: as they are */
};

/* What a row says of its nodes, to the cluster's last group. */
static enum vn_status
read_host(struct vn_table *t, struct vn_cluster *c, struct vn_error *err)
{
    struct vn_node_group *group = &c->groups[c->ngroups - 1];
    enum vn_status status = VN_OK;

    if (!vn_table_empty(t, CPU))
        status = vn_table_int(t, CPU, 1, INT32_MAX, &group->cpu_milli, err);
    if (status == VN_OK && !vn_table_empty(t, MEMORY_MIB))
        status =
            vn_table_int(t, MEMORY_MIB, 1, INT32_MAX, &group->memory_mib, err);
    return status;
}

static enum vn_status
read_row(struct vn_table *t, const struct form *f, struct vn_cluster *c,
         struct vn_error *err)
{
    const char *name = f->type >= 0 ? vn_table_text(t, f->type) : "gpu";
    int64_t nodes = 1, each, times = 1;
    enum vn_status status;
    struct vn_device_type *type;
    double memory;
    bool new;
    int i;

    if ((f->nodes >= 0
         && (status =
                 vn_table_int(t, f->nodes, 1, VN_DEVICES_MAX, &nodes, err)))
        || (f->times >= 0
            && (status = vn_table_int(t, f->times, 1, 1 << 20, &times, err)))
        || (status =
                vn_table_int(t, f->devices, f->nodes >= 0, 1024, &each, err))
        || each == 0)
        return status;
    if (!is_type_name(name, strlen(name)))
        return vn_table_fail(t, f->type, err,
                             "'%.64s' is no device type, expected a name "
                             "without blanks, quotes, ',' and '/', and ':' "
                             "only as in host:slow=2",
                             name);
    if (!add_group(c, name, nodes * times, each, &i, &new))
        return vn_table_fail(t, f->nodes >= 0 ? f->nodes : f->devices, err,
                             "more than %d devices, expected fewer",
                             VN_DEVICES_MAX);
    if ((status = read_host(t, c, err)))
        return status;
    type = &c->types[i];
    memory = (double) type->memory_bytes;
    if ((status = quantity(t, MEMORY, new, &memory, err))
        || (status =
                quantity(t, INTRA, new, &type->intra_node_bytes_per_s, err))
        || (status =
                quantity(t, INTER, new, &type->inter_node_bytes_per_s, err))
        || (status = quantity(t, LATENCY, new, &type->latency_s, err))
        || (status = quantity(t, MTBF, new, &type->mtbf_s, err))
        || (status = quantity(t, MTTR, new, &type->mttr_s, err)))
        return status;
    type->memory_bytes = (int64_t) memory;
    return VN_OK;
}

/* Which form the table has, by its header. */
static enum vn_status
find_form(struct vn_table *t, struct form *f, struct vn_error *err)
{
    static const enum column own[] = {TYPE, NODES, DEVICES};

    if (vn_table_has(t, LIST_DEVICES) && vn_table_has(t, LIST_MODEL)) {
        *f = (struct form){LIST_MODEL, -1, LIST_DEVICES, -1};
        return VN_OK;
    }
    if (vn_table_has(t, SWITCHES) && vn_table_has(t, SWITCH_NODES)
        && vn_table_has(t, NODE_DEVICES)) {
        *f = (struct form){-1, SWITCH_NODES, NODE_DEVICES, SWITCHES};
        return VN_OK;
    }
    *f = (struct form){TYPE, NODES, DEVICES, -1};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (!vn_table_has(t, (int) own[i]))
            return vn_table_fail(t, -1, err,
                                 "no column '%s', expected it in the header",
                                 columns[own[i]].name);
    return VN_OK;
}

static enum vn_status
read_table(const char *path, struct vn_cluster *c, struct vn_error *err)
{
    struct vn_table *t;
    enum vn_status status;
    struct form form;
    bool more;

    status = vn_table_open(
        path,
        &(struct vn_table_form){.columns = columns, .ncolumns = NCOLUMNS}, &t,
        err);
    if (status == VN_OK)
        status = find_form(t, &form, err);
    while (status == VN_OK && (status = vn_table_next(t, &more, err)) == VN_OK
           && more)
        status = read_row(t, &form, c, err);
    if (status == VN_OK && c->ngroups == 0)
        status =
            vn_fail(err, VN_EFORMAT,
                    "%s: no nodes, expected a row for each device type", path);
    vn_table_close(t);
    return status;
}

/* Read an integer at *p, followed by one of the bytes of `end`. */
static bool
read_count(const char **p, const char *end, int64_t max, int64_t *value)
{
    char digits[16], why[VN_WHY_SIZE];
    size_t n = strspn(*p, "0123456789");

    if (n == 0 || n >= sizeof digits || strchr(end, (*p)[n]) == NULL)
        return false;
    memcpy(digits, *p, n);
    digits[n] = '\0';
    *p += n;
    return vn_read_int(digits, 1, max, value, why) == NULL;
}

static enum vn_status
read_inline(const char *text, struct vn_cluster *c, struct vn_error *err)
{
    const char *p = text;

    for (;;) {
        size_t length = name_length(p);
        int64_t nodes = 1, each;
        char name[64];
        int type;
        bool new;

        if (p[length] != ':' || !is_type_name(p, length))
            break;
        memcpy(name, p, length);
        name[length] = '\0';
        p += length + 1;
        if (!read_count(&p, "x,", VN_DEVICES_MAX, &each))
            break;
        if (*p == 'x') {
            p++;
            nodes = each;
            if (!read_count(&p, ",", 1024, &each))
                break;
        }
        if (!add_group(c, name, nodes, each, &type, &new))
            return vn_fail(err, VN_EUSAGE,
                           "cluster '%.100s': more than %d devices, expected "
                           "fewer",
                           text, VN_DEVICES_MAX);
        if (*p == '\0')
            return VN_OK;
        p++;
    }
    return vn_fail(err, VN_EUSAGE,
                   "cluster '%.100s': at byte %td, expected "
                   "type:nodes x devices, as in v100:16x8,p100:4x4",
                   text, p - text + 1);
}

enum vn_status
vn_cluster_read(const char *what, struct vn_cluster *cluster,
                struct vn_error *err)
{
    enum vn_status status;

    *cluster = (struct vn_cluster){0};
    if (strchr(what, ':') != NULL && access(what, F_OK) != 0)
        status = read_inline(what, cluster, err);
    else
        status = read_table(what, cluster, err);
    if (status != VN_OK)
        vn_cluster_free(cluster);
    return status;
}

uint64_t
vn_cluster_hash(const struct vn_cluster *c)
{
    uint64_t hash = 0;

    for (int i = 0; i < c->ntypes; i++) {
        const struct vn_device_type *t = &c->types[i];
        const double real[] = {(double) t->memory_bytes,
                               t->intra_node_bytes_per_s,
                               t->inter_node_bytes_per_s,
                               t->latency_s,
                               t->mtbf_s,
                               t->mttr_s};

        hash = vn_hash(hash, t->name, strlen(t->name) + 1);
        hash = vn_hash(hash, real, sizeof real);
    }
    for (int i = 0; i < c->ngroups; i++) {
        const struct vn_node_group *g = &c->groups[i];
        const int whole[] = {g->type, g->nodes, g->devices_per_node};
        const int64_t host[] = {g->cpu_milli, g->memory_mib};

        hash = vn_hash(hash, whole, sizeof whole);
        if (g->cpu_milli > 0 || g->memory_mib > 0)
            hash = vn_hash(hash, host, sizeof host);
    }
    return hash;
}
