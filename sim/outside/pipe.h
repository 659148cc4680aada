/*
 * A program that is talked to in lines: how it is started, limited, heard and
 * ended.  What the lines say is sim/outside/exec.c's business.
 */
#ifndef SIM_OUTSIDE_PIPE_H
#define SIM_OUTSIDE_PIPE_H

#include "base/file.h"
#include "sim/outside/plugin.h"

#include <sys/types.h>

/* A program in one engine; start from (struct vn_pipe) {0}. */
struct vn_pipe {
    const char *name; /* `exec:COMMAND` or `libos:COMMAND`; borrowed */
    const struct vn_plugin_limits *limits; /* borrowed */
    pid_t child;
    int line;      /* the socket to it */
    char *text;    /* what it said: the line in hand first */
    size_t length; /* of that line, without its end */
    size_t used;   /* the same, with it; 0 where none is in hand */
    size_t have;   /* of all that came */
    size_t size;   /* of the memory for it */
    vn_time until; /* when what is asked of it now must be answered */
    struct vn_file transcript; /* its stream NULL where there is none */
    char why[380];
    bool stopped; /* and why says why */
};

/* `exec:COMMAND`, or `libos:COMMAND` (sim/outside/libos.h)? */
bool vn_pipe_is(const char *name);

/* Is it the confined form? */
bool vn_pipe_is_confined(const char *name);

/* What follows the ':'. */
const char *vn_pipe_command(const char *name);

/*
 * Start it, and the transcript of limits where one is wanted.  Its time must
 * be set there.
 */
enum vn_status vn_pipe_open(struct vn_pipe *pipe, const char *name,
                            const struct vn_plugin_limits *limits,
                            struct vn_error *err);
void vn_pipe_close(struct vn_pipe *pipe);

/* From now on there is the time of one call for all that is said and heard. */
void vn_pipe_begin(struct vn_pipe *pipe);

/* Say a line, with its end, unless it was stopped. */
void vn_pipe_say(struct vn_pipe *pipe, const char *line);

/* The next line is in text, without its end; false where it was stopped. */
bool vn_pipe_hear(struct vn_pipe *pipe);

/* No more is said or heard, for this reason; the first one stays. */
void vn_pipe_stop(struct vn_pipe *pipe, const char *what);

#endif /* SIM_OUTSIDE_PIPE_H */
