/*
 * Applications' tables against what Pollux' artifact computes from them; the
 * vectors are read where they are at hand.
 */
#include "config.h"

#include "plan/adaptive/application.h"

#include "base/table.h"
#include "t/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    NCOLUMNS_MAX = 8
};

/* A file of vectors, and how each row of it is tried. */
struct vectors {
    const char *name;
    const char *columns[NCOLUMNS_MAX];
    const char *says;
    bool (*try)(const struct vn_applications *as, struct vn_table *t);
};

static bool
near(double got, double want)
{
    return fabs(got - want) <= 1e-12 * fabs(want);
}

static double
number(struct vn_table *t, int column)
{
    return strtod(vn_table_text(t, column), NULL);
}

static bool
try_throughput(const struct vn_applications *as, struct vn_table *t)
{
    const struct vn_application *a =
        vn_applications_find(as, vn_table_text(t, 0));
    const char *text = vn_table_text(t, 1);
    int placement[32], nodes = (int) strlen(text);
    struct vn_step time;
    bool known;

    for (int i = 0; i < nodes; i++)
        placement[i] = text[i] - '0';
    known = vn_surface_time(a->on[0].surface, placement, nodes,
                            (int64_t) number(t, 3), &time);
    if (strcmp(vn_table_text(t, 2), "outside") == 0)
        return !known;
    return known && near(time.step_s, number(t, 4))
           && near(time.sync_s, number(t, 5));
}

static bool
try_gradient(const struct vn_applications *as, struct vn_table *t)
{
    const struct vn_application *a =
        vn_applications_find(as, vn_table_text(t, 0));
    int64_t batch = (int64_t) number(t, 1);
    struct vn_epoch e;

    return vn_application_epoch(a, batch, (int) number(t, 2), &e)
           && near(e.gradient.sqr, number(t, 3))
           && near(e.gradient.var, number(t, 4))
           && near(e.iteration, number(t, 5))
           && near(vn_gradient_gain(e.gradient,
                                    (double) batch / (double) a->init_batch),
                   number(t, 6));
}

static bool
try_cut(const struct vn_applications *as, struct vn_table *t)
{
    const struct vn_application *a =
        vn_applications_find(as, vn_table_text(t, 0));
    struct vn_cut cut = vn_application_cut(
        a, a->on[0].max_local, (int64_t) number(t, 1), (int) number(t, 2));

    return cut.atomic == (int64_t) number(t, 3)
           && cut.accumulate == (int) number(t, 4);
}

static const struct vectors vectors[] = {
    {"throughput",
     {"application", "placement", "kind", "local_bsz", "step_time_s",
      "sync_time_s"},
     "step times of placements, and none outside of what was measured",
     try_throughput},
    {"gradstats",
     {"application", "batch_size", "epoch", "grad_sqr", "grad_var",
      "iteration", "gain"},
     "gradient statistics, steps and gain",
     try_gradient},
    {"fixed_batch",
     {"application", "batch_size", "num_replicas", "atomic_bsz",
      "accum_steps"},
     "how a fixed batch is cut",
     try_cut},
};

static void
try_vectors(const struct vn_applications *as, const char *folder,
            const struct vectors *v)
{
    struct vn_column columns[NCOLUMNS_MAX];
    struct vn_table_form form = {.columns = columns};
    struct vn_table *t = NULL;
    struct vn_error err;
    char path[700];
    bool more = true;
    int rows = 0, good = 0;

    for (int i = 0; i < NCOLUMNS_MAX && v->columns[i] != NULL; i++)
        columns[form.ncolumns++] = (struct vn_column){v->columns[i], true};
    snprintf(path, sizeof path, "%s/vectors/%s.csv", folder, v->name);
    if (vn_table_open(path, &form, &t, &err) != VN_OK) {
        diag("%s", err.text);
        ok(true, "%s # SKIP no vectors", v->says);
        return;
    }
    while (vn_table_next(t, &more, &err) == VN_OK && more) {
        bool same = v->try(as, t);

        if (!same)
            diag("%s:%ld", path, vn_table_line(t));
        good += same;
        rows++;
    }
    vn_table_close(t);
    ok(rows > 0 && good == rows, "%s: %d of %d", v->says, good, rows);
}

/* Small tables that are right, of which a case replaces one. */
enum {
    APPLICATIONS,
    PLACEMENTS,
    VALIDATION,
    PROGRESS,
    POINTS,
    TETS,
    NTABLES
};

#define A                                         \
    "application,init_batch_size,max_batch_size," \
    "min_local_bsz,max_local_bsz,max_epochs,last_epoch_index\n"
#define P "application,placement,local_bsz,step_time_s,sync_time_s\n"
#define V                                                                     \
    "application,batch_size,epoch_index,progress,iteration,grad_sqr,grad_var" \
    "\n"
#define E "application,epoch,progress_needed\n"
#define I                                                          \
    "application,id,num_nodes,num_replicas,local_bsz,step_time_s," \
    "sync_time_s\n"
#define T "application,v0,v1,v2,v3\n"

static const char *const names[] = {"applications",  "placements",
                                    "validation",    "epoch_progress",
                                    "interp_points", "interp_tets"};
static const char *const right[] = {
    A "net,8,64,2,16,2,1\n",
    P "net,1,2,0.3,0.01\nnet,1,16,0.9,0.01\n",
    V "net,8,0,40,40,1,9\nnet,8,1,90,90,1,8\n"
      "net,64,0,41,20,1,9\nnet,64,1,91,50,1,8\n",
    E "net,0,0\nnet,1,40\nnet,2,90\n",
    I "net,0,1,1,2,0.3,0.01\nnet,1,2,2,2,0.4,0.11\n"
      "net,2,2,4,2,0.5,0.21\nnet,3,2,4,16,1.3,0.31\n",
    T "net,0,1,2,3\n"};

static const struct {
    int table;
    const char *text; /* NULL: it is not there */
    const char *message;
} bad[] = {
    {APPLICATIONS, NULL,
     "no applications.csv, expected the tables of applications"},
    {APPLICATIONS, A "net,8,64,2,16,2,2\n",
     "applications.csv:2:17: last_epoch_index is '2', expected a whole number "
     "of at most 1"},
    {APPLICATIONS, A "net,8,4,2,16,2,1\n",
     "applications.csv:2:7: max_batch_size is '4', expected a whole number "
     "from 8 to 1073741824"},
    {APPLICATIONS, A "net,8,64,2,16,2,1\nnet,8,64,2,16,2,1\n",
     "applications.csv:3:1: 'net' is there twice"},
    {APPLICATIONS, A ",8,64,2,16,2,1\n",
     "applications.csv:2:1: empty, expected a name"},
    {PLACEMENTS, P "nte,1,2,0.3,0.01\n",
     "placements.csv:2:1: unknown application 'nte', expected one of "
     "applications.csv"},
    {PLACEMENTS, P "net,102,2,0.3,0.01\n",
     "placements.csv:2:5: placement is '102', expected the number of devices "
     "on each node, a digit from 1 to 9 each"},
    {PLACEMENTS, P "net,12,2,0.3,0.01\nnet,21,2,0.3,0.01\n",
     "placements.csv:3:1: this placement of 'net' is there twice at this "
     "batch"},
    {PLACEMENTS, P "net,1,2,0.3,0.4\n",
     "placements.csv:2:13: sync_time_s is '0.4', expected a number of at most "
     "0.3"},
    {VALIDATION, V "net,8,1,40,40,1,9\n",
     "validation.csv:2:7: number 1 is out of order, expected 0"},
    {VALIDATION, V "net,8,0,40,40,1,9\nnet,64,0,41,20,1,9\n",
     "validation.csv:3:5: batch 8 of 'net' has 1 epochs, expected 2"},
    {VALIDATION, V "net,8,0,40,40,1,9\n",
     "validation.csv:3:1: batch 8 of 'net' has 1 epochs, expected 2"},
    {VALIDATION,
     V "net,8,0,40,40,1,9\nnet,8,1,90,90,1,8\n"
       "net,8,2,99,99,1,8\n",
     "validation.csv:4:7: more epochs than the 2 of 'net' in "
     "applications.csv"},
    {VALIDATION,
     V "net,8,0,40,40,1,9\nnet,8,1,90,90,1,8\n"
       "net,4,0,40,40,1,9\n",
     "validation.csv:4:5: batch 4 after 8, expected them in order"},
    {VALIDATION, V "net,8,0,40,40,1,9\nnet,8,1,39,90,1,8\n",
     "validation.csv:3:9: progress is '39', expected a number from 40 to "
     "1e+15"},
    {PROGRESS, E "net,0,0\nnet,2,90\n",
     "epoch_progress.csv:3:5: number 2 is out of order, expected 1"},
    {PROGRESS, E "net,0,0\nnet,1,-4\n",
     "epoch_progress.csv:3:7: progress_needed is '-4', expected a number from "
     "0 to 1e+15"},
    {POINTS, I "net,1,1,1,2,0.3,0.01\n",
     "interp_points.csv:2:5: number 1 is out of order, expected 0"},
    {TETS, T "net,0,1,2,4\n",
     "interp_tets.csv:2:11: v3 is '4', expected a whole number "
     "of at most 3"},
};

/* Write the tables, `text` in the place of one of them, and read them. */
static enum vn_status
read_tables(const char *folder, int table, const char *text,
            struct vn_applications *as, struct vn_error *err)
{
    char path[256];

    for (int i = 0; i < NTABLES; i++) {
        const char *is = i == table ? text : right[i];
        FILE *out;

        snprintf(path, sizeof path, "%s/%s.csv", folder, names[i]);
        remove(path);
        if (is == NULL || (out = fopen(path, "w")) == NULL)
            continue;
        fputs(is, out);
        fclose(out);
    }
    return vn_applications_read(folder, NULL, as, err);
}

/* What a message says from the name of the file on. */
static void
try_bad(const char *folder, int table, const char *text, const char *message)
{
    struct vn_applications as = {0};
    struct vn_error err = {0};
    char line[600], said[600] = "";
    FILE *out = fmemopen(said, sizeof said, "w");
    enum vn_status status = read_tables(folder, table, text, &as, &err);

    vn_error_print(out, NULL, &err);
    fclose(out);
    snprintf(line, sizeof line, "%s%s%s\n", folder,
             strstr(message, ".csv:") != NULL ? "/" : ": ", message);
    ok(status != VN_OK, "%s is refused", message);
    is_str(said, line, "... in these words");
    vn_applications_free(&as);
}

/* Seconds of all of training with the best batch of all there are. */
static double
least_training_s(const struct vn_application *a, int n)
{
    double least = INFINITY;

    for (int64_t b = a->init_batch; b <= a->max_batch; b++) {
        struct vn_cut cut = vn_application_cut(a, a->on[0].max_local, b, n);
        int64_t whole = n * cut.atomic * (cut.accumulate + 1);

        if (cut.atomic >= a->on[0].min_local && whole >= a->init_batch)
            least = fmin(least,
                         vn_application_steps(a, whole)
                             * vn_application_step_s(a, &a->on[0], b, n, 4));
    }
    return least;
}

static void
try_best(const struct vn_applications *as)
{
    for (int i = 0; i < as->nof; i++)
        for (int n = 1; n <= 16; n *= 4) {
            const struct vn_application *a = &as->of[i];
            double step_s = vn_application_best_step_s(
                a, &a->on[0], a->init_batch * 2, n, 4);
            double best = step_s * vn_application_steps(a, a->init_batch * 2);
            double least = least_training_s(a, n);

            if (!isfinite(least))
                continue;
            ok(best >= least * (1 - 1e-12) && best <= least * 1.05,
               "%s on %d: the best batch of fifty takes %.2f %% more than the "
               "best of all",
               a->name, n, 100 * (best / least - 1));
        }
}

static void
try_right(const char *folder)
{
    const struct vn_application *a;
    struct vn_applications as = {0};
    struct vn_error err;
    struct vn_step time;
    struct vn_epoch e;

    is_int(read_tables(folder, -1, NULL, &as, &err), VN_OK,
           "small tables are read");
    if (vn_applications_demand(&as, "net", &a, &err) != VN_OK)
        return;
    ok(vn_surface_time(a->on[0].surface, (int[]){1}, 1, 9, &time)
           && fabs(time.step_s - 0.6) < 1e-12,
       "half way between two batches is half way between their times");
    ok(!vn_surface_time(a->on[0].surface, (int[]){1}, 1, 17, &time),
       "beyond the last batch there is no time");
    ok(vn_surface_time(a->on[0].surface, (int[]){2, 1}, 2, 2, &time)
           && fabs(time.step_s - 0.45) < 1e-12,
       "an unmeasured placement lies between its neighbours");
    ok(!vn_surface_time(a->on[0].surface, (int[]){3, 3}, 2, 2, &time),
       "outside of all points there is no time");
    ok(vn_application_epoch(a, 22, 1, &e) && fabs(e.iteration - 80) < 1e-12,
       "a quarter of the way between batches, a quarter of the steps");
    ok(!vn_application_epoch(a, 65, 1, &e)
           && !vn_application_epoch(a, 7, 1, &e)
           && !vn_application_epoch(a, 8, 2, &e),
       "outside of batches and epochs there are no statistics");
    try_best(&as);
    is_int(vn_applications_demand(&as, "nett", &a, &err), VN_EFORMAT,
           "an unknown application fails");
    is_str(err.text,
           "'nett' is no application of the tables; did you mean 'net'?",
           "... and names the nearest");
    vn_applications_free(&as);
}

int
main(void)
{
    const char *shared = getenv("VN_SHARED_DATA");
    char folder[] = "/tmp/vn-adaptive-XXXXXX", path[512];
    struct vn_applications as = {0};
    struct vn_error err;

    if (mkdtemp(folder) == NULL)
        return 1;
    try_right(folder);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        try_bad(folder, bad[i].table, bad[i].text, bad[i].message);
    for (int i = 0; i < NTABLES; i++) {
        snprintf(path, sizeof path, "%s/%s.csv", folder, names[i]);
        remove(path);
    }
    rmdir(folder);

    snprintf(path, sizeof path, "%s/pollux", shared != NULL ? shared : "");
    if (access(path, F_OK) != 0) {
        ok(true, "vectors of Pollux' artifact # SKIP no such tables here");
        return done_testing();
    }
    is_int(vn_applications_read(path, NULL, &as, &err), VN_OK,
           "the artifact's tables are read");
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        try_vectors(&as, path, &vectors[i]);
    try_best(&as);
    vn_applications_free(&as);
    return done_testing();
}
