/*
 * What the paper on VirtualFlow (Or, Zhang and Freedman, arXiv 2009.09523)
 * claims, beside what comes out here: as published, as its authors' own logs
 * say, as replayed from their profiles, and as measured on this machine.  Each
 * has a column of its own, and none enters another.
 */
#ifndef REPLAY_CLAIMS_CLAIMS_H
#define REPLAY_CLAIMS_CLAIMS_H

#include "base/error.h"
#include "replay/experiment/experiment.h"

#include <stdint.h>

/*
 * Elasticity and unlike devices: the experiments of virtualflow-* are run
 * again from the tables in `folder`;
 * paths, of tables that the error may name, outlive it.
 */
enum vn_status vn_claims_replay(const char *folder, struct vn_paths *paths,
                                struct vn_findings *findings,
                                struct vn_error *err);

/* How much is measured. */
struct vn_claims_effort {
    const char *vnexec; /* the executor */
    const char *model;
    const char *data;
    int64_t steps; /* of each training */
    int64_t seeds;
};

/*
 * Convergence, memory and inference: trainings by vnexec, each seed and number
 * of virtual nodes under several mappings.  *differed counts mappings that did
 * not give the bits of the first.
 */
enum vn_status vn_claims_measure(const struct vn_claims_effort *effort,
                                 struct vn_findings *findings, int *differed,
                                 struct vn_error *err);

#endif /* REPLAY_CLAIMS_CLAIMS_H */
