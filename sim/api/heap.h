/*
 * The event heap: at most one event for each of a dense set of handles.
 *
 * Events are ordered by (time, order), where order is unique, so that a run
 * is one total order.  Setting an event that is there moves it.  Every
 * operation costs O(log n), of events present.
 */
#ifndef SIM_API_HEAP_H
#define SIM_API_HEAP_H

#include "base/number.h"
#include "sim/api/memory.h"

#include <stdbool.h>

struct vn_event {
    vn_time time;
    int64_t order;
    int handle;
};

struct vn_heap {
    struct vn_event *events;
    int count;
    int allocated;
    struct ed_region *region;
    int *place; /* place[handle]: index in events + 1, 0 if none */
    int handles;
};

/* Start from (struct vn_heap) {.region = where it is kept}. */
void vn_heap_free(struct vn_heap *heap);

/* Put, or move, the event of a handle, at least 0. */
void vn_heap_set(struct vn_heap *heap, int handle, vn_time time,
                 int64_t order);

/* Take away the event of a handle, if there is one. */
void vn_heap_remove(struct vn_heap *heap, int handle);

/* Is there an event of this handle? */
bool vn_heap_has(const struct vn_heap *heap, int handle);

/* The first event, or NULL; borrowed until the next change. */
const struct vn_event *vn_heap_top(const struct vn_heap *heap);

#endif /* SIM_API_HEAP_H */
