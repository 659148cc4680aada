#include "config.h"

#include "traces/recipe.h"

#include "base/number.h"
#include "base/option.h"
#include "base/rng.h"
#include "base/xalloc.h"
#include "traces/trace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct vn_recipe
vn_recipe_default(void)
{
    struct vn_recipe w = {.arrival = vn_arrival_poisson(), .nkinds = 1};
    struct vn_error err;

    w.arrival.rate = 12.0 / 3600;
    w.kind[0] = (struct vn_kind){.devices = 1, .share = 1};
    vn_duration_read("lognormal:1h:1.5", &w.kind[0].duration, &err);
    return w;
}

enum vn_status
vn_recipe_read_mix(const char *text, const char *option, double min,
                   double max, bool whole, struct vn_part *parts, int *nparts,
                   struct vn_error *err)
{
    const char *p = text;
    double sum = 0;

    for (*nparts = 0; *p != '\0'; ++*nparts) {
        size_t n = strcspn(p, ",");
        char word[64], why[VN_WHY_SIZE], *colon;
        struct vn_part *part = &parts[*nparts];

        if (*nparts == VN_KINDS_MAX || n >= sizeof word)
            return vn_args_refuse(err, option, text, "at most 64 short parts");
        memcpy(word, p, n);
        word[n] = '\0';
        colon = strchr(word, ':');
        part->share = 1;
        if (colon != NULL)
            *colon++ = '\0';
        if (vn_read_real(word, min, max, &part->value, why) != NULL
            || (whole && part->value != floor(part->value))
            || (colon != NULL
                && vn_read_real(colon, 0, 1e9, &part->share, why) != NULL))
            break;
        sum += part->share;
        p += n + (p[n] == ',' && p[n + 1] != '\0');
    }
    if (*p != '\0' || !(sum > 0)) {
        char a[VN_NUMBER_SIZE], b[VN_NUMBER_SIZE], want[160];

        snprintf(want, sizeof want,
                 "VALUE:SHARE,..., as in 1:0.7,2:0.3, of %s from %s to %s",
                 whole ? "whole numbers" : "numbers", vn_format_real(a, min),
                 vn_format_real(b, max));
        return vn_args_refuse(err, option, text, want);
    }
    return VN_OK;
}

static int
compare_kinds(const void *a, const void *b)
{
    const struct vn_kind *x = a, *y = b;

    return x->devices - y->devices;
}

/* The durations of the kind nearest in size, by ratio. */
static struct vn_duration
nearest(const struct vn_recipe *w, int devices)
{
    int best = 0;

    for (int i = 1; i < w->nkinds; i++)
        if (fabs(log((double) w->kind[i].devices / devices))
            < fabs(log((double) w->kind[best].devices / devices)))
            best = i;
    return w->kind[best].duration;
}

void
vn_recipe_set_devices(struct vn_recipe *w, const struct vn_part *parts,
                      int nparts)
{
    struct vn_kind kind[VN_KINDS_MAX];

    for (int i = 0; i < nparts; i++)
        kind[i] =
            (struct vn_kind){.devices = (int) parts[i].value,
                             .share = parts[i].share,
                             .duration = nearest(w, (int) parts[i].value)};
    qsort(kind, (size_t) nparts, sizeof *kind, compare_kinds);
    memcpy(w->kind, kind, (size_t) nparts * sizeof *kind);
    w->nkinds = nparts;
}

double
vn_recipe_clip(struct vn_recipe *w, int devices)
{
    double all = 0, gone = 0;
    int n = 0;

    for (int i = 0; i < w->nkinds; i++) {
        all += w->kind[i].share;
        if (w->kind[i].devices > devices)
            gone += w->kind[i].share;
        else
            n++;
    }
    w->nkinds = n; /* they are in order of devices */
    return gone / all;
}

double
vn_recipe_work(const struct vn_recipe *w)
{
    double sum = 0, shares = 0;

    for (int i = 0; i < w->nkinds; i++) {
        sum += w->kind[i].share * w->kind[i].devices
               * vn_duration_mean(&w->kind[i].duration);
        shares += w->kind[i].share;
    }
    return sum / shares;
}

enum purpose {
    ARRIVALS,
    SIZES,
    DURATIONS,
    WEIGHTS,
    PRIORITIES,
    PURPOSES
};

struct vn_draw {
    struct vn_recipe *recipe;
    gsl_rng *rng[PURPOSES];
    int64_t id;
};

struct vn_draw *
vn_draw_begin(struct vn_recipe *w, uint64_t seed)
{
    struct vn_draw *d = vn_xcalloc(1, sizeof *d);

    d->recipe = w;
    for (int i = 0; i < PURPOSES; i++) {
        struct vn_rng stream = vn_rng_stream(seed, (uint64_t) i, 0);

        d->rng[i] = gsl_rng_alloc(gsl_rng_mt19937);
        gsl_rng_set(d->rng[i],
                    (unsigned long) (vn_rng_bits(&stream) & 0xffffffff));
    }
    return d;
}

void
vn_draw_end(struct vn_draw *d)
{
    for (int i = 0; i < PURPOSES; i++)
        gsl_rng_free(d->rng[i]);
    free(d);
}

/* Which of n shares, `stride` bytes apart, does u in [0, 1) fall into? */
static int
pick(const double *share, size_t stride, int n, double u)
{
    double sum = 0;
    int i;

    for (i = 0; i < n; i++)
        sum += *(const double *) ((const char *) share + (size_t) i * stride);
    u *= sum;
    for (i = 0; i < n - 1; i++) {
        u -= *(const double *) ((const char *) share + (size_t) i * stride);
        if (u < 0)
            break;
    }
    return i;
}

static vn_time
to_time(double seconds, bool precise, vn_time least)
{
    vn_time t = precise ? (vn_time) llround(seconds * 1e6)
                        : (vn_time) llround(seconds) * VN_SECOND;

    return t > least ? t : least;
}

void
vn_draw_job(struct vn_draw *d, struct vn_job *job)
{
    struct vn_recipe *w = d->recipe;
    const struct vn_kind *kind;
    double at = vn_arrival_next(&w->arrival, d->rng[ARRIVALS]);

    *job = vn_trace_job();
    job->id = d->id++;
    job->submit = w->precise ? (vn_time) llround(at * 1e6)
                             : (vn_time) floor(at) * VN_SECOND;
    kind = &w->kind[pick(&w->kind[0].share, sizeof w->kind[0], w->nkinds,
                         gsl_rng_uniform(d->rng[SIZES]))];
    job->devices = job->max_devices = kind->devices;
    job->duration = to_time(
        vn_duration_at(&kind->duration, gsl_rng_uniform(d->rng[DURATIONS])),
        w->precise, w->precise ? 1 : VN_SECOND);
    if (w->npriorities > 0)
        job->priority = w->priority[pick(&w->priority[0].share,
                                         sizeof w->priority[0], w->npriorities,
                                         gsl_rng_uniform(d->rng[PRIORITIES]))]
                            .value;
    job->weight = job->priority > 0 ? job->priority : 1;
    if (w->nweights > 0)
        job->weight =
            w->weight[pick(&w->weight[0].share, sizeof w->weight[0],
                           w->nweights, gsl_rng_uniform(d->rng[WEIGHTS]))]
                .value;
}
