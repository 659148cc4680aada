#include "config.h"

#include "replay/live/live.h"

#include "base/progress.h"
#include "base/xalloc.h"
#include "replay/live/seat.h"

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

/* Wait for executors, for so many microseconds at most. */
static void
listen(struct vn_live_state *r, vn_time most)
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
            vn_live_seat_line(r, i, &line);
        if (r->seats[i].process.closed)
            vn_live_seat_end(r, i);
    }
    free(fds);
}

/* The earliest thing not told; -1 where there is none. */
static int
earliest(const struct vn_live_state *r)
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
    struct vn_live_state *r = arg;

    for (;;) {
        vn_time now = vn_live_now(r);
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
end_all(struct vn_live_state *r)
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
    struct vn_live_state *r = arg;
    struct vn_live *l = r->live;
    const struct vn_live_job *j = vn_live_job_of(r, c->id);

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
    struct vn_live_state *r = arg;

    if (r->inner.ended != NULL)
        r->inner.ended(r->inner.arg, record);
}

static void
on_changed(void *arg, const struct vn_change *c)
{
    struct vn_live_state *r = arg;

    if (r->inner.changed != NULL)
        r->inner.changed(r->inner.arg, c);
}

static void
on_mapped(void *arg, const struct vn_mapped *mapped)
{
    struct vn_live_state *r = arg;

    if (r->inner.mapped != NULL)
        r->inner.mapped(r->inner.arg, mapped);
}

static void
on_instant(void *arg, vn_time now, int held, int waiting)
{
    struct vn_live_state *r = arg;

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
prepare(struct vn_live_state *r)
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
    struct vn_live_state r = {.config = config, .live = live};
    struct vn_reader reader = {config->workload, 0};
    struct vn_carrier carrier = {&r, vn_live_seat_start, vn_live_seat_resize,
                                 vn_live_seat_stop, on_wait};
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
    live->end = vn_live_now(&r);
    if (status == VN_OK && finish != NULL)
        status = finish(arg, engine, live, err);
    vn_engine_free(engine);
    if (r.signals >= 0)
        close(r.signals);
    sigprocmask(SIG_SETMASK, &old, NULL);
    for (int i = 0; i < r.nseats; i++)
        free(r.seats[i].device);
    free(r.seats);
    free(r.queue);
    free(r.offset);
    return status;
}

void
vn_live_free(struct vn_live *live)
{
    for (int i = 0; i < live->njobs; i++) {
        for (int k = 0; k < live->jobs[i].nchanges; k++)
            free(live->jobs[i].changes[k].device);
        free(live->jobs[i].steps);
        free(live->jobs[i].changes);
    }
    free(live->jobs);
    free(live->grants);
    free(live->probes);
    *live = (struct vn_live){0};
}
