/*
 * The reference form against vectors of Pollux' artifact, where they are at
 * hand: how a job advances on devices that do not change, and Optimus' step
 * times and rounds.
 */
#include "config.h"

#include "sim/adaptive/policies.h"
#include "sim/adaptive/reference_state.h"

#include "base/table.h"
#include "base/xalloc.h"
#include "t/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *folder;

static struct vn_table *
open_vectors(const char *name, const struct vn_column *columns, int n)
{
    static char path[1024];
    struct vn_table *t = NULL;
    struct vn_error err;

    snprintf(path, sizeof path, "%s/vectors/%s.csv", folder, name);
    if (vn_table_open(
            path, &(struct vn_table_form){.columns = columns, .ncolumns = n},
            &t, &err)
        != VN_OK)
        diag("%s", err.text);
    return t;
}

static bool
next(struct vn_table *t)
{
    struct vn_error err;
    bool more = false;

    return vn_table_next(t, &more, &err) == VN_OK && more;
}

static double
number(struct vn_table *t, int column)
{
    return strtod(vn_table_text(t, column), NULL);
}

static bool
near(double got, double want)
{
    return fabs(got - want) <= 1e-12 * fmax(1, fabs(want));
}

static void
try_steps(const struct vn_applications *as)
{
    static const struct vn_column columns[] = {
        {"application", true},
        {"batch_size", true},
        {"num_replicas", true},
        {"predicted_step_time_s", true}};
    struct vn_table *t = open_vectors("optimus_step_time", columns, 4);
    int rows = 0, good = 0;

    while (t != NULL && next(t)) {
        struct vn_error err;
        double s = NAN;

        good += vn_optimus_step_s(
                    vn_applications_find(as, vn_table_text(t, 0)), 0,
                    (int64_t) number(t, 1), 4, (int) number(t, 2), &s, &err)
                    == VN_OK
                && near(s, number(t, 3));
        rows++;
    }
    vn_table_close(t);
    ok(rows > 0 && good == rows, "Optimus' step times: %d of %d", good, rows);
}

/* A policy that gives the only job one placement, and keeps it. */
static const char *fixed_placement;

static enum vn_status
fixed_decide(void *state, struct vn_reference *rounds, double *objective,
             struct vn_error *err)
{
    int nodes[64], n = 0;

    (void) state;
    (void) objective;
    (void) err;
    for (int i = 0; fixed_placement[i] != '\0'; i++)
        for (int k = 0; k < fixed_placement[i] - '0'; k++)
            nodes[n++] = i;
    vn_reference_give(rounds, 0, 0, nodes, n);
    return VN_OK;
}

static const struct vn_reference_policy policy_fixed = {
    .name = "fixed",
    .decide = fixed_decide,
};

/* Rounds as they were at a time: those after a first decision at 0. */
struct seen {
    double time_s; /* to look at */
    struct vn_reference_job job;
    bool there;
};

static void
look(void *arg, const struct vn_reference *rounds, int active, const int *used,
     double objective)
{
    struct seen *s = arg;

    (void) active;
    (void) used;
    (void) objective;
    if (vn_reference_now(rounds) == s->time_s) {
        s->job = *vn_reference_job(rounds, 0);
        s->there = true;
    }
}

static void
try_progress(const struct vn_applications *as)
{
    static const struct vn_column columns[] = {
        {"application", true},  {"placement", true},     {"batch_size", true},
        {"time_s", true},       {"epoch", true},         {"progress", true},
        {"completion_s", true}, {"attained_gpu_s", true}};
    struct vn_table *t = open_vectors("job_progress", columns, 8);
    int rows = 0, good = 0;

    while (t != NULL && next(t)) {
        /* Its clock begins when the first round gives it its nodes. */
        struct vn_reference_request job = {
            .name = "job",
            .application = vn_applications_find(as, vn_table_text(t, 0)),
            .replicas = 1,
            .batch = (int64_t) number(t, 2)};
        struct seen seen = {.time_s = number(t, 3) + 60};
        struct vn_reference_config config = {
            .types = {{.name = "", .nodes = 64, .devices = 8}},
            .ntypes = 1,
            .jobs = &job,
            .njobs = 1,
            .policy = &policy_fixed,
            .observer = {.arg = &seen, .decided = look},
            .interval_s = 60,
            .restart_s = 30,
            .limit_s = 1e9};
        struct vn_reference *rounds = NULL;
        struct vn_error err;
        bool same;

        fixed_placement = vn_table_text(t, 1);
        same = vn_reference_run(&config, &rounds, &err) == VN_OK && seen.there
               && seen.job.epoch == (int) number(t, 4)
               && near(seen.job.progress, number(t, 5))
               && near(seen.job.attained_s, number(t, 7));
        if (same && vn_table_text(t, 6)[0] != '\0')
            same = seen.job.finish_s - 60 == number(t, 6);
        else if (same)
            same = isnan(seen.job.finish_s);
        if (!same)
            diag("line %ld", vn_table_line(t));
        good += same;
        rows++;
        vn_reference_free(rounds);
    }
    vn_table_close(t);
    ok(rows > 0 && good == rows, "how a job advances: %d of %d", good, rows);
}

enum {
    ROUND,
    NODES,
    PER_NODE,
    NAME,
    APPLICATION,
    BATCH,
    EPOCH,
    BEFORE,
    AFTER,
    NROUND,
    JOBS_MAX = 128
};

/* A round to be decided, and what it should come to. */
struct round {
    int number;
    int nodes;
    int per_node;
    int n;
    struct vn_reference_request jobs[JOBS_MAX];
    int epochs[JOBS_MAX];
    char *before[JOBS_MAX];
    char *after[JOBS_MAX];
};

static int
read_nodes(const char *text, int *nodes)
{
    int n = 0;

    while (*text != '\0') {
        char *end;

        nodes[n++] = (int) strtol(text, &end, 10);
        text = *end == '-' ? end + 1 : end;
    }
    return n;
}

/* Optimus alone, on a state that is made by hand; how many jobs are right. */
static int
decide_round(const struct round *round)
{
    struct vn_reference_config config = {
        .types = {{.nodes = round->nodes, .devices = round->per_node}},
        .ntypes = 1,
        .jobs = round->jobs,
        .njobs = round->n,
        .policy = &vn_reference_optimus};
    struct vn_reference r = {.config = config, .nactive = round->n};
    struct vn_reference_job jobs[JOBS_MAX];
    struct vn_reference_grant grants[JOBS_MAX];
    void *state = vn_xcalloc(1, vn_reference_optimus.state_size);
    int active[JOBS_MAX], list[512], free_on[64], n, good = 0;
    struct vn_error err;
    double objective;

    r.jobs = jobs;
    r.next = grants;
    r.active = active;
    r.free[0] = free_on;
    r.scratch = vn_xcalloc(4096, sizeof(int));
    for (int i = 0; i < round->nodes; i++)
        free_on[i] = round->per_node;
    for (int i = 0; i < round->n; i++) {
        active[i] = i;
        jobs[i] = (struct vn_reference_job){.wants = round->jobs[i],
                                            .epoch = round->epochs[i]};
        grants[i] = (struct vn_reference_grant){.type = -1};
        n = read_nodes(round->before[i], list);
        vn_reference_give(&r, i, 0, list, n);
    }
    if (vn_reference_optimus.open(state, &r, &err) == VN_OK
        && vn_reference_optimus.decide(state, &r, &objective, &err) == VN_OK)
        for (int i = 0; i < round->n; i++) {
            n = read_nodes(round->after[i], list);
            good +=
                n == grants[i].n
                && (n == 0
                    || memcmp(list, grants[i].nodes, (size_t) n * sizeof(int))
                           == 0);
        }
    vn_reference_optimus.close(state);
    free(state);
    free(r.scratch);
    for (int i = 0; i < round->n; i++)
        free(grants[i].nodes);
    return good;
}

static void
drop_round(struct round *round)
{
    for (int i = 0; i < round->n; i++) {
        free(round->before[i]);
        free(round->after[i]);
    }
    round->n = 0;
}

static void
try_rounds(const struct vn_applications *as)
{
    static const struct vn_column columns[] = {
        [ROUND] = {"round", true},
        [NODES] = {"nodes", true},
        [PER_NODE] = {"gpus_per_node", true},
        [NAME] = {"job", true},
        [APPLICATION] = {"application", true},
        [BATCH] = {"batch_size", true},
        [EPOCH] = {"epoch", true},
        [BEFORE] = {"prev_nodes", true},
        [AFTER] = {"new_nodes", true}};
    struct vn_table *t = open_vectors("optimus_round", columns, NROUND);
    struct round round = {.number = -1};
    int rows = 0, good = 0;
    bool more = t != NULL;

    while (more) {
        int i;

        more = next(t);
        if (round.n > 0 && (!more || (int) number(t, ROUND) != round.number)) {
            good += decide_round(&round);
            drop_round(&round);
        }
        if (!more)
            break;
        i = round.n++;
        round.number = (int) number(t, ROUND);
        round.nodes = (int) number(t, NODES);
        round.per_node = (int) number(t, PER_NODE);
        round.jobs[i] = (struct vn_reference_request){
            .name = "job",
            .application =
                vn_applications_find(as, vn_table_text(t, APPLICATION)),
            .replicas = 1,
            .batch = (int64_t) number(t, BATCH)};
        round.epochs[i] = (int) number(t, EPOCH);
        round.before[i] = vn_xstrdup(vn_table_text(t, BEFORE));
        round.after[i] = vn_xstrdup(vn_table_text(t, AFTER));
        rows++;
    }
    vn_table_close(t);
    ok(rows > 0 && good == rows, "Optimus' rounds, node by node: %d of %d",
       good, rows);
}

int
main(void)
{
    const char *shared = getenv("VN_SHARED_DATA");
    struct vn_applications as = {0};
    struct vn_error err;
    char path[512];

    snprintf(path, sizeof path, "%s/pollux", shared != NULL ? shared : "");
    if (access(path, F_OK) != 0)
        skip_all("no tables of Pollux' artifact here");
    folder = path;
    is_int(vn_applications_read(path, NULL, &as, &err), VN_OK,
           "the artifact's tables are read");
    try_steps(&as);
    try_progress(&as);
    try_rounds(&as);
    vn_applications_free(&as);
    return done_testing();
}
