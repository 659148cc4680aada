/*
 * The course of a sweep: its workloads in order, the runs of each, what each
 * run costs about, and which shard it falls to.
 *
 * A run's cost is its number of jobs times what its policy takes for a job, by
 * a table of relative costs.  Shards get runs by falling cost, each the one
 * that has least so far, so that all end at about the same time.  That depends
 * on the request alone, so every machine finds the same.
 */
#ifndef REPLAY_SWEEP_COURSE_H
#define REPLAY_SWEEP_COURSE_H

#include "replay/sweep/request.h"

/* Jobs of a trace or a recipe, on one cluster or on all. */
struct vn_stage {
    int trace;  /* of the request's, or -1 */
    int recipe; /* or that */
    int window; /* of the trace, from 0 */
    int64_t seed;
    double load;   /* NAN: as the recipe says */
    int setting;   /* the only cluster, or -1 */
    int scaling;   /* of the request's */
    double jobs;   /* about */
    int64_t first; /* its first run */
};

struct vn_course {
    struct vn_request *request;
    struct vn_stage *stages;
    int nstages;
    int64_t nruns;
    double *cost; /* of each run, of a job under fifo */
    int *shard;   /* that it falls to, from 0 */
};

/* Fails where a trace cannot be read.  The request is kept. */
enum vn_status vn_course_make(struct vn_request *request, int shards,
                              struct vn_course *course, struct vn_error *err);
void vn_course_free(struct vn_course *course);

/* The runs of a stage, and the cluster and policy of each. */
int vn_course_count(const struct vn_course *course, int stage);
int vn_course_setting(const struct vn_course *course, int stage, int run);
int vn_course_contender(const struct vn_course *course, int stage, int run);

/* The stage of a run. */
int vn_course_stage(const struct vn_course *course, int64_t run);

/* What a policy takes for a job, over what fifo takes. */
double vn_course_rate(const char *policy);

/* The jobs of stages, read or drawn as they are needed. */
struct vn_jobs_at_hand {
    int trace; /* whose data is here, or -1 */
    struct vn_trace_data data;
    struct vn_workload workload;
    bool filled;
};

/* Start from (struct vn_jobs_at_hand) {.trace = -1}. */
enum vn_status vn_course_fill(const struct vn_course *course, int stage,
                              struct vn_jobs_at_hand *hand,
                              struct vn_error *err);
void vn_jobs_at_hand_free(struct vn_jobs_at_hand *hand);

/* Let the request's sweep assume the stage's scaling. */
enum vn_status vn_course_scale(const struct vn_course *course, int stage,
                               struct vn_error *err);

/* "a.csv 2/4, load 0.9, seed 3, on v100:16x8 under las form=reference". */
void vn_course_print(FILE *out, const struct vn_course *course, int stage,
                     int run);

#endif /* REPLAY_SWEEP_COURSE_H */
