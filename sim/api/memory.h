/*
 * Memory of the books: in a region of the domain that a plug-in is confined
 * by, or, where there is none (region is NULL), the program's own.  As with
 * base/xalloc.h it does not run out: a region that is full aborts.
 */
#ifndef SIM_API_MEMORY_H
#define SIM_API_MEMORY_H

#include "enclavedom/enclavedom.h"

#include <stddef.h>

/*
 * The regions of a plug-in's domain.  What its functions may touch of each is
 * said in sim/outside/rules.h.
 */
enum vn_region {
    VN_REGION_PLUGIN = ED_PLUGIN,
    VN_REGION_LEDGER,  /* jobs, the clock that a policy reads */
    VN_REGION_CLUSTER, /* who holds which devices */
    VN_REGION_EVENTS,  /* the heap of events */
    VN_REGION_ENGINE,  /* the engine: its inputs, and what comes next */
    VN_REGION_RESULTS, /* what has ended, was held and is summed up so far */
    VN_REGION_RANDOM, /* streams of random numbers, and what they will bring */
    VN_REGION_ANSWER, /* the answer, as the plug-in gives it */
    VN_REGIONS
};

/* The region of that number, or NULL where domain is. */
struct ed_region *vn_region(struct ed_domain *domain, enum vn_region region);

/* n zeroed objects of size bytes. */
void *vn_region_alloc(struct ed_region *region, size_t n, size_t size);

/* p, resized; what was added is not set. */
void *vn_region_realloc(struct ed_region *region, void *p, size_t n,
                        size_t size);

void vn_region_free(struct ed_region *region, void *p);

#endif /* SIM_API_MEMORY_H */
