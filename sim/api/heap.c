#include "config.h"

#include "sim/api/heap.h"

#include <string.h>

enum {
    ARITY = 4 /* a node's children share a cache line or two */
};

void
vn_heap_free(struct vn_heap *heap)
{
    vn_region_free(heap->region, heap->events);
    vn_region_free(heap->region, heap->place);
    *heap = (struct vn_heap){.region = heap->region};
}

static bool
before(const struct vn_event *a, const struct vn_event *b)
{
    return a->time < b->time || (a->time == b->time && a->order < b->order);
}

static void
put(struct vn_heap *heap, int i, const struct vn_event *event)
{
    heap->events[i] = *event;
    heap->place[event->handle] = i + 1;
}

/* Put an event at i or above, moving later ones down. */
static int
rise(struct vn_heap *heap, int i, const struct vn_event *event)
{
    while (i > 0 && before(event, &heap->events[(i - 1) / ARITY])) {
        put(heap, i, &heap->events[(i - 1) / ARITY]);
        i = (i - 1) / ARITY;
    }
    put(heap, i, event);
    return i;
}

/* Put an event at i or below, moving earlier ones up. */
static void
sink(struct vn_heap *heap, int i, const struct vn_event *event)
{
    for (;;) {
        int child = ARITY * i + 1, end = child + ARITY, least = child;

        if (child >= heap->count)
            break;
        if (end > heap->count)
            end = heap->count;
        for (child++; child < end; child++)
            if (before(&heap->events[child], &heap->events[least]))
                least = child;
        if (!before(&heap->events[least], event))
            break;
        put(heap, i, &heap->events[least]);
        i = least;
    }
    put(heap, i, event);
}

static void
add_handle(struct vn_heap *heap, int handle)
{
    int n = 2 * heap->handles + 64;

    if (n <= handle)
        n = handle + 1;
    heap->place = vn_region_realloc(heap->region, heap->place, (size_t) n,
                                    sizeof *heap->place);
    memset(heap->place + heap->handles, 0,
           (size_t) (n - heap->handles) * sizeof *heap->place);
    heap->handles = n;
}

void
vn_heap_set(struct vn_heap *heap, int handle, vn_time time, int64_t order)
{
    struct vn_event event = {time, order, handle};
    int i;

    if (handle >= heap->handles)
        add_handle(heap, handle);
    i = heap->place[handle] - 1;
    if (i < 0) {
        if (heap->count == heap->allocated) {
            heap->allocated = 2 * heap->allocated + 64;
            heap->events = vn_region_realloc(heap->region, heap->events,
                                             (size_t) heap->allocated,
                                             sizeof *heap->events);
        }
        i = heap->count++;
    }
    if (rise(heap, i, &event) == i)
        sink(heap, i, &event);
}

void
vn_heap_remove(struct vn_heap *heap, int handle)
{
    int i = handle < heap->handles ? heap->place[handle] - 1 : -1;
    struct vn_event last;

    if (i < 0)
        return;
    heap->place[handle] = 0;
    last = heap->events[--heap->count];
    if (i < heap->count && rise(heap, i, &last) == i)
        sink(heap, i, &last);
}

bool
vn_heap_has(const struct vn_heap *heap, int handle)
{
    return handle < heap->handles && heap->place[handle] > 0;
}

const struct vn_event *
vn_heap_top(const struct vn_heap *heap)
{
    return heap->count > 0 ? &heap->events[0] : NULL;
}
