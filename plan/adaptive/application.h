/*
 * Applications: what is known of the jobs whose batch adapts.
 *
 * Such a job trains one application, with a batch that may change while it
 * runs.  How fast its steps go depends on the devices (surface.h), and what a
 * step is worth on the batch: of larger batches each example teaches less.
 * Progress is counted in *iterations*, of which a step at the initial batch
 * is one; a step at another batch B is
 *
 *     gain = (var + sqr) / (var / scale + sqr),   scale = B / initial batch
 *
 * of them (Pollux, OSDI'21, section 2.2), sqr and var being the squared norm
 * and the variance of the gradient, which were measured by batch and epoch.
 * A job of V virtual nodes and a fixed global batch is the special case in
 * which gain is the same 1 whatever it runs on: its devices change how long a
 * step takes and nothing else.
 *
 * They are read from a folder of tables, each with its place in messages; the
 * column gpu_type may lead where devices are of several types:
 *
 *   applications    application,init_batch_size,max_batch_size,min_local_bsz,
 *                   max_local_bsz,max_epochs,last_epoch_index[,rescale_s]
 *   placements      application,placement,local_bsz,step_time_s,sync_time_s
 *   scalability     application,num_nodes,num_replicas,local_bsz,
 *                   step_time_s,sync_time_s
 *   validation      application,batch_size,epoch_index,progress,iteration,
 *                   grad_sqr,grad_var
 *   epoch_progress  application,epoch,progress_needed
 *   interp_points   application,id, then as scalability
 *   interp_tets     application,v0,v1,v2,v3
 *   interp_faces    as scalability
 *
 * the file of each being NAME.csv.
 */
#ifndef PLAN_ADAPTIVE_APPLICATION_H
#define PLAN_ADAPTIVE_APPLICATION_H

#include "base/error.h"
#include "base/names.h"
#include "plan/adaptive/surface.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    VN_EPOCHS_MAX = 100000
};

/* What a gradient is like: its squared norm, and its variance at the initial
 * batch. */
struct vn_gradient {
    double sqr;
    double var;
};

/* What was measured of a batch at an epoch. */
struct vn_epoch {
    double progress;  /* iterations that were done at its end */
    double iteration; /* steps that it took to get there */
    struct vn_gradient gradient;
};

struct vn_application_batch {
    int64_t batch;
    struct vn_epoch *epochs; /* [nepochs] */
    int nepochs;
};

/* An application on one type of device; absent where surface is NULL. */
struct vn_application_on {
    int64_t min_local; /* examples that a device works on at once */
    int64_t max_local;
    double restart_s; /* seconds that a change of devices costs; NAN: not said
                       */
    struct vn_surface *surface;
};

struct vn_application {
    const char *name;
    int64_t init_batch;
    int64_t max_batch;
    int nepochs;

    /* In order of batch; none where it was not measured. */
    struct vn_application_batch *batches;
    int nbatches;
    double *needed; /* [nepochs + 1]: progress at the end of so many */
    int nneeded;

    struct vn_application_on *on; /* [types of the tables] */
};

struct vn_applications {
    struct vn_names paths; /* of what was read, for messages */
    struct vn_names names; /* of applications */
    struct vn_names types; /* of devices; "" alone where tables name none */
    struct vn_application *of; /* [names.count] */
    int nof;
    uint64_t hash; /* of the tables' bytes */
};

/*
 * Read the tables in `folder`; one that is not there is looked for in `base`,
 * which may be NULL.  Where those in `folder` name types and the tables of
 * `base` do not, faces of `base` are those of each type that has none and
 * whose points are the same.  Start from (struct vn_applications) {0}; frees
 * what it read if it fails.
 */
enum vn_status vn_applications_read(const char *folder, const char *base,
                                    struct vn_applications *applications,
                                    struct vn_error *err);

/*
 * The same of words FOLDER, or FOLDER:BASE where there is no folder of the
 * whole name.
 */
enum vn_status vn_applications_open(const char *words,
                                    struct vn_applications *applications,
                                    struct vn_error *err);

void vn_applications_free(struct vn_applications *applications);

/* The application of that name, or NULL. */
const struct vn_application *
vn_applications_find(const struct vn_applications *applications,
                     const char *name);

/*
 * The same; a name that is not there fails with the nearest, and one whose
 * tables cannot run a job says what they lack.
 */
enum vn_status vn_applications_demand(
    const struct vn_applications *applications, const char *name,
    const struct vn_application **application, struct vn_error *err);

/*
 * What is measured of a batch at an epoch, linear in the batch between those
 * that were; false where it lies outside of them, or the epoch does.
 */
bool vn_application_epoch(const struct vn_application *application,
                          int64_t batch, int epoch, struct vn_epoch *at);

/* How many steps at the initial batch one at `scale` times it is worth. */
double vn_gradient_gain(struct vn_gradient gradient, double scale);

/* How a batch is cut over devices: examples of a device at once, and how often
 * it gathers gradients before a step's last. */
struct vn_cut {
    int64_t atomic;
    int accumulate;
};

/* Seconds of a whole step of a cut, of which `step` is the last part. */
double vn_cut_step_s(struct vn_cut cut, struct vn_step step);

/*
 * Cut a fixed batch over `replicas` > 0 devices.  max_local: the most that a
 * device can hold.  On one device a batch above the initial one is cut in two
 * at least, without which its gradient's variance cannot be estimated.
 */
struct vn_cut vn_application_cut(const struct vn_application *application,
                                 int64_t max_local, int64_t batch,
                                 int replicas);

/*
 * Seconds of a step of a fixed batch on n > 0 devices of a type, at most
 * per_node of them on a node; INFINITY where the tables do not tell.
 */
double vn_application_step_s(const struct vn_application *application,
                             const struct vn_application_on *on, int64_t batch,
                             int n, int per_node);

/*
 * Steps of a fixed batch until the last epoch has ended: of each epoch the
 * iterations that it needs, divided by the gain of a step.  INFINITY where the
 * batch lies outside of those measured.
 */
double vn_application_steps(const struct vn_application *application,
                            int64_t batch);

/*
 * The same where the batch may be whatever suits the devices, and progress is
 * counted in steps of `batch` all the same: the seconds that training takes
 * with the best of fifty batches, in geometric sequence from the least to the
 * largest, and `batch` itself, divided by vn_application_steps() of `batch`;
 * INFINITY where these are.
 */
double vn_application_best_step_s(const struct vn_application *application,
                                  const struct vn_application_on *on,
                                  int64_t batch, int n, int per_node);

#endif /* PLAN_ADAPTIVE_APPLICATION_H */
