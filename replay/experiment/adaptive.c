#include "config.h"

#include "replay/experiment/adaptive.h"

#include "base/table.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
vn_adaptive_free(struct vn_adaptive *a)
{
    vn_reference_free(a->rounds);
    vn_sheet_free(a->events);
    vn_sheet_free(a->sheet);
    vn_names_free(&a->names);
    free(a->jobs);
    vn_applications_free(&a->applications);
    *a = (struct vn_adaptive){0};
}

const char *
vn_adaptive_path(const struct vn_request *request, const char *name)
{
    const char *path = vn_path(request->paths, request->data, name);

    if (access(path, F_OK) != 0 && request->base != NULL)
        path = vn_path(request->paths, request->base, name);
    return path;
}

enum {
    JOB,
    APPLICATION,
    SUBMIT,
    REPLICAS,
    BATCH,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [JOB] = {"job", true},
    [APPLICATION] = {"application", true},
    [SUBMIT] = {"submit_s", true},
    [REPLICAS] = {"num_replicas", true},
    [BATCH] = {"batch_size", true}};

/* The application that a row names; what is wrong is said at its cell. */
static enum vn_status
find_application(const struct vn_adaptive *a, struct vn_table *t,
                 const struct vn_application **application,
                 struct vn_error *err)
{
    struct vn_error why;

    if (vn_applications_demand(&a->applications, vn_table_text(t, APPLICATION),
                               application, &why)
        == VN_OK)
        return VN_OK;
    return vn_table_fail(t, APPLICATION, err, "%s", why.text);
}

static enum vn_status
read_job(struct vn_adaptive *a, struct vn_table *t, struct vn_error *err)
{
    struct vn_reference_request job;
    const char *name = vn_table_text(t, JOB);
    int n = a->names.count;
    int64_t replicas;
    enum vn_status status;

    if (name[0] == '\0' || vn_names_find(&a->names, name) >= 0)
        return vn_table_fail(t, JOB, err, "job is '%.64s', expected %s", name,
                             name[0] == '\0' ? "a name"
                                             : "a name that is not there yet");
    if ((status = find_application(a, t, &job.application, err))
        || (status = vn_table_real(t, SUBMIT, 0, 1e9, &job.submit_s, err))
        || (status = vn_table_int(t, REPLICAS, 1, VN_REFERENCE_DEVICES,
                                  &replicas, err))
        || (status =
                vn_table_int(t, BATCH, job.application->init_batch,
                             job.application->max_batch, &job.batch, err)))
        return status;
    vn_names_add(&a->names, name);
    job.replicas = (int) replicas;
    a->jobs = vn_xrealloc(a->jobs, (size_t) n + 1, sizeof *a->jobs);
    a->jobs[n] = job;
    return VN_OK;
}

enum vn_status
vn_adaptive_read(struct vn_adaptive *a, const struct vn_request *request,
                 struct vn_error *err)
{
    struct vn_table_form form = {.columns = columns, .ncolumns = NCOLUMNS};
    struct vn_table *t = NULL;
    enum vn_status status;
    char name[256];
    bool more = true;
    const char *where;

    a->request = request;
    status = vn_applications_read(request->data, request->base,
                                  &a->applications, err);
    if (status != VN_OK)
        return status;
    snprintf(name, sizeof name, "workloads/%.200s.csv", request->name);
    where = vn_path(request->paths, request->data, name);
    status = vn_table_open(where, &form, &t, err);
    while (status == VN_OK && a->names.count < request->first
           && (status = vn_table_next(t, &more, err)) == VN_OK && more)
        status = read_job(a, t, err);
    vn_table_close(t);
    if (status == VN_OK && a->names.count == 0)
        status = vn_fail(err, VN_EFORMAT, "%s: no jobs", where);
    for (int i = 0; i < a->names.count; i++)
        a->jobs[i].name = a->names.text[i];
    return status;
}

/* A number as Python writes a float, in whose form the given tables are. */
static const char *
python(char *text, double x)
{
    vn_format_real(text, x);
    if (strspn(text, "-0123456789") == strlen(text))
        strcat(text, ".0");
    return text;
}

/* Numbers, joined by '-'. */
static void
cell_list(struct vn_sheet *sheet, const int *list, int n)
{
    char *text = vn_xcalloc((size_t) n + 1, 12);
    size_t length = 0;

    for (int i = 0; i < n; i++)
        length +=
            (size_t) sprintf(text + length, "%s%d", i > 0 ? "-" : "", list[i]);
    vn_sheet_cell(sheet, "%s", text);
    free(text);
}

static void
on_changed(void *arg, const struct vn_reference *rounds, int job)
{
    struct vn_adaptive *a = arg;
    const struct vn_reference_job *j = vn_reference_job(rounds, job);
    char text[VN_NUMBER_SIZE + 2];

    vn_sheet_cell(a->events, "%.10g", vn_reference_now(rounds));
    vn_sheet_cell(a->events, "%s", j->wants.name);
    if (a->typed)
        vn_sheet_cell(a->events, "%s",
                      j->has.n > 0 ? a->config.types[j->has.type].name : "");
    cell_list(a->events, j->has.nodes, j->has.n);
    if (a->typed)
        cell_list(a->events, j->runs, j->has.n > 0 ? j->nruns : 0);
    vn_sheet_cell(a->events, "%lld", (long long) j->cut.atomic);
    vn_sheet_cell(a->events, "%d", j->cut.accumulate);
    vn_sheet_cell(a->events, "%d", j->restarts);
    vn_sheet_cell(a->events, "%d", j->epoch);
    vn_sheet_cell(a->events, "%s", python(text, j->progress));
}

static void
on_decided(void *arg, const struct vn_reference *rounds, int active,
           const int *used, double objective)
{
    struct vn_adaptive *a = arg;
    char text[512] = "", number[VN_NUMBER_SIZE + 2];
    size_t n = 0;

    for (int t = 0; t < a->config.ntypes; t++)
        if (used[t] > 0 && n < sizeof text - 100)
            n += (size_t) snprintf(
                text + n, sizeof text - n, "%s%.60s%s%d", n > 0 ? ";" : "",
                a->config.types[t].name,
                a->config.types[t].name[0] != '\0' ? ":" : "", used[t]);
    vn_sheet_cell(a->sheet, "%.10g", vn_reference_now(rounds));
    vn_sheet_cell(a->sheet, "%d", active);
    vn_sheet_cell(a->sheet, "%s", text);
    vn_sheet_cell(a->sheet, "%s",
                  isnan(objective) ? "" : python(number, objective));
}

enum vn_status
vn_adaptive_run(struct vn_adaptive *a, struct vn_error *err)
{
    static const char *const plain[] = {
        "time_s",   "job",   "nodes",    "atomic_bsz", "accum_steps",
        "restarts", "epoch", "progress", NULL};
    static const char *const typed[] = {
        "time_s",    "job",        "gpu_type",    "nodes",
        "placement", "atomic_bsz", "accum_steps", "restarts",
        "epoch",     "progress",   NULL};
    static const char *const rounds[] = {"time_s", "active_jobs", "used_gpus",
                                         "objective", NULL};
    const struct vn_request *r = a->request;
    struct vn_sheet *jobs;
    enum vn_status status;

    a->events = vn_sheet_alloc(a->typed ? typed : plain);
    a->sheet = vn_sheet_alloc(rounds);
    a->config.jobs = a->jobs;
    a->config.njobs = a->names.count;
    a->config.observer = (struct vn_reference_observer){
        .arg = a,
        .changed = r->events != NULL ? on_changed : NULL,
        .decided = r->rounds != NULL ? on_decided : NULL};
    status = vn_reference_run(&a->config, &a->rounds, err);
    if (status != VN_OK)
        return status;
    jobs = vn_adaptive_jobs(a);
    if ((status = vn_sheet_write(jobs, r->jobs, err)) == VN_OK
        && (status = vn_sheet_write(a->events, r->events, err)) == VN_OK)
        status = vn_sheet_write(a->sheet, r->rounds, err);
    vn_sheet_free(jobs);
    return status;
}

struct vn_sheet *
vn_adaptive_jobs(const struct vn_adaptive *a)
{
    static const char *const names[] = {
        "job", "submit_s", "start_s", "finish_s", "jct_s", "restarts", NULL};
    struct vn_sheet *sheet = vn_sheet_alloc(names);

    for (int i = 0; i < a->config.njobs; i++) {
        const struct vn_reference_job *j = vn_reference_job(a->rounds, i);

        vn_sheet_cell(sheet, "%s", j->wants.name);
        vn_sheet_cell(sheet, "%.15g", j->wants.submit_s);
        vn_sheet_cell(sheet, "%.15g", j->first_s);
        vn_sheet_cell(sheet, "%.15g", j->finish_s);
        vn_sheet_cell(sheet, "%.15g", j->finish_s - j->wants.submit_s);
        vn_sheet_cell(sheet, "%d", j->restarts);
    }
    return sheet;
}

double
vn_adaptive_mean_s(const struct vn_adaptive *a)
{
    double sum = 0;

    for (int i = 0; i < a->config.njobs; i++) {
        const struct vn_reference_job *j = vn_reference_job(a->rounds, i);

        sum += j->finish_s - j->wants.submit_s;
    }
    return sum / a->config.njobs;
}
