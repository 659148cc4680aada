/*
 * Clusters and pods in the tables of openb, Alibaba's cluster of 2023:
 *
 *     sn,cpu_milli,memory_mib,gpu,model                         hosts
 *     name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec      pods
 *
 * The tables of cases have a name of a host beside its number, a column pod
 * instead of name, and clones of pods, whose names end in -tuned-N, behind
 * those that were drawn from.  gpu_spec may be missing.
 */
#ifndef REPLAY_EXPERIMENT_OPENB_H
#define REPLAY_EXPERIMENT_OPENB_H

#include "base/error.h"
#include "base/names.h"
#include "sim/place/place.h"

#include <stddef.h>

struct vn_openb {
    char **host_names; /* in order of name, as are the hosts */
    struct vn_host *hosts;
    int nhosts;
    int64_t devices; /* of all hosts */

    char **pod_names; /* in the order of the rows */
    struct vn_ask *asks;
    int npods;
    int originals; /* of them, those that are no clones */

    struct vn_names types; /* of devices */
    struct vn_usual *usual;
    int nusual;
};

/*
 * Read both tables, whose paths must outlive err; the usual requests are
 * those that make up 95 % of the originals.  Release with vn_openb_free(),
 * also after a failure.
 */
enum vn_status vn_openb_read(const char *hosts, const char *pods,
                             struct vn_openb *openb, struct vn_error *err);
void vn_openb_free(struct vn_openb *openb);

#endif /* REPLAY_EXPERIMENT_OPENB_H */
