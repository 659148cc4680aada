/*
 * Policies from outside the tree: `--policy ./mine.so`.
 *
 * A plug-in looks to the engine like any policy.  Its engine keeps its books
 * in the regions of a domain, and every call of the policy enters the domain
 * (enclavedom/enclavedom.h); what it may call there is in sim/outside/rules.h,
 * and what it is written against in virtualflow/policy.h.
 */
#ifndef SIM_OUTSIDE_PLUGIN_H
#define SIM_OUTSIDE_PLUGIN_H

#include "enclavedom/enclavedom.h"
#include "sim/api/policy.h"

struct vn_plugin_limits {
    const struct ed_backend *backend; /* NULL for the default */
    vn_time call_us;                  /* 0 for 1 s */
    size_t memory_bytes;              /* 0 for 256 MiB, or, of exec:, any */
    size_t stack_bytes;               /* 0 for 1 MiB, or, of exec:, any */
    int files;                        /* of exec:, open at once; 0 for any */
    const char *transcript;           /* of an exec: policy, a path, or NULL */
};

/* Is this the name of a shared object, rather than of a policy? */
bool vn_plugin_is_path(const char *name);

/*
 * Read a plug-in's table; none of its code runs before an engine is made.
 * The policy is for any number of engines, one after another or at once, and
 * is released by vn_plugin_free() after them.
 */
enum vn_status vn_plugin_open(const char *path,
                              const struct vn_plugin_limits *limits,
                              const struct vn_policy **policy,
                              struct vn_error *err);

/* A policy that vn_plugin_open() gave, or NULL; others are left alone. */
void vn_plugin_free(const struct vn_policy *policy);

/* The backend that confines it, or NULL where it is none of ours. */
const char *vn_plugin_backend(const struct vn_policy *policy);

#endif /* SIM_OUTSIDE_PLUGIN_H */
