/*
 * Philly, Microsoft's cluster of 2017: cluster_job_log, a JSON list of
 *
 *     {"status": "Pass", "vc": "ee9e8c", "jobid": "application_1506.._14199",
 *      "attempts": [{"start_time": "2017-10-07 01:12:09",
 *                    "end_time": "2017-10-07 01:13:23",
 *                    "detail": [{"ip": "m47", "gpus": ["gpu0", "gpu1"]}]}],
 *      "submitted_time": "2017-10-07 01:11:39", "user": "ce2f4c"}
 *
 * A job is started anew after a failure or a preemption: each attempt is one
 * more run, on as many GPUs as its details name.  The duration is what all
 * attempts ran, without the waiting between them.  Times are Pacific time with
 * daylight saving (pacific.h), so that a job may end before it began by the
 * clock.  A time may be null or
 * "None"; that of the last end says that the job was still running when the
 * log was taken.  The list of machines contradicts this log, so no attempt
 * is held against it.
 */
#include "config.h"

#include "traces/import/clock.h"
#include "traces/import/json.h"
#include "traces/import/life.h"
#include "traces/import/pacific.h"

#include <jansson.h>

/* A job in hand. */
struct life {
    vn_time after; /* the submission, or the end of the attempt before */
    vn_time first_start;
    vn_time ran;
    int64_t gpus; /* of its largest attempt */
    bool gpus_differ;
};

static enum vn_status
wrong(const struct vn_import *im, const char *key, long line,
      const char *expected, struct vn_error *err)
{
    return vn_fail_at(err, im->file, line, 1,
                      "%s of this job is wrong, expected %s", key, expected);
}

/* A time that does not come before `from`, where that can be. */
static enum vn_status
read_moment(const struct vn_import *im, const json_t *object, const char *key,
            long line, vn_time from, vn_time *value, struct vn_error *err)
{
    char why[VN_WHY_SIZE];
    enum vn_status status;
    const char *text;
    bool zoned;

    *value = VN_IMPORT_OPEN;
    status = vn_import_json_text(im, object, key, line, &text, err);
    if (status != VN_OK || text == NULL || vn_import_is_open(text))
        return status;
    if (vn_read_clock(text, value, &zoned, why) != NULL || zoned)
        return vn_fail_at(err, im->file, line, 1,
                          "%s of this job is '%.80s', expected a time such as "
                          "2017-10-09 07:01:55",
                          key, text);
    *value = vn_pacific_to_utc(*value, from);
    return VN_OK;
}

/* A member that is a list; NULL where it is missing or null. */
static enum vn_status
read_list(const struct vn_import *im, const json_t *object, const char *key,
          long line, const json_t **list, struct vn_error *err)
{
    *list = json_object_get(object, key);
    if (*list == NULL || json_is_null(*list)) {
        *list = NULL;
        return VN_OK;
    }
    return json_is_array(*list) ? VN_OK : wrong(im, key, line, "a list", err);
}

static enum vn_status
count_gpus(const struct vn_import *im, const json_t *attempt, long line,
           int64_t *gpus, struct vn_error *err)
{
    const json_t *detail, *list;
    enum vn_status status =
        read_list(im, attempt, "detail", line, &detail, err);

    *gpus = 0;
    for (size_t i = 0; i < json_array_size(detail) && status == VN_OK; i++) {
        const json_t *machine = json_array_get(detail, i);

        if (!json_is_object(machine))
            return wrong(im, "detail", line, "a list of objects", err);
        status = read_list(im, machine, "gpus", line, &list, err);
        *gpus += (int64_t) json_array_size(list);
    }
    return status;
}

/* Why an attempt counts for nothing, or NULL. */
static const char *
reason_to_pass(vn_time start, vn_time end, int64_t gpus)
{
    if (start == VN_IMPORT_OPEN)
        return "an attempt that never began, passed over";
    if (end == VN_IMPORT_OPEN)
        return "an attempt whose end is not known, passed over";
    if (end < start)
        return "an attempt that ended before it began, passed over";
    return gpus == 0 ? "an attempt without GPUs, passed over" : NULL;
}

/* Add an attempt; *running where it is the last and has no end. */
static enum vn_status
read_attempt(struct vn_import *im, const json_t *attempt, bool last, long line,
             struct life *life, bool *running, struct vn_error *err)
{
    enum vn_status status;
    vn_time start, end;
    const char *why;
    int64_t gpus;

    if (!json_is_object(attempt))
        return wrong(im, "attempts", line, "a list of objects", err);
    if ((status = read_moment(im, attempt, "start_time", line, life->after,
                              &start, err))
        || (status = read_moment(im, attempt, "end_time", line,
                                 start != VN_IMPORT_OPEN ? start : life->after,
                                 &end, err))
        || (status = count_gpus(im, attempt, line, &gpus, err)))
        return status;
    *running = last && start != VN_IMPORT_OPEN && end == VN_IMPORT_OPEN;
    if (*running)
        return VN_OK;
    why = reason_to_pass(start, end, gpus);
    if (why != NULL)
        return vn_import_note(im, VN_REPAIRED, line, 1, why, err);
    life->after = end;
    if (life->gpus == 0)
        life->first_start = start;
    life->gpus_differ =
        life->gpus_differ || (life->gpus > 0 && life->gpus != gpus);
    life->gpus = gpus > life->gpus ? gpus : life->gpus;
    life->ran += end - start;
    if (life->ran > VN_TIME_MAX || gpus > VN_DEVICES_MAX)
        return vn_fail_at(err, im->file, line, 1,
                          "attempts of this job add up to too much");
    return VN_OK;
}

/* Make a job of its life; the reason where there is none to make. */
static enum vn_status
add_job(struct vn_import *im, const struct life *life, struct vn_job *job,
        long line, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    job->devices = job->max_devices = (int) life->gpus;
    job->duration = life->ran;
    if (life->gpus_differ)
        status = vn_import_note(im, VN_REPAIRED, line, 1,
                                "attempts on different numbers of GPUs, the "
                                "largest was taken",
                                err);
    if (status == VN_OK && life->first_start < job->submit) {
        job->submit = life->first_start;
        status = vn_import_note(
            im, VN_REPAIRED, line, 1,
            "it began before its submission, which was moved there", err);
    }
    return status == VN_OK ? vn_import_add(im, job, line, err) : status;
}

static enum vn_status
read_attempts(struct vn_import *im, const json_t *attempts, struct vn_job *job,
              long line, struct vn_error *err)
{
    size_t n = json_array_size(attempts);
    enum vn_status status = VN_OK;
    struct life life = {.after = job->submit};
    bool running = false;

    for (size_t i = 0; i < n && status == VN_OK; i++)
        status = read_attempt(im, json_array_get(attempts, i), i + 1 == n,
                              line, &life, &running, err);
    if (status != VN_OK)
        return status;
    if (running)
        return vn_import_note(im, VN_DROPPED, line, 1, "it had not ended",
                              err);
    if (life.gpus == 0)
        return vn_import_note(
            im, VN_DROPPED, line, 1,
            n == 0 ? "it never began" : "none of its attempts counts", err);
    return add_job(im, &life, job, line, err);
}

static enum vn_status
philly_job(struct vn_import *im, const json_t *o, long line,
           struct vn_error *err)
{
    struct vn_job job = vn_trace_job();
    const char *user, *vc, *state;
    const json_t *attempts;
    enum vn_status status;

    if ((status = read_moment(im, o, "submitted_time", line, INT64_MIN,
                              &job.submit, err))
        || (status = vn_import_json_text(im, o, "user", line, &user, err))
        || (status = vn_import_json_text(im, o, "vc", line, &vc, err))
        || (status = vn_import_json_text(im, o, "status", line, &state, err))
        || (status = read_list(im, o, "attempts", line, &attempts, err)))
        return status;
    if (json_object_get(o, "submitted_time") == NULL)
        return vn_import_json_lacks(im, "submitted_time", line, err);
    if (json_object_get(o, "attempts") == NULL)
        return vn_import_json_lacks(im, "attempts", line, err);
    if (job.submit == VN_IMPORT_OPEN)
        return vn_import_note(im, VN_DROPPED, line, 1,
                              "its submission is not known", err);
    job.user = user != NULL ? vn_names_add(&im->names.users, user) : -1;
    job.vc = vc != NULL ? vn_names_add(&im->names.vcs, vc) : -1;
    vn_import_outcome(state, &job);
    return read_attempts(im, attempts, &job, line, err);
}

static enum vn_status
philly_run(struct vn_import *im, struct vn_error *err)
{
    im->calendar = true;
    im->pacific = true;
    im->zone = "Pacific time";
    return vn_import_json(im, philly_job, err);
}

const struct vn_importer vn_import_philly = {
    .name = "philly",
    .summary = "Philly's cluster_job_log, JSON",
    .dated = true,
    .run = philly_run,
};
