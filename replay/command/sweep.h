/*
 * What the commands on a sweep share: options of a request, above an
 * experiment file that may be named.
 */
#ifndef REPLAY_COMMAND_SWEEP_H
#define REPLAY_COMMAND_SWEEP_H

#include "base/option.h"
#include "replay/sweep/paper.h"

struct vn_asked {
    const char *command;
    struct vn_request request;
    struct vn_paper paper;
};

/* Defaults, before options are read.  Release with vn_asked_free(). */
void vn_asked_begin(struct vn_asked *asked, const char *command);
void vn_asked_free(struct vn_asked *asked);

/* After options were read: take the experiment file, if one is among what is
 * left of the command line, and open the request. */
enum vn_status vn_asked_open(struct vn_asked *asked,
                             const struct vn_args *args, struct vn_error *err);

#endif /* REPLAY_COMMAND_SWEEP_H */
