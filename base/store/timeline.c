#include "config.h"

#include "base/store/timeline.h"

#include "base/file.h"
#include "base/names.h"
#include "base/option.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    TYPES = 64 /* of devices in a run */
};

/* A change of what a job holds of a type. */
struct step {
    int64_t at;
    int type;
    int64_t devices; /* more, or fewer */
};

/* A job on its way to its slices. */
struct holder {
    int64_t job;
    struct step *steps;
    int n, room;
};

struct writer {
    struct vn_store *store;
    const struct vn_timeline *t;
    FILE *out;
    int64_t run;
    int pid;
    bool began; /* an event was written */
    struct vn_names types;
};

enum vn_status
vn_timeline_only(struct vn_timeline *t, const char *option, const char *list,
                 struct vn_error *err)
{
    static const char why[] = "ids of jobs, as in 3,7-12";

    for (const char *at = list;; at++) {
        char *end;
        int64_t first = strtoll(at, &end, 10), last = first;

        if (end == at || first < 0 || t->nranges == VN_TIMELINE_RANGES)
            return vn_args_refuse(err, option, list, why);
        at = end;
        if (*at == '-') {
            last = strtoll(at + 1, &end, 10);
            if (end == at + 1 || last < first)
                return vn_args_refuse(err, option, list, why);
            at = end;
        }
        t->jobs[t->nranges][0] = first;
        t->jobs[t->nranges++][1] = last;
        if (*at == '\0')
            return VN_OK;
        if (*at != ',')
            return vn_args_refuse(err, option, list, why);
    }
}

static bool
wanted(const struct vn_timeline *t, int64_t job)
{
    for (int i = 0; i < t->nranges; i++)
        if (t->jobs[i][0] <= job && job <= t->jobs[i][1])
            return true;
    return t->nranges == 0;
}

/* Cut a time to the window; false where nothing is left of it. */
static bool
cut(const struct vn_timeline *t, int64_t *from, int64_t *to)
{
    if (*from < t->from_us)
        *from = t->from_us;
    if (t->to_us > 0 && *to > t->to_us)
        *to = t->to_us;
    return *from < *to;
}

/* The begin of an event; the caller ends it. */
static void
begin(struct writer *w, const char *phase, int64_t job)
{
    fprintf(w->out, "%s{\"ph\": \"%s\", \"pid\": %d, \"tid\": %" PRId64,
            w->began ? ",\n" : "", phase, w->pid, job + 1);
    w->began = true;
}

/* Name the run's process, or a job's thread. */
static void
name(struct writer *w, const char *what, int64_t job, const char *text)
{
    begin(w, "M", job);
    fprintf(w->out, ", \"name\": \"%s\", \"args\": {\"name\": ", what);
    vn_json_string(w->out, text);
    fputs("}}", w->out);
}

static void
sort_index(struct writer *w, const char *what, int64_t job, int64_t index)
{
    begin(w, "M", job);
    fprintf(w->out,
            ", \"name\": \"%s\", \"args\": {\"sort_index\": %" PRId64 "}}",
            what, index);
}

static void
slice(struct writer *w, int64_t job, const char *category, const char *text,
      int64_t from, int64_t to, int64_t devices)
{
    if (!cut(w->t, &from, &to))
        return;
    begin(w, "X", job);
    fprintf(w->out,
            ", \"ts\": %" PRId64 ", \"dur\": %" PRId64
            ", \"cat\": \"%s\", \"name\": ",
            from, to - from, category);
    vn_json_string(w->out, text);
    fprintf(w->out, ", \"args\": {\"devices\": %" PRId64 "}}", devices);
}

static int
compare_steps(const void *a, const void *b)
{
    const struct step *x = a, *y = b;

    return x->at != y->at ? (x->at > y->at) - (x->at < y->at)
                          : (x->type > y->type) - (x->type < y->type);
}

/* "2 v100 + 1 k80", and how many in all. */
static int64_t
describe(const struct writer *w, const int64_t *held, char *text, size_t size)
{
    int64_t all = 0;

    text[0] = '\0';
    for (int k = 0; k < w->types.count; k++) {
        size_t used = strlen(text);

        if (held[k] > 0)
            snprintf(text + used, size - used, "%s%" PRId64 " %s",
                     all > 0 ? " + " : "", held[k], w->types.text[k]);
        all += held[k];
    }
    return all;
}

/* Write what the job held, from one change to the next. */
static void
flush(struct writer *w, struct holder *h)
{
    int64_t held[TYPES] = {0}, since = 0, devices = 0;
    char text[400] = "";

    if (h->n > 0)
        qsort(h->steps, (size_t) h->n, sizeof *h->steps, compare_steps);
    for (int i = 0; i < h->n; i++) {
        char next[sizeof text];
        int64_t all;

        held[h->steps[i].type] += h->steps[i].devices;
        if (i + 1 < h->n && h->steps[i + 1].at == h->steps[i].at)
            continue;
        all = describe(w, held, next, sizeof next);
        if (strcmp(next, text) == 0)
            continue;
        if (devices > 0)
            slice(w, h->job, "held", text, since, h->steps[i].at, devices);
        strcpy(text, next);
        devices = all;
        since = h->steps[i].at;
    }
    h->n = 0;
}

static void
add_step(struct holder *h, int64_t at, int type, int64_t devices)
{
    if (h->n == h->room) {
        h->room = 2 * h->room + 64;
        h->steps = vn_xrealloc(h->steps, (size_t) h->room, sizeof *h->steps);
    }
    h->steps[h->n++] = (struct step){at, type, devices};
}

/* The number of a type in the run. */
static enum vn_status
find_type(struct writer *w, const char *type, int *number,
          struct vn_error *err)
{
    *number = vn_names_add(&w->types, type);
    if (*number < TYPES)
        return VN_OK;
    return vn_fail(err, VN_EINVAL, "more than %d types of devices in a run",
                   TYPES);
}

static enum vn_status
write_held(struct writer *w, struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    struct holder h = {.job = -1};
    int64_t n = 0;
    bool more;
    enum vn_status status = vn_store_query(
        w->store,
        "SELECT job_id, device_type, from_us, to_us, devices FROM allocation "
        "WHERE run_id = ? ORDER BY job_id, from_us, device_type",
        &rows, err);

    if (status == VN_OK)
        vn_rows_bind_int(rows, 1, w->run);
    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more) {
        int64_t job = vn_rows_int(rows, 0), devices = vn_rows_int(rows, 4);
        int type;

        n++;
        if (job != h.job)
            flush(w, &h);
        h.job = job;
        status = find_type(w, vn_rows_text(rows, 1), &type, err);
        if (status != VN_OK || !wanted(w->t, job))
            continue;
        add_step(&h, vn_rows_int(rows, 2), type, devices);
        add_step(&h, vn_rows_int(rows, 3), type, -devices);
    }
    flush(w, &h);
    free(h.steps);
    vn_rows_close(rows);
    if (status == VN_OK && n == 0)
        status = vn_fail(err, VN_EINVAL,
                         "%s: a run was recorded without allocations, or "
                         "granted nothing, expected --keep all",
                         vn_store_path(w->store));
    return status;
}

/* Names of jobs, and how long they waited at first. */
static enum vn_status
write_jobs(struct writer *w, struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    bool more;
    enum vn_status status = vn_store_query(
        w->store,
        "SELECT job_id, submit_us, coalesce(start_us, submit_us), "
        "coalesce(model, '') FROM job WHERE run_id = ? ORDER BY job_id",
        &rows, err);

    if (status == VN_OK)
        vn_rows_bind_int(rows, 1, w->run);
    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more) {
        int64_t job = vn_rows_int(rows, 0);
        char text[120];

        if (!wanted(w->t, job))
            continue;
        snprintf(text, sizeof text, "job %" PRId64 " %s", job,
                 vn_rows_text(rows, 3));
        text[strlen(text) - (text[strlen(text) - 1] == ' ')] = '\0';
        name(w, "thread_name", job, text);
        sort_index(w, "thread_sort_index", job, job);
        slice(w, job, "waiting", "waiting", vn_rows_int(rows, 1),
              vn_rows_int(rows, 2), 0);
    }
    vn_rows_close(rows);
    return status;
}

/* How many devices of each type are held, where it changes. */
static enum vn_status
write_counters(struct writer *w, struct vn_error *err)
{
    int64_t held[TYPES] = {0};
    struct vn_rows *rows = NULL;
    bool more;
    enum vn_status status = vn_store_query(
        w->store,
        "SELECT at, device_type, sum(devices) FROM (SELECT from_us AS at, "
        "device_type, devices FROM allocation WHERE run_id = ?1 UNION ALL "
        "SELECT to_us, device_type, -devices FROM allocation WHERE "
        "run_id = ?1) GROUP BY at, device_type ORDER BY at, device_type",
        &rows, err);

    if (status == VN_OK)
        vn_rows_bind_int(rows, 1, w->run);
    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more) {
        int64_t at = vn_rows_int(rows, 0), to = at + 1;
        int type;

        status = find_type(w, vn_rows_text(rows, 1), &type, err);
        if (status != VN_OK || vn_rows_int(rows, 2) == 0)
            continue;
        held[type] += vn_rows_int(rows, 2);
        if (!cut(w->t, &at, &to))
            continue;
        begin(w, "C", -1);
        fprintf(w->out, ", \"ts\": %" PRId64 ", \"name\": ", at);
        vn_json_string(w->out, w->types.text[type]);
        fprintf(w->out, ", \"args\": {\"held\": %" PRId64 "}}", held[type]);
    }
    vn_rows_close(rows);
    return status;
}

static enum vn_status
write_run(struct writer *w, struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    bool more;
    enum vn_status status = vn_store_query(
        w->store,
        "SELECT kind || ': ' || coalesce(policy, 'a plan') || coalesce(' ' || "
        "options, '') || coalesce(', seed ' || seed, '') || coalesce(', part "
        "' || window, '') FROM run WHERE run_id = ?",
        &rows, err);

    if (status == VN_OK) {
        vn_rows_bind_int(rows, 1, w->run);
        status = vn_rows_next(rows, &more, err);
    }
    if (status == VN_OK && !more)
        status = vn_fail(err, VN_EINVAL, "%s: no run of number %" PRId64,
                         vn_store_path(w->store), w->run);
    if (status == VN_OK) {
        name(w, "process_name", -1, vn_rows_text(rows, 0));
        sort_index(w, "process_sort_index", -1, w->pid);
    }
    vn_rows_close(rows);
    if (status == VN_OK)
        status = write_jobs(w, err);
    if (status == VN_OK)
        status = write_held(w, err);
    if (status == VN_OK)
        status = write_counters(w, err);
    vn_names_free(&w->types);
    w->types = (struct vn_names){0};
    return status;
}

enum vn_status
vn_timeline_write(struct vn_store *store, const int64_t *runs, int nruns,
                  const struct vn_timeline *t, const char *path,
                  struct vn_error *err)
{
    struct writer w = {.store = store, .t = t};
    struct vn_file file;
    enum vn_status status = vn_file_create(&file, path, err);

    if (status != VN_OK)
        return status;
    w.out = file.stream;
    fputs("{\"displayTimeUnit\": \"ms\",\n\"traceEvents\": [\n", w.out);
    for (int i = 0; i < nruns && status == VN_OK; i++) {
        w.run = runs[i];
        w.pid = i + 1;
        status = write_run(&w, err);
    }
    fputs("\n]}\n", w.out);
    if (status == VN_OK)
        status = vn_file_commit(&file, err);
    vn_file_discard(&file);
    return status;
}
