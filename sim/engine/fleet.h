/*
 * The fleet: devices by number, on their nodes, and who has each.
 *
 * The books count devices; the fleet is there where it matters which they
 * are: for placement, for faults, for slow devices, and to write plans.
 * Placements are
 *
 *     none         the lowest numbers that nobody has; distance costs nothing
 *     consolidate  the fullest node that holds them all, else the emptiest
 *                  nodes first
 *     spread       one after another on the node with most that nobody has
 *     strict       the fullest node that holds them all; more than a node has
 *                  are whole nodes and the emptiest for the rest; while there
 *                  are none such there is no place (sim/place/consolidate.h)
 *
 * Devices of a type are numbered from 0, node by node.
 */
#ifndef SIM_ENGINE_FLEET_H
#define SIM_ENGINE_FLEET_H

#include "base/error.h"
#include "plan/cluster.h"
#include "sim/api/memory.h"

#include <stdbool.h>

enum vn_placement {
    VN_PLACEMENT_NONE,
    VN_PLACEMENT_CONSOLIDATE,
    VN_PLACEMENT_SPREAD,
    VN_PLACEMENT_STRICT /* nodes of a type are alike */
};

/* Their names, ended by NULL. */
extern const char *const vn_placements[];

struct vn_fleet;

/* cluster is kept; region is where, as of sim/api/memory.h. */
struct vn_fleet *vn_fleet_alloc(const struct vn_cluster *cluster,
                                enum vn_placement placement,
                                struct ed_region *region);
void vn_fleet_free(struct vn_fleet *fleet);

/*
 * The job in `slot` has this many devices of the type.  Those that it gives
 * up are free, or leave under this handle (at least 0) until they are
 * released.  There must be as many free as it gains, and a place for them.
 */
void vn_fleet_set(struct vn_fleet *fleet, int slot, int type, int devices,
                  int handle);
void vn_fleet_released(struct vn_fleet *fleet, int handle);

/* Is there a place for so many devices of a type?  Where placement is not
 * strict, wherever there are as many free. */
bool vn_fleet_has_place(const struct vn_fleet *fleet, int type, int devices);

/* The i-th device that a job has of a type, in the order of numbers. */
int vn_fleet_device(const struct vn_fleet *fleet, int slot, int type, int i);

/* The job trains on all the devices that it has now, or on none; those that
 * it gains later do not work until this is said again. */
void vn_fleet_work(struct vn_fleet *fleet, int slot, bool all);

/* Does the job work on devices of more nodes than it needs?  Never where
 * placement is none. */
bool vn_fleet_is_spread(const struct vn_fleet *fleet, int slot);

/* The slowdown of the slowest device that works for the job; 1 where none
 * does, less where all are faster than their profile. */
double vn_fleet_slowdown(const struct vn_fleet *fleet, int slot);

/*
 * Of the host on which most devices are busy, that is had by jobs, among those
 * on which the job works: how many are, and on how many of them it works.
 * Types whose names are the same up to a ':' (`host`, `host:slow=2`) stand in
 * the same hosts, node by node.
 */
void vn_fleet_crowd(const struct vn_fleet *fleet, int slot, int *busy,
                    int *own);

/* A device takes `slowdown` times as long from now on; the slot that has it,
 * or -1. */
int vn_fleet_slow(struct vn_fleet *fleet, int type, int device,
                  double slowdown);

/*
 * A device, which is not being released, fails, and nobody has it any more:
 * the slot that had it, or -1.
 */
int vn_fleet_fail(struct vn_fleet *fleet, int type, int device);
void vn_fleet_repair(struct vn_fleet *fleet, int type, int device);

/* Did a device fail, and was not repaired yet? */
bool vn_fleet_is_down(const struct vn_fleet *fleet, int type, int device);

/* Is a device being released?  (It can then not be taken yet.) */
bool vn_fleet_is_leaving(const struct vn_fleet *fleet, int type, int device);

/* Nodes of a type, and the devices of one: from *first on, *count. */
int vn_fleet_nodes(const struct vn_fleet *fleet, int type);
void vn_fleet_node(const struct vn_fleet *fleet, int type, int node,
                   int *first, int *count);

#endif /* SIM_ENGINE_FLEET_H */
