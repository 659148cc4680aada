/*
 * Waiting jobs on a cluster of several device types: those that may run on
 * any type, and those that may run on one only, each an index of its own.
 */
#ifndef SIM_POOL_H
#define SIM_POOL_H

#include "sim/policy.h"
#include "sim/waiting.h"

struct vn_pool {
    struct vn_waiting *lines; /* [0] any type, [1 + t] only type t */
    int ntypes;
};

/* A waiting job that came first. */
struct vn_pick {
    int job; /* -1 if there is none */
    struct vn_key key;
    int demand;
    int only; /* its only type, or -1 */
};

void vn_pool_init(struct vn_pool *pool, const struct vn_view *view);
void vn_pool_free(struct vn_pool *pool);

/* Add a job, by key, with the devices that it asks for. */
void vn_pool_add(struct vn_pool *pool, const struct vn_view *view, int job,
                 struct vn_key key);

/* The first job that fits where free[type] devices are free of each type. */
struct vn_pick vn_pool_first(const struct vn_pool *pool, const int *free);

/* The first job of all. */
struct vn_pick vn_pool_head(const struct vn_pool *pool);

/* Take the job of a pick away. */
void vn_pool_take(struct vn_pool *pool, const struct vn_pick *pick);

/* The first type with that many free devices, of `only` or of all; or -1. */
int vn_pool_fit(const struct vn_pool *pool, const int *free, int only,
                int demand);

#endif /* SIM_POOL_H */
