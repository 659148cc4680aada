#include "config.h"

#include "sim/policy/queue/waiting.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum {
    ARITY = 4
};

struct item {
    struct vn_key key;
    int job;
};

struct vn_waiting_class {
    int demand;
    int count;
    int allocated;
    struct item *heap;
};

void
vn_waiting_free(struct vn_waiting *waiting)
{
    for (int i = 0; i < waiting->nclasses; i++)
        free(waiting->classes[i].heap);
    free(waiting->classes);
    free(waiting->winner);
    *waiting = (struct vn_waiting){0};
}

/* The class with the earlier first job; either may be -1 or empty. */
static int
earlier(const struct vn_waiting *w, int a, int b)
{
    if (a < 0 || w->classes[a].count == 0)
        return b >= 0 && w->classes[b].count > 0 ? b : -1;
    if (b < 0 || w->classes[b].count == 0)
        return a;
    return vn_key_before(w->classes[b].heap[0].key, w->classes[a].heap[0].key)
               ? b
               : a;
}

/* Play again the games above a leaf. */
static void
replay(struct vn_waiting *w, int leaf)
{
    int i = w->leaves + leaf;

    w->winner[i] = w->classes[leaf].count > 0 ? leaf : -1;
    for (i /= 2; i > 0; i /= 2)
        w->winner[i] = earlier(w, w->winner[2 * i], w->winner[2 * i + 1]);
}

/* The number of classes of demand at most limit. */
static int
classes_within(const struct vn_waiting *w, int limit)
{
    int low = 0, high = w->nclasses;

    while (low < high) {
        int middle = (low + high) / 2;

        if (w->classes[middle].demand <= limit)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void
rebuild(struct vn_waiting *w)
{
    if (w->leaves < w->nclasses) {
        w->leaves = w->leaves > 0 ? 2 * w->leaves : 8;
        w->winner =
            vn_xrealloc(w->winner, 2 * (size_t) w->leaves, sizeof *w->winner);
    }
    for (int i = 0; i < w->leaves; i++)
        w->winner[w->leaves + i] =
            i < w->nclasses && w->classes[i].count > 0 ? i : -1;
    for (int i = w->leaves - 1; i > 0; i--)
        w->winner[i] = earlier(w, w->winner[2 * i], w->winner[2 * i + 1]);
}

/* The class of a demand, made where it is not there. */
static int
class_of(struct vn_waiting *w, int demand)
{
    int at = classes_within(w, demand);

    if (at > 0 && w->classes[at - 1].demand == demand)
        return at - 1;
    w->classes =
        vn_xrealloc(w->classes, (size_t) w->nclasses + 1, sizeof *w->classes);
    memmove(w->classes + at + 1, w->classes + at,
            (size_t) (w->nclasses - at) * sizeof *w->classes);
    w->classes[at] = (struct vn_waiting_class){.demand = demand};
    w->nclasses++;
    rebuild(w);
    return at;
}

void
vn_waiting_add(struct vn_waiting *w, int job, struct vn_key key, int demand)
{
    int leaf = class_of(w, demand), i;
    struct vn_waiting_class *c = &w->classes[leaf];

    if (c->count == c->allocated) {
        c->allocated = 2 * c->allocated + 16;
        c->heap = vn_xrealloc(c->heap, (size_t) c->allocated, sizeof *c->heap);
    }
    for (i = c->count++;
         i > 0 && vn_key_before(key, c->heap[(i - 1) / ARITY].key);
         i = (i - 1) / ARITY)
        c->heap[i] = c->heap[(i - 1) / ARITY];
    c->heap[i] = (struct item){key, job};
    w->count++;
    if (i == 0)
        replay(w, leaf);
}

int
vn_waiting_first(const struct vn_waiting *w, int limit, struct vn_key *key,
                 int *demand)
{
    int end = classes_within(w, limit), best = -1;

    /* The tournament's nodes that cover leaves 0 .. end, right to left. */
    for (int low = w->leaves, high = w->leaves + end; low < high;
         low /= 2, high /= 2) {
        if (low & 1)
            best = earlier(w, best, w->winner[low++]);
        if (high & 1)
            best = earlier(w, best, w->winner[--high]);
    }
    if (best < 0)
        return -1;
    *key = w->classes[best].heap[0].key;
    *demand = w->classes[best].demand;
    return w->classes[best].heap[0].job;
}

void
vn_waiting_take(struct vn_waiting *w, int demand)
{
    int leaf = classes_within(w, demand) - 1, i = 0;
    struct vn_waiting_class *c = &w->classes[leaf];
    struct item last = c->heap[--c->count];

    for (;;) {
        int child = ARITY * i + 1, end = child + ARITY, least = child;

        if (child >= c->count)
            break;
        if (end > c->count)
            end = c->count;
        for (child++; child < end; child++)
            if (vn_key_before(c->heap[child].key, c->heap[least].key))
                least = child;
        if (!vn_key_before(c->heap[least].key, last.key))
            break;
        c->heap[i] = c->heap[least];
        i = least;
    }
    c->heap[i] = last;
    w->count--;
    replay(w, leaf);
}
