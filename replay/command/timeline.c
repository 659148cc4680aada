#include "config.h"

#include "analysis/choice.h"
#include "base/option.h"
#include "base/store/timeline.h"
#include "base/xalloc.h"
#include "replay/command/command.h"
#include "replay/command/results.h"

#include <stdlib.h>

enum option {
    OUTPUT,
    WHERE,
    POLICY,
    FROM,
    TO,
    ONLY,
    NOPTIONS
};

/* clang-format off */
static const struct vn_option options[] = {
    [OUTPUT] = {"output", "FILE", "write there [timeline.json]", 'o'},
    [WHERE] = {"where", "COLUMN=VALUE",
               "only runs of which this is so; may be given again", 0},
    [POLICY] = {"policy", "NAME,...", "only these policies", 'p'},
    [FROM] = {"from", "TIME", "only what happens from then on", 0},
    [TO] = {"to", "TIME", "only what happens before", 0},
    [ONLY] = {"only", "ID,...", "only these jobs, as in 3,7-12", 0},
};
/* clang-format on */

enum {
    RUNS_MAX = 64 /* more than that nobody sees beside each other */
};

struct arguments {
    const char *output;
    struct vn_choice choice;
    const char *policies;
    struct vn_timeline timeline;
};

static void
print_help(void)
{
    puts("usage: vnreplay timeline RESULTS [option ...]\n\n"
         "Write who held which devices when in Chrome's trace format, for "
         "Perfetto: a\nprocess a run, simulated and measured ones beside each "
         "other, a thread a job.\n");
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nexample: vnreplay timeline v.db --policy wfs --to 2h -o "
         "wfs.json");
}

static enum vn_status
take(void *arg, int option, const char *value, struct vn_error *err)
{
    struct arguments *a = arg;

    switch ((enum option) option) {
    case OUTPUT:
        a->output = value;
        break;
    case WHERE:
        return vn_choice_add(&a->choice, value, err);
    case POLICY:
        a->policies = value;
        break;
    case FROM:
        return vn_option_time("from", value, 0, VN_TIME_MAX,
                              &a->timeline.from_us, err);
    case TO:
        return vn_option_time("to", value, 1, VN_TIME_MAX, &a->timeline.to_us,
                              err);
    case ONLY:
        return vn_timeline_only(&a->timeline, "only", value, err);
    case NOPTIONS:
        break;
    }
    return VN_OK;
}

static bool
say(int option)
{
    if (option == VN_ARGS_HELP)
        print_help();
    return option == VN_ARGS_HELP;
}

static enum vn_status
run(const char *results, void *arg, struct vn_error *err)
{
    struct arguments *a = arg;
    struct vn_store *store = NULL;
    struct vn_runs runs = {0};
    int64_t ids[RUNS_MAX];
    enum vn_status status;
    int n = 0;

    status = vn_store_open(results, VN_STORE_READ, &store, err);
    if (status == VN_OK)
        status = vn_runs_read(store, &runs, err);
    if (status == VN_OK)
        status = vn_choice_keep(&a->choice, &runs, results, err);
    if (status == VN_OK && a->policies != NULL)
        status = vn_choice_policies(a->policies, &runs, results, err);
    if (status == VN_OK && (runs.n == 0 || runs.n > RUNS_MAX))
        status = vn_fail(err, VN_EINVAL,
                         "%s: %d runs, expected 1 to %d: choose by --where or "
                         "--policy",
                         results, runs.n, RUNS_MAX);
    for (int i = 0; i < runs.n && status == VN_OK; i++)
        ids[n++] = runs.all[i].run_id;
    if (status == VN_OK)
        status =
            vn_timeline_write(store, ids, n, &a->timeline, a->output, err);
    vn_runs_free(&runs);
    vn_store_close(store);
    return status;
}

int
vn_command_timeline(int argc, char **argv)
{
    struct arguments a = {.output = "timeline.json"};
    const struct vn_results_command command = {
        "timeline", options, NOPTIONS, say, take, run, &a};

    return vn_results_command_run(&command, argc, argv);
}
