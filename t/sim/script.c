#include "config.h"

#include "t/sim/script.h"

#include "traces/trace.h"

#include <stdio.h>
#include <string.h>

static enum vn_status
next_job(void *arg, struct vn_job *job, bool *more, struct vn_error *err)
{
    struct script *s = arg;
    const struct script_job *j = &s->jobs[s->at];

    (void) err;
    *more = j->duration > 0;
    if (!*more)
        return VN_OK;
    *job = vn_trace_job();
    job->id = s->at;
    job->submit = j->submit * VN_SECOND;
    job->duration = j->duration * VN_SECOND;
    job->devices = job->max_devices = j->devices;
    job->priority = j->priority;
    job->weight = j->priority > 0 ? j->priority : 1;
    job->device_type = j->device_type != NULL ? s->at : -1;
    job->min_devices = j->min_devices > 0 ? j->min_devices : 1;
    job->deadline = j->deadline > 0 ? j->deadline * VN_SECOND : -1;
    s->at++;
    return VN_OK;
}

static const char *
device_type(void *arg, int number)
{
    struct script *s = arg;

    return s->jobs[number].device_type;
}

static void
on_ended(void *arg, const struct vn_record *record)
{
    struct script *s = arg;

    s->got[record->id] = *record;
    s->ngot++;
}

struct vn_engine_config
script_config(struct script *script, const struct vn_cluster *cluster,
              const struct vn_policy *policy, const double *values)
{
    return (struct vn_engine_config){
        .cluster = cluster,
        .source = {next_job, script, device_type},
        .policy = policy,
        .options = values,
        .observer = {.arg = script, .ended = on_ended}};
}

void
script_describe(const struct script *script, char *text, size_t size)
{
    *text = '\0';
    for (int i = 0; i < script->ngot; i++) {
        const struct vn_record *r = &script->got[i];
        char a[VN_NUMBER_SIZE], b[VN_NUMBER_SIZE];
        size_t n = strlen(text);

        if (n > 0)
            text[n++] = ' ';
        if (r->state == VN_JOB_FINISHED)
            snprintf(text + n, size - n, "%s-%s", vn_format_time(a, r->start),
                     vn_format_time(b, r->finish));
        else
            snprintf(text + n, size - n,
                     r->state == VN_JOB_REJECTED   ? "x"
                     : r->state == VN_JOB_DECLINED ? "no"
                                                   : "?");
    }
}
