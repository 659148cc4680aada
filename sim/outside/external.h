/*
 * Policies that are no part of the tree, by what --policy is given: a path
 * (sim/outside/plugin.h), or `exec:COMMAND` (sim/outside/exec.h).
 */
#ifndef SIM_OUTSIDE_EXTERNAL_H
#define SIM_OUTSIDE_EXTERNAL_H

#include "sim/outside/exec.h"
#include "sim/outside/plugin.h"

/* Does this name one? */
bool vn_external_is(const char *name);

/* Release by vn_external_free(), which leaves built-in policies alone. */
enum vn_status vn_external_open(const char *name,
                                const struct vn_plugin_limits *limits,
                                const struct vn_policy **policy,
                                struct vn_error *err);
/* What confines it, "mpk"; NULL where nothing does, or needs to. */
const char *vn_external_backend(const struct vn_policy *policy);
void vn_external_free(const struct vn_policy *policy);

#endif /* SIM_OUTSIDE_EXTERNAL_H */
