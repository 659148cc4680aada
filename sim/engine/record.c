#include "config.h"

#include "sim/engine/record.h"

#include "sim/engine/fairness.h"

#include <math.h>
#include <stdio.h>

const char *
vn_job_state_name(enum vn_job_state state)
{
    static const char *const names[] = {
        [VN_JOB_FINISHED] = "finished",
        [VN_JOB_REJECTED] = "rejected",
        [VN_JOB_LEFT] = "left",
        [VN_JOB_DECLINED] = "declined",
    };

    return names[state];
}

const char *
vn_refusal_name(enum vn_refusal refusal)
{
    static const char *const names[] = {
        [VN_REFUSED_SIZE] = "too large",
        [VN_REFUSED_TYPE] = "no such device type",
        [VN_REFUSED_STEP] = "no step time",
    };

    return names[refusal];
}

const char *
vn_record_why(const struct vn_record *r, char *text, size_t size)
{
    text[0] = '\0';
    if (r->state == VN_JOB_REJECTED)
        snprintf(text, size, "%s%s%s", vn_refusal_name(r->refusal),
                 r->type != NULL ? ": " : "", r->type != NULL ? r->type : "");
    return text;
}

/* A name that a job refers to by number, or NULL. */
static const char *
name_of(const struct vn_engine *e, const char *(*find)(void *arg, int number),
        int number)
{
    return find != NULL && number >= 0 ? find(e->config.source.arg, number)
                                       : NULL;
}

void
vn_record_job(struct vn_engine *e, const struct vn_job *job,
              struct vn_record *r)
{
    const struct vn_source *source = &e->config.source;

    r->id = job->id;
    r->submit = job->submit;
    r->deadline = job->deadline;
    vn_tally_add(&e->tally, job, r);
    if (e->config.observer.ended == NULL)
        return;
    r->duration = job->duration;
    r->devices = job->devices;
    r->weight = job->weight;
    r->model = name_of(e, source->model, job->model);
    r->user = name_of(e, source->user, job->user);
    r->vc = name_of(e, source->vc, job->vc);
    r->wants = name_of(e, source->device_type, job->device_type);
    r->outcome = job->outcome;
    e->config.observer.ended(e->config.observer.arg, r);
}

/* Finish-time fairness, by the form asked for. */
static double
find_rho(const struct vn_engine *e, const struct vn_entry *entry,
         vn_time finish)
{
    const struct vn_ledger *l = &e->view->ledger;

    if (e->watch != NULL)
        return vn_fair_watch_rho(e->watch, l, (int) (entry - l->entries),
                                 finish);
    return e->config.present > 0
               ? (double) (finish - entry->job.submit)
                     / vn_alone_us(l, entry, e->config.present)
               : NAN;
}

void
vn_record_entry(struct vn_engine *e, const struct vn_entry *entry,
                vn_time finish, enum vn_job_state state)
{
    const struct vn_ledger *l = &e->view->ledger;
    int64_t device_us = vn_entry_device_us(entry);
    vn_time with =
        entry->executed + (entry->has > 0 ? l->now - entry->since : 0);
    double rho = state == VN_JOB_FINISHED ? find_rho(e, entry, finish) : NAN;

    vn_record_job(
        e, &entry->job,
        &(struct vn_record){
            .start = entry->start,
            .finish = finish,
            .preempted = entry->start >= 0 ? l->now - entry->start - with : 0,
            .rho = rho,
            .whole = entry->whole,
            .preemptions = entry->preemptions,
            .failures = entry->failures,
            .resizes = entry->resizes,
            .device_us = device_us,
            .overhead_us = device_us - entry->use[VN_USE_WORK],
            .lost_us = entry->lost,
            .state = state});
}
