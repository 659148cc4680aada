/*
 * A policy as a program, confined: `--policy 'libos:python3 mine.py'`.
 *
 * It speaks as one after `exec:` does (sim/outside/exec.h), but runs under the
 * library OS (enclavedom(1)): it may read what programs are made of and the
 * files that its command names, writes nothing, and has no processes, sockets
 * or clock of the host's; what it draws and the times that it sees are the
 * same in every run, and the first thing that it may not ends it.
 */
#ifndef SIM_OUTSIDE_LIBOS_H
#define SIM_OUTSIDE_LIBOS_H

#include "sim/outside/plugin.h"

/* In a process for it: become the program; returns where that fails. */
void vn_libos_become(const char *command,
                     const struct vn_plugin_limits *limits);

/* Where enclavedom(1) is: beside this program, built or installed, or NULL. */
const char *vn_libos_program(char *path, size_t size);

#endif /* SIM_OUTSIDE_LIBOS_H */
