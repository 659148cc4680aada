#include "config.h"

#include "replay/experiment/elasticflow/elasticflow.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

void
vn_ef_list_add(struct vn_ef_list *list, int job)
{
    if (list->n == list->room) {
        list->room = 2 * list->room + 8;
        list->jobs =
            vn_xrealloc(list->jobs, (size_t) list->room, sizeof *list->jobs);
    }
    list->jobs[list->n++] = job;
}

static int
place_of(const struct vn_ef_list *list, int job)
{
    for (int i = 0; i < list->n; i++)
        if (list->jobs[i] == job)
            return i;
    return -1;
}

bool
vn_ef_list_has(const struct vn_ef_list *list, int job)
{
    return place_of(list, job) >= 0;
}

void
vn_ef_list_remove(struct vn_ef_list *list, int job)
{
    int i = place_of(list, job);

    if (i < 0)
        return;
    list->n--;
    memmove(&list->jobs[i], &list->jobs[i + 1],
            (size_t) (list->n - i) * sizeof *list->jobs);
}

void
vn_ef_list_free(struct vn_ef_list *list)
{
    free(list->jobs);
    *list = (struct vn_ef_list){0};
}

void
vn_ef_events_sort(struct vn_ef *ef)
{
    for (int i = 1; i < ef->nevents; i++) {
        struct vn_ef_event event = ef->events[i];
        int at = i;

        for (; at > 0 && ef->events[at - 1].time > event.time; at--)
            ef->events[at] = ef->events[at - 1];
        ef->events[at] = event;
    }
}

int
vn_ef_events_find(const struct vn_ef *ef, double time)
{
    for (int i = 0; i < ef->nevents; i++)
        if (ef->events[i].time == time)
            return i;
    return -1;
}

int
vn_ef_events_at(struct vn_ef *ef, double time)
{
    int i = vn_ef_events_find(ef, time);

    if (i >= 0)
        return i;
    ef->events =
        vn_xrealloc(ef->events, (size_t) ef->nevents + 1, sizeof *ef->events);
    ef->events[ef->nevents] = (struct vn_ef_event){.time = time};
    return ef->nevents++;
}

void
vn_ef_events_remove(struct vn_ef *ef, int event)
{
    vn_ef_list_free(&ef->events[event].start);
    vn_ef_list_free(&ef->events[event].end);
    ef->nevents--;
    memmove(&ef->events[event], &ef->events[event + 1],
            (size_t) (ef->nevents - event) * sizeof *ef->events);
}

void
vn_ef_end_add(struct vn_ef *ef, int job)
{
    int event = vn_ef_events_at(ef, ef->jobs[job].end);

    if (!vn_ef_list_has(&ef->events[event].end, job))
        vn_ef_list_add(&ef->events[event].end, job);
}

void
vn_ef_end_move(struct vn_ef *ef, int job)
{
    int old;

    if (ef->jobs[job].old_end == ef->jobs[job].end)
        return;
    old = vn_ef_events_find(ef, ef->jobs[job].old_end);
    if (old >= 0) {
        struct vn_ef_event *event = &ef->events[old];

        vn_ef_list_remove(&event->end, job);
        if (event->start.n + event->end.n == 0)
            vn_ef_events_remove(ef, old);
    }
    vn_ef_end_add(ef, job);
}

void
vn_ef_events_join(struct vn_ef *ef, bool ends)
{
    double next;

    vn_ef_events_sort(ef);
    next = ef->nevents > 0 ? ef->events[0].time : 0;
    while (ef->nevents > 1 && (int64_t) (next - ef->now) <= ef->slot) {
        struct vn_ef_event *first = &ef->events[0], *second = &ef->events[1];

        first->time = ef->now + ef->slot;
        if (second->time - ef->now > ef->slot)
            break;
        next = second->time;
        for (int i = 0; i < second->start.n; i++)
            vn_ef_list_add(&first->start, second->start.jobs[i]);
        for (int i = 0; i < second->end.n && ends; i++)
            vn_ef_list_add(&first->end, second->end.jobs[i]);
        vn_ef_events_remove(ef, 1);
    }
}
