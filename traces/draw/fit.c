/* Fitting a workload to a trace: see traces/draw/recipe.h. */
#include "config.h"

#include "traces/draw/recipe.h"

#include "base/xalloc.h"
#include "traces/trace.h"

#include <stdlib.h>
#include <string.h>

/* The recorded jobs of a trace. */
struct jobs {
    struct vn_trace *trace; /* for its names */
    bool weights_follow;    /* the priorities, as they do by default */
    struct vn_job *all;
    size_t count;
    size_t allocated;
};

static enum vn_status
read_jobs(const char *path, struct jobs *jobs, struct vn_error *err)
{
    struct vn_job job;
    enum vn_status status = vn_trace_open(path, &jobs->trace, err);
    bool more;

    jobs->weights_follow = true;

    while (status == VN_OK
           && (status = vn_trace_next(jobs->trace, &job, &more, err)) == VN_OK
           && more) {
        if (vn_job_is_modelled(&job))
            continue;
        if (jobs->count == jobs->allocated) {
            jobs->allocated = 2 * jobs->allocated + 1024;
            jobs->all =
                vn_xrealloc(jobs->all, jobs->allocated, sizeof *jobs->all);
        }
        jobs->all[jobs->count++] = job;
        if (job.weight != (job.priority > 0 ? job.priority : 1))
            jobs->weights_follow = false;
    }
    if (status == VN_OK && jobs->count < 2)
        status = vn_fail(err, VN_EINVAL,
                         "%s: %zu recorded jobs, expected at least 2 to fit",
                         path, jobs->count);
    return status;
}

/*
 * The sizes from which on classes begin, each of at least `few` jobs; what
 * is left at the end joins the last.  Their number.
 */
static int
divide(const struct vn_weighted *sizes, double few, int *least)
{
    double jobs = few; /* as if there were a full class before */
    int n = 0;

    for (int i = 0; i < sizes->n; i++) {
        if (jobs >= few) {
            if (n < VN_DURATIONS_MAX)
                least[n] = n == 0 ? 1 : (int) sizes->parts[i].value;
            n++;
            jobs = 0;
        }
        jobs += sizes->parts[i].share;
    }
    return jobs < few && n > 1 ? n - 1 : n;
}

static void
fit_durations(const struct jobs *jobs, const struct vn_weighted *sizes,
              struct vn_recipe *w, double *seconds)
{
    int least[VN_DURATIONS_MAX + 1];
    double few = 50;

    while (divide(sizes, few, least) > VN_DURATIONS_MAX)
        few *= 2;
    w->nclasses = divide(sizes, few, least);
    for (int c = 0; c < w->nclasses; c++) {
        bool last = c == w->nclasses - 1;
        size_t n = 0;

        for (size_t i = 0; i < jobs->count; i++) {
            const struct vn_job *j = &jobs->all[i];

            if (j->devices >= least[c] && (last || j->devices < least[c + 1]))
                seconds[n++] = (double) j->duration / 1e6;
        }
        w->class[c] = (struct vn_class){least[c], vn_duration_fit(seconds, n)};
    }
}

/* All of one value, the usual one, are no mix. */
static void
settle_mix(struct vn_weighted *mix, double usual)
{
    if (mix->n == 1 && mix->parts[0].value == usual)
        vn_weighted_free(mix);
    vn_weighted_settle(mix);
}

static enum vn_status
fit_mixes(const char *path, const struct jobs *jobs, struct vn_recipe *w,
          struct vn_error *err)
{
    for (size_t i = 0; i < jobs->count; i++) {
        const struct vn_job *j = &jobs->all[i];
        const char *what = NULL;

        if (!vn_weighted_count(&w->devices, j->devices))
            what = "numbers of devices";
        else if (!vn_weighted_count(&w->priority, j->priority))
            what = "priorities";
        else if (!vn_weighted_count(&w->weight, j->weight))
            what = "weights";
        else if (!vn_weighted_count(&w->vc, j->vc))
            what = "virtual clusters";
        if (what != NULL)
            return vn_fail(err, VN_EINVAL,
                           "%s: more than %d %s, expected fewer to fit", path,
                           VN_WEIGHTED_MAX, what);
    }
    return VN_OK;
}

/* The names of the virtual clusters; jobs of none are those of "". */
static void
name_vcs(struct vn_recipe *w, const struct vn_trace_names *names)
{
    settle_mix(&w->vc, -1);
    for (int i = 0; i < w->vc.n; i++) {
        struct vn_part *part = &w->vc.parts[i];

        part->value = vn_names_add(
            &w->names.vcs,
            part->value < 0 ? "" : names->vcs.text[(int) part->value]);
    }
}

enum vn_status
vn_recipe_fit(const char *path, struct vn_recipe *w, struct vn_error *err)
{
    struct jobs jobs = {0};
    enum vn_status status = read_jobs(path, &jobs, err);
    double *seconds = vn_xcalloc(jobs.count + 1, sizeof *seconds);

    *w = (struct vn_recipe){0};
    if (status == VN_OK)
        status = fit_mixes(path, &jobs, w, err);
    if (status == VN_OK) {
        for (size_t i = 0; i < jobs.count; i++)
            seconds[i] = (double) jobs.all[i].submit / 1e6;
        w->arrival = vn_arrival_fit(seconds, jobs.count);
        if (!(jobs.all[jobs.count - 1].submit > jobs.all[0].submit))
            w->arrival.rate = 0;
        /* Where weights are the priorities, they need no mix. */
        settle_mix(&w->priority, 0);
        if (w->priority.n > 0 && jobs.weights_follow)
            vn_weighted_free(&w->weight);
        settle_mix(&w->weight, 1);
        name_vcs(w, vn_trace_names(jobs.trace));
        vn_weighted_order(&w->devices);
        fit_durations(&jobs, &w->devices, w, seconds);
        vn_weighted_settle(&w->devices);
    }
    vn_trace_close(jobs.trace);
    free(seconds);
    free(jobs.all);
    return status;
}
