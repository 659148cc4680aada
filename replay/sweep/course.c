#include "config.h"

#include "replay/sweep/course.h"

#include "base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    JOBS = 1000 /* of a recipe that does not say how many */
};

/*
 * What a job takes over what it takes under fifo, rounded: instructions of the
 * queues and wfs (t/sim/instructions.sh.t), of the others processor time for
 * 5,000 jobs of Philly's log on 128 devices under amdahl:0.05.  pollux and sia
 * are as their fixed forms at least.
 */
static const struct {
    const char *policy;
    double rate;
} rates[] = {
    {"fifo", 1},
    {"fifo-skip", 1},
    {"sjf", 1},
    {"qssf", 1.5},
    {"srtf", 1.5},
    {"las", 1.35},
    {"priority", 1},
    {"wfs", 1.6},
    {"tiresias", 2},
    {"gavel", 3},
    {"gavel-ht", 3},
    {"gandiva-fair", 3},
    {"edf", 4},
    {"edf-admission", 8},
    {"srsf", 13},
    {"optimus-oracle", 25},
    {"optimus", 40},
    {"fair", 60},
    {"pollux", 60},
    {"pollux-fixed", 60},
    {"sia", 60},
    {"sia-fixed", 60},
    {"finish-time-fairness", 90},
    {"elasticflow-admission", 200},
    {"afs", 200},
    {"elasticflow", 220},
    {"makespan", 280},
    {"themis", 700},
};

double
vn_course_rate(const char *policy)
{
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
        if (strcmp(rates[i].policy, policy) == 0)
            return rates[i].rate;
    return 2;
}

/* The number behind --jobs of a recipe. */
static double
recipe_jobs(const char *recipe)
{
    const char *at = strstr(recipe, "--jobs");
    double n = at != NULL ? strtod(at + strcspn(at, "= \t"), NULL) : 0;

    if (at != NULL && n == 0)
        n = strtod(at + strcspn(at, "0123456789"), NULL);
    return n > 0 ? n : JOBS;
}

static void
add_stage(struct vn_course *c, struct vn_stage stage)
{
    if (c->nstages % 64 == 0)
        c->stages = vn_xrealloc(c->stages, (size_t) c->nstages + 64,
                                sizeof *c->stages);
    stage.first = c->nruns;
    c->stages[c->nstages++] = stage;
    c->nruns += vn_course_count(c, c->nstages - 1);
}

/* One stage for each window of a trace; jobs are counted where they decide
 * on something. */
static enum vn_status
add_trace(struct vn_course *c, int trace, int scaling, bool count,
          struct vn_error *err)
{
    int windows = (int) c->request->windows;
    struct vn_trace_data data = {0};
    enum vn_status status = VN_OK;
    double jobs = JOBS;

    if (count) {
        status =
            vn_trace_data_read(c->request->traces.text[trace], &data, err);
        jobs = (double) data.njobs / windows;
        vn_trace_data_free(&data);
    }
    for (int i = 0; i < windows && status == VN_OK; i++)
        add_stage(c, (struct vn_stage){.trace = trace,
                                       .recipe = -1,
                                       .window = i,
                                       .seed = -1,
                                       .load = NAN,
                                       .setting = -1,
                                       .scaling = scaling,
                                       .jobs = jobs});
    return status;
}

static void
add_recipe(struct vn_course *c, int recipe, int scaling)
{
    const struct vn_request *r = c->request;
    struct vn_stage stage = {.trace = -1,
                             .recipe = recipe,
                             .load = NAN,
                             .setting = -1,
                             .scaling = scaling,
                             .jobs = recipe_jobs(r->recipes.text[recipe])};

    for (int s = 0; s < r->seeds.n; s++) {
        int n = r->loads.n > 0 ? r->loads.n * r->sweep.nsettings : 1;

        stage.seed = (int64_t) r->seeds.at[s];
        for (int i = 0; i < n; i++) {
            if (r->loads.n > 0) {
                stage.load = r->loads.at[i / r->sweep.nsettings];
                stage.setting = i % r->sweep.nsettings;
            }
            add_stage(c, stage);
        }
    }
}

struct priced {
    double cost;
    int64_t run;
};

static int
dearest(const void *a, const void *b)
{
    const struct priced *x = a, *y = b;

    if (x->cost != y->cost)
        return x->cost > y->cost ? -1 : 1;
    return x->run < y->run ? -1 : x->run > y->run;
}

/* Deal the runs out, the dearest first, each to who has least. */
static void
deal(struct vn_course *c, int shards)
{
    struct priced *order = vn_xcalloc((size_t) c->nruns, sizeof *order);
    double *load = vn_xcalloc((size_t) shards, sizeof *load);

    for (int64_t i = 0; i < c->nruns; i++)
        order[i] = (struct priced){c->cost[i], i};
    if (c->nruns > 0)
        qsort(order, (size_t) c->nruns, sizeof *order, dearest);
    for (int64_t i = 0; i < c->nruns; i++) {
        int least = 0;

        for (int s = 1; s < shards; s++)
            if (load[s] < load[least])
                least = s;
        c->shard[order[i].run] = least;
        load[least] += order[i].cost;
    }
    free(order);
    free(load);
}

enum vn_status
vn_course_make(struct vn_request *request, int shards, struct vn_course *c,
               struct vn_error *err)
{
    enum vn_status status = VN_OK;
    double most = (double) request->windows * request->traces.n
                  + (double) request->recipes.n * request->seeds.n
                        * (request->loads.n > 0 ? request->loads.n : 1);

    *c = (struct vn_course){.request = request};
    most *= (double) request->sweep.nsettings * request->sweep.ncontenders
            * request->scalings.n;
    if (most > 1e7)
        return vn_fail(err, VN_EUSAGE, "%.0f runs are too many", most);
    for (int k = 0; k < request->scalings.n; k++) {
        for (int i = 0; i < request->traces.n && status == VN_OK; i++)
            status = add_trace(c, i, k, shards > 1, err);
        for (int i = 0; i < request->recipes.n && status == VN_OK; i++)
            add_recipe(c, i, k);
    }
    c->cost = vn_xcalloc((size_t) c->nruns, sizeof *c->cost);
    c->shard = vn_xcalloc((size_t) c->nruns, sizeof *c->shard);
    for (int s = 0; s < c->nstages && status == VN_OK; s++)
        for (int i = 0; i < vn_course_count(c, s); i++)
            c->cost[c->stages[s].first + i] =
                c->stages[s].jobs
                * vn_course_rate(
                    request->sweep.contenders[vn_course_contender(c, s, i)]
                        .policy->name);
    if (status == VN_OK && shards > 1)
        deal(c, shards);
    return status;
}

void
vn_course_free(struct vn_course *c)
{
    free(c->stages);
    free(c->cost);
    free(c->shard);
    *c = (struct vn_course){0};
}

int
vn_course_count(const struct vn_course *c, int stage)
{
    const struct vn_sweep *sweep = &c->request->sweep;

    return (c->stages[stage].setting >= 0 ? 1 : sweep->nsettings)
           * sweep->ncontenders;
}

int
vn_course_setting(const struct vn_course *c, int stage, int run)
{
    int only = c->stages[stage].setting;

    return only >= 0 ? only : run / c->request->sweep.ncontenders;
}

int
vn_course_contender(const struct vn_course *c, int stage, int run)
{
    (void) stage;
    return run % c->request->sweep.ncontenders;
}

int
vn_course_stage(const struct vn_course *c, int64_t run)
{
    int low = 0, high = c->nstages;

    while (high - low > 1) {
        int middle = low + (high - low) / 2;

        if (c->stages[middle].first <= run)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static enum vn_status
fill_trace(const struct vn_course *c, const struct vn_stage *s,
           struct vn_jobs_at_hand *hand, struct vn_error *err)
{
    const char *path = c->request->traces.text[s->trace];
    int windows = (int) c->request->windows;
    enum vn_status status = VN_OK;

    if (hand->trace != s->trace) {
        vn_trace_data_free(&hand->data);
        hand->trace = -1;
        status = vn_trace_data_read(path, &hand->data, err);
        if (status != VN_OK)
            return status;
        hand->trace = s->trace;
    }
    if (hand->data.njobs < (size_t) windows)
        return vn_fail(err, VN_EUSAGE,
                       "--windows: %s has %zu jobs, expected at least %d",
                       path, hand->data.njobs, windows);
    vn_workload_cut(&hand->data, s->window, windows, &hand->workload);
    hand->filled = true;
    return VN_OK;
}

static enum vn_status
fill_recipe(const struct vn_course *c, const struct vn_stage *s,
            struct vn_jobs_at_hand *hand, struct vn_error *err)
{
    const struct vn_sweep *sweep = &c->request->sweep;
    const char *cluster =
        s->setting >= 0 ? sweep->settings[s->setting].what : NULL;
    enum vn_status status;

    vn_trace_data_free(&hand->data);
    hand->trace = -1;
    status = vn_generate(c->request->recipes.text[s->recipe], s->seed, s->load,
                         cluster, &hand->data, err);
    if (status != VN_OK)
        return status;
    vn_workload_cut(&hand->data, 0, 1, &hand->workload);
    hand->workload.seed = s->seed;
    hand->workload.load = s->load;
    hand->filled = true;
    return VN_OK;
}

enum vn_status
vn_course_fill(const struct vn_course *c, int stage,
               struct vn_jobs_at_hand *hand, struct vn_error *err)
{
    const struct vn_stage *s = &c->stages[stage];

    if (hand->filled)
        vn_workload_free(&hand->workload);
    hand->filled = false;
    return s->trace >= 0 ? fill_trace(c, s, hand, err)
                         : fill_recipe(c, s, hand, err);
}

void
vn_jobs_at_hand_free(struct vn_jobs_at_hand *hand)
{
    if (hand->filled)
        vn_workload_free(&hand->workload);
    vn_trace_data_free(&hand->data);
    *hand = (struct vn_jobs_at_hand){.trace = -1};
}

enum vn_status
vn_course_scale(const struct vn_course *c, int stage, struct vn_error *err)
{
    return vn_assumptions_scale(
        &c->request->sweep.assumptions,
        c->request->scalings.text[c->stages[stage].scaling], err);
}

void
vn_course_print(FILE *out, const struct vn_course *c, int stage, int run)
{
    const struct vn_request *r = c->request;
    const struct vn_stage *s = &c->stages[stage];
    const struct vn_contender *contender =
        &r->sweep.contenders[vn_course_contender(c, stage, run)];

    fputs(s->trace >= 0 ? r->traces.text[s->trace]
                        : r->recipes.text[s->recipe],
          out);
    if (s->trace >= 0 && r->windows > 1)
        fprintf(out, " %d/%d", s->window + 1, (int) r->windows);
    if (!isnan(s->load))
        fprintf(out, ", load %g", s->load);
    if (s->seed >= 0)
        fprintf(out, ", seed %" PRId64, s->seed);
    fprintf(out, ", on %s under %s",
            r->sweep.settings[vn_course_setting(c, stage, run)].what,
            contender->policy->name);
    if (contender->options != NULL)
        fprintf(out, " %s", contender->options);
    if (r->scalings.n > 1)
        fprintf(out, ", scaling %s", r->scalings.text[s->scaling]);
}
