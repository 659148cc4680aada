/*
 * The policies that are built in, and the options of any.
 *
 * Families: queue/ gives each job all it asks for or nothing, in an order;
 * share/ divides the cluster among those that run; round/ turns shares of
 * time into rounds.  Policies of strangers: sim/outside/.
 */
#ifndef SIM_POLICY_POLICIES_H
#define SIM_POLICY_POLICIES_H

#include "base/digest.h"
#include "sim/api/policy.h"

/* All policies, ended by NULL; the first is the default. */
extern const struct vn_policy *const vn_policies[];

/* The policy of that name; fails with VN_EUSAGE and the nearest name. */
enum vn_status vn_policy_find(const char *name,
                              const struct vn_policy **policy,
                              struct vn_error *err);

/*
 * Pollux and Sia have two names, one where batches adapt (--profile
 * adapt=TABLES) and one where they are fixed: the policy by that of the two
 * that holds; any other policy itself.
 */
const struct vn_policy *vn_policy_form(const struct vn_policy *policy,
                                       bool batches_adapt);

/* The same; that it is not what was asked for is said on standard error, by
 * the program of that name. */
const struct vn_policy *vn_policy_settle(const char *program,
                                         const struct vn_policy *policy,
                                         bool batches_adapt);

/* Is it Pollux or Sia, whose authors' also change a job's batch? */
bool vn_policy_is_adaptive(const char *name);

/* Does the built-in policy of that name give jobs other numbers of devices
 * than they ask for?  What goes by rounds may, and seldom does: false. */
bool vn_policy_is_elastic(const char *name);

/* Does the built-in policy of that name decline jobs? */
bool vn_policy_declines(const char *name);

/*
 * What the built-in policy of that name goes by of jobs (vn_policy.knows);
 * NULL where there is none of that name, or nobody says.
 */
const char *vn_policy_goes_by(const char *name);

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

/* Does "name=value" set an option of this policy? */
bool vn_policy_knows(const struct vn_policy *policy, const char *word);

/*
 * Words that set options as results name them: one each, the last, in the
 * order of the policy's table, "a=1 b=2".  The caller's; NULL for none.
 */
char *vn_policy_words(const struct vn_policy *policy, const char *const *words,
                      int nwords);

/* A digest of the files that options of text name; "" where none does. */
enum vn_status vn_policy_digest(const struct vn_policy *policy,
                                const double *values,
                                char text[VN_DIGEST_TEXT],
                                struct vn_error *err);

#endif /* SIM_POLICY_POLICIES_H */
