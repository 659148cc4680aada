/*
 * A job's control socket: what is asked of a job while it trains, and what it
 * says of itself, in lines of text.
 *
 *     status              answered by a `step` line
 *     report N            a `step` line every N steps; 0: none
 *     resize LIST [MAPPING]
 *                         other devices, as of --devices and --mapping: the
 *                         old ones train until the new ones have started up;
 *                         `resized`
 *     checkpoint [FILE]   write one (to that of --checkpoint): `checkpointed`
 *     stop                end after this step: `checkpointed` where there is
 *                         a --checkpoint, `stopped`, and exit status 0
 *
 * A request is taken at the end of a step, and what is wrong with it answered
 * by `error` and a text.  Unasked a job says `ready` before its first step,
 * `done` after its last, and `failed` where devices failed.  What it says is a
 * word followed by NAME=VALUE; `time` is CLOCK_MONOTONIC in seconds.
 *
 * The socket is a path, at which one client after another is heard, or fd:N,
 * an open one; where the other end of that closes, the job is to stop.
 */
#ifndef VNODE_EXEC_CONTROL_H
#define VNODE_EXEC_CONTROL_H

#include "base/error.h"

#include <stdbool.h>

enum vn_request_verb {
    VN_REQUEST_STATUS,
    VN_REQUEST_REPORT,
    VN_REQUEST_RESIZE,
    VN_REQUEST_CHECKPOINT,
    VN_REQUEST_STOP
};

enum {
    VN_REQUEST_SIZE = 2048 /* of a line, with its end */
};

struct vn_request {
    enum vn_request_verb verb;
    char arg[VN_REQUEST_SIZE]; /* what follows the verb, or "" */
};

struct vn_control;

/* Make the socket; where is kept. */
enum vn_status vn_control_open(const char *where, struct vn_control **control,
                               struct vn_error *err);

/* Close it, and remove its path. */
void vn_control_close(struct vn_control *control);

/* The next request that is there; false where there is none.  Never waits. */
bool vn_control_next(struct vn_control *control, struct vn_request *request);

/* Say something to the client, if there is one; a line end is added. */
void vn_control_say(struct vn_control *control, const char *format, ...)
    __attribute__((__format__(printf, 2, 3)));

#endif /* VNODE_EXEC_CONTROL_H */
