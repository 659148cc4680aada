/*
 * A timing: one executor that is trained to be measured.
 *
 *     vn_timing_begin(timing, setup, &job, "mlp", "host:cpu=0", false, &err);
 *     vn_timing_train(timing, 2, &steps, &err);
 *     vn_timing_resize(timing, "host:cpu=0,host:cpu=1", &err); ...
 *     vn_timing_end(timing, &err);
 *
 * What start, growth, shrinking and release took is added to its costs.
 */
#ifndef REPLAY_VALIDATE_TIMING_H
#define REPLAY_VALIDATE_TIMING_H

#include "plan/cost.h"
#include "replay/live/setup.h"

/* Numbers, as they are measured. */
struct vn_sample {
    double *x;
    int n;
};

void vn_sample_add(struct vn_sample *sample, double x);
void vn_sample_free(struct vn_sample *sample);

/* 0 where there are none; the deviation, of fewer than two. */
double vn_sample_mean(const struct vn_sample *sample);
double vn_sample_median(const struct vn_sample *sample);
double vn_sample_quantile(const struct vn_sample *sample, double part);
double vn_sample_deviation(const struct vn_sample *sample);

/* Steps of a mapping, in mean seconds. */
struct vn_timing_steps {
    int n;
    double whole_s;   /* from the end of a step to that of the next */
    double compute_s; /* of it, loading and computing */
    double sync_s;    /* of it, adding up gradients */
    double probe_s; /* of its slowest processor (vnode_exec/train/probe.h), or
                       0 */
    int64_t peak_bytes;
};

struct vn_timing {
    struct vn_process process;
    struct vn_sample *costs;  /* by kind; NULL: they are not wanted */
    struct vn_sample *probes; /* of all steps; NULL likewise */
    const char *model;
    int devices;
    double step_s; /* of the present mapping, as far as it is known */
    double asked;  /* when the last thing was asked for */

    /* What it said since. */
    struct vn_timing_steps sum; /* of steps that count */
    int skipped;                /* steps that do not */
    double last;                /* end of the last step */
    bool ready, changed, stopped;
    double change_s; /* in which nothing trained */
    double told;     /* when the last change came about */
};

/* Start a job on a list of devices, again (from its checkpoint) or not, and
 * wait until it is ready; costs may be NULL. */
enum vn_status vn_timing_begin(struct vn_timing *timing,
                               const struct vn_setup *setup,
                               const struct vn_job *job, const char *model,
                               const char *devices, bool again,
                               struct vn_sample *costs, struct vn_error *err);

/* Train for so many seconds and at least some steps, warm. */
enum vn_status vn_timing_train(struct vn_timing *timing, double span_s,
                               struct vn_timing_steps *steps,
                               struct vn_error *err);

/* Go over to n other devices, of which it grows or shrinks. */
enum vn_status vn_timing_resize(struct vn_timing *timing, const char *devices,
                                bool grow, struct vn_error *err);

/* Stop it, with a checkpoint. */
enum vn_status vn_timing_end(struct vn_timing *timing, struct vn_error *err);

/* End it at once; one that was ended stays so. */
void vn_timing_kill(struct vn_timing *timing);

#endif /* REPLAY_VALIDATE_TIMING_H */
