/* vnexec run: train. */
#include "config.h"

#include "vnode_exec/command/command.h"

#include "base/file.h"
#include "base/number.h"
#include "base/progress.h"
#include "base/xalloc.h"
#include "vnode_exec/control.h"
#include "vnode_exec/job.h"
#include "vnode_exec/record.h"
#include "vnode_exec/train/checkpoint.h"
#include "vnode_exec/train/replica.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct run {
    struct vn_options options;
    struct vn_exec_job job;
    struct vn_executor *x;
    struct vn_record *record;
    struct vn_progress progress;
    double started;
    int64_t trained; /* steps of this process */
    int stage;       /* of the job, that is in force */
    bool prepared;
    double *step_s;             /* of each step, for the median */
    struct vn_control *control; /* or NULL */
    int64_t report_every;       /* steps; 0: never */
    struct vn_stage wanted;     /* asked for, its devices starting up */
    bool stopped;
};

/* Only the first rank speaks. */
static bool
speaks(const struct run *r)
{
    return r->job.comm.rank == 0;
}

/* The stage in which a checkpoint goes on. */
static enum vn_status
find_stage(struct run *r, struct vn_error *err)
{
    struct vn_checkpoint checkpoint;
    enum vn_status status = vn_checkpoint_read(r->options.resume, NULL, NULL,
                                               &checkpoint, NULL, err);

    while (status == VN_OK && r->stage + 1 < r->job.stages.n
           && r->job.stages.list[r->stage + 1].from_step <= checkpoint.step)
        r->stage++;
    return status;
}

static enum vn_status
begin(struct run *r, struct vn_error *err)
{
    struct vn_options *o = &r->options;
    struct vn_executor_job view;
    enum vn_status status = vn_exec_job_open(o, &r->job, err);

    if (status != VN_OK)
        return status;
    view = vn_exec_job_view(&r->job);
    if (o->resume != NULL)
        status = find_stage(r, err);
    if (status == VN_OK)
        status =
            vn_executor_open(&view, &r->job.stages.list[r->stage], &r->x, err);
    if (status == VN_OK && o->resume != NULL) {
        struct vn_state *state;
        struct vn_checkpoint checkpoint;

        status = vn_executor_save(r->x, &state, err);
        if (status == VN_OK)
            status = vn_checkpoint_read(o->resume, r->job.text, r->job.graph,
                                        &checkpoint, state, err);
        if (status == VN_OK)
            status = vn_executor_load(r->x, checkpoint.step, err);
    }
    for (int i = 0; status == VN_OK && i < o->nfailures; i++)
        vn_executor_inject(r->x, o->failures[i].device, o->failures[i].step);
    if (status == VN_OK && speaks(r))
        status = vn_record_open(&r->job, &r->record, err);
    if (status == VN_OK && o->control != NULL) {
        if (o->mpi)
            return vn_fail(err, VN_EUSAGE, "--control does without --mpi");
        status = vn_control_open(o->control, &r->control, err);
    }
    return status;
}

/* What is peculiar about the devices or their nodes. */
static void
announce_stages(const struct run *r)
{
    const struct vn_stage *stage = &r->job.stages.list[r->stage];
    bool alike = true;

    if (r->options.nprofiles > 0)
        printf("solver: %s; expected step %.2f ms, the best type alone %.2f "
               "ms\n",
               r->job.solved.text, 1e3 * r->job.solved.step_s,
               1e3 * r->job.solved.alone_s);
    for (int i = 0; i < stage->devices; i++) {
        const struct vn_spec *s = &stage->specs.list[i % stage->specs.n];

        if (s->slow > 1)
            printf("device %d is emulated: it waits to be %g times as slow\n",
                   i, s->slow);
    }
    for (int i = 1; i < r->job.stages.n; i++)
        alike = alike && vn_stage_alike(&r->job.stages.list[i], stage);
    if (!alike)
        printf("a resize changes the sizes of virtual nodes: results are "
               "equal to tolerance only\n");
}

static void
announce(const struct run *r)
{
    const struct vn_options *o = &r->options;
    const struct vn_stage *stage = &r->job.stages.list[r->stage];
    int64_t largest = vn_stage_largest(stage, -1);
    char bytes[VN_NUMBER_SIZE];

    if (!speaks(r) || o->quiet)
        return;
    printf("%s: %zu parameters, batch %lld in %d virtual nodes of up to %lld, "
           "%lld steps\n",
           o->model_name, r->job.graph->parameters, (long long) o->train.batch,
           stage->vnodes, (long long) largest, (long long) o->train.steps);
    printf(
        "device memory for it: %s each\n",
        vn_format_bytes(bytes, vn_replica_bytes(stage->specs.list[0].backend,
                                                r->job.graph, &o->train,
                                                (int) largest, true)));
    announce_stages(r);
    if (!o->train.exact) {
        struct vn_seat_report seats[VN_SPEC_DEVICES];
        int n = vn_executor_seats(r->x, seats, VN_SPEC_DEVICES), i = 0;

        printf("fast arithmetic: not bitwise, results depend on the "
               "mapping\n");
        while (i < n && seats[i].products == NULL)
            i++;
        if (i < n)
            printf("products: %s\n", seats[i].products);
    }
    if (r->job.graph->batchnorm)
        printf("batch norm normalises over a virtual node's own examples\n");
    if (o->digest_every > 0 && o->train.exact)
        printf("digests hold for every mapping, number of threads and "
               "instruction set of the host\n");
}

/* A resize that began then. */
static void
tell_resize(struct run *r, const struct vn_resize *resize, double began)
{
    double now = vn_clock();

    vn_control_say(r->control,
                   "resized step=%lld devices=%d time=%.6f seconds=%.6f "
                   "startup=%.6f",
                   (long long) vn_executor_step_number(r->x), resize->after,
                   now, now - began, resize->startup_s);
}

/* Go over to the next stage, if this is its step. */
static enum vn_status
maybe_resize(struct run *r, struct vn_error *err)
{
    const struct vn_stage *next = &r->job.stages.list[r->stage + 1];
    int64_t step = vn_executor_step_number(r->x);
    double began = vn_clock();
    struct vn_resize resize;
    enum vn_status status = VN_OK;

    if (r->stage + 1 >= r->job.stages.n)
        return VN_OK;
    if (!r->prepared) {
        status = vn_executor_prepare(r->x, next, err);
        r->prepared = status == VN_OK;
    }
    if (status != VN_OK || step < next->from_step)
        return status;
    status = vn_executor_resize(r->x, next, &resize, err);
    if (status != VN_OK)
        return status;
    r->stage++;
    r->prepared = false;
    if (speaks(r)) {
        vn_progress_end(&r->progress);
        vn_record_resize(r->record, &resize);
        tell_resize(r, &resize, began);
        if (!r->options.quiet)
            printf("step %lld: resized from %d to %d devices: start-up %.3f s "
                   "(beside training), wait %.3f s, copy %.3f s\n",
                   (long long) step, resize.before, resize.after,
                   resize.startup_s, resize.wait_s, resize.copy_s);
    }
    return VN_OK;
}

static enum vn_status
write_checkpoint(struct run *r, const char *path, struct vn_error *err)
{
    struct vn_state *state;
    enum vn_status status = vn_executor_save(r->x, &state, err);

    if (status != VN_OK || !speaks(r))
        return status;
    status = vn_checkpoint_write(path, r->job.text, r->job.graph, state, err);
    if (status == VN_OK)
        vn_control_say(r->control, "checkpointed step=%lld time=%.6f",
                       (long long) state->step, vn_clock());
    return status;
}

enum {
    PROBES_TOLD = 32 /* devices whose probes stand in a line */
};

/* " probes=CPU:SECONDS,...", or nothing. */
static void
tell_probes(const struct vn_seat_report *seats, int n, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (int i = 0; i < n && i < PROBES_TOLD; i++)
        if (seats[i].probe_s > 0)
            used += (size_t) snprintf(
                text + used, size - used, "%s%d:%.9f",
                used > 0 ? "," : " probes=", seats[i].cpu, seats[i].probe_s);
}

/* Where the job stands; step is NULL, or the one just done. */
static void
tell_step(struct run *r, const struct vn_step *step)
{
    struct vn_seat_report seats[VN_SPEC_DEVICES];
    int n = vn_executor_seats(r->x, seats, VN_SPEC_DEVICES);
    int64_t peak = 0;
    char probes[32 * PROBES_TOLD];

    for (int i = 0; i < n; i++)
        peak = seats[i].peak_bytes > peak ? seats[i].peak_bytes : peak;
    if (step == NULL) {
        vn_control_say(r->control,
                       "step step=%lld steps=%lld devices=%d "
                       "time=%.6f",
                       (long long) vn_executor_step_number(r->x),
                       (long long) r->options.train.steps, n, vn_clock());
        return;
    }
    tell_probes(seats, n, probes, sizeof probes);
    vn_control_say(r->control,
                   "step step=%lld steps=%lld devices=%d time=%.6f "
                   "seconds=%.6f load=%.6f compute=%.6f sync=%.6f "
                   "update=%.6f peak=%lld loss=%.9g%s",
                   (long long) step->step + 1,
                   (long long) r->options.train.steps, n, vn_clock(),
                   step->step_s, step->load_s, step->compute_s, step->sync_s,
                   step->update_s, (long long) peak, step->loss, probes);
}

/* Let the devices asked for start up beside the others. */
static void
want_devices(struct run *r, const char *list)
{
    struct vn_stage stage = {.from_step = 0};
    struct vn_error err = {0};
    enum vn_status status;

    if (r->wanted.first != NULL || r->prepared) {
        vn_control_say(r->control, "error a resize is under way");
        return;
    }
    status = vn_exec_job_stage(&r->job, list, &stage, &err);
    if (status == VN_OK)
        status = vn_executor_prepare(r->x, &stage, &err);
    if (status != VN_OK) {
        vn_control_say(r->control, "error %s", err.text);
        vn_stage_free(&stage);
        return;
    }
    r->wanted = stage;
}

/* Go over to the devices asked for, once they have started. */
static enum vn_status
go_over(struct run *r, struct vn_error *err)
{
    double began = vn_clock();
    struct vn_resize resize;
    enum vn_status status;

    if (r->wanted.first == NULL || !vn_executor_prepared(r->x))
        return VN_OK;
    status = vn_executor_resize(r->x, &r->wanted, &resize, err);
    vn_stage_free(&r->wanted);
    if (status != VN_OK)
        return status;
    vn_record_resize(r->record, &resize);
    tell_resize(r, &resize, began);
    return VN_OK;
}

static void
take_interval(struct run *r, const char *text)
{
    char why[VN_WHY_SIZE];
    int64_t steps = 0;
    const char *wrong = vn_read_int(text, 0, INT64_MAX, &steps, why);

    if (wrong == NULL)
        r->report_every = steps;
    else
        vn_control_say(r->control, "error report: '%s' is wrong, expected %s",
                       text, wrong);
}

static void
checkpoint_to(struct run *r, const char *path)
{
    struct vn_error err = {0};

    if (path[0] == '\0')
        path = r->options.checkpoint;
    if (path == NULL)
        vn_control_say(r->control, "error checkpoint: no file given, here or "
                                   "by --checkpoint");
    else if (write_checkpoint(r, path, &err) != VN_OK)
        vn_control_say(r->control, "error %s", err.text);
}

/* Between two steps: do what is asked for. */
static enum vn_status
obey(struct run *r, struct vn_error *err)
{
    struct vn_request request;

    while (!r->stopped && vn_control_next(r->control, &request))
        switch (request.verb) {
        case VN_REQUEST_STATUS:
            tell_step(r, NULL);
            break;
        case VN_REQUEST_REPORT:
            take_interval(r, request.arg);
            break;
        case VN_REQUEST_RESIZE:
            want_devices(r, request.arg);
            break;
        case VN_REQUEST_CHECKPOINT:
            checkpoint_to(r, request.arg);
            break;
        case VN_REQUEST_STOP:
            r->stopped = true;
            break;
        }
    return go_over(r, err);
}

/* The end of training, as far as it came. */
static enum vn_status
conclude(struct run *r, struct vn_error *err)
{
    double now = vn_clock();
    enum vn_status status = VN_OK;

    if (r->control == NULL)
        return VN_OK;
    if (!r->stopped) {
        uint64_t digest;

        status = vn_executor_digest(r->x, &digest, err);
        if (status != VN_OK)
            return status;
        vn_control_say(r->control, "done step=%lld time=%.6f digest=%016llx",
                       (long long) vn_executor_step_number(r->x), now,
                       (unsigned long long) digest);
        return VN_OK;
    }
    if (r->options.checkpoint != NULL)
        status = write_checkpoint(r, r->options.checkpoint, err);
    if (status == VN_OK)
        vn_control_say(r->control, "stopped step=%lld time=%.6f",
                       (long long) vn_executor_step_number(r->x), now);
    return status;
}

static enum vn_status
evaluate(struct run *r, struct vn_error *err)
{
    double loss, accuracy;
    enum vn_status status = vn_executor_evaluate(r->x, &loss, &accuracy, err);

    if (status == VN_OK && speaks(r)) {
        vn_progress_end(&r->progress);
        printf("step %lld: test loss %.6f, accuracy %.2f %%\n",
               (long long) vn_executor_step_number(r->x), loss,
               100 * accuracy);
        fflush(stdout);
    }
    return status;
}

static void
show_progress(struct run *r, const struct vn_step *step)
{
    char detail[128];
    double rate = (double) r->options.train.batch / step->step_s;

    if (!speaks(r) || r->options.quiet)
        return;
    snprintf(detail, sizeof detail, "loss %.4f, %.0f examples/s", step->loss,
             rate);
    vn_progress_show(&r->progress, (double) (step->step + 1),
                     (double) r->options.train.steps, detail);
}

/* What follows a step: digest, log, test, checkpoint, where they are due. */
static enum vn_status
after_step(struct run *r, const struct vn_step *step, struct vn_error *err)
{
    const struct vn_options *o = &r->options;
    int64_t done = step->step + 1;
    char digest[20] = "";
    enum vn_status status = VN_OK;

    if (o->digest_every > 0
        && (done % o->digest_every == 0 || done == o->train.steps)) {
        uint64_t hash;

        status = vn_executor_digest(r->x, &hash, err);
        if (status != VN_OK)
            return status;
        snprintf(digest, sizeof digest, "%016llx", (unsigned long long) hash);
        if (speaks(r)) {
            vn_progress_end(&r->progress);
            printf("step %lld: digest %s\n", (long long) done, digest);
            fflush(stdout);
        }
    }
    if (step->failed > 0 && speaks(r) && !o->quiet) {
        vn_progress_end(&r->progress);
        printf("step %lld: %d device failed; the step was done again on the "
               "other %d\n",
               (long long) step->step, step->failed, step->devices);
    }
    if (step->failed > 0)
        vn_control_say(r->control, "failed step=%lld devices=%d left=%d",
                       (long long) step->step, step->failed, step->devices);
    if (r->report_every > 0 && done % r->report_every == 0)
        tell_step(r, step);
    if (speaks(r))
        status = vn_record_step(r->record, step, digest, err);
    if (status == VN_OK && o->eval_every > 0 && done % o->eval_every == 0
        && done < o->train.steps)
        status = evaluate(r, err);
    if (status == VN_OK && o->checkpoint != NULL && o->checkpoint_every > 0
        && done % o->checkpoint_every == 0)
        status = write_checkpoint(r, o->checkpoint, err);
    return status;
}

static enum vn_status
train(struct run *r, struct vn_error *err)
{
    int64_t steps = r->options.train.steps;
    enum vn_status status = VN_OK;

    r->step_s = vn_xcalloc((size_t) (steps > 0 ? steps : 1), sizeof(double));
    vn_control_say(r->control, "ready step=%lld time=%.6f",
                   (long long) vn_executor_step_number(r->x), vn_clock());
    while (status == VN_OK && vn_executor_step_number(r->x) < steps) {
        struct vn_step step;

        status = maybe_resize(r, err);
        if (status == VN_OK)
            status = obey(r, err);
        if (r->stopped || status != VN_OK)
            break;
        status = vn_executor_step(r->x, &step, err);
        if (status == VN_OK) {
            r->step_s[r->trained++] = step.step_s;
            show_progress(r, &step);
            status = after_step(r, &step, err);
        }
    }
    vn_progress_end(&r->progress);
    if (status == VN_OK)
        status = conclude(r, err);
    if (r->stopped)
        return status;
    if (status == VN_OK && !r->options.no_eval)
        status = evaluate(r, err);
    if (status == VN_OK && r->options.checkpoint != NULL)
        status = write_checkpoint(r, r->options.checkpoint, err);
    return status;
}

static int
by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void
summarise(struct run *r)
{
    struct vn_seat_report seats[VN_SPEC_DEVICES];
    int n = vn_executor_seats(r->x, seats, VN_SPEC_DEVICES);
    double median;
    struct rusage usage;
    char peak[VN_NUMBER_SIZE];

    if (!speaks(r) || r->options.quiet || r->trained == 0)
        return;
    qsort(r->step_s, (size_t) r->trained, sizeof(double), by_value);
    median = r->step_s[r->trained / 2];
    printf("%-6s  %-20s  %10s  %10s  %10s  %9s\n", "device", "type", "nodes",
           "examples", "peak", "busy");
    for (int i = 0; i < n; i++)
        printf("%-6d  %-20s  %10lld  %10lld  %10s  %7.1f s\n", i,
               seats[i].spec->type, (long long) seats[i].nodes,
               (long long) seats[i].examples,
               vn_format_bytes(peak, seats[i].peak_bytes), seats[i].busy_s);
    getrusage(RUSAGE_SELF, &usage);
    printf("%lld steps in %.1f s, median step %.2f ms, %.0f examples/s; peak "
           "of the process %s\n",
           (long long) r->trained, vn_clock() - r->started, 1e3 * median,
           (double) r->options.train.batch / median,
           vn_format_bytes(peak, (int64_t) usage.ru_maxrss * 1024));
}

int
vn_command_train(int argc, char **argv)
{
    struct run r = {.stage = 0};
    struct vn_error err = {0};
    bool help;
    enum vn_status status =
        vn_options_read(argc, argv, &r.options, &help, &err);

    if (status == VN_OK && help) {
        printf("usage: vnexec run [options]\n\n"
               "Train a model over virtual nodes on devices.\n\n");
        vn_option_help(stdout, vn_exec_options, vn_exec_noptions);
        return 0;
    }
    r.started = vn_clock();
    if (status == VN_OK)
        status = begin(&r, &err);
    if (status == VN_OK) {
        announce(&r);
        r.progress = vn_progress_begin("training", false);
        status = train(&r, &err);
    }
    if (status == VN_OK)
        summarise(&r);
    if (status == VN_OK && speaks(&r))
        status = vn_record_commit(r.record, r.x, &err);
    vn_record_close(r.record);
    vn_executor_close(r.x);
    free(r.step_s);
    vn_stage_free(&r.wanted);
    if (status != VN_OK) {
        vn_control_say(r.control, "error %s", err.text);
        vn_error_print(stderr, "vnexec", &err);
        vn_comm_abort(&r.job.comm, vn_error_exit(&err));
    }
    vn_control_close(r.control);
    vn_exec_job_close(&r.job);
    return status == VN_OK ? 0 : vn_error_exit(&err);
}
