/*
 * Progress of long work, with an estimate of its end, on standard error: a
 * line rewritten four times a second on a terminal, nothing elsewhere (or,
 * for a sweep, a line a minute).
 */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>

struct vn_progress {
    const char *what; /* kept: "replaying", "runs" */
    bool terminal;
    bool minutely;  /* a line a minute where there is no terminal */
    double started; /* seconds, monotonic */
    double shown;
    bool visible;
};

struct vn_progress vn_progress_begin(const char *what, bool minutely);

/*
 * done of total, any unit; total 0 where it is not known.  detail may be
 * NULL.  Cheap enough to call a thousand times a second.
 */
void vn_progress_show(struct vn_progress *p, double done, double total,
                      const char *detail);

/* The same where the end is known better than by proportion: a share of the
 * work is done, and the rest takes left_s seconds, NAN where nobody knows. */
void vn_progress_estimate(struct vn_progress *p, double share, double left_s,
                          const char *detail);

/* Clear the line. */
void vn_progress_end(struct vn_progress *p);

/* Monotonic seconds since some start, for durations of real work. */
double vn_clock(void);

#endif /* BASE_PROGRESS_H */
