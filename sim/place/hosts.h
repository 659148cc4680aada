/*
 * Hosts whose devices are shared: jobs ask one host for CPU, memory and
 * either a part of one device or whole devices, and stand on it until they
 * leave.  The parts on a device add up to at most the whole of it.
 *
 * What a job asks for is a struct vn_ask; which host and devices it gets is
 * decided in sim/place/place.h.
 */
#ifndef SIM_PLACE_HOSTS_H
#define SIM_PLACE_HOSTS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    VN_MILLI = 1000,       /* thousandths of a device */
    VN_HOST_DEVICES = 16,  /* of one host, at most */
    VN_HOST_TYPES_MAX = 64 /* of devices */
};

/* What a job asks of a host. */
struct vn_ask {
    int64_t cpu_milli;
    int64_t memory_mib;
    int devices;    /* 0 to VN_HOST_DEVICES; 0: CPU and memory only */
    int milli;      /* of each device: 1 to 1000, 1000 where devices > 1;
                       0 where it asks for none */
    uint64_t types; /* a bit for each type of device that will do; 0: any */
};

/* Does it ask for a part of one device? */
bool vn_ask_shares(const struct vn_ask *ask);

/* Thousandths of a device that it asks for in all. */
int64_t vn_ask_milli(const struct vn_ask *ask);

/* Is this the same request? */
bool vn_ask_same(const struct vn_ask *a, const struct vn_ask *b);

struct vn_host {
    int64_t cpu_milli; /* that it has */
    int64_t memory_mib;
    int devices;
    int type; /* of its devices; -1 where it has none */

    /* what is left of it */
    int64_t cpu_left;
    int64_t memory_left;
    int milli_left[VN_HOST_DEVICES];

    /* jobs on it: [0] share a device, [n] have n whole devices */
    int jobs[VN_HOST_DEVICES + 1];
    int jobs_without; /* that ask for no device */

    uint32_t version; /* counts its changes; at least 1 */
};

/* A host that nobody stands on; as many devices as VN_HOST_DEVICES at most. */
struct vn_host vn_host(int64_t cpu_milli, int64_t memory_mib, int devices,
                       int type);

/* Thousandths of devices left on it. */
int64_t vn_host_left(const struct vn_host *host);

/* Could the job stand there now? */
bool vn_host_fits(const struct vn_host *host, const struct vn_ask *ask);

/* May the job run on the devices of that host? */
bool vn_host_allows(const struct vn_host *host, const struct vn_ask *ask);

/*
 * Of the devices with enough left for a share the one with least left, the
 * lowest of several; -1 without one.
 */
int vn_host_best_fit(const struct vn_host *host, const struct vn_ask *ask);

/* The job takes its place, on these devices (as many as it asks for), where
 * it must fit; or leaves it. */
void vn_host_take(struct vn_host *host, const struct vn_ask *ask,
                  const int *devices);
void vn_host_give(struct vn_host *host, const struct vn_ask *ask,
                  const int *devices);

#endif /* SIM_PLACE_HOSTS_H */
