#include "config.h"

#include "base/progress.h"

#include "base/number.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

double
vn_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + (double) t.tv_nsec * 1e-9;
}

struct vn_progress
vn_progress_begin(const char *what, bool minutely)
{
    double now = vn_clock();

    return (struct vn_progress){.what = what,
                                .terminal = isatty(STDERR_FILENO) == 1,
                                .minutely = minutely,
                                .started = now,
                                .shown = now};
}

/* Is it time for a line?  Then begin it. */
static bool
begin_line(struct vn_progress *p)
{
    double now;

    if (!p->terminal && !p->minutely)
        return false;
    now = vn_clock();
    if (now - p->shown < (p->terminal ? 0.25 : 60))
        return false;
    p->shown = now;
    fprintf(stderr, "%s%s", p->terminal ? "\r\033[K" : "", p->what);
    return true;
}

static void
end_line(struct vn_progress *p, const char *detail)
{
    if (detail != NULL)
        fprintf(stderr, ", %s", detail);
    if (!p->terminal)
        putc('\n', stderr);
    fflush(stderr);
    p->visible = p->terminal;
}

void
vn_progress_show(struct vn_progress *p, double done, double total,
                 const char *detail)
{
    char left[VN_NUMBER_SIZE];

    if (!begin_line(p))
        return;
    if (total > 0) {
        fprintf(stderr, " %3.0f %%", 100 * done / total);
        if (done > 0)
            fprintf(
                stderr, ", %s left",
                vn_format_span(left, (vn_time) (1e6 * (p->shown - p->started)
                                                * (total / done - 1))));
    } else
        fprintf(stderr, " %.0f", done);
    end_line(p, detail);
}

void
vn_progress_estimate(struct vn_progress *p, double share, double left_s,
                     const char *detail)
{
    char left[VN_NUMBER_SIZE];

    if (!begin_line(p))
        return;
    fprintf(stderr, " %3.0f %%", 100 * share);
    if (left_s >= 0)
        fprintf(stderr, ", %s left",
                vn_format_span(left, (vn_time) (1e6 * left_s)));
    end_line(p, detail);
}

void
vn_progress_end(struct vn_progress *p)
{
    if (p->visible)
        fputs("\r\033[K", stderr);
    p->visible = false;
}
