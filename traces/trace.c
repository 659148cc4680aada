#include "config.h"

#include "traces/trace.h"

#include "base/rng.h"
#include "base/table.h"
#include "base/xalloc.h"
#include "traces/ids.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct vn_trace {
    const char *name; /* for messages */
    struct vn_table *table;
    FILE *in;
    bool from_stdin;
    int64_t size; /* of the file, 0 if unknown */
    struct vn_trace_names names;

    /* The jobs of one submit time, and after them the one that is next. */
    struct vn_job *jobs;
    size_t njobs;
    size_t allocated;
    size_t given;
    struct vn_ids ids;
    bool ahead; /* jobs[njobs] is there, and later */
    bool ended;
};

int
vn_trace_compare(const void *a, const void *b)
{
    const struct vn_job *x = a, *y = b;

    if (x->submit != y->submit)
        return x->submit < y->submit ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

enum vn_status
vn_trace_open(const char *path, struct vn_trace **trace, struct vn_error *err)
{
    enum vn_status status;
    FILE *in;

    *trace = NULL;
    status = vn_file_open_text(path, &in, err);
    if (status == VN_OK)
        status = vn_trace_read(in, path, trace, err);
    return status;
}

enum vn_status
vn_trace_read(FILE *in, const char *name, struct vn_trace **trace,
              struct vn_error *err)
{
    struct vn_trace *t = vn_xcalloc(1, sizeof *t);
    enum vn_status status;
    struct stat st;

    *trace = NULL;
    t->in = in;
    t->name = name;
    status = vn_trace_table(in, name, &t->table, err);
    if (status != VN_OK) {
        vn_trace_close(t);
        return status;
    }
    if (fstat(fileno(t->in), &st) == 0 && S_ISREG(st.st_mode))
        t->size = st.st_size;
    *trace = t;
    return VN_OK;
}

void
vn_trace_close(struct vn_trace *t)
{
    if (t == NULL)
        return;
    vn_table_close(t->table);
    vn_file_close(t->in);
    vn_trace_names_free(&t->names);
    vn_ids_free(&t->ids);
    free(t->jobs);
    free(t);
}

const struct vn_trace_names *
vn_trace_names(const struct vn_trace *t)
{
    return &t->names;
}

const char *
vn_trace_remark(const struct vn_trace *t, const char *key)
{
    return vn_table_remark(t->table, key);
}

double
vn_trace_share(const struct vn_trace *t)
{
    return t->size > 0 ? (double) ftell(t->in) / (double) t->size : 0;
}

/* Append the next row to jobs; at the end of the file set `ended`. */
static enum vn_status
read_ahead(struct vn_trace *t, struct vn_error *err)
{
    struct vn_ids_twice twice;
    enum vn_status status;
    struct vn_job *job;
    bool more;

    if (t->njobs + 1 >= t->allocated) {
        t->allocated = 2 * t->allocated + 16;
        t->jobs = vn_xrealloc(t->jobs, t->allocated, sizeof *t->jobs);
    }
    job = &t->jobs[t->njobs];
    status = vn_table_next(t->table, &more, err);
    if (status != VN_OK)
        return status;
    t->ended = !more;
    if (!more) {
        status = vn_ids_end(&t->ids, &twice, err);
        return status != VN_OK || twice.line == 0
                   ? status
                   : vn_trace_refuse_twice(t->name, &twice, err);
    }
    status = vn_trace_row(t->table, job, &t->names, err);
    if (status != VN_OK)
        return status;
    vn_ids_add(&t->ids, job->id, vn_table_line(t->table), &twice);
    if (twice.line > 0)
        return vn_trace_refuse_twice(t->name, &twice, err);
    if (status == VN_OK && t->njobs > 0 && job->submit < job[-1].submit)
        status = vn_table_fail(
            t->table, VN_TRACE_SUBMIT, err,
            "submit_s is before the row above, expected rows in order of "
            "time (sort them with: vntrace import --from trace)");
    t->ahead = status == VN_OK;
    return status;
}

/* Gather the jobs of the next submit time, in order of id. */
static enum vn_status
read_group(struct vn_trace *t, struct vn_error *err)
{
    enum vn_status status = VN_OK;
    bool sorted = true;

    if (t->ahead)
        t->jobs[0] = t->jobs[t->njobs];
    t->njobs = t->ahead;
    t->given = 0;
    t->ahead = false;
    while (status == VN_OK && !t->ended) {
        status = read_ahead(t, err);
        if (status != VN_OK || t->ended)
            break;
        if (t->njobs > 0) {
            struct vn_job *job = &t->jobs[t->njobs];

            if (job->submit > job[-1].submit)
                break;
            sorted = sorted && job->id > job[-1].id;
        }
        t->njobs++;
        t->ahead = false;
    }
    if (!sorted)
        qsort(t->jobs, t->njobs, sizeof *t->jobs, vn_trace_compare);
    return status;
}

enum vn_status
vn_trace_next(struct vn_trace *t, struct vn_job *job, bool *more,
              struct vn_error *err)
{
    if (t->given == t->njobs) {
        enum vn_status status = read_group(t, err);

        if (status != VN_OK)
            return status;
    }
    *more = t->given < t->njobs;
    if (*more)
        *job = t->jobs[t->given++];
    return VN_OK;
}

static uint64_t
hash_name(uint64_t hash, const struct vn_names *names, int number)
{
    const char *text = number >= 0 ? names->text[number] : "";

    return vn_hash(hash, text, strlen(text) + 1);
}

uint64_t
vn_trace_hash(uint64_t hash, const struct vn_job *j,
              const struct vn_trace_names *names)
{
    const int64_t whole[] = {
        j->id,          j->submit,       j->duration, j->devices,
        j->vnodes,      j->global_batch, j->steps,    j->min_devices,
        j->max_devices, j->deadline,
    };
    const double real[] = {j->weight, j->priority};

    const int64_t asked[] = {j->device_milli, j->cpu_milli, j->memory_mib};

    hash = vn_hash(hash, whole, sizeof whole);
    hash = vn_hash(hash, real, sizeof real);
    if ((j->device_milli > 0 && j->device_milli < 1000) || j->cpu_milli > 0
        || j->memory_mib > 0)
        hash = vn_hash(hash, asked, sizeof asked);
    if (j->predicted > 0)
        hash = vn_hash(hash, &j->predicted, sizeof j->predicted);
    if (j->outcome != VN_OUTCOME_UNKNOWN)
        hash = vn_hash(hash, &j->outcome, sizeof j->outcome);
    if (j->name >= 0)
        hash = hash_name(hash, &names->jobs, j->name);
    hash = hash_name(hash, &names->models, j->model);
    hash = hash_name(hash, &names->users, j->user);
    hash = hash_name(hash, &names->vcs, j->vc);
    return hash_name(hash, &names->device_types, j->device_type);
}

enum vn_status
vn_trace_hash_file(const char *path, uint64_t *hash, struct vn_error *err)
{
    struct vn_trace *t;
    struct vn_job job;
    enum vn_status status = vn_trace_open(path, &t, err);
    bool more;

    *hash = 0;
    while (status == VN_OK
           && (status = vn_trace_next(t, &job, &more, err)) == VN_OK && more)
        *hash = vn_trace_hash(*hash, &job, vn_trace_names(t));
    vn_trace_close(t);
    return status;
}
