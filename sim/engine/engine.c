#include "config.h"

#include "sim/engine/engine.h"

#include "plan/contention.h"
#include "sim/engine/admission.h"
#include "sim/engine/outage.h"
#include "sim/engine/phase.h"
#include "sim/engine/record.h"
#include "sim/engine/state.h"
#include "sim/engine/supply.h"
#include "sim/engine/transition.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static enum vn_status
fetch(struct vn_engine *e, struct vn_error *err)
{
    enum vn_status status;

    do
        status = e->config.source.next(e->config.source.arg, &e->next,
                                       &e->arriving, err);
    while (status == VN_OK && e->arriving && e->config.outcomes != 0
           && (e->config.outcomes >> e->next.outcome & 1) == 0);
    e->view->ledger.arriving = e->arriving;
    return status;
}

/* Strict placement is of all devices of a job at once, on nodes alike. */
static enum vn_status
check_placement(const struct vn_engine_config *c, struct vn_error *err)
{
    const struct vn_cluster *cluster = c->cluster;
    int each[VN_TYPES_MAX] = {0};

    if (c->placement != VN_PLACEMENT_STRICT)
        return VN_OK;
    if (!c->policy->rigid)
        return vn_fail(err, VN_EUSAGE,
                       "--placement strict: policy %s can change a job's "
                       "devices while it runs, expected one that never does",
                       c->policy->name);
    for (int g = 0; g < cluster->ngroups; g++) {
        int *of_type = &each[cluster->groups[g].type];
        int here = cluster->groups[g].devices_per_node;

        if (*of_type != 0 && *of_type != here)
            return vn_fail(err, VN_EUSAGE,
                           "--placement strict: nodes of %s have %d devices "
                           "and %d, expected as many each",
                           cluster->types[cluster->groups[g].type].name,
                           *of_type, here);
        *of_type = here;
    }
    return VN_OK;
}

/* What is there only where devices are told apart. */
static enum vn_status
open_fleet(struct vn_engine *e, struct vn_error *err)
{
    const struct vn_engine_config *c = &e->config;
    enum vn_status status = check_placement(c, err);

    if (status != VN_OK)
        return status;
    e->contended = c->profile != NULL && c->carrier == NULL
                   && vn_contention_is_known(c->profile);
    if (e->contended || c->placement != VN_PLACEMENT_NONE || c->faults != NULL
        || c->numbered || c->carrier != NULL)
        e->fleet = vn_fleet_alloc(c->cluster, c->placement,
                                  vn_region(e->domain, VN_REGION_CLUSTER));
    if (c->faults == NULL)
        return VN_OK;
    if (c->faults->slow != NULL)
        e->view->ledger.linear = false;
    return vn_faults_alloc(c->faults, c->cluster, c->seed,
                           vn_region(e->domain, VN_REGION_RANDOM), &e->faults,
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
    vn_tally_init(&e->tally, vn_region(domain, VN_REGION_RESULTS));
    e->answer.region = vn_region(domain, VN_REGION_ENGINE);
    e->releases.region = e->ends.region;
    e->unused = e->first = e->last = -1;
    e->state = vn_region_alloc(e->answer.region, 1, policy->state_size);
    vn_ledger_init(&e->view->ledger, config->cluster, config->pricing, domain);
    e->watch = vn_fair_watch_alloc(config->rho);
    e->forecast = vn_forecast_alloc(&config->predict);
    status = open_fleet(e, err);
    if (status == VN_OK)
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
    vn_region_free(e->answer.region, e->state);
    vn_ledger_free(&e->view->ledger);
    vn_heap_free(&e->ends);
    vn_heap_free(&e->releases);
    vn_region_free(e->ends.region, e->leaving);
    vn_fleet_free(e->fleet);
    vn_faults_free(e->faults);
    vn_answer_free(&e->answer);
    vn_tally_free(&e->tally);
    vn_fair_watch_free(e->watch);
    vn_forecast_free(e->forecast);
    vn_region_free(vn_region(domain, VN_REGION_LEDGER), e->view);
    vn_region_free(vn_region(domain, VN_REGION_ENGINE), e);
    ed_close(domain);
}

struct ed_region *
vn_engine_region(const struct vn_engine *e, enum vn_region region)
{
    return vn_region(e->domain, region);
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
grant(struct vn_engine *e, int slot, int type, int after)
{
    struct vn_ledger *l = &e->view->ledger;

    if (e->config.observer.granted != NULL)
        e->config.observer.granted(
            e->config.observer.arg,
            &(struct vn_change){.time = l->now,
                                .id = l->entries[slot].job.id,
                                .type = type,
                                .before =
                                    l->held[slot * l->cluster->ntypes + type],
                                .after = after});
    vn_ledger_grant(l, slot, type, after);
}

/* The job in this slot leaves the books. */
static void
go_away(struct vn_engine *e, int slot, vn_time finish, enum vn_job_state state)
{
    struct vn_ledger *l = &e->view->ledger;

    vn_fair_watch_change(e->watch, l);
    vn_record_entry(e, &l->entries[slot], finish, state);
    vn_ledger_remove(l, slot);
    vn_fair_watch_changed(e->watch, l, -1);
}

/* The job in this slot gives back what it has, and is gone. */
static void
part_with(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    const struct vn_policy *policy = e->config.policy;

    e->asking =
        e->asking || l->releasing == 0 || l->entries[slot].phase == VN_LEAVING;
    vn_heap_remove(&e->ends, slot);
    for (int t = 0; t < l->cluster->ntypes; t++)
        if (l->held[slot * l->cluster->ntypes + t] > 0)
            grant(e, slot, t, 0);
    vn_phase_leave(e, slot);
    if (policy->leave != NULL)
        policy->leave(e->state, e->view, slot);
    go_away(e, slot, l->entries[slot].finish, VN_JOB_FINISHED);
}

/* Step 1 of an instant: the job in this slot has done its work. */
static void
end_job(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    struct vn_entry *entry = &l->entries[slot];

    vn_ledger_settle(l, slot);
    entry->left = 0;
    entry->finish = l->now;
    if (!vn_phase_finish(e, slot))
        part_with(e, slot);
}

/* What is due for the job in this slot: its end, or that of its phase. */
static void
go_on(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;

    e->events++;
    if (l->entries[slot].phase == VN_LEAVING) {
        vn_ledger_settle(l, slot);
        part_with(e, slot);
    } else if (vn_ledger_end(l, slot) <= l->now)
        end_job(e, slot);
    else
        vn_transition_end(e, slot);
}

/* How long will the job in this slot take, and what is predicted of it? */
static void
look_ahead(struct vn_engine *e, int slot)
{
    const struct vn_source *source = &e->config.source;
    struct vn_entry *entry = &e->view->ledger.entries[slot];
    struct vn_job *job = &entry->job;
    const char *name = NULL;

    entry->whole = vn_view_remaining(e->view, slot);
    if (e->forecast == NULL)
        return;
    if (job->name >= 0 && source->name != NULL)
        name = source->name(source->arg, job->name);
    else if (vn_job_is_modelled(job))
        name = source->model(source->arg, job->model);
    job->predicted = vn_forecast(e->forecast, job, name, entry->whole);
}

/* Step 2 of an instant: the next job arrives. */
static enum vn_status
admit_job(struct vn_engine *e, struct vn_error *err)
{
    const struct vn_policy *policy = e->config.policy;
    struct vn_job job = e->next;
    enum vn_status status;
    struct vn_admission a;
    int slot;

    e->events++;
    e->asking = true;
    status = vn_admission_check(e, &job, &a, err);
    if (status != VN_OK)
        return status;
    if (a.types == 0) {
        vn_record_job(e, &job,
                      &(struct vn_record){.start = -1,
                                          .finish = -1,
                                          .rho = NAN,
                                          .whole = -1,
                                          .state = VN_JOB_REJECTED,
                                          .refusal = a.refusal,
                                          .type = a.lacks});
        return fetch(e, err);
    }
    e->modelled = e->modelled || a.model >= 0;
    vn_fair_watch_change(e->watch, &e->view->ledger);
    slot = vn_ledger_admit(&e->view->ledger, &job, a.type, a.types, a.model);
    vn_fair_watch_changed(e->watch, &e->view->ledger, slot);
    look_ahead(e, slot);
    if (e->config.costs != NULL) {
        struct vn_entry *entry = &e->view->ledger.entries[slot];
        const char *name =
            a.model < 0 ? NULL : e->config.profile->models[a.model];

        entry->cost_row = vn_costs_row(e->config.costs, name);
        entry->checkpoint =
            vn_costs_checkpoint(e->config.costs, entry->cost_row);
    }
    if (policy->arrive != NULL)
        policy->arrive(e->state, e->view, slot);
    return fetch(e, err);
}

/* Does the i-th job that the answer touches get less of some type? */
static bool
gives_up(const struct vn_engine *e, int i)
{
    const struct vn_ledger *l = &e->view->ledger;
    const struct vn_answer *a = &e->answer;
    int types = l->cluster->ntypes;

    for (int t = 0; t < types; t++)
        if (a->after[i * types + t] < l->held[a->touched[i].slot * types + t])
            return true;
    return false;
}

static void
apply_grants(struct vn_engine *e, int i)
{
    struct vn_ledger *l = &e->view->ledger;
    const struct vn_answer *a = &e->answer;
    int types = l->cluster->ntypes, slot = a->touched[i].slot;
    bool changed = false;

    for (int t = 0; t < types; t++) {
        int after = a->after[i * types + t];

        if (l->held[slot * types + t] == after)
            continue;
        changed = true;
        grant(e, slot, t, after);
    }
    if (changed)
        vn_transition(e, slot);
}

/* The job in this slot is not admitted, and is gone. */
static void
decline(struct vn_engine *e, int slot)
{
    if (e->config.policy->leave != NULL)
        e->config.policy->leave(e->state, e->view, slot);
    go_away(e, slot, -1, VN_JOB_DECLINED);
}

/* Step 3 of an instant, once the answer is checked: who gives up first. */
static void
apply_answer(struct vn_engine *e)
{
    const struct vn_answer *a = &e->answer;

    for (int i = 0; i < a->nwords; i++)
        e->view->ledger.entries[a->words[i].slot].told = a->words[i].time;
    for (int i = 0; i < a->ntouched; i++)
        if (gives_up(e, i))
            apply_grants(e, i);
    for (int i = 0; i < a->ntouched; i++)
        apply_grants(e, i);
    for (int i = 0; i < a->nwords; i++)
        vn_phase_schedule(e, a->words[i].slot);
    for (int i = 0; i < a->ndeclined; i++)
        decline(e, a->declined[i]);
}

/* Make *time the earlier of the two. */
static void
sooner(vn_time *time, vn_time other)
{
    if (other < *time)
        *time = other;
}

/* The time of the next instant in *time; false where there is none. */
static bool
next_instant(const struct vn_engine *e, vn_time *time)
{
    const struct vn_event *end = vn_heap_top(&e->ends);
    const struct vn_event *release = vn_heap_top(&e->releases);
    bool present = e->view->ledger.present > 0;
    struct vn_fault fault;

    *time = VN_TIME_MAX;
    if (end != NULL)
        sooner(time, end->time);
    if (release != NULL)
        sooner(time, release->time);
    if (e->arriving)
        sooner(time, e->next.submit);
    if (e->answer.waking && present)
        sooner(time, e->answer.wake);
    if (e->faults != NULL && (present || e->arriving)
        && vn_faults_next(e->faults, &fault))
        sooner(time, fault.time);
    if (e->idle >= VN_ENGINE_PATIENCE && e->config.carrier == NULL)
        return false;
    return *time < VN_TIME_MAX
           && (e->config.until == 0 || *time < e->config.until);
}

/* Step 1 of an instant: what is due now, of jobs, devices and faults. */
static void
catch_up(struct vn_engine *e, vn_time now)
{
    const struct vn_event *event;
    struct vn_fault fault;

    while ((event = vn_heap_top(&e->releases)) != NULL && event->time == now)
        vn_supply_release(e, event->handle);
    while ((event = vn_heap_top(&e->ends)) != NULL && event->time == now)
        go_on(e, event->handle);
    while (e->faults != NULL && vn_faults_next(e->faults, &fault)
           && fault.time == now) {
        vn_outage(e, &fault);
        vn_faults_pass(e->faults);
    }
}

/* A policy that says when jobs end does not know what delays them here. */
static enum vn_status
check_words(const struct vn_engine *e, struct vn_error *err)
{
    const struct vn_engine_config *c = &e->config;
    const char *what = NULL;

    if (e->answer.nwords == 0)
        return VN_OK;
    if (c->costs != NULL && !vn_costs_are_none(c->costs))
        what = "costs";
    if (c->faults != NULL)
        what = "faults";
    if (what == NULL)
        return VN_OK;
    return vn_fail(err, VN_EUSAGE,
                   "policy %s: this form of it follows a simulator that has "
                   "no %s, expected none, or another form",
                   c->policy->name, what);
}

/* Step 3 of an instant: ask the policy, check what it says, and do it. */
static enum vn_status
ask(struct vn_engine *e, struct vn_error *err)
{
    enum vn_status status;

    vn_answer_clear(&e->answer);
    e->config.policy->decide(e->state, e->view, &e->answer);
    if (e->answer.failed)
        return vn_fail(err, VN_EPOLICY, "%s", e->answer.why);
    if (e->answer.ngrants == 0 && e->answer.nwords == 0
        && e->answer.ndeclined == 0 && !e->answer.waking)
        return VN_OK;
    status = check_words(e, err);
    if (status == VN_OK)
        status = vn_answer_check(&e->answer, e->config.policy,
                                 &e->view->ledger, err);
    if (status == VN_OK)
        apply_answer(e);
    return status;
}

/* Can nothing happen any more but that the policy is asked again? */
static bool
is_idle(const struct vn_engine *e)
{
    const struct vn_ledger *l = &e->view->ledger;

    for (int t = 0; t < l->cluster->ntypes; t++)
        if (l->down[t] > 0)
            return false;
    return l->present > 0 && l->busy == 0 && l->waiting == l->present
           && !e->arriving && vn_heap_top(&e->ends) == NULL
           && vn_heap_top(&e->releases) == NULL;
}

/* Steps 2 and 3 of an instant. */
static enum vn_status
conclude(struct vn_engine *e, struct vn_error *err)
{
    const struct vn_ledger *l = &e->view->ledger;
    enum vn_status status = VN_OK;

    while (status == VN_OK && e->arriving && e->next.submit <= l->now)
        status = admit_job(e, err);
    if (status == VN_OK && e->asking)
        status = ask(e, err);
    if (status != VN_OK)
        return status;
    vn_transition_serve(e);
    vn_phase_crowd(e);
    e->idle = is_idle(e) ? e->idle + 1 : 0;
    if (e->config.observer.instant != NULL)
        e->config.observer.instant(e->config.observer.arg, l->now, l->busy,
                                   l->waiting);
    return VN_OK;
}

/* What the carrier says of a job. */
static void
hear(struct vn_engine *e, const struct vn_told *told)
{
    struct vn_ledger *l = &e->view->ledger;

    if (told->kind == VN_TOLD_NOTHING)
        return;
    e->events += told->kind != VN_TOLD_STEP;
    if (told->kind == VN_TOLD_DONE)
        end_job(e, told->slot);
    else if (l->entries[told->slot].phase != VN_LEAVING)
        vn_transition_told(e, told);
    else if (told->kind == VN_TOLD_GONE || told->kind == VN_TOLD_DIED) {
        vn_ledger_settle(l, told->slot);
        part_with(e, told->slot);
    }
}

/* The next instant where a carrier has the clock. */
static enum vn_status
follow(struct vn_engine *e, bool *more, struct vn_error *err)
{
    struct vn_ledger *l = &e->view->ledger;
    struct vn_told told = {.kind = VN_TOLD_END};
    enum vn_status status;
    vn_time due;

    *more = next_instant(e, &due) || l->busy > 0;
    if (!*more)
        return VN_OK;
    status = e->config.carrier->wait(e->config.carrier->arg, due, &told, err);
    if (status != VN_OK || told.kind == VN_TOLD_END) {
        *more = false;
        return status;
    }
    vn_ledger_advance(l, told.time > l->now ? told.time : l->now);
    e->asking = e->answer.waking && e->answer.wake <= l->now;
    e->events += e->asking;
    hear(e, &told);
    return conclude(e, err);
}

enum vn_status
vn_engine_step(struct vn_engine *e, bool *more, struct vn_error *err)
{
    struct vn_ledger *l = &e->view->ledger;
    vn_time now;

    if (e->config.carrier != NULL)
        return follow(e, more, err);
    *more = next_instant(e, &now);
    if (!*more)
        return VN_OK;
    vn_ledger_advance(l, now);
    e->asking = e->answer.waking && e->answer.wake == now;
    e->events += e->asking;
    catch_up(e, now);
    return conclude(e, err);
}

void
vn_engine_stop(struct vn_engine *e)
{
    e->config.until = e->view->ledger.now + 1;
}

void
vn_engine_leave(struct vn_engine *e)
{
    struct vn_ledger *l = &e->view->ledger;

    for (int slot = 0; slot < l->nentries; slot++)
        if (l->entries[slot].present) {
            vn_ledger_settle(l, slot);
            vn_record_entry(e, &l->entries[slot], -1, VN_JOB_LEFT);
        }
}

/* The policy is done: a plug-in can go wrong in close() too. */
static enum vn_status
end_policy(struct vn_engine *e, struct vn_error *err)
{
    const struct vn_policy *policy = e->config.policy;
    struct vn_error said;
    const char *rest;

    e->opened = false;
    if (policy->close != NULL)
        policy->close(e->state);
    if (e->domain == NULL || ed_explain(e->domain, &said) == VN_OK)
        return VN_OK;
    rest = strchr(said.text, ':');
    return vn_fail(err, VN_EPOLICY, "policy %s: in close()%s", policy->name,
                   rest == NULL ? "" : rest);
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
    if (status == VN_OK && e->opened)
        status = end_policy(e, err);
    if (status != VN_OK)
        return status;
    vn_engine_leave(e);
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
    summary->rho.present = e->config.present;
    summary->overhead_us += (int64_t) l->release_us;
    summary->alike =
        !e->modelled && e->faults == NULL
        && (e->config.pricing == NULL
            || !vn_pricing_is_unlike(e->config.pricing))
        && (l->cluster->ntypes > 1
            || (e->config.placement != VN_PLACEMENT_NONE && !e->contended));
    summary->stuck = l->present > 0 && is_idle(e) && e->idle > 0
                     && (e->config.until == 0 || l->now < e->config.until);
    /* Of a run that leaves jobs, the time that it saw. */
    end = l->present > 0 ? l->now : e->tally.last_finish;
    summary->utilisation = NAN;
    if (end > e->tally.first_submit && e->tally.first_submit >= 0)
        summary->utilisation = (double) l->device_us
                               / (double) (end - e->tally.first_submit)
                               / (double) l->cluster->devices;
    return status;
}
