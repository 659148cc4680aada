/*
 * A job's executor: vnexec as a process of its own, with a control socket
 * (vnexec(1), "Control").
 *
 *     vn_executor_start(&setup, executor, ...);
 *     poll() its fd, vn_executor_read(), then vn_executor_line() ...
 */
#ifndef REPLAY_LIVE_EXECUTOR_H
#define REPLAY_LIVE_EXECUTOR_H

#include "base/error.h"
#include "plan/job.h"

#include <stdbool.h>
#include <sys/types.h>

enum {
    VN_MODEL_OPTIONS_MAX = 32,
    VN_DEVICE_LIST_SIZE = 1500,
    VN_PROBES_MAX = 64 /* devices whose processors a step tells of */
};

/* How a model of the trace is trained: NAME=OPTIONS of vnexec. */
struct vn_model_words {
    const char *words[VN_MODEL_OPTIONS_MAX];
    int n;
};

struct vn_executor_setup {
    const char *program; /* vnexec */
    const char *folder;  /* of checkpoints and logs */
    struct vn_model_words models;
    int64_t checkpoint_every; /* steps; 0: only where a job is stopped */
    const char *rate; /* of learning, where a model says none; or NULL */
};

/* What an executor said: a word, and the line it stands in. */
struct vn_line {
    const char *word;
    const char *text;
    double time; /* as of vn_clock(); NAN where it said none */
    int64_t step;
};

struct vn_process {
    pid_t pid; /* 0: none */
    int fd;
    char in[4096];
    size_t used, at;
    bool closed; /* it closed its socket */
};

/*
 * Start one: the job, of a model of that name, on a list of devices, with a
 * mapping behind a blank where it is not even; resume says to go on from its
 * checkpoint.
 */
enum vn_status vn_process_start(const struct vn_executor_setup *setup,
                                const struct vn_job *job, const char *model,
                                const char *devices, bool resume,
                                struct vn_process *process,
                                struct vn_error *err);

/* A job under a plan: the only one of it, where job is -1. */
struct vn_process_course {
    const char *model, *plan;
    int64_t job, steps, seed;
};

enum {
    VN_PROCESS_PLAN = 0 /* stands for the job in its files' names */
};

/* Start one on a plan. */
enum vn_status vn_process_plan(const struct vn_executor_setup *setup,
                               const struct vn_process_course *planned,
                               struct vn_process *process,
                               struct vn_error *err);

/* Send a line; one that is gone hears nothing. */
void vn_process_send(struct vn_process *process, const char *line);

/* Take what came in; without waiting. */
void vn_process_read(struct vn_process *process);

/* The next whole line; false where there is none.  Valid until the next. */
bool vn_process_line(struct vn_process *process, struct vn_line *line);

/* The number behind NAME= in a line, or NAN; the text up to a blank. */
double vn_line_number(const struct vn_line *line, const char *name);
void vn_line_text(const struct vn_line *line, const char *name, char *text,
                  size_t size);

/* What probes of the processors took in a step (vnode_exec/train/probe.h). */
struct vn_probes {
    int n;
    int cpu[VN_PROBES_MAX];
    double s[VN_PROBES_MAX];
};

/* Of a step's line; the longest of them, 0 where there are none. */
double vn_line_probes(const struct vn_line *line, struct vn_probes *probes);

/* Wait for its end, after it closed its socket: its exit status, or minus
 * the signal that killed it. */
int vn_process_end(struct vn_process *process);

/* End it at once, whatever it is at. */
void vn_process_kill(struct vn_process *process);

/* The folder's file of a job: "7.checkpoint", "7.log". */
void vn_executor_file(const struct vn_executor_setup *setup, int64_t job,
                      const char *kind, char *path, size_t size);

#endif /* REPLAY_LIVE_EXECUTOR_H */
