#include "config.h"

#include "base/option.h"
#include "base/progress.h"
#include "replay/command/command.h"
#include "replay/command/sweep.h"
#include "replay/sweep/pool.h"
#include "replay/sweep/ranks.h"

#include <inttypes.h>
#include <string.h>

enum option {
    REQUEST,
    SHARD = VN_REQUEST_OPTIONS,
    MPI,
    DRY_RUN,
    QUIET,
    VERBOSE,
    ASSUMED,
    NOPTIONS = ASSUMED + VN_ASSUMPTIONS
};

/* clang-format off */
static const struct vn_option options[] = {
    VN_REQUEST_ROWS,
    [SHARD] = {"shard", "I/N", "only the I-th of N parts that cost the same",
               0},
    [MPI] = {"mpi", NULL, "by the ranks of an MPI job (mpirun)", 0},
    [DRY_RUN] = {"dry-run", NULL, "list the runs, and do none", 'n'},
    [QUIET] = {"quiet", NULL, "print nothing but errors", 'q'},
    [VERBOSE] = {"verbose", NULL, "print a line for each run", 'v'},
    VN_ASSUMPTION_ROWS
};
/* clang-format on */

struct arguments {
    struct vn_asked asked;
    bool dry_run;
    bool mpi;
};

static bool
say(int option)
{
    if (option != VN_ARGS_HELP)
        return false;
    puts("usage: vnreplay run FILE.yaml [option ...]\n"
         "       vnreplay run --trace FILE,... --cluster FILE,...|INLINE\n"
         "                    [--policy NAME,...] --results FILE "
         "[option ...]\n\n"
         "Replay every trace, and every trace that a recipe draws, on every "
         "cluster\nunder every policy, and add each run to the results file.  "
         "Runs that are there\nalready are passed over, so a sweep that was "
         "interrupted goes on when it is\nstarted again.\n");
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nexample: vnreplay run --trace philly.csv --windows 10 "
         "--cluster v100:16x8\n             --policy fifo,fifo-skip,las,wfs "
         "--results philly.db");
    return true;
}

/* "2/5" */
static enum vn_status
take_shard(struct vn_sweep *sweep, const char *value, struct vn_error *err)
{
    static const char expected[] = "I/N with I from 1 to N";
    const char *slash = strchr(value, '/');
    char first[16] = "", why[VN_WHY_SIZE];
    int64_t i, n;

    if (slash == NULL || slash - value >= (long) sizeof first)
        return vn_args_refuse(err, "shard", value, expected);
    memcpy(first, value, (size_t) (slash - value));
    if (vn_read_int(slash + 1, 1, 1000000, &n, why) != NULL
        || vn_read_int(first, 1, n, &i, why) != NULL)
        return vn_args_refuse(err, "shard", value, expected);
    sweep->shard = (int) i - 1;
    sweep->shards = (int) n;
    return VN_OK;
}

static enum vn_status
take(void *arg, int option, const char *value, struct vn_error *err)
{
    struct arguments *a = arg;
    struct vn_request *request = &a->asked.request;

    switch (option) {
    case SHARD:
        return take_shard(&request->sweep, value, err);
    case MPI:
        a->mpi = true;
        return VN_OK;
    case DRY_RUN:
        a->dry_run = true;
        return VN_OK;
    case QUIET:
        request->sweep.quiet = true;
        return VN_OK;
    case VERBOSE:
        request->sweep.verbose = true;
        return VN_OK;
    default:
        return vn_request_take(request,
                               option < VN_REQUEST_OPTIONS
                                   ? option
                                   : option - ASSUMED + VN_REQUEST_OPTIONS,
                               value, err);
    }
}

static void
print_count(int n, const char *one, const char *many)
{
    printf("%d %s", n, n == 1 ? one : many);
}

/* The runs of this shard. */
static int64_t
count_ours(const struct vn_course *course)
{
    int64_t n = 0;

    for (int64_t i = 0; i < course->nruns; i++)
        n += course->shard[i] == course->request->sweep.shard;
    return n;
}

static void
print_plan(const struct vn_course *course)
{
    const struct vn_request *r = course->request;
    const struct vn_sweep *sweep = &r->sweep;

    printf("%" PRId64 " runs into %s: ", count_ours(course), sweep->results);
    if (r->traces.n > 0) {
        print_count(r->traces.n, "trace x ", "traces x ");
        print_count((int) r->windows, "window", "windows");
    }
    fputs(r->traces.n > 0 && r->recipes.n > 0 ? " and " : "", stdout);
    if (r->recipes.n > 0) {
        print_count(r->recipes.n, "recipe x ", "recipes x ");
        print_count(r->seeds.n, "seed", "seeds");
        if (r->loads.n > 0) {
            fputs(" x ", stdout);
            print_count(r->loads.n, "load", "loads");
        }
    }
    fputs(" x ", stdout);
    print_count(r->clusters.n, "cluster x ", "clusters x ");
    if (r->predictions.n > 1)
        print_count(r->predictions.n, "", "predictions x ");
    print_count(sweep->ncontenders, "policy", "policies");
    if (r->scalings.n > 1) {
        fputs(" x ", stdout);
        print_count(r->scalings.n, "scaling", "scalings");
    }
    if (sweep->shards > 1)
        printf(", shard %d of %d", sweep->shard + 1, sweep->shards);
    putchar('\n');
    if (r->recipes.n == 0 && r->seeds.n > 1)
        puts("nothing in these runs is random: seeds make no replicates, see "
             "--windows");
    if (r->second)
        printf("how elastic policies do on recorded jobs hangs on their "
               "scaling: under linear and\n%s, to be compared; --scaling "
               "linear is the one alone\n",
               vn_request_second);
    fflush(stdout);
}

static void
print_runs(const struct vn_course *course)
{
    for (int s = 0; s < course->nstages; s++)
        for (int i = 0; i < vn_course_count(course, s); i++)
            if (course->shard[course->stages[s].first + i]
                == course->request->sweep.shard) {
                fputs("  ", stdout);
                vn_course_print(stdout, course, s, i);
                putchar('\n');
            }
}

/* Do the runs here, several at a time. */
static enum vn_status
go(const struct vn_course *course, struct vn_sweep_count *count,
   struct vn_error *err)
{
    struct vn_error ending;
    struct vn_pool *pool;
    enum vn_status status = vn_pool_begin(course, &pool, err), end;

    if (status != VN_OK)
        return status;
    for (int s = 0; s < course->nstages && status == VN_OK; s++)
        status = vn_pool_run(pool, s, -1, err);
    end = vn_pool_end(pool, status != VN_OK, count, &ending);
    /* An interruption may have been the cause of any other failure. */
    if (end != VN_OK)
        *err = ending;
    return end != VN_OK ? end : status;
}

/* Say what came of them. */
static enum vn_status
conclude(const struct vn_sweep *sweep, const struct vn_sweep_count *count,
         double started, struct vn_error *err)
{
    if (!sweep->quiet)
        printf("%d done, %d there before, %d failed, in %.1f s\n", count->done,
               count->there, count->failed, vn_clock() - started);
    if (count->failed > 0)
        return vn_fail(err, VN_EINVAL, "%d of %d runs failed; %s says why",
                       count->failed, count->total, sweep->results);
    return VN_OK;
}

static enum vn_status
run(struct arguments *a, struct vn_error *err)
{
    struct vn_request *request = &a->asked.request;
    struct vn_sweep_count count;
    struct vn_course course = {0};
    double started = vn_clock();
    enum vn_status status = VN_OK;
    int rank = 0;

    if (a->mpi && request->sweep.shards > 1)
        status = vn_fail(err, VN_EUSAGE,
                         "--mpi: with --shard, expected one "
                         "of them");
    else if (a->mpi)
        status = vn_ranks_begin(&rank, err);
    if (status != VN_OK)
        return status;
    status = vn_course_make(request, request->sweep.shards, &course, err);
    if (status == VN_OK && rank == 0 && (!request->sweep.quiet || a->dry_run))
        print_plan(&course);
    if (status == VN_OK && rank == 0 && a->dry_run)
        print_runs(&course);
    if (status == VN_OK && !a->dry_run)
        status = a->mpi ? vn_ranks_run(&course, &count, err)
                        : go(&course, &count, err);
    if (a->mpi) {
        if (status != VN_OK)
            vn_error_print(stderr, "vnreplay", err);
        vn_ranks_end(status != VN_OK);
    }
    if (status == VN_OK && rank == 0 && !a->dry_run)
        status = conclude(&request->sweep, &count, started, err);
    vn_course_free(&course);
    return status;
}

int
vn_command_sweep(int argc, char **argv)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    struct arguments a = {.dry_run = false};
    struct vn_error err;
    enum vn_status status;
    bool done;

    vn_asked_begin(&a.asked, "run");
    status = vn_args_all(&args, say, take, &a, &done, &err);
    if (status == VN_OK && !done) {
        status = vn_asked_open(&a.asked, &args, &err);
        if (status == VN_OK && a.asked.request.sweep.results == NULL)
            status = vn_fail(&err, VN_EUSAGE,
                             "no --results given (see vnreplay run --help)");
        if (status == VN_OK)
            status = run(&a, &err);
    }
    if (status != VN_OK)
        vn_error_print(stderr, "vnreplay", &err);
    vn_asked_free(&a.asked);
    return status == VN_OK ? 0 : vn_error_exit(&err);
}
