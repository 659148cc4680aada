#include "config.h"

#include "plan/job.h"

bool
vn_job_is_modelled(const struct vn_job *job)
{
    return job->model >= 0;
}

const char *
vn_job_outcome_name(enum vn_job_outcome outcome)
{
    static const char *const names[VN_OUTCOMES] = {
        [VN_OUTCOME_UNKNOWN] = "unknown",
        [VN_OUTCOME_COMPLETED] = "completed",
        [VN_OUTCOME_FAILED] = "failed",
        [VN_OUTCOME_KILLED] = "killed",
    };

    return names[outcome];
}
