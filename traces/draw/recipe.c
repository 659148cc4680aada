#include "config.h"

#include "base/number.h"
#include "traces/draw/recipe.h"

#include "base/rng.h"
#include "base/xalloc.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

struct vn_recipe
vn_recipe_default(void)
{
    struct vn_recipe w = {.arrival = vn_arrival_poisson()};
    struct vn_duration hour;
    struct vn_error err;

    w.arrival.rate = 12.0 / 3600;
    vn_weighted_add(&w.devices, 1, 1);
    vn_weighted_settle(&w.devices);
    vn_duration_read("lognormal:1h:1.5", &hour, &err);
    vn_recipe_set_duration(&w, &hour);
    return w;
}

void
vn_recipe_free(struct vn_recipe *w)
{
    vn_weighted_free(&w->devices);
    vn_weighted_free(&w->weight);
    vn_weighted_free(&w->priority);
    vn_weighted_free(&w->vc);
    vn_weighted_free(&w->slack);
    vn_trace_names_free(&w->names);
}

void
vn_recipe_set_duration(struct vn_recipe *w, const struct vn_duration *d)
{
    w->class[0] = (struct vn_class){1, *d};
    w->nclasses = 1;
}

static const struct vn_duration *
duration_of(const struct vn_recipe *w, double devices)
{
    int i = w->nclasses - 1;

    while (i > 0 && w->class[i].least > devices)
        i--;
    return &w->class[i].duration;
}

double
vn_recipe_clip(struct vn_recipe *w, int devices)
{
    struct vn_weighted *mix = &w->devices;
    double gone = 0;

    while (mix->n > 0 && mix->parts[mix->n - 1].value > devices)
        gone += mix->parts[--mix->n].share;
    vn_weighted_settle(mix);
    return gone;
}

double
vn_recipe_work(const struct vn_recipe *w)
{
    double sum = 0;

    for (int i = 0; i < w->devices.n; i++) {
        const struct vn_part *part = &w->devices.parts[i];

        if (part->share > 0)
            sum += part->share * part->value
                   * vn_duration_mean(duration_of(w, part->value));
    }
    return sum;
}

static void
print_mix(FILE *out, const char *name, const struct vn_weighted *mix,
          const struct vn_names *names)
{
    char text[VN_NUMBER_SIZE];

    for (int i = 0; i < mix->n; i++) {
        fprintf(out, "%s,", name);
        vn_csv_cell(out, names != NULL
                             ? names->text[(int) mix->parts[i].value]
                             : vn_format_real(text, mix->parts[i].value));
        fprintf(out, ",%.6g\n", mix->parts[i].share);
    }
}

static void
print_class(FILE *out, const struct vn_class *class)
{
    static const double at[] = {0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999};
    const struct vn_duration *d = &class->duration;

    if (d->nknots > 0 && isinf(d->longest))
        for (int k = 0; k < d->nknots; k++)
            fprintf(out, "duration of %d devices on,%.6g,%.6g\n", class->least,
                    d->knot[k].seconds, d->knot[k].share);
    else
        for (size_t k = 0; k < sizeof at / sizeof at[0]; k++)
            fprintf(out, "duration of %d devices on,%.6g,%.6g\n", class->least,
                    vn_duration_at(d, at[k]), at[k]);
}

void
vn_recipe_print(FILE *out, const struct vn_recipe *w)
{
    const struct vn_arrival *a = &w->arrival;

    fprintf(out, "what,value,share\n");
    fprintf(out, "jobs per second,%.6g,\n", a->rate);
    for (int i = 0; i < VN_BURSTS && a->burst[i].ratio > 1; i++)
        fprintf(out,
                "burst ratio,%.6g,\nbusy seconds,%.6g,\n"
                "quiet seconds,%.6g,\n",
                a->burst[i].ratio, a->burst[i].busy_s, a->burst[i].quiet_s);
    for (int h = 0; h < VN_HOURS; h++)
        fprintf(out, "hour of the day,%d,%.6g\n", h, a->hour[h] / VN_HOURS);
    print_mix(out, "devices", &w->devices, NULL);
    print_mix(out, "weight", &w->weight, NULL);
    print_mix(out, "priority", &w->priority, NULL);
    print_mix(out, "vc", &w->vc, &w->names.vcs);
    for (int i = 0; i < w->nclasses; i++)
        print_class(out, &w->class[i]);
}

enum purpose {
    ARRIVALS,
    STATES,
    SIZES,
    DURATIONS,
    WEIGHTS,
    PRIORITIES,
    VCS,
    MODELS,
    SLACKS,
    PURPOSES
};

struct vn_draw {
    const struct vn_recipe *recipe;
    struct vn_arrival arrival;
    gsl_rng *rng[PURPOSES];
    int64_t id;
    int64_t tight; /* deadlines sooner than the duration */
};

struct vn_draw *
vn_draw_begin(const struct vn_recipe *w, uint64_t seed)
{
    struct vn_draw *d = vn_xcalloc(1, sizeof *d);

    d->recipe = w;
    d->arrival = w->arrival;
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

/* A job that needs each column that a job of the recipe may need. */
void
vn_draw_expect(const struct vn_draw *d, struct vn_trace_writer *writer)
{
    const struct vn_recipe *w = d->recipe;
    struct vn_job job = vn_trace_job();

    if (w->models != NULL) {
        job.devices = job.max_devices = (int) w->devices.parts[0].value;
        vn_models_give(w->models, 0, &job);
    }
    vn_trace_expect(writer, &job);
    job.deadline = w->slack.n > 0 ? 0 : -1;
    job.vc = w->vc.n > 0 ? 0 : -1;
    for (int i = 0; i < w->priority.n; i++) {
        job.priority = w->priority.parts[i].value;
        job.weight = job.priority > 0 ? job.priority : 1;
        vn_trace_expect(writer, &job);
    }
    for (int i = 0; i < w->weight.n; i++) {
        job.weight = w->weight.parts[i].value;
        vn_trace_expect(writer, &job);
    }
    vn_trace_expect(writer, &job);
}

static double
pick(struct vn_draw *d, enum purpose purpose, const struct vn_weighted *mix,
     double usual)
{
    return mix->n > 0 ? vn_weighted_at(mix, gsl_rng_uniform(d->rng[purpose]))
                      : usual;
}

/* A multiple of `unit`, of at least one, which a trace can hold. */
static vn_time
to_time(double seconds, vn_time unit)
{
    double units = round(fmin(seconds, 1e9) * 1e6 / (double) unit);

    return (vn_time) fmax(units, 1) * unit;
}

/* How large a job is and how long it runs. */
static void
draw_size(struct vn_draw *d, struct vn_job *job)
{
    const struct vn_recipe *w = d->recipe;
    vn_time longest;

    job->devices = (int) pick(d, SIZES, &w->devices, 1);
    job->max_devices = job->devices;
    job->duration = to_time(vn_duration_at(duration_of(w, job->devices),
                                           gsl_rng_uniform(d->rng[DURATIONS])),
                            w->precise ? 1 : VN_SECOND);
    longest = VN_TRACE_WORK_MAX / job->devices;
    if (job->duration > longest)
        job->duration = longest;
}

bool
vn_draw_calibrate(struct vn_draw *d, int64_t n, double devices)
{
    gsl_rng *sizes = gsl_rng_clone(d->rng[SIZES]);
    gsl_rng *durations = gsl_rng_clone(d->rng[DURATIONS]);
    gsl_rng *arrivals = gsl_rng_clone(d->rng[ARRIVALS]);
    double work = 0, first = 0, last = 0, rate;
    struct vn_job job;

    for (int64_t i = 0; i < n; i++) {
        draw_size(d, &job);
        work += (double) job.duration / 1e6 * job.devices;
        last += gsl_ran_exponential(d->rng[ARRIVALS], 1);
        first = i == 0 ? last : first;
    }
    gsl_rng_memcpy(d->rng[SIZES], sizes);
    gsl_rng_memcpy(d->rng[DURATIONS], durations);
    gsl_rng_memcpy(d->rng[ARRIVALS], arrivals);
    gsl_rng_free(sizes);
    gsl_rng_free(durations);
    gsl_rng_free(arrivals);
    rate = vn_arrival_rate(&d->arrival, d->rng[STATES], first, last,
                           work / devices);
    if (!(n > 1 && rate > 0 && isfinite(rate)))
        return false;
    d->arrival.rate = rate;
    return true;
}

int64_t
vn_draw_tight(const struct vn_draw *d)
{
    return d->tight;
}

bool
vn_draw_job(struct vn_draw *d, struct vn_job *job)
{
    const struct vn_recipe *w = d->recipe;
    double at = vn_arrival_next(&d->arrival, d->rng[ARRIVALS], d->rng[STATES]);

    if (!(at < VN_ARRIVAL_END))
        return false;
    *job = vn_trace_job();
    job->id = d->id++;
    job->submit = w->precise ? (vn_time) llround(at * 1e6)
                             : (vn_time) floor(at) * VN_SECOND;
    draw_size(d, job);
    job->priority = pick(d, PRIORITIES, &w->priority, 0);
    job->weight =
        pick(d, WEIGHTS, &w->weight, job->priority > 0 ? job->priority : 1);
    job->vc = (int) pick(d, VCS, &w->vc, -1);
    /* Of the duration that was drawn: on the devices that it asks for. */
    if (w->slack.n > 0) {
        job->deadline = job->submit
                        + to_time(pick(d, SLACKS, &w->slack, 1)
                                      * (double) job->duration * 1e-6,
                                  w->precise ? 1 : VN_SECOND);
        d->tight += job->deadline - job->submit < job->duration;
    }
    if (w->models != NULL)
        vn_models_give(w->models, gsl_rng_uniform(d->rng[MODELS]), job);
    return true;
}
