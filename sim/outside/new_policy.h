/* `vnsim new-policy NAME`: a first policy of one's own, with its Makefile. */
#ifndef SIM_OUTSIDE_NEW_POLICY_H
#define SIM_OUTSIDE_NEW_POLICY_H

#include "base/error.h"

/* Write NAME/NAME.c and NAME/Makefile, as argv says after the command's name;
 * what is there already is kept, and refused. */
enum vn_status vn_new_policy(int argc, char **argv, struct vn_error *err);

#endif /* SIM_OUTSIDE_NEW_POLICY_H */
