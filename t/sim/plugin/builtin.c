/* A built-in policy, POLICY, as a plug-in: the same table, exported. */
#include "sim/api/policy.h"

#include "base/xalloc.h"
#include "sim/api/memory.h"

#include <stdlib.h>

extern const struct vn_policy POLICY;

/* Its own memory is in no region of the books (sim/api/memory.h). */
void *
vn_region_realloc(struct ed_region *region, void *p, size_t n, size_t size)
{
    (void) region;
    return vn_xrealloc(p, n, size);
}

void
vn_region_free(struct ed_region *region, void *p)
{
    (void) region;
    free(p);
}

VN_POLICY_EXPORT(POLICY);
