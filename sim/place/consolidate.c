#include "config.h"

#include "sim/place/consolidate.h"

#include "base/xalloc.h"

#include <stdint.h>
#include <stdlib.h>

struct node {
    uint64_t taken; /* a bit for each device */
    int free;
};

struct vn_consolidate {
    struct node *nodes;
    int nnodes;
    int each; /* devices of a node */
    int free; /* of all */
};

struct vn_consolidate *
vn_consolidate_alloc(int nodes, int devices_per_node)
{
    struct vn_consolidate *c = vn_xcalloc(1, sizeof *c);

    c->nodes = vn_xcalloc((size_t) nodes, sizeof *c->nodes);
    c->nnodes = nodes;
    c->each = devices_per_node;
    c->free = nodes * devices_per_node;
    for (int i = 0; i < nodes; i++)
        c->nodes[i].free = devices_per_node;
    return c;
}

void
vn_consolidate_free(struct vn_consolidate *c)
{
    if (c == NULL)
        return;
    free(c->nodes);
    free(c);
}

int
vn_consolidate_left(const struct vn_consolidate *c)
{
    return c->free;
}

/* Take n devices of a node that has them; returns where to go on. */
static int *
take(struct vn_consolidate *c, int node, int n, int *devices)
{
    struct node *at = &c->nodes[node];

    at->free -= n;
    c->free -= n;
    for (int d = 0; n > 0; d++)
        if (!(at->taken >> d & 1)) {
            at->taken |= UINT64_C(1) << d;
            *devices++ = node * c->each + d;
            n--;
        }
    return devices;
}

/* The node with fewest free devices, of those with at least n; -1 without. */
static int
tightest(const struct vn_consolidate *c, int n)
{
    int best = -1;

    for (int i = 0; i < c->nnodes; i++)
        if (c->nodes[i].free >= n
            && (best < 0 || c->nodes[i].free < c->nodes[best].free))
            best = i;
    return best;
}

/*
 * The node with most free devices behind the first `whole` wholly free ones;
 * -1 where these are not there.
 */
static int
behind(const struct vn_consolidate *c, int whole)
{
    int best = -1;

    for (int i = 0; i < c->nnodes; i++)
        if (whole > 0 && c->nodes[i].free == c->each)
            whole--;
        else if (best < 0 || c->nodes[i].free > c->nodes[best].free)
            best = i;
    return whole > 0 ? -1 : best;
}

static bool
has_whole(const struct vn_consolidate *c, int whole)
{
    for (int i = 0; i < c->nnodes && whole > 0; i++)
        whole -= c->nodes[i].free == c->each;
    return whole <= 0;
}

bool
vn_consolidate_take(struct vn_consolidate *c, int n, int *devices)
{
    int whole = n / c->each, rest = n % c->each, last = -1;

    if (n > c->free)
        return false;
    if (n <= c->each) {
        int node = tightest(c, n);

        if (node >= 0)
            take(c, node, n, devices);
        return node >= 0;
    }
    if (!has_whole(c, whole))
        return false;
    if (rest > 0) {
        last = behind(c, whole);
        if (last < 0 || c->nodes[last].free < rest)
            return false;
    }
    for (int i = 0; i < c->nnodes && whole > 0; i++)
        if (c->nodes[i].free == c->each) {
            devices = take(c, i, c->each, devices);
            whole--;
        }
    if (rest > 0)
        take(c, last, rest, devices);
    return true;
}

void
vn_consolidate_give(struct vn_consolidate *c, int n, const int *devices)
{
    for (int i = 0; i < n; i++) {
        struct node *at = &c->nodes[devices[i] / c->each];

        at->taken &= ~(UINT64_C(1) << (devices[i] % c->each));
        at->free++;
    }
    c->free += n;
}
