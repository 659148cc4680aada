#include "config.h"

#include "plan/pricing.h"

#include "base/rng.h"
#include "base/table.h"
#include "base/xalloc.h"
#include "plan/adaptive/application.h"
#include "plan/contention.h"
#include "plan/mix.h"
#include "plan/sync.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum assumption {
    LINEAR,
    AMDAHL,
    CURVE
};

/* A speedup over one device. */
struct speedup {
    int64_t devices;
    double speedup;
};

enum question {
    CLOSE,
    SPREAD, /* on more nodes than needed */
    WHOLE   /* no type left out */
};

/* A question that was answered: model, batch, nodes, which, devices. */
struct answer {
    double step_s;
    bool used;
};

struct vn_pricing {
    struct vn_pricing_config config;
    int *type; /* of the profile, by that of the cluster; -1: none */
    int any;   /* the profile's type '*', or -1 */
    int *wide; /* wide[type]: the most devices on one node */
    char words[128];
    enum assumption assumption;
    double serial; /* of AMDAHL */
    struct speedup *curve;
    int ncurve;
    struct vn_speeds speeds;

    int width;     /* of a key, in numbers */
    int64_t *keys; /* an open hash table of questions */
    struct answer *answers;
    int nanswers;
    int room;
};

enum {
    ANSWERS_MAX = 1 << 20, /* that are kept, whatever is asked */
    DEVICES = 0,
    SPEEDUP,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [DEVICES] = {"devices", true}, [SPEEDUP] = {"speedup", true}};

static enum vn_status
read_curve(struct vn_pricing *p, const char *path, struct vn_error *err)
{
    struct vn_table_form form = {.columns = columns, .ncolumns = NCOLUMNS};
    struct vn_table *t = NULL;
    enum vn_status status = vn_table_open(path, &form, &t, err);
    bool more = true;

    while (status == VN_OK && (status = vn_table_next(t, &more, err)) == VN_OK
           && more) {
        int64_t least =
            p->ncurve > 0 ? p->curve[p->ncurve - 1].devices + 1 : 1;
        struct speedup s;

        if ((status = vn_table_int(t, DEVICES, least, VN_DEVICES_MAX,
                                   &s.devices, err))
            || (status =
                    vn_table_real(t, SPEEDUP, 1e-6, 1e9, &s.speedup, err)))
            break;
        p->curve =
            vn_xrealloc(p->curve, (size_t) p->ncurve + 1, sizeof *p->curve);
        p->curve[p->ncurve++] = s;
    }
    vn_table_close(t);
    if (status == VN_OK && p->ncurve == 0)
        status = vn_fail(err, VN_EFORMAT,
                         "%s: no rows, expected devices and speedup", path);
    return status;
}

static enum vn_status
read_scaling(struct vn_pricing *p, const char *words, struct vn_error *err)
{
    char why[VN_WHY_SIZE];
    const char *wrong;

    snprintf(p->words, sizeof p->words, "%s", words);
    if (strcmp(words, "linear") == 0)
        return VN_OK;
    if (strncmp(words, "amdahl:", 7) == 0) {
        p->assumption = AMDAHL;
        wrong = vn_read_real(words + 7, 0, 1, &p->serial, why);
        if (wrong != NULL)
            return vn_fail(err, VN_EUSAGE,
                           "scaling: '%.64s', expected the serial part, %s",
                           words, wrong);
        return VN_OK;
    }
    if (strncmp(words, "curve:", 6) == 0) {
        p->assumption = CURVE;
        return read_curve(p, words + 6, err);
    }
    return vn_fail(err, VN_EUSAGE,
                   "scaling: '%.64s', expected linear, amdahl:F or "
                   "curve:FILE",
                   words);
}

enum vn_status
vn_pricing_alloc(const struct vn_pricing_config *config,
                 struct vn_pricing **pricing, struct vn_error *err)
{
    const struct vn_cluster *c = config->cluster;
    struct vn_pricing *p = vn_xcalloc(1, sizeof *p);
    enum vn_status status;

    p->config = *config;
    p->width = c->ntypes + 4;
    p->type = vn_xcalloc((size_t) c->ntypes, sizeof *p->type);
    p->wide = vn_xcalloc((size_t) c->ntypes, sizeof *p->wide);
    p->any =
        config->profile != NULL ? vn_profile_type(config->profile, "*") : -1;
    for (int t = 0; t < c->ntypes; t++)
        p->type[t] = config->profile != NULL
                         ? vn_profile_type(config->profile, c->types[t].name)
                         : -1;
    for (int g = 0; g < c->ngroups; g++)
        if (c->groups[g].devices_per_node > p->wide[c->groups[g].type])
            p->wide[c->groups[g].type] = c->groups[g].devices_per_node;
    status = read_scaling(
        p, config->scaling != NULL ? config->scaling : "linear", err);
    if (status == VN_OK)
        status = vn_speeds_read(config->speed, c, &p->speeds, err);
    if (status != VN_OK) {
        vn_pricing_free(p);
        p = NULL;
    }
    *pricing = p;
    return status;
}

void
vn_pricing_free(struct vn_pricing *p)
{
    if (p == NULL)
        return;
    free(p->type);
    free(p->wide);
    free(p->curve);
    free(p->keys);
    free(p->answers);
    free(p);
}

const char *
vn_pricing_model_name(const struct vn_pricing *pricing, int model)
{
    return pricing->config.profile->models[model];
}

const char *
vn_pricing_scaling(const struct vn_pricing *p)
{
    return p->words;
}

bool
vn_pricing_is_linear(const struct vn_pricing *p)
{
    return p->assumption == LINEAR && !p->speeds.unlike;
}

bool
vn_pricing_is_unlike(const struct vn_pricing *p)
{
    return p->speeds.unlike;
}

double
vn_pricing_type_speed(const struct vn_pricing *p, int type)
{
    return p->speeds.of[type];
}

/* The speedup of n devices over one; beyond the table, as at its ends. */
static double
speedup(const struct vn_pricing *p, int n)
{
    const struct speedup *c = p->curve;
    int last = p->ncurve - 1, i = 0;

    switch (p->assumption) {
    case LINEAR:
        return n;
    case AMDAHL: /* Amdahl, 1967 */
        return 1 / (p->serial + (1 - p->serial) / n);
    case CURVE:
        break;
    }
    if (n <= c[0].devices)
        return c[0].speedup * n / (double) c[0].devices;
    if (n >= c[last].devices)
        return c[last].speedup;
    while (c[i + 1].devices < n)
        i++;
    return c[i].speedup
           + (c[i + 1].speedup - c[i].speedup) * (double) (n - c[i].devices)
                 / (double) (c[i + 1].devices - c[i].devices);
}

double
vn_pricing_speed(const struct vn_pricing *p, const struct vn_job *job, int n)
{
    return speedup(p, n) / speedup(p, job->devices);
}

double
vn_pricing_mixed_speed(const struct vn_pricing *p, const struct vn_job *job,
                       const int *devices, bool spread)
{
    double sum = 0;
    int n = 0;

    for (int t = 0; t < p->config.cluster->ntypes; t++) {
        n += devices[t];
        sum += devices[t] * p->speeds.of[t];
    }
    return n == 0 ? 0
                  : vn_pricing_speed(p, job, n) * (sum / n)
                        / (spread ? p->speeds.spread : 1);
}

static int64_t
ceil_div(int64_t a, int64_t b)
{
    return a / b + (a % b > 0);
}

/* What was measured of this many devices as a whole, of this batch rather than
 * of any; INFINITY: nothing. */
static double
measured_s(const struct vn_profile_curve *c, const struct vn_job *job, int n,
           bool spread)
{
    const struct vn_profile_mapping *found = NULL;

    for (int i = 0; i < c->nmappings; i++) {
        const struct vn_profile_mapping *m = &c->mappings[i];

        if (m->devices == n
            && (m->global_batch == job->global_batch
                || (m->global_batch == 0 && found == NULL)))
            found = m;
    }
    if (found == NULL)
        return INFINITY;
    return isnan(found->step_s) || (spread && !isnan(found->spread_step_s))
               ? found->spread_step_s
               : found->step_s;
}

/* The curve of a model that is an application on this type, or NULL. */
static const struct vn_profile_curve *
application(const struct vn_pricing *p, int model, int type)
{
    int types[] = {p->type[type], p->any};

    for (int i = 0; i < 2; i++) {
        const struct vn_profile_curve *c =
            types[i] >= 0
                ? vn_profile_curve(p->config.profile, model, types[i])
                : NULL;

        if (c != NULL && c->on != NULL)
            return c;
    }
    return NULL;
}

/* On n devices of one type. */
static double
one_type_s(const struct vn_pricing *p, const struct vn_job *job, int model,
           int type, int n, bool spread)
{
    const struct vn_device_type *device = &p->config.cluster->types[type];
    const struct vn_profile_curve *c;
    int64_t batch = ceil_div(job->global_batch, job->vnodes);
    double s;

    c = application(p, model, type);
    if (c != NULL)
        return (p->config.profile->batches_adapt ? vn_application_best_step_s
                                                 : vn_application_step_s)(
            c->application, c->on, job->global_batch, n,
            spread ? 1 : p->wide[type]);
    if (p->type[type] < 0)
        return INFINITY;
    c = vn_profile_curve(p->config.profile, model, p->type[type]);
    s = measured_s(c, job, n, spread);
    if (isfinite(s))
        return s;
    if (n > job->vnodes
        || (device->memory_bytes > 0
            && vn_profile_node_bytes(c, batch) > device->memory_bytes))
        return INFINITY;
    s = vn_profile_node_s(c, batch) * (double) ceil_div(job->vnodes, n);
    s = (s + c->update_s)
        * vn_contention(p->config.profile, model, p->type[type], n);
    return s
           + vn_sync_s(p->config.profile, model, p->type[type], device, n,
                       spread || n > p->wide[type]);
}

/*
 * On devices of several types: the solver's split, over all of them (whole) or
 * over those with which a step takes least.
 */
static double
mixed_s(const struct vn_pricing *p, const struct vn_job *job, int model,
        const int *devices, bool whole)
{
    struct vn_mix_question question = {.cluster = p->config.cluster,
                                       .profile = p->config.profile,
                                       .model = model,
                                       .devices = devices,
                                       .batch = job->global_batch,
                                       .sync_s = NAN};
    struct vn_mix mix = {.step_s = INFINITY};

    for (int t = 0; t < p->config.cluster->ntypes; t++)
        if (devices[t] > 0 && p->type[t] < 0)
            return INFINITY;
    if (whole)
        return vn_mix_whole(&question).step_s;
    (void) vn_mix_solve(&question, &mix, 1);
    return mix.step_s;
}

static double
price(const struct vn_pricing *p, const struct vn_job *job, int model,
      const int *devices, enum question question)
{
    int types = 0, type = 0;

    for (int t = 0; t < p->config.cluster->ntypes; t++)
        if (devices[t] > 0) {
            types++;
            type = t;
        }
    if (types == 0 || p->config.profile == NULL)
        return INFINITY;
    return types == 1 ? one_type_s(p, job, model, type, devices[type],
                                   question == SPREAD)
                      : mixed_s(p, job, model, devices, question == WHOLE);
}

/* The place of a key in the table: where it is, or where it goes. */
static size_t
place(const struct vn_pricing *p, const int64_t *key)
{
    size_t mask = (size_t) p->room - 1, width = (size_t) p->width, i;
    uint64_t hash = 0;

    for (size_t k = 0; k < width; k++)
        hash = vn_mix64(hash ^ (uint64_t) key[k]);
    for (i = (size_t) hash & mask;
         p->answers[i].used
         && memcmp(p->keys + i * width, key, width * sizeof *key) != 0;
         i = (i + 1) & mask)
        ;
    return i;
}

static void
enlarge(struct vn_pricing *p)
{
    struct answer *answers = p->answers;
    int64_t *keys = p->keys;
    int room = p->room;
    size_t width = (size_t) p->width;

    p->room = room > 0 ? 2 * room : 256;
    p->answers = vn_xcalloc((size_t) p->room, sizeof *p->answers);
    p->keys = vn_xcalloc((size_t) p->room * width, sizeof *p->keys);
    for (int i = 0; i < room; i++)
        if (answers[i].used) {
            size_t at = place(p, keys + (size_t) i * width);

            p->answers[at] = answers[i];
            memcpy(p->keys + at * width, keys + (size_t) i * width,
                   width * sizeof *keys);
        }
    free(answers);
    free(keys);
}

static double
ask(struct vn_pricing *p, const struct vn_job *job, int model,
    const int *devices, enum question question)
{
    int64_t key[VN_TYPES_MAX + 4] = {model, job->global_batch, job->vnodes,
                                     question};
    size_t i;

    for (int t = 0; t < p->config.cluster->ntypes; t++)
        key[4 + t] = devices[t];
    if (2 * p->nanswers >= p->room && p->nanswers < ANSWERS_MAX)
        enlarge(p);
    i = place(p, key);
    if (!p->answers[i].used && p->nanswers == ANSWERS_MAX)
        return price(p, job, model, devices, question);
    if (!p->answers[i].used) {
        p->answers[i] =
            (struct answer){price(p, job, model, devices, question), true};
        memcpy(p->keys + i * (size_t) p->width, key,
               (size_t) p->width * sizeof *key);
        p->nanswers++;
    }
    return p->answers[i].step_s;
}

double
vn_pricing_step_s(struct vn_pricing *p, const struct vn_job *job, int model,
                  const int *devices, bool spread)
{
    return ask(p, job, model, devices, spread ? SPREAD : CLOSE);
}

double
vn_pricing_mix_s(struct vn_pricing *p, const struct vn_job *job, int model,
                 const int *devices)
{
    return ask(p, job, model, devices, WHOLE);
}

double
vn_pricing_worth(const struct vn_pricing *p, const struct vn_job *job,
                 int model)
{
    for (int t = 0; t < p->config.cluster->ntypes; t++) {
        const struct vn_profile_curve *c = application(p, model, t);

        if (c != NULL)
            return (double) c->application->init_batch
                   * c->application->needed[c->application->nepochs]
                   / vn_application_steps(c->application, job->global_batch);
    }
    return (double) job->global_batch;
}
