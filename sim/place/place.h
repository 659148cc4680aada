/*
 * On which host, and on which of its devices, does a job go?
 *
 * Of the hosts on which it fits, the one with the highest score, the first of
 * several.  A rule gives the score, a whole number from 0 to 100, and for a
 * job that wants a part of a device may say which; whole devices are the
 * lowest free ones.  The scores of a host hold until something changes on
 * it, and are kept for each request that has been met, so that a decision
 * costs what has changed since the last like it.
 *
 * To add a rule, write sim/place/NAME.c ending in one struct vn_score, name
 * it in vn_scores (place.c) and in sim/local.mk, and its words in
 * t/sim/place.c.
 */
#ifndef SIM_PLACE_PLACE_H
#define SIM_PLACE_PLACE_H

#include "base/error.h"
#include "base/rng.h"
#include "sim/place/fragmentation.h"
#include "sim/place/hosts.h"

enum {
    VN_CPU_LARGEST = 128000, /* of any host, by which rules measure */
    VN_MILLI_LARGEST = 8 * VN_MILLI
};

/* A score rounded down, within 0 to 100. */
int vn_score_clamp(double score);

/* What a rule may know beside the host and the job. */
struct vn_outlook {
    const struct vn_usual *usual; /* the usual requests */
    int nusual;
};

struct vn_score {
    const char *name;
    const char *summary; /* one line */

    /*
     * How well the job would stand on the host, where it fits: 0 to 100.  Of
     * a job that shares a device, *device says which; it comes as the one
     * with least left.  NULL: a host is drawn, and a device for a share.
     */
    int (*score)(const struct vn_outlook *outlook, const struct vn_host *host,
                 const struct vn_ask *ask, int *device);
};

/* All rules, ended by NULL. */
extern const struct vn_score *const vn_scores[];

/* The rule of that name, or fail with VN_EUSAGE. */
enum vn_status vn_score_find(const char *name, const struct vn_score **score,
                             struct vn_error *err);

struct vn_place;

/* The hosts are copied; the outlook's requests are kept. */
struct vn_place *vn_place_alloc(const struct vn_score *score,
                                const struct vn_host *hosts, int nhosts,
                                const struct vn_outlook *outlook,
                                uint64_t seed);
void vn_place_free(struct vn_place *place);

/*
 * Find a place for a job and take it: returns the host and sets devices[0 ..
 * ask->devices), or returns -1 where it fits nowhere.  The request must be of
 * the form that struct vn_ask describes.
 */
int vn_place_take(struct vn_place *place, const struct vn_ask *ask,
                  int *devices);

/* A job leaves. */
void vn_place_give(struct vn_place *place, const struct vn_ask *ask, int host,
                   const int *devices);

/* The hosts as they stand; borrowed. */
const struct vn_host *vn_place_hosts(const struct vn_place *place);

#endif /* SIM_PLACE_PLACE_H */
