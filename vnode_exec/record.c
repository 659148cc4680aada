#include "config.h"

#include "vnode_exec/record.h"

#include "base/file.h"
#include "base/progress.h"
#include "base/store/origin.h"
#include "base/store/store.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct row {
    struct vn_step step;
    double start_s, resize_s;
    char digest[20];
};

struct vn_record {
    const struct vn_exec_job *job;
    struct vn_file log;
    bool logs;
    char *old; /* where the log of another run is kept until this has ended */
    bool kept;
    int64_t from_step; /* that it was resumed at, -1: a new run */
    double started;
    double resize_s; /* of the next step */
    struct row *rows;
    size_t nrows, room;
};

static const char header[] =
    "step,loss,accuracy,devices,step_s,load_s,compute_s,sync_s,update_s,"
    "resize_s,norm,redone,failed,probe_s,digest,rate,eval_loss,"
    "eval_accuracy\n";

/*
 * The rows of the log that is there, of steps before the one that a resumed
 * run begins with.  A last line that was cut off is none.
 */
static enum vn_status
copy_rows(const char *path, int64_t from_step, FILE *out, struct vn_error *err)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    FILE *in;
    enum vn_status status = VN_OK;

    if (access(path, F_OK) != 0)
        return VN_OK;
    status = vn_file_open(path, &in, err);
    if (status != VN_OK)
        return status;
    n = getline(&line, &room, in);
    if (n > 0 && strcmp(line, header) != 0)
        status = vn_fail(err, VN_EFORMAT,
                         "%s:1: is no log of vnexec run to go on with, "
                         "expected another --log",
                         path);
    while (status == VN_OK && (n = getline(&line, &room, in)) > 0)
        if (line[n - 1] == '\n' && strtoll(line, NULL, 10) < from_step)
            fputs(line, out);
    free(line);
    vn_file_close(in);
    return status;
}

static enum vn_status
open_log(struct vn_record *r, const char *path, int64_t from_step,
         struct vn_error *err)
{
    struct stat st;
    bool plain = strcmp(path, "-") != 0
                 && (stat(path, &st) != 0 || S_ISREG(st.st_mode));
    enum vn_status status = vn_file_create(&r->log, path, err);

    r->logs = status == VN_OK;
    if (r->logs && plain && from_step < 0 && access(path, F_OK) == 0) {
        r->old = vn_xcalloc(strlen(path) + 2, 1);
        sprintf(r->old, "%s~", path);
    }
    if (r->logs)
        fputs(header, r->log.stream);
    if (r->logs && plain && from_step >= 0)
        status = copy_rows(path, from_step, r->log.stream, err);
    return status;
}

/*
 * The log grows in its place; what stands there is not lost by a disk that is
 * full later on.  Where it cannot be kept it is left to be replaced.
 */
static void
keep_old(struct vn_record *r)
{
    if (r->old == NULL || r->kept)
        return;
    unlink(r->old);
    r->kept = link(r->log.path, r->old) == 0;
}

void
vn_record_close(struct vn_record *r)
{
    if (r == NULL)
        return;
    if (r->logs)
        vn_file_discard(&r->log);
    free(r->old);
    free(r->rows);
    free(r);
}

void
vn_record_resize(struct vn_record *r, const struct vn_resize *resize)
{
    r->resize_s = resize->wait_s + resize->copy_s;
}

enum vn_status
vn_record_step(struct vn_record *r, const struct vn_step *s,
               const struct vn_evaluation *e, const char *digest,
               struct vn_error *err)
{
    enum vn_status status = VN_OK;

    if (r->logs) {
        fprintf(r->log.stream,
                "%lld,%.9g,%.9g,%d,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f,%.9g,%d,%d,"
                "%.9f,%s,%.9g,",
                (long long) s->step, s->loss, s->accuracy, s->devices,
                s->step_s, s->load_s, s->compute_s, s->sync_s, s->update_s,
                r->resize_s, s->norm, s->redone, s->failed, s->probe_s, digest,
                vn_train_rate(&r->job->options->train, s->step));
        if (e != NULL && e->done)
            fprintf(r->log.stream, "%.9g,%.9g\n", e->loss, e->accuracy);
        else
            fputs(",\n", r->log.stream);
        keep_old(r);
        status = vn_file_place(&r->log, err);
    }
    if (r->job->options->results != NULL) {
        struct row *row;

        if (r->nrows == r->room) {
            r->room = r->room > 0 ? 2 * r->room : 256;
            r->rows = vn_xrealloc(r->rows, r->room, sizeof *r->rows);
        }
        row = &r->rows[r->nrows++];
        *row = (struct row){.step = *s,
                            .start_s = vn_clock() - r->started - s->step_s,
                            .resize_s = r->resize_s};
        snprintf(row->digest, sizeof row->digest, "%s", digest);
    }
    r->resize_s = 0;
    return status;
}

static int64_t
micro(double seconds)
{
    return (int64_t) llrint(seconds * 1e6);
}

static enum vn_status
add_steps(struct vn_record *r, struct vn_store *store, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (size_t i = 0; status == VN_OK && i < r->nrows; i++) {
        const struct row *row = &r->rows[i];
        struct vn_store_step to;

        vn_store_blank(VN_STORE_STEP, &to);
        to.job_id = 0;
        to.step = row->step.step;
        to.start_us = micro(row->start_s);
        to.step_us = micro(row->step.step_s);
        to.devices = row->step.devices;
        to.vnodes = r->job->options->train.vnodes;
        to.examples = r->job->options->train.batch;
        to.loss = row->step.loss;
        to.accuracy = row->step.accuracy;
        to.load_us = micro(row->step.load_s);
        to.compute_us = micro(row->step.compute_s);
        to.sync_us = micro(row->step.sync_s);
        to.update_us = micro(row->step.update_s);
        to.resize_us = micro(row->resize_s);
        to.digest = row->digest[0] != '\0' ? row->digest : NULL;
        status = vn_store_step(store, &to, err);
    }
    return status;
}

static enum vn_status
add_devices(struct vn_record *r, const struct vn_executor *x,
            struct vn_store *store, struct vn_error *err)
{
    struct vn_seat_report seats[VN_SPEC_DEVICES];
    int n = vn_executor_seats(x, seats, VN_SPEC_DEVICES);
    enum vn_status status = VN_OK;

    for (int i = 0; status == VN_OK && i < n; i++) {
        struct vn_store_device to;
        char name[128];

        seats[i].spec->backend->describe(seats[i].spec->ordinal, name,
                                         sizeof name);
        vn_store_blank(VN_STORE_DEVICE, &to);
        to.device = i;
        to.device_type = seats[i].spec->type;
        to.name = name;
        to.emulated = seats[i].spec->slow > 1;
        to.vnodes = seats[i].nodes;
        to.examples = seats[i].examples;
        if (r->job->options->limit > 0)
            to.memory_bytes = r->job->options->limit;
        to.peak_bytes = seats[i].peak_bytes;
        to.busy_us = micro(seats[i].busy_s);
        status = vn_store_device(store, &to, err);
    }
    return status;
}

enum {
    OPTIONS = 6000 /* bytes of a job's text in one line */
};

/* A job of one line: its text with commas for newlines. */
static void
one_line(const struct vn_record *r, char *text, size_t size)
{
    const struct vn_exec_job *job = r->job;
    size_t n = (size_t) snprintf(
        text, size, "%ssteps=%lld,devices=%s", job->text,
        (long long) job->options->train.steps, job->options->devices);

    if (r->from_step >= 0 && n < size)
        snprintf(text + n, size - n, ",from-step=%lld",
                 (long long) r->from_step);
    for (char *p = text; *p != '\0'; p++)
        if (*p == '\n')
            *p = ',';
}

/* The run's row but for what is known at its end; options is for its text. */
static void
describe(const struct vn_record *r, struct vn_store_run *run,
         struct vn_origin *origin, char *options, size_t size)
{
    one_line(r, options, size);
    vn_store_blank(VN_STORE_RUN, run);
    run->kind = "measured";
    run->options = options;
    run->seed = (int64_t) r->job->options->train.seed;
    vn_origin_take(origin, run);
    run->devices = r->job->stages.list[0].devices;
}

/* Refuse a run that is in the file before it is done again. */
static enum vn_status
check_new(const struct vn_record *r, struct vn_error *err)
{
    const char *path = r->job->options->results;
    char options[OPTIONS], name[VN_STORE_NAME_SIZE];
    struct vn_store *store = NULL;
    struct vn_store_run run;
    struct vn_origin origin;
    bool there = false;
    enum vn_status status;

    if (path == NULL || access(path, F_OK) != 0)
        return VN_OK;
    describe(r, &run, &origin, options, sizeof options);
    vn_store_run_name(&run, name);
    status = vn_store_open(path, VN_STORE_READ, &store, err);
    if (status == VN_OK)
        status = vn_store_has(store, name, &there, err);
    vn_store_close(store);
    vn_origin_free(&origin);
    if (status == VN_OK && there)
        status = vn_fail(err, VN_EUSAGE,
                         "%s holds this run already, expected another --seed, "
                         "or another file",
                         path);
    return status;
}

static enum vn_status
add_run(struct vn_record *r, const struct vn_executor *x, const char *why,
        struct vn_store *store, struct vn_error *err)
{
    struct vn_store_run run;
    char options[OPTIONS], name[VN_STORE_NAME_SIZE];
    struct vn_origin origin;
    enum vn_status status;

    describe(r, &run, &origin, options, sizeof options);
    run.state = why != NULL ? "failed"
                : vn_executor_step_number(x) < r->job->options->train.steps
                    ? "stopped"
                    : "done";
    run.error = why;
    run.wall_us = micro(vn_clock() - r->started);
    vn_store_run_name(&run, name);
    status = vn_store_begin(store, name, err);
    if (status == VN_OK)
        status = add_steps(r, store, err);
    if (status == VN_OK)
        status = add_devices(r, x, store, err);
    if (status == VN_OK)
        status = vn_store_commit(store, &run, err);
    vn_origin_free(&origin);
    return status;
}

enum vn_status
vn_record_commit(struct vn_record *r, const struct vn_executor *x,
                 const char *why, struct vn_error *err)
{
    const char *path = r->job->options->results;
    struct vn_store *store = NULL;
    enum vn_status status = VN_OK;

    if (r->logs) {
        r->logs = false;
        status = vn_file_commit(&r->log, err);
        if (status == VN_OK && r->kept)
            unlink(r->old);
    }
    if (status != VN_OK || path == NULL)
        return status;
    status = vn_store_open(path, VN_STORE_WRITE, &store, err);
    if (status == VN_OK)
        status = add_run(r, x, why, store, err);
    vn_store_close(store);
    return status;
}

enum vn_status
vn_record_open(const struct vn_exec_job *job, int64_t from_step,
               struct vn_record **record, struct vn_error *err)
{
    struct vn_record *r = vn_xcalloc(1, sizeof *r);

    enum vn_status status;

    r->job = job;
    r->from_step = from_step;
    r->started = vn_clock();
    *record = r;
    status = check_new(r, err);
    if (status == VN_OK && job->options->log != NULL)
        status = open_log(r, job->options->log, from_step, err);
    return status;
}
