/*
 * A policy as a program: `--policy 'exec:python3 mine.py'`.
 *
 * The program is run by the shell and speaks JSON on its standard streams, a
 * line for each that it is told.  First it is told of the cluster, and says
 * what kind of policy it is (the flags of struct vn_policy), or {}:
 *
 *     {"virtualflow": 2, "types": [{"name": "v100", "devices": 256}]}
 *     {"rigid": true}
 *
 * then, at each instant, of what happened, and answers with what changes,
 * [slot, type, devices], and, where it wants to be asked again, when:
 *
 *     {"now": 61000000, "free": [3], "devices": [256], "left": [0],
 *      "arrived": [{"slot": 4, "id": 17, ...}]}
 *     {"set": [[4, 0, 2]], "wake": 75000000}
 *
 * Before that answer it may ask for whatever a plug-in sees:
 *
 *     {"ask": [["remaining", 4], ["step_s", 4, [2]]]}
 *     {"told": [90000000, 0.25]}
 *
 * Times are microseconds; what is not known is null.  vnsim(1) has all keys.
 * It is not confined: it may do what its user may.  After `libos:` it is
 * (sim/outside/libos.h).  sim/outside/virtualflow.py is this from Python.
 */
#ifndef SIM_OUTSIDE_EXEC_H
#define SIM_OUTSIDE_EXEC_H

#include "sim/outside/plugin.h"

enum {
    VN_EXEC_VERSION = 2 /* of what is said */
};

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
