/*
 * Sia in the reference form (Jayaram Subramanya et al., SOSP'23, and its
 * artifact).
 *
 * Each job learns a model on each type of device that it was on, and looks at
 * its goodput on every configuration: 1, 2, 4, ... devices of a node, or
 * whole nodes.  Of a type where it never was its model of another type is
 * scaled by how fast one device of each is; a job that never ran may have one
 * device.  With e = goodput / the job's least, times what a restart leaves of
 * it where that is not what the job has, a configuration costs e^-1/2, in
 * hundredths, and no configuration 1.1; a program of all jobs chooses
 * (sim/policy/adaptive/assign.h), and ties go by the seed.
 */
#include "config.h"

#include "sim/adaptive/policies.h"
#include "sim/adaptive/reference_state.h"

#include "base/xalloc.h"
#include "plan/adaptive/learned.h"
#include "sim/policy/adaptive/assign.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    NONE = 110,       /* cost of no configuration, in hundredths */
    DEAREST = 300000, /* ... of any */
    MOST = 64,        /* devices of a job */
    CONFIGS_MAX = 254
};

static const float absent = 1e-4F; /* goodput of what is no choice */

struct member {
    struct vn_learned learned[VN_REFERENCE_TYPES];
    int has;    /* its configuration, or VN_ASSIGN_NONE */
    bool known; /* goodputs are those of what it has learned */
};

struct state {
    struct member *members; /* [jobs] */
    int njobs;
    int nconfigs;
    int ntypes;
    int capacity[VN_REFERENCE_TYPES];
    struct vn_assign_config configs[CONFIGS_MAX];
    int nodes[CONFIGS_MAX]; /* of each configuration */
    float *goodputs;        /* [jobs x nconfigs], the least 1 */
    int *costs;             /* [jobs x nconfigs] */
    struct vn_assign_job *jobs;
    struct vn_assign assign;
    int64_t gap; /* the greatest of all rounds */
    int *choice; /* of active jobs */
    int *wants, *who, *order, *free_on, **lists, *nodes_of;
};

static enum vn_status
add_configs(struct state *s, const struct vn_reference_type *type, int t,
            struct vn_error *err)
{
    int most = type->nodes, devices = 1;

    if (type->most_nodes > 0 && type->most_nodes < most)
        most = type->most_nodes;
    for (int nodes = 1; nodes <= most;) {
        if (s->nconfigs == CONFIGS_MAX)
            return vn_fail(err, VN_EUNSUP,
                           "more than %d configurations, expected fewer nodes "
                           "under sia",
                           CONFIGS_MAX);
        s->nodes[s->nconfigs] = nodes;
        s->configs[s->nconfigs++] = (struct vn_assign_config){t, devices};
        if (devices >= type->devices)
            devices = type->devices * ++nodes;
        else
            devices =
                2 * devices < type->devices ? 2 * devices : type->devices;
    }
    return VN_OK;
}

static enum vn_status
sia_open(void *state, const struct vn_reference *rounds, struct vn_error *err)
{
    struct state *s = state;
    const struct vn_reference_config *c = vn_reference_config(rounds);
    size_t n = (size_t) c->njobs, nodes = 0, most = 0;
    enum vn_status status = VN_OK;

    s->njobs = c->njobs;
    s->ntypes = c->ntypes;
    for (int t = 0; t < c->ntypes && status == VN_OK; t++) {
        s->capacity[t] = c->types[t].nodes * c->types[t].devices;
        if ((size_t) s->capacity[t] > most)
            most = (size_t) s->capacity[t];
        if ((size_t) c->types[t].nodes > nodes)
            nodes = (size_t) c->types[t].nodes;
        status = add_configs(s, &c->types[t], t, err);
    }
    s->members = vn_xcalloc(n, sizeof *s->members);
    for (size_t i = 0; i < n; i++)
        s->members[i].has = VN_ASSIGN_NONE;
    s->goodputs = vn_xcalloc(n * (size_t) s->nconfigs, sizeof *s->goodputs);
    s->costs = vn_xcalloc(n * (size_t) s->nconfigs, sizeof *s->costs);
    s->jobs = vn_xcalloc(n, sizeof *s->jobs);
    s->choice = vn_xcalloc(n, sizeof *s->choice);
    s->wants = vn_xcalloc(n, sizeof *s->wants);
    s->who = vn_xcalloc(n, sizeof *s->who);
    s->order = vn_xcalloc(n, sizeof *s->order);
    s->lists = vn_xcalloc(n, sizeof *s->lists);
    s->free_on = vn_xcalloc(nodes, sizeof *s->free_on);
    s->nodes_of = vn_xcalloc(most, sizeof *s->nodes_of);
    return status;
}

static void
sia_close(void *state)
{
    struct state *s = state;

    for (int i = 0; s->members != NULL && i < s->njobs; i++)
        for (int t = 0; t < s->ntypes; t++)
            vn_learned_free(&s->members[i].learned[t]);
    free(s->members);
    free(s->goodputs);
    free(s->costs);
    free(s->jobs);
    free(s->choice);
    free(s->wants);
    free(s->who);
    free(s->order);
    free(s->lists);
    free(s->free_on);
    free(s->nodes_of);
}

/* The application on a type; NULL where it is not there. */
static const struct vn_application_on *
on(const struct vn_reference *rounds, const struct vn_application *a, int type)
{
    const struct vn_application_on *on =
        &a->on[vn_reference_config(rounds)->types[type].tables];

    return on->surface != NULL ? on : NULL;
}

static enum vn_status
sia_cut(void *state, const struct vn_reference *rounds, int job,
        struct vn_cut *cut, struct vn_error *err)
{
    struct state *s = state;
    const struct vn_reference_job *j = vn_reference_job(rounds, job);
    const struct vn_application *a = j->wants.application;
    const struct vn_application_on *o = on(rounds, a, j->has.type);
    const struct vn_goodput_model *model =
        vn_learned_model(&s->members[job].learned[j->has.type]);
    int64_t measured = vn_surface_largest(o->surface, j->runs, j->nruns),
            most = vn_surface_largest_of(o->surface, j->has.n);
    struct vn_batch_limits limits = {a->init_batch, a->max_batch, o->min_local,
                                     measured > 0 ? measured : o->max_local,
                                     false};
    int64_t least = limits.min_local * j->has.n;

    (void) err;
    if (!vn_reference_adapts(a))
        *cut =
            vn_application_cut(a, limits.max_local, j->wants.batch, j->has.n);
    else if (model == NULL)
        *cut = vn_application_cut(a, limits.max_local,
                                  least > limits.init ? least : limits.init,
                                  j->has.n);
    else
        vn_goodput_best(model, j->gradient, &limits, j->nruns, j->has.n, cut);
    if (most > 0 && cut->atomic > most)
        cut->atomic = most;
    most = limits.max / (j->has.n * (cut->accumulate + 1));
    if (cut->atomic > most)
        cut->atomic = most;
    return VN_OK;
}

static enum vn_status
sia_measured(void *state, const struct vn_reference *rounds, int job,
             struct vn_error *err)
{
    struct state *s = state;
    const struct vn_reference_job *j = vn_reference_job(rounds, job);

    s->members[job].known = false;
    if (j->step.step_s <= 0)
        return VN_OK; /* what was not measured teaches nothing */
    return vn_learned_see(
        &s->members[job].learned[j->has.type],
        (struct vn_fit_point){j->nruns, j->has.n, j->cut.atomic, j->step},
        err);
}

/* Examples a second of one device, with the largest batch measured. */
static double
one_device(const struct vn_application_on *o)
{
    const int one = 1;
    int64_t batch = vn_surface_largest(o->surface, &one, 1);
    struct vn_step step;

    if (batch == 0 || !vn_surface_time(o->surface, &one, 1, batch, &step))
        return 0;
    return (double) batch / step.step_s;
}

/* Its goodput on so many devices of a type, from what it knows of `from`. */
static double
look_at(struct state *s, const struct vn_reference *rounds, int job, int from,
        int nodes, int devices)
{
    const struct vn_reference_job *j = vn_reference_job(rounds, job);
    const struct vn_application *a = j->wants.application;
    const struct vn_application_on *o = on(rounds, a, from);
    struct vn_batch_limits limits = {a->init_batch, j->wants.batch,
                                     o->min_local, o->max_local, true};

    return vn_goodput_best(&s->members[job].learned[from].model, j->gradient,
                           &limits, nodes, devices, NULL);
}

/* The type of which it has a model: this one, or the first. */
static int
model_for(const struct state *s, int job, int type)
{
    const struct member *m = &s->members[job];

    if (vn_learned_model(&m->learned[type]) != NULL)
        return type;
    for (int t = 0; t < s->ntypes; t++)
        if (vn_learned_model(&m->learned[t]) != NULL)
            return t;
    return -1;
}

static double
estimate(struct state *s, const struct vn_reference *rounds, int job, int i)
{
    const struct vn_application *a =
        vn_reference_job(rounds, job)->wants.application;
    int type = s->configs[i].type, devices = s->configs[i].devices,
        from = model_for(s, job, type), size;
    double slow;

    if (from < 0)
        return devices == 1 ? 1 : 0;
    if (from == type)
        return look_at(s, rounds, job, type, s->nodes[i], devices);
    size = vn_reference_config(rounds)->types[from].devices;
    slow = one_device(on(rounds, a, from));
    if (slow <= 0)
        return 0;
    return look_at(s, rounds, job, from, (devices + size - 1) / size, devices)
           * (one_device(on(rounds, a, type)) / slow);
}

/* The most devices that it may have, of whatever type. */
static int
widest(const struct state *s, const struct vn_reference *rounds, int job)
{
    const struct vn_application *a =
        vn_reference_job(rounds, job)->wants.application;
    int most = 0;

    for (int t = 0; t < s->ntypes; t++) {
        int64_t n = s->members[job].learned[t].most * 2;

        if (on(rounds, a, t) == NULL)
            continue;
        n = n < 1 ? 1 : n > MOST ? MOST : n;
        if (n > vn_reference_widest(
                a, vn_reference_config(rounds)->types[t].tables, a->max_batch))
            n = vn_reference_widest(
                a, vn_reference_config(rounds)->types[t].tables, a->max_batch);
        if (n > most)
            most = (int) n;
    }
    return most;
}

/* What each configuration is worth to it, the least being 1. */
static void
find_goodputs(struct state *s, const struct vn_reference *rounds, int job)
{
    const struct vn_application *a =
        vn_reference_job(rounds, job)->wants.application;
    float *row = s->goodputs + (size_t) job * (size_t) s->nconfigs, least = 0;
    int most = widest(s, rounds, job);

    for (int i = 0; i < s->nconfigs; i++) {
        row[i] = 0;
        if (s->configs[i].devices <= most
            && on(rounds, a, s->configs[i].type) != NULL)
            row[i] = (float) estimate(s, rounds, job, i);
        if (row[i] > 0 && (least == 0 || row[i] < least))
            least = row[i];
    }
    for (int i = 0; i < s->nconfigs; i++)
        row[i] = row[i] > 0 ? row[i] / least : absent;
    s->members[job].known = true;
}

/* Seconds that the artifact takes a restart to cost, unlike what it does. */
static double
restart_s(const struct vn_application *a)
{
    static const struct {
        const char *name;
        double seconds;
    } known[] = {
        {"deepspeech2", 25}, {"imagenet", 250}, {"bert", 120}, {"yolov3", 45}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, a->name) == 0)
            return known[i].seconds;
    return 30;
}

static int
cost_of(float goodput)
{
    return (int) fminf(rintf(powf(goodput, -0.5F) * 100), DEAREST);
}

/* The job as the program has it. */
static void
describe(struct state *s, const struct vn_reference *rounds, int job,
         struct vn_assign_job *to)
{
    const struct vn_reference_job *j = vn_reference_job(rounds, job);
    struct member *m = &s->members[job];
    size_t first = (size_t) job * (size_t) s->nconfigs;
    double age = vn_reference_now(rounds) - j->wants.submit_s,
           pause = restart_s(j->wants.application);
    float factor = 1;

    if (!m->known)
        find_goodputs(s, rounds, job);
    if (j->has.n == 0)
        m->has = VN_ASSIGN_NONE;
    if (age >= pause)
        factor = (float) (fmax(age - j->restarts * pause, 0) / (age + pause));
    for (int i = 0; i < s->nconfigs; i++) {
        float g = s->goodputs[first + (size_t) i];

        s->costs[first + (size_t) i] =
            cost_of(m->has != VN_ASSIGN_NONE && i != m->has ? g * factor : g);
    }
    *to = (struct vn_assign_job){.id = (uint64_t) job,
                                 .has = m->has,
                                 .keeps = m->has != VN_ASSIGN_NONE
                                          && j->rescale_s > 0,
                                 .none = NONE,
                                 .costs = s->costs + first};
}

/* Give those of one type their nodes. */
static void
place(struct state *s, struct vn_reference *rounds, int type, int n)
{
    const struct vn_reference_type *t =
        &vn_reference_config(rounds)->types[type];
    const int *active = vn_reference_active(rounds, &n);
    int count = 0, *list = s->nodes_of;

    for (int k = 0; k < n; k++) {
        int i = s->choice[k];

        if (i == VN_ASSIGN_NONE || s->configs[i].type != type)
            continue;
        s->who[count] = active[k];
        s->lists[count] = list;
        s->wants[count++] = s->configs[i].devices;
        list += s->configs[i].devices;
    }
    vn_sia_place(t->nodes, t->devices, s->wants, count, s->lists, s->free_on,
                 s->order);
    for (int k = 0; k < count; k++)
        vn_reference_give(rounds, s->who[k], type, s->lists[k], s->wants[k]);
}

static enum vn_status
sia_decide(void *state, struct vn_reference *rounds, double *objective,
           struct vn_error *err)
{
    struct state *s = state;
    struct vn_assign_problem p = {.ntypes = s->ntypes,
                                  .capacity = s->capacity,
                                  .nconfigs = s->nconfigs,
                                  .configs = s->configs,
                                  .jobs = s->jobs,
                                  .ties = vn_reference_config(rounds)->seed};
    const int *active = vn_reference_active(rounds, &p.njobs);
    struct vn_assign_result result;
    enum vn_status status;

    for (int k = 0; k < p.njobs; k++)
        describe(s, rounds, active[k], &s->jobs[k]);
    status = vn_assign_solve(&s->assign, &p, s->choice, &result, err);
    if (status != VN_OK)
        return status;
    if (result.gap > s->gap)
        s->gap = result.gap;
    *objective = 0;
    for (int k = 0; k < p.njobs; k++) {
        int i = s->choice[k];

        s->members[active[k]].has = i;
        *objective += i == VN_ASSIGN_NONE
                          ? NONE / 100.0
                          : (double) ((float) s->jobs[k].costs[i] / 100);
        vn_reference_take(rounds, active[k]);
    }
    for (int t = 0; t < s->ntypes; t++)
        place(s, rounds, t, p.njobs);
    return VN_OK;
}

double
vn_sia_gap(const struct vn_reference *rounds)
{
    const struct state *s = rounds->state;

    return (double) s->gap / 100;
}

const struct vn_reference_policy vn_reference_sia = {
    .name = "sia",
    .state_size = sizeof(struct state),
    .open = sia_open,
    .close = sia_close,
    .cut = sia_cut,
    .measured = sia_measured,
    .decide = sia_decide,
};
