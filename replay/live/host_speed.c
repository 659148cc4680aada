#include "config.h"

#include "replay/live/host_speed.h"

#include "base/file.h"
#include "base/xalloc.h"
#include "plan/contention.h"

#include <math.h>
#include <stdlib.h>

enum {
    SPAN = VN_SECOND / 10, /* of a row */
    LONG_AFTER_S = 1000000 /* longer than a simulation may outlast a run */
};

/* Probes of a device in a span: how many times as long they took as the
 * profile has it, and by what power of that a model feels it. */
struct probed {
    double ratio, power; /* sums */
    int n;
};

struct history {
    struct probed *of; /* by device, then span */
    int devices, spans;
};

static struct probed *
at(const struct history *h, int device, int span)
{
    return &h->of[(size_t) device * (size_t) h->spans + (size_t) span];
}

static void
add(struct probed *p, const struct probed *more)
{
    p->ratio += more->ratio;
    p->power += more->power;
    p->n += more->n;
}

/* The power of a mean, as the calibration has it (plan/contention.h). */
static double
slowdown_of(const struct probed *p)
{
    return p->n > 0 ? pow(p->ratio / p->n, p->power / p->n) : 1;
}

/* Of all devices in a span (-1: in all). */
static struct probed
over_devices(const struct history *h, int span)
{
    struct probed all = {0};

    for (int d = 0; d < h->devices; d++)
        for (int i = 0; i < h->spans; i++)
            if (span < 0 || i == span)
                add(&all, at(h, d, i));
    return all;
}

/* A device that was never probed is as slow as the others were. */
static void
fill_unknown(struct history *h, int device)
{
    for (int i = 0; i < h->spans; i++)
        if (at(h, device, i)->n > 0)
            return;
    for (int i = 0; i < h->spans; i++)
        *at(h, device, i) = over_devices(h, i);
}

static void
write_row(FILE *out, const char *type, int number, double from_s, double to_s,
          double slowdown)
{
    vn_csv_cell(out, type);
    fprintf(out, ",%d,%.2f,%.2f,%.6f\n", number, from_s, to_s, slowdown);
}

/* Between two probes a device is as slow as at the first, before the first as
 * there, and behind the run's end as in its mean. */
static void
write_device(const struct history *h, int device, const char *type, int number,
             FILE *out)
{
    struct probed all = {0};
    double now = 1;

    for (int i = h->spans; i-- > 0;)
        if (at(h, device, i)->n > 0)
            now = slowdown_of(at(h, device, i));
    for (int i = 0; i < h->spans; i++) {
        if (at(h, device, i)->n > 0)
            now = slowdown_of(at(h, device, i));
        add(&all, at(h, device, i));
        write_row(out, type, number, (double) i * SPAN / VN_SECOND,
                  (double) (i + 1) * SPAN / VN_SECOND, now);
    }
    write_row(out, type, number, (double) h->spans * SPAN / VN_SECOND,
              LONG_AFTER_S, slowdown_of(&all));
}

static enum vn_status
write_table(const struct history *h, const struct vn_cluster *c,
            const char *path, struct vn_error *err)
{
    struct vn_file file = {0};
    enum vn_status status = vn_file_create(&file, path, err);
    int device = 0;

    if (status != VN_OK)
        return status;
    fprintf(file.stream, "device_type,device,from_s,to_s,slowdown\n");
    for (int t = 0; t < c->ntypes; t++)
        for (int i = 0; i < c->types[t].devices; i++)
            write_device(h, device++, c->types[t].name, i, file.stream);
    return vn_file_commit(&file, err);
}

/* Take a probe in, where the profile says what it should have taken. */
static bool
take(struct history *h, const struct vn_live_probe *p,
     const struct vn_cluster *cluster, const struct vn_profile *profile,
     int model)
{
    int64_t span = p->time / SPAN;
    double known;
    int type;

    if (p->device < 0 || p->device >= cluster->devices || span < 0
        || span >= h->spans)
        return false;
    type = vn_profile_type(
        profile, cluster->types[vn_cluster_type_at(cluster, p->device)].name);
    known = vn_probe_expected(profile, model, type, p->busy);
    if (!(known > 0))
        return false;
    add(at(h, p->device, (int) span),
        &(struct probed){.ratio = p->s / known,
                         .power = vn_profile_probe_power(
                             vn_profile_curve(profile, model, type)),
                         .n = 1});
    return true;
}

enum vn_status
vn_host_write(const struct vn_live *live, const struct vn_workload *workload,
              const struct vn_cluster *cluster,
              const struct vn_profile *profile, const char *path, bool *known,
              struct vn_error *err)
{
    struct history h = {.devices = cluster->devices,
                        .spans = (int) (live->end / SPAN) + 1};
    enum vn_status status = VN_OK;

    h.of = vn_xcalloc((size_t) h.devices * (size_t) h.spans, sizeof *h.of);
    *known = false;
    for (int i = 0; i < live->nprobes; i++) {
        const struct vn_live_probe *p = &live->probes[i];
        const char *name = workload->names->models.text[p->job->model];

        *known |=
            take(&h, p, cluster, profile, vn_profile_model(profile, name));
    }
    for (int d = 0; d < h.devices && *known; d++)
        fill_unknown(&h, d);
    if (*known)
        status = write_table(&h, cluster, path, err);
    free(h.of);
    return status;
}
