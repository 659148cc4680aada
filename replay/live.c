#include "config.h"

#include "replay/live.h"

#include "base/progress.h"
#include "base/xalloc.h"
#include "replay/layout.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    PATIENCE_S = 10 /* until an executor that was stopped is killed */
};

/* An executor, by the slot of its job. */
struct seat {
    struct vn_process process;
    struct vn_live_job *job;
    char devices[VN_DEVICE_LIST_SIZE]; /* to start on, once it is gone */
    bool starting;                     /* so it shall */
    bool stopping, done, stopped;
    bool kept;         /* it has a checkpoint, */
    int64_t kept_step; /* of this step */
    vn_time asked;     /* when a change under way was */
    enum vn_cost_kind change;
    int devices_after; /* of all types and of each */
    int of_type[VN_TYPES_MAX];
    vn_time ended; /* its last step */
};

struct run {
    const struct vn_live_config *config;
    struct vn_live *live;
    double origin; /* of vn_clock() */
    struct seat *seats;
    int nseats;
    struct vn_told *queue; /* not told yet */
    int nqueue, room;
    int signals; /* a signalfd */
    int *offset; /* of a type's devices among all processors */
    struct vn_observer inner;
    struct vn_error err; /* what went wrong in a call that cannot fail */
    enum vn_status status;
};

static vn_time
now_of(const struct run *r)
{
    return (vn_time) llrint((vn_clock() - r->origin) * 1e6);
}

static vn_time
time_of(const struct run *r, double clock)
{
    return isnan(clock) ? now_of(r)
                        : (vn_time) llrint((clock - r->origin) * 1e6);
}

static void
tell(struct run *r, struct vn_told told)
{
    if (r->nqueue == r->room) {
        r->room = 2 * r->room + 16;
        r->queue = vn_xrealloc(r->queue, (size_t) r->room, sizeof *r->queue);
    }
    r->queue[r->nqueue++] = told;
}

static struct seat *
seat_of(struct run *r, int slot)
{
    if (slot >= r->nseats) {
        r->seats = vn_xrealloc(r->seats, (size_t) slot + 1, sizeof *r->seats);
        memset(r->seats + r->nseats, 0,
               (size_t) (slot + 1 - r->nseats) * sizeof *r->seats);
        r->nseats = slot + 1;
    }
    return &r->seats[slot];
}

static struct vn_live_job *
job_of(const struct run *r, int64_t id)
{
    for (int i = 0; i < r->live->njobs; i++)
        if (r->live->jobs[i].job->id == id)
            return &r->live->jobs[i];
    return NULL;
}

/* Devices and mapping of a task, in words; the number of devices. */
static int
write_devices(const struct run *r, const struct vn_task *task, char *text)
{
    const struct vn_live_config *c = r->config;
    struct vn_layout layout = {c->engine.cluster, c->engine.profile,
                               r->offset};

    return vn_layout_write(&layout, task,
                           c->workload->names->models.text[task->job->model],
                           text, VN_DEVICE_LIST_SIZE);
}

static void
change(struct run *r, struct seat *s, enum vn_cost_kind kind, vn_time from,
       vn_time to, int64_t step)
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
}

static void
launch(struct run *r, struct seat *s)
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

static void
keep_types(const struct run *r, struct seat *s, const struct vn_task *task)
{
    for (int t = 0; t < r->config->engine.cluster->ntypes; t++)
        s->of_type[t] = task->devices[t];
}

static void
on_start(void *arg, const struct vn_task *task)
{
    struct run *r = arg;
    struct seat *s = seat_of(r, task->slot);
    struct vn_live_job *job = job_of(r, task->job->id);

    if (s->job != job) {
        *s = (struct seat){.job = job};
        job->start = now_of(r);
    }
    s->devices_after = write_devices(r, task, s->devices);
    keep_types(r, s, task);
    s->change = job->nchanges == 0 ? VN_COST_START : VN_COST_RESTART;
    s->asked = now_of(r);
    s->starting = true;
    if (s->process.pid == 0)
        launch(r, s);
}

static void
on_resize(void *arg, const struct vn_task *task)
{
    struct run *r = arg;
    struct seat *s = seat_of(r, task->slot);
    char line[VN_DEVICE_LIST_SIZE + 16] = "resize ";
    int before = s->devices_after;

    s->devices_after = write_devices(r, task, line + strlen(line));
    keep_types(r, s, task);
    s->change = s->devices_after < before ? VN_COST_SHRINK : VN_COST_GROW;
    s->asked = now_of(r);
    vn_process_send(&s->process, line);
}

static void
on_stop(void *arg, int slot)
{
    struct run *r = arg;
    struct seat *s = seat_of(r, slot);

    s->starting = false;
    s->stopping = true;
    vn_process_send(&s->process, "stop");
}

/* Devices that jobs have now. */
static int
count_busy(const struct run *r)
{
    int busy = 0;

    for (int i = 0; i < r->nseats; i++)
        if (r->seats[i].process.pid > 0 && !r->seats[i].done)
            busy += r->seats[i].devices_after;
    return busy;
}

static void
keep_step(struct run *r, struct seat *s, const struct vn_line *line)
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
}

/* A line of the executor in this slot. */
static void
take_line(struct run *r, int slot, const struct vn_line *line)
{
    struct seat *s = &r->seats[slot];
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

/* The executor in this slot has ended. */
static void
take_end(struct run *r, int slot)
{
    struct seat *s = &r->seats[slot];
    int status = vn_process_end(&s->process);
    bool well = s->done || (s->stopped && status == 0);

    tell(r, (struct vn_told){.kind = well || s->stopping ? VN_TOLD_GONE
                                                         : VN_TOLD_DIED,
                             .time = now_of(r),
                             .slot = slot,
                             .steps = s->done   ? s->job->job->steps
                                      : s->kept ? s->kept_step
                                                : 0});
    if (well) {
        change(r, s, VN_COST_RELEASE, s->ended, now_of(r),
               s->done ? s->job->job->steps : s->kept_step);
    } else {
        s->job->deaths++;
        fprintf(stderr,
                "vnreplay: job %" PRId64 ": its executor died (%s %d); it "
                "goes on from step %" PRId64 "\n",
                s->job->job->id, status < 0 ? "signal" : "exit status",
                status < 0 ? -status : status, s->kept ? s->kept_step : 0);
        if (s->job->deaths > 3)
            r->status = vn_fail(&r->err, VN_EDEVICE,
                                "job %" PRId64
                                ": its executor died %d times; its log is "
                                "%s/%" PRId64 ".log",
                                s->job->job->id, s->job->deaths,
                                r->config->setup->folder, s->job->job->id);
    }
    s->stopping = false;
    if (s->starting && r->status == VN_OK)
        launch(r, s);
}

/* Wait for executors, for so many microseconds at most. */
static void
listen(struct run *r, vn_time most)
{
    struct pollfd *fds = vn_xcalloc((size_t) r->nseats + 1, sizeof *fds);
    struct timespec span = {.tv_sec = most / VN_SECOND,
                            .tv_nsec = most % VN_SECOND * 1000};
    struct vn_line line;

    fds[r->nseats] = (struct pollfd){.fd = r->signals, .events = POLLIN};
    for (int i = 0; i < r->nseats; i++)
        fds[i] = (struct pollfd){
            .fd = r->seats[i].process.pid > 0 ? r->seats[i].process.fd : -1,
            .events = POLLIN};
    (void) ppoll(fds, (nfds_t) r->nseats + 1, &span, NULL);
    if (fds[r->nseats].revents != 0) {
        struct signalfd_siginfo info;

        r->live->interrupted = true;
        while (read(r->signals, &info, sizeof info) > 0)
            ;
    }
    for (int i = 0; i < r->nseats; i++) {
        if (fds[i].fd < 0 || fds[i].revents == 0)
            continue;
        vn_process_read(&r->seats[i].process);
        while (vn_process_line(&r->seats[i].process, &line))
            take_line(r, i, &line);
        if (r->seats[i].process.closed)
            take_end(r, i);
    }
    free(fds);
}

/* The earliest thing not told; -1 where there is none. */
static int
earliest(const struct run *r)
{
    int best = -1;

    for (int i = 0; i < r->nqueue; i++)
        if (best < 0 || r->queue[i].time < r->queue[best].time)
            best = i;
    return best;
}

static enum vn_status
on_wait(void *arg, vn_time until, struct vn_told *told, struct vn_error *err)
{
    struct run *r = arg;

    for (;;) {
        vn_time now = now_of(r);
        int i;

        if (r->status != VN_OK) {
            *err = r->err;
            return r->status;
        }
        if (r->live->interrupted) {
            *told = (struct vn_told){.kind = VN_TOLD_END};
            return VN_OK;
        }
        i = earliest(r);
        if (i >= 0 && r->queue[i].time <= until) {
            *told = r->queue[i];
            memmove(r->queue + i, r->queue + i + 1,
                    (size_t) (--r->nqueue - i) * sizeof *r->queue);
            return VN_OK;
        }
        if (until <= now) {
            *told = (struct vn_told){.kind = VN_TOLD_NOTHING, .time = until};
            return VN_OK;
        }
        listen(r, until - now < VN_SECOND ? until - now : VN_SECOND);
    }
}

/* Everything that still runs ends: asked first, then killed. */
static void
end_all(struct run *r)
{
    double began = vn_clock();
    bool running = true;

    for (int i = 0; i < r->nseats; i++) {
        r->seats[i].stopping = true;
        r->seats[i].starting = false;
        vn_process_send(&r->seats[i].process, "stop");
    }
    while (running && vn_clock() - began < PATIENCE_S) {
        running = false;
        listen(r, VN_SECOND / 10);
        for (int i = 0; i < r->nseats; i++)
            running = running || r->seats[i].process.pid > 0;
    }
    for (int i = 0; i < r->nseats; i++)
        vn_process_kill(&r->seats[i].process);
}

/* Observers: what is granted is kept here, and passed on. */
static void
on_granted(void *arg, const struct vn_change *c)
{
    struct run *r = arg;
    struct vn_live *l = r->live;
    const struct vn_live_job *j = job_of(r, c->id);

    l->grants =
        vn_xrealloc(l->grants, (size_t) l->ngrants + 1, sizeof *l->grants);
    l->grants[l->ngrants++] = (struct vn_live_grant){
        .time = c->time,
        .job = c->id,
        .type = c->type,
        .devices = c->after,
        .left = j->job->steps
                - (j->nsteps > 0 ? j->steps[j->nsteps - 1].step + 1 : 0)};
    if (r->inner.granted != NULL)
        r->inner.granted(r->inner.arg, c);
}

static void
on_ended(void *arg, const struct vn_record *record)
{
    struct run *r = arg;

    if (r->inner.ended != NULL)
        r->inner.ended(r->inner.arg, record);
}

static void
on_changed(void *arg, const struct vn_change *c)
{
    struct run *r = arg;

    if (r->inner.changed != NULL)
        r->inner.changed(r->inner.arg, c);
}

static void
on_mapped(void *arg, const struct vn_mapped *mapped)
{
    struct run *r = arg;

    if (r->inner.mapped != NULL)
        r->inner.mapped(r->inner.arg, mapped);
}

static void
on_instant(void *arg, vn_time now, int held, int waiting)
{
    struct run *r = arg;

    if (r->inner.instant != NULL)
        r->inner.instant(r->inner.arg, now, held, waiting);
}

/* Only jobs that can be trained. */
static enum vn_status
check_jobs(const struct vn_workload *w, struct vn_error *err)
{
    for (size_t i = 0; i < w->njobs; i++)
        if (!vn_job_is_modelled(&w->jobs[i]))
            return vn_fail(err, VN_EINVAL,
                           "%s: job %" PRId64 " is a recorded one, expected "
                           "jobs with model, global_batch, vnodes and steps",
                           w->trace, w->jobs[i].id);
    return VN_OK;
}

static void
prepare(struct run *r)
{
    const struct vn_live_config *c = r->config;
    struct vn_live *l = r->live;
    int before = 0;

    l->njobs = (int) c->workload->njobs;
    l->jobs = vn_xcalloc((size_t) l->njobs, sizeof *l->jobs);
    for (int i = 0; i < l->njobs; i++)
        l->jobs[i] = (struct vn_live_job){
            .job = &c->workload->jobs[i], .start = -1, .finish = -1};
    r->offset =
        vn_xcalloc((size_t) c->engine.cluster->ntypes, sizeof *r->offset);
    for (int t = 0; t < c->engine.cluster->ntypes; t++) {
        r->offset[t] = before;
        before += c->engine.cluster->types[t].devices;
    }
}

enum vn_status
vn_live_run(const struct vn_live_config *config, struct vn_live *live,
            enum vn_status (*finish)(void *arg, struct vn_engine *engine,
                                     struct vn_live *live,
                                     struct vn_error *err),
            void *arg, struct vn_error *err)
{
    struct run r = {.config = config, .live = live};
    struct vn_reader reader = {config->workload, 0};
    struct vn_carrier carrier = {&r, on_start, on_resize, on_stop, on_wait};
    struct vn_engine_config engine_config = config->engine;
    struct vn_engine *engine = NULL;
    enum vn_status status = check_jobs(config->workload, err);
    sigset_t set, old;

    *live = (struct vn_live){0};
    if (status != VN_OK)
        return status;
    prepare(&r);
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, &old);
    r.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    r.inner = engine_config.observer;
    engine_config.observer = (struct vn_observer){
        &r, on_ended, on_changed, on_granted, on_mapped, on_instant};
    engine_config.source = vn_workload_source(&reader);
    engine_config.carrier = &carrier;
    r.origin = vn_clock();
    status = vn_engine_alloc(&engine_config, &engine, err);
    if (status == VN_OK)
        status = vn_engine_run(engine, err);
    end_all(&r);
    live->end = now_of(&r);
    if (status == VN_OK && finish != NULL)
        status = finish(arg, engine, live, err);
    vn_engine_free(engine);
    if (r.signals >= 0)
        close(r.signals);
    sigprocmask(SIG_SETMASK, &old, NULL);
    free(r.seats);
    free(r.queue);
    free(r.offset);
    return status;
}

void
vn_live_free(struct vn_live *live)
{
    for (int i = 0; i < live->njobs; i++) {
        free(live->jobs[i].steps);
        free(live->jobs[i].changes);
    }
    free(live->jobs);
    free(live->grants);
    *live = (struct vn_live){0};
}

enum vn_status
vn_live_store_steps(const struct vn_live *live, struct vn_store *store,
                    struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (int i = 0; i < live->njobs; i++) {
        const struct vn_live_job *j = &live->jobs[i];

        for (int k = 0; k < j->nsteps && status == VN_OK; k++) {
            const struct vn_live_step *s = &j->steps[k];
            struct vn_store_step row;

            vn_store_blank(VN_STORE_STEP, &row);
            row.job_id = j->job->id;
            row.step = s->step;
            row.step_us = llrint(s->step_s * 1e6);
            row.start_us = s->end - row.step_us;
            row.devices = s->devices;
            row.vnodes = j->job->vnodes;
            row.examples = j->job->global_batch;
            row.loss = s->loss;
            row.load_us = llrint(s->load_s * 1e6);
            row.compute_us = llrint(s->compute_s * 1e6);
            row.sync_us = llrint(s->sync_s * 1e6);
            row.update_us = llrint(s->update_s * 1e6);
            row.digest =
                k + 1 == j->nsteps && j->digest[0] != '\0' ? j->digest : NULL;
            status = vn_store_step(store, &row, err);
        }
    }
    return status;
}
