/* The control socket of a run (vnode_exec/control.h). */
#include "config.h"

#include "vnode_exec/command/run.h"

#include "base/number.h"

#include <stdio.h>
#include <string.h>

/* A resize that began then. */
void
vn_run_tell_resize(struct run *r, const struct vn_resize *resize, double began)
{
    double now = vn_clock();

    vn_control_say(r->control,
                   "resized step=%lld devices=%d time=%.6f seconds=%.6f "
                   "startup=%.6f",
                   (long long) vn_executor_step_number(r->x), resize->after,
                   now, now - began, resize->startup_s);
}

enum {
    PROBES_TOLD = VN_SPEC_DEVICES /* devices whose probes stand in a line */
};

/* " probes=CPU:SECONDS,...", or nothing. */
static void
tell_probes(const struct vn_seat_report *seats, int n, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (int i = 0; i < n && i < PROBES_TOLD; i++)
        if (seats[i].probe_s > 0)
            used += (size_t) snprintf(
                text + used, size - used, "%s%d:%.9f",
                used > 0 ? "," : " probes=", seats[i].cpu, seats[i].probe_s);
}

/* Where the job stands; step is NULL, or the one just done. */
void
vn_run_tell_step(struct run *r, const struct vn_step *step)
{
    struct vn_seat_report seats[VN_SPEC_DEVICES];
    int n = vn_executor_seats(r->x, seats, VN_SPEC_DEVICES);
    int64_t peak = 0;
    char probes[32 * PROBES_TOLD];

    for (int i = 0; i < n; i++)
        peak = seats[i].peak_bytes > peak ? seats[i].peak_bytes : peak;
    if (step == NULL) {
        vn_control_say(r->control,
                       "step step=%lld steps=%lld devices=%d "
                       "time=%.6f",
                       (long long) vn_executor_step_number(r->x),
                       (long long) r->options.train.steps, n, vn_clock());
        return;
    }
    tell_probes(seats, n, probes, sizeof probes);
    vn_control_say(r->control,
                   "step step=%lld steps=%lld devices=%d time=%.6f "
                   "seconds=%.6f load=%.6f compute=%.6f sync=%.6f "
                   "update=%.6f peak=%lld loss=%.9g%s",
                   (long long) step->step + 1,
                   (long long) r->options.train.steps, n, vn_clock(),
                   step->step_s, step->load_s, step->compute_s, step->sync_s,
                   step->update_s, (long long) peak, step->loss, probes);
}

/* Let the devices asked for start up beside the others. */
static void
want_devices(struct run *r, const char *list)
{
    struct vn_stage stage = {.from_step = 0};
    struct vn_error err = {0};
    enum vn_status status;

    if (r->wanted.first != NULL || r->prepared) {
        vn_control_say(r->control, "error a resize is under way");
        return;
    }
    status = vn_exec_job_stage(&r->job, list, &stage, &err);
    if (status == VN_OK)
        status = vn_executor_prepare(r->x, &stage, &err);
    if (status != VN_OK) {
        vn_control_say(r->control, "error %s", err.text);
        vn_stage_free(&stage);
        return;
    }
    r->wanted = stage;
}

/* Go over to the devices asked for, once they have started. */
static enum vn_status
go_over(struct run *r, struct vn_error *err)
{
    double began = vn_clock();
    struct vn_resize resize;
    enum vn_status status;

    if (r->wanted.first == NULL || !vn_executor_prepared(r->x))
        return VN_OK;
    status = vn_executor_resize(r->x, &r->wanted, &resize, err);
    vn_stage_free(&r->wanted);
    if (status != VN_OK)
        return status;
    vn_record_resize(r->record, &resize);
    vn_run_tell_resize(r, &resize, began);
    return VN_OK;
}

static void
take_interval(struct run *r, const char *text)
{
    char why[VN_WHY_SIZE];
    int64_t steps = 0;
    const char *wrong = vn_read_int(text, 0, INT64_MAX, &steps, why);

    if (wrong == NULL)
        r->report_every = steps;
    else
        vn_control_say(r->control, "error report: '%s' is wrong, expected %s",
                       text, wrong);
}

static void
checkpoint_to(struct run *r, const char *path)
{
    struct vn_error err = {0};

    if (path[0] == '\0')
        path = r->options.checkpoint;
    if (path == NULL)
        vn_control_say(r->control, "error checkpoint: no file given, here or "
                                   "by --checkpoint");
    else if (vn_run_checkpoint(r, path, &err) != VN_OK)
        vn_control_say(r->control, "error %s", err.text);
}

/* Between two steps: do what is asked for. */
enum vn_status
vn_run_obey(struct run *r, struct vn_error *err)
{
    struct vn_request request;

    while (!r->stopped && vn_control_next(r->control, &request))
        switch (request.verb) {
        case VN_REQUEST_STATUS:
            vn_run_tell_step(r, NULL);
            break;
        case VN_REQUEST_REPORT:
            take_interval(r, request.arg);
            break;
        case VN_REQUEST_RESIZE:
            want_devices(r, request.arg);
            break;
        case VN_REQUEST_CHECKPOINT:
            checkpoint_to(r, request.arg);
            break;
        case VN_REQUEST_STOP:
            r->stopped = true;
            break;
        }
    return go_over(r, err);
}

enum vn_status
vn_run_conclude(struct run *r, struct vn_error *err)
{
    double now = vn_clock();
    uint64_t digest;
    enum vn_status status;

    if (r->control == NULL)
        return VN_OK;
    if (r->stopped || r->signal != 0) {
        vn_control_say(r->control, "stopped step=%lld time=%.6f",
                       (long long) vn_executor_step_number(r->x), now);
        return VN_OK;
    }
    status = vn_executor_digest(r->x, &digest, err);
    if (status == VN_OK)
        vn_control_say(r->control, "done step=%lld time=%.6f digest=%016llx",
                       (long long) vn_executor_step_number(r->x), now,
                       (unsigned long long) digest);
    return status;
}
