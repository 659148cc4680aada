#include "config.h"

#include "base/number.h"
#include "t/fuzz/jobs.h"

#include "t/fuzz/fuzz.h"

#include <string.h>

static void
check_job(const struct vn_job *job)
{
    FUZZ_CHECK(job->id >= 0);
    FUZZ_CHECK(job->submit >= 0 && job->submit <= VN_TIME_MAX);
    FUZZ_CHECK(job->devices >= 1 && job->devices <= VN_DEVICES_MAX);
    FUZZ_CHECK(job->min_devices >= 1 && job->min_devices <= job->devices);
    FUZZ_CHECK(job->max_devices >= job->devices);
    FUZZ_CHECK(job->weight > 0);
    FUZZ_CHECK(job->deadline >= -1 && job->deadline <= VN_TIME_MAX);
    if (!vn_job_is_modelled(job)) {
        FUZZ_CHECK(job->duration >= 1 && job->duration <= VN_TIME_MAX);
        return;
    }
    FUZZ_CHECK(job->vnodes >= 1 && job->vnodes <= VN_VNODES_MAX);
    FUZZ_CHECK(job->vnodes <= job->global_batch);
    FUZZ_CHECK(job->devices <= job->vnodes);
    FUZZ_CHECK(job->steps >= 1);
}

static void
check_name(const struct vn_names *names, int number,
           const struct vn_names *again, int number_again)
{
    FUZZ_CHECK((number < 0) == (number_again < 0));
    if (number >= 0)
        FUZZ_CHECK(strcmp(names->text[number], again->text[number_again])
                   == 0);
}

static void
check_same(const struct vn_job *a, const struct vn_trace_names *names,
           const struct vn_job *b, const struct vn_trace_names *again)
{
    FUZZ_CHECK(a->id == b->id && a->submit == b->submit);
    FUZZ_CHECK(a->duration == b->duration && a->devices == b->devices);
    FUZZ_CHECK(a->vnodes == b->vnodes && a->steps == b->steps);
    FUZZ_CHECK(a->global_batch == b->global_batch);
    FUZZ_CHECK(a->min_devices == b->min_devices);
    FUZZ_CHECK(a->max_devices == b->max_devices);
    FUZZ_CHECK(a->weight >= b->weight && a->weight <= b->weight);
    FUZZ_CHECK(a->priority >= b->priority && a->priority <= b->priority);
    FUZZ_CHECK(a->deadline == b->deadline);
    check_name(&names->models, a->model, &again->models, b->model);
    check_name(&names->users, a->user, &again->users, b->user);
    check_name(&names->vcs, a->vc, &again->vcs, b->vc);
    check_name(&names->device_types, a->device_type, &again->device_types,
               b->device_type);
    check_name(&names->jobs, a->name, &again->jobs, b->name);
}

void
fuzz_jobs_check(const struct vn_job *jobs, size_t njobs,
                const struct vn_trace_names *names)
{
    static const char *const remarks[] = {"origin: 0", NULL};
    struct vn_trace *trace;
    struct vn_error err;
    struct vn_job job;
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    bool more;

    FUZZ_CHECK(stream != NULL);
    vn_trace_print(stream, remarks, jobs, njobs, names);
    fclose(stream);
    stream = fmemopen(text, size, "r");
    FUZZ_CHECK(stream != NULL);
    FUZZ_CHECK(vn_trace_read(stream, "again", &trace, &err) == VN_OK);
    for (size_t i = 0; i < njobs; i++) {
        check_job(&jobs[i]);
        if (i > 0)
            FUZZ_CHECK(vn_trace_compare(&jobs[i - 1], &jobs[i]) < 0);
        FUZZ_CHECK(vn_trace_next(trace, &job, &more, &err) == VN_OK && more);
        check_same(&jobs[i], names, &job, vn_trace_names(trace));
    }
    FUZZ_CHECK(vn_trace_next(trace, &job, &more, &err) == VN_OK && !more);
    FUZZ_CHECK(strcmp(vn_trace_remark(trace, "origin"), "0") == 0);
    vn_trace_close(trace);
    free(text);
}
