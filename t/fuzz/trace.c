/* Any bytes as a trace of our own. */
#include "config.h"

#include "base/xalloc.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/jobs.h"
#include "traces/trace.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FILE *in = fmemopen((void *) (uintptr_t) data, size, "r");
    struct vn_job *jobs = NULL, job;
    size_t njobs = 0;
    struct vn_trace *trace;
    struct vn_error err;
    bool more;

    FUZZ_CHECK(in != NULL);
    if (vn_trace_read(in, "input", &trace, &err) != VN_OK)
        return 0;
    while (vn_trace_next(trace, &job, &more, &err) == VN_OK && more) {
        jobs = vn_xrealloc(jobs, njobs + 1, sizeof *jobs);
        jobs[njobs++] = job;
    }
    fuzz_jobs_check(jobs, njobs, vn_trace_names(trace));
    vn_trace_close(trace);
    free(jobs);
    return 0;
}
