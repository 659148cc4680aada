/*
 * A batch split over unlike devices: by the solver, evenly, and over the best
 * type alone; what the profile says of each, and what was measured.
 */
#include "config.h"

#include "replay/validate/validate.h"

#include "analysis/statistics.h"
#include "base/xalloc.h"
#include "plan/mix.h"
#include "replay/validate/plan_run.h"
#include "replay/validate/plan_run_store.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LEAST_STEPS = 12 /* of an execution */
};

enum which {
    SOLVER,
    EVEN,
    ALONE,
    SPLITS
};

static const char *const split_names[] = {"solver", "even", "one type"};

struct contest {
    const struct vn_validation *v;
    const struct vn_cluster *cluster;
    const char *model;
    struct vn_mix_question question;
    int devices[VN_TYPES_MAX];
    struct vn_mix mixes[SPLITS]; /* step_s INFINITY: there is none */
    char paths[SPLITS][4200];
    struct vn_plan_run courses[SPLITS];
    int same[SPLITS]; /* the first split that is this one: it is executed */
};

static bool
has_point(const struct vn_profile_curve *curve, int64_t batch)
{
    for (int i = 0; i < curve->npoints; i++)
        if (curve->points[i].batch == batch)
            return true;
    return false;
}

/* The longest of the types' times at v nodes of b examples on each device. */
static double
even_s(const struct contest *c, int vnodes, int64_t batch)
{
    double longest = 0;

    for (int t = 0; t < c->cluster->ntypes; t++) {
        int type =
            vn_profile_type(c->question.profile, c->cluster->types[t].name);
        const struct vn_profile_curve *curve;

        if (type < 0)
            return INFINITY;
        curve = vn_profile_curve(c->question.profile, c->question.model, type);
        if (!has_point(curve, batch))
            return INFINITY;
        longest = fmax(longest, vnodes * vn_profile_node_s(curve, batch)
                                    + curve->update_s);
    }
    return longest;
}

/* As many examples on every device, in nodes of the size that is best. */
static struct vn_mix
solve_even(const struct contest *c)
{
    struct vn_mix even = {.step_s = INFINITY};
    int64_t each = c->question.batch / c->cluster->devices;

    if (c->question.batch % c->cluster->devices != 0)
        return even;
    for (int64_t b = 1; b <= each; b++) {
        double s = each % b == 0 ? even_s(c, (int) (each / b), b) : INFINITY;

        if (s >= even.step_s)
            continue;
        even.step_s = s;
        for (int t = 0; t < c->cluster->ntypes; t++) {
            even.vnodes[t] = (int) (each / b);
            even.batch[t] = b;
        }
    }
    return even;
}

/* A split as a plan of one mapping. */
static enum vn_status
write_plan(const struct contest *c, const struct vn_mix *mix, const char *path,
           struct vn_error *err)
{
    struct vn_plan plan = {.types = NULL};
    struct vn_mapping *m = vn_plan_add(&plan, 0, 0);
    enum vn_status status;
    int next = 0;

    for (int t = 0; t < c->cluster->ntypes; t++) {
        int type = vn_plan_type(&plan, c->cluster->types[t].name);

        for (int i = 0; i < c->devices[t] && mix->vnodes[t] > 0; i++) {
            vn_mapping_add(m, (struct vn_share){.type = type,
                                                .device = i,
                                                .vnode_first = next,
                                                .vnode_count = mix->vnodes[t],
                                                .batch = mix->batch[t]});
            next += mix->vnodes[t];
        }
    }
    status = vn_plan_write(&plan, path, err);
    vn_plan_free(&plan);
    return status;
}

static enum vn_status
ask(struct contest *c, struct vn_error *err)
{
    const struct vn_profile *profile = &c->v->setup->sweep.assumptions.profile;

    c->question.cluster = c->cluster;
    c->question.profile = profile;
    c->question.model = vn_profile_model(profile, c->model);
    c->question.devices = c->devices;
    c->question.sync_s = NAN;
    if (c->question.model < 0)
        return vn_fail(err, VN_EUSAGE,
                       "--split: nothing of '%s' in the profile", c->model);
    for (int t = 0; t < c->cluster->ntypes; t++)
        c->devices[t] = c->cluster->types[t].devices;
    if (vn_mix_solve(&c->question, &c->mixes[SOLVER], 1) == 0)
        return vn_fail(err, VN_EINVAL,
                       "--split: no split of %" PRId64 " examples of %s over "
                       "the cluster, expected nodes of 2^k or 3 2^k examples "
                       "that were profiled",
                       c->question.batch, c->model);
    c->mixes[EVEN] = solve_even(c);
    c->mixes[ALONE] = vn_mix_alone(&c->question);
    return VN_OK;
}

/* The first split that gives each type what this one does: where a type is
 * worth nothing the solver leaves it out, as one type alone does. */
static int
first_like(const struct contest *c, int which)
{
    const struct vn_mix *mix = &c->mixes[which];

    for (int i = 0; i < which; i++) {
        const struct vn_mix *other = &c->mixes[i];
        bool same = !isinf(other->step_s);

        for (int t = 0; t < c->cluster->ntypes && same; t++)
            same =
                other->vnodes[t] == mix->vnodes[t]
                && (mix->vnodes[t] == 0 || other->batch[t] == mix->batch[t]);
        if (same)
            return i;
    }
    return which;
}

/* The execution of a split; none where it has no segments. */
static const struct vn_plan_run *
course_of(const struct contest *c, int which)
{
    return &c->courses[c->same[which]];
}

static enum vn_status
open_course(struct contest *c, int which, struct vn_error *err)
{
    char *path = c->paths[which];
    const struct vn_mix *mix = &c->mixes[which];
    int64_t steps;
    enum vn_status status;

    c->same[which] = isinf(mix->step_s) ? which : first_like(c, which);
    if (isinf(mix->step_s) || c->same[which] != which)
        return VN_OK;
    steps = llrint(c->v->span_s / mix->step_s);
    /* The results call it so too. */
    snprintf(path, sizeof *c->paths, "%s/%s.csv", c->v->setup->setup.folder,
             split_names[which]);
    status = write_plan(c, mix, path, err);
    if (status == VN_OK)
        status = vn_plan_run_open(
            &c->courses[which], c->v->setup, path, c->model, 0,
            steps > LEAST_STEPS ? steps : LEAST_STEPS, err);
    return status;
}

/* Repeats of the splits are interleaved: what drifts is the same for all. */
static enum vn_status
execute(struct contest *c, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (int i = 0; i < SPLITS && status == VN_OK; i++)
        status = open_course(c, i, err);
    /* What is in the results already is said before time is spent. */
    for (int i = 0; i < SPLITS && status == VN_OK; i++)
        if (c->courses[i].nsegments > 0)
            status = vn_plan_run_expect(&c->courses[i], err);
    for (int r = 0; r < c->v->repeats; r++)
        for (int i = 0; i < SPLITS && status == VN_OK; i++)
            if (c->courses[i].nsegments > 0) {
                fprintf(stderr, "vnreplay: %s, %s, execution %d of %d\n",
                        c->model, split_names[i], r + 1, c->v->repeats);
                status = vn_plan_run_execute(&c->courses[i], err);
            }
    return status;
}

/* "solver: host 2 x 32, host:slow=2 1 x 16" */
static void
name_split(const struct contest *c, int which, char *text, size_t size)
{
    const struct vn_mix *mix = &c->mixes[which];
    size_t used = (size_t) snprintf(text, size, "%s:", split_names[which]);

    for (int t = 0; t < c->cluster->ntypes && used < size; t++)
        if (mix->vnodes[t] > 0)
            used += (size_t) snprintf(
                text + used, size - used, "%s %s %d x %" PRId64,
                text[used - 1] == ':' ? "" : ",", c->cluster->types[t].name,
                mix->vnodes[t], mix->batch[t]);
}

static double
measured(const struct vn_plan_run *planned)
{
    return vn_mean(planned->segments[0].was->step, (size_t) planned->repeats);
}

static void
show(const struct contest *c, struct vn_findings *f)
{
    static const struct vn_findings_column columns[] = {
        {"step sim ms", 3},    {"step hw ms", 3},    {"host ms", 3},
        {"examples/s sim", 1}, {"examples/s hw", 1}, {"noise %", 2},
        {"error %", 2},        {"low %", 2},         {"high %", 2},
        {"sync sim ms", 3},    {"sync hw ms", 3},    {NULL, 0}};
    double batch = (double) c->question.batch;
    char title[300], label[200];

    snprintf(title, sizeof title,
             "%s, a batch of %" PRId64 " split: simulated (sim) and measured "
             "(hw, mean of %d), which took more by the host being slow; error "
             "of the step time",
             c->model, c->question.batch, c->v->repeats);
    vn_findings_table(f, title, "split, nodes x examples on each device",
                      columns);
    for (int i = 0; i < SPLITS; i++) {
        const struct vn_plan_run_segment *s = course_of(c, i)->segments;
        struct vn_plan_run_error e;
        double said, was;

        if (course_of(c, i)->nsegments == 0) {
            vn_findings_note(f, "%s: there is no such split: %s", c->model,
                             split_names[i]);
            continue;
        }
        said = s->price.step_s;
        was = measured(course_of(c, i));
        e = vn_plan_run_error(said, s->was->step, c->v->repeats);
        name_split(c, i, label, sizeof label);
        vn_findings_row(
            f, label,
            (double[]){1e3 * said, 1e3 * was,
                       1e3 * vn_mean(s->was->host, (size_t) c->v->repeats),
                       batch / said, batch / was, e.noise, e.mean, e.low,
                       e.high, 1e3 * s->price.sync_s,
                       1e3 * vn_mean(s->was->sync, (size_t) c->v->repeats)});
    }
}

/* How much faster the solver's split is, and whether it was foretold. */
static int
judge(const struct contest *c, struct vn_findings *f)
{
    const struct vn_plan_run *best = &c->courses[SOLVER];
    int verdict = 0;

    for (int i = SOLVER + 1; i < SPLITS; i++)
        if (course_of(c, i)->nsegments > 0 && c->same[i] == SOLVER)
            vn_findings_note(
                f,
                "%s: the solver's split is that of %s: the others "
                "take no part",
                c->model, split_names[i]);
        else if (course_of(c, i)->nsegments > 0)
            vn_findings_note(
                f,
                "%s, against %s: the solver's split is %.3f times as "
                "fast simulated, and %.3f times measured",
                c->model, i == EVEN ? "the even one" : "the best type alone",
                course_of(c, i)->segments[0].price.step_s
                    / best->segments[0].price.step_s,
                measured(course_of(c, i)) / measured(best));
    for (int i = 0; i < SPLITS; i++) {
        const struct vn_plan_run_segment *s = c->courses[i].segments;
        struct vn_plan_run_error e;
        char interval[VN_INTERVAL_TEXT];
        int one;

        if (c->courses[i].nsegments == 0)
            continue;
        e = vn_plan_run_error(s->price.step_s, s->was->step, c->v->repeats);
        one = vn_plan_run_verdict(e, c->v->tolerance);
        verdict = vn_plan_run_graver(verdict, one);
        vn_findings_note(f,
                         "%s, %s: error of the step time %.2f %% (%s), "
                         "tolerance %.2f %%: %s",
                         c->model, split_names[i], e.mean,
                         vn_findings_interval(e.low, e.high, interval),
                         100 * c->v->tolerance, vn_plan_run_word(one));
    }
    return verdict;
}

enum vn_status
vn_validate_split(const struct vn_validation *v, const char *model,
                  int64_t batch, struct vn_findings *findings, int *verdict,
                  struct vn_error *err)
{
    struct contest *c = vn_xcalloc(1, sizeof *c);
    enum vn_status status;

    c->v = v;
    c->cluster = &v->setup->sweep.settings[0].cluster;
    c->model = model;
    c->question.batch = batch;
    status = ask(c, err);
    if (status == VN_OK)
        status = execute(c, err);
    if (status == VN_OK) {
        show(c, findings);
        *verdict = judge(c, findings);
    }
    for (int i = 0; i < SPLITS; i++) {
        if (c->courses[i].setup != NULL)
            vn_plan_run_close(&c->courses[i]);
        if (c->paths[i][0] != '\0' && v->setup->made[0] != '\0')
            unlink(c->paths[i]);
    }
    free(c);
    return status;
}
