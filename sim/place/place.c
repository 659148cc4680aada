#include "config.h"

#include "sim/place/place.h"

#include "base/option.h"
#include "base/xalloc.h"

#include <stdlib.h>

extern const struct vn_score vn_score_best_fit;
extern const struct vn_score vn_score_dot_prod;
extern const struct vn_score vn_score_fgd;
extern const struct vn_score vn_score_gpu_clustering;
extern const struct vn_score vn_score_gpu_packing;
extern const struct vn_score vn_score_random;

const struct vn_score *const vn_scores[] = {&vn_score_best_fit,
                                            &vn_score_dot_prod,
                                            &vn_score_gpu_packing,
                                            &vn_score_gpu_clustering,
                                            &vn_score_fgd,
                                            &vn_score_random,
                                            NULL};

enum {
    NOWHERE = -1,   /* the score of a host that a job does not fit on */
    MET_MAX = 4096, /* requests remembered */
    PURPOSE = 0x70  /* of the random stream */
};

enum vn_status
vn_score_find(const char *name, const struct vn_score **score,
              struct vn_error *err)
{
    const char *names[sizeof vn_scores / sizeof *vn_scores] = {NULL};
    enum vn_status status;
    int n = 0, i;

    for (; vn_scores[n] != NULL; n++)
        names[n] = vn_scores[n]->name;
    status = vn_option_choice("score", name, names, n, &i, err);
    if (status == VN_OK)
        *score = vn_scores[i];
    return status;
}

int
vn_score_clamp(double score)
{
    return score < 0 ? 0 : score > 100 ? 100 : (int) score;
}

/* What is known of a request on a host, as of a version of it. */
struct known {
    uint32_t version;
    int16_t score;
    int16_t device;
};

/* A request that has been met. */
struct met {
    struct vn_ask ask;
    struct known *known; /* of each host */
};

struct vn_place {
    const struct vn_score *score;
    struct vn_outlook outlook;
    struct vn_host *hosts;
    int nhosts;
    struct met *met;
    int nmet;
    struct vn_rng rng;
};

struct vn_place *
vn_place_alloc(const struct vn_score *score, const struct vn_host *hosts,
               int nhosts, const struct vn_outlook *outlook, uint64_t seed)
{
    struct vn_place *p = vn_xcalloc(1, sizeof *p);

    p->score = score;
    p->outlook = *outlook;
    p->hosts = vn_xcalloc((size_t) nhosts, sizeof *p->hosts);
    for (int h = 0; h < nhosts; h++)
        p->hosts[h] = hosts[h];
    p->nhosts = nhosts;
    p->rng = vn_rng_stream(seed, PURPOSE, 0);
    return p;
}

static void
forget(struct vn_place *p)
{
    for (int i = 0; i < p->nmet; i++)
        free(p->met[i].known);
    p->nmet = 0;
}

void
vn_place_free(struct vn_place *p)
{
    if (p == NULL)
        return;
    forget(p);
    free(p->met);
    free(p->hosts);
    free(p);
}

const struct vn_host *
vn_place_hosts(const struct vn_place *p)
{
    return p->hosts;
}

/* What is known of this request. */
static struct met *
meet(struct vn_place *p, const struct vn_ask *ask)
{
    for (int i = 0; i < p->nmet; i++)
        if (vn_ask_same(&p->met[i].ask, ask))
            return &p->met[i];
    if (p->nmet == MET_MAX)
        forget(p);
    if ((p->nmet & (p->nmet - 1)) == 0)
        p->met = vn_xrealloc(p->met, p->nmet > 0 ? 2 * (size_t) p->nmet : 1,
                             sizeof *p->met);
    p->met[p->nmet] = (struct met){
        *ask, vn_xcalloc((size_t) p->nhosts, sizeof(struct known))};
    return &p->met[p->nmet++];
}

static void
look_again(const struct vn_place *p, const struct vn_host *host,
           const struct vn_ask *ask, struct known *known)
{
    int device = -1;

    known->version = host->version;
    known->score = NOWHERE;
    if (vn_host_fits(host, ask)) {
        if (vn_ask_shares(ask))
            device = vn_host_best_fit(host, ask);
        known->score =
            (int16_t) (p->score->score != NULL
                           ? p->score->score(&p->outlook, host, ask, &device)
                           : 0);
    }
    known->device = (int16_t) device;
}

/* The first host of the highest score; -1 where it fits nowhere. */
static int
highest(const struct vn_place *p, const struct known *known)
{
    int best = -1, score = NOWHERE;

    for (int h = 0; h < p->nhosts; h++)
        if (known[h].score > score) {
            best = h;
            score = known[h].score;
        }
    return best;
}

/* One of the hosts on which it fits, each as likely. */
static int
any_host(struct vn_place *p, const struct known *known)
{
    uint64_t n = 0;

    for (int h = 0; h < p->nhosts; h++)
        n += known[h].score != NOWHERE;
    if (n == 0)
        return -1;
    n = vn_rng_below(&p->rng, n);
    for (int h = 0;; h++)
        if (known[h].score != NOWHERE && n-- == 0)
            return h;
}

/* One of its devices with enough left, each as likely. */
static int
any_device(struct vn_place *p, const struct vn_host *host,
           const struct vn_ask *ask)
{
    uint64_t n = 0;

    for (int d = 0; d < host->devices; d++)
        n += host->milli_left[d] >= ask->milli;
    n = vn_rng_below(&p->rng, n);
    for (int d = 0;; d++)
        if (host->milli_left[d] >= ask->milli && n-- == 0)
            return d;
}

static void
choose_devices(struct vn_place *p, const struct vn_host *host,
               const struct vn_ask *ask, int device, int *devices)
{
    int n = 0;

    if (vn_ask_shares(ask)) {
        devices[0] =
            p->score->score == NULL ? any_device(p, host, ask) : device;
        return;
    }
    for (int d = 0; n < ask->devices; d++)
        if (host->milli_left[d] == VN_MILLI)
            devices[n++] = d;
}

int
vn_place_take(struct vn_place *p, const struct vn_ask *ask, int *devices)
{
    struct known *known = meet(p, ask)->known;
    int best;

    for (int h = 0; h < p->nhosts; h++)
        if (known[h].version != p->hosts[h].version)
            look_again(p, &p->hosts[h], ask, &known[h]);
    best = p->score->score == NULL ? any_host(p, known) : highest(p, known);
    if (best < 0)
        return -1;
    choose_devices(p, &p->hosts[best], ask, known[best].device, devices);
    vn_host_take(&p->hosts[best], ask, devices);
    return best;
}

void
vn_place_give(struct vn_place *p, const struct vn_ask *ask, int host,
              const int *devices)
{
    vn_host_give(&p->hosts[host], ask, devices);
}
