#include "config.h"

#include "sim/observe/recorder.h"

#include "base/xalloc.h"
#include "sim/observe/planner.h"
#include "sim/observe/sampler.h"
#include "sim/output.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const vn_recording_names[] = {"run", "jobs", "samples", "all"};

struct change {
    struct vn_change what;
    size_t sequence;
};

struct vn_recorder {
    const struct vn_cluster *cluster;
    enum vn_recording recording;
    struct vn_records records;
    struct change *changes;
    size_t nchanges;
    size_t allocated;
    struct vn_sampler sampler;
    struct vn_planner *planner; /* or NULL */
    enum vn_status (*add)(void *arg, struct vn_store *store,
                          struct vn_error *err); /* or NULL */
    void *arg;
    struct vn_measure measure;
};

struct vn_recorder *
vn_recorder_alloc(const struct vn_cluster *cluster,
                  enum vn_recording recording)
{
    struct vn_recorder *r = vn_xcalloc(1, sizeof *r);

    r->cluster = cluster;
    r->recording = recording;
    return r;
}

void
vn_recorder_guard(struct vn_recorder *r, const struct vn_engine *engine)
{
    r->records.region = r->sampler.region =
        vn_engine_region(engine, VN_REGION_RESULTS);
}

void
vn_recorder_free(struct vn_recorder *r)
{
    if (r == NULL)
        return;
    vn_region_free(r->records.region, r->changes);
    vn_records_free(&r->records);
    vn_sampler_free(&r->sampler);
    vn_planner_free(r->planner);
    free(r);
}

static void
on_ended(void *arg, const struct vn_record *record)
{
    struct vn_recorder *r = arg;

    vn_records_add(&r->records, record);
}

static void
on_changed(void *arg, const struct vn_change *change)
{
    struct vn_recorder *r = arg;

    if (r->nchanges == r->allocated) {
        r->allocated = 2 * r->allocated + 256;
        r->changes = vn_region_realloc(r->records.region, r->changes,
                                       r->allocated, sizeof *r->changes);
    }
    r->changes[r->nchanges] = (struct change){*change, r->nchanges};
    r->nchanges++;
}

static void
on_instant(void *arg, vn_time now, int held, int waiting)
{
    struct vn_recorder *r = arg;

    vn_sampler_set(&r->sampler, now, held, waiting);
}

static void
on_mapped(void *arg, const struct vn_mapped *mapped)
{
    struct vn_recorder *r = arg;

    vn_planner_mapped(r->planner, mapped);
}

void
vn_recorder_measure(struct vn_recorder *r, const struct vn_measure *measure)
{
    r->measure = *measure;
}

void
vn_recorder_plan(struct vn_recorder *r, const struct vn_profile *profile)
{
    r->planner = vn_planner_alloc(r->cluster, profile);
}

enum vn_status
vn_recorder_write_plan(struct vn_recorder *r, const char *path,
                       struct vn_error *err)
{
    return vn_planner_write(r->planner, path, err);
}

struct vn_observer
vn_recorder_observer(struct vn_recorder *r)
{
    struct vn_observer observer = {.arg = r};

    if (r->recording >= VN_RECORD_JOBS || r->measure.asked)
        observer.ended = on_ended;
    if (r->recording >= VN_RECORD_ALL
        || (r->recording >= VN_RECORD_JOBS && r->cluster->ntypes > 1))
        observer.changed = on_changed;
    if (r->recording >= VN_RECORD_SAMPLES)
        observer.instant = on_instant;
    if (r->planner != NULL)
        observer.mapped = on_mapped;
    return observer;
}

static enum vn_status
write_jobs(const struct vn_recorder *r, struct vn_store *store,
           struct vn_error *err)
{
    enum vn_status status = VN_OK;

    if (r->recording < VN_RECORD_JOBS)
        return VN_OK;
    for (size_t i = 0; i < r->records.count && status == VN_OK; i++) {
        const struct vn_record *j = &r->records.all[i];
        char why[128];

        vn_record_why(j, why, sizeof why);
        status = vn_store_job(
            store,
            &(struct vn_store_job){
                .job_id = j->id,
                .submit_us = j->submit,
                .start_us = j->start,
                .finish_us = j->finish,
                .deadline_us = j->deadline,
                .rho = j->rho,
                .jct_us = j->finish >= 0 ? j->finish - j->submit : -1,
                .queue_us = j->start >= 0 ? j->start - j->submit : -1,
                .preemptions = j->preemptions,
                .resizes = j->resizes,
                .failures = j->failures,
                .device_us = j->device_us,
                .overhead_us = j->overhead_us,
                .lost_us = j->lost_us,
                .preempted_us = j->preempted,
                .devices = j->devices,
                .duration_us = j->duration > 0 ? j->duration : -1,
                .whole_us = j->duration > 0 ? -1 : j->whole,
                .weight = j->weight,
                .vc = j->vc,
                .user = j->user,
                .type = j->wants,
                .model = j->model,
                .status = j->outcome != VN_OUTCOME_UNKNOWN
                              ? vn_job_outcome_name(j->outcome)
                              : NULL,
                .state = vn_job_state_name(j->state),
                .why = *why != '\0' ? why : NULL},
            err);
    }
    return status;
}

static int
compare_changes(const void *a, const void *b)
{
    const struct change *x = a, *y = b;

    if (x->what.id != y->what.id)
        return x->what.id < y->what.id ? -1 : 1;
    return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

/* One job's devices of each type, on the way through its changes. */
struct walk {
    const struct vn_recorder *recorder;
    struct vn_store *store;
    int64_t id;
    int *devices; /* held, by type */
    vn_time *since;
    const char **kind;
    int64_t *device_us;
    int all; /* held, of all types */
    bool started;
};

/* A job's devices of a type, up to `to`. */
static enum vn_status
write_interval(struct walk *w, int type, vn_time to, struct vn_error *err)
{
    if (w->devices[type] == 0 || to == w->since[type])
        return VN_OK;
    w->device_us[type] += w->devices[type] * (to - w->since[type]);
    if (w->recorder->recording < VN_RECORD_ALL)
        return VN_OK;
    return vn_store_allocation(
        w->store,
        &(struct vn_store_allocation){
            .job_id = w->id,
            .from_us = w->since[type],
            .device_type = w->recorder->cluster->types[type].name,
            .kind = w->kind[type],
            .to_us = to,
            .devices = w->devices[type]},
        err);
}

/* Why a job has `after` devices of a type from now on. */
static const char *
change_kind(const struct walk *w, int before, int after)
{
    if (!w->started)
        return "start";
    if (w->all == 0)
        return "resume";
    return after > before ? "grow" : "shrink";
}

static enum vn_status
step(struct walk *w, const struct vn_change *c, struct vn_error *err)
{
    enum vn_status status = write_interval(w, c->type, c->time, err);

    if (c->after > 0)
        w->kind[c->type] = change_kind(w, w->devices[c->type], c->after);
    w->all += c->after - w->devices[c->type];
    w->devices[c->type] = c->after;
    w->since[c->type] = c->time;
    w->started = w->started || c->after > 0;
    return status;
}

/* The end of a job's changes: what it still holds, and what it held. */
static enum vn_status
end_walk(struct walk *w, vn_time end, struct vn_error *err)
{
    const struct vn_cluster *cluster = w->recorder->cluster;
    enum vn_status status = VN_OK;

    for (int t = 0; t < cluster->ntypes && status == VN_OK; t++) {
        status = write_interval(w, t, end, err);
        if (status == VN_OK && cluster->ntypes > 1 && w->device_us[t] > 0)
            status = vn_store_usage(
                w->store,
                &(struct vn_store_usage){.job_id = w->id,
                                         .device_type = cluster->types[t].name,
                                         .device_us = w->device_us[t]},
                err);
        w->devices[t] = 0;
        w->device_us[t] = 0;
    }
    w->all = 0;
    w->started = false;
    return status;
}

static enum vn_status
write_changes(struct vn_recorder *r, vn_time end, struct vn_store *store,
              struct vn_error *err)
{
    size_t types = (size_t) r->cluster->ntypes;
    struct walk w = {.recorder = r, .store = store};
    enum vn_status status = VN_OK;

    if (r->nchanges > 0)
        qsort(r->changes, r->nchanges, sizeof *r->changes, compare_changes);
    w.devices = vn_xcalloc(types, sizeof *w.devices);
    w.since = vn_xcalloc(types, sizeof *w.since);
    w.kind = vn_xcalloc(types, sizeof *w.kind);
    w.device_us = vn_xcalloc(types, sizeof *w.device_us);
    for (size_t i = 0; i < r->nchanges && status == VN_OK; i++) {
        const struct vn_change *c = &r->changes[i].what;

        w.id = c->id;
        status = step(&w, c, err);
        if (status == VN_OK
            && (i + 1 == r->nchanges || r->changes[i + 1].what.id != c->id))
            status = end_walk(&w, end, err);
    }
    free(w.devices);
    free(w.since);
    free(w.kind);
    free(w.device_us);
    return status;
}

static enum vn_status
write_samples(struct vn_recorder *r, vn_time end, struct vn_store *store,
              struct vn_error *err)
{
    int n = vn_sampler_end(&r->sampler, end);
    enum vn_status status = VN_OK;

    for (int i = 0; i < n && status == VN_OK; i++) {
        struct vn_store_sample sample = {0};

        vn_sampler_get(&r->sampler, i, &sample.from_us, &sample.to_us,
                       &sample.held, &sample.waiting);
        status = vn_store_sample(store, &sample, err);
    }
    return status;
}

static void
fill(struct vn_store_run *run, const struct vn_summary *s,
     const struct vn_cluster *cluster, char *refusals, size_t size)
{
    if (run->state == NULL)
        run->state = s->stuck ? "stuck" : s->left > 0 ? "stopped" : "done";
    run->devices = cluster->devices;
    run->events = s->events;
    run->jobs = s->jobs;
    run->finished = s->finished;
    run->rejected = s->rejected;
    vn_summary_refusals(s, refusals, size);
    run->rejected_why = s->rejected > 0 ? refusals : NULL;
    run->unfinished = s->left;
    run->declined = s->declined;
    run->deadlines = s->deadlines.jobs;
    run->deadlines_admitted = s->deadlines.admitted;
    run->deadlines_met = s->deadlines.met;
    run->late_mean_us = s->deadlines.late_mean_us;
    run->late_max_us = s->deadlines.late_max_us;
    run->present_mean = s->rho.present > 0 ? s->rho.present : NAN;
    run->rho_mean = s->rho.mean;
    run->rho_worst = s->rho.worst;
    run->rho_above = s->rho.above;
    run->jain_users = s->jain.users;
    run->jain_vcs = s->jain.vcs;
    run->makespan_us = s->makespan;
    run->utilisation = s->utilisation;
    run->device_us = s->device_us;
    run->preemptions = s->preemptions;
    run->resizes = s->resizes;
    run->failures = s->failures;
    run->overhead_us = s->overhead_us;
    run->lost_us = s->lost_us;
    if (run->remark == NULL)
        run->remark = vn_summary_remark(s);
    run->jct_mean_us = s->jct.mean;
    run->jct_p50_us = s->jct.p50;
    run->jct_p90_us = s->jct.p90;
    run->jct_p99_us = s->jct.p99;
    run->queue_mean_us = s->queueing.mean;
    run->queue_p50_us = s->queueing.p50;
    run->queue_p90_us = s->queueing.p90;
    run->queue_p99_us = s->queueing.p99;
    run->preempted_mean_us = s->preempted_us;
}

enum vn_status
vn_recorder_write(struct vn_recorder *r, struct vn_engine *engine,
                  const struct vn_store_run *given, struct vn_store *store,
                  struct vn_error *err)
{
    struct vn_store_run run = *given;
    vn_time end = vn_engine_now(engine);
    char name[VN_STORE_NAME_SIZE], refusals[512];
    struct vn_summary summary;
    enum vn_status status;

    status = vn_engine_summary(engine, &summary, err);
    if (status != VN_OK)
        return status;
    fill(&run, &summary, r->cluster, refusals, sizeof refusals);
    if (r->measure.asked)
        status = vn_measure_take(&r->measure, &r->records, &run, err);
    if (status != VN_OK)
        return status;
    vn_store_run_name(&run, name);
    vn_records_sort(&r->records);
    if ((status = vn_store_begin(store, name, err)) != VN_OK)
        return status;
    if ((status = write_jobs(r, store, err)) == VN_OK
        && (status = write_changes(r, end, store, err)) == VN_OK
        && (status = write_samples(r, end, store, err)) == VN_OK
        && (r->add == NULL || (status = r->add(r->arg, store, err)) == VN_OK))
        status = vn_store_commit(store, &run, err);
    vn_store_rollback(store);
    return status;
}

void
vn_recorder_more(struct vn_recorder *r,
                 enum vn_status (*add)(void *arg, struct vn_store *store,
                                       struct vn_error *err),
                 void *arg)
{
    r->add = add;
    r->arg = arg;
}

enum vn_status
vn_recorder_write_failed(struct vn_recorder *r, struct vn_engine *engine,
                         const struct vn_store_run *given, const char *why,
                         struct vn_store *store, struct vn_error *err)
{
    struct vn_store_run run = *given;

    run.state = "failed";
    run.error = why;
    vn_engine_leave(engine);
    return vn_recorder_write(r, engine, &run, store, err);
}

enum vn_status
vn_recorder_write_jobs(struct vn_recorder *r, const char *path,
                       struct vn_error *err)
{
    vn_records_sort(&r->records);
    return vn_records_write(&r->records, path, err);
}
