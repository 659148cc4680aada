#include "config.h"

#include "sim/outside/external.h"

bool
vn_external_is(const char *name)
{
    return vn_exec_is(name) || vn_plugin_is_path(name);
}

enum vn_status
vn_external_open(const char *name, const struct vn_plugin_limits *limits,
                 const struct vn_policy **policy, struct vn_error *err)
{
    return vn_exec_is(name) ? vn_exec_open(name, limits, policy, err)
                            : vn_plugin_open(name, limits, policy, err);
}

const char *
vn_external_backend(const struct vn_policy *policy)
{
    const char *backend = vn_plugin_backend(policy);

    return backend != NULL ? backend : vn_exec_backend(policy);
}

void
vn_external_free(const struct vn_policy *policy)
{
    if (policy != NULL && policy->enclose != NULL)
        vn_plugin_free(policy);
    else
        vn_exec_free(policy);
}
