/* vnexec run: train. */
#include "config.h"

#include "vnode_exec/command/command.h"

#include "base/xalloc.h"
#include "vnode_exec/check.h"
#include "vnode_exec/command/run.h"
#include "vnode_exec/interrupt.h"
#include "vnode_exec/train/checkpoint.h"
#include "vnode_exec/train/text.h"
#include "vnode_exec/train/weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SIGNALLED = 128 /* exit status, with the signal's number */
};

bool
vn_run_speaks(const struct run *r)
{
    return r->job.comm.rank == 0;
}

/* The stage in which a checkpoint goes on. */
static void
find_stage(struct run *r, const struct vn_checkpoint *checkpoint)
{
    while (r->stage + 1 < r->job.stages.n
           && r->job.stages.list[r->stage + 1].from_step <= checkpoint->step)
        r->stage++;
}

/* --resume auto is the checkpoint that is there, or none. */
static void
find_checkpoint(struct vn_options *o)
{
    o->resume_auto = o->resume != NULL && strcmp(o->resume, "auto") == 0;
    if (o->resume_auto)
        o->resume = o->checkpoint != NULL && access(o->checkpoint, F_OK) == 0
                        ? o->checkpoint
                        : NULL;
}

/* The job made ready, and all that can be known to be wrong with it. */
static enum vn_status
prepare(struct run *r, struct vn_checkpoint *resumed, struct vn_error *err)
{
    struct vn_options *o = &r->options;
    bool resumes;
    enum vn_status status = VN_OK;

    find_checkpoint(o);
    resumes = o->resume != NULL;
    if (o->resume_auto && o->checkpoint == NULL)
        return vn_fail(err, VN_EUSAGE,
                       "--resume auto needs --checkpoint FILE");

    if (o->mpi && o->control != NULL)
        return vn_fail(err, VN_EUSAGE, "--control does without --mpi");
    status = vn_exec_job_open(o, &r->job, err);
    if (status == VN_OK && resumes)
        status = vn_checkpoint_read(o->resume, NULL, NULL, resumed, NULL, err);
    if (status == VN_OK)
        status = vn_check_options(&r->job, resumes ? resumed->step : 0, err);
    if (status == VN_OK && vn_run_speaks(r))
        status = vn_check_outputs(o, err);
    if (status == VN_OK)
        status = vn_check_ranks(&r->job, "run", resumes ? resumed : NULL, err);
    if (status == VN_OK && resumes)
        find_stage(r, resumed);
    return status;
}

/* What must be the same where nothing else needs to be. */
static enum vn_status
check_tuned(const struct run *r, const struct vn_checkpoint *c,
            struct vn_error *err)
{
    static const char *const names[] = {"model-hash", "optimizer"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char have[64], want[64];

        vn_checkpoint_value(c, names[i], have, sizeof have);
        vn_text_value(r->job.text, names[i], want, sizeof want);
        if (strcmp(have, want) != 0)
            return vn_fail(err, VN_EINVAL,
                           "%s: was trained with %s=%s, not %s=%s, which "
                           "--fine-tune does not change",
                           r->options.resume, names[i], have, names[i], want);
    }
    return VN_OK;
}

static enum vn_status
resume(struct run *r, struct vn_error *err)
{
    bool tune = r->options.fine_tune;
    struct vn_state *state;
    struct vn_checkpoint checkpoint = {.step = 0};
    int64_t step;
    enum vn_status status = vn_executor_save(r->x, &state, err);

    if (status == VN_OK)
        status =
            vn_checkpoint_read(r->options.resume, tune ? NULL : r->job.text,
                               r->job.graph, &checkpoint, state, err);
    if (status == VN_OK && tune)
        status = check_tuned(r, &checkpoint, err);
    step = checkpoint.step;
    if (status == VN_OK && !tune) {
        r->best = checkpoint.best;
        r->since = checkpoint.since;
    }
    vn_checkpoint_free(&checkpoint);
    return status == VN_OK ? vn_executor_load(r->x, step, err) : status;
}

/* Begin with parameters from a file. */
static enum vn_status
initialise(struct run *r, struct vn_error *err)
{
    struct vn_state *state;
    struct vn_arrays arrays;
    enum vn_status status = vn_arrays_read(r->options.init, &arrays, err);

    if (status != VN_OK)
        return status;
    status = vn_executor_save(r->x, &state, err);
    if (status == VN_OK)
        status = vn_weights_import(r->job.graph, &arrays, r->options.init,
                                   state->vectors[0], err);
    vn_arrays_free(&arrays);
    return status == VN_OK ? vn_executor_load(r->x, 0, err) : status;
}

static enum vn_status
begin(struct run *r, struct vn_error *err)
{
    struct vn_options *o = &r->options;
    struct vn_checkpoint resumed = {.step = 0};
    struct vn_executor_job view;
    enum vn_status status = prepare(r, &resumed, err);

    vn_checkpoint_free(&resumed);
    if (status != VN_OK)
        return status;
    view = vn_exec_job_view(&r->job);
    status =
        vn_executor_open(&view, &r->job.stages.list[r->stage], &r->x, err);
    if (status == VN_OK && o->resume != NULL)
        status = resume(r, err);
    else if (status == VN_OK && o->init != NULL)
        status = initialise(r, err);
    for (int i = 0; status == VN_OK && i < o->nfailures; i++)
        vn_executor_inject(r->x, o->failures[i].device, o->failures[i].step);
    if (status == VN_OK && vn_run_speaks(r))
        status = vn_record_open(
            &r->job, o->resume != NULL ? vn_executor_step_number(r->x) : -1,
            &r->record, err);
    if (status == VN_OK && o->control != NULL)
        status = vn_control_open(o->control, &r->control, err);
    return status;
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
    if (vn_run_speaks(r)) {
        vn_progress_end(&r->progress);
        vn_record_resize(r->record, &resize);
        vn_run_tell_resize(r, &resize, began);
        if (!r->options.quiet)
            printf("step %lld: resized from %d to %d devices: start-up %.3f s "
                   "(beside training), wait %.3f s, copy %.3f s\n",
                   (long long) step, resize.before, resize.after,
                   resize.startup_s, resize.wait_s, resize.copy_s);
    }
    return VN_OK;
}

/* The step's digest, where it is due, else "". */
static enum vn_status
make_digest(struct run *r, int64_t done, char digest[20], struct vn_error *err)
{
    const struct vn_options *o = &r->options;
    uint64_t hash;
    enum vn_status status;

    digest[0] = '\0';
    if (o->digest_every == 0
        || (done % o->digest_every != 0 && done != o->train.steps))
        return VN_OK;
    status = vn_executor_digest(r->x, &hash, err);
    if (status != VN_OK)
        return status;
    snprintf(digest, 20, "%016llx", (unsigned long long) hash);
    if (vn_run_speaks(r)) {
        vn_progress_end(&r->progress);
        printf("step %lld: digest %s\n", (long long) done, digest);
        fflush(stdout);
    }
    return VN_OK;
}

/* What follows a step: digest, log, test, checkpoint, where they are due. */
static enum vn_status
after_step(struct run *r, const struct vn_step *step, struct vn_error *err)
{
    const struct vn_options *o = &r->options;
    int64_t done = step->step + 1;
    char digest[20];
    struct vn_evaluation evaluation = {.done = false};
    enum vn_status status = make_digest(r, done, digest, err);

    if (status != VN_OK)
        return status;
    if (step->failed > 0)
        vn_run_failed(r, step);
    if (r->report_every > 0 && done % r->report_every == 0)
        vn_run_tell_step(r, step);
    if (o->eval_every > 0 && done % o->eval_every == 0
        && (done < o->train.steps || o->best != NULL))
        status = vn_run_evaluate(r, false, &evaluation, err);
    if (status != VN_OK)
        return status;
    if (vn_run_speaks(r))
        status = vn_record_step(r->record, step, &evaluation, digest, err);
    r->log_failed = status != VN_OK;
    if (status == VN_OK && o->checkpoint != NULL && o->checkpoint_every > 0
        && done % o->checkpoint_every == 0)
        status = vn_run_checkpoint(r, o->checkpoint, err);
    return status;
}

static void
keep_time(struct run *r, double seconds)
{
    if (r->trained == r->step_room) {
        r->step_room = 2 * r->step_room + 256;
        r->step_s =
            vn_xrealloc(r->step_s, (size_t) r->step_room, sizeof *r->step_s);
    }
    r->step_s[r->trained++] = seconds;
}

/* The signal that came to any of the ranks, the same on all of them. */
static int
heard(const struct run *r)
{
    uint32_t number = (uint32_t) vn_interrupt();

    vn_comm_max(&r->job.comm, &number, 1);
    return (int) number;
}

/* One step and what follows it. */
static enum vn_status
do_step(struct run *r, struct vn_error *err)
{
    struct vn_error ignored;
    struct vn_step step;
    enum vn_status status = vn_executor_step(r->x, &step, err);

    if (status == VN_OK) {
        keep_time(r, step.step_s);
        vn_run_progress(r, &step);
        return after_step(r, &step, err);
    }
    /* The log shows the step that diverged, which is not done. */
    if (isinf(step.loss) && vn_run_speaks(r))
        (void) vn_record_step(r->record, &step, NULL, "", &ignored);
    return status;
}

/* Steps, until the last, a request, a signal or a failure. */
static enum vn_status
train(struct run *r, struct vn_error *err)
{
    int64_t steps = r->options.train.steps;
    enum vn_status status = VN_OK;

    vn_control_say(r->control, "ready step=%lld time=%.6f",
                   (long long) vn_executor_step_number(r->x), vn_clock());
    while (status == VN_OK && vn_executor_step_number(r->x) < steps
           && !r->settled) {
        status = maybe_resize(r, err);
        if (status == VN_OK)
            status = vn_run_obey(r, err);
        r->signal = heard(r);
        if (r->stopped || r->signal != 0 || status != VN_OK)
            break;
        status = do_step(r, err);
    }
    vn_progress_end(&r->progress);
    if (status == VN_OK && r->signal == 0)
        r->signal = heard(r);
    return status;
}

/* Was it ended before its last step, by a wish or for want of a log? */
static bool
is_ended(const struct run *r)
{
    return r->stopped || r->signal != 0 || r->log_failed;
}

/*
 * Keep what was trained, before anything else that may take long or fail.  A
 * run that is ended before its first step leaves an old checkpoint alone.
 */
static enum vn_status
keep(struct run *r, struct vn_error *err)
{
    if (r->options.checkpoint == NULL || (r->trained == 0 && is_ended(r)))
        return VN_OK;
    return vn_run_checkpoint(r, r->options.checkpoint, err);
}

/* What was trained is good, told of and kept; a log that is full apart. */
static enum vn_status
finish(struct run *r, enum vn_status status, struct vn_error *err)
{
    struct vn_error second;
    struct vn_state *state;

    if (status != VN_OK) {
        if (r->log_failed)
            (void) keep(r, &second);
        return status;
    }
    status = vn_run_finite(r, r->options.checkpoint, &state, err);
    if (status == VN_OK && !is_ended(r))
        status = vn_run_conclude(r, err);
    if (status == VN_OK)
        status = keep(r, err);
    if (status == VN_OK && is_ended(r))
        status = vn_run_conclude(r, err);
    return status;
}

/* All of it; the record gets what there is also where it fails. */
static enum vn_status
carry_out(struct run *r, struct vn_error *err)
{
    struct vn_evaluation last;
    struct vn_error second;
    enum vn_status status;

    vn_run_announce(r);
    r->progress = vn_progress_begin("training", false);
    vn_interrupt_catch();
    status = train(r, err);
    status = finish(r, status, err);
    if (vn_run_speaks(r) && (status == VN_OK || r->trained > 0)) {
        enum vn_status recorded = vn_record_commit(
            r->record, r->x, status == VN_OK ? NULL : err->text,
            status == VN_OK ? err : &second);

        status = status == VN_OK ? recorded : status;
    }
    vn_interrupt_release();
    if (status == VN_OK && r->signal == 0 && !r->stopped
        && !r->options.no_eval)
        status = vn_run_evaluate(r, true, &last, err);
    if (status == VN_OK)
        vn_run_summary(r);
    if (status == VN_OK && r->signal != 0 && vn_run_speaks(r))
        fprintf(
            stderr, "vnexec: %s: ended after step %lld%s%s\n",
            strsignal(r->signal), (long long) vn_executor_step_number(r->x),
            r->options.checkpoint != NULL && r->trained > 0 ? ", which is in "
                                                            : "",
            r->options.checkpoint != NULL && r->trained > 0
                ? r->options.checkpoint
                : "");
    return status;
}

int
vn_command_train(int argc, char **argv)
{
    struct run r = {.best = INFINITY};
    struct vn_error err = {0};
    bool help;
    int code;
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
    if (status == VN_OK)
        status = carry_out(&r, &err);
    if (status != VN_OK)
        vn_control_say(r.control, "error %s", err.text);
    vn_record_close(r.record);
    vn_executor_close(r.x);
    free(r.step_s);
    vn_stage_free(&r.wanted);
    vn_control_close(r.control);
    code = vn_exec_job_end(&r.job, status, &err);
    return code == 0 && r.signal != 0 ? SIGNALLED + r.signal : code;
}
