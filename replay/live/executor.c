#include "config.h"

#include "replay/live/executor.h"

#include "base/number.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ARGUMENTS_MAX = 96
};

/* A command line as it grows; texts it made are in `own`. */
struct arguments {
    char *list[ARGUMENTS_MAX];
    int n;
    char own[8192];
    size_t used;
};

void
vn_executor_file(const struct vn_executor_setup *setup, int64_t job,
                 const char *kind, char *path, size_t size)
{
    snprintf(path, size, "%s/%" PRId64 ".%s", setup->folder, job, kind);
}

static void
add(struct arguments *a, const char *text)
{
    size_t size = strlen(text) + 1;

    if (a->n + 1 >= ARGUMENTS_MAX || a->used + size > sizeof a->own)
        return;
    a->list[a->n++] = memcpy(a->own + a->used, text, size);
    a->used += size;
}

static void
add_number(struct arguments *a, const char *option, int64_t value)
{
    char text[VN_NUMBER_SIZE];

    add(a, option);
    snprintf(text, sizeof text, "%" PRId64, value);
    add(a, text);
}

/* The options of a model: those that --model gave, or its name. */
static void
add_model(struct arguments *a, const struct vn_executor_setup *setup,
          const char *name)
{
    const struct vn_model_words *models = &setup->models;
    size_t n = strlen(name);

    if (setup->rate != NULL) { /* what --model says comes later, and holds */
        add(a, "--rate");
        add(a, setup->rate);
    }
    for (int i = models->n; i-- > 0;)
        if (strncmp(models->words[i], name, n) == 0
            && models->words[i][n] == '=') {
            char copy[512], *next = copy, *word;

            snprintf(copy, sizeof copy, "%s", models->words[i] + n + 1);
            while ((word = strsep(&next, " ")) != NULL)
                if (word[0] != '\0')
                    add(a, word);
            return;
        }
    add(a, "--model");
    add(a, name);
}

/* "LIST" or "LIST MAPPING". */
static void
add_devices(struct arguments *a, const char *devices)
{
    char copy[VN_DEVICE_LIST_SIZE], *mapping;

    snprintf(copy, sizeof copy, "%s", devices);
    mapping = strchr(copy, ' ');
    if (mapping != NULL)
        *mapping++ = '\0';
    add(a, "--devices");
    add(a, copy);
    if (mapping != NULL) {
        add(a, "--mapping");
        add(a, mapping);
    }
}

static void
make_arguments(const struct vn_executor_setup *setup, const struct vn_job *job,
               const char *model, const char *devices, bool resume,
               struct arguments *a)
{
    char text[512];

    add(a, setup->program);
    add(a, "run");
    add_model(a, setup, model);
    add_number(a, "--batch", job->global_batch);
    add_number(a, "--vnodes", job->vnodes);
    add_number(a, "--steps", job->steps);
    add_number(a, "--seed", job->id + 1);
    add_devices(a, devices);
    add(a, "--no-eval");
    add(a, "--quiet");
    add(a, "--probe");
    vn_executor_file(setup, job->id, "checkpoint", text, sizeof text);
    add(a, "--checkpoint");
    add(a, text);
    if (setup->checkpoint_every > 0)
        add_number(a, "--checkpoint-every", setup->checkpoint_every);
    if (resume) {
        add(a, "--resume");
        add(a, text);
    }
}

/* In the new process: what it says goes to its log, and Ctrl-C to us. */
static void
become(const struct arguments *a, const char *log, int fd)
{
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0666);
    int null = open("/dev/null", O_RDONLY);
    sigset_t none;

    setpgid(0, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    fcntl(fd, F_SETFD, 0);
    if (null >= 0)
        dup2(null, 0);
    if (out >= 0) {
        dup2(out, 1);
        dup2(out, 2);
    }
    execv(a->list[0], a->list);
    dprintf(2, "%s: %s\n", a->list[0], strerror(errno));
    _exit(127);
}

/* Start the command line a, to which the socket is yet to be added. */
static enum vn_status
start(struct arguments *a, const char *log, struct vn_process *process,
      struct vn_error *err)
{
    char control[32];
    int pair[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return vn_fail(err, VN_EIO, "no socket for an executor: %s",
                       strerror(errno));
    snprintf(control, sizeof control, "fd:%d", pair[1]);
    add(a, "--control");
    add(a, control);
    a->list[a->n] = NULL;
    pid = fork();
    if (pid == 0)
        become(a, log, pair[1]);
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return vn_fail(err, VN_EIO, "no process for an executor: %s",
                       strerror(errno));
    }
    *process = (struct vn_process){.pid = pid, .fd = pair[0]};
    return VN_OK;
}

enum vn_status
vn_process_start(const struct vn_executor_setup *setup,
                 const struct vn_job *job, const char *model,
                 const char *devices, bool resume, struct vn_process *process,
                 struct vn_error *err)
{
    struct arguments *a = vn_xcalloc(1, sizeof *a);
    enum vn_status status;
    char log[512];

    vn_executor_file(setup, job->id, "log", log, sizeof log);
    make_arguments(setup, job, model, devices, resume, a);
    status = start(a, log, process, err);
    free(a);
    return status;
}

enum vn_status
vn_process_plan(const struct vn_executor_setup *setup,
                const struct vn_process_course *planned,
                struct vn_process *process, struct vn_error *err)
{
    struct arguments *a = vn_xcalloc(1, sizeof *a);
    enum vn_status status;
    char log[512];

    add(a, setup->program);
    add(a, "run");
    add_model(a, setup, planned->model);
    add(a, "--plan");
    add(a, planned->plan);
    if (planned->job >= 0)
        add_number(a, "--job", planned->job);
    add_number(a, "--steps", planned->steps);
    add_number(a, "--seed", planned->seed);
    add(a, "--no-eval");
    add(a, "--quiet");
    add(a, "--probe");
    vn_executor_file(setup, VN_PROCESS_PLAN, "log", log, sizeof log);
    status = start(a, log, process, err);
    free(a);
    return status;
}

void
vn_process_send(struct vn_process *p, const char *line)
{
    char text[VN_DEVICE_LIST_SIZE + 32];
    int n = snprintf(text, sizeof text, "%s\n", line);

    if (p->pid > 0 && !p->closed && n > 0 && (size_t) n < sizeof text)
        (void) send(p->fd, text, (size_t) n, MSG_NOSIGNAL);
}

void
vn_process_read(struct vn_process *p)
{
    memmove(p->in, p->in + p->at, p->used - p->at);
    p->used -= p->at;
    p->at = 0;
    while (!p->closed && p->used < sizeof p->in) {
        ssize_t n =
            recv(p->fd, p->in + p->used, sizeof p->in - p->used, MSG_DONTWAIT);

        if (n > 0)
            p->used += (size_t) n;
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
            p->closed = true;
        else if (errno == EAGAIN)
            return;
    }
}

double
vn_line_number(const struct vn_line *line, const char *name)
{
    char text[64];
    char *end;
    double x;

    vn_line_text(line, name, text, sizeof text);
    x = strtod(text, &end);
    return end == text ? NAN : x;
}

void
vn_line_text(const struct vn_line *line, const char *name, char *text,
             size_t size)
{
    size_t n = strlen(name);
    const char *at = line->text;

    text[0] = '\0';
    while ((at = strchr(at, ' ')) != NULL) {
        at++;
        if (strncmp(at, name, n) == 0 && at[n] == '=') {
            snprintf(text, size, "%.*s", (int) strcspn(at + n + 1, " "),
                     at + n + 1);
            return;
        }
    }
}

double
vn_line_probes(const struct vn_line *line, struct vn_probes *p)
{
    char text[32 * VN_PROBES_MAX], *next = text, *word;
    double longest = 0;

    p->n = 0;
    vn_line_text(line, "probes", text, sizeof text);
    while ((word = strsep(&next, ",")) != NULL && p->n < VN_PROBES_MAX) {
        int cpu;
        double s;

        if (sscanf(word, "%d:%lf", &cpu, &s) != 2 || !(s > 0))
            continue;
        p->cpu[p->n] = cpu;
        p->s[p->n++] = s;
        longest = s > longest ? s : longest;
    }
    return longest;
}

bool
vn_process_line(struct vn_process *p, struct vn_line *line)
{
    char *begin = p->in + p->at;
    char *end = memchr(begin, '\n', p->used - p->at);
    double step;

    if (end == NULL)
        return false;
    *end = '\0';
    p->at = (size_t) (end - p->in) + 1;
    *line = (struct vn_line){.word = begin, .text = begin};
    line->time = vn_line_number(line, "time");
    step = vn_line_number(line, "step");
    line->step = isnan(step) ? -1 : (int64_t) step;
    return true;
}

int
vn_process_end(struct vn_process *p)
{
    int status = 0;

    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
        ;
    close(p->fd);
    p->pid = 0;
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

void
vn_process_kill(struct vn_process *p)
{
    if (p->pid <= 0)
        return;
    kill(p->pid, SIGKILL);
    vn_process_end(p);
}
