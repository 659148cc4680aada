/*
 * Divisions of devices: small ones by hand, and the vectors of PCS' own rules
 * where they are at hand (field/vectors/pcs_allocation.csv, MIT).  Themis'
 * partial allocation mechanism: small auctions by hand, and random ones
 * against every division there is.
 */
#include "config.h"

#include "sim/policy/share/auction.h"
#include "sim/policy/share/division.h"
#include "t/tap.h"

#include "base/rng.h"
#include "base/table.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    CLAIMS_MAX = 64,
    WIDTH = 64,
    BIDDERS = 4, /* of random auctions, */
    MOST = 9,    /* more than each may bid for */
    AUCTIONS = 400
};

static void
small(void)
{
    struct vn_claim c[3] = {
        {.left = 100, .service = 100, .demand = 8, .present = 3},
        {.left = 50, .service = 200, .age = 10, .demand = 2, .present = 3},
        {.left = 300, .service = 300, .age = 5, .demand = 8, .present = 3}};
    struct vn_claim *order[3] = {&c[0], &c[1], &c[2]};
    const double speed[] = {0, 1, 1.5};

    vn_divide_in_order(order, 3, 9);
    ok(c[0].devices == 8 && c[1].devices == 1 && c[2].devices == 0,
       "in order: all, then a part, then nothing");
    vn_divide_fair(order, 3, 9);
    ok(c[0].devices == 3.5 && c[1].devices == 2 && c[2].devices == 3.5,
       "max-min: what one cannot use goes to the others in equal parts");
    vn_divide_fair(order, 3, 30);
    ok(c[0].devices == 8 && c[1].devices == 2 && c[2].devices == 8,
       "max-min: nobody gets more than it can use");
    vn_divide_afs(order, 3, 1);
    ok(c[1].devices == 1 && c[0].devices + c[2].devices == 0,
       "afs: the first device goes to the shortest");
    vn_divide_afs(order, 3, 100);
    ok(c[0].devices == 8 && c[1].devices == 2 && c[2].devices == 8,
       "afs: nobody gets more than it can use");
    /* rho: (0+100/8)/(100/3), (10+50/2)/(200/2), (5+300/8)/(300/3) */
    vn_divide_themis(order, 3, 9);
    ok(c[2].devices == 8, "themis: the one worst off first");
    /* then, of one device left: 100/(100/3), (10+50)/(200/2) */
    ok(c[0].devices == 1 && c[1].devices == 0,
       "themis: what is left is what rho is asked for");
    c[0].speed = speed;
    /* One each, which leaves three: of what is left of 300 they save 150,
     * then 50, then of 100 33.3; after these 25 of 50 as much as of 100. */
    c[0].demand = 2;
    vn_divide_optimus(order, 3, 6);
    ok(c[0].devices == 2 && c[1].devices == 1 && c[2].devices == 3,
       "optimus: where a device saves the most time");
    vn_divide_optimus(order, 3, 7);
    ok(c[0].devices == 2 && c[1].devices == 2 && c[2].devices == 3,
       "optimus: the first of equals goes first");
    vn_divide_optimus(order, 3, 2);
    ok(c[0].devices == 1 && c[1].devices == 1 && c[2].devices == 0,
       "optimus: first one each");
    c[0].demand = 8;
    is_near(vn_claim_speed(&c[0], 1.5), 1.25, 0,
            "between whole devices speed is in between");
    is_near(vn_claim_speed(&c[1], 1.5), 1.5, 0,
            "without a curve it is linear");
}

/* A problem of the table: jobs, and what each rule gave them. */
struct problem {
    int gpus;
    int n;
    struct vn_claim claims[CLAIMS_MAX];
    double speed[CLAIMS_MAX][WIDTH];
    double want[3][CLAIMS_MAX];
};

static const char *const rules[] = {"afs", "fair", "themis"};

/* Where the rules differ from what they gave. */
static int
differ(struct problem *p, int rule)
{
    struct vn_claim *order[CLAIMS_MAX];
    int bad = 0;

    for (int i = 0; i < p->n; i++)
        order[i] = &p->claims[i];
    if (rule == 0)
        vn_divide_afs(order, p->n, p->gpus);
    else if (rule == 1)
        vn_divide_fair(order, p->n, p->gpus);
    else
        vn_divide_themis(order, p->n, p->gpus);
    for (int i = 0; i < p->n; i++)
        bad += fabs(order[i]->devices - p->want[rule][i]) > 1e-9;
    return bad;
}

enum {
    CASE,
    GPUS,
    NOW,
    MODEL,
    SUBMIT,
    SERVICE,
    LEFT,
    DEMAND,
    SEEN,
    AFS,
    FAIR,
    THEMIS,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [CASE] = {"case", true},           [GPUS] = {"gpus", true},
    [NOW] = {"now_s", true},           [MODEL] = {"model", true},
    [SUBMIT] = {"submit_s", true},     [SERVICE] = {"service_s", true},
    [LEFT] = {"left_s", true},         [DEMAND] = {"demand", true},
    [SEEN] = {"apps_seen_mean", true}, [AFS] = {"afs_gpus", true},
    [FAIR] = {"fair_gpus", true},      [THEMIS] = {"themis_gpus", true}};

static double
cell(struct vn_table *t, int column)
{
    return strtod(vn_table_text(t, column), NULL);
}

static void
read_speeds(const char *path, const char *model, double *speed)
{
    static const struct vn_column names[] = {
        {"model", true}, {"gpus", true}, {"speedup", true}};
    struct vn_table_form form = {.columns = names, .ncolumns = 3};
    struct vn_table *t = NULL;
    struct vn_error err;
    bool more;

    if (vn_table_open(path, &form, &t, &err) != VN_OK)
        return;
    while (vn_table_next(t, &more, &err) == VN_OK && more)
        if (strcmp(vn_table_text(t, 0), model) == 0 && cell(t, 1) < WIDTH)
            speed[(int) cell(t, 1)] = cell(t, 2);
    vn_table_close(t);
}

static void
add(struct problem *p, struct vn_table *t, const char *speeds)
{
    struct vn_claim *c = &p->claims[p->n];

    p->gpus = (int) cell(t, GPUS);
    *c = (struct vn_claim){.left = cell(t, LEFT),
                           .service = cell(t, SERVICE),
                           .age = cell(t, NOW) - cell(t, SUBMIT),
                           .present = cell(t, SEEN),
                           .demand = (int) cell(t, DEMAND),
                           .speed = p->speed[p->n]};
    read_speeds(speeds, vn_table_text(t, MODEL), p->speed[p->n]);
    for (int r = 0; r < 3; r++)
        p->want[r][p->n] = cell(t, AFS + r);
    p->n++;
}

static void
vectors(const char *folder)
{
    struct vn_table_form form = {.columns = columns, .ncolumns = NCOLUMNS};
    struct problem *p = vn_xcalloc(1, sizeof *p);
    char path[512], speeds[512], name[32] = "";
    struct vn_table *t = NULL;
    int cases = 0, bad[3] = {0};
    struct vn_error err;
    bool more = true;

    snprintf(path, sizeof path, "%s/field/vectors/pcs_allocation.csv", folder);
    snprintf(speeds, sizeof speeds, "%s/field/pcs/speedups.csv", folder);
    if (vn_table_open(path, &form, &t, &err) != VN_OK) {
        ok(true, "PCS' vectors # SKIP none at hand");
        free(p);
        return;
    }
    while (more) {
        if (vn_table_next(t, &more, &err) != VN_OK)
            break;
        if (!more || strcmp(name, vn_table_text(t, CASE)) != 0) {
            for (int r = 0; r < 3 && p->n > 0; r++)
                bad[r] += differ(p, r);
            cases += p->n > 0;
            memset(p, 0, sizeof *p);
            snprintf(name, sizeof name, "%s", vn_table_text(t, CASE));
        }
        if (more)
            add(p, t, speeds);
    }
    ok(cases > 0, "PCS' vectors: %d", cases);
    for (int r = 0; r < 3; r++)
        is_int(bad[r], 0, "%s gives each job what it had there", rules[r]);
    vn_table_close(t);
    free(p);
}

static void
small_auctions(void)
{
    /* Worth 1 and 1 more for each device; the second twice that. */
    const double one[] = {0, log(2), log(3), log(4)};
    const double two[] = {log(2), log(4), log(6), log(8)};
    const double pair[] = {0, -INFINITY, log(9)};
    struct vn_bid b[2] = {{.value = one, .most = 3},
                          {.value = two, .most = 3}};

    vn_auction(b, 2, 2);
    ok(b[0].won == 1 && b[1].won == 1,
       "a product does not care for the size of what is bid");
    /* Alone each would have 2: the other has 2 of 3, 4 of 6. */
    is_near(b[0].keeps, 2.0 / 3, 1e-12, "it pays what it costs the other");
    is_near(b[1].keeps, 2.0 / 3, 1e-12, "... and so does the other");
    vn_auction(b, 2, 3);
    ok(b[0].won == 2 && b[1].won == 1, "of equal products the first has more");
    is_near(b[0].keeps, 4.0 / 8, 1e-12, "what it pays is of what it left");
    vn_auction(b, 2, 9);
    ok(b[0].won == 3 && b[1].won == 3 && b[0].keeps == 1 && b[1].keeps == 1,
       "where there is enough for all nobody pays");
    vn_auction(b, 1, 2);
    ok(b[0].won == 2 && b[0].keeps == 1, "one alone pays nothing");
    b[1] = (struct vn_bid){.value = pair, .most = 2};
    vn_auction(b, 2, 2);
    ok(b[0].won == 0 && b[1].won == 2, "nobody gets what it cannot use");
    vn_auction(b, 2, 1);
    ok(b[0].won == 1 && b[1].won == 0, "... whatever is left");
    vn_auction(b, 2, 0);
    ok(b[0].won == 0 && b[1].won == 0 && b[0].keeps == 1,
       "nothing is divided into nothing");
}

/* The largest logarithm of a product over all divisions, one bidder left out.
 */
static double
brute(const struct vn_bid *bids, int n, int devices, int without)
{
    double best = -INFINITY;

    if (n == 0)
        return 0;
    n--;
    if (n == without)
        return brute(bids, n, devices, -1);
    for (int k = 0; k <= bids[n].most && k <= devices; k++)
        best = fmax(best,
                    bids[n].value[k] + brute(bids, n, devices - k, without));
    return best;
}

/* What is wrong, over all auctions. */
struct wrong {
    int products;
    int payments;
    int sums;
    int paid;
};

static void
draw_one(uint64_t index, struct wrong *wrong)
{
    struct vn_rng rng = vn_rng_stream(7, 1, index);
    int n = 1 + (int) vn_rng_below(&rng, BIDDERS), used = 0;
    int devices = (int) vn_rng_below(&rng, 12);
    double value[BIDDERS][MOST], sum = 0;
    struct vn_bid bids[BIDDERS];

    for (int i = 0; i < n; i++) {
        value[i][0] = -10 * vn_rng_uniform(&rng);
        bids[i] = (struct vn_bid){.value = value[i],
                                  .most = (int) vn_rng_below(&rng, MOST)};
        for (int k = 1; k < MOST; k++)
            value[i][k] = vn_rng_below(&rng, 5) == 0
                              ? -INFINITY
                              : value[i][0] + k * vn_rng_uniform(&rng);
    }
    vn_auction(bids, n, devices);
    for (int i = 0; i < n; i++) {
        sum += value[i][bids[i].won];
        used += bids[i].won;
        wrong->sums += bids[i].won < 0 || bids[i].won > bids[i].most;
    }
    wrong->sums += used > devices;
    wrong->products += !(fabs(sum - brute(bids, n, devices, -1)) < 1e-7);
    for (int i = 0; i < n; i++) {
        double others = sum - value[i][bids[i].won];
        double want = exp(others - brute(bids, n, devices, i));

        wrong->payments += !(fabs(bids[i].keeps - want) < 1e-7);
        wrong->paid += bids[i].keeps < 0.999;
    }
}

static void
auctions(void)
{
    struct wrong wrong = {0};

    small_auctions();
    for (uint64_t i = 0; i < AUCTIONS; i++)
        draw_one(i, &wrong);
    is_int(wrong.products, 0, "%d auctions: no division has a larger product",
           AUCTIONS);
    is_int(wrong.sums, 0, "nobody has more than there is, or than it bid for");
    is_int(wrong.payments, 0,
           "each pays what the best division without it has more");
    ok(wrong.paid > AUCTIONS / 4, "... which is seldom nothing");
}

int
main(void)
{
    const char *folder = getenv("VN_SHARED_DATA");

    small();
    auctions();
    vectors(folder != NULL ? folder : "../shared/data");
    return done_testing();
}
