/*
 * `--limit`: what a policy from outside may use.
 *
 *     --limit 0.5              time of a call, in seconds
 *     --limit time=0.5,memory=64MiB,stack=256KiB,files=16
 */
#ifndef SIM_OUTSIDE_LIMIT_H
#define SIM_OUTSIDE_LIMIT_H

#include "sim/outside/plugin.h"

/* Set the limits that a text names; the others are left alone. */
enum vn_status vn_limit_read(const char *text, struct vn_plugin_limits *limits,
                             struct vn_error *err);

/* The limits that were set, as vn_limit_read() takes them; the caller's, NULL
 * where none was. */
char *vn_limit_text(const struct vn_plugin_limits *limits);

#endif /* SIM_OUTSIDE_LIMIT_H */
