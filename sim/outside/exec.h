/*
 * A policy as a program: `--policy 'exec:python3 mine.py'`.
 *
 * The program is run by the shell and speaks one line of JSON a decision on
 * its standard streams.  First it is told of the cluster, and answers nothing:
 *
 *     {"virtualflow": 1, "types": [{"name": "v100", "devices": 256}]}
 *
 * then, at each instant, of what happened:
 *
 *     {"now": 61000000, "free": [3], "left": [0], "arrived": [{"slot": 4,
 *      "id": 17, "submit": 61000000, "duration": 90000000, "devices": 2,
 *      "min_devices": 1, "max_devices": 2, "type": -1, "weight": 1.0,
 *      "priority": 0.0}]}
 *
 * and answers with what changes, [slot, type, devices], and, where it wants to
 * be asked again, when:
 *
 *     {"set": [[4, 0, 2]], "wake": 75000000}
 *
 * Times are microseconds.  It is not confined: it may do what its user may.
 * After `libos:` it is (sim/outside/libos.h).  t/sim/plugin/fifo.py is an
 * example.
 */
#ifndef SIM_OUTSIDE_EXEC_H
#define SIM_OUTSIDE_EXEC_H

#include "sim/outside/plugin.h"

/* `exec:COMMAND`, or `libos:COMMAND` (sim/outside/libos.h)? */
bool vn_exec_is(const char *name);

/* What confines it, by name; NULL where nothing does, or it is none. */
const char *vn_exec_backend(const struct vn_policy *policy);
enum vn_status vn_exec_open(const char *name,
                            const struct vn_plugin_limits *limits,
                            const struct vn_policy **policy,
                            struct vn_error *err);
void vn_exec_free(const struct vn_policy *policy);

#endif /* SIM_OUTSIDE_EXEC_H */
