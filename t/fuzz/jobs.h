/* What fuzz targets ask of the jobs that a reader of traces lets through. */
#ifndef T_FUZZ_JOBS_H
#define T_FUZZ_JOBS_H

#include "traces/trace.h"

/*
 * Every job keeps the bounds of plan/job.h, and the trace, written and read
 * again, is the same.  The jobs are in order of (submit, id).
 */
void fuzz_jobs_check(const struct vn_job *jobs, size_t njobs,
                     const struct vn_trace_names *names);

#endif /* T_FUZZ_JOBS_H */
