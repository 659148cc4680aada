/*
 * Whole devices on as few nodes as will do, of nodes that are alike.
 *
 * A job that fits into a node is never split: it goes to the node with fewest
 * free devices that has enough of them.  A wider one needs as many wholly
 * free nodes as it fills, and for the rest, if there is one, the next node in
 * order of free devices, most first, must have enough.  Of nodes that are
 * equally good the one with the lowest number is taken, of devices likewise.
 * So a job may have to wait although enough devices are free.  (The placer of
 * the simulators of Helios, SC 2021, and Lucid, ASPLOS 2023.)
 */
#ifndef SIM_PLACE_CONSOLIDATE_H
#define SIM_PLACE_CONSOLIDATE_H

#include <stdbool.h>

enum {
    VN_CONSOLIDATE_DEVICES = 64 /* of a node, at most */
};

struct vn_consolidate;

struct vn_consolidate *vn_consolidate_alloc(int nodes, int devices_per_node);
void vn_consolidate_free(struct vn_consolidate *c);

/*
 * Take places for n devices, n > 0: devices[i] is a node's number times
 * devices_per_node plus that of the device on it, node by node.  False, and
 * nothing is taken, where there are none.
 */
bool vn_consolidate_take(struct vn_consolidate *c, int n, int *devices);

/* Give them back. */
void vn_consolidate_give(struct vn_consolidate *c, int n, const int *devices);

/* Devices that are free. */
int vn_consolidate_left(const struct vn_consolidate *c);

#endif /* SIM_PLACE_CONSOLIDATE_H */
