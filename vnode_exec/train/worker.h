/*
 * A thread that does one thing at a time for another: post a function, go on
 * with something else, wait for its end.
 */
#ifndef VNODE_EXEC_TRAIN_WORKER_H
#define VNODE_EXEC_TRAIN_WORKER_H

#include "base/error.h"

#include <stdbool.h>

struct vn_worker;

typedef enum vn_status (*vn_worker_fn)(void *arg, struct vn_error *err);

/* Start a worker, pinned to a processor (vn_pin_thread), -1: not. */
enum vn_status vn_worker_start(int cpu, bool exactly,
                               struct vn_worker **worker,
                               struct vn_error *err);

/* The processor that it is pinned to, -1: none; to be asked by its function.
 */
int vn_worker_cpu(const struct vn_worker *worker);

/* End it, after what it is at.  NULL is nothing. */
void vn_worker_stop(struct vn_worker *worker);

/* Have it run fn(arg); it must be idle. */
void vn_worker_post(struct vn_worker *worker, vn_worker_fn fn, void *arg);

/* Wait until it is idle; what its last function returned. */
enum vn_status vn_worker_wait(struct vn_worker *worker, struct vn_error *err);

/* Is it at something? */
bool vn_worker_busy(struct vn_worker *worker);

#endif /* VNODE_EXEC_TRAIN_WORKER_H */
