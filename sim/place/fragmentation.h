/*
 * How fragmented the devices of a host are, for the jobs that are usual.
 *
 * F(host) is the expected number of thousandths of devices, of those left on
 * the host, that a job drawn from the usual ones could not use: all of them
 * where it does not fit, else what is left on devices too small for it.  A
 * job that asks for no device can use none of them.  (Weng, Yang, Yu, Wang,
 * Tang, Yang and Zhang, "Beware of Fragmentation: Scheduling GPU-Sharing
 * Workloads with Fragmentation Gradient Descent", USENIX ATC 2023.)
 *
 * The parts are added in the order of that paper's simulator, so that a
 * difference of two F is the same to the last bit.
 */
#ifndef SIM_PLACE_FRAGMENTATION_H
#define SIM_PLACE_FRAGMENTATION_H

#include "sim/place/hosts.h"

#include <stddef.h>

/* A usual request and its share among them; the shares add up to 1. */
struct vn_usual {
    struct vn_ask ask; /* its memory is not looked at */
    double share;
};

/* Why what is left is of no use, in thousandths of devices. */
enum vn_fragment {
    VN_FRAGMENT_LACKS_BOTH, /* devices and CPU */
    VN_FRAGMENT_LACKS_DEVICE,
    VN_FRAGMENT_NONE, /* it can be used */
    VN_FRAGMENT_LACKS_CPU,
    VN_FRAGMENT_NO_DEVICE_ASKED,
    VN_FRAGMENT_NO_DEVICE_NO_CPU,
    VN_FRAGMENT_WRONG_TYPE,
    VN_FRAGMENTS
};

/*
 * The most frequent of n requests (equal CPU, devices, parts and types) until
 * they are at least `cover` (0 to 1) of them all; of those that are equally
 * frequent the one that asks for more goes first.  Release with free().
 */
struct vn_usual *vn_usual_alloc(const struct vn_ask *asks, size_t n,
                                double cover, int *count);

/* The expected thousandths of each kind; what they add up to is all that is
 * left on the host. */
void vn_fragments(const struct vn_host *host, const struct vn_usual *usual,
                  int count, double parts[VN_FRAGMENTS]);

/* F of these parts: all but VN_FRAGMENT_NONE. */
double vn_fragmentation(const double parts[VN_FRAGMENTS]);

#endif /* SIM_PLACE_FRAGMENTATION_H */
