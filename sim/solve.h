/* vnsim solve: the best split of a global batch over unlike devices. */
#ifndef SIM_SOLVE_H
#define SIM_SOLVE_H

#include "base/error.h"

/* argc, argv: what follows `vnsim solve`. */
enum vn_status vn_solve_command(int argc, char **argv, struct vn_error *err);

#endif /* SIM_SOLVE_H */
