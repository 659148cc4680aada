/*
 * The run under equal shares that finish-time fairness goes by
 * (sim/engine/fairness.h), whatever policy is then measured.
 */
#ifndef SIM_EQUAL_SHARE_H
#define SIM_EQUAL_SHARE_H

#include "sim/engine/engine.h"

/*
 * Replay the jobs of a source, which is then at its end, under `fair`, with
 * all else as in a configuration; *present is the mean over time, from the
 * first submission to the last finish, of the jobs present, at least 1.  Fails
 * where no job finishes so.
 */
enum vn_status vn_equal_share_present(const struct vn_engine_config *like,
                                      struct vn_source source, double *present,
                                      struct vn_error *err);

#endif /* SIM_EQUAL_SHARE_H */
