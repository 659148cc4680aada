/*
 * A probe of a processor: a small piece of work, always the same, whose time
 * says how fast the processor is just now, whatever a job does on it.
 *
 * Processors that are shared, hardware threads with other machines', clocks
 * that go up and down, make the same step take half as long again for some
 * seconds.  The work is a matrix product of the host's own kernels that fits
 * the first cache, so that neither memory nor other devices of the job count;
 * its time is the thread's processor time, so that waiting for a turn does
 * not.
 */
#ifndef VNODE_EXEC_TRAIN_PROBE_H
#define VNODE_EXEC_TRAIN_PROBE_H

#include "base/error.h"

struct vn_probe;

/* A probe that is the calling thread's. */
enum vn_status vn_probe_open(struct vn_probe **probe, struct vn_error *err);
void vn_probe_close(struct vn_probe *probe);

/* Seconds that the work takes now, some hundred microseconds or less. */
double vn_probe_time(struct vn_probe *probe);

#endif /* VNODE_EXEC_TRAIN_PROBE_H */
