/* What a calibration says: tables, assumptions, and the host's drift. */
#include "config.h"

#include "replay/validate/calibration.h"

#include "base/file.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

const char *const vn_calibration_names[] = {"nodes", "links", "crowds",
                                            "costs"};

static const char *const headers[] = {
    "model,device_type,batch,step_s,peak_bytes,update_s,"
    "probe_s,probe_power",
    "model,device_type,devices,sync_s",
    "model,device_type,busy,slowdown,probe_slowdown",
    "model,start_s,grow_s,shrink_s,release_s,restart_s"};

enum {
    UNDISTURBED_PERCENT = 5 /* of the probes took no longer than where nothing
                             * else is on the processor */
};

/* What a turn says. */
enum what {
    NODE,
    UPDATE,
    SYNC,
    CROWD
};

/* What a probe takes on a type beside so many busy devices, itself among them,
 * where nothing but these is on the host: 0 where there are no probes. */
static double
fastest(const struct vn_calibrator *c, int type, int busy)
{
    return vn_sample_quantile(vn_calibration_probes(c, type, busy),
                              UNDISTURBED_PERCENT / 100.0);
}

/* A line through the logarithms of probes and of computing. */
struct fit {
    double xx, xy;
};

/* Add a size's turns, each as it lies to their mean. */
static void
add_fit(const struct vn_calibrator *c, const struct vn_calibration_subject *s,
        int batch, struct fit *fit)
{
    double x = 0, y = 0, xx = 0, xy = 0;
    int n = 0;

    for (int i = 0; i < s->nturns; i++) {
        const struct vn_calibration_turn *t = &s->turns[i];
        int weight = vn_calibration_weight(c, t->round);

        if (t->batch == batch && t->on[1].probe_s > 0) {
            double u = log(t->on[1].probe_s), v = log(t->on[1].compute_s);

            x += weight * u;
            y += weight * v;
            xx += weight * u * u;
            xy += weight * u * v;
            n += weight;
        }
    }
    fit->xx += n > 0 ? xx - x * x / n : 0;
    fit->xy += n > 0 ? xy - x * y / n : 0;
}

/*
 * The power of a probe's slowdown by which a model slows down: the slope of
 * the line, over all sizes and types, by least squares.  The noise of short
 * turns draws a slope to 0, so that it is held to what was seen of mlp,
 * resnet8 and gpt on processors shared with other machines, 0.77, 0.56 and
 * 0.78 over a hundred turns, as much as turns of a variance of 1 would.
 */
static double
power_of(const struct vn_calibrator *c, const char *model)
{
    const double usual = 0.75, weight = 1;
    struct fit fit = {0};

    for (int i = 0; i < c->nsubjects; i++)
        for (int k = 0; k < c->subjects[i].nbatches; k++)
            if (c->subjects[i].model == model)
                add_fit(c, &c->subjects[i], k, &fit);
    return fmin(fmax((fit.xy + weight * usual) / (fit.xx + weight), 0.1), 1.5);
}

/* How much slower the host was than undisturbed, to a model, in steps beside
 * so many busy devices. */
static double
slowdown_in(const struct vn_calibrator *c,
            const struct vn_calibration_subject *s,
            const struct vn_timing_steps *steps, int busy)
{
    double known = fastest(c, s->type, busy);

    return known > 0 && steps->probe_s > 0
               ? pow(steps->probe_s / known, power_of(c, s->model))
               : 1;
}

/* What a turn says, on the undisturbed host; of n devices. */
static double
value_of(const struct vn_calibrator *c, const struct vn_calibration_subject *s,
         const struct vn_calibration_turn *t, enum what what, int n)
{
    const struct vn_timing_steps *one = &t->on[1], *all = &t->on[n];
    double alone = slowdown_in(c, s, one, 1);
    double beside = slowdown_in(c, s, all, n);
    int each = (t->vnodes + n - 1) / n;

    switch (what) {
    case NODE:
        return one->compute_s / t->vnodes / alone;
    case UPDATE:
        return (one->whole_s - one->compute_s) / alone;
    case SYNC:
        return all->sync_s / beside;
    case CROWD:
        break;
    }
    return all->compute_s / beside / each
           / (one->compute_s / t->vnodes / alone);
}

/* What a round says, as often as it counts. */
static void
add_drawn(const struct vn_calibrator *c, struct vn_sample *sample, int round,
          double value)
{
    for (int i = vn_calibration_weight(c, round); i > 0; i--)
        vn_sample_add(sample, value);
}

/* The median over a subject's turns: of a size, or of all (-1). */
static double
median_of(const struct vn_calibrator *c,
          const struct vn_calibration_subject *s, enum what what, int batch,
          int n)
{
    struct vn_sample x = {0};
    double median;

    for (int i = 0; i < s->nturns; i++)
        if (batch < 0 || s->turns[i].batch == batch)
            add_drawn(c, &x, s->turns[i].round,
                      value_of(c, s, &s->turns[i], what, n));
    median = vn_sample_median(&x);
    vn_sample_free(&x);
    return median;
}

/* What a job took longer beside another model's, but for what probes show. */
static double
ratio_of(const struct vn_calibrator *c, const struct vn_calibration_subject *s,
         const struct vn_calibration_crowd *k)
{
    double before = k->before.whole_s / slowdown_in(c, s, &k->before, 1);
    double after = k->after.whole_s / slowdown_in(c, s, &k->after, 1);
    double beside = k->beside.whole_s / slowdown_in(c, s, &k->beside, k->busy);

    return 2 * beside / (before + after);
}

/* How much slower a device is among so many busy ones, but for what probes
 * show: the median, over rounds, of the mean over what is beside it, and over
 * turns on so many devices.  0 where that was not measured. */
static double
crowd_of(const struct vn_calibrator *c, const struct vn_calibration_subject *s,
         int busy)
{
    struct vn_sample x = {0};
    double median;

    for (int r = 0; r < c->rounds; r++) {
        struct vn_sample round = {0};

        for (int i = 0; i < s->ncrowds; i++)
            if (s->crowds[i].round == r && s->crowds[i].busy == busy)
                vn_sample_add(&round, ratio_of(c, s, &s->crowds[i]));
        if (round.n > 0)
            add_drawn(c, &x, r, vn_sample_mean(&round));
        vn_sample_free(&round);
    }
    for (int i = 0; i < s->nturns; i++)
        if (busy <= c->cluster->types[s->type].devices
            && s->turns[i].on[busy].n > 0)
            add_drawn(c, &x, s->turns[i].round,
                      value_of(c, s, &s->turns[i], CROWD, busy));
    median = vn_sample_median(&x);
    vn_sample_free(&x);
    return median;
}

/* "MODEL,TYPE" */
static void
write_names(const struct vn_calibrator *c,
            const struct vn_calibration_subject *s, FILE *out)
{
    vn_csv_cell(out, s->model);
    putc(',', out);
    vn_csv_cell(out, c->cluster->types[s->type].name);
}

static void
write_nodes(const struct vn_calibrator *c,
            const struct vn_calibration_subject *s, FILE *out)
{
    double update_s = median_of(c, s, UPDATE, -1, 1);
    int64_t peak_bytes = 0;

    for (int i = 0; i < s->nbatches; i++) {
        for (int k = 0; k < s->nturns; k++)
            if (s->turns[k].batch == i)
                peak_bytes = s->turns[k].on[1].peak_bytes;
        write_names(c, s, out);
        fprintf(out, ",%" PRId64 ",%.9f,%" PRId64 ",%.9f,", s->batch[i],
                median_of(c, s, NODE, i, 1), peak_bytes, update_s);
        if (fastest(c, s->type, 1) > 0 && s->turns[0].on[1].probe_s > 0)
            fprintf(out, "%.9f,%.4f", fastest(c, s->type, 1),
                    power_of(c, s->model));
        else
            fprintf(out, ",");
        fprintf(out, "\n");
    }
}

static void
write_subject(const struct vn_calibrator *c,
              const struct vn_calibration_subject *s, struct vn_file *files)
{
    FILE *links = files[VN_CALIBRATION_LINKS].stream;
    FILE *crowds = files[VN_CALIBRATION_CROWDS].stream;
    int own = c->cluster->types[s->type].devices, last = c->cluster->devices;

    write_nodes(c, s, files[VN_CALIBRATION_NODES].stream);
    for (int n = vn_calibration_next(1, own, last); n <= last;
         n = vn_calibration_next(n, own, last)) {
        write_names(c, s, links);
        fprintf(links, ",%d,%.9f\n", n, median_of(c, s, SYNC, -1, n));
    }
    for (int n = 2; n <= last; n++) {
        double crowd = crowd_of(c, s, n), probe = 1;

        if (fastest(c, s->type, 1) > 0 && fastest(c, s->type, n) > 0)
            probe = fastest(c, s->type, n) / fastest(c, s->type, 1);
        if (crowd > 0) {
            write_names(c, s, crowds);
            fprintf(crowds, ",%d,%.6f,%.6f\n", n,
                    pow(probe, power_of(c, s->model)) * crowd, probe);
        }
    }
}

static void
write_costs(const char *model, const struct vn_sample *costs, FILE *out)
{
    vn_csv_cell(out, model);
    for (int k = 0; k < VN_COST_KINDS; k++)
        if (costs[k].n > 1)
            fprintf(out, ",normal:%.6f:%.6f", vn_sample_mean(&costs[k]),
                    vn_sample_deviation(&costs[k]));
        else
            fprintf(out, ",%.6f", vn_sample_mean(&costs[k]));
    fprintf(out, "\n");
}

static void
name_table(const char *name, int table, char *path, size_t size)
{
    snprintf(path, size, "%s-%s.csv", name, vn_calibration_names[table]);
}

enum vn_status
vn_calibrator_write(const struct vn_calibrator *c, const char *name,
                    struct vn_error *err)
{
    struct vn_file files[VN_CALIBRATION_TABLES] = {{0}};
    enum vn_status status = VN_OK;
    char path[4200];

    for (int i = 0; i < VN_CALIBRATION_TABLES && status == VN_OK; i++) {
        name_table(name, i, path, sizeof path);
        status = vn_file_create(&files[i], path, err);
        if (status == VN_OK)
            fprintf(files[i].stream, "%s\n", headers[i]);
    }
    if (c->rounds == 0) { /* only to see that they can be written */
        for (int i = 0; i < VN_CALIBRATION_TABLES; i++)
            vn_file_discard(&files[i]);
        return status;
    }
    for (int i = 0; i < c->nsubjects && status == VN_OK; i++)
        write_subject(c, &c->subjects[i], files);
    for (int m = 0; m < c->nmodels && status == VN_OK; m++)
        write_costs(c->models[m], c->costs + m * VN_COST_KINDS,
                    files[VN_CALIBRATION_COSTS].stream);
    if (status == VN_OK)
        return vn_file_commit_all(files, VN_CALIBRATION_TABLES, err);
    for (int i = 0; i < VN_CALIBRATION_TABLES; i++)
        vn_file_discard(&files[i]);
    return status;
}

/* By way of the tables, so that there is one way to read them. */
enum vn_status
vn_calibrator_assume(const struct vn_calibrator *c, const char *name,
                     struct vn_assumptions *a, struct vn_error *err)
{
    char own[4100], paths[VN_CALIBRATION_TABLES][4200];
    const char *profiles[VN_CALIBRATION_COSTS];
    bool keeps = name != NULL;
    enum vn_status status;

    snprintf(own, sizeof own, "%s/calibration", c->setup->setup.folder);
    name = keeps ? name : own;
    for (int i = 0; i < VN_CALIBRATION_TABLES; i++) {
        name_table(name, i, paths[i], sizeof paths[i]);
        if (i < VN_CALIBRATION_COSTS)
            profiles[i] = paths[i];
    }
    status = vn_calibrator_write(c, name, err);
    if (status == VN_OK)
        status = vn_assumptions_replace(a, profiles, VN_CALIBRATION_COSTS,
                                        paths[VN_CALIBRATION_COSTS],
                                        keeps ? NULL : "calibrated", err);
    for (int i = 0; i < VN_CALIBRATION_TABLES && !keeps; i++)
        unlink(paths[i]);
    return status;
}

/* A subject's size: its time on the undisturbed host, and how much it varied
 * from round to round, before and after what the probe says is taken out. */
static void
show_batch(const struct vn_calibrator *c,
           const struct vn_calibration_subject *s, int batch,
           struct vn_findings *f)
{
    struct vn_sample raw = {0}, x = {0};
    char label[200];

    for (int i = 0; i < s->nturns; i++) {
        const struct vn_calibration_turn *t = &s->turns[i];

        if (t->batch != batch)
            continue;
        vn_sample_add(&raw, t->on[1].compute_s / t->vnodes);
        vn_sample_add(&x, value_of(c, s, t, NODE, 1));
    }
    snprintf(label, sizeof label, "%s on %s, %" PRId64, s->model,
             c->cluster->types[s->type].name, s->batch[batch]);
    vn_findings_row(
        f, label,
        (double[]){1e3 * vn_sample_median(&x), 1e3 * vn_sample_median(&raw),
                   100 * vn_sample_deviation(&raw) / vn_sample_mean(&raw),
                   100 * vn_sample_deviation(&x) / vn_sample_mean(&x)});
    vn_sample_free(&raw);
    vn_sample_free(&x);
}

void
vn_calibrator_show(const struct vn_calibrator *c, struct vn_findings *f)
{
    static const struct vn_findings_column columns[] = {
        {"undisturbed ms", 3},
        {"median ms", 3},
        {"deviation %", 1},
        {"but for the host %", 1},
        {NULL, 0}};
    char title[200];
    bool any = false;

    snprintf(title, sizeof title,
             "Calibration: a virtual node over %d rounds; its deviation from "
             "round to round, and without what probes say of the host",
             c->rounds);
    vn_findings_table(f, title, "model on type, examples", columns);
    for (int i = 0; i < c->nsubjects; i++)
        for (int k = 0; k < c->subjects[i].nbatches; k++)
            show_batch(c, &c->subjects[i], k, f);
    for (int t = 0; t < c->cluster->ntypes; t++) {
        const struct vn_sample *probes = vn_calibration_probes(c, t, 1);

        any = any || probes->n > 0;
        if (probes->n > 0)
            vn_findings_note(f,
                             "a probe of the processors of %s took %.1f us on "
                             "the undisturbed host, %.2f times that in the "
                             "mean",
                             c->cluster->types[t].name, 1e6 * fastest(c, t, 1),
                             vn_sample_mean(probes) / fastest(c, t, 1));
    }
    if (!any)
        return;
    for (int m = 0; m < c->nmodels; m++)
        vn_findings_note(f,
                         "%s: as much slower as a probe to the power of %.2f",
                         c->models[m], power_of(c, c->models[m]));
}
