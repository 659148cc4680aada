/*
 * A child shares the jobs' memory with its parent (fork copies nothing that is
 * not written), opens the results file itself, and writes its run in one
 * transaction; so what is there does not depend on who ran beside whom.
 */
#include "config.h"

#include "base/progress.h"
#include "base/xalloc.h"
#include "replay/sweep/pool.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    RUN_THERE = 3 /* a child's status: another sweep wrote the run meanwhile */
};

/* What a child is doing, in texts that outlive its workload. */
struct task {
    pid_t pid; /* 0 where the place is free */
    struct vn_store_run run;
    char hash[17];
    char window[32];
    char *scaling;
    char scaling_hash[VN_DIGEST_TEXT];
    char *label; /* what it is, in words */
    double started;
    double jobs;
    int contender;
};

/* A run that failed: its name in the file, and what it is in words. */
struct failure {
    char name[VN_STORE_NAME_SIZE];
    char *label;
};

struct vn_pool {
    const struct vn_course *course;
    const struct vn_sweep *sweep;
    struct vn_jobs_at_hand hand;
    int stage;   /* whose jobs are at hand, or -1 */
    int scaling; /* that the sweep assumes, or -1 */
    struct vn_sweep_count count;
    struct task *tasks; /* sweep->workers of them */
    int running;
    struct failure *failures;
    int nfailures;
    struct vn_progress progress;
    double *left;    /* jobs of runs that have not ended, by policy */
    double *took_s;  /* what runs that ended took, by policy, */
    double *of_jobs; /* for so many */
    struct sigaction old_int;
    struct sigaction old_term;
};

/* The one thing that a signal can touch. */
static volatile sig_atomic_t interrupted;

static void
on_signal(int number)
{
    interrupted = number;
}

/* Is a run of a stage this shard's? */
static bool
is_ours(const struct vn_course *c, int stage, int run)
{
    return c->shard[c->stages[stage].first + run] == c->request->sweep.shard;
}

enum vn_status
vn_pool_begin(const struct vn_course *course, struct vn_pool **pool,
              struct vn_error *err)
{
    const struct vn_sweep *sweep = &course->request->sweep;
    struct sigaction action = {.sa_handler = on_signal};
    struct vn_store *store = NULL;
    size_t n = (size_t) sweep->ncontenders;
    enum vn_status status;
    struct vn_pool *p;

    *pool = NULL;
    status = vn_store_open(sweep->results, VN_STORE_WRITE, &store, err);
    vn_store_close(store);
    if (status != VN_OK)
        return status;
    p = *pool = vn_xcalloc(1, sizeof *p);
    p->course = course;
    p->sweep = sweep;
    p->hand.trace = -1;
    p->scaling = p->stage = -1;
    p->tasks = vn_xcalloc((size_t) sweep->workers, sizeof *p->tasks);
    p->left = vn_xcalloc(n, sizeof *p->left);
    p->took_s = vn_xcalloc(n, sizeof *p->took_s);
    p->of_jobs = vn_xcalloc(n, sizeof *p->of_jobs);
    for (int s = 0; s < course->nstages; s++)
        for (int i = 0; i < vn_course_count(course, s); i++)
            if (is_ours(course, s, i)) {
                p->left[vn_course_contender(course, s, i)] +=
                    course->stages[s].jobs;
                p->count.total++;
            }
    p->progress = vn_progress_begin("runs", true);
    interrupted = 0;
    sigaction(SIGINT, &action, &p->old_int);
    sigaction(SIGTERM, &action, &p->old_term);
    return VN_OK;
}

/*
 * Seconds that the rest takes: jobs left, by what a job took under their
 * policy, or where no run under it has ended, by what it takes beside others.
 * NAN where none has.
 */
static double
estimate_left(const struct vn_pool *pool)
{
    double took = 0, units = 0, left = 0, now = vn_clock();

    for (int k = 0; k < pool->sweep->ncontenders; k++) {
        took += pool->took_s[k];
        units += pool->of_jobs[k]
                 * vn_course_rate(pool->sweep->contenders[k].policy->name);
    }
    if (units == 0)
        return NAN;
    for (int k = 0; k < pool->sweep->ncontenders; k++) {
        const char *name = pool->sweep->contenders[k].policy->name;

        left += pool->left[k]
                * (pool->of_jobs[k] > 0 ? pool->took_s[k] / pool->of_jobs[k]
                                        : vn_course_rate(name) * took / units);
    }
    for (int i = 0; i < pool->sweep->workers; i++)
        if (pool->tasks[i].pid != 0)
            left -= fmin(now - pool->tasks[i].started, left);
    return left / pool->sweep->workers;
}

static void
show(struct vn_pool *pool)
{
    const struct vn_sweep_count *c = &pool->count;
    double left, spent;
    char detail[64];

    if (pool->sweep->quiet)
        return;
    left = estimate_left(pool);
    spent = vn_clock() - pool->progress.started;
    snprintf(detail, sizeof detail, "%d of %d", c->there + c->done + c->failed,
             c->total);
    vn_progress_estimate(
        &pool->progress,
        isnan(left) || spent + left <= 0 ? 0 : spent / (spent + left), left,
        detail);
}

/* Remember a run that failed; takes the label. */
static void
remember(struct vn_pool *pool, const struct vn_store_run *run, char *label)
{
    struct failure *f;

    pool->failures = vn_xrealloc(pool->failures, (size_t) pool->nfailures + 1,
                                 sizeof *pool->failures);
    f = &pool->failures[pool->nfailures++];
    vn_store_run_name(run, f->name);
    f->label = label;
}

/* What ended a run from outside: its limits, or a signal. */
static void
say_end(const struct vn_pool *pool, int signal, struct vn_store_run *run,
        char *why, size_t size)
{
    char limit[VN_NUMBER_SIZE];

    if (signal == SIGALRM && pool->sweep->time_limit > 0) {
        run->state = "limited";
        snprintf(why, size, "it took longer than its --time-limit of %s",
                 vn_format_span(limit, pool->sweep->time_limit));
    } else if (signal == SIGABRT && pool->sweep->memory_limit > 0) {
        run->state = "limited";
        snprintf(why, size,
                 "it was out of memory, under a --memory-limit of %" PRId64
                 " bytes",
                 pool->sweep->memory_limit);
    } else
        snprintf(why, size, "the run was ended by signal %d (%s)", signal,
                 strsignal(signal));
}

/* The task's place is free. */
static void
leave_task(struct vn_pool *pool, struct task *task)
{
    free(task->label);
    free(task->scaling);
    task->label = task->scaling = NULL;
    task->pid = 0;
    pool->running--;
}

/* A child was ended with the sweep; its run may be in the file all the same.
 */
static enum vn_status
cut_short(struct vn_pool *pool, struct task *task, struct vn_error *err)
{
    char name[VN_STORE_NAME_SIZE];
    struct vn_store *store = NULL;
    bool there = false;
    enum vn_status status =
        vn_store_open(pool->sweep->results, VN_STORE_READ, &store, err);

    vn_store_run_name(&task->run, name);
    if (status == VN_OK)
        status = vn_store_has(store, name, &there, err);
    vn_store_close(store);
    pool->count.done += there;
    leave_task(pool, task);
    return status;
}

/* A child is gone: a signal that ended it is its run's failure. */
static enum vn_status
finish(struct vn_pool *pool, struct task *task, int how, struct vn_error *err)
{
    enum vn_status status = VN_OK;
    double took = vn_clock() - task->started;
    bool there = WIFEXITED(how) && WEXITSTATUS(how) == RUN_THERE,
         done = WIFEXITED(how) && WEXITSTATUS(how) == 0;
    char why[160];

    if (WIFSIGNALED(how) && interrupted)
        return cut_short(pool, task, err);
    pool->count.done += done;
    pool->count.there += there;
    pool->count.failed += !done && !there;
    pool->left[task->contender] -= task->jobs;
    pool->took_s[task->contender] += took;
    pool->of_jobs[task->contender] += task->jobs;
    if (WIFSIGNALED(how)) {
        say_end(pool, WTERMSIG(how), &task->run, why, sizeof why);
        vn_progress_end(&pool->progress);
        fprintf(stderr, "vnreplay: %s: %s\n", task->label, why);
        status = vn_sweep_failed(pool->sweep, &task->run, why, err);
        if (status == VN_ETHERE)
            status = VN_OK; /* another sweep's was not ended */
    }
    if (done && pool->sweep->verbose) {
        vn_progress_end(&pool->progress);
        printf("%s: %.2f s\n", task->label, took);
    }
    if (!done && !there) {
        remember(pool, &task->run, task->label);
        task->label = NULL;
    }
    leave_task(pool, task);
    show(pool);
    return status;
}

/* Wait until one of the runs ends, or a signal comes. */
static enum vn_status
wait_one(struct vn_pool *pool, struct vn_error *err)
{
    int how;
    pid_t pid = waitpid(-1, &how, 0);

    if (pid < 0)
        return errno == EINTR || errno == ECHILD
                   ? VN_OK
                   : vn_fail(err, VN_EIO, "cannot wait for a run: %s",
                             strerror(errno));
    for (int i = 0; i < pool->sweep->workers; i++)
        if (pool->tasks[i].pid == pid)
            return finish(pool, &pool->tasks[i], how, err);
    return VN_OK;
}

/* From here on this process may take so much time, and memory. */
static void
limit(const struct vn_sweep *sweep)
{
    struct itimerval timer = {
        .it_value = {.tv_sec = sweep->time_limit / VN_SECOND,
                     .tv_usec = sweep->time_limit % VN_SECOND}};
    struct rlimit memory = {(rlim_t) sweep->memory_limit,
                            (rlim_t) sweep->memory_limit};

    if (sweep->time_limit > 0)
        setitimer(ITIMER_REAL, &timer, NULL);
    if (sweep->memory_limit > 0)
        setrlimit(RLIMIT_DATA, &memory);
}

/* The child's life; returns its exit status. */
static int
run_child(const struct vn_pool *pool, int stage, int run,
          const struct task *task, pid_t parent)
{
    const struct vn_course *c = pool->course;
    const struct vn_sweep *sweep = pool->sweep;
    struct vn_error error;
    enum vn_status status;

    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        return 1; /* it died before it could be watched */
    limit(sweep);
    status = vn_sweep_replay(
        sweep, &pool->hand.workload,
        &sweep->settings[vn_course_setting(c, stage, run)],
        &sweep->contenders[vn_course_contender(c, stage, run)], &error);
    if (status == VN_OK || status == VN_ETHERE)
        return status == VN_OK ? 0 : RUN_THERE;
    fprintf(stderr, "vnreplay: %s: ", task->label);
    vn_error_print(stderr, NULL, &error);
    return 1;
}

/* What a run is, in words; the caller's. */
static char *
make_label(const struct vn_course *c, int stage, int run)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    vn_course_print(out, c, stage, run);
    fclose(out);
    return text;
}

static void
describe(const struct vn_pool *pool, int stage, int run,
         struct vn_store_run *row)
{
    const struct vn_course *c = pool->course;
    const struct vn_sweep *sweep = pool->sweep;

    vn_sweep_describe(sweep, &pool->hand.workload,
                      &sweep->settings[vn_course_setting(c, stage, run)],
                      &sweep->contenders[vn_course_contender(c, stage, run)],
                      row);
}

static enum vn_status
start(struct vn_pool *pool, int stage, int run, struct vn_error *err)
{
    const struct vn_workload *w = &pool->hand.workload;
    struct task *task = pool->tasks;
    pid_t parent = getpid();

    while (task->pid != 0)
        task++;
    describe(pool, stage, run, &task->run);
    snprintf(task->hash, sizeof task->hash, "%s", w->hash);
    snprintf(task->window, sizeof task->window, "%s", w->window);
    task->run.trace_hash = task->hash;
    if (task->run.window != NULL)
        task->run.window = task->window;
    if (task->run.scaling != NULL)
        task->run.scaling = task->scaling = vn_xstrdup(task->run.scaling);
    if (task->run.scaling_hash != NULL) {
        snprintf(task->scaling_hash, sizeof task->scaling_hash, "%s",
                 task->run.scaling_hash);
        task->run.scaling_hash = task->scaling_hash;
    }
    task->label = make_label(pool->course, stage, run);
    task->started = vn_clock();
    task->jobs = pool->course->stages[stage].jobs;
    task->contender = vn_course_contender(pool->course, stage, run);
    fflush(NULL);
    task->pid = fork();
    if (task->pid == 0)
        _exit(run_child(pool, stage, run, task, parent));
    if (task->pid < 0) {
        pool->running++;
        leave_task(pool, task);
        return vn_fail(err, VN_EIO, "cannot start a run: %s", strerror(errno));
    }
    pool->running++;
    return VN_OK;
}

/* Which of a stage's runs are there.  The file is closed again before anything
 * forks. */
static enum vn_status
look(const struct vn_pool *pool, int stage, bool *there, struct vn_error *err)
{
    struct vn_store *store = NULL;
    enum vn_status status;

    status = vn_store_open(pool->sweep->results, VN_STORE_READ, &store, err);
    for (int i = 0;
         i < vn_course_count(pool->course, stage) && status == VN_OK; i++) {
        char name[VN_STORE_NAME_SIZE];
        struct vn_store_run run;

        describe(pool, stage, i, &run);
        vn_store_run_name(&run, name);
        status = vn_store_has(store, name, &there[i], err);
    }
    vn_store_close(store);
    return status;
}

/* Have a stage's jobs at hand, and assume its scaling. */
static enum vn_status
go_to_stage(struct vn_pool *pool, int stage, struct vn_error *err)
{
    const struct vn_course *c = pool->course;
    enum vn_status status = VN_OK;

    if (stage != pool->stage) {
        pool->stage = -1;
        status = vn_course_fill(c, stage, &pool->hand, err);
    }
    if (status == VN_OK && c->stages[stage].scaling != pool->scaling)
        status = vn_course_scale(c, stage, err);
    if (status != VN_OK)
        return status;
    pool->stage = stage;
    pool->scaling = c->stages[stage].scaling;
    return VN_OK;
}

enum vn_status
vn_pool_name(struct vn_pool *pool, int stage, int run,
             char name[VN_STORE_NAME_SIZE], struct vn_error *err)
{
    enum vn_status status = go_to_stage(pool, stage, err);
    struct vn_store_run row;

    if (status != VN_OK)
        return status;
    describe(pool, stage, run, &row);
    vn_store_run_name(&row, name);
    return VN_OK;
}

enum vn_status
vn_pool_wait(struct vn_pool *pool, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    while (pool->running > 0 && !interrupted && status == VN_OK)
        status = wait_one(pool, err);
    return status;
}

int
vn_pool_failed(const struct vn_pool *pool)
{
    return pool->count.failed;
}

enum vn_status
vn_pool_run(struct vn_pool *pool, int stage, int only, struct vn_error *err)
{
    const struct vn_course *c = pool->course;
    int n = vn_course_count(c, stage);
    bool ours = false, *there;
    enum vn_status status;

    for (int i = 0; i < n && !ours; i++)
        ours = only >= 0 ? only == i : is_ours(c, stage, i);
    if (!ours)
        return VN_OK;
    if ((status = go_to_stage(pool, stage, err)) != VN_OK)
        return status;
    there = vn_xcalloc((size_t) n, sizeof *there);
    status = look(pool, stage, there, err);
    for (int i = 0; i < n && status == VN_OK && !interrupted; i++) {
        if (only >= 0 ? only != i : !is_ours(c, stage, i))
            continue;
        if (there[i]) {
            pool->count.there++;
            pool->left[vn_course_contender(c, stage, i)] -=
                c->stages[stage].jobs;
            show(pool);
            continue;
        }
        while (pool->running == pool->sweep->workers && !interrupted
               && status == VN_OK)
            status = wait_one(pool, err);
        if (status == VN_OK && !interrupted)
            status = start(pool, stage, i, err);
    }
    free(there);
    return status;
}

/* Say again of each run that failed why, as the results have it. */
static void
repeat_failures(const struct vn_pool *pool)
{
    struct vn_store *store = NULL;
    struct vn_error err;

    if (pool->nfailures == 0
        || vn_store_open(pool->sweep->results, VN_STORE_READ, &store, &err)
               != VN_OK)
        return;
    fprintf(stderr, "%d run%s failed:\n", pool->nfailures,
            pool->nfailures == 1 ? "" : "s");
    for (int i = 0; i < pool->nfailures; i++) {
        struct vn_rows *rows = NULL;
        bool more = false;

        fprintf(stderr, "  %s: ", pool->failures[i].label);
        if (vn_store_query(store,
                           "SELECT coalesce(error, state) FROM run "
                           "WHERE name = ?",
                           &rows, &err)
            == VN_OK) {
            vn_rows_bind_text(rows, 1, pool->failures[i].name);
            if (vn_rows_next(rows, &more, &err) != VN_OK)
                more = false;
        }
        fprintf(stderr, "%s\n", more ? vn_rows_text(rows, 0) : "not recorded");
        vn_rows_close(rows);
    }
    vn_store_close(store);
}

enum vn_status
vn_pool_end(struct vn_pool *pool, bool stop, struct vn_sweep_count *count,
            struct vn_error *err)
{
    enum vn_status status = VN_OK;

    while (pool->running > 0 && !stop && !interrupted && status == VN_OK)
        status = wait_one(pool, err);
    for (int i = 0; i < pool->sweep->workers; i++)
        if (pool->tasks[i].pid != 0) {
            enum vn_status last;

            kill(pool->tasks[i].pid, SIGKILL);
            while (waitpid(pool->tasks[i].pid, NULL, 0) < 0 && errno == EINTR)
                continue;
            last = cut_short(pool, &pool->tasks[i], err);
            status = status == VN_OK ? last : status;
        }
    vn_progress_end(&pool->progress);
    sigaction(SIGINT, &pool->old_int, NULL);
    sigaction(SIGTERM, &pool->old_term, NULL);
    *count = pool->count;
    if (interrupted)
        status = vn_fail(
            err, VN_EIO,
            "interrupted: %d of %d runs are in %s; the same command "
            "goes on from there",
            count->there + count->done, count->total, pool->sweep->results);
    else if (!stop)
        repeat_failures(pool);
    for (int i = 0; i < pool->nfailures; i++)
        free(pool->failures[i].label);
    free(pool->failures);
    vn_jobs_at_hand_free(&pool->hand);
    free(pool->left);
    free(pool->took_s);
    free(pool->of_jobs);
    free(pool->tasks);
    free(pool);
    return status;
}
