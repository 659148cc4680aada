/*
 * Runs of a results file in Chrome's trace format (JSON), for Perfetto and
 * chrome://tracing: a process a run, simulated and measured ones beside each
 * other on one clock, a thread a job.
 *
 * A job's slices are its wait from submission to its first devices, and what
 * it holds from one change to the next ("2 v100 + 1 k80"); slices of a job
 * never overlap.  Counters say how many devices of each type are held.  Times
 * are microseconds from the start of the run's trace, as in the tables.
 */
#ifndef BASE_STORE_TIMELINE_H
#define BASE_STORE_TIMELINE_H

#include "base/store/store.h"

enum {
    VN_TIMELINE_RANGES = 256
};

struct vn_timeline {
    int64_t from_us;                     /* slices are cut to this window */
    int64_t to_us;                       /* 0: to the end */
    int64_t jobs[VN_TIMELINE_RANGES][2]; /* ids, both ends included */
    int nranges;                         /* 0: all jobs */
};

/* Take a list of ids as in "3,7-12"; fails with VN_EUSAGE. */
enum vn_status vn_timeline_only(struct vn_timeline *timeline,
                                const char *option, const char *list,
                                struct vn_error *err);

/*
 * Write the runs whose numbers are given to a file.  Fails where one was
 * recorded without allocations.
 */
enum vn_status vn_timeline_write(struct vn_store *store, const int64_t *runs,
                                 int nruns, const struct vn_timeline *timeline,
                                 const char *path, struct vn_error *err);

#endif /* BASE_STORE_TIMELINE_H */
