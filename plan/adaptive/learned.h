/*
 * What a job has learned of itself on one type of device: the steps that it
 * has seen, one for each (nodes, replicas, atomic batch), and the model that
 * fits them (fit.h), renewed with each that is new.
 */
#ifndef PLAN_ADAPTIVE_LEARNED_H
#define PLAN_ADAPTIVE_LEARNED_H

#include "plan/adaptive/fit.h"

struct vn_learned {
    struct vn_fit_point *points;
    int npoints;
    int room;
    int most; /* devices of a point */
    struct vn_goodput_model model;
};

/* Start from (struct vn_learned) {0}. */
void vn_learned_free(struct vn_learned *learned);

/* The model, or NULL before any step was seen. */
const struct vn_goodput_model *
vn_learned_model(const struct vn_learned *learned);

/* A step is seen; fails as vn_fit() does. */
enum vn_status vn_learned_see(struct vn_learned *learned,
                              struct vn_fit_point point, struct vn_error *err);

#endif /* PLAN_ADAPTIVE_LEARNED_H */
