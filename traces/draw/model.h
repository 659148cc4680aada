/*
 * What drawn jobs train: a mix of a profile's models, so that every policy,
 * those that need step times too, can be replayed on drawn arrivals.
 *
 * A job is drawn as a recorded one first.  A model is then drawn of the mix,
 * of those that the profile has a time for on as many devices of the
 * reference type as the job asks for, and the job gets as many steps as take
 * its duration there.  Its global batch is a fixed number of examples for
 * each device that it asks for, split over as many virtual nodes as it has
 * devices, or a multiple of them.
 */
#ifndef TRACES_DRAW_MODEL_H
#define TRACES_DRAW_MODEL_H

#include "plan/cluster.h"
#include "plan/pricing.h"
#include "traces/trace.h"

/* A part of the mix. */
struct vn_model_part {
    int model;     /* the profile's number */
    int name;      /* the trace's */
    int64_t batch; /* examples for each device */
    double share;
};

struct vn_models {
    struct vn_model_part *parts;
    int nparts;
    int per_device; /* virtual nodes */
    int type;       /* of the cluster: the reference */
    const struct vn_cluster *cluster;
    const struct vn_profile *profile;
    struct vn_pricing *pricing;
    int *devices; /* by type, for one question */
};

/*
 * Read "MODEL[@BATCH]:SHARE,...": MODEL may be a pattern of the shell (`*` is
 * all of them), whose share is divided among those that it names; shares are 1
 * where they are left out.  BATCH is of examples for each device; without it
 * the largest profiled batch of the reference type, or what the model's name
 * says as Gavel's do, "(batch size 16)".  reference names a type of the
 * cluster, or is NULL for the first; cluster and profile are kept.  Names are
 * entered in names.  Fails with VN_EUSAGE and what was expected.
 */
enum vn_status vn_models_read(struct vn_models *models, const char *text,
                              const struct vn_cluster *cluster,
                              const struct vn_profile *profile,
                              const char *reference, int per_device,
                              struct vn_names *names, struct vn_error *err);

void vn_models_free(struct vn_models *models);

/*
 * Fails, with VN_EINVAL and the number, where no model of the mix has a time
 * on so many devices of the reference type.
 */
enum vn_status vn_models_check(struct vn_models *models, int devices,
                               struct vn_error *err);

/* Turn a recorded job into one that trains what u in [0, 1) falls into; the
 * check above holds of its devices. */
void vn_models_give(struct vn_models *models, double u, struct vn_job *job);

#endif /* TRACES_DRAW_MODEL_H */
