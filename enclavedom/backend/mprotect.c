/*
 * The rules by page protections, in one address space: correct for one thread,
 * and slow in proportion to what the regions hold.  Other domains that are
 * open are closed, all of each.  What is in no region (the program's own data,
 * and the monitor) stays open to the plug-in.
 */
#include "config.h"

#include "enclavedom/backend/backend.h"

#include <stdlib.h>
#include <sys/mman.h>

static int
protection(uint32_t rights, int region)
{
    switch (rights >> (2 * region) & 3) {
    case 0:
        return PROT_NONE;
    case 1:
        return PROT_READ;
    default:
        return PROT_READ | PROT_WRITE;
    }
}

/* What of a region was never handed out is closed anyway (region.c). */
static void
protect(struct ed_domain *d, int region, int how)
{
    struct ed_region *r = &d->regions[region];

    if (mprotect(r->base, *r->open, how) != 0)
        abort();
}

static void
protect_some(struct ed_domain *d, uint32_t rights, uint32_t changed)
{
    for (int i = ED_PLUGIN + 1; i < d->config.nregions; i++)
        if ((changed >> (2 * i) & 3) != 0)
            protect(d, i, protection(rights, i));
}

static void
protect_all(struct ed_domain *d, int how)
{
    for (int i = ED_PLUGIN + 1; i < d->config.nregions; i++)
        protect(d, i, how);
}

static void
for_others(const struct ed_domain *d, bool (*act)(struct ed_domain *))
{
    for (struct ed_domain *o = ed_domains_first(); o != NULL; o = o->next)
        if (o != d && !act(o))
            abort();
}

static void
mprotect_enter(struct ed_domain *d)
{
    for_others(d, ed_regions_shut);
    protect_all(d, PROT_NONE);
    ed_selector = 1;
}

static void
mprotect_leave(struct ed_domain *d)
{
    ed_selector = 0;
    protect_all(d, PROT_READ | PROT_WRITE);
    for_others(d, ed_regions_unshut);
}

static void
mprotect_grant(struct ed_domain *d, uint32_t rights)
{
    protect_some(d, rights, rights);
}

static void
mprotect_revoke(struct ed_domain *d)
{
    protect_some(d, 0, d->config.functions[d->live->function].rights);
}

const struct ed_backend ed_backend_mprotect = {
    .name = "mprotect",
    .summary = "page protections: for tests; slow where regions are large",
    .confines = true,
    .handlers = true,
    .paged = true,
    .enter = mprotect_enter,
    .leave = mprotect_leave,
    .grant = mprotect_grant,
    .revoke = mprotect_revoke,
};
