#include "config.h"

#include "sim/outside/exec.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/xalloc.h"
#include "sim/engine/ledger.h"
#include "sim/outside/libos.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_MAX_BYTES = 64 << 20
};

struct exec {
    struct vn_policy policy;
    char *name;  /* as it was given */
    char *label; /* the same, @ a digest of the files that it names */
    struct vn_plugin_limits limits;
    char *transcript; /* path, or NULL */
};

/* A program in one engine. */
struct session {
    const struct exec *exec;
    pid_t child;
    int line;        /* the socket to it */
    char *text;      /* what it said: the line in hand first */
    size_t length;   /* of that line, without its end */
    size_t used;     /* the same, with it; 0 where none is in hand */
    size_t have;     /* of all that came */
    size_t size;     /* of the memory for it */
    json_t *arrived; /* since the last decision */
    json_t *left;
    struct vn_file transcript; /* its stream NULL where there is none */
    char why[380];
    bool stopped;
};

static bool
is_confined(const char *name)
{
    return strncmp(name, "libos:", 6) == 0;
}

/* What follows the ':'. */
static const char *
command_of(const char *name)
{
    return strchr(name, ':') + 1;
}

bool
vn_exec_is(const char *name)
{
    return strncmp(name, "exec:", 5) == 0 || is_confined(name);
}

static void
stop(struct session *s, const char *what)
{
    if (!s->stopped)
        snprintf(s->why, sizeof s->why, "policy %.160s: %.200s", s->exec->name,
                 what);
    s->stopped = true;
}

/* A line of the transcript, there at once: a policy that fails is read in it.
 */
static void
note(struct session *s, char mark, const char *text, const char *end)
{
    FILE *out = s->transcript.stream;

    if (out == NULL || s->stopped)
        return;
    fprintf(out, "%c %s%s", mark, text, end);
    if (fflush(out) != 0 || ferror(out)) {
        char what[160];

        snprintf(what, sizeof what, "cannot write %.80s: %.60s",
                 s->exec->transcript, strerror(errno));
        stop(s, what);
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
bury(struct session *s)
{
    char what[64];
    int how, i;

    for (i = 0; i < 100 && waitpid(s->child, &how, WNOHANG) == 0; i++)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    if (i == 100) {
        stop(s, "closed its output, expected an answer");
        return;
    }
    s->child = 0;
    if (WIFSIGNALED(how))
        snprintf(what, sizeof what, "was ended by signal %d", WTERMSIG(how));
    else
        snprintf(what, sizeof what, "ended with status %d, expected an answer",
                 WEXITSTATUS(how));
    stop(s, what);
}

static void
say(struct session *s, const char *text)
{
    size_t n = strlen(text), at = 0;

    note(s, '>', text, "");
    while (at < n) {
        ssize_t sent = send(s->line, text + at, n - at, MSG_NOSIGNAL);

        if (sent > 0)
            at += (size_t) sent;
        else if (sent < 0 && errno != EINTR) {
            if (errno == EAGAIN)
                stop(s, "did not read in time");
            else
                bury(s);
            return;
        }
    }
}

/* Drop the line in hand; what came behind it moves to the front. */
static void
drop_line(struct session *s)
{
    s->have -= s->used;
    if (s->have > 0)
        memmove(s->text, s->text + s->used, s->have);
    s->length = s->used = 0;
}

/*
 * The next line, without its end, in s->text; false where none comes.  More
 * than one may have come at once: the rest is kept for later.
 */
static bool
hear(struct session *s)
{
    vn_time end = now_us() + s->exec->limits.call_us;
    const char *newline;
    ssize_t n;

    drop_line(s);
    while ((newline = s->have > 0 ? memchr(s->text, '\n', s->have) : NULL)
           == NULL) {
        if (s->have + 4096 > s->size) {
            s->size = 2 * s->size + 8192;
            s->text = vn_xrealloc(s->text, s->size, 1);
        }
        n = recv(s->line, s->text + s->have, s->size - s->have - 1, 0);
        if (n > 0)
            s->have += (size_t) n;
        if (n == 0) {
            bury(s);
            return false;
        }
        if (now_us() > end || s->have > LINE_MAX_BYTES) {
            stop(s, "did not answer in time");
            return false;
        }
    }
    s->length = (size_t) (newline - s->text);
    s->used = s->length + 1;
    s->text[s->length] = '\0';
    return true;
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
run_program(const struct exec *x, int line)
{
    if (!is_confined(x->name)) {
        limit(RLIMIT_AS, x->limits.memory_bytes);
        limit(RLIMIT_STACK, x->limits.stack_bytes);
    }
    dup2(line, 0);
    dup2(line, 1);
    close_range(3, ~0U, 0); /* the trace among them */
    if (is_confined(x->name))
        vn_libos_become(command_of(x->name), &x->limits);
    else {
        limit(RLIMIT_NOFILE, (size_t) x->limits.files);
        execl("/bin/sh", "sh", "-c", command_of(x->name), (char *) NULL);
    }
    _exit(127);
}

static enum vn_status
start(struct session *s, struct vn_error *err)
{
    struct timeval limit = {.tv_sec = s->exec->limits.call_us / 1000000,
                            .tv_usec = s->exec->limits.call_us % 1000000};
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return vn_fail(err, VN_EIO, "cannot make a socket: %s",
                       strerror(errno));
    s->child = fork();
    if (s->child == 0)
        run_program(s->exec, pair[1]);
    close(pair[1]);
    s->line = pair[0];
    if (s->child < 0) {
        s->child = 0;
        return vn_fail(err, VN_EIO, "cannot start a process: %s",
                       strerror(errno));
    }
    setsockopt(s->line, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(s->line, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return VN_OK;
}

static void
say_json(struct session *s, json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT);
    size_t n = text == NULL ? 0 : strlen(text);
    char *line = vn_xcalloc(n + 2, 1);

    memcpy(line, text == NULL ? "" : text, n);
    line[n] = '\n';
    say(s, line);
    free(line);
    free(text);
    json_decref(message);
}

static enum vn_status
exec_open(void *state, const struct vn_view *view, const double *values,
          struct vn_error *err)
{
    struct session *s = state;
    const struct vn_cluster *cluster = view->ledger.cluster;
    json_t *types = json_array();
    enum vn_status status;

    (void) values;
    *s = (struct session){.exec = (const struct exec *) view->policy};
    s->arrived = json_array();
    s->left = json_array();
    status = s->exec->transcript != NULL
                 ? vn_file_create(&s->transcript, s->exec->transcript, err)
                 : VN_OK;
    if (status == VN_OK)
        status = start(s, err);
    for (int i = 0; i < cluster->ntypes; i++)
        json_array_append_new(
            types, json_pack("{s:s,s:i}", "name", cluster->types[i].name,
                             "devices", cluster->types[i].devices));
    if (status == VN_OK)
        say_json(s, json_pack("{s:i,s:O}", "virtualflow", 1, "types", types));
    json_decref(types);
    return status;
}

static void
exec_close(void *state)
{
    struct session *s = state;

    if (s->line > 0)
        close(s->line);
    if (s->child > 0) {
        kill(s->child, SIGKILL);
        waitpid(s->child, NULL, 0);
    }
    json_decref(s->arrived);
    json_decref(s->left);
    free(s->text);
    if (s->transcript.stream != NULL && !ferror(s->transcript.stream))
        vn_file_commit(&s->transcript, NULL);
    vn_file_discard(&s->transcript);
}

static void
exec_arrive(void *state, const struct vn_view *view, int slot)
{
    struct session *s = state;
    const struct vn_job *job = vn_view_job(view, slot);

    json_array_append_new(
        s->arrived,
        json_pack("{s:i,s:I,s:I,s:I,s:i,s:i,s:i,s:i,s:f,s:f}", "slot", slot,
                  "id", (json_int_t) job->id, "submit",
                  (json_int_t) job->submit, "duration",
                  (json_int_t) job->duration, "devices", job->devices,
                  "min_devices", job->min_devices, "max_devices",
                  job->max_devices, "type", vn_view_type(view, slot), "weight",
                  job->weight, "priority", job->priority));
}

static void
exec_leave(void *state, const struct vn_view *view, int slot)
{
    struct session *s = state;

    (void) view;
    json_array_append_new(s->left, json_integer(slot));
}

static int
small(const json_t *number)
{
    json_int_t n = json_is_integer(number) ? json_integer_value(number) : -1;

    return n < INT32_MIN || n > INT32_MAX ? -1 : (int) n;
}

/* Read what it said; the engine checks what it means. */
static void
take(struct session *s, struct vn_answer *answer)
{
    json_error_t error;
    json_t *said = json_loadb(s->text, s->length, 0, &error);
    json_t *set = json_object_get(said, "set"), *one;
    json_t *wake = json_object_get(said, "wake");
    char what[sizeof error.text + 64];
    size_t i;

    if (said == NULL) {
        snprintf(what, sizeof what, "answer is no JSON: column %d: %s",
                 error.column, error.text);
        stop(s, what);
        return;
    }
    if (!json_is_object(said) || (set != NULL && !json_is_array(set))
        || (wake != NULL && !json_is_integer(wake) && !json_is_null(wake)))
        stop(s, "expected {\"set\": [[slot, type, devices], ...], \"wake\": "
                "microseconds}");
    else {
        json_array_foreach(set, i, one)
        {
            if (!json_is_array(one) || json_array_size(one) != 3)
                stop(s, "expected [slot, type, devices] in \"set\"");
            else
                vn_answer_set(answer, small(json_array_get(one, 0)),
                              small(json_array_get(one, 1)),
                              small(json_array_get(one, 2)));
        }
        if (json_is_integer(wake))
            vn_answer_wake(answer, (vn_time) json_integer_value(wake));
    }
    json_decref(said);
}

static void
exec_decide(void *state, const struct vn_view *view, struct vn_answer *answer)
{
    struct session *s = state;
    json_t *free_devices = json_array();

    for (int t = 0; t < vn_view_types(view); t++)
        json_array_append_new(free_devices,
                              json_integer(vn_view_free(view, t)));
    if (!s->stopped)
        say_json(s, json_pack("{s:I,s:O,s:O,s:O}", "now",
                              (json_int_t) vn_view_now(view), "free",
                              free_devices, "left", s->left, "arrived",
                              s->arrived));
    json_decref(free_devices);
    json_array_clear(s->arrived);
    json_array_clear(s->left);
    if (!s->stopped && hear(s)) {
        note(s, '<', s->text, "\n");
        take(s, answer);
    }
    if (s->stopped)
        vn_answer_fail(answer, s->why);
}

/* A regular file by its path, or as the shell would find it. */
static bool
find_file(const char *word, char path[PATH_MAX])
{
    const char *at = strchr(word, '/') == NULL ? getenv("PATH") : NULL;
    struct stat st;

    snprintf(path, PATH_MAX, "%s", word);
    while (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) {
        size_t n = at != NULL ? strcspn(at, ":") : 0;

        if (at == NULL)
            return false;
        snprintf(path, PATH_MAX, "%.*s/%s", (int) n, at, word);
        at = at[n] == ':' ? at + n + 1 : NULL;
    }
    return true;
}

/* The command @ a digest of every file that it names, so that results tell a
 * changed program from the old.  What those read in their turn is theirs. */
static enum vn_status
make_label(struct exec *x, struct vn_error *err)
{
    char *words = vn_xstrdup(command_of(x->name)), *next = words, *word;
    struct vn_digest *digest = vn_digest_begin();
    size_t size = strlen(x->name) + 1 + VN_DIGEST_TEXT;
    char text[VN_DIGEST_TEXT], path[PATH_MAX];
    enum vn_status status = VN_OK;

    while (status == VN_OK
           && (word = strsep(&next, " \t\n'\"`;|&<>()=")) != NULL) {
        if (word[0] == '\0' || !find_file(word, path))
            continue;
        status = vn_digest_file(path, text, err);
        vn_digest_add_text(digest, text);
    }
    vn_digest_end(digest, text);
    x->label = vn_xcalloc(size, 1);
    snprintf(x->label, size, "%s@%s", x->name, text);
    free(words);
    return status;
}

enum vn_status
vn_exec_open(const char *name, const struct vn_plugin_limits *limits,
             const struct vn_policy **policy, struct vn_error *err)
{
    struct exec *x;

    *policy = NULL;
    if (*command_of(name) == '\0')
        return vn_fail(err, VN_EUSAGE, "--policy: expected %sCOMMAND", name);
    x = vn_xcalloc(1, sizeof *x);
    x->name = strcpy(vn_xcalloc(strlen(name) + 1, 1), name);
    if (make_label(x, err) != VN_OK) {
        free(x->label);
        free(x->name);
        free(x);
        return err->status;
    }
    x->limits = *limits;
    if (x->limits.call_us == 0)
        x->limits.call_us = 10 * VN_SECOND;
    if (limits->transcript != NULL)
        x->transcript = strcpy(vn_xcalloc(strlen(limits->transcript) + 1, 1),
                               limits->transcript);
    x->policy = (struct vn_policy){.name = x->label,
                                   .summary = "a program",
                                   .state_size = sizeof(struct session),
                                   .open = exec_open,
                                   .close = exec_close,
                                   .arrive = exec_arrive,
                                   .leave = exec_leave,
                                   .decide = exec_decide};
    *policy = &x->policy;
    return VN_OK;
}

const char *
vn_exec_backend(const struct vn_policy *policy)
{
    const struct exec *x = (const struct exec *) policy;
    const struct ed_backend *backend;

    if (policy->decide != exec_decide || !is_confined(x->name))
        return NULL;
    backend =
        x->limits.backend != NULL ? x->limits.backend : ed_backend_default();
    return backend == NULL ? NULL : ed_backend_name(backend);
}

void
vn_exec_free(const struct vn_policy *policy)
{
    struct exec *x = (struct exec *) (uintptr_t) policy;

    if (policy == NULL || policy->decide != exec_decide)
        return;
    free(x->name);
    free(x->label);
    free(x->transcript);
    free(x);
}
