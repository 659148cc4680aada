/*
 * Where a result comes from: the program with the commit it was built from,
 * its command line, the date and the host.
 */
#ifndef BASE_STORE_ORIGIN_H
#define BASE_STORE_ORIGIN_H

#include "base/store/schema.h"

struct vn_origin {
    char *command; /* as a shell would take it again; NULL where unknown */
    char date[sizeof "2026-01-02T03:04:05Z"];
    char host[256];
};

/*
 * Take down this process, this machine and now, and set the run's version,
 * command, date and host, borrowed from origin.  Release by
 * vn_origin_free().
 */
void vn_origin_take(struct vn_origin *origin, struct vn_store_run *run);
void vn_origin_free(struct vn_origin *origin);

#endif /* BASE_STORE_ORIGIN_H */
