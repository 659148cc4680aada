/*
 * A recipe for a workload, from which traces are drawn: when jobs arrive, how
 * many devices they ask for, how long those of each size run, and what they
 * weigh.
 *
 * It is put together from the command line, fitted to a trace, or a preset:
 * to add a preset, fit it (`vntrace generate --like T --print-fit`), write
 * what that prints as a table in preset.c, and name it there.
 */
#ifndef TRACES_RECIPE_H
#define TRACES_RECIPE_H

#include "plan/job.h"
#include "traces/arrival.h"
#include "traces/duration.h"

#include <stdint.h>

enum {
    VN_KINDS_MAX = 64 /* kinds of jobs, weights or priorities */
};

/* Jobs that ask for one number of devices. */
struct vn_kind {
    int devices;
    double share; /* of all jobs; shares need not add up to 1 */
    struct vn_duration duration;
};

/* A value with its share of the jobs. */
struct vn_part {
    double value;
    double share;
};

struct vn_recipe {
    struct vn_arrival arrival;
    struct vn_kind kind[VN_KINDS_MAX]; /* in order of devices */
    int nkinds;
    struct vn_part weight[VN_KINDS_MAX];
    int nweights; /* 0: all of weight 1 */
    struct vn_part priority[VN_KINDS_MAX];
    int npriorities; /* 0: all of priority 0 */
    bool precise;    /* times in microseconds, not whole seconds */
};

/* Jobs of one device, an hour long at the median, twelve an hour, Poisson. */
struct vn_recipe vn_recipe_default(void);

/* The preset of that name; fails with VN_EUSAGE and the nearest. */
enum vn_status vn_recipe_preset(const char *name, struct vn_recipe *w,
                                struct vn_error *err);

/*
 * Read a mix "VALUE:SHARE,VALUE:SHARE,..." into parts, in the order written;
 * option names it in messages.  Values lie in [min, max], whole if `whole`.
 */
enum vn_status vn_recipe_read_mix(const char *text, const char *option,
                                  double min, double max, bool whole,
                                  struct vn_part *parts, int *nparts,
                                  struct vn_error *err);

/*
 * Replace the sizes of jobs.  Kinds that the model had keep their durations,
 * others get those of the nearest size.
 */
void vn_recipe_set_devices(struct vn_recipe *w, const struct vn_part *parts,
                           int nparts);

/*
 * Fit to the recorded jobs of a trace.  Durations are fitted by number of
 * devices, since large jobs run longer; sizes with fewer than 20 jobs share
 * one distribution.  Fails where there are fewer than two such jobs.
 */
enum vn_status vn_recipe_fit(const char *path, struct vn_recipe *w,
                             struct vn_error *err);

/* Leave out jobs of more devices than this; the share that was left out. */
double vn_recipe_clip(struct vn_recipe *w, int devices);

/* The mean of devices x duration, in device-seconds. */
double vn_recipe_work(const struct vn_recipe *w);

/* Draws jobs, from streams of random numbers of their own. */
struct vn_draw;

/* w is kept. */
struct vn_draw *vn_draw_begin(struct vn_recipe *w, uint64_t seed);
void vn_draw_end(struct vn_draw *draw);

/* The next job, with the next id, from 0. */
void vn_draw_job(struct vn_draw *draw, struct vn_job *job);

#endif /* TRACES_RECIPE_H */
