#include "config.h"

#include "replay/sweep/workload.h"

#include "base/rng.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void
move_names(struct vn_names *to, const struct vn_names *from)
{
    for (int i = 0; i < from->count; i++)
        vn_names_add(to, from->text[i]);
}

/* Say of the whole pages of some jobs whether a process that is forked gets
 * them (MADV_DOFORK) or not (MADV_DONTFORK). */
static void
advise(struct vn_job *jobs, size_t njobs, int advice)
{
    const uintptr_t page = 4096;
    uintptr_t from = ((uintptr_t) jobs + page - 1) / page * page,
              to = (uintptr_t) (jobs + njobs) / page * page;

    if (from < to)
        madvise((void *) from, to - from, advice);
}

void
vn_workload_withhold(const struct vn_workload *w)
{
    advise(w->jobs, w->njobs, MADV_DONTFORK);
}

enum vn_status
vn_trace_data_read(const char *path, struct vn_trace_data *data,
                   struct vn_error *err)
{
    struct vn_trace *trace = NULL;
    enum vn_status status;
    size_t allocated = 0;
    bool more = false;
    struct vn_job job;

    *data = (struct vn_trace_data){.path = path};
    status = vn_trace_open(path, &trace, err);
    while (status == VN_OK
           && (status = vn_trace_next(trace, &job, &more, err)) == VN_OK
           && more) {
        if (data->njobs == allocated) {
            allocated = 2 * allocated + 1024;
            data->jobs =
                vn_xrealloc(data->jobs, allocated, sizeof *data->jobs);
        }
        data->jobs[data->njobs++] = job;
    }
    if (status == VN_OK && data->njobs == 0)
        status = vn_fail(err, VN_EFORMAT, "%s: holds no jobs", path);
    if (status == VN_OK) {
        const struct vn_trace_names *names = vn_trace_names(trace);

        move_names(&data->names.models, &names->models);
        move_names(&data->names.users, &names->users);
        move_names(&data->names.vcs, &names->vcs);
        move_names(&data->names.device_types, &names->device_types);
        move_names(&data->names.jobs, &names->jobs);
    } else
        vn_trace_data_free(data);
    vn_trace_close(trace);
    return status;
}

void
vn_trace_data_free(struct vn_trace_data *data)
{
    advise(data->jobs, data->njobs, MADV_DOFORK);
    free(data->jobs);
    vn_trace_names_free(&data->names);
    *data = (struct vn_trace_data){0};
}

static void
set_hash(struct vn_workload *w)
{
    uint64_t hash = 0;

    for (size_t i = 0; i < w->njobs; i++)
        hash = vn_trace_hash(hash, &w->jobs[i], w->names);
    snprintf(w->hash, sizeof w->hash, "%016" PRIx64, hash);
}

void
vn_workload_cut(const struct vn_trace_data *data, int i, int n,
                struct vn_workload *w)
{
    size_t count = (size_t) n, begin = data->njobs * (size_t) i / count,
           end = data->njobs * ((size_t) i + 1) / count;
    vn_time origin = n > 1 ? data->jobs[begin].submit : 0;

    *w = (struct vn_workload){.trace = data->path,
                              .seed = -1,
                              .load = NAN,
                              .njobs = end - begin,
                              .names = &data->names};
    if (n > 1)
        snprintf(w->window, sizeof w->window, "%d/%d", i + 1, n);
    w->jobs = vn_xcalloc(w->njobs, sizeof *w->jobs);
    memcpy(w->jobs, data->jobs + begin, w->njobs * sizeof *w->jobs);
    for (size_t k = 0; k < w->njobs; k++) {
        w->jobs[k].submit -= origin;
        if (w->jobs[k].deadline >= 0)
            w->jobs[k].deadline -= origin;
    }
    set_hash(w);
    advise(data->jobs, data->njobs, MADV_DONTFORK);
}

void
vn_workload_free(struct vn_workload *w)
{
    advise(w->jobs, w->njobs, MADV_DOFORK);
    free(w->jobs);
    *w = (struct vn_workload){0};
}

static enum vn_status
next_job(void *arg, struct vn_job *job, bool *more, struct vn_error *err)
{
    struct vn_reader *reader = arg;

    (void) err;
    *more = reader->at < reader->workload->njobs;
    if (*more)
        *job = reader->workload->jobs[reader->at++];
    return VN_OK;
}

static const char *
device_type(void *arg, int number)
{
    const struct vn_reader *reader = arg;

    return reader->workload->names->device_types.text[number];
}

static const char *
model(void *arg, int number)
{
    const struct vn_reader *reader = arg;

    return reader->workload->names->models.text[number];
}

static const char *
user(void *arg, int number)
{
    const struct vn_reader *reader = arg;

    return reader->workload->names->users.text[number];
}

static const char *
vc(void *arg, int number)
{
    const struct vn_reader *reader = arg;

    return reader->workload->names->vcs.text[number];
}

static const char *
name(void *arg, int number)
{
    const struct vn_reader *reader = arg;

    return reader->workload->names->jobs.text[number];
}

struct vn_source
vn_workload_source(struct vn_reader *reader)
{
    return (struct vn_source){next_job, reader, device_type, model,
                              user,     vc,     name};
}
