#include "config.h"

#include "replay/live/seat.h"

#include "base/progress.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

vn_time
vn_live_now(const struct vn_live_state *r)
{
    return (vn_time) llrint((vn_clock() - r->origin) * 1e6);
}

struct vn_live_job *
vn_live_job_of(const struct vn_live_state *r, int64_t id)
{
    for (int i = 0; i < r->live->njobs; i++)
        if (r->live->jobs[i].job->id == id)
            return &r->live->jobs[i];
    return NULL;
}

static vn_time
time_of(const struct vn_live_state *r, double clock)
{
    return isnan(clock) ? vn_live_now(r)
                        : (vn_time) llrint((clock - r->origin) * 1e6);
}

static void
tell(struct vn_live_state *r, struct vn_told told)
{
    if (r->nqueue == r->room) {
        r->room = 2 * r->room + 16;
        r->queue = vn_xrealloc(r->queue, (size_t) r->room, sizeof *r->queue);
    }
    r->queue[r->nqueue++] = told;
}

static struct vn_live_seat *
seat_of(struct vn_live_state *r, int slot)
{
    if (slot >= r->nseats) {
        r->seats = vn_xrealloc(r->seats, (size_t) slot + 1, sizeof *r->seats);
        memset(r->seats + r->nseats, 0,
               (size_t) (slot + 1 - r->nseats) * sizeof *r->seats);
        r->nseats = slot + 1;
    }
    return &r->seats[slot];
}

/* Devices and mapping that a seat is to have, in words. */
static void
write_devices(struct vn_live_state *r, struct vn_live_seat *s,
              const struct vn_task *task, char *text)
{
    const struct vn_live_config *c = r->config;
    struct vn_layout layout = {c->engine.cluster, c->engine.profile,
                               r->offset};
    int all = 0;

    for (int t = 0; t < c->engine.cluster->ntypes; t++) {
        s->of_type[t] = task->devices[t];
        all += task->devices[t];
    }
    s->device = vn_xrealloc(s->device, (size_t) all + 1, sizeof *s->device);
    s->ndevices = vn_layout_write(
        &layout, task, c->workload->names->models.text[task->job->model], text,
        VN_DEVICE_LIST_SIZE, s->device);
    if (s->ndevices < 0) {
        s->ndevices = 0;
        r->status = vn_fail(&r->err, VN_EINVAL,
                            "job %" PRId64 ": a list of %d devices is longer "
                            "than an executor takes, expected fewer",
                            task->job->id, all);
    }
    s->devices_after = s->ndevices;
}

static void
change(struct vn_live_state *r, struct vn_live_seat *s, enum vn_cost_kind kind,
       vn_time from, vn_time to, int64_t step)
{
    struct vn_live_job *j = s->job;
    struct vn_live_change *c;

    (void) r;
    j->changes =
        vn_xrealloc(j->changes, (size_t) j->nchanges + 1, sizeof *j->changes);
    c = &j->changes[j->nchanges++];
    *c = (struct vn_live_change){.kind = kind,
                                 .from = from,
                                 .to = to,
                                 .step = step,
                                 .devices = s->devices_after};
    memcpy(c->of_type, s->of_type, sizeof c->of_type);
    c->device = vn_xcalloc((size_t) s->ndevices + 1, sizeof *c->device);
    memcpy(c->device, s->device, (size_t) s->ndevices * sizeof *c->device);
    c->ndevices = s->ndevices;
}

static void
launch(struct vn_live_state *r, struct vn_live_seat *s)
{
    const struct vn_workload *w = r->config->workload;
    const struct vn_job *job = s->job->job;
    enum vn_status status;

    s->starting = s->stopping = s->done = s->stopped = false;
    status = vn_process_start(r->config->setup, job,
                              w->names->models.text[job->model], s->devices,
                              s->kept, &s->process, &r->err);
    if (status != VN_OK)
        r->status = status;
    vn_process_send(&s->process, "report 1");
}

void
vn_live_seat_start(void *arg, const struct vn_task *task)
{
    struct vn_live_state *r = arg;
    struct vn_live_seat *s = seat_of(r, task->slot);
    struct vn_live_job *job = vn_live_job_of(r, task->job->id);

    if (s->job != job) {
        free(s->device);
        *s = (struct vn_live_seat){.job = job};
        job->start = vn_live_now(r);
    }
    write_devices(r, s, task, s->devices);
    s->change = job->nchanges == 0 ? VN_COST_START : VN_COST_RESTART;
    s->asked = vn_live_now(r);
    s->starting = true;
    if (s->process.pid == 0)
        launch(r, s);
}

void
vn_live_seat_resize(void *arg, const struct vn_task *task)
{
    struct vn_live_state *r = arg;
    struct vn_live_seat *s = seat_of(r, task->slot);
    char line[VN_DEVICE_LIST_SIZE + 16] = "resize ";
    int before = s->devices_after;

    write_devices(r, s, task, line + strlen(line));
    s->change = s->devices_after < before ? VN_COST_SHRINK : VN_COST_GROW;
    s->asked = vn_live_now(r);
    vn_process_send(&s->process, line);
}

void
vn_live_seat_stop(void *arg, int slot)
{
    struct vn_live_state *r = arg;
    struct vn_live_seat *s = seat_of(r, slot);

    s->starting = false;
    s->stopping = true;
    vn_process_send(&s->process, "stop");
}

/* Devices that jobs have now. */
static int
count_busy(const struct vn_live_state *r)
{
    int busy = 0;

    for (int i = 0; i < r->nseats; i++)
        if (r->seats[i].process.pid > 0 && !r->seats[i].done)
            busy += r->seats[i].devices_after;
    return busy;
}

/* The device of a mapping that probe i is of: those that share a processor
 * are told of in their order.  -1 where there is none. */
static int
probed_device(const struct vn_live_change *c, const struct vn_probes *probes,
              int i)
{
    int before = 0;

    for (int k = 0; k < i; k++)
        before += probes->cpu[k] == probes->cpu[i];
    for (int k = 0; k < c->ndevices; k++)
        if (vn_layout_cpu(c->device[k]) == probes->cpu[i] && before-- == 0)
            return c->device[k];
    return -1;
}

/* What the processors' probes took, at the begin of a step. */
static void
keep_probes(struct vn_live_state *r, const struct vn_live_seat *s,
            const struct vn_line *line, struct vn_live_step *step)
{
    struct vn_live *l = r->live;
    vn_time begin = step->end - (vn_time) llrint(step->step_s * 1e6);
    struct vn_probes probes;

    vn_line_probes(line, &probes);
    step->probes = l->nprobes;
    step->nprobes = probes.n;
    if (l->nprobes + probes.n > l->probes_room) {
        l->probes_room = 2 * l->probes_room + 256;
        l->probes =
            vn_xrealloc(l->probes, (size_t) l->probes_room, sizeof *l->probes);
    }
    for (int i = 0; i < probes.n; i++)
        l->probes[l->nprobes++] = (struct vn_live_probe){
            .time = begin > 0 ? begin : 0,
            .job = s->job->job,
            .device = step->change < 0
                          ? -1
                          : probed_device(&s->job->changes[step->change],
                                          &probes, i),
            .busy = step->busy,
            .s = probes.s[i]};
}

static void
keep_step(struct vn_live_state *r, struct vn_live_seat *s,
          const struct vn_line *line)
{
    struct vn_live_job *j = s->job;

    if (isnan(vn_line_number(line, "seconds")))
        return;
    if (j->nsteps == j->steps_room) {
        j->steps_room = 2 * j->steps_room + 256;
        j->steps =
            vn_xrealloc(j->steps, (size_t) j->steps_room, sizeof *j->steps);
    }
    /* Steps that were lost and are done again stand there once. */
    while (j->nsteps > 0 && j->steps[j->nsteps - 1].step >= line->step - 1)
        j->nsteps--;
    j->steps[j->nsteps++] =
        (struct vn_live_step){.step = line->step - 1,
                              .end = time_of(r, line->time),
                              .devices = (int) vn_line_number(line, "devices"),
                              .change = j->nchanges - 1,
                              .busy = count_busy(r),
                              .step_s = vn_line_number(line, "seconds"),
                              .load_s = vn_line_number(line, "load"),
                              .compute_s = vn_line_number(line, "compute"),
                              .sync_s = vn_line_number(line, "sync"),
                              .update_s = vn_line_number(line, "update"),
                              .loss = vn_line_number(line, "loss")};
    keep_probes(r, s, line, &j->steps[j->nsteps - 1]);
}

void
vn_live_seat_line(struct vn_live_state *r, int slot,
                  const struct vn_line *line)
{
    struct vn_live_seat *s = &r->seats[slot];
    struct vn_told told = {
        .slot = slot, .time = time_of(r, line->time), .steps = line->step};
    size_t n = strcspn(line->word, " ");

#define IS(name) (n == sizeof name - 1 && strncmp(line->word, name, n) == 0)
    if (IS("step")) {
        keep_step(r, s, line);
        told.kind = VN_TOLD_STEP;
    } else if (IS("ready")) {
        change(r, s, s->change, s->asked, told.time, line->step);
        told.kind = VN_TOLD_CHANGED;
    } else if (IS("resized")) {
        vn_time from = s->asked;

        /* Of a smaller mapping, that in which nothing trained. */
        if (s->change == VN_COST_SHRINK)
            from =
                told.time - (vn_time) (vn_line_number(line, "seconds") * 1e6);
        change(r, s, s->change, from, told.time, line->step);
        told.kind = VN_TOLD_CHANGED;
    } else if (IS("done")) {
        vn_line_text(line, "digest", s->job->digest, sizeof s->job->digest);
        s->done = true;
        s->job->finish = s->ended = told.time;
        told.kind = VN_TOLD_DONE;
    } else if (IS("stopped")) {
        s->stopped = true;
        s->ended = told.time;
        return;
    } else if (IS("checkpointed")) {
        s->kept = true;
        s->kept_step = line->step;
        return;
    } else if (IS("error")) {
        fprintf(stderr, "vnreplay: job %" PRId64 ": %s\n", s->job->job->id,
                line->text);
        return;
    } else {
        return;
    }
#undef IS
    tell(r, told);
}

/*
 * An executor died.  Another goes on from its checkpoint, unless it would come
 * to the same end: one that never got to a step has refused what it was asked,
 * which its exit status says, and does so again.
 */
static void
mourn(struct vn_live_state *r, struct vn_live_seat *s, int status)
{
    struct vn_live_job *j = s->job;
    int64_t id = j->job->id;
    bool refused = status == 2 || (status > 0 && j->nchanges == 0);

    j->deaths++;
    if (refused)
        r->status = vn_fail(&r->err, VN_EDEVICE,
                            "job %" PRId64 ": its executor refused (exit "
                            "status %d); its log is %s/%" PRId64 ".log",
                            id, status, r->config->setup->folder, id);
    else if (j->deaths > 3)
        r->status = vn_fail(&r->err, VN_EDEVICE,
                            "job %" PRId64 ": its executor died %d times; its "
                            "log is %s/%" PRId64 ".log",
                            id, j->deaths, r->config->setup->folder, id);
    else
        fprintf(stderr,
                "vnreplay: job %" PRId64 ": its executor died (%s %d); it "
                "goes on from step %" PRId64 "\n",
                id, status < 0 ? "signal" : "exit status",
                status < 0 ? -status : status, s->kept ? s->kept_step : 0);
}

void
vn_live_seat_end(struct vn_live_state *r, int slot)
{
    struct vn_live_seat *s = &r->seats[slot];
    int status = vn_process_end(&s->process);
    bool well = s->done || (s->stopped && status == 0);

    tell(r, (struct vn_told){.kind = well || s->stopping ? VN_TOLD_GONE
                                                         : VN_TOLD_DIED,
                             .time = vn_live_now(r),
                             .slot = slot,
                             .steps = s->done   ? s->job->job->steps
                                      : s->kept ? s->kept_step
                                                : 0});
    if (well) {
        change(r, s, VN_COST_RELEASE, s->ended, vn_live_now(r),
               s->done ? s->job->job->steps : s->kept_step);
    } else {
        mourn(r, s, status);
    }
    s->stopping = false;
    if (s->starting && r->status == VN_OK)
        launch(r, s);
}
