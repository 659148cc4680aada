#include "config.h"

#include "sim/engine.h"

#include "base/xalloc.h"
#include "sim/answer.h"
#include "sim/heap.h"
#include "sim/ledger.h"
#include "sim/summary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct vn_engine {
    struct vn_engine_config config;
    struct ed_domain *domain; /* the policy's, or NULL */
    struct vn_view *view;     /* the books */
    struct vn_heap ends;      /* of jobs that hold devices, by slot */
    struct vn_answer answer;
    struct vn_tally tally;
    void *state; /* the policy's */
    bool opened;

    struct vn_job next; /* the next arrival */
    bool arriving;      /* next is there */
    int64_t events;
};

const char *
vn_job_state_name(enum vn_job_state state)
{
    static const char *const names[] = {
        [VN_JOB_FINISHED] = "finished",
        [VN_JOB_REJECTED] = "rejected",
        [VN_JOB_LEFT] = "left",
    };

    return names[state];
}

static enum vn_status
fetch(struct vn_engine *e, struct vn_error *err)
{
    return e->config.source.next(e->config.source.arg, &e->next, &e->arriving,
                                 err);
}

enum vn_status
vn_engine_alloc(const struct vn_engine_config *config,
                struct vn_engine **engine, struct vn_error *err)
{
    const struct vn_policy *policy = config->policy;
    struct ed_domain *domain = NULL;
    enum vn_status status = VN_OK;
    struct vn_engine *e;

    *engine = NULL;
    if (policy->enclose != NULL
        && (status = policy->enclose(policy, &domain, err)) != VN_OK)
        return status;
    e = vn_region_alloc(vn_region(domain, VN_REGION_ENGINE), 1, sizeof *e);
    e->config = *config;
    e->domain = domain;
    e->ends.region = vn_region(domain, VN_REGION_EVENTS);
    e->view = vn_region_alloc(vn_region(domain, VN_REGION_LEDGER), 1,
                              sizeof *e->view);
    e->view->policy = policy;
    e->view->domain = domain;
    e->tally.first_submit = -1;
    e->state = vn_xcalloc(1, policy->state_size);
    vn_ledger_init(&e->view->ledger, config->cluster, domain);
    status = fetch(e, err);
    if (status == VN_OK && policy->open != NULL) {
        status = policy->open(e->state, e->view, config->options, err);
        e->opened = status == VN_OK;
    }
    if (status != VN_OK) {
        vn_engine_free(e);
        e = NULL;
    }
    *engine = e;
    return status;
}

void
vn_engine_free(struct vn_engine *e)
{
    struct ed_domain *domain;

    if (e == NULL)
        return;
    domain = e->domain;
    if (e->opened && e->config.policy->close != NULL)
        e->config.policy->close(e->state);
    free(e->state);
    vn_ledger_free(&e->view->ledger);
    vn_heap_free(&e->ends);
    vn_answer_free(&e->answer);
    vn_tally_free(&e->tally);
    vn_region_free(vn_region(domain, VN_REGION_LEDGER), e->view);
    vn_region_free(vn_region(domain, VN_REGION_ENGINE), e);
    ed_close(domain);
}

vn_time
vn_engine_now(const struct vn_engine *e)
{
    return e->view->ledger.now;
}

int
vn_engine_present(const struct vn_engine *e)
{
    return e->view->ledger.present;
}

static void
record(struct vn_engine *e, const struct vn_record *r)
{
    vn_tally_add(&e->tally, r);
    if (e->config.observer.ended != NULL)
        e->config.observer.ended(e->config.observer.arg, r);
}

static void
record_entry(struct vn_engine *e, const struct vn_entry *entry, vn_time finish,
             enum vn_job_state state)
{
    record(e, &(struct vn_record){.id = entry->job.id,
                                  .submit = entry->job.submit,
                                  .start = entry->start,
                                  .finish = finish,
                                  .preemptions = entry->preemptions,
                                  .resizes = entry->resizes,
                                  .device_us = entry->device_us,
                                  .state = state});
}

static void
report_change(struct vn_engine *e, int slot, int type, int after)
{
    const struct vn_ledger *l = &e->view->ledger;

    if (e->config.observer.changed != NULL)
        e->config.observer.changed(
            e->config.observer.arg,
            &(struct vn_change){.time = l->now,
                                .id = l->entries[slot].job.id,
                                .type = type,
                                .before =
                                    l->held[slot * l->cluster->ntypes + type],
                                .after = after});
}

/* Step 1 of an instant: the job in this slot has done its work. */
static void
end_job(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    const struct vn_policy *policy = e->config.policy;

    vn_heap_remove(&e->ends, slot);
    vn_ledger_settle(l, slot);
    for (int t = 0; t < l->cluster->ntypes; t++)
        if (l->held[slot * l->cluster->ntypes + t] > 0)
            report_change(e, slot, t, 0);
    vn_ledger_release(l, slot);
    if (policy->leave != NULL)
        policy->leave(e->state, e->view, slot);
    record_entry(e, &l->entries[slot], l->now, VN_JOB_FINISHED);
    vn_ledger_remove(l, slot);
    e->events++;
}

/* The number of the job's only type in *type, or -1; false if not there. */
static bool
find_type(const struct vn_engine *e, const struct vn_job *job, int *type)
{
    const struct vn_source *source = &e->config.source;

    *type = -1;
    if (job->device_type < 0)
        return true;
    *type = vn_cluster_type(
        e->config.cluster, source->device_type(source->arg, job->device_type));
    return *type >= 0;
}

/* Can the cluster, when empty, give the job what it asks for? */
static bool
can_run(const struct vn_engine *e, const struct vn_job *job, int type)
{
    const struct vn_cluster *c = e->config.cluster;
    int least = e->config.policy->rigid ? job->devices : job->min_devices;

    for (int t = 0; t < c->ntypes; t++)
        if ((type < 0 || t == type) && c->types[t].devices >= least)
            return true;
    return false;
}

/* Step 2 of an instant: the next job arrives. */
static enum vn_status
admit_job(struct vn_engine *e, struct vn_error *err)
{
    const struct vn_policy *policy = e->config.policy;
    struct vn_job job = e->next;
    int type, slot;

    e->events++;
    if (vn_job_is_modelled(&job))
        return vn_fail(err, VN_EUNSUP,
                       "job %" PRId64 " is a modelled one, expected a "
                       "recorded one, with duration_s and devices",
                       job.id);
    if (job.duration > (INT64_C(1) << 62) / job.max_devices)
        return vn_fail(err, VN_EINVAL,
                       "job %" PRId64 ": duration x devices is more than "
                       "2^62 device-microseconds, expected less",
                       job.id);
    if (!find_type(e, &job, &type) || !can_run(e, &job, type)) {
        record(e, &(struct vn_record){.id = job.id,
                                      .submit = job.submit,
                                      .start = -1,
                                      .finish = -1,
                                      .state = VN_JOB_REJECTED});
        return fetch(e, err);
    }
    slot = vn_ledger_admit(&e->view->ledger, &job, type);
    if (policy->arrive != NULL)
        policy->arrive(e->state, e->view, slot);
    return fetch(e, err);
}

/* What one job's new allocation means for it. */
static void
count_change(struct vn_engine *e, const struct vn_touched *touched)
{
    struct vn_ledger *l = &e->view->ledger;
    struct vn_entry *entry = &l->entries[touched->slot];

    if (entry->held == 0) {
        entry->preemptions++;
        vn_heap_remove(&e->ends, touched->slot);
        return;
    }
    if (touched->before > 0)
        entry->resizes++;
    else if (entry->start < 0)
        entry->start = l->now;
    vn_heap_set(&e->ends, touched->slot, vn_ledger_end(l, touched->slot),
                entry->order);
}

/* Step 3 of an instant, once the answer is checked. */
static void
apply_answer(struct vn_engine *e)
{
    struct vn_ledger *l = &e->view->ledger;
    const struct vn_answer *a = &e->answer;
    int types = l->cluster->ntypes;

    for (int i = 0; i < a->ntouched; i++) {
        int slot = a->touched[i].slot;
        bool changed = false;

        for (int t = 0; t < types; t++) {
            int after = a->after[i * types + t];

            if (l->held[slot * types + t] == after)
                continue;
            if (!changed)
                vn_ledger_settle(l, slot);
            changed = true;
            report_change(e, slot, t, after);
            vn_ledger_hold(l, slot, t, after);
        }
        if (changed)
            count_change(e, &a->touched[i]);
    }
}

/* The time of the next instant in *time; false where there is none. */
static bool
next_instant(const struct vn_engine *e, vn_time *time)
{
    const struct vn_event *end = vn_heap_top(&e->ends);
    bool any = false;

    if (end != NULL) {
        *time = end->time;
        any = true;
    }
    if (e->arriving && (!any || e->next.submit < *time)) {
        *time = e->next.submit;
        any = true;
    }
    if (e->answer.waking && (!any || e->answer.wake < *time)
        && e->view->ledger.present > 0) {
        *time = e->answer.wake;
        any = true;
    }
    return any && (e->config.until == 0 || *time < e->config.until);
}

enum vn_status
vn_engine_step(struct vn_engine *e, bool *more, struct vn_error *err)
{
    struct vn_ledger *l = &e->view->ledger;
    const struct vn_event *end;
    enum vn_status status = VN_OK;
    vn_time now;

    *more = next_instant(e, &now);
    if (!*more)
        return VN_OK;
    vn_ledger_advance(l, now);
    e->events += e->answer.waking && e->answer.wake == now;
    while ((end = vn_heap_top(&e->ends)) != NULL && end->time == now)
        end_job(e, end->handle);
    while (status == VN_OK && e->arriving && e->next.submit == now)
        status = admit_job(e, err);
    if (status != VN_OK)
        return status;
    vn_answer_clear(&e->answer);
    e->config.policy->decide(e->state, e->view, &e->answer);
    if (e->answer.failed)
        return vn_fail(err, VN_EPOLICY, "%s", e->answer.why);
    if (e->answer.ngrants > 0 || e->answer.waking) {
        status = vn_answer_check(&e->answer, e->config.policy, l, err);
        if (status != VN_OK)
            return status;
        apply_answer(e);
    }
    if (e->config.observer.instant != NULL)
        e->config.observer.instant(e->config.observer.arg, now, l->busy,
                                   l->waiting);
    return VN_OK;
}

enum vn_status
vn_engine_run(struct vn_engine *e, struct vn_error *err)
{
    struct vn_ledger *l = &e->view->ledger;
    enum vn_status status;
    bool more = true;

    while (more) {
        status = vn_engine_step(e, &more, err);
        if (status != VN_OK)
            return status;
    }
    if (e->config.until > l->now)
        vn_ledger_advance(l, e->config.until);
    status = vn_ledger_check(l, err);
    for (int slot = 0; slot < l->nentries; slot++)
        if (l->entries[slot].present)
            record_entry(e, &l->entries[slot], -1, VN_JOB_LEFT);
    return status;
}

enum vn_status
vn_engine_summary(struct vn_engine *e, struct vn_summary *summary,
                  struct vn_error *err)
{
    const struct vn_ledger *l = &e->view->ledger;
    enum vn_status status;
    vn_time end;

    *summary = (struct vn_summary){.events = e->events,
                                   .device_us = (int64_t) l->device_us};
    status = vn_tally_summary(&e->tally, summary, err);
    /* Of a run that leaves jobs, the time that it saw. */
    end = l->present > 0 ? l->now : e->tally.last_finish;
    if (end > e->tally.first_submit && e->tally.first_submit >= 0)
        summary->utilisation = (double) l->device_us
                               / (double) (end - e->tally.first_submit)
                               / (double) l->cluster->devices;
    return status;
}
