/*
 * Runs in processes of their own, several at a time.  A child shares the
 * workload's memory with its parent (fork copies nothing that is not
 * written), opens the results file itself, and writes its run in one
 * transaction; so what is there does not depend on who ran beside whom.
 */
#include "config.h"

#include "base/progress.h"
#include "base/xalloc.h"
#include "replay/sweep/sweep.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
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
};

struct vn_pool {
    const struct vn_sweep *sweep;
    struct vn_sweep_count count;
    struct task *tasks; /* sweep->workers of them */
    int running;
    int64_t seen; /* runs of the sweep so far, whosesoever they are */
    struct vn_progress progress;
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

enum vn_status
vn_pool_begin(const struct vn_sweep *sweep, int total, struct vn_pool **pool,
              struct vn_error *err)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct vn_store *store = NULL;
    enum vn_status status;

    *pool = NULL;
    status = vn_store_open(sweep->results, VN_STORE_WRITE, &store, err);
    vn_store_close(store);
    if (status != VN_OK)
        return status;
    *pool = vn_xcalloc(1, sizeof **pool);
    (*pool)->sweep = sweep;
    (*pool)->count.total = total;
    (*pool)->tasks =
        vn_xcalloc((size_t) sweep->workers, sizeof *(*pool)->tasks);
    (*pool)->progress = vn_progress_begin("runs", true);
    interrupted = 0;
    sigaction(SIGINT, &action, &(*pool)->old_int);
    sigaction(SIGTERM, &action, &(*pool)->old_term);
    return VN_OK;
}

static void
show(struct vn_pool *pool)
{
    const struct vn_sweep_count *c = &pool->count;

    vn_progress_show(&pool->progress, c->there + c->done + c->failed, c->total,
                     NULL);
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
    task->pid = 0;
    pool->running--;
    return status;
}

/* A child is gone: a signal that ended it is its run's failure. */
static enum vn_status
finish(struct vn_pool *pool, struct task *task, int how, struct vn_error *err)
{
    enum vn_status status = VN_OK;
    char why[128];

    if (WIFSIGNALED(how) && interrupted)
        return cut_short(pool, task, err);
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0)
        pool->count.done++;
    else if (WIFEXITED(how) && WEXITSTATUS(how) == RUN_THERE)
        pool->count.there++;
    else
        pool->count.failed++;
    if (WIFSIGNALED(how)) {
        snprintf(why, sizeof why, "the run was ended by signal %d (%s)",
                 WTERMSIG(how), strsignal(WTERMSIG(how)));
        vn_progress_end(&pool->progress);
        fprintf(stderr, "vnreplay: %s on %s: %s\n", task->run.policy,
                task->run.trace, why);
        status = vn_sweep_failed(pool->sweep, &task->run, why, err);
        if (status == VN_ETHERE)
            status = VN_OK; /* another sweep's was not ended */
    }
    task->pid = 0;
    pool->running--;
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

/* The child's life; returns its exit status. */
static int
run_child(const struct vn_sweep *sweep, const struct vn_workload *w,
          const struct vn_setting *setting,
          const struct vn_contender *contender, const struct vn_store_run *run,
          pid_t parent)
{
    struct vn_error error;
    enum vn_status status;

    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        return 1; /* it died before it could be watched */
    status = vn_sweep_replay(sweep, w, setting, contender, &error);
    if (status == VN_OK || status == VN_ETHERE)
        return status == VN_OK ? 0 : RUN_THERE;
    fprintf(stderr, "vnreplay: %s on %s: ", run->policy, run->trace);
    vn_error_print(stderr, NULL, &error);
    return 1;
}

static enum vn_status
start(struct vn_pool *pool, const struct vn_workload *w,
      const struct vn_setting *setting, const struct vn_contender *contender,
      struct vn_error *err)
{
    struct task *task = pool->tasks;
    pid_t parent = getpid();

    while (task->pid != 0)
        task++;
    vn_sweep_describe(pool->sweep, w, setting, contender, &task->run);
    snprintf(task->hash, sizeof task->hash, "%s", w->hash);
    snprintf(task->window, sizeof task->window, "%s", w->window);
    task->run.trace_hash = task->hash;
    if (task->run.window != NULL)
        task->run.window = task->window;
    fflush(NULL);
    task->pid = fork();
    if (task->pid == 0)
        _exit(
            run_child(pool->sweep, w, setting, contender, &task->run, parent));
    if (task->pid < 0) {
        task->pid = 0;
        return vn_fail(err, VN_EIO, "cannot start a run: %s", strerror(errno));
    }
    pool->running++;
    return VN_OK;
}

/*
 * Which of a workload's runs are there, there[setting x contenders +
 * contender].  The file is closed again before anything forks.
 */
static enum vn_status
look(const struct vn_sweep *sweep, const struct vn_workload *w, bool *there,
     struct vn_error *err)
{
    int n = sweep->nsettings * sweep->ncontenders;
    struct vn_store *store = NULL;
    enum vn_status status;

    status = vn_store_open(sweep->results, VN_STORE_READ, &store, err);
    for (int i = 0; i < n && status == VN_OK; i++) {
        char name[VN_STORE_NAME_SIZE];
        struct vn_store_run run;

        vn_sweep_describe(sweep, w, &sweep->settings[i / sweep->ncontenders],
                          &sweep->contenders[i % sweep->ncontenders], &run);
        vn_store_run_name(&run, name);
        status = vn_store_has(store, name, &there[i], err);
    }
    vn_store_close(store);
    return status;
}

enum vn_status
vn_pool_run(struct vn_pool *pool, const struct vn_workload *w, int setting,
            struct vn_error *err)
{
    const struct vn_sweep *sweep = pool->sweep;
    int n = sweep->nsettings * sweep->ncontenders;
    bool *there = vn_xcalloc((size_t) n, sizeof *there);
    enum vn_status status = look(sweep, w, there, err);

    for (int i = 0; i < n && status == VN_OK && !interrupted; i++) {
        if (setting >= 0 && i / sweep->ncontenders != setting)
            continue;
        if (pool->seen++ % sweep->shards != sweep->shard)
            continue;
        if (there[i]) {
            pool->count.there++;
            show(pool);
            continue;
        }
        while (pool->running == sweep->workers && !interrupted
               && status == VN_OK)
            status = wait_one(pool, err);
        if (status == VN_OK && !interrupted)
            status = start(pool, w, &sweep->settings[i / sweep->ncontenders],
                           &sweep->contenders[i % sweep->ncontenders], err);
    }
    free(there);
    return status;
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
    free(pool->tasks);
    free(pool);
    return status;
}
