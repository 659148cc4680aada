/* vnsim share: jobs that share devices, placed by a score. */
#ifndef SIM_SHARE_H
#define SIM_SHARE_H

#include "base/error.h"

/* argc, argv: what follows `vnsim`, of which the first is the command. */
enum vn_status vn_share_command(int argc, char **argv, struct vn_error *err);

#endif /* SIM_SHARE_H */
