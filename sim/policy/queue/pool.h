/*
 * Waiting jobs on a cluster of several device types: those that can run on the
 * same types are an index of their own.
 */
#ifndef SIM_POLICY_QUEUE_POOL_H
#define SIM_POLICY_QUEUE_POOL_H

#include "sim/api/policy.h"
#include "sim/policy/queue/waiting.h"

/* Those that can run on these types, a bit each. */
struct vn_line {
    uint64_t types;
    struct vn_waiting waiting;
};

struct vn_pool {
    struct vn_line *lines; /* of different types, as they came up */
    int nlines;
    int ntypes;
};

/* A waiting job that came first. */
struct vn_pick {
    int job; /* -1 if there is none */
    struct vn_key key;
    int demand;
    int line;
    uint64_t types; /* that it can run on */
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

/* The types that a job can run on, a bit each. */
uint64_t vn_pool_types(const struct vn_pool *pool, const struct vn_view *view,
                       int job);

/* The first of these types with that many free devices; or -1. */
int vn_pool_fit(const struct vn_pool *pool, const int *free, uint64_t types,
                int demand);

#endif /* SIM_POLICY_QUEUE_POOL_H */
