/*
 * How long a step of an application takes, as it was measured: by placement
 * and by the examples that each device works on at once (its *atomic batch*).
 *
 * A placement is the number of devices on each node that the job stands on,
 * in the nodes' order; a rotation of it is the same placement.  Where it was
 * measured, times are linear in the batch between its measured batches.  Any
 * other is interpolated over (nodes, devices, batch) in tetrahedra that the
 * tables give, after a list of queries whose value is known (on faces where
 * neighbouring tetrahedra do not agree).  Outside of these there is no
 * answer: that a placement was not measured is not to be guessed away.
 *
 * Source: the tables and interpolation of Pollux' artifact (OSDI'21).
 */
#ifndef PLAN_ADAPTIVE_SURFACE_H
#define PLAN_ADAPTIVE_SURFACE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    VN_SURFACE_NODES = 16,     /* more are taken as so many */
    VN_SURFACE_REPLICAS = 1024 /* devices of a point, at most */
};

/* Seconds of a step of which no gradient is accumulated, and how much of it
 * is synchronisation. */
struct vn_step {
    double step_s; /* > 0 */
    double sync_s; /* 0 .. step_s */
};

/* A measured point of (nodes, devices, batch). */
struct vn_surface_point {
    int nodes;
    int replicas;
    int64_t batch;
    struct vn_step time;
};

struct vn_surface;

struct vn_surface *vn_surface_alloc(void);
void vn_surface_free(struct vn_surface *surface);

/*
 * What readers add, each in any order: a measurement of a placement by its
 * key (vn_surface_key()); a measurement of which only the numbers of nodes
 * and devices are known; a vertex, whose number is the count of those before
 * it; a tetrahedron of four vertices that are there, false where it is flat;
 * a query that is known.  _ready() when all are there: it sorts them, and
 * gives the line of a placement and batch that is there twice, or 0.
 */
void vn_surface_add_placement(struct vn_surface *surface, int64_t key,
                              int64_t batch, struct vn_step time, long line);
void vn_surface_add_scalability(struct vn_surface *surface,
                                struct vn_surface_point point);
void vn_surface_add_vertex(struct vn_surface *surface,
                           struct vn_surface_point point);
bool vn_surface_add_tetrahedron(struct vn_surface *surface,
                                const int vertex[4]);
void vn_surface_add_face(struct vn_surface *surface,
                         struct vn_surface_point point);
long vn_surface_ready(struct vn_surface *surface);

int vn_surface_vertices(const struct vn_surface *surface);
int vn_surface_faces(const struct vn_surface *surface);

/* Do two interpolate over the same vertices? */
bool vn_surface_alike(const struct vn_surface *a, const struct vn_surface *b);

/* Let `to` know the queries that `from` knows. */
void vn_surface_copy_faces(struct vn_surface *to,
                           const struct vn_surface *from);

/*
 * The name of a placement: its first rotation in lexicographic order, a digit
 * for each node.  -1 where it has none (more than nine devices on a node,
 * more than eighteen nodes) and so cannot have been measured.
 */
int64_t vn_surface_key(const int *placement, int nodes);

/*
 * The time of a step with `batch` > 0 examples on each device; false where
 * the tables do not tell.
 */
bool vn_surface_time(const struct vn_surface *surface, const int *placement,
                     int nodes, int64_t batch, struct vn_step *time);

/*
 * The largest batch measured of this placement, or where it was not measured,
 * on at least as many nodes and devices; 0 where there is none.
 */
int64_t vn_surface_largest(const struct vn_surface *surface,
                           const int *placement, int nodes);

/* The largest batch measured of any placement of so many devices, or 0. */
int64_t vn_surface_largest_of(const struct vn_surface *surface, int replicas);

#endif /* PLAN_ADAPTIVE_SURFACE_H */
