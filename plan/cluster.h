/*
 * A cluster: nodes with devices, of one or several types.
 *
 * It is read from a table
 *
 *     device_type,nodes,devices_per_node
 *     v100,16,8
 *
 * with the optional columns memory_bytes, intra_node_bytes_per_s,
 * inter_node_bytes_per_s, latency_s, mtbf_s, mttr_s, or written inline as
 * `v100:16x8,p100:4x4` (type:nodes x devices a node; `v100:4` is one node).
 * cpu_milli and memory_mib say what a node has of these.  A list of nodes as
 * that of openb, Alibaba's cluster of 2023, is read too:
 *
 *     sn,cpu_milli,memory_mib,gpu,model
 *
 * and so is Tiresias' cluster_spec (num_switch,num_node_p_switch,
 * num_gpu_p_node,...), whose type is called gpu.
 *
 * A type may stand on several rows, where its nodes differ in size; what is
 * said of the type must then agree.  Its name may have attributes, as vnexec
 * names devices: `host:2,host:slow=2.5:1`.
 */
#ifndef PLAN_CLUSTER_H
#define PLAN_CLUSTER_H

#include "base/error.h"
#include "base/number.h"

#include <stdint.h>

enum {
    VN_TYPES_MAX = 64 /* device types in a cluster */
};

/* What is known of one type; a quantity that was not given is 0. */
struct vn_device_type {
    char *name;
    int devices; /* over all its nodes */
    int64_t memory_bytes;
    double intra_node_bytes_per_s; /* of one link, each way */
    double inter_node_bytes_per_s;
    double latency_s; /* of one message between nodes */
    double mtbf_s;    /* mean time between failures of one device */
    double mttr_s;    /* mean time to its repair */
};

/* Nodes that are alike. */
struct vn_node_group {
    int type;
    int nodes;
    int devices_per_node;
    int64_t cpu_milli; /* of a node; 0: not given */
    int64_t memory_mib;
};

struct vn_cluster {
    struct vn_device_type *types; /* in order of first appearance */
    int ntypes;
    struct vn_node_group *groups; /* in the order of the rows */
    int ngroups;
    int devices; /* over all types */
    int nodes;
};

/*
 * Read `what`: inline where it contains a ':' and names no file, else a
 * table's path, which must outlive err.  Release with vn_cluster_free().
 */
enum vn_status vn_cluster_read(const char *what, struct vn_cluster *cluster,
                               struct vn_error *err);

void vn_cluster_free(struct vn_cluster *cluster);

/* The number of the type of that name, or of one that differs in capitals
 * alone; or -1. */
int vn_cluster_type(const struct vn_cluster *cluster, const char *name);

/* The type of a device, counted over all types from 0; the last of a number
 * beyond them. */
int vn_cluster_type_at(const struct vn_cluster *cluster, int device);

/* A hash of what the cluster is, whatever file or words it came from. */
uint64_t vn_cluster_hash(const struct vn_cluster *cluster);

#endif /* PLAN_CLUSTER_H */
