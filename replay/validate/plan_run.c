#include "config.h"

#include "replay/validate/plan_run.h"

#include "analysis/statistics.h"
#include "base/progress.h"
#include "base/xalloc.h"
#include "replay/validate/plan_run_store.h"

#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PATIENCE_S = 120 /* for the next thing that an executor says */
};

/* Does a change add devices? */
static bool
grows(const struct vn_mapping *before, const struct vn_mapping *after)
{
    struct vn_move *moves;
    int *newcomers, nmoves, n;

    vn_mapping_diff(before, after, &moves, &nmoves, &newcomers, &n);
    free(moves);
    free(newcomers);
    return n > 0;
}

/*
 * Seconds in which nothing trains.  Newcomers start while the segment before
 * trains: only what that leaves is waited for.
 */
static double
change_s(const struct vn_plan_run *c, int segment)
{
    const struct vn_costs *costs = c->setup->sweep.assumptions.table;
    const struct vn_plan_run_segment *s = &c->segments[segment];
    enum vn_cost_kind kind;
    double cost;

    if (costs == NULL || segment == 0)
        return 0;
    kind = grows(s[-1].mapping, s->mapping) ? VN_COST_GROW : VN_COST_SHRINK;
    cost =
        1e-6
        * (double) vn_costs_mean(costs, vn_costs_row(costs, c->model), kind);
    return kind == VN_COST_SHRINK
               ? cost
               : fmax(0, cost - s[-1].price.step_s * (double) s[-1].steps);
}

static enum vn_status
price(struct vn_plan_run *c, struct vn_error *err)
{
    const struct vn_sweep *sweep = &c->setup->sweep;
    const struct vn_assumptions *a = &sweep->assumptions;
    const struct vn_cluster *cluster =
        sweep->nsettings > 0 ? &sweep->settings[0].cluster : NULL;
    int model = vn_profile_model(&a->profile, c->model);

    if (model < 0)
        return vn_fail(err, VN_EUSAGE,
                       "--profile: nothing of '%s', which is to be trained "
                       "(see --model)",
                       c->model);
    for (int i = 0; i < c->nsegments; i++) {
        struct vn_plan_run_segment *s = &c->segments[i];

        s->price = vn_mapped_price(&a->profile, cluster, model, &c->plan,
                                   s->mapping, NULL);
        if (s->price.unknown != NULL)
            return vn_fail(err, VN_EINVAL,
                           "%s: from step %" PRId64 ": the profile does not "
                           "know a node of %" PRId64 " examples of %s on "
                           "'%s'; vnexec profile measures it",
                           c->path, s->mapping->from_step,
                           s->price.unknown->batch, c->model,
                           c->plan.types[s->price.unknown->type]);
        s->change_s = change_s(c, i);
    }
    if (a->table != NULL)
        c->start_s = 1e-6
                     * (double) vn_costs_mean(a->table,
                                              vn_costs_row(a->table, c->model),
                                              VN_COST_START);
    return VN_OK;
}

/* The job's mappings become the segments. */
static enum vn_status
find_segments(struct vn_plan_run *c, struct vn_error *err)
{
    const struct vn_plan *p = &c->plan;
    int64_t last = p->mappings[p->nmappings - 1].job;

    if (c->job < 0 && p->mappings[0].job != last)
        return vn_fail(err, VN_EUSAGE,
                       "%s: several jobs, such as %" PRId64 " and %" PRId64
                       ", expected --job to choose one",
                       c->path, p->mappings[0].job, last);
    c->job = c->job < 0 ? last : c->job;
    c->segments = vn_xcalloc((size_t) p->nmappings, sizeof *c->segments);
    for (int i = 0; i < p->nmappings; i++)
        if (p->mappings[i].job == c->job) {
            struct vn_plan_run_segment *s = &c->segments[c->nsegments++];

            s->mapping = &p->mappings[i];
            s->was = vn_xcalloc(1, sizeof *s->was);
        }
    if (c->nsegments == 0)
        return vn_fail(err, VN_EUSAGE, "%s: no job %" PRId64, c->path, c->job);
    return VN_OK;
}

static enum vn_status
count_steps(struct vn_plan_run *c, struct vn_error *err)
{
    int n = c->nsegments;
    int64_t last = c->segments[n - 1].mapping->from_step;

    if (c->steps == 0)
        c->steps =
            n == 1 ? 100 : 2 * last - c->segments[n - 2].mapping->from_step;
    if (c->steps <= last)
        return vn_fail(err, VN_EUSAGE,
                       "--steps: %" PRId64 " are wrong, expected more than "
                       "the %" PRId64 " at which the plan's last mapping "
                       "begins",
                       c->steps, last);
    for (int i = 0; i < n; i++)
        c->segments[i].steps =
            (i + 1 < n ? c->segments[i + 1].mapping->from_step : c->steps)
            - c->segments[i].mapping->from_step;
    return VN_OK;
}

enum vn_status
vn_plan_run_open(struct vn_plan_run *c, const struct vn_setup *setup,
                 const char *path, const char *model, int64_t job,
                 int64_t steps, struct vn_error *err)
{
    enum vn_status status;

    *c = (struct vn_plan_run){.setup = setup,
                              .path = path,
                              .model = model,
                              .job = job,
                              .steps = steps};
    status = vn_plan_read(path, &c->plan, err);
    if (status == VN_OK)
        status = find_segments(c, err);
    if (status == VN_OK)
        status = count_steps(c, err);
    return status == VN_OK ? price(c, err) : status;
}

void
vn_plan_run_close(struct vn_plan_run *c)
{
    for (int i = 0; i < c->nsegments; i++)
        free(c->segments[i].was);
    free(c->segments);
    vn_plan_free(&c->plan);
    *c = (struct vn_plan_run){.job = 0};
}

int
vn_plan_run_segment_of(const struct vn_plan_run *c, int64_t step)
{
    int i = 0;

    while (i + 1 < c->nsegments
           && c->segments[i + 1].mapping->from_step <= step)
        i++;
    return i;
}

double
vn_plan_run_said(const struct vn_plan_run *c)
{
    double s = c->start_s;

    for (int i = 0; i < c->nsegments; i++)
        s += c->segments[i].change_s
             + c->segments[i].price.step_s * (double) c->segments[i].steps;
    return s;
}

/* An execution on its way. */
struct listening {
    struct vn_plan_run *planned;
    struct vn_process process;
    struct vn_plan_run_record record;
    double asked, last;
    int segment;
    int64_t counted; /* steps of the segment's mean */
    char wrong[256]; /* what the executor says is wrong */
    bool done;
};

/* Microseconds since it was asked for. */
static int64_t
since(const struct listening *l, double time)
{
    return llrint((time - l->asked) * 1e6);
}

static void
record_step(struct listening *l, const struct vn_line *line, int segment)
{
    const struct vn_plan_run *c = l->planned;
    struct vn_store_step *to = vn_plan_run_record_add(&l->record, c, segment);

    to->step = line->step - 1;
    to->start_us = since(l, l->last);
    to->step_us = since(l, line->time) - to->start_us;
    to->loss = vn_line_number(line, "loss");
    to->load_us = llrint(vn_line_number(line, "load") * 1e6);
    to->compute_us = llrint(vn_line_number(line, "compute") * 1e6);
    to->sync_us = llrint(vn_line_number(line, "sync") * 1e6);
    to->update_us = llrint(vn_line_number(line, "update") * 1e6);
    if (segment > 0 && to->step == c->segments[segment].mapping->from_step)
        to->resize_us =
            llrint(c->segments[segment].was->change[c->repeats] * 1e6);
}

/* What part of a step's time it would have taken where the host is as fast as
 * the profile has it, if everything else is. */
static double
undisturbed(const struct vn_plan_run *c, const struct vn_plan_run_segment *s,
            const struct vn_line *line)
{
    const struct vn_sweep *sweep = &c->setup->sweep;
    const struct vn_profile *profile = &sweep->assumptions.profile;
    struct vn_probes probes;

    vn_line_probes(line, &probes);
    if (probes.n != s->price.devices)
        return 1;
    return s->price.step_s
           / vn_mapped_price(profile,
                             sweep->nsettings > 0 ? &sweep->settings[0].cluster
                                                  : NULL,
                             vn_profile_model(profile, c->model), &c->plan,
                             s->mapping, probes.s)
                 .step_s;
}

static void
take_step(struct listening *l, const struct vn_line *line)
{
    struct vn_plan_run *c = l->planned;
    int r = c->repeats, i = vn_plan_run_segment_of(c, line->step - 1);
    struct vn_plan_run_segment *s = &c->segments[i];
    int64_t at = line->step - s->mapping->from_step; /* from 1 */

    if (i != l->segment) {
        l->counted = 0;
        if (l->record.from_us[i] == 0)
            l->record.from_us[i] = since(l, l->last);
    }
    l->segment = i;
    if (at > vn_cold_steps(s->steps)) {
        double n = (double) ++l->counted, part = undisturbed(c, s, line);
        double whole = line->time - l->last;

        s->was->step[r] += (part * whole - s->was->step[r]) / n;
        s->was->host[r] += ((1 - part) * whole - s->was->host[r]) / n;
        s->was->sync[r] +=
            (part * vn_line_number(line, "sync") - s->was->sync[r]) / n;
    }
    record_step(l, line, i);
    l->last = line->time;
}

/* Newcomers are in, and those that leave are gone. */
static void
take_resize(struct listening *l, const struct vn_line *line)
{
    struct vn_plan_run *c = l->planned;
    int i = vn_plan_run_segment_of(c, line->step);

    c->segments[i].was->change[c->repeats] = vn_line_number(line, "seconds");
    l->record.from_us[i] = since(l, l->last);
    l->last = line->time;
}

static void
take_line(struct listening *l, const struct vn_line *line)
{
    struct vn_plan_run *c = l->planned;
    size_t n = strcspn(line->word, " ");

#define IS(name) (n == sizeof name - 1 && strncmp(line->word, name, n) == 0)
    if (IS("step")) {
        take_step(l, line);
    } else if (IS("ready")) {
        c->start[c->repeats] = line->time - l->asked;
        l->last = line->time;
    } else if (IS("resized")) {
        take_resize(l, line);
    } else if (IS("done")) {
        c->whole[c->repeats] = line->time - l->asked;
        l->record.end_us = since(l, line->time);
        vn_line_text(line, "digest", c->digest, sizeof c->digest);
        l->done = true;
    } else if (IS("error")) {
        snprintf(l->wrong, sizeof l->wrong, "%s", line->text + n);
    }
#undef IS
}

static enum vn_status
listen(struct listening *l, struct vn_error *err)
{
    double heard = vn_clock();
    struct vn_line line;

    while (!l->process.closed && vn_clock() - heard < PATIENCE_S) {
        struct pollfd fd = {.fd = l->process.fd, .events = POLLIN};

        (void) poll(&fd, 1, 1000);
        vn_process_read(&l->process);
        while (vn_process_line(&l->process, &line)) {
            take_line(l, &line);
            heard = vn_clock();
        }
    }
    if (l->done && l->process.closed && vn_process_end(&l->process) == 0)
        return VN_OK;
    vn_process_kill(&l->process);
    return vn_fail(err, VN_EDEVICE,
                   "%s: the executor %s%s (see --folder for "
                   "its log)",
                   l->planned->path,
                   l->process.closed ? "ended before the job was done"
                                     : "does not answer",
                   l->wrong[0] != '\0' ? l->wrong : "");
}

static enum vn_status
execute(struct listening *l, struct vn_error *err)
{
    struct vn_plan_run *c = l->planned;
    const struct vn_setup *setup = c->setup;
    struct vn_process_course words = {.model = c->model,
                                      .plan = c->path,
                                      .job = c->job,
                                      .steps = c->steps,
                                      .seed = setup->seed + c->repeats};
    char log[4200];
    enum vn_status status;

    l->asked = vn_clock();
    status = vn_process_plan(&setup->setup, &words, &l->process, err);
    if (status != VN_OK)
        return status;
    vn_process_send(&l->process, "report 1");
    status = listen(l, err);
    if (setup->made[0] != '\0') {
        vn_executor_file(&setup->setup, VN_PROCESS_PLAN, "log", log,
                         sizeof log);
        unlink(log);
    }
    return status;
}

enum vn_status
vn_plan_run_execute(struct vn_plan_run *c, struct vn_error *err)
{
    struct listening l = {.planned = c};
    enum vn_status status = vn_plan_run_expect(c, err);

    vn_plan_run_record_init(&l.record, c);
    if (status == VN_OK)
        status = execute(&l, err);
    if (status == VN_OK)
        status = vn_plan_run_keep(c, &l.record, err);
    c->repeats += status == VN_OK;
    vn_plan_run_record_free(&l.record);
    return status;
}
