/*
 * The threads of one host device: a call runs a function on all of them and
 * waits.  Thread 0 is the caller, so a team of one costs nothing.
 */
#ifndef VNODE_EXEC_DEVICE_HOST_TEAM_H
#define VNODE_EXEC_DEVICE_HOST_TEAM_H

#include <stddef.h>

struct vn_team;

/* What runs on each thread; ranges are split with vn_team_share(). */
typedef void (*vn_team_fn)(void *arg, int thread, int threads);

/*
 * A team of `threads`, whose thread i > 0 is pinned to the i-th processor
 * from `cpu` on among those that the process may use (-1: not pinned).
 */
struct vn_team *vn_team_alloc(int threads, int cpu);
void vn_team_free(struct vn_team *team);

void vn_team_run(struct vn_team *team, vn_team_fn fn, void *arg);

/* [*from, *to): a thread's part of [0, n), cut at multiples of grain. */
void vn_team_share(size_t n, size_t grain, int thread, int threads,
                   size_t *from, size_t *to);

/* Pin the calling thread to the cpu-th processor it may use, modulo them. */
void vn_pin_thread(int cpu);

/* Processors that the process may use. */
int vn_processors(void);

#endif /* VNODE_EXEC_DEVICE_HOST_TEAM_H */
