#include "config.h"

#include "sim/outside/exec.h"

#include "base/digest.h"
#include "base/names.h"
#include "base/number.h"
#include "base/xalloc.h"
#include "sim/engine/ledger.h"
#include "sim/outside/asked.h"
#include "sim/outside/pipe.h"

#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct exec {
    struct vn_policy policy;
    char *name;  /* as it was given */
    char *label; /* the same, @ a digest of the files that it names */
    struct vn_plugin_limits limits;
    char *transcript; /* path, or NULL */
};

/* A program in one engine. */
struct session {
    struct exec *exec;
    struct vn_pipe pipe;
    json_t *arrived; /* since the last decision */
    json_t *left;
};

bool
vn_exec_is(const char *name)
{
    return vn_pipe_is(name);
}

static void
say(struct session *s, json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT);
    size_t n = text == NULL ? 0 : strlen(text);
    char *line = vn_xcalloc(n + 2, 1);

    memcpy(line, text == NULL ? "" : text, n);
    line[n] = '\n';
    vn_pipe_say(&s->pipe, line);
    free(line);
    free(text);
    json_decref(message);
}

/*
 * The next line as an object all of whose keys are among those; the caller's,
 * NULL where the session was stopped.
 */
static json_t *
hear(struct session *s, const char *const *keys, size_t nkeys)
{
    struct vn_pipe *p = &s->pipe;
    char what[JSON_ERROR_TEXT_LENGTH + 64];
    json_error_t error;
    json_t *said, *value;
    const char *key, *near;

    if (!vn_pipe_hear(p))
        return NULL;
    said = json_loadb(p->text, p->length, 0, &error);
    if (said == NULL) {
        snprintf(what, sizeof what, "answer is no JSON: column %d: %s",
                 error.column, error.text);
        vn_pipe_stop(p, what);
    } else if (!json_is_object(said))
        vn_pipe_stop(p, "expected an object, as in {\"set\": [[slot, type, "
                        "devices]], \"wake\": microseconds}");
    json_object_foreach(said, key, value)
    {
        size_t k = 0;

        while (k < nkeys && strcmp(keys[k], key) != 0)
            k++;
        if (k < nkeys)
            continue;
        near = vn_names_nearest(key, keys, nkeys);
        if (near != NULL)
            snprintf(what, sizeof what,
                     "unknown \"%.40s\", did you mean \"%s\"?", key, near);
        else
            snprintf(what, sizeof what,
                     "unknown \"%.40s\", expected \"%s\" or another that is "
                     "known here",
                     key, keys[0]);
        vn_pipe_stop(p, what);
    }
    if (!p->stopped)
        return said;
    json_decref(said);
    return NULL;
}

/* What kind of policy it is: its answer to the first line. */
static void
greet(struct session *s)
{
    static const char *const keys[] = {"rigid", "late", "leases", "whole"};
    struct vn_policy *policy = &s->exec->policy;
    bool *flags[] = {&policy->rigid, &policy->late, &policy->leases,
                     &policy->whole};
    json_t *said = hear(s, keys, sizeof keys / sizeof keys[0]), *value;

    for (size_t i = 0; said != NULL && i < sizeof keys / sizeof keys[0]; i++) {
        value = json_object_get(said, keys[i]);
        *flags[i] = json_is_true(value);
        if (value != NULL && !json_is_boolean(value)) {
            char what[64];

            snprintf(what, sizeof what, "expected true or false of \"%s\"",
                     keys[i]);
            vn_pipe_stop(&s->pipe, what);
        }
    }
    json_decref(said);
}

/* What goes wrong with the program is told at the first decision. */
static enum vn_status
exec_open(void *state, const struct vn_view *view, const double *values,
          struct vn_error *err)
{
    struct session *s = state;
    const struct vn_cluster *cluster = view->ledger.cluster;
    json_t *types = json_array();
    enum vn_status status;

    (void) values;
    *s = (struct session){.exec = (struct exec *) (uintptr_t) view->policy};
    s->arrived = json_array();
    s->left = json_array();
    status = vn_pipe_open(&s->pipe, s->exec->name, &s->exec->limits, err);
    for (int i = 0; i < cluster->ntypes; i++)
        json_array_append_new(
            types, json_pack("{s:s,s:i}", "name", cluster->types[i].name,
                             "devices", cluster->types[i].devices));
    if (status == VN_OK) {
        vn_pipe_begin(&s->pipe);
        say(s, json_pack("{s:i,s:O}", "virtualflow", VN_EXEC_VERSION, "types",
                         types));
        greet(s);
    }
    json_decref(types);
    return status;
}

static void
exec_close(void *state)
{
    struct session *s = state;

    vn_pipe_close(&s->pipe);
    json_decref(s->arrived);
    json_decref(s->left);
}

static void
exec_arrive(void *state, const struct vn_view *view, int slot)
{
    struct session *s = state;

    json_array_append_new(s->arrived, vn_asked_job(view, slot));
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

/* Read what changes; the engine checks what it means. */
static void
take(struct session *s, const json_t *said, struct vn_answer *answer)
{
    const json_t *set = json_object_get(said, "set"), *one;
    const json_t *wake = json_object_get(said, "wake");
    size_t i;

    if ((set != NULL && !json_is_array(set))
        || (wake != NULL && !json_is_integer(wake) && !json_is_null(wake))) {
        vn_pipe_stop(&s->pipe,
                     "expected {\"set\": [[slot, type, devices], ...], "
                     "\"wake\": microseconds}");
        return;
    }
    json_array_foreach(set, i, one)
    {
        if (!json_is_array(one) || json_array_size(one) != 3)
            vn_pipe_stop(&s->pipe,
                         "expected [slot, type, devices] in \"set\"");
        else
            vn_answer_set(answer, small(json_array_get(one, 0)),
                          small(json_array_get(one, 1)),
                          small(json_array_get(one, 2)));
    }
    if (json_is_integer(wake))
        vn_answer_wake(answer, (vn_time) json_integer_value(wake));
}

/* Answer its questions until it says what changes. */
static void
converse(struct session *s, const struct vn_view *view,
         struct vn_answer *answer)
{
    static const char *const keys[] = {"set", "wake", "ask"};
    json_t *said, *ask, *told;

    while ((said = hear(s, keys, sizeof keys / sizeof keys[0])) != NULL) {
        char why[VN_ASKED_WHY] = "";

        ask = json_object_get(said, "ask");
        if (ask == NULL || json_is_null(ask)) {
            take(s, said, answer);
            json_decref(said);
            return;
        }
        if (json_object_size(said) > 1)
            vn_pipe_stop(&s->pipe, "expected \"ask\" alone: what changes is "
                                   "said after the answer");
        told = vn_asked(view, ask, why);
        if (told == NULL)
            vn_pipe_stop(&s->pipe, why);
        else
            say(s, json_pack("{s:o}", "told", told));
        json_decref(said);
    }
}

static void
exec_decide(void *state, const struct vn_view *view, struct vn_answer *answer)
{
    struct session *s = state;
    json_t *free_devices = json_array(), *devices = json_array();

    for (int t = 0; t < vn_view_types(view); t++) {
        json_array_append_new(free_devices,
                              json_integer(vn_view_free(view, t)));
        json_array_append_new(devices, json_integer(vn_view_devices(view, t)));
    }
    vn_pipe_begin(&s->pipe);
    say(s,
        json_pack("{s:I,s:o,s:o,s:O,s:O}", "now",
                  (json_int_t) vn_view_now(view), "free", free_devices,
                  "devices", devices, "left", s->left, "arrived", s->arrived));
    json_array_clear(s->arrived);
    json_array_clear(s->left);
    converse(s, view, answer);
    if (s->pipe.stopped)
        vn_answer_fail(answer, s->pipe.why);
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
    char *words = vn_xstrdup(vn_pipe_command(x->name)), *next = words, *word;
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
    if (*vn_pipe_command(name) == '\0')
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
        x->limits.transcript = x->transcript = vn_xstrdup(limits->transcript);
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

    if (policy->decide != exec_decide || !vn_pipe_is_confined(x->name))
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
