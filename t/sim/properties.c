/*
 * What holds in every world: random clusters, jobs, costs, faults and
 * placements (t/sim/world.h), under a policy that grants anything legal at any
 * instant and under the built-in ones.  What jobs have, and how far they get,
 * is counted here a second time, from the devices that work between instants.
 */
#include "config.h"

#include "base/rng.h"
#include "plan/plan.h"
#include "sim/engine/state.h"
#include "sim/observe/planner.h"
#include "t/sim/world.h"
#include "t/tap.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    WORLDS = 400,           /* of the random policy */
    WORLDS_OF_BUILT_IN = 12 /* of each built-in one */
};

/* Our own account of a job. */
struct account {
    int has[3]; /* by type, from what the engine says of changes */
    int works;
    int64_t had_us; /* device-time */
    int64_t worked_us;
    double units; /* steps, or time on its own devices */

    int works_on[3][32]; /* by type: devices, since it was last mapped */
    int nworks[3];

    int now_has; /* since the last instant */
    int now_works;
    double now_rate;

    bool told; /* its policy said when it ends */
    struct vn_record record;
    bool ended;
};

struct watch {
    struct world *world;
    struct vn_engine *engine;
    struct vn_planner *planner;
    int mapped; /* of modelled jobs */
    struct account accounts[WORLD_JOBS];
    vn_time since;
    uint64_t hash; /* of all that was told */
    char wrong[256];
};

static void
complain(struct watch *w, const char *what, int64_t id, double got,
         double want)
{
    if (w->wrong[0] == '\0')
        snprintf(w->wrong, sizeof w->wrong, "job %d at %.6f s: %s: %.9g, %.9g",
                 (int) id, (double) w->since / 1e6, what, got, want);
}

static void
on_changed(void *arg, const struct vn_change *c)
{
    struct watch *w = arg;
    int *has = &w->accounts[c->id].has[c->type], sum = 0;

    w->hash = vn_hash(w->hash, &c->time, sizeof c->time);
    w->hash = vn_hash(w->hash, &c->id, sizeof c->id);
    w->hash = vn_hash(w->hash, &c->type, sizeof c->type);
    w->hash = vn_hash(w->hash, &c->after, sizeof c->after);
    if (c->before != *has || c->after < 0)
        complain(w, "had before, by the engine and by us", c->id, c->before,
                 *has);
    *has = c->after;
    for (int i = 0; i < WORLD_JOBS; i++)
        sum += w->accounts[i].has[c->type];
    if (sum > w->world->cluster.types[c->type].devices)
        complain(w, "devices had of a type, and there are", c->id, sum,
                 w->world->cluster.types[c->type].devices);
}

static void
on_ended(void *arg, const struct vn_record *r)
{
    struct watch *w = arg;
    const int64_t all[] = {
        r->id,       r->start,          r->finish,      r->device_us,
        r->lost_us,  r->overhead_us,    r->preemptions, r->resizes,
        r->failures, (int64_t) r->state};

    w->hash = vn_hash(w->hash, all, sizeof all);
    w->accounts[r->id].record = *r;
    w->accounts[r->id].ended = true;
}

static void
on_mapped(void *arg, const struct vn_mapped *m)
{
    struct watch *w = arg;

    struct account *a = &w->accounts[m->id];

    for (int t = 0; t < w->world->cluster.ntypes; t++) {
        a->nworks[t] = m->works[t];
        for (int k = 0; k < m->works[t]; k++)
            a->works_on[t][k] = vn_fleet_device(m->fleet, m->slot, t, k);
    }
    vn_planner_mapped(w->planner, m);
    w->mapped += m->model >= 0;
}

/* Do these devices of a type stand on more nodes than they need?  By counting
 * nodes, the largest first. */
static bool
is_spread(const struct vn_engine *e, int type, const int *devices, int n)
{
    int nodes = vn_fleet_nodes(e->fleet, type), on = 0, needs = 0, size[16];

    for (int i = 0; i < nodes; i++) {
        int first, mine = 0;

        vn_fleet_node(e->fleet, type, i, &first, &size[i]);
        for (int k = 0; k < n; k++)
            mine += devices[k] >= first && devices[k] < first + size[i];
        on += mine > 0;
    }
    while (n > 0) {
        int best = 0;

        for (int i = 0; i < nodes; i++)
            best = size[i] > size[best] ? i : best;
        n -= size[best];
        size[best] = 0;
        needs++;
    }
    return on > needs;
}

/* How many times as long a step takes for a slow device of a job's, by what
 * works for it, as we saw it when it began to. */
static double
slowdown_of(const struct watch *w, const struct account *a)
{
    double most = 1;

    for (int t = 0; t < w->world->cluster.ntypes; t++)
        for (int k = 0; k < a->nworks[t]; k++)
            for (int i = 0; i < w->world->nslow; i++) {
                const struct world_slow *s = &w->world->slow[i];

                if (s->type == t && s->device == a->works_on[t][k]
                    && s->from <= w->engine->view->ledger.now
                    && w->engine->view->ledger.now < s->to
                    && s->slowdown > most)
                    most = s->slowdown;
            }
    return most;
}

/* Devices of a node, from `first` on, that jobs have. */
static int
busy_on(const struct watch *w, int type, int first, int size)
{
    const struct vn_engine *e = w->engine;
    const struct vn_ledger *l = &e->view->ledger;
    int busy = 0;

    for (int slot = 0; slot < l->nentries; slot++)
        for (int k = 0; l->entries[slot].present
                        && k < l->has[slot * l->cluster->ntypes + type];
             k++) {
            int d = vn_fleet_device(e->fleet, slot, type, k);

            busy += d >= first && d < first + size;
        }
    return busy;
}

/* How many times as long a step takes for what is busy beside a job's devices:
 * c(k) / c(n) on the node of which most devices are busy, n of them the job's
 * (plan/contention.h). */
static double
crowd_of(const struct watch *w, const struct account *a, int model)
{
    const struct vn_engine *e = w->engine;
    int busy = 0, own = 1;
    double most = 1;

    for (int t = 0; t < w->world->cluster.ntypes; t++)
        for (int node = 0; node < vn_fleet_nodes(e->fleet, t); node++) {
            int first, size, mine = 0, all;

            vn_fleet_node(e->fleet, t, node, &first, &size);
            for (int k = 0; k < a->nworks[t]; k++)
                mine += a->works_on[t][k] >= first
                        && a->works_on[t][k] < first + size;
            all = mine > 0 ? busy_on(w, t, first, size) : 0;
            if (all > busy) {
                busy = all;
                own = mine;
            }
        }
    for (int t = 0; t < w->world->cluster.ntypes; t++)
        if (a->nworks[t] > 0) {
            int type = w->world->cluster.types[t].name[0] - 'a';

            most =
                fmax(most, world_contention(w->world, model, type, busy)
                               / world_contention(w->world, model, type, own));
        }
    return most;
}

/* Units a microsecond that a job gets done with what works for it. */
static double
rate(struct watch *w, int slot)
{
    const struct vn_engine *e = w->engine;
    const struct vn_ledger *l = &e->view->ledger;
    const struct vn_entry *j = &l->entries[slot];
    const struct account *a = &w->accounts[j->job.id];
    double slowdown = slowdown_of(w, a), step, by_hand;
    int n = 0;
    bool spread = false;

    for (int t = 0; t < l->cluster->ntypes; t++) {
        n += a->nworks[t];
        spread = spread || is_spread(e, t, a->works_on[t], a->nworks[t]);
    }
    spread = spread && e->config.placement != VN_PLACEMENT_NONE;
    if (j->model < 0)
        return vn_pricing_speed(w->world->pricing, &j->job, n) / slowdown;
    step = vn_pricing_step_s(w->world->pricing, &j->job, j->model, a->nworks,
                             spread);
    by_hand = world_step_s(w->world, &j->job, j->model, a->nworks);
    if (isfinite(by_hand) && fabs(step / by_hand - 1) > 1e-9)
        complain(w, "a step, by the pricing and by hand", j->job.id, step,
                 by_hand);
    slowdown *= crowd_of(w, a, j->model);
    if (fabs(j->slowdown / slowdown - 1) > 1e-9)
        complain(w, "slowed down, by the engine and by hand", j->job.id,
                 j->slowdown, slowdown);
    return 1 / (step * slowdown * 1e6);
}

/* Up to now everybody went on as it was after the last instant. */
static void
go_on(struct watch *w)
{
    const struct vn_ledger *l = &w->engine->view->ledger;
    vn_time span = l->now - w->since;

    for (int i = 0; i < WORLD_JOBS; i++) {
        struct account *a = &w->accounts[i];

        a->had_us += span * a->now_has;
        a->worked_us += span * a->now_works;
        a->units += (double) span * a->now_rate;
        a->now_has = a->has[0] + a->has[1] + a->has[2];
        a->now_works = 0;
        a->now_rate = 0;
    }
    for (int slot = 0; slot < l->nentries; slot++) {
        const struct vn_entry *j = &l->entries[slot];
        struct account *a = &w->accounts[j->job.id];

        if (!j->present || j->works == 0)
            continue;
        a->now_works = j->works;
        a->now_rate = rate(w, slot);
    }
    w->since = l->now;
}

/* Is every device in at most one hand, and none in that of a job that fails?
 */
static void
look(struct watch *w)
{
    struct vn_engine *e = w->engine;
    const struct vn_ledger *l = &e->view->ledger;
    int owner[3][64];
    struct vn_error err;

    memset(owner, 0xff, sizeof owner);
    for (int slot = 0; slot < l->nentries; slot++) {
        const struct vn_entry *j = &l->entries[slot];

        for (int t = 0; t < l->cluster->ntypes && j->present; t++) {
            int n = l->has[slot * l->cluster->ntypes + t];

            if (n != w->accounts[j->job.id].has[t])
                complain(w, "has, by the books and by us", j->job.id, n,
                         w->accounts[j->job.id].has[t]);
            for (int k = 0; k < n; k++) {
                int d = vn_fleet_device(e->fleet, slot, t, k);

                if (d < 0 || d >= l->cluster->types[t].devices
                    || vn_fleet_is_down(e->fleet, t, d)
                    || vn_fleet_is_leaving(e->fleet, t, d))
                    complain(w, "a device that cannot be had", j->job.id, t,
                             d);
                else if (owner[t][d] >= 0)
                    complain(w, "a device twice", j->job.id, d, owner[t][d]);
                else
                    owner[t][d] = slot;
            }
        }
        if (j->present && j->told >= 0)
            w->accounts[j->job.id].told = true;
    }
    if (vn_ledger_check(&e->view->ledger, &err) != VN_OK && w->wrong[0] == 0)
        snprintf(w->wrong, sizeof w->wrong, "%.250s", err.text);
}

/* The most units a microsecond that a job can get done alone. */
static double
fastest(const struct world *world, const struct vn_job *job)
{
    const struct vn_cluster *c = &world->cluster;
    int n[3] = {0}, limit[3] = {0};
    double best = 0;

    for (int t = 0; t < c->ntypes; t++)
        limit[t] = job->device_type >= 0
                           && job->device_type != c->types[t].name[0] - 'a'
                       ? 0
                       : c->types[t].devices;
    for (n[0] = 0; n[0] <= limit[0]; n[0]++)
        for (n[1] = 0; n[1] <= limit[1]; n[1]++)
            for (n[2] = 0; n[2] <= limit[2]; n[2]++) {
                int all = n[0] + n[1] + n[2];
                double speed;

                if (all == 0 || (job->model < 0 && all > job->max_devices))
                    continue;
                speed = job->model < 0
                            ? vn_pricing_speed(world->pricing, job, all)
                            : 1e-6
                                  / vn_pricing_step_s(world->pricing, job,
                                                      job->model, n, false);
                best = speed > best ? speed : best;
            }
    return best;
}

/* What became of a job that finished. */
static void
judge(struct watch *w, const struct vn_job *job, const struct account *a)
{
    const struct vn_record *r = &a->record;
    double units =
        job->model >= 0 ? (double) job->steps : (double) job->duration;
    bool lossless =
        w->world->config.free_preemption && !w->world->config.faults;
    double slack = 1e-7 * units + (job->model >= 0 ? 1e-2 : 16);

    if (r->device_us != a->had_us)
        complain(w, "device time, by the engine and by us", r->id,
                 (double) r->device_us, (double) a->had_us);
    if (r->overhead_us != a->had_us - a->worked_us)
        complain(w, "overhead, by the engine and by us", r->id,
                 (double) r->overhead_us, (double) (a->had_us - a->worked_us));
    if (r->lost_us < 0 || r->lost_us > a->worked_us)
        complain(w, "lost, of what was worked", r->id, (double) r->lost_us,
                 (double) a->worked_us);
    if (r->state != VN_JOB_FINISHED || a->told)
        return;
    if (a->units < units - slack)
        complain(w, "units done, of", r->id, a->units, units);
    if (lossless && fabs(a->units - units) > slack)
        complain(w, "units done without loss, of", r->id, a->units, units);
    if ((double) (r->finish - r->submit) * fastest(w->world, job)
        < units - slack)
        complain(w, "faster than alone", r->id,
                 (double) (r->finish - r->submit), units);
}

/* The plan, read back: vn_plan_read() holds its mappings to each other. */
static void
check_plan(struct watch *w)
{
    struct vn_plan plan;
    struct vn_error err;
    char path[] = "properties-XXXXXX", bytes[4096];
    size_t n;
    FILE *f;

    close(mkstemp(path));
    if (vn_planner_write(w->planner, path, &err) != VN_OK) {
        snprintf(w->wrong, sizeof w->wrong, "%.200s", err.text);
        return;
    }
    f = fopen(path, "r");
    while ((n = fread(bytes, 1, sizeof bytes, f)) > 0)
        w->hash = vn_hash(w->hash, bytes, n);
    fclose(f);
    if (vn_plan_read(path, &plan, &err) != VN_OK) {
        if (w->wrong[0] == '\0')
            snprintf(w->wrong, sizeof w->wrong, "plan: %.200s", err.text);
        unlink(path);
        return;
    }
    for (int i = 0; i < plan.nmappings; i++)
        for (int k = 0; k < w->world->njobs; k++) {
            const struct vn_job *job = &w->world->jobs[k];
            int64_t batch = vn_mapping_batch(&plan.mappings[i]);

            if (job->id != plan.mappings[i].job)
                continue;
            if (batch != job->global_batch)
                complain(w, "global batch of a plan, and of the job", job->id,
                         (double) batch, (double) job->global_batch);
            if (plan.mappings[i].from_step >= job->steps)
                complain(w, "a mapping beyond the job's steps", job->id,
                         (double) plan.mappings[i].from_step,
                         (double) job->steps);
        }
    vn_plan_free(&plan);
    unlink(path);
}

/* Run a world; a hash of all that happened, and in `wrong` what should not
 * have.  Where nobody looks, only the hash counts. */
static uint64_t
run(uint64_t seed, uint64_t draws, const struct vn_policy *policy,
    enum world_crowds crowds, bool looking, bool *drawn, char wrong[256])
{
    struct watch w = {0};
    struct world world;
    struct vn_error err;
    bool more = true;
    enum vn_status status;

    world_make(&world, seed, policy, crowds);
    world.config.seed = draws;
    world.config.observer = (struct vn_observer){.arg = &w,
                                                 .ended = on_ended,
                                                 .changed = on_changed,
                                                 .mapped = on_mapped};
    w.world = &world;
    w.planner = vn_planner_alloc(&world.cluster, &world.profile);
    status = vn_engine_alloc(&world.config, &w.engine, &err);
    while (status == VN_OK && more) {
        status = vn_engine_step(w.engine, &more, &err);
        if (status == VN_OK && looking) {
            go_on(&w);
            look(&w);
        }
    }
    if (status == VN_OK)
        status = vn_engine_run(w.engine, &err);
    if (status == VN_OK)
        go_on(&w);
    if (status != VN_OK && w.wrong[0] == '\0')
        snprintf(w.wrong, sizeof w.wrong, "%.250s", err.text);
    for (int i = 0; i < world.njobs && looking; i++)
        judge(&w, &world.jobs[i], &w.accounts[world.jobs[i].id]);
    if (w.mapped > 0)
        check_plan(&w);
    *drawn = world.drawn;
    memcpy(wrong, w.wrong, 256);
    vn_engine_free(w.engine);
    vn_planner_free(w.planner);
    world_free(&world);
    return w.hash;
}

/* Go through worlds, of a policy or (NULL) of the random one. */
static void
check_worlds(const struct vn_policy *policy, int n)
{
    const char *name = policy != NULL ? policy->name : "the random policies";
    int wrong = 0, unlike = 0, strange = 0, varied = 0, draw = 0;
    int crowded = 0, slowed = 0;
    char what[256];

    for (int i = 0; i < n; i++) {
        uint64_t seed = 1000 + (uint64_t) i, one, two, other, alone;
        bool drawn;

        /* Whose hash is its own: to look at the books settles them, and what
         * is settled more often is rounded more often. */
        (void) run(seed, 5, policy, WORLD_CROWDED, true, &drawn, what);
        if (what[0] != '\0' && wrong++ < 5)
            diag("world %d: %s", (int) seed, what);
        one = run(seed, 5, policy, WORLD_CROWDED, false, &drawn, what);
        two = run(seed, 5, policy, WORLD_CROWDED, false, &drawn, what);
        unlike += one != two;
        other = run(seed, 6, policy, WORLD_CROWDED, false, &drawn, what);
        strange += !drawn && other != one;
        varied += drawn && other != one;
        draw += drawn;
        alone = run(seed, 5, policy, WORLD_ALONE, false, &drawn, what);
        slowed += one != alone;
        crowded +=
            alone != run(seed, 5, policy, WORLD_ONES, false, &drawn, what);
    }
    is_int(wrong, 0, "%s: every property, in %d worlds from seed 1000 on",
           name, n);
    is_int(unlike, 0, "%s: again, the same", name);
    is_int(strange, 0, "%s: a seed matters only where it is drawn from", name);
    ok(varied > 0, "%s: and it does there (%d of %d)", name, varied, draw);
    is_int(crowded, 0, "%s: contention of factor 1 is none", name);
    ok(slowed > 0, "%s: and of others is some (%d of %d)", name, slowed, n);
}

/* The same policy with another default of an option. */
static void
check_option(const char *name, const char *option, const char *value)
{
    struct vn_policy_option options[VN_POLICY_OPTIONS_MAX];
    const struct vn_policy *found = NULL;
    struct vn_policy policy;
    struct vn_error err;
    char words[64];
    int n = 0;

    if (vn_policy_find(name, &found, &err) != VN_OK)
        abort();
    do {
        options[n] = found->options[n];
        if (options[n].name != NULL && strcmp(options[n].name, option) == 0)
            options[n].fallback = value;
    } while (options[n++].name != NULL);
    snprintf(words, sizeof words, "%s %s=%s", name, option, value);
    policy = *found;
    policy.name = words;
    policy.options = options;
    check_worlds(&policy, WORLDS_OF_BUILT_IN);
}

int
main(void)
{
    check_worlds(NULL, WORLDS);
    for (int i = 0; vn_policies[i] != NULL; i++)
        check_worlds(vn_policies[i], WORLDS_OF_BUILT_IN);
    check_option("themis", "auction", "yes");
    return done_testing();
}
