#include "config.h"

#include "replay/sweep/ranks.h"

#ifdef HAVE_MPI

#include "base/file.h"
#include "base/progress.h"
#include "base/xalloc.h"
#include "replay/sweep/pool.h"

#include <errno.h>
#include <mpi.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum tag {
    ASK = 1, /* for a run */
    RUN,     /* its number, or -1: no more */
    NAME,    /* of a run: is it there? */
    THERE,   /* it is, or not */
    ENDED,   /* how, and how many bytes follow */
    BYTES    /* of a results file with the run */
};

enum {
    PIECE = 1 << 28 /* bytes of one message */
};

enum how {
    HOW_THERE,
    HOW_DONE,
    HOW_FAILED
};

enum vn_status
vn_ranks_begin(int *rank, struct vn_error *err)
{
    int size = 0;

    if (MPI_Init(NULL, NULL) != MPI_SUCCESS)
        return vn_fail(err, VN_EUNSUP, "MPI does not start");
    MPI_Comm_rank(MPI_COMM_WORLD, rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (size >= 2)
        return VN_OK;
    MPI_Finalize();
    return vn_fail(err, VN_EUSAGE,
                   "--mpi: one rank, expected two or more, as in mpirun -n 3 "
                   "vnreplay run --mpi");
}

void
vn_ranks_end(bool failed)
{
    if (failed)
        MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Finalize();
}

/* A file for the moment, with `name` in it; the caller's. */
static char *
scratch(const char *name)
{
    const char *base = getenv("TMPDIR");
    char path[4096];

    snprintf(path, sizeof path, "%s/vnreplay-%s-%d.db",
             base != NULL && base[0] != '\0' ? base : "/tmp", name,
             (int) getpid());
    return vn_xstrdup(path);
}

/* Wait for a message without taking a processor for it. */
static void
wait_message(MPI_Status *status)
{
    const struct timespec nap = {.tv_nsec = 500000};
    int there = 0;

    while (
        MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &there, status)
            == MPI_SUCCESS
        && !there)
        nanosleep(&nap, NULL);
}

/* Is a run of that name in the results? */
static enum vn_status
answer_name(const struct vn_sweep *sweep, int from, struct vn_error *err)
{
    char name[VN_STORE_NAME_SIZE] = "";
    struct vn_store *store = NULL;
    bool there = false;
    enum vn_status status;
    int said;

    MPI_Recv(name, sizeof name, MPI_CHAR, from, NAME, MPI_COMM_WORLD,
             MPI_STATUS_IGNORE);
    status = vn_store_open(sweep->results, VN_STORE_READ, &store, err);
    if (status == VN_OK)
        status = vn_store_has(store, name, &there, err);
    vn_store_close(store);
    said = there;
    MPI_Send(&said, 1, MPI_INT, from, THERE, MPI_COMM_WORLD);
    return status;
}

/* Add what a rank sent to the results. */
static enum vn_status
add_results(const struct vn_sweep *sweep, const char *bytes, size_t n,
            struct vn_error *err)
{
    struct vn_store *into = NULL, *from = NULL;
    char *path = scratch("rank0");
    FILE *file = fopen(path, "w");
    bool good = file != NULL && fwrite(bytes, 1, n, file) == n;
    enum vn_status status = VN_OK;
    int64_t added, same;

    if (file != NULL)
        good = fclose(file) == 0 && good;
    if (!good)
        status = vn_fail(err, VN_EIO, "%s: %s", path, strerror(errno));
    if (status == VN_OK)
        status = vn_store_open(path, VN_STORE_READ, &from, err);
    if (status == VN_OK)
        status = vn_store_open(sweep->results, VN_STORE_WRITE, &into, err);
    if (status == VN_OK)
        status = vn_store_merge(into, from, &added, &same, err);
    vn_store_close(from);
    vn_store_close(into);
    unlink(path);
    free(path);
    return status;
}

static enum vn_status
take_ended(const struct vn_sweep *sweep, int from,
           struct vn_sweep_count *count, struct vn_error *err)
{
    int64_t said[2] = {0};
    enum vn_status status = VN_OK;
    char *bytes;

    MPI_Recv(said, 2, MPI_INT64_T, from, ENDED, MPI_COMM_WORLD,
             MPI_STATUS_IGNORE);
    bytes = vn_xcalloc((size_t) said[1], 1);
    for (int64_t at = 0; at < said[1]; at += PIECE)
        MPI_Recv(bytes + at,
                 (int) (said[1] - at < PIECE ? said[1] - at : PIECE), MPI_CHAR,
                 from, BYTES, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    count->there += said[0] == HOW_THERE;
    count->done += said[0] == HOW_DONE;
    count->failed += said[0] == HOW_FAILED;
    if (said[1] > 0)
        status = add_results(sweep, bytes, (size_t) said[1], err);
    free(bytes);
    return status;
}

/* Rank 0: hand out runs until all are done, and write what comes. */
static enum vn_status
lead(const struct vn_course *c, struct vn_sweep_count *count,
     struct vn_error *err)
{
    const struct vn_sweep *sweep = &c->request->sweep;
    struct vn_progress progress = vn_progress_begin("runs", true);
    struct vn_store *store = NULL;
    enum vn_status status =
        vn_store_open(sweep->results, VN_STORE_WRITE, &store, err);
    int64_t next = 0;
    int left;

    vn_store_close(store);
    *count = (struct vn_sweep_count){.total = (int) c->nruns};
    MPI_Comm_size(MPI_COMM_WORLD, &left);
    left--;
    while (status == VN_OK && left > 0) {
        MPI_Status message;

        wait_message(&message);
        if (message.MPI_TAG == NAME)
            status = answer_name(sweep, message.MPI_SOURCE, err);
        else if (message.MPI_TAG == ENDED)
            status = take_ended(sweep, message.MPI_SOURCE, count, err);
        else {
            int64_t run = next < c->nruns ? next++ : -1;

            MPI_Recv(NULL, 0, MPI_CHAR, message.MPI_SOURCE, ASK,
                     MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            MPI_Send(&run, 1, MPI_INT64_T, message.MPI_SOURCE, RUN,
                     MPI_COMM_WORLD);
            left -= run < 0;
        }
        if (!sweep->quiet)
            vn_progress_show(&progress,
                             count->there + count->done + count->failed,
                             count->total, NULL);
    }
    vn_progress_end(&progress);
    return status;
}

/* Tell rank 0 how a run ended, with what is in the file for the moment. */
static enum vn_status
send_ended(enum how how, const char *path, struct vn_error *err)
{
    int64_t said[2] = {how, 0};
    FILE *file = how != HOW_THERE ? fopen(path, "r") : NULL;
    char *bytes = NULL;

    if (how != HOW_THERE && file == NULL)
        return vn_fail(err, VN_EIO, "%s: %s", path, strerror(errno));
    if (file != NULL) {
        fseek(file, 0, SEEK_END);
        said[1] = ftell(file);
        rewind(file);
        bytes = vn_xcalloc((size_t) said[1], 1);
        said[1] = (int64_t) fread(bytes, 1, (size_t) said[1], file);
        fclose(file);
    }
    MPI_Send(said, 2, MPI_INT64_T, 0, ENDED, MPI_COMM_WORLD);
    for (int64_t at = 0; at < said[1]; at += PIECE)
        MPI_Send(bytes + at,
                 (int) (said[1] - at < PIECE ? said[1] - at : PIECE), MPI_CHAR,
                 0, BYTES, MPI_COMM_WORLD);
    free(bytes);
    return VN_OK;
}

/* Begin the file for the moment anew. */
static enum vn_status
renew(const char *path, struct vn_error *err)
{
    struct vn_store *store = NULL;
    enum vn_status status;

    unlink(path);
    status = vn_store_open(path, VN_STORE_WRITE, &store, err);
    vn_store_close(store);
    return status;
}

static enum vn_status
do_run(const struct vn_course *c, struct vn_pool *pool, int64_t run,
       const char *path, struct vn_error *err)
{
    int stage = vn_course_stage(c, run), there = 0;
    int at = (int) (run - c->stages[stage].first);
    char name[VN_STORE_NAME_SIZE];
    enum vn_status status = vn_pool_name(pool, stage, at, name, err);
    int failed = vn_pool_failed(pool);

    if (status != VN_OK)
        return status;
    MPI_Send(name, sizeof name, MPI_CHAR, 0, NAME, MPI_COMM_WORLD);
    MPI_Recv(&there, 1, MPI_INT, 0, THERE, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    if (there)
        return send_ended(HOW_THERE, path, err);
    status = renew(path, err);
    if (status == VN_OK)
        status = vn_pool_run(pool, stage, at, err);
    if (status == VN_OK)
        status = vn_pool_wait(pool, err);
    if (status != VN_OK)
        return status;
    return send_ended(vn_pool_failed(pool) > failed ? HOW_FAILED : HOW_DONE,
                      path, err);
}

/* Another rank: do runs as long as there are any. */
static enum vn_status
follow(const struct vn_course *c, struct vn_error *err)
{
    struct vn_sweep *sweep = &c->request->sweep;
    char *path = scratch("rank");
    struct vn_sweep_count count;
    struct vn_pool *pool = NULL;
    struct vn_error ending;
    enum vn_status status = renew(path, err);
    int64_t run = 0;

    sweep->results = path;
    sweep->workers = 1;
    sweep->quiet = true;
    if (status == VN_OK)
        status = vn_pool_begin(c, &pool, err);
    while (status == VN_OK && run >= 0) {
        MPI_Send(NULL, 0, MPI_CHAR, 0, ASK, MPI_COMM_WORLD);
        MPI_Recv(&run, 1, MPI_INT64_T, 0, RUN, MPI_COMM_WORLD,
                 MPI_STATUS_IGNORE);
        if (run >= 0)
            status = do_run(c, pool, run, path, err);
    }
    if (pool != NULL && vn_pool_end(pool, true, &count, &ending) != VN_OK
        && status == VN_OK) {
        *err = ending;
        status = ending.status;
    }
    unlink(path);
    free(path);
    return status;
}

enum vn_status
vn_ranks_run(const struct vn_course *course, struct vn_sweep_count *count,
             struct vn_error *err)
{
    int rank;

    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    *count = (struct vn_sweep_count){0};
    return rank == 0 ? lead(course, count, err) : follow(course, err);
}

#else

enum vn_status
vn_ranks_begin(int *rank, struct vn_error *err)
{
    *rank = 0;
    return vn_fail(err, VN_EUNSUP,
                   "--mpi: this was built without MPI (see configure)");
}

enum vn_status
vn_ranks_run(const struct vn_course *course, struct vn_sweep_count *count,
             struct vn_error *err)
{
    (void) course;
    (void) count;
    return vn_fail(err, VN_EUNSUP, "--mpi: this was built without MPI");
}

void
vn_ranks_end(bool failed)
{
    (void) failed;
}

#endif
