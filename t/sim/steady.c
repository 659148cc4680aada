/*
 * MSER-5 against the definition, each sum taken anew; and saturation of queues
 * whose load is known.
 */
#include "config.h"

#include "base/xalloc.h"
#include "sim/observe/steady.h"
#include "t/tap.h"

#include <math.h>
#include <stdlib.h>

/* A stream of numbers, uniform in (0, 1). */
static double
uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return ((double) (*state >> 11) + 0.5) / 9007199254740992.0;
}

static size_t
mser_by_definition(const double *x, size_t n)
{
    size_t batches = n / 5, best = 0;
    double *y = vn_xcalloc(batches, sizeof *y), least = INFINITY;

    for (size_t i = 0; i < batches * 5; i++)
        y[i / 5] += x[i] / 5;
    for (size_t d = 0; d <= batches / 2 && d < batches; d++) {
        double mean = 0, squares = 0, left = (double) (batches - d);

        for (size_t i = d; i < batches; i++)
            mean += y[i] / left;
        for (size_t i = d; i < batches; i++)
            squares += (y[i] - mean) * (y[i] - mean);
        if (squares / left / left < least) {
            least = squares / left / left;
            best = d;
        }
    }
    free(y);
    return best * 5;
}

static void
test_mser(void)
{
    double x[4000];
    uint64_t state = 7;
    size_t cut;
    int same = 0;

    for (int k = 0; k < 40; k++) {
        size_t n = 10 + (size_t) k * 17;

        for (size_t i = 0; i < n; i++)
            x[i] = 1e9 + 1e6 * uniform(&state)
                   + (i < n / 5 ? 3e6 * uniform(&state) : 0);
        same += vn_measure_mser(x, n) == mser_by_definition(x, n);
    }
    is_int(same, 40, "MSER-5 cuts where its definition says");
    for (size_t i = 0; i < 4000; i++)
        x[i] = uniform(&state) + (i < 1000 ? 20 - (double) i / 50 : 0);
    cut = vn_measure_mser(x, 4000);
    ok(cut > 900 && cut <= 1100, "it finds a warm-up of 1000: %d", (int) cut);
    is_int((long long) vn_measure_mser(x, 0), 0, "of nothing it cuts nothing");
}

/* One server that takes a second a job, at this load; is it saturated before
 * n jobs have arrived?  Arrivals and services are exponential. */
static bool
saturates(double load, size_t n, uint64_t seed)
{
    struct vn_saturation s = {0};
    double now = 0, arrives = 0, ends = INFINITY;
    size_t arrived = 0;
    bool found = false;
    int present = 0;

    while (arrived < n && !found) {
        if (arrives <= ends) {
            now = arrives;
            arrives = now - log(uniform(&seed)) / load;
            arrived++;
            if (present++ == 0)
                ends = now - log(uniform(&seed));
        } else {
            now = ends;
            ends = --present > 0 ? now - log(uniform(&seed)) : INFINITY;
        }
        found = vn_saturation_see(&s, (vn_time) (now * 1e6), arrived, present);
    }
    vn_saturation_free(&s);
    return found;
}

static void
test_saturation(void)
{
    int wrong = 0, found = 0;

    for (uint64_t seed = 1; seed <= 10; seed++) {
        wrong += saturates(0.8, 30000, seed) + saturates(0.95, 30000, seed);
        found += saturates(1.25, 30000, seed);
    }
    is_int(wrong, 0, "queues at loads of 0.8 and 0.95 do not saturate");
    is_int(found, 10, "at a load of 1.25 they do");
    ok(!saturates(1.25, 3000, 1), "which is said of no short run");
}

/* Whether --measure takes a value, and as what. */
static void
test_words(void)
{
    static const char *const wrong[] = {"",      "x",     "5",
                                        "9d:2d", "2d:2d", "1:2:3"};
    struct vn_measure m;
    struct vn_error err;
    int refused = 0;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused += vn_measure_read(wrong[i], &m, &err) == VN_EUSAGE;
    is_int(refused, 6, "what is no part of a run is refused: %s", err.text);
    vn_measure_read("2d:9d", &m, &err);
    is_str(m.words, "172800000000:777600000000", "a part, in microseconds");
    vn_measure_read(":9d", &m, &err);
    is_str(m.words, "0:777600000000", "from the start");
    vn_measure_read("2d:", &m, &err);
    is_str(m.words, "172800000000:", "to the end");
}

int
main(void)
{
    test_mser();
    test_saturation();
    test_words();
    return done_testing();
}
