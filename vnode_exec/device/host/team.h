/*
 * The threads of one host device: a call runs a function on all of them and
 * waits.  Thread 0 is the caller, so a team of one costs nothing.
 */
#ifndef VNODE_EXEC_DEVICE_HOST_TEAM_H
#define VNODE_EXEC_DEVICE_HOST_TEAM_H

#include <stdbool.h>
#include <stddef.h>

struct vn_team;

/* What runs on each thread; ranges are split with vn_team_share(). */
typedef void (*vn_team_fn)(void *arg, int thread, int threads);

/*
 * A team of `threads`, whose thread i > 0 is pinned from the processor cpu + i
 * on (vn_pin_thread); cpu -1: not pinned.
 */
struct vn_team *vn_team_alloc(int threads, int cpu);
void vn_team_free(struct vn_team *team);

void vn_team_run(struct vn_team *team, vn_team_fn fn, void *arg);

/* [*from, *to): a thread's part of [0, n), cut at multiples of grain. */
void vn_team_share(size_t n, size_t grain, int thread, int threads,
                   size_t *from, size_t *to);

/* What vn_pin_thread() did. */
struct vn_pin {
    int cpu;   /* which processor, among those of the process; -1: none */
    int claim; /* what others see of it; private */
};

/*
 * Pin the calling thread to the cpu-th processor that the process may use:
 * exactly, or else to the first from there on that no other thread of these
 * programs, whatever its process, is pinned to.  Where there is none it stays
 * free to run on any.  cpu -1 does nothing.
 */
struct vn_pin vn_pin_thread(int cpu, bool exactly);

/* Let others have the processor. */
void vn_unpin(struct vn_pin *pin);

#endif /* VNODE_EXEC_DEVICE_HOST_TEAM_H */
