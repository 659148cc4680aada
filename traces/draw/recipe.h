/*
 * A recipe for a workload, from which traces are drawn: when jobs arrive, how
 * many devices they ask for, how long those of each size run, and what they
 * weigh.
 *
 * It is put together from the command line, fitted to a trace, or a preset:
 * to add a preset, fit it (`vntrace generate --like T --print-fit`), write
 * what that prints as a table in preset.c, and name it there.
 */
#ifndef TRACES_DRAW_RECIPE_H
#define TRACES_DRAW_RECIPE_H

#include "traces/draw/arrival.h"
#include "traces/draw/duration.h"
#include "traces/draw/model.h"
#include "traces/draw/weighted.h"
#include "traces/trace.h"

#include <stdint.h>

enum {
    VN_DURATIONS_MAX = 64 /* distributions of durations */
};

/* Jobs of a range of sizes that run alike. */
struct vn_class {
    int least; /* devices; up to the next class */
    struct vn_duration duration;
};

/* Release what it holds with vn_recipe_free(). */
struct vn_recipe {
    struct vn_arrival arrival;
    struct vn_weighted devices;              /* at least one */
    struct vn_class class[VN_DURATIONS_MAX]; /* in order, the first from 1 */
    int nclasses;
    struct vn_weighted weight;   /* none: 1 */
    struct vn_weighted priority; /* none: 0 */
    struct vn_weighted slack; /* deadline over duration; none: no deadline */
    struct vn_weighted vc; /* numbers of names.vcs; none: no virtual cluster */
    struct vn_models *models; /* not owned; NULL: recorded jobs */
    struct vn_trace_names names;
    bool precise; /* times in microseconds, not whole seconds */
};

void vn_recipe_free(struct vn_recipe *w);

/* Jobs of one device, an hour long at the median, twelve an hour, Poisson. */
struct vn_recipe vn_recipe_default(void);

/* The preset of that name; fails with VN_EUSAGE and the nearest. */
enum vn_status vn_recipe_preset(const char *name, struct vn_recipe *w,
                                struct vn_error *err);

/* Let jobs of every size run alike. */
void vn_recipe_set_duration(struct vn_recipe *w,
                            const struct vn_duration *duration);

/*
 * Fit to the recorded jobs of a trace.  Durations are fitted by size, since
 * large jobs run longer; neighbouring sizes of fewer than 50 jobs share one
 * distribution.  The rate is 0 where all are submitted at one time.  Fails
 * where there are fewer than two such jobs.
 */
enum vn_status vn_recipe_fit(const char *path, struct vn_recipe *w,
                             struct vn_error *err);

/* Print it as a table, as the presets are written. */
void vn_recipe_print(FILE *out, const struct vn_recipe *w);

/*
 * Leave out jobs of more devices than this; the share that was left out.
 * Where it is all of them, w->devices is empty after it.
 */
double vn_recipe_clip(struct vn_recipe *w, int devices);

/* The mean of devices x duration, in device-seconds. */
double vn_recipe_work(const struct vn_recipe *w);

/* Draws jobs, from streams of random numbers of their own. */
struct vn_draw;

/* w is kept. */
struct vn_draw *vn_draw_begin(const struct vn_recipe *w, uint64_t seed);
void vn_draw_end(struct vn_draw *draw);

/*
 * Set the rate of a new draw so that its first n jobs ask for `devices` of
 * them from the first submission to the last; false where no rate does.
 */
bool vn_draw_calibrate(struct vn_draw *draw, int64_t n, double devices);

/* The next job, with the next id, from 0; false after VN_ARRIVAL_END. */
bool vn_draw_job(struct vn_draw *draw, struct vn_job *job);

/* Of the jobs drawn, those whose deadline is sooner than their duration. */
int64_t vn_draw_tight(const struct vn_draw *draw);

/* Expect, of a writer, the columns that its jobs need. */
void vn_draw_expect(const struct vn_draw *draw,
                    struct vn_trace_writer *writer);

#endif /* TRACES_DRAW_RECIPE_H */
