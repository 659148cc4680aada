/*
 * The policies that are built in, and the options of any.
 *
 * Families: queue/ gives each job all it asks for or nothing, in an order;
 * share/ divides the cluster among those that run; round/ turns shares of
 * time into rounds.  Policies of strangers: sim/outside/.
 */
#ifndef SIM_POLICY_POLICIES_H
#define SIM_POLICY_POLICIES_H

#include "sim/api/policy.h"

/* All policies, ended by NULL; the first is the default. */
extern const struct vn_policy *const vn_policies[];

/* The policy of that name; fails with VN_EUSAGE and the nearest name. */
enum vn_status vn_policy_find(const char *name,
                              const struct vn_policy **policy,
                              struct vn_error *err);

enum {
    VN_POLICY_OPTIONS_MAX = 32
};

/*
 * Set values[i] to options[i]'s value from words of the form "name=value",
 * the default where none names it; at most VN_POLICY_OPTIONS_MAX.
 */
enum vn_status vn_policy_configure(const struct vn_policy *policy,
                                   const char *const *words, int nwords,
                                   double *values, struct vn_error *err);

#endif /* SIM_POLICY_POLICIES_H */
