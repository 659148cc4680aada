#include "config.h"

#include "plan/job.h"

bool
vn_job_is_modelled(const struct vn_job *job)
{
    return job->model >= 0;
}
