/*
 * The jobs that a run replays: a trace, a window of it, or a generated one.
 *
 * A window is a part i of n of a trace: consecutive jobs, as many in each,
 * their times counted from the first of them.  A workload is read once and
 * replayed by any number of runs.
 */
#ifndef REPLAY_SWEEP_WORKLOAD_H
#define REPLAY_SWEEP_WORKLOAD_H

#include "sim/engine/engine.h"
#include "traces/trace.h"

struct vn_workload {
    const char *trace; /* as it was named; borrowed */
    char window[32];   /* "3/10", or "" for all of it */
    int64_t seed;      /* it was generated with, or -1 */
    double load;       /* it was generated for, or NAN */
    struct vn_job *jobs;
    size_t njobs;
    const struct vn_trace_names *names; /* borrowed */
    char hash[17]; /* of the jobs, as 16 hexadecimal digits */
};

/* A trace in memory, of which workloads are made. */
struct vn_trace_data {
    const char *path;
    struct vn_job *jobs;
    size_t njobs;
    struct vn_trace_names names;
};

/* Read a trace; path is kept.  Release with vn_trace_data_free(). */
enum vn_status vn_trace_data_read(const char *path, struct vn_trace_data *data,
                                  struct vn_error *err);

void vn_trace_data_free(struct vn_trace_data *data);

/*
 * Window i of n, 0 <= i < n <= data->njobs, which data must outlive; all of
 * the trace where n is 1.  Its jobs are a copy.  Release with
 * vn_workload_free().
 */
void vn_workload_cut(const struct vn_trace_data *data, int i, int n,
                     struct vn_workload *workload);

void vn_workload_free(struct vn_workload *workload);

/*
 * From here on a process that is forked does not get the jobs, but for what
 * shares a page with something else: a plug-in's process is one, and is not
 * to know what will arrive.  What a workload was cut of is kept from
 * processes from the start.
 */
void vn_workload_withhold(const struct vn_workload *workload);

/* A workload on its way through an engine. */
struct vn_reader {
    const struct vn_workload *workload;
    size_t at;
};

/* Jobs for an engine, from the workload's first; reader is kept. */
struct vn_source vn_workload_source(struct vn_reader *reader);

#endif /* REPLAY_SWEEP_WORKLOAD_H */
