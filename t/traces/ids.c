/* Ids that stand twice, against a plain search, however few runs are kept in
 * memory. */
#include "config.h"

#include "base/rng.h"
#include "t/tap.h"
#include "traces/ids.h"

#include <stdlib.h>

enum {
    ROWS = 600
};

/* The first line whose id stood before, and where; 0 where none did. */
static struct vn_ids_twice
search(const int64_t *id, const long *line, int n)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++)
            if (id[k] == id[i])
                return (struct vn_ids_twice){id[i], line[i], line[k]};
    return (struct vn_ids_twice){.line = 0};
}

static struct vn_ids_twice
ask(const int64_t *id, const long *line, int n, size_t most)
{
    struct vn_ids ids = {.most = most};
    struct vn_ids_twice twice = {.line = 0};
    struct vn_error err;

    for (int i = 0; i < n && twice.line == 0; i++)
        vn_ids_add(&ids, id[i], line[i], &twice);
    if (twice.line == 0 && vn_ids_end(&ids, &twice, &err) != VN_OK)
        twice.line = -1;
    vn_ids_free(&ids);
    return twice;
}

/* Rows whose ids count up in pieces, and one of which may stand twice. */
static int
draw(struct vn_rng *rng, int64_t *id, long *line)
{
    int n = 1 + (int) vn_rng_below(rng, ROWS);
    int64_t next = 0;
    long at = 2;

    for (int i = 0; i < n; i++) {
        if (vn_rng_below(rng, 8) == 0)
            next += (int64_t) vn_rng_below(rng, 5);
        if (vn_rng_below(rng, 8) == 0)
            at += (long) vn_rng_below(rng, 3);
        id[i] = next++;
        line[i] = at++;
    }
    if (vn_rng_below(rng, 2) == 0) /* pieces in another order */
        for (int i = 0; i < n / 2; i += 7) {
            int64_t kept = id[i];

            id[i] = id[n - 1 - i];
            id[n - 1 - i] = kept;
        }
    if (vn_rng_below(rng, 3) > 0)
        id[vn_rng_below(rng, (uint64_t) n)] =
            id[vn_rng_below(rng, (uint64_t) n)];
    return n;
}

static bool
agrees(uint64_t seed, size_t most)
{
    struct vn_rng rng = vn_rng_stream(seed, most, 0);
    int64_t id[ROWS];
    long line[ROWS];

    for (int i = 0; i < 400; i++) {
        int n = draw(&rng, id, line);
        struct vn_ids_twice want = search(id, line, n);
        struct vn_ids_twice got = ask(id, line, n, most);

        if (got.line != want.line
            || (want.line > 0
                && (got.id != want.id || got.other != want.other))) {
            diag("%d rows: line %ld and %ld, want %ld and %ld", n, got.line,
                 got.other, want.line, want.other);
            return false;
        }
    }
    return true;
}

int
main(void)
{
    struct vn_ids ids = {.most = 4};
    struct vn_ids_twice twice;

    for (long i = 0; i < 100000; i++)
        vn_ids_add(&ids, i, i + 2, &twice);
    ok(ids.count == 1 && ids.nspills == 0, "ids in order are one run");
    vn_ids_add(&ids, 70000, 100002, &twice);
    ok(twice.line == 100002 && twice.other == 70002 && twice.id == 70000,
       "one that stood before is told at once, with both lines");
    vn_ids_free(&ids);
    ok(agrees(14, 0), "all in memory: as a plain search finds");
    ok(agrees(15, 64), "64 runs in memory");
    ok(agrees(16, 3), "3 runs in memory");
    ok(agrees(17, 1), "one run in memory");
    return done_testing();
}
