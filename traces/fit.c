/* Fitting a workload to a trace: see traces/recipe.h. */
#include "config.h"

#include "traces/recipe.h"

#include "base/xalloc.h"
#include "traces/trace.h"

#include <stdlib.h>
#include <string.h>

enum {
    FEW = 20 /* jobs of a size, too few for a distribution of their own */
};

struct jobs {
    struct vn_job *all;
    size_t count;
    size_t allocated;
};

static enum vn_status
read_jobs(const char *path, struct jobs *jobs, struct vn_error *err)
{
    struct vn_trace *t;
    struct vn_job job;
    enum vn_status status = vn_trace_open(path, &t, err);
    bool more;

    while (status == VN_OK
           && (status = vn_trace_next(t, &job, &more, err)) == VN_OK && more) {
        if (vn_job_is_modelled(&job))
            continue;
        if (jobs->count == jobs->allocated) {
            jobs->allocated = 2 * jobs->allocated + 1024;
            jobs->all =
                vn_xrealloc(jobs->all, jobs->allocated, sizeof *jobs->all);
        }
        jobs->all[jobs->count++] = job;
    }
    vn_trace_close(t);
    if (status == VN_OK && jobs->count < 2)
        status = vn_fail(err, VN_EINVAL,
                         "%s: %zu recorded jobs, expected at least 2 to fit",
                         path, jobs->count);
    return status;
}

/* Count a value among the parts; what is beyond the room is not counted. */
static void
count_value(struct vn_part *parts, int *n, double value)
{
    int i = 0;

    while (i < *n && parts[i].value != value)
        i++;
    if (i == *n && *n < VN_KINDS_MAX)
        parts[(*n)++] = (struct vn_part){value, 0};
    if (i < *n)
        parts[i].share++;
}

static int
compare_parts(const void *a, const void *b)
{
    const struct vn_part *x = a, *y = b;

    return x->value < y->value ? -1 : x->value > y->value;
}

/* The durations of jobs of one size, or of all the rare sizes (size 0). */
static struct vn_duration
fit_size(const struct jobs *jobs, const struct vn_part *parts, int n, int size,
         double *seconds)
{
    size_t count = 0;

    for (size_t i = 0; i < jobs->count; i++) {
        const struct vn_job *j = &jobs->all[i];
        bool in = j->devices == size;

        for (int k = 0; k < n && size == 0; k++)
            in = in || (parts[k].value == j->devices && parts[k].share < FEW);
        if (in)
            seconds[count++] = (double) j->duration / 1e6;
    }
    return vn_duration_fit(seconds, count);
}

/* All of one value are no mix. */
static void
settle_mix(struct vn_part *parts, int *n, double usual)
{
    qsort(parts, (size_t) *n, sizeof *parts, compare_parts);
    if (*n == 1 && parts[0].value == usual)
        *n = 0;
}

enum vn_status
vn_recipe_fit(const char *path, struct vn_recipe *w, struct vn_error *err)
{
    struct jobs jobs = {0};
    struct vn_part sizes[VN_KINDS_MAX];
    enum vn_status status = read_jobs(path, &jobs, err);
    double *seconds;
    int n = 0;

    if (status != VN_OK) {
        free(jobs.all);
        return status;
    }
    *w = (struct vn_recipe){0};
    seconds = vn_xcalloc(jobs.count, sizeof *seconds);
    for (size_t i = 0; i < jobs.count; i++) {
        const struct vn_job *j = &jobs.all[i];

        seconds[i] = (double) j->submit / 1e6;
        count_value(sizes, &n, j->devices);
        count_value(w->priority, &w->npriorities, j->priority);
        if (j->priority <= 0)
            count_value(w->weight, &w->nweights, j->weight);
    }
    w->arrival = vn_arrival_fit(seconds, jobs.count);
    qsort(sizes, (size_t) n, sizeof *sizes, compare_parts);
    settle_mix(w->priority, &w->npriorities, 0);
    settle_mix(w->weight, &w->nweights, 1);
    if (w->npriorities > 0)
        w->nweights = 0;
    for (int k = 0; k < n; k++) {
        int devices = (int) sizes[k].value;

        w->kind[w->nkinds++] = (struct vn_kind){
            .devices = devices,
            .share = sizes[k].share / (double) jobs.count,
            .duration = fit_size(&jobs, sizes, n,
                                 sizes[k].share < FEW ? 0 : devices, seconds)};
    }
    free(seconds);
    free(jobs.all);
    return VN_OK;
}
