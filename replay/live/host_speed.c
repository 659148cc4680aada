#include "config.h"

#include "replay/live/host_speed.h"

#include "base/file.h"
#include "base/xalloc.h"
#include "plan/contention.h"

#include <stdlib.h>

enum {
    SPAN = VN_SECOND / 10 /* of a row */
};

/* The mean slowdown of a device in each span; 0 where there was no probe. */
struct history {
    double *sum;
    int *n;
    int spans;
};

static int
type_of(const struct vn_cluster *c, int device)
{
    int type = 0;

    while (type + 1 < c->ntypes && device >= c->types[type].devices)
        device -= c->types[type++].devices;
    return type;
}

static void
add(struct history *h, const struct vn_live_probe *probe, double slowdown)
{
    int64_t span = probe->time / SPAN;
    size_t at;

    if (span < 0 || span >= h->spans)
        return;
    at = (size_t) probe->device * (size_t) h->spans + (size_t) span;
    h->sum[at] += slowdown;
    h->n[at]++;
}

/* Between two probes a device is as slow as at the first, and before the
 * first as there. */
static void
write_device(const struct history *h, int device, const char *type, int number,
             FILE *out)
{
    const double *sum = h->sum + (size_t) device * (size_t) h->spans;
    const int *n = h->n + (size_t) device * (size_t) h->spans;
    double now = 1;

    for (int i = h->spans; i-- > 0;)
        now = n[i] > 0 ? sum[i] / n[i] : now;
    for (int i = 0; i < h->spans; i++) {
        now = n[i] > 0 ? sum[i] / n[i] : now;
        if (now > 1)
            fprintf(out, "%s,%d,%.2f,%.2f,%.6f\n", type, number,
                    (double) i * SPAN / VN_SECOND,
                    (double) (i + 1) * SPAN / VN_SECOND, now);
    }
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

enum vn_status
vn_host_write(const struct vn_live *live, const struct vn_workload *workload,
              const struct vn_cluster *cluster,
              const struct vn_profile *profile, const char *path, bool *known,
              struct vn_error *err)
{
    struct history h = {.spans = (int) (live->end / SPAN) + 1};
    size_t n = (size_t) cluster->devices * (size_t) h.spans;
    enum vn_status status = VN_OK;

    h.sum = vn_xcalloc(n, sizeof *h.sum);
    h.n = vn_xcalloc(n, sizeof *h.n);
    *known = false;
    for (int i = 0; i < live->nprobes; i++) {
        const struct vn_live_probe *p = &live->probes[i];
        const char *name = workload->names->models.text[p->job->model];
        int model = vn_profile_model(profile, name), type;

        if (p->device < 0 || p->device >= cluster->devices)
            continue;
        type = vn_profile_type(
            profile, cluster->types[type_of(cluster, p->device)].name);
        if (model < 0 || type < 0
            || !(vn_profile_curve(profile, model, type)->probe_s > 0))
            continue;
        add(&h, p, vn_host_slowdown(profile, model, type, p->busy, p->s));
        *known = true;
    }
    if (*known)
        status = write_table(&h, cluster, path, err);
    free(h.sum);
    free(h.n);
    return status;
}
