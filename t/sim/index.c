/* The event heap, the ordered set and the index of what waits, each against
 * an array that is searched. */
#include "config.h"

#include "sim/api/heap.h"
#include "sim/policy/queue/ordered.h"
#include "sim/policy/queue/waiting.h"

#include "base/rng.h"
#include "t/tap.h"

#include <string.h>

enum {
    JOBS = 200,
    STEPS = 20000
};

static void
check_heap(void)
{
    struct vn_rng rng = vn_rng_stream(1, 1, 0);
    struct vn_heap heap = {0};
    vn_time time[JOBS];
    bool in[JOBS] = {false}, same = true;

    for (int i = 0; i < STEPS; i++) {
        int h = (int) vn_rng_below(&rng, JOBS), best = -1;
        const struct vn_event *top;

        if (vn_rng_below(&rng, 3) == 0) {
            vn_heap_remove(&heap, h);
            in[h] = false;
        } else {
            time[h] = (vn_time) vn_rng_below(&rng, 50);
            vn_heap_set(&heap, h, time[h], JOBS - h);
            in[h] = true;
        }
        for (int j = 0; j < JOBS; j++)
            if (in[j]
                && (best < 0 || time[j] < time[best]
                    || (time[j] == time[best] && j > best)))
                best = j;
        top = vn_heap_top(&heap);
        same = same && (best < 0) == (top == NULL)
               && (top == NULL
                   || (top->handle == best && top->time == time[best]))
               && vn_heap_has(&heap, h) == in[h];
    }
    ok(same, "the heap's top is the least by time, then by order");
    vn_heap_free(&heap);
}

static void
check_ordered(void)
{
    struct vn_rng rng = vn_rng_stream(1, 2, 0);
    struct vn_ordered set = {.root = -1};
    struct vn_key key[JOBS];
    int size[JOBS] = {0};
    bool same = true;

    for (int i = 0; i < STEPS; i++) {
        int h = (int) vn_rng_below(&rng, JOBS), want = -1;
        int64_t limit = (int64_t) vn_rng_below(&rng, 2000), total = 0,
                before = 0;

        if (size[h] > 0) {
            vn_ordered_remove(&set, h);
            size[h] = 0;
        } else {
            key[h] =
                (struct vn_key){(int64_t) vn_rng_below(&rng, 20) - 10, h - 50};
            size[h] = 1 + (int) vn_rng_below(&rng, 30);
            vn_ordered_add(&set, h, key[h], size[h]);
        }
        for (int j = 0; j < JOBS; j++) {
            int64_t sum = 0;

            if (size[j] == 0)
                continue;
            total += size[j];
            if (vn_key_before(key[j], key[h]))
                before += size[j];
            for (int k = 0; k < JOBS; k++)
                if (size[k] > 0 && !vn_key_before(key[j], key[k]))
                    sum += size[k];
            if (sum > limit && (want < 0 || vn_key_before(key[j], key[want])))
                want = j;
        }
        same = same && vn_ordered_total(&set) == total
               && vn_ordered_before(&set, key[h]) == before
               && vn_ordered_over(&set, limit) == want;
    }
    ok(same, "sums over an order, and the first to pass a limit");
    vn_ordered_free(&set);
}

static void
check_waiting(void)
{
    struct vn_rng rng = vn_rng_stream(1, 3, 0);
    struct vn_waiting waiting = {0};
    struct vn_key key[JOBS];
    int demand[JOBS] = {0};
    bool same = true;

    for (int i = 0; i < STEPS; i++) {
        int h = (int) vn_rng_below(&rng, JOBS), want = -1, got, of = 0;
        int limit = (int) vn_rng_below(&rng, 70);
        struct vn_key first = {0};

        if (demand[h] == 0) {
            key[h] = (struct vn_key){(int64_t) vn_rng_below(&rng, 20), h};
            demand[h] = 1 + (int) vn_rng_below(&rng, 60);
            vn_waiting_add(&waiting, h, key[h], demand[h]);
        }
        for (int j = 0; j < JOBS; j++)
            if (demand[j] > 0 && demand[j] <= limit
                && (want < 0 || vn_key_before(key[j], key[want])))
                want = j;
        got = vn_waiting_first(&waiting, limit, &first, &of);
        same = same && got == want && (got < 0 || of == demand[got]);
        if (got >= 0 && vn_rng_below(&rng, 3) != 0) {
            vn_waiting_take(&waiting, of);
            demand[got] = 0;
        }
    }
    ok(same, "of those that fit, the first waits in front");
    vn_waiting_free(&waiting);
}

int
main(void)
{
    check_heap();
    check_ordered();
    check_waiting();
    return done_testing();
}
