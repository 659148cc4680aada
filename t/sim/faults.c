/*
 * What goes wrong, and when: words and tables that are not well, and times of
 * failures and repairs against the distributions that they are drawn from.
 */
#include "config.h"

#include "base/xalloc.h"
#include "sim/engine/faults.h"
#include "t/tap.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    DRAWS = 4000
};

static void
check_words(void)
{
    static const struct {
        const char *words;
        const char *message;
    } cases[] = {
        {"disk", "--faults: unknown 'disk', expected one of device, node"},
        {"node,mtbf", "--faults: 'mtbf' has no value, expected mtbf=TIME, "
                      "mttr=TIME or shape=K"},
        {"node,mtbv=3", "--faults: unknown 'mtbv', did you mean 'mtbf'?"},
        {"node,mtbf=30x",
         "--faults: '30x' is wrong, expected seconds, of at least 0.001"},
        {"node,shape=11",
         "--faults: '11' is wrong, expected a number of at most 10"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vn_fault_config c = {0};
        struct vn_error err;

        ok(vn_fault_config_read(cases[i].words, &c, &err) != VN_OK,
           "refused: %s", cases[i].words);
        is_str(err.text, cases[i].message, "and why");
    }
}

static void
check_tables(const struct vn_cluster *cluster)
{
    static const struct {
        const char *row;
        const char *message;
    } cases[] = {
        {"k80,0,1,2,2", "'k80' is no device type of the cluster"},
        {"x,7,1,2,2", "device is '7', expected"},
        {"x,0,2,2,2", "to_s is '2', expected"},
        {"x,0,1,2,0.001", "slowdown is '0.001', expected"},
    };
    struct vn_fault_config nothing = {.fails = true, .shape = 1};
    struct vn_faults *faults;
    struct vn_error err;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[] = "faults-XXXXXX";
        FILE *f = fdopen(mkstemp(path), "w");
        struct vn_fault_config c = {.slow = path};

        fprintf(f, "device_type,device,from_s,to_s,slowdown\n%s\n",
                cases[i].row);
        fclose(f);
        ok(vn_faults_alloc(&c, cluster, 1, NULL, &faults, &err) == VN_EFORMAT
               && faults == NULL && strstr(err.text, cases[i].message) != NULL,
           "refused: a slow device %s: %s", cases[i].row, err.text);
        unlink(path);
    }
    vn_faults_alloc(&nothing, cluster, 1, NULL, &faults, &err);
    is_str(
        err.text,
        "--faults: nothing says how often devices fail, expected mtbf=TIME, "
        "or mtbf_s in the cluster's table",
        "failures of unknown frequency are refused");
}

static int
compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The largest distance of the spans' distribution from a Weibull one of this
 * mean and shape, times the root of their number (Kolmogorov-Smirnov). */
static double
distance(double *spans, int n, double mean, double shape)
{
    double scale = mean / tgamma(1 + 1 / shape), most = 0;

    qsort(spans, (size_t) n, sizeof *spans, compare);
    for (int i = 0; i < n; i++) {
        double f = 1 - exp(-pow(spans[i] / scale, shape));

        most = fmax(most, fmax(f - (double) i / n, (i + 1.0) / n - f));
    }
    return most * sqrt(n);
}

/* Times up and down of the first unit; 1.95 is passed once in a thousand. */
static void
check_spans(const struct vn_cluster *cluster, const char *words, double shape)
{
    double *up = vn_xcalloc(DRAWS, sizeof *up);
    double *down = vn_xcalloc(DRAWS, sizeof *down);
    struct vn_fault_config c = {0};
    struct vn_faults *faults;
    struct vn_fault fault;
    struct vn_error err;
    vn_time since = 0;
    int ups = 0, downs = 0;

    vn_fault_config_read(words, &c, &err);
    vn_faults_alloc(&c, cluster, 7919, NULL, &faults, &err);
    for (; downs < DRAWS && vn_faults_next(faults, &fault);
         vn_faults_pass(faults)) {
        double span = (double) (fault.time - since) / 1e6;

        if (fault.first != 0)
            continue;
        since = fault.time;
        if (fault.kind == VN_FAULT_FAIL)
            up[ups++] = span;
        else
            down[downs++] = span;
    }
    ok(distance(up, ups, 731, shape) < 1.95, "%s: times to failure", words);
    ok(distance(down, downs, 43, 1) < 1.95, "%s: times to repair", words);
    vn_faults_free(faults);
    free(up);
    free(down);
}

int
main(void)
{
    struct vn_cluster cluster;
    struct vn_error err;

    if (vn_cluster_read("x:2x3", &cluster, &err) != VN_OK)
        abort();
    check_words();
    check_tables(&cluster);
    check_spans(&cluster, "device,mtbf=731,mttr=43", 1);
    check_spans(&cluster, "node,mtbf=731,mttr=43,shape=0.7", 0.7);
    check_spans(&cluster, "device,mtbf=731,mttr=43,shape=2.5", 2.5);
    vn_cluster_free(&cluster);
    return done_testing();
}
