#include "config.h"

#include "sim/observe/sampler.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

void
vn_sampler_free(struct vn_sampler *s)
{
    vn_region_free(s->region, s->samples);
    *s = (struct vn_sampler){0};
}

/* Make the intervals twice as wide. */
static void
halve(struct vn_sampler *s)
{
    for (int i = 0; i < VN_SAMPLES_MAX / 2; i++) {
        const struct vn_sampled *a = &s->samples[2 * i], *b = a + 1;

        s->samples[i] =
            (struct vn_sampled){a->held + b->held, a->waiting + b->waiting};
    }
    memset(s->samples + VN_SAMPLES_MAX / 2, 0,
           VN_SAMPLES_MAX / 2 * sizeof *s->samples);
    s->width *= 2;
}

static void
advance(struct vn_sampler *s, vn_time to)
{
    while (to - s->origin > VN_SAMPLES_MAX * s->width)
        halve(s);
    while (s->now < to) {
        vn_time i = (s->now - s->origin) / s->width;
        vn_time border = s->origin + (i + 1) * s->width;
        vn_time next = border < to ? border : to;

        s->samples[i].held += (__int128) s->held * (next - s->now);
        s->samples[i].waiting += (__int128) s->waiting * (next - s->now);
        s->now = next;
    }
}

void
vn_sampler_set(struct vn_sampler *s, vn_time now, int held, int waiting)
{
    if (s->samples == NULL) {
        s->samples =
            vn_region_alloc(s->region, VN_SAMPLES_MAX, sizeof *s->samples);
        s->origin = s->now = now;
        s->width = VN_SECOND;
    }
    advance(s, now);
    s->held = held;
    s->waiting = waiting;
}

int
vn_sampler_end(struct vn_sampler *s, vn_time end)
{
    if (s->samples == NULL)
        return 0;
    advance(s, end);
    return (int) ((s->now - s->origin + s->width - 1) / s->width);
}

void
vn_sampler_get(const struct vn_sampler *s, int i, vn_time *from, vn_time *to,
               double *held, double *waiting)
{
    double span;

    *from = s->origin + i * s->width;
    *to = *from + s->width < s->now ? *from + s->width : s->now;
    span = (double) (*to - *from);
    *held = (double) s->samples[i].held / span;
    *waiting = (double) s->samples[i].waiting / span;
}
