/* Consolidated placement: by hand, as Lucid's placer did it where its steps
 * are at hand, and of the engine's fleet under strict placement the same. */
#include "config.h"

#include "sim/engine/fleet.h"
#include "sim/place/consolidate.h"
#include "t/tap.h"

#include "base/rng.h"
#include "base/table.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CASE,
    OP,
    JOB,
    GPUS,
    PLACED,
    WHERE,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [CASE] = {"case", true},     [OP] = {"op", true},
    [JOB] = {"job", true},       [GPUS] = {"gpus", true},
    [PLACED] = {"placed", true}, [WHERE] = {"nodes_and_gpus", true}};

enum {
    NODES = 12, /* at most */
    EACH = 8,
    JOBS = 64
};

/* "0:0+1;2:0+1+2", nodes in the order in which they were taken. */
static void
print(char *text, size_t size, const int *devices, int n)
{
    size_t length = 0;

    *text = '\0';
    for (int i = 0; i < n; i++) {
        bool new = i == 0 || devices[i] / EACH != devices[i - 1] / EACH;

        if (new)
            length += (size_t) snprintf(text + length, size - length,
                                        i > 0 ? ";%d:%d" : "%d:%d",
                                        devices[i] / EACH, devices[i] % EACH);
        else
            length += (size_t) snprintf(text + length, size - length, "+%d",
                                        devices[i] % EACH);
    }
}

/* A step of the placer. */
struct step {
    int number, job, n;
    bool release, placed;
    char where[256];
};

static int
read_steps(const char *path, struct step *steps, int room)
{
    struct vn_table_form form = {.columns = columns, .ncolumns = NCOLUMNS};
    struct vn_table *t;
    struct vn_error err;
    bool more;
    int n = 0;

    if (vn_table_open(path, &form, &t, &err) != VN_OK)
        return 0;
    while (n < room && vn_table_next(t, &more, &err) == VN_OK && more) {
        int64_t number = 0, job = 0, gpus = 0;
        struct step *s = &steps[n++];

        vn_table_int(t, CASE, 0, 1000, &number, &err);
        vn_table_int(t, JOB, 0, JOBS - 1, &job, &err);
        vn_table_int(t, GPUS, 1, NODES * EACH, &gpus, &err);
        *s = (struct step){
            .number = (int) number,
            .job = (int) job,
            .n = (int) gpus,
            .release = strcmp(vn_table_text(t, OP), "release") == 0,
            .placed = strcmp(vn_table_text(t, PLACED), "1") == 0};
        snprintf(s->where, sizeof s->where, "%s", vn_table_text(t, WHERE));
    }
    vn_table_close(t);
    return n;
}

/* In how many of the steps of a case is a cluster of so many nodes the same?
 */
static int
follow(const struct step *steps, int n, int nodes)
{
    struct vn_consolidate *c = vn_consolidate_alloc(nodes, EACH);
    int where[JOBS][NODES * EACH], same = 0;
    bool there[JOBS] = {false};

    for (int i = 0; i < n; i++) {
        const struct step *s = &steps[i];
        char text[256] = "";

        if (s->release) {
            if (there[s->job])
                vn_consolidate_give(c, s->n, where[s->job]);
            same += there[s->job];
            continue;
        }
        there[s->job] = vn_consolidate_take(c, s->n, where[s->job]);
        if (there[s->job])
            print(text, sizeof text, where[s->job], s->n);
        same += there[s->job] == s->placed && strcmp(text, s->where) == 0;
    }
    vn_consolidate_free(c);
    return same;
}

/* How many nodes a case has is not told: there must be a number under which
 * every step comes out. */
static void
test_vectors(const char *path)
{
    struct step *steps = calloc(10000, sizeof *steps);
    int n = read_steps(path, steps, 10000);

    for (int i = 0, j; i < n; i = j) {
        int best = 0;

        for (j = i; j < n && steps[j].number == steps[i].number; j++)
            ;
        for (int nodes = 1; nodes <= NODES; nodes++) {
            int same = follow(&steps[i], j - i, nodes);

            best = same > best ? same : best;
        }
        is_int(best, j - i, "case %d: %d steps as Lucid's placer made them",
               steps[i].number, j - i);
    }
    ok(n > 0, "there were cases");
    free(steps);
}

static void
test_by_hand(void)
{
    struct vn_consolidate *c = vn_consolidate_alloc(3, 4);
    int a[12], b[12], d[12];

    ok(vn_consolidate_take(c, 3, a) && a[0] == 0 && a[2] == 2,
       "the lowest devices of the first node");
    ok(vn_consolidate_take(c, 2, b) && b[0] == 4 && b[1] == 5,
       "one that no longer fits there goes to the next");
    ok(vn_consolidate_take(c, 1, d) && d[0] == 3,
       "a small one to the node with least to spare");
    is_int(vn_consolidate_left(c), 6, "the rest is free");
    ok(!vn_consolidate_take(c, 8, d), "two whole nodes are not there");
    ok(!vn_consolidate_take(c, 7, d) && vn_consolidate_left(c) == 6,
       "nor is one, and 3 of another, though 6 are free");
    ok(vn_consolidate_take(c, 6, d) && d[0] == 8 && d[3] == 11 && d[4] == 6
           && d[5] == 7,
       "one, and 2 of another, are");
    vn_consolidate_give(c, 6, d);
    vn_consolidate_give(c, 3, a);
    is_int(vn_consolidate_left(c), 9, "what is given back is free");
    vn_consolidate_free(c);
}

/* A fleet with strict placement, and how often it did as a placer did. */
struct beside {
    struct vn_cluster cluster;
    struct vn_fleet *fleet;
    int same;
};

static void
open_beside(struct beside *b, int nodes, int each)
{
    struct vn_error err;
    char text[32];

    *b = (struct beside){0};
    snprintf(text, sizeof text, "x:%dx%d", nodes, each);
    ok(vn_cluster_read(text, &b->cluster, &err) == VN_OK, "%s", text);
    b->fleet = vn_fleet_alloc(&b->cluster, VN_PLACEMENT_STRICT, NULL);
}

static void
close_beside(struct beside *b)
{
    vn_fleet_free(b->fleet);
    vn_cluster_free(&b->cluster);
}

/* The placer gave the job these devices, or found no place for so many. */
static void
take_beside(struct beside *b, int job, int n, const int *devices, bool placed)
{
    bool same = vn_fleet_has_place(b->fleet, 0, n) == placed;
    int found = 0;

    if (same && placed) {
        vn_fleet_set(b->fleet, job, 0, n, -1);
        for (int i = 0; i < n; i++)
            for (int k = 0; k < n; k++)
                found += vn_fleet_device(b->fleet, job, 0, k) == devices[i];
        same = found == n;
    }
    b->same += same;
}

/* Jobs of any width come and go at random. */
static void
test_fleet(uint64_t seed)
{
    struct vn_rng rng = vn_rng_stream(seed, 9, 0);
    int nodes = 1 + (int) vn_rng_below(&rng, NODES), steps = 0, placed = 0;
    int each = 1 + (int) vn_rng_below(&rng, EACH);
    struct vn_consolidate *c = vn_consolidate_alloc(nodes, each);
    int where[JOBS][NODES * EACH], n[JOBS] = {0};
    struct beside b;

    open_beside(&b, nodes, each);
    for (int i = 0; i < 2000; i++) {
        int job = (int) vn_rng_below(&rng, JOBS), most = nodes * each;

        if (n[job] > 0) {
            vn_consolidate_give(c, n[job], where[job]);
            vn_fleet_set(b.fleet, job, 0, n[job] = 0, -1);
            continue;
        }
        if (vn_rng_below(&rng, 4) > 0)
            most = most < 2 * each ? most : 2 * each;
        n[job] = 1 + (int) vn_rng_below(&rng, (uint64_t) most);
        if (!vn_consolidate_take(c, n[job], where[job])) {
            take_beside(&b, job, n[job], NULL, false);
            n[job] = 0;
        } else {
            take_beside(&b, job, n[job], where[job], true);
            placed++;
        }
        steps++;
    }
    is_int(b.same, steps, "%d nodes of %d: the fleet places %d of %d jobs so",
           nodes, each, placed, steps);
    close_beside(&b);
    vn_consolidate_free(c);
}

int
main(void)
{
    const char *data = getenv("VN_SHARED_DATA");
    char path[4096] = "";

    test_by_hand();
    for (uint64_t seed = 0; seed < 12; seed++)
        test_fleet(seed);
    if (data != NULL)
        snprintf(path, sizeof path, "%s/field/vectors/lucid_consolidate.csv",
                 data);
    if (access(path, R_OK) == 0)
        test_vectors(path);
    else
        ok(true, "Lucid's placements # SKIP none at hand");
    return done_testing();
}
