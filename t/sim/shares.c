/*
 * Shares of wfs: the authors' logged vectors where they are to be had, and
 * the form by classes against the plain one on random sets of jobs.
 */
#include "config.h"

#include "sim/policy/share/shares.h"

#include "base/rng.h"
#include "base/table.h"
#include "base/xalloc.h"
#include "t/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    JOBS = 300
};

/* One set of jobs, joined and left at random, both ways. */
static bool
same_both_ways(uint64_t seed, int devices)
{
    struct vn_rng rng = vn_rng_stream(seed, 1, 0);
    struct vn_shares s = {
        .devices = 1 + (int) vn_rng_below(&rng, (uint64_t) devices)};
    struct vn_shares_plan plan = {0};
    int64_t weight[JOBS], ordered[JOBS];
    int demand[JOBS], share[JOBS], got[JOBS], slot[JOBS], n = 0;
    int kinds = 1 + (int) vn_rng_below(&rng, 6);
    int most = 1 << vn_rng_below(&rng, 8);
    int room = 1 + (int) vn_rng_below(&rng, (uint64_t) s.devices);
    bool same = true, in[JOBS] = {false};

    for (int i = 0; i < JOBS; i++) {
        weight[i] = vn_shares_weight(
            (double) (1 + vn_rng_below(&rng, (uint64_t) kinds) * 3) / 4);
        demand[i] = 1 + (int) vn_rng_below(&rng, (uint64_t) most);
        if (seed % 2 == 0 && vn_rng_below(&rng, 4) != 0)
            demand[i] = 1; /* as in real traces */
        if (s.count < room && vn_rng_below(&rng, 4) != 0) {
            vn_shares_join(&s, i, weight[i], demand[i], i);
            in[i] = true;
        }
        if (in[i] && vn_rng_below(&rng, 5) == 0) {
            int gone = (int) vn_rng_below(&rng, (uint64_t) i + 1);

            if (in[gone])
                vn_shares_leave(&s, gone);
            in[gone] = false;
        }
    }
    for (int i = 0; i < JOBS; i++)
        if (in[i]) {
            slot[n] = i;
            ordered[n] = weight[i];
            demand[n++] = demand[i];
        }
    vn_shares_plain(s.devices, n, ordered, demand, share);
    vn_shares_work_out(&s, &plan);
    for (int i = 0; i < n; i++) {
        got[i] = vn_shares_base(&s, &plan, slot[i]);
        for (int k = 0; k < plan.nnamed; k++)
            if (plan.named[k].job == slot[i])
                got[i] = plan.named[k].share;
        if (got[i] != share[i] && same)
            diag("seed %llu, %d devices, %d jobs: job %d of weight %lld, "
                 "demand %d gets %d, plainly %d",
                 (unsigned long long) seed, s.devices, n, i,
                 (long long) ordered[i], demand[i], got[i], share[i]);
        same = same && got[i] == share[i];
    }
    vn_shares_plan_free(&plan);
    vn_shares_free(&s);
    return same;
}

enum column {
    CASE,
    GPUS,
    ID,
    PRIORITY,
    DEMAND,
    SHARE,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [CASE] = {"case", true},         [GPUS] = {"gpus", true},
    [ID] = {"job_id", true},         [PRIORITY] = {"priority", true},
    [DEMAND] = {"gpu_demand", true}, [SHARE] = {"share_gpus", true},
};

struct vector {
    int64_t number;
    int gpus, n;
    int64_t weight[JOBS];
    int demand[JOBS], want[JOBS];
};

static bool
holds(const struct vector *v)
{
    int share[JOBS];
    bool same;

    vn_shares_plain(v->gpus, v->n, v->weight, v->demand, share);
    same = memcmp(share, v->want, (size_t) v->n * sizeof *share) == 0;
    if (!same)
        diag("case %lld differs", (long long) v->number);
    return same;
}

static void
check_vectors(const char *path)
{
    struct vn_table_form form = {.columns = columns, .ncolumns = NCOLUMNS};
    struct vn_table *t;
    struct vn_error err;
    struct vector v = {.number = -1};
    int cases = 0, good = 0;
    bool more = true;

    if (vn_table_open(path, &form, &t, &err) != VN_OK) {
        ok(true, "shares that the authors logged # SKIP %s", err.text);
        return;
    }
    while (v.n < JOBS && vn_table_next(t, &more, &err) == VN_OK) {
        int64_t cell[NCOLUMNS];

        for (int c = 0; more && c < NCOLUMNS; c++)
            if (vn_table_int(t, c, 0, 1000000, &cell[c], &err) != VN_OK)
                cell[c] = -1;
        if (v.number >= 0 && (!more || cell[CASE] != v.number)) {
            cases++;
            good += holds(&v);
            v.n = 0;
        }
        if (!more)
            break;
        v.number = cell[CASE];
        v.gpus = (int) cell[GPUS];
        v.weight[v.n] = vn_shares_weight((double) cell[PRIORITY]);
        v.demand[v.n] = (int) cell[DEMAND];
        v.want[v.n++] = (int) cell[SHARE];
    }
    vn_table_close(t);
    ok(cases > 0 && good == cases,
       "all %d sets of shares that the authors "
       "logged come out",
       cases);
}

int
main(void)
{
    const char *shared = getenv("VN_SHARED_DATA");
    char path[4096];
    int same = 0, seeds = 3000;

    for (int seed = 0; seed < seeds; seed++)
        same += same_both_ways((uint64_t) seed, JOBS);
    is_int(same, seeds, "shares by classes are those of the plain form");
    same = 0;
    for (int seed = 0; seed < 10 * seeds; seed++)
        same += same_both_ways((uint64_t) seed, 24);
    is_int(same, 10 * seeds, "and where few share few devices");
    snprintf(path, sizeof path, "%s/virtualflow/wfs_vectors.csv",
             shared != NULL ? shared : "/nowhere");
    check_vectors(path);
    return done_testing();
}
