#include "config.h"

#include "sim/policy/share/timeline.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

void
vn_timeline_free(struct vn_timeline *line)
{
    free(line->steps);
    *line = (struct vn_timeline){0};
}

static void
make_room(struct vn_timeline *line, int n)
{
    if (n <= line->room)
        return;
    line->room = 2 * n + 8;
    line->steps =
        vn_xrealloc(line->steps, (size_t) line->room, sizeof *line->steps);
}

void
vn_timeline_begin(struct vn_timeline *line, double at, int devices)
{
    make_room(line, 1);
    line->steps[0] = (struct vn_step){at, devices};
    line->n = 1;
}

void
vn_timeline_copy(struct vn_timeline *to, const struct vn_timeline *from)
{
    make_room(to, from->n);
    if (from->n > 0)
        memcpy(to->steps, from->steps, (size_t) from->n * sizeof *to->steps);
    to->n = from->n;
}

int
vn_timeline_before(const struct vn_timeline *line, double at)
{
    int low = 0, high = line->n; /* the first that does not begin before */

    while (low < high) {
        int middle = (low + high) / 2;

        if (line->steps[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

int
vn_timeline_find(const struct vn_timeline *line, double at)
{
    int i = vn_timeline_before(line, at) + 1;

    return i < line->n && line->steps[i].at == at ? i : -1;
}

void
vn_timeline_set(struct vn_timeline *line, double at, int devices)
{
    int i = vn_timeline_before(line, at) + 1;

    if (i == line->n || line->steps[i].at != at) {
        make_room(line, line->n + 1);
        memmove(&line->steps[i + 1], &line->steps[i],
                (size_t) (line->n - i) * sizeof *line->steps);
        line->n++;
    }
    line->steps[i] = (struct vn_step){at, devices};
}

void
vn_timeline_cut(struct vn_timeline *line, double at)
{
    int i = vn_timeline_before(line, at);

    if (i >= 0 && vn_timeline_find(line, at) < 0)
        vn_timeline_set(line, at, line->steps[i].devices);
}

void
vn_timeline_take(struct vn_timeline *line, double from, double to, int devices)
{
    for (int i = vn_timeline_before(line, from) + 1;
         i < line->n && line->steps[i].at < to; i++)
        line->steps[i].devices -= devices;
}

void
vn_timeline_merge(struct vn_timeline *line)
{
    int kept = 0;

    for (int i = 0; i < line->n; i++)
        if (kept == 0
            || line->steps[i].devices != line->steps[kept - 1].devices)
            line->steps[kept++] = line->steps[i];
    line->n = kept;
}

double
vn_timeline_area(const struct vn_timeline *line, double end)
{
    double area = 0;

    for (int i = 0; i < line->n; i++) {
        double until = i + 1 < line->n ? line->steps[i + 1].at : end;

        area += line->steps[i].devices * (until - line->steps[i].at);
    }
    return area;
}
