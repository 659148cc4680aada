/*
 * Weighted values, each with its share of the jobs: a mix, as options call it.
 */
#ifndef TRACES_DRAW_WEIGHTED_H
#define TRACES_DRAW_WEIGHTED_H

#include "base/error.h"
#include "base/names.h"

#include <stdbool.h>

enum {
    VN_WEIGHTED_MAX = 1024 /* values in a mix */
};

struct vn_part {
    double value;
    double share;
    double below; /* the shares before it, once it is settled */
};

/* Start from (struct vn_weighted) {0}. */
struct vn_weighted {
    struct vn_part *parts; /* owned; NULL where there are none */
    int n;
};

/* What a mix of the command line may hold. */
struct vn_weighted_form {
    const char *option; /* for messages */
    double min;
    double max;
    bool whole;
    struct vn_names *names; /* values are names, numbered here; or NULL */
};

void vn_weighted_free(struct vn_weighted *mix);

/*
 * Read "VALUE:SHARE,VALUE:SHARE,..."; shares are above 0, and 1
 * where they are left out.  A mix that was there is replaced.
 */
enum vn_status vn_weighted_read(struct vn_weighted *mix, const char *text,
                                const struct vn_weighted_form *form,
                                struct vn_error *err);

/* Count a value once more; false where it is new and there is no room. */
bool vn_weighted_count(struct vn_weighted *mix, double value);

/* Add a value with its share. */
void vn_weighted_add(struct vn_weighted *mix, double value, double share);

/* Put the values in order. */
void vn_weighted_order(struct vn_weighted *mix);

/* The same, and make the shares add up to 1. */
void vn_weighted_settle(struct vn_weighted *mix);

/* The value, of a settled mix of at least one, into which u in [0, 1) falls.
 */
double vn_weighted_at(const struct vn_weighted *mix, double u);

#endif /* TRACES_DRAW_WEIGHTED_H */
