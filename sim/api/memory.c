#include "config.h"

#include "sim/api/memory.h"

#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>

static void *
must(void *p)
{
    if (p == NULL) {
        fputs("a region of the books is full\n", stderr);
        abort();
    }
    return p;
}

struct ed_region *
vn_region(struct ed_domain *domain, enum vn_region region)
{
    return domain == NULL ? NULL : ed_region(domain, (int) region);
}

void *
vn_region_alloc(struct ed_region *region, size_t n, size_t size)
{
    return region == NULL ? vn_xcalloc(n, size)
                          : must(ed_alloc(region, n, size));
}

void *
vn_region_realloc(struct ed_region *region, void *p, size_t n, size_t size)
{
    return region == NULL ? vn_xrealloc(p, n, size)
                          : must(ed_realloc(region, p, n, size));
}

void
vn_region_free(struct ed_region *region, void *p)
{
    if (region == NULL)
        free(p);
    else
        ed_free(region, p);
}
