#include "config.h"

#include "sim/engine/fleet.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

const char *const vn_placements[] = {"none", "consolidate", "spread", "strict",
                                     NULL};

enum {
    FREE = -1,
    DOWN = -2,
    LEAVING = -3 /* and below: LEAVING - handle */
};

/* Devices of one type. */
struct park {
    int *owner; /* by device: a slot, or one of the above */
    double *slowdown;
    bool *works; /* by device: its job trains on it */
    int *node;   /* by device */
    int *first;  /* by node; first[nodes] is the number of devices */
    int *free;   /* by node */
    int *needs;  /* needs[n]: the fewest nodes that hold n devices */
    int nodes;
    int devices;
    int kind; /* the first type that stands in the same hosts */
};

/* What a job has. */
struct belongings {
    int *device; /* numbered over all types, rising */
    int count;
    int room;
};

struct vn_fleet {
    struct ed_region *region;
    const struct vn_cluster *cluster;
    enum vn_placement placement;
    struct park *parks;
    int *offset;             /* of a type's devices among all */
    struct belongings *jobs; /* by slot */
    int njobs;
    bool slowed; /* some device ever was */
};

static int
compare_falling(const void *a, const void *b)
{
    return *(const int *) b - *(const int *) a;
}

/* The fewest nodes for each number of devices: the largest nodes first. */
static void
count_needs(struct ed_region *r, struct park *p)
{
    int *size = vn_xcalloc((size_t) p->nodes + 1, sizeof *size);
    int node = 0, sum = 0;

    for (int i = 0; i < p->nodes; i++)
        size[i] = p->first[i + 1] - p->first[i];
    if (p->nodes > 0)
        qsort(size, (size_t) p->nodes, sizeof *size, compare_falling);
    p->needs = vn_region_alloc(r, (size_t) p->devices + 1, sizeof *p->needs);
    for (int n = 1; n <= p->devices; n++) {
        if (n > sum)
            sum += size[node++];
        p->needs[n] = node;
    }
    free(size);
}

static void
fill_park(struct ed_region *r, struct park *p,
          const struct vn_cluster *cluster, int type)
{
    size_t devices = (size_t) cluster->types[type].devices;
    int node = 0, device = 0;

    for (int g = 0; g < cluster->ngroups; g++)
        if (cluster->groups[g].type == type)
            p->nodes += cluster->groups[g].nodes;
    p->devices = (int) devices;
    p->owner = vn_region_alloc(r, devices, sizeof *p->owner);
    p->slowdown = vn_region_alloc(r, devices, sizeof *p->slowdown);
    p->works = vn_region_alloc(r, devices, sizeof *p->works);
    p->node = vn_region_alloc(r, devices, sizeof *p->node);
    p->first = vn_region_alloc(r, (size_t) p->nodes + 1, sizeof *p->first);
    p->free = vn_region_alloc(r, (size_t) p->nodes + 1, sizeof *p->free);
    for (int g = 0; g < cluster->ngroups; g++) {
        if (cluster->groups[g].type != type)
            continue;
        for (int i = 0; i < cluster->groups[g].nodes; i++) {
            p->first[node] = device;
            p->free[node] = cluster->groups[g].devices_per_node;
            for (int k = 0; k < p->free[node]; k++) {
                p->owner[device] = FREE;
                p->slowdown[device] = 1;
                p->node[device++] = node;
            }
            node++;
        }
    }
    p->first[p->nodes] = device;
    count_needs(r, p);
}

/* The first type whose name is the same up to a ':'. */
static int
kind_of(const struct vn_cluster *c, int type)
{
    const char *name = c->types[type].name;
    size_t n = strcspn(name, ":");
    int t = 0;

    while (strcspn(c->types[t].name, ":") != n
           || strncmp(c->types[t].name, name, n) != 0)
        t++;
    return t;
}

struct vn_fleet *
vn_fleet_alloc(const struct vn_cluster *cluster, enum vn_placement placement,
               struct ed_region *r)
{
    struct vn_fleet *f = vn_region_alloc(r, 1, sizeof *f);
    int offset = 0;

    f->region = r;
    f->cluster = cluster;
    f->placement = placement;
    f->parks = vn_region_alloc(r, (size_t) cluster->ntypes, sizeof *f->parks);
    f->offset =
        vn_region_alloc(r, (size_t) cluster->ntypes, sizeof *f->offset);
    for (int t = 0; t < cluster->ntypes; t++) {
        fill_park(r, &f->parks[t], cluster, t);
        f->parks[t].kind = kind_of(cluster, t);
        f->offset[t] = offset;
        offset += cluster->types[t].devices;
    }
    return f;
}

void
vn_fleet_free(struct vn_fleet *f)
{
    struct ed_region *r = f == NULL ? NULL : f->region;

    if (f == NULL)
        return;
    for (int t = 0; t < f->cluster->ntypes; t++) {
        vn_region_free(r, f->parks[t].owner);
        vn_region_free(r, f->parks[t].slowdown);
        vn_region_free(r, f->parks[t].works);
        vn_region_free(r, f->parks[t].node);
        vn_region_free(r, f->parks[t].first);
        vn_region_free(r, f->parks[t].free);
        vn_region_free(r, f->parks[t].needs);
    }
    for (int i = 0; i < f->njobs; i++)
        vn_region_free(r, f->jobs[i].device);
    vn_region_free(r, f->parks);
    vn_region_free(r, f->offset);
    vn_region_free(r, f->jobs);
    vn_region_free(r, f);
}

static struct belongings *
of_job(struct vn_fleet *f, int slot)
{
    if (slot >= f->njobs) {
        int n = 2 * slot + 64;

        f->jobs =
            vn_region_realloc(f->region, f->jobs, (size_t) n, sizeof *f->jobs);
        memset(f->jobs + f->njobs, 0,
               (size_t) (n - f->njobs) * sizeof *f->jobs);
        f->njobs = n;
    }
    return &f->jobs[slot];
}

/* Where a job's devices of a type stand in its list: from, to. */
static void
span(const struct vn_fleet *f, const struct belongings *b, int type, int *from,
     int *to)
{
    int low = f->offset[type], high = low + f->parks[type].devices;

    *from = 0;
    while (*from < b->count && b->device[*from] < low)
        (*from)++;
    *to = *from;
    while (*to < b->count && b->device[*to] < high)
        (*to)++;
}

static void
take(struct vn_fleet *f, int slot, int type, int device)
{
    struct belongings *b = of_job(f, slot);
    struct park *p = &f->parks[type];
    int number = f->offset[type] + device, i;

    p->owner[device] = slot;
    p->works[device] = false;
    p->free[p->node[device]]--;
    if (b->count == b->room) {
        b->room = 2 * b->room + 8;
        b->device = vn_region_realloc(f->region, b->device, (size_t) b->room,
                                      sizeof *b->device);
    }
    for (i = b->count++; i > 0 && b->device[i - 1] > number; i--)
        b->device[i] = b->device[i - 1];
    b->device[i] = number;
}

static void
drop(struct vn_fleet *f, int slot, int type, int device, int owner)
{
    struct belongings *b = of_job(f, slot);
    struct park *p = &f->parks[type];
    int i = 0;

    while (b->device[i] != f->offset[type] + device)
        i++;
    memmove(b->device + i, b->device + i + 1,
            (size_t) (b->count - i - 1) * sizeof *b->device);
    b->count--;
    p->owner[device] = owner;
    p->free[p->node[device]] += owner == FREE;
}

/* Take up to n free devices of a node; how many it took. */
static int
take_of_node(struct vn_fleet *f, int slot, int type, int node, int n)
{
    struct park *p = &f->parks[type];
    int took = 0;

    for (int d = p->first[node]; d < p->first[node + 1] && took < n; d++)
        if (p->owner[d] == FREE) {
            take(f, slot, type, d);
            took++;
        }
    return took;
}

/* The devices of a type's first node; under strict placement, of each. */
static int
of_a_node(const struct park *p)
{
    return p->nodes > 0 ? p->first[1] - p->first[0] : 0;
}

bool
vn_fleet_has_place(const struct vn_fleet *f, int type, int devices)
{
    const struct park *p = &f->parks[type];
    int each = of_a_node(p), most = 0, whole;

    if (f->placement != VN_PLACEMENT_STRICT || devices <= 0)
        return true;
    whole = devices > each ? devices / each : 0;
    for (int i = 0; i < p->nodes; i++)
        if (whole > 0 && p->free[i] == each)
            whole--;
        else if (p->free[i] > most)
            most = p->free[i];
    return whole == 0 && most >= (devices > each ? devices % each : devices);
}

/* The node to take the next devices from, where n are still to be taken;
 * `wide`: of more than a node has. */
static int
choose_node(const struct vn_fleet *f, int type, int n, bool wide)
{
    const struct park *p = &f->parks[type];
    int best = -1, most = -1;
    bool fullest = f->placement == VN_PLACEMENT_CONSOLIDATE
                   || (f->placement == VN_PLACEMENT_STRICT && !wide);

    for (int i = 0; i < p->nodes; i++) {
        if (p->free[i] == 0)
            continue;
        if (f->placement == VN_PLACEMENT_NONE)
            return i;
        if (most < 0 || p->free[i] > p->free[most])
            most = i;
        if (p->free[i] >= n && (best < 0 || p->free[i] < p->free[best]))
            best = i;
    }
    return fullest && best >= 0 ? best : most;
}

/* On the nodes where the job is already, as far as they go. */
static int
take_at_home(struct vn_fleet *f, int slot, int type, int n)
{
    struct park *p = &f->parks[type];
    int took = 0, before = -1, from, to;

    span(f, of_job(f, slot), type, &from, &to);
    for (int i = from; i < to && took < n; i++) {
        int node = p->node[f->jobs[slot].device[i] - f->offset[type]];

        if (node != before)
            took += take_of_node(f, slot, type, node, n - took);
        before = node;
        span(f, of_job(f, slot), type, &from, &to);
    }
    return took;
}

/* Which of a job's devices of a type to give up: the last of the node where
 * it has fewest. */
static int
choose_device(const struct vn_fleet *f, const struct belongings *b, int type)
{
    const struct park *p = &f->parks[type];
    int from, to, best = -1, fewest = 0, run = 0;

    span(f, b, type, &from, &to);
    for (int i = from; i < to; i++) {
        int node = p->node[b->device[i] - f->offset[type]];

        run++;
        if (i + 1 < to && p->node[b->device[i + 1] - f->offset[type]] == node)
            continue;
        if (best < 0 || run <= fewest) {
            best = b->device[i] - f->offset[type];
            fewest = run;
        }
        run = 0;
    }
    return best;
}

void
vn_fleet_set(struct vn_fleet *f, int slot, int type, int devices, int handle)
{
    struct belongings *b = of_job(f, slot);
    int from, to, more;
    bool wide;

    span(f, b, type, &from, &to);
    more = devices - (to - from);
    wide = more > of_a_node(&f->parks[type]);
    for (; more < 0; more++)
        drop(f, slot, type, choose_device(f, b, type),
             handle >= 0 ? LEAVING - handle : FREE);
    if (more > 0 && f->placement == VN_PLACEMENT_CONSOLIDATE)
        more -= take_at_home(f, slot, type, more);
    while (more > 0)
        more -= take_of_node(f, slot, type, choose_node(f, type, more, wide),
                             f->placement == VN_PLACEMENT_SPREAD ? 1 : more);
}

void
vn_fleet_released(struct vn_fleet *f, int handle)
{
    for (int t = 0; t < f->cluster->ntypes; t++) {
        struct park *p = &f->parks[t];

        for (int d = 0; d < p->devices; d++)
            if (p->owner[d] == LEAVING - handle) {
                p->owner[d] = FREE;
                p->free[p->node[d]]++;
            }
    }
}

int
vn_fleet_device(const struct vn_fleet *f, int slot, int type, int i)
{
    int from, to;

    span(f, &f->jobs[slot], type, &from, &to);
    return f->jobs[slot].device[from + i] - f->offset[type];
}

/* The type of the i-th of a job's devices, given that of one before it. */
static int
type_at(const struct vn_fleet *f, const struct belongings *b, int i, int type)
{
    while (b->device[i] >= f->offset[type] + f->parks[type].devices)
        type++;
    return type;
}

void
vn_fleet_work(struct vn_fleet *f, int slot, bool all)
{
    const struct belongings *b = of_job(f, slot);

    for (int i = 0, t = 0; i < b->count; i++) {
        t = type_at(f, b, i, t);
        f->parks[t].works[b->device[i] - f->offset[t]] = all;
    }
}

bool
vn_fleet_is_spread(const struct vn_fleet *f, int slot)
{
    const struct belongings *b = &f->jobs[slot];

    if (f->placement == VN_PLACEMENT_NONE || slot >= f->njobs)
        return false;
    for (int t = 0; t < f->cluster->ntypes; t++) {
        const struct park *p = &f->parks[t];
        int from, to, nodes = 0, before = -1, n = 0;

        span(f, b, t, &from, &to);
        for (int i = from; i < to; i++) {
            int device = b->device[i] - f->offset[t];

            if (!p->works[device])
                continue;
            n++;
            nodes += p->node[device] != before;
            before = p->node[device];
        }
        if (nodes > p->needs[n])
            return true;
    }
    return false;
}

double
vn_fleet_slowdown(const struct vn_fleet *f, int slot)
{
    const struct belongings *b = &f->jobs[slot];
    double most = 0;

    if (!f->slowed || slot >= f->njobs)
        return 1;
    for (int i = 0, t = 0; i < b->count; i++) {
        const struct park *p;
        int device;

        t = type_at(f, b, i, t);
        p = &f->parks[t];
        device = b->device[i] - f->offset[t];
        if (p->works[device] && p->slowdown[device] > most)
            most = p->slowdown[device];
    }
    return most > 0 ? most : 1;
}

/* Of a host: devices that jobs have, and those on which this one works. */
static void
count_host(const struct vn_fleet *f, int slot, int kind, int node, int *busy,
           int *own)
{
    *busy = *own = 0;
    for (int t = kind; t < f->cluster->ntypes; t++) {
        const struct park *p = &f->parks[t];

        if (p->kind != kind || node >= p->nodes)
            continue;
        for (int d = p->first[node]; d < p->first[node + 1]; d++) {
            *busy += p->owner[d] >= 0;
            *own += p->owner[d] == slot && p->works[d];
        }
    }
}

void
vn_fleet_crowd(const struct vn_fleet *f, int slot, int *busy, int *own)
{
    const struct belongings *b = &f->jobs[slot];
    int before = -1, kind = -1;

    *busy = *own = 0;
    for (int i = 0, t = 0; slot < f->njobs && i < b->count; i++) {
        int node, had, works;

        t = type_at(f, b, i, t);
        node = f->parks[t].node[b->device[i] - f->offset[t]];
        if (node == before && f->parks[t].kind == kind)
            continue;
        before = node;
        kind = f->parks[t].kind;
        count_host(f, slot, kind, node, &had, &works);
        if (works > 0 && had > *busy) {
            *busy = had;
            *own = works;
        }
    }
}

int
vn_fleet_slow(struct vn_fleet *f, int type, int device, double slowdown)
{
    struct park *p = &f->parks[type];

    f->slowed = true;
    p->slowdown[device] = slowdown;
    return p->owner[device] >= 0 ? p->owner[device] : -1;
}

int
vn_fleet_fail(struct vn_fleet *f, int type, int device)
{
    struct park *p = &f->parks[type];
    int slot = p->owner[device];

    if (slot >= 0) {
        drop(f, slot, type, device, DOWN);
        return slot;
    }
    p->free[p->node[device]] -= slot == FREE;
    p->owner[device] = DOWN;
    return -1;
}

void
vn_fleet_repair(struct vn_fleet *f, int type, int device)
{
    struct park *p = &f->parks[type];

    p->owner[device] = FREE;
    p->free[p->node[device]]++;
}

bool
vn_fleet_is_down(const struct vn_fleet *f, int type, int device)
{
    return f->parks[type].owner[device] == DOWN;
}

bool
vn_fleet_is_leaving(const struct vn_fleet *f, int type, int device)
{
    return f->parks[type].owner[device] <= LEAVING;
}

int
vn_fleet_nodes(const struct vn_fleet *f, int type)
{
    return f->parks[type].nodes;
}

void
vn_fleet_node(const struct vn_fleet *f, int type, int node, int *first,
              int *count)
{
    const struct park *p = &f->parks[type];

    *first = p->first[node];
    *count = p->first[node + 1] - p->first[node];
}
