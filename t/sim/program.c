/*
 * Programs of shares: closed forms, and random ones held against a second
 * solver, a dense tableau with Bland's rule that shares nothing with GLPK.
 */
#include "config.h"

#include "sim/policy/round/interior_point.h"
#include "sim/policy/round/program.h"
#include "t/tap.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    TYPES_MAX = 4,
    CLASSES_MAX = 6,
    ROWS_MAX = TYPES_MAX + 2 * CLASSES_MAX,
    COLUMNS_MAX = CLASSES_MAX * TYPES_MAX + 3 * CLASSES_MAX + ROWS_MAX + 2
};

struct problem {
    int nclasses, ntypes;
    int capacity[TYPES_MAX];
    int jobs[CLASSES_MAX];
    double rate[CLASSES_MAX][TYPES_MAX];
    int devices[CLASSES_MAX][TYPES_MAX];
};

/* maximise cost'x subject to a x = b, x >= 0, from a basis of unit columns. */
struct tableau {
    int rows, columns;
    double a[ROWS_MAX][COLUMNS_MAX];
    double b[ROWS_MAX];
    double cost[COLUMNS_MAX];
    int basis[ROWS_MAX];
    bool barred[COLUMNS_MAX]; /* from the basis, and 0 if still in it */
};

static double
maximum(struct tableau *t)
{
    double value = 0;

    for (;;) {
        int enter = -1, leave = -1;

        for (int j = 0; j < t->columns && enter < 0; j++) {
            double gain = t->cost[j];

            for (int i = 0; i < t->rows; i++)
                gain -= t->cost[t->basis[i]] * t->a[i][j];
            if (gain > 1e-9 && !t->barred[j])
                enter = j;
        }
        if (enter < 0)
            break;
        for (int i = 0; i < t->rows; i++) {
            double by = t->a[i][enter];

            if (t->barred[t->basis[i]] && fabs(by) > 1e-9) {
                leave = i;
                break;
            }
            if (by > 1e-9
                && (leave < 0
                    || t->b[i] / by < t->b[leave] / t->a[leave][enter] - 1e-12
                    || (t->b[i] / by
                            <= t->b[leave] / t->a[leave][enter] + 1e-12
                        && t->basis[i] < t->basis[leave])))
                leave = i;
        }
        if (leave < 0)
            return INFINITY;
        for (int i = 0; i <= t->rows; i++) {
            int row = i == t->rows ? leave : i;
            double by = t->a[row][enter];

            if (row == leave && i < t->rows)
                continue;
            if (row == leave) {
                for (int j = 0; j < t->columns; j++)
                    t->a[row][j] /= by;
                t->b[row] /= by;
                continue;
            }
            for (int j = 0; j < t->columns; j++)
                t->a[row][j] -= by * t->a[leave][j] / t->a[leave][enter];
            t->b[row] -= by * t->b[leave] / t->a[leave][enter];
        }
        t->basis[leave] = enter;
    }
    for (int i = 0; i < t->rows; i++)
        value += t->cost[t->basis[i]] * t->b[i];
    return value;
}

static int
add_row(struct tableau *t, double b, int slack)
{
    t->b[t->rows] = b;
    t->a[t->rows][slack] = 1;
    t->basis[t->rows] = slack;
    return t->rows++;
}

/* The capacities, and each class's time; X of class c and type j is column
 * c x types + j, what follows are slacks from `slack` on. */
static int
write_shares(const struct problem *p, struct tableau *t, int slack)
{
    for (int j = 0; j < p->ntypes; j++) {
        int row = add_row(t, p->capacity[j], slack++);

        for (int c = 0; c < p->nclasses; c++)
            t->a[row][c * p->ntypes + j] = p->jobs[c] * p->devices[c][j];
    }
    for (int c = 0; c < p->nclasses; c++) {
        int row = add_row(t, 1, slack++);

        for (int j = 0; j < p->ntypes; j++)
            t->a[row][c * p->ntypes + j] = 1;
    }
    return slack;
}

/* The greatest least level, by the second solver. */
static double
least_of(const struct problem *p)
{
    static struct tableau t;
    int z = p->nclasses * p->ntypes, slack;

    memset(&t, 0, sizeof t);
    slack = write_shares(p, &t, z + 1);
    for (int c = 0; c < p->nclasses; c++) {
        int row = add_row(&t, 0, slack++);

        t.a[row][z] = 1;
        for (int j = 0; j < p->ntypes; j++)
            t.a[row][c * p->ntypes + j] = -p->rate[c][j];
    }
    t.cost[z] = 1;
    t.columns = slack;
    return maximum(&t);
}

/*
 * How far the level of a class could rise while those that are not above it
 * keep theirs: level + short - over = floor, and nobody is short.
 */
static double
could_rise_to(const struct problem *p, const double *level, int which)
{
    static struct tableau t;
    int slack;

    memset(&t, 0, sizeof t);
    slack = write_shares(p, &t, p->nclasses * p->ntypes);
    for (int c = 0; c < p->nclasses; c++) {
        int row;

        if (c == which || level[c] > level[which] * (1 + 1e-7))
            continue;
        t.cost[slack] = -1;
        row = add_row(&t, level[c] * (1 - 1e-10), slack++);
        t.a[row][slack++] = -1;
        for (int j = 0; j < p->ntypes; j++)
            t.a[row][c * p->ntypes + j] = p->rate[c][j];
    }
    t.columns = slack;
    if (maximum(&t) < -1e-7)
        return NAN;
    for (int j = 0; j < t.columns; j++) {
        t.barred[j] = t.cost[j] < 0;
        t.cost[j] = 0;
    }
    for (int j = 0; j < p->ntypes; j++)
        t.cost[which * p->ntypes + j] = p->rate[which][j];
    return maximum(&t);
}

/* Our own solution. */
struct shares {
    double least;
    double x[CLASSES_MAX][TYPES_MAX];
    double level[CLASSES_MAX];
};

static struct vn_program *
write_program(const struct problem *p, int *class)
{
    struct vn_program *program = vn_program_alloc(p->capacity, p->ntypes);

    for (int c = 0; c < p->nclasses; c++)
        for (int i = 0; i < p->jobs[c]; i++)
            class[c] =
                vn_program_join(program, p->rate[c], p->devices[c], false);
    return program;
}

static bool
solve(struct vn_program *program, const struct problem *p, const int *class,
      enum vn_program_goal goal, struct shares *s)
{
    struct vn_error err = {0};

    if (vn_program_solve(program, goal, &s->least, &err) != VN_OK) {
        diag("%s", err.text);
        return false;
    }
    for (int c = 0; c < p->nclasses; c++) {
        s->level[c] = vn_program_level(program, class[c]);
        for (int j = 0; j < p->ntypes; j++)
            s->x[c][j] = vn_program_share(program, class[c], j);
    }
    return true;
}

static bool
solve_once(const struct problem *p, enum vn_program_goal goal,
           struct shares *s)
{
    int class[CLASSES_MAX];
    struct vn_program *program = write_program(p, class);
    bool solved = solve(program, p, class, goal, s);

    vn_program_free(program);
    return solved;
}

static bool
is_possible(const struct problem *p, const struct shares *s)
{
    for (int j = 0; j < p->ntypes; j++) {
        double used = 0;

        for (int c = 0; c < p->nclasses; c++)
            used += p->jobs[c] * p->devices[c][j] * s->x[c][j];
        if (used > p->capacity[j] + 1e-6)
            return false;
    }
    for (int c = 0; c < p->nclasses; c++) {
        double all = 0;

        for (int j = 0; j < p->ntypes; j++) {
            all += s->x[c][j];
            if (s->x[c][j] < 0
                || (s->x[c][j] > 0 && p->devices[c][j] > p->capacity[j]))
                return false;
        }
        if (all > 1 + 1e-6)
            return false;
    }
    return true;
}

static void
check_closed_forms(void)
{
    struct problem p = {.nclasses = 1,
                        .ntypes = 1,
                        .capacity = {3},
                        .jobs = {4},
                        .rate = {{2.25}},
                        .devices = {{1}}};
    struct shares s;

    solve_once(&p, VN_PROGRAM_FILL, &s);
    is_near(s.x[0][0], 0.75, 1e-9, "four alike on three devices: 3/4 each");
    is_near(s.least, 1.6875, 1e-9, "... and a level of as much of the rate");
    p = (struct problem){.nclasses = 2,
                         .ntypes = 2,
                         .capacity = {1, 1},
                         .jobs = {1, 1},
                         .rate = {{4, 1}, {3, 2}},
                         .devices = {{1, 1}, {1, 1}}};
    solve_once(&p, VN_PROGRAM_FILL, &s);
    is_near(s.least, 2.5, 1e-9, "of two on two the other helps out: 2.5");
    is_near(s.x[0][0], 0.5, 1e-8, "... half a device of the fast type");
    is_near(s.level[1], 2.5, 1e-9, "... and both get the same");
    p.rate[1][0] = 1;
    p.rate[1][1] = 1.5;
    solve_once(&p, VN_PROGRAM_FILL, &s);
    is_near(s.level[0], 4, 1e-9, "what one cannot use lifts the other");
    is_near(s.level[1], 1.5, 1e-9, "... to the top of both");
    p.jobs[0] = 3;
    solve_once(&p, VN_PROGRAM_LEAST, &s);
    is_near(s.level[1], s.least, 1e-6,
            "without filling nobody gets more than the least");
    p = (struct problem){.nclasses = 1,
                         .ntypes = 2,
                         .capacity = {2, 8},
                         .jobs = {1},
                         .rate = {{9, 1}},
                         .devices = {{4, 4}}};
    solve_once(&p, VN_PROGRAM_FILL, &s);
    is_near(s.x[0][1], 1, 1e-9, "a type with too few devices is no type");
}

static struct problem
draw(struct vn_rng *rng)
{
    struct problem p = {.nclasses = 1 + (int) vn_rng_below(rng, CLASSES_MAX),
                        .ntypes = 1 + (int) vn_rng_below(rng, TYPES_MAX)};

    for (int j = 0; j < p.ntypes; j++)
        p.capacity[j] = 1 + (int) vn_rng_below(rng, 9);
    p.capacity[0] = 9;
    for (int c = 0; c < p.nclasses; c++) {
        p.jobs[c] = 1 + (int) vn_rng_below(rng, 5);
        for (int j = 0; j < p.ntypes; j++) {
            p.devices[c][j] = 1 << vn_rng_below(rng, 3);
            p.rate[c][j] = vn_rng_below(rng, 6) == 0
                               ? 0
                               : exp(3 * vn_rng_uniform(rng) - 1);
        }
        p.rate[c][0] += c; /* and one that differs */
        if (p.rate[c][0] == 0)
            p.rate[c][0] = 0.5;
    }
    return p;
}

/* What cannot run must not stand in the second solver's way. */
static void
forbid(struct problem *p)
{
    for (int c = 0; c < p->nclasses; c++)
        for (int j = 0; j < p->ntypes; j++)
            if (p->devices[c][j] > p->capacity[j])
                p->rate[c][j] = 0;
}

static void
check_random(void)
{
    struct vn_rng rng = vn_rng_stream(20200601, 1, 1);
    int wrong[5] = {0};

    for (int i = 0; i < 1500; i++) {
        struct problem p = draw(&rng), q;
        struct shares s, t;

        if (!solve_once(&p, VN_PROGRAM_FILL, &s)
            || !solve_once(&p, VN_PROGRAM_ANY, &t)) {
            wrong[0]++;
            continue;
        }
        wrong[0] += !is_possible(&p, &s) || !is_possible(&p, &t);
        q = p;
        forbid(&q);
        wrong[1] += fabs(s.least - least_of(&q)) > 1e-6 * s.least;
        wrong[2] += fabs(s.least - t.least) > 1e-6 * s.least;
        for (int c = 0; c < p.nclasses; c++)
            wrong[3] +=
                !(could_rise_to(&q, s.level, c) <= s.level[c] * (1 + 1e-4));
        for (int c = 0; c < p.nclasses; c++)
            wrong[4] += s.level[c] < s.least * (1 - 1e-6);
    }
    diag("seed 20200601, 1500 programs");
    is_int(wrong[0], 0, "shares are possible");
    is_int(wrong[1], 0, "the least level is what a second solver finds");
    is_int(wrong[2], 0, "... by whatever vertex");
    is_int(wrong[3], 0,
           "no level can rise while those not above it keep theirs");
    is_int(wrong[4], 0, "none is below the least");
}

/* A program that jobs come to and leave says what a new one says. */
static void
check_history(void)
{
    struct vn_rng rng = vn_rng_stream(20200602, 1, 1);
    int different = 0;

    for (int i = 0; i < 200; i++) {
        struct problem p = draw(&rng), all = p;
        struct shares before, after;
        int class[CLASSES_MAX];
        struct vn_program *program = write_program(&all, class);

        solve(program, &all, class, VN_PROGRAM_FILL, &before);
        for (int c = 0; c < p.nclasses; c++)
            if (p.jobs[c] > 1) {
                vn_program_leave(program, class[c]);
                p.jobs[c]--;
            }
        solve(program, &p, class, VN_PROGRAM_FILL, &after);
        for (int c = 0; c < p.nclasses; c++)
            vn_program_join(program, p.rate[c], p.devices[c], false);
        for (int c = 0; c < p.nclasses; c++)
            if (all.jobs[c] == p.jobs[c])
                vn_program_leave(program, class[c]);
        solve(program, &all, class, VN_PROGRAM_FILL, &after);
        for (int c = 0; c < p.nclasses; c++)
            for (int j = 0; j < p.ntypes; j++)
                different += fabs(before.x[c][j] - after.x[c][j]) > 1e-6;
        vn_program_free(program);
    }
    is_int(different, 0, "shares do not depend on what was solved before");
}

/*
 * A program of the logs of VirtualFlow's authors (trace of 1 job/h, without
 * heterogeneous training, t = 41,400 s: BERT on SST-2 of weight 10, then a
 * transformer of weight 5, on 16 K80, 8 P100 and 4 V100), with the shares that
 * it prints; many others have the same optimum.
 */
static void
check_centre(void)
{
    static const int capacity[] = {16, 8, 4};
    static const int devices[] = {16, 8, 4, 16, 8, 4};
    static const double weight[] = {10, 5};
    static const double printed[] = {1, 0, 0, 0, 0.73934, 0.22391};
    static const double examples_per_s[2][3] = {
        {373.8130840275546, 589.3243116859167, 515.2902142983745},
        {21927.810219611627, 36268.88725710493, 32851.14795175931}};
    double rate[6], share[6], optimum;
    struct vn_error err = {0};
    int wrong = 0;

    for (int m = 0; m < 2; m++) {
        const double *t = examples_per_s[m];

        for (int j = 0; j < 3; j++)
            rate[3 * m + j] =
                capacity[j] * t[j] / ((t[0] + t[1] + t[2]) / 3) / weight[m];
    }
    is_int(vn_centre(2, 3, rate, devices, capacity, share, &optimum, &err),
           VN_OK, "the interior point method converges");
    is_near(optimum, 1.2136561653927427, 1e-6, "... to the optimum printed");
    for (int i = 0; i < 6; i++)
        wrong += fabs(round(share[i] * 1e5) / 1e5 - printed[i]) > 1e-9;
    is_int(wrong, 0, "... and the shares, to all five digits");
}

/* Both ways of solving have the same optimum. */
static void
check_both(void)
{
    struct vn_rng rng = vn_rng_stream(20200603, 1, 1);
    int wrong = 0;

    for (int i = 0; i < 300; i++) {
        struct problem p = draw(&rng);
        double rate[CLASSES_MAX * TYPES_MAX], share[CLASSES_MAX * TYPES_MAX];
        int devices[CLASSES_MAX * TYPES_MAX];
        struct vn_error err = {0};
        struct shares s;
        double optimum;

        for (int c = 0; c < p.nclasses; c++) {
            p.jobs[c] = 1;
            for (int j = 0; j < p.ntypes; j++) {
                p.devices[c][j] = p.capacity[j];
                rate[c * p.ntypes + j] = p.rate[c][j];
                devices[c * p.ntypes + j] = p.devices[c][j];
            }
        }
        if (!solve_once(&p, VN_PROGRAM_FILL, &s)
            || vn_centre(p.nclasses, p.ntypes, rate, devices, p.capacity,
                         share, &optimum, &err)
                   != VN_OK
            || fabs(optimum - s.least) > 1e-6 * fmax(1, s.least))
            wrong++;
    }
    is_int(wrong, 0, "simplex and interior point agree on the optimum");
}

int
main(void)
{
    check_closed_forms();
    check_random();
    check_history();
    check_centre();
    check_both();
    return done_testing();
}
