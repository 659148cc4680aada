#include "config.h"

#include "sim/outside/pipe.h"

#include "base/xalloc.h"
#include "sim/outside/libos.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_MAX_BYTES = 64 << 20
};

bool
vn_pipe_is_confined(const char *name)
{
    return strncmp(name, "libos:", 6) == 0;
}

bool
vn_pipe_is(const char *name)
{
    return strncmp(name, "exec:", 5) == 0 || vn_pipe_is_confined(name);
}

const char *
vn_pipe_command(const char *name)
{
    return strchr(name, ':') + 1;
}

void
vn_pipe_stop(struct vn_pipe *p, const char *what)
{
    if (!p->stopped)
        snprintf(p->why, sizeof p->why, "policy %.160s: %.200s", p->name,
                 what);
    p->stopped = true;
}

/* A line of the transcript, there at once: a policy that fails is read in it.
 */
static void
note(struct vn_pipe *p, char mark, const char *text, const char *end)
{
    FILE *out = p->transcript.stream;

    if (out == NULL || p->stopped)
        return;
    fprintf(out, "%c %s%s", mark, text, end);
    if (fflush(out) != 0 || ferror(out)) {
        char what[160];

        snprintf(what, sizeof what, "cannot write %.80s: %.60s",
                 p->limits->transcript, strerror(errno));
        vn_pipe_stop(p, what);
    }
}

static vn_time
now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (vn_time) t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* How the program ended, where it did not answer. */
static void
bury(struct vn_pipe *p)
{
    char what[64];
    int how, i;

    for (i = 0; i < 100 && waitpid(p->child, &how, WNOHANG) == 0; i++)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    if (i == 100) {
        vn_pipe_stop(p, "closed its output, expected an answer");
        return;
    }
    p->child = 0;
    if (WIFSIGNALED(how))
        snprintf(what, sizeof what, "was ended by signal %d", WTERMSIG(how));
    else
        snprintf(what, sizeof what, "ended with status %d, expected an answer",
                 WEXITSTATUS(how));
    vn_pipe_stop(p, what);
}

void
vn_pipe_say(struct vn_pipe *p, const char *text)
{
    size_t n = strlen(text), at = 0;

    if (p->stopped)
        return;
    note(p, '>', text, "");
    while (at < n) {
        ssize_t sent = send(p->line, text + at, n - at, MSG_NOSIGNAL);

        if (sent > 0)
            at += (size_t) sent;
        else if (sent < 0 && errno != EINTR) {
            if (errno == EAGAIN)
                vn_pipe_stop(p, "did not read in time");
            else
                bury(p);
            return;
        }
    }
}

/* Drop the line in hand; what came behind it moves to the front. */
static void
drop_line(struct vn_pipe *p)
{
    p->have -= p->used;
    if (p->have > 0)
        memmove(p->text, p->text + p->used, p->have);
    p->length = p->used = 0;
}

void
vn_pipe_begin(struct vn_pipe *p)
{
    p->until = now_us() + p->limits->call_us;
}

/* More than one line may have come at once: the rest is kept for later. */
bool
vn_pipe_hear(struct vn_pipe *p)
{
    const char *newline;
    ssize_t n;

    if (p->stopped)
        return false;
    drop_line(p);
    while ((newline = p->have > 0 ? memchr(p->text, '\n', p->have) : NULL)
           == NULL) {
        if (p->have + 4096 > p->size) {
            p->size = 2 * p->size + 8192;
            p->text = vn_xrealloc(p->text, p->size, 1);
        }
        n = recv(p->line, p->text + p->have, p->size - p->have - 1, 0);
        if (n > 0)
            p->have += (size_t) n;
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
            bury(p);
            return false;
        }
        if (now_us() > p->until || p->have > LINE_MAX_BYTES) {
            vn_pipe_stop(p, "did not answer in time");
            return false;
        }
    }
    p->length = (size_t) (newline - p->text);
    p->used = p->length + 1;
    p->text[p->length] = '\0';
    note(p, '<', p->text, "\n");
    return !p->stopped;
}

/* 0 is no limit of ours. */
static void
limit(int what, size_t most)
{
    if (most > 0
        && setrlimit((__rlimit_resource_t) what, &(struct rlimit){most, most})
               != 0)
        _exit(126);
}

static void
run_program(const struct vn_pipe *p, int line)
{
    const char *command = vn_pipe_command(p->name);
    bool confined = vn_pipe_is_confined(p->name);

    if (!confined) {
        limit(RLIMIT_AS, p->limits->memory_bytes);
        limit(RLIMIT_STACK, p->limits->stack_bytes);
    }
    dup2(line, 0);
    dup2(line, 1);
    close_range(3, ~0U, 0); /* the trace among them */
    if (confined)
        vn_libos_become(command, p->limits);
    else {
        limit(RLIMIT_NOFILE, (size_t) p->limits->files);
        execl("/bin/sh", "sh", "-c", command, (char *) NULL);
    }
    _exit(127);
}

static enum vn_status
start(struct vn_pipe *p, struct vn_error *err)
{
    struct timeval limit = {.tv_sec = p->limits->call_us / 1000000,
                            .tv_usec = p->limits->call_us % 1000000};
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return vn_fail(err, VN_EIO, "cannot make a socket: %s",
                       strerror(errno));
    p->child = fork();
    if (p->child == 0)
        run_program(p, pair[1]);
    close(pair[1]);
    p->line = pair[0];
    if (p->child < 0) {
        p->child = 0;
        return vn_fail(err, VN_EIO, "cannot start a process: %s",
                       strerror(errno));
    }
    setsockopt(p->line, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(p->line, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return VN_OK;
}

enum vn_status
vn_pipe_open(struct vn_pipe *p, const char *name,
             const struct vn_plugin_limits *limits, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    *p = (struct vn_pipe){.name = name, .limits = limits};
    if (limits->transcript != NULL)
        status = vn_file_create(&p->transcript, limits->transcript, err);
    return status == VN_OK ? start(p, err) : status;
}

void
vn_pipe_close(struct vn_pipe *p)
{
    if (p->line > 0)
        close(p->line);
    if (p->child > 0) {
        kill(p->child, SIGKILL);
        waitpid(p->child, NULL, 0);
    }
    free(p->text);
    if (p->transcript.stream != NULL && !ferror(p->transcript.stream))
        vn_file_commit(&p->transcript, NULL);
    vn_file_discard(&p->transcript);
}
