/*
 * See program.h.  How max-min fair levels are found:
 *
 * Jobs that have the best type for themselves all the time are at their top
 * rate.  Take classes by rising top: if the first k can be at theirs while no
 * other is below top k, they all are in the end.  The greatest such k comes
 * from programs
 *
 *     maximise z  subject to  level = top for the first k, z <= level for the
 *                             others, and the capacities,
 *
 * k being right where top k <= z < top k + 1; mostly it is what it was the
 * last time.  Of the others, those whose row z <= level has a price (a dual
 * value that is not zero) cannot rise any more in any optimum: their level is
 * z, and the rest goes on in the same way from there.  A class at the top of
 * its one best type is no part of the program, it only takes from the
 * capacity; so programs are small, and start from nothing.
 */
#include "config.h"

#include "sim/policy/round/program.h"

#include "base/xalloc.h"

#include <glpk.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double priced = 1e-8; /* duals less than this part of the greatest
                                      are nothing */
static const double near = 1e-9;   /* levels that differ by less are equal */

enum state {
    ABSENT,  /* no jobs, or none that can run */
    RISING,  /* its level is at least z */
    FLOORED, /* its level is at least its floor */
    TOPPED   /* all its jobs have their best type, always */
};

struct class {
    int jobs;
    enum state state;
    double floor;
    double top; /* its greatest rate */
    int best;   /* the type that has it */
    bool only;  /* and no other has */
    int column; /* of its first share in the program */
    int row;    /* of its time; that of its level follows */
};

struct vn_program {
    glp_prob *lp;
    int ntypes;
    int *capacity;
    struct class *classes;
    double *rate;  /* rate[class x types + type] */
    int *devices;  /* likewise */
    double *share; /* likewise, of the last solution */
    double *level;
    int nclasses;
    int room;
    int *order;  /* classes by rising top, those that were there last */
    int topped;  /* of those, at their top in the end */
    double unit; /* of z: the least top of those that rise */

    int nentries; /* of the matrix, from 1 */
    int *row, *column;
    double *value;
};

struct vn_program *
vn_program_alloc(const int *devices, int ntypes)
{
    struct vn_program *p = vn_xcalloc(1, sizeof *p);

    glp_term_out(GLP_OFF);
    p->lp = glp_create_prob();
    p->ntypes = ntypes;
    p->capacity = vn_xcalloc((size_t) ntypes, sizeof *p->capacity);
    memcpy(p->capacity, devices, (size_t) ntypes * sizeof *devices);
    return p;
}

void
vn_program_free(struct vn_program *p)
{
    if (p == NULL)
        return;
    glp_delete_prob(p->lp);
    free(p->capacity);
    free(p->classes);
    free(p->rate);
    free(p->devices);
    free(p->share);
    free(p->level);
    free(p->order);
    free(p->row);
    free(p->column);
    free(p->value);
    free(p);
}

static void
enlarge(struct vn_program *p)
{
    size_t n = 2 * (size_t) p->room + 16, cells = n * (size_t) p->ntypes;

    p->classes = vn_xrealloc(p->classes, n, sizeof *p->classes);
    p->level = vn_xrealloc(p->level, n, sizeof *p->level);
    p->order = vn_xrealloc(p->order, n, sizeof *p->order);
    p->rate = vn_xrealloc(p->rate, cells, sizeof *p->rate);
    p->devices = vn_xrealloc(p->devices, cells, sizeof *p->devices);
    p->share = vn_xrealloc(p->share, cells, sizeof *p->share);
    /* A share stands in a capacity, a time and a level; a level has z. */
    p->row = vn_xrealloc(p->row, 3 * cells + n + 1, sizeof *p->row);
    p->column = vn_xrealloc(p->column, 3 * cells + n + 1, sizeof *p->column);
    p->value = vn_xrealloc(p->value, 3 * cells + n + 1, sizeof *p->value);
    p->room = (int) n;
}

/* To 40 binary digits, so that what should be equal is. */
static double
rounded(double rate)
{
    int exponent;
    double digits = frexp(rate, &exponent);

    return ldexp(round(ldexp(digits, 40)), exponent - 40);
}

/* Can a job of the class be on this type at all? */
static bool
fits(const struct vn_program *p, int c, int t)
{
    int i = c * p->ntypes + t;

    return p->rate[i] > 0 && p->devices[i] <= p->capacity[t];
}

/* The class's greatest rate, and the type that has it. */
static void
judge(struct vn_program *p, int c)
{
    struct class *class = &p->classes[c];
    const double *rate = p->rate + (size_t) c * (size_t) p->ntypes;

    class->top = 0;
    for (int t = 0; t < p->ntypes; t++) {
        if (!fits(p, c, t))
            continue;
        class->only = rate[t] != class->top;
        if (rate[t] <= class->top)
            continue;
        class->top = rate[t];
        class->best = t;
    }
}

static bool
is_of(const struct vn_program *p, int c, const double *rate,
      const int *devices)
{
    for (int t = 0; t < p->ntypes; t++)
        if (p->rate[c * p->ntypes + t] != rounded(rate[t])
            || p->devices[c * p->ntypes + t] != devices[t])
            return false;
    return true;
}

int
vn_program_join(struct vn_program *p, const double *rate, const int *devices,
                bool alone)
{
    int c, empty = -1;

    for (c = 0; c < p->nclasses; c++) {
        if (!alone && is_of(p, c, rate, devices)) {
            p->classes[c].jobs++;
            return c;
        }
        if (empty < 0 && p->classes[c].jobs == 0)
            empty = c;
    }
    if (empty >= 0)
        c = empty;
    else if (p->nclasses++ == p->room)
        enlarge(p);
    p->classes[c] = (struct class){.jobs = 1};
    for (int t = 0; t < p->ntypes; t++) {
        p->rate[c * p->ntypes + t] = rounded(rate[t]);
        p->devices[c * p->ntypes + t] = devices[t];
        p->share[c * p->ntypes + t] = 0;
    }
    judge(p, c);
    return c;
}

void
vn_program_clear(struct vn_program *p)
{
    for (int c = 0; c < p->nclasses; c++)
        p->classes[c].jobs = 0;
}

void
vn_program_leave(struct vn_program *p, int c)
{
    p->classes[c].jobs--;
}

double
vn_program_share(const struct vn_program *p, int c, int type)
{
    return p->share[c * p->ntypes + type];
}

double
vn_program_level(const struct vn_program *p, int c)
{
    return p->level[c];
}

static void
put(struct vn_program *p, int row, int column, double value)
{
    int n = ++p->nentries;

    p->row[n] = row;
    p->column[n] = column;
    p->value[n] = value;
}

/* Rows and columns of a class that is part of the program. */
static void
write_class(struct vn_program *p, int c)
{
    struct class *class = &p->classes[c];
    double least = class->floor / class->top;

    class->column = glp_add_cols(p->lp, p->ntypes);
    class->row = glp_add_rows(p->lp, 2);
    glp_set_row_bnds(p->lp, class->row, GLP_UP, 0, 1);
    glp_set_row_bnds(p->lp, class->row + 1, GLP_LO,
                     class->state == FLOORED ? least : 0, 0);
    for (int t = 0; t < p->ntypes; t++) {
        int column = class->column + t;

        if (!fits(p, c, t)) {
            glp_set_col_bnds(p->lp, column, GLP_FX, 0, 0);
            continue;
        }
        glp_set_col_bnds(p->lp, column, GLP_LO, 0, 0);
        put(p, 1 + t, column,
            (double) class->jobs * p->devices[c * p->ntypes + t]);
        put(p, class->row, column, 1);
        put(p, class->row + 1, column,
            p->rate[c * p->ntypes + t] / class->top);
    }
    if (class->state != RISING)
        return;
    put(p, class->row + 1, 1, -p->unit / class->top);
    /* Begin with its level made of its best type: z then lifts all at once. */
    glp_set_row_stat(p->lp, class->row + 1, GLP_NL);
    glp_set_col_stat(p->lp, class->column + class->best, GLP_BS);
}

/*
 * The program as classes' states have it: column 1 is z / unit, rows 1 and on
 * are the capacities; a class's level is in parts of its top.  False where
 * those at their top take more than there is.
 */
static bool
write_program(struct vn_program *p)
{
    bool possible = true;

    p->unit = INFINITY;
    for (int c = 0; c < p->nclasses; c++)
        if (p->classes[c].state == RISING)
            p->unit = fmin(p->unit, p->classes[c].top);
    glp_erase_prob(p->lp);
    glp_set_obj_dir(p->lp, GLP_MAX);
    glp_add_cols(p->lp, 1);
    glp_set_col_bnds(p->lp, 1, GLP_LO, 0, 0);
    glp_add_rows(p->lp, p->ntypes);
    p->nentries = 0;
    for (int t = 0; t < p->ntypes; t++) {
        double left = p->capacity[t];

        for (int c = 0; c < p->nclasses; c++)
            if (p->classes[c].state == TOPPED && p->classes[c].best == t)
                left -= (double) p->classes[c].jobs
                        * p->devices[c * p->ntypes + t];
        possible = possible && left >= 0;
        glp_set_row_bnds(p->lp, 1 + t, GLP_UP, 0, left);
    }
    for (int c = 0; c < p->nclasses && possible; c++)
        if (p->classes[c].state == RISING || p->classes[c].state == FLOORED)
            write_class(p, c);
    if (possible)
        glp_load_matrix(p->lp, p->nentries, p->row, p->column, p->value);
    return possible;
}

/* Solve what is written, by the dual simplex or the primal; *possible is false
 * where nothing satisfies it. */
static enum vn_status
run(struct vn_program *p, bool dual, bool *possible, struct vn_error *err)
{
    glp_smcp parameters;
    int failed, status;

    glp_init_smcp(&parameters);
    parameters.msg_lev = GLP_MSG_OFF;
    parameters.meth = dual ? GLP_DUALP : GLP_PRIMAL;
    glp_term_out(GLP_OFF);
    failed = glp_simplex(p->lp, &parameters);
    status = glp_get_status(p->lp);
    *possible = status == GLP_OPT;
    if (failed == 0 && (status == GLP_OPT || status == GLP_NOFEAS))
        return VN_OK;
    return vn_fail(err, VN_EINVAL,
                   "a program of %d rows was not solved (GLPK says %d, %d), "
                   "expected an optimum",
                   glp_get_num_rows(p->lp), failed, status);
}

/* The greatest z; below 0 where the states are impossible. */
static enum vn_status
maximise(struct vn_program *p, bool dual, double *z, struct vn_error *err)
{
    enum vn_status status = VN_OK;
    bool possible = write_program(p);

    *z = -1;
    if (!possible)
        return VN_OK;
    glp_set_obj_coef(p->lp, 1, 1);
    status = run(p, dual, &possible, err);
    if (possible)
        *z = glp_get_col_prim(p->lp, 1) * p->unit;
    return status;
}

/* The class is at its top. */
static void
top_out(struct class *class)
{
    class->state = class->only ? TOPPED : FLOORED;
    class->floor = class->top;
}

/* The first k classes in order are at their top, those that follow rise. */
static void
set_first(struct vn_program *p, int n, int k)
{
    for (int i = 0; i < n; i++)
        if (i < k)
            top_out(&p->classes[p->order[i]]);
        else
            p->classes[p->order[i]].state = RISING;
}

/*
 * Of the n classes in order, the greatest k of which the first can be at
 * their top; leaves the program solved for it, with its z.  low is known to
 * be possible, high + 1 is not.
 */
static enum vn_status
find_topped(struct vn_program *p, int n, int guess, int *k, double *z,
            struct vn_error *err)
{
    int low = 0, high = n, try = guess < n ? guess : n - 1, solved = -1;
    enum vn_status status = VN_OK;

    while (low < high || solved != low) {
        double top = try > 0 ? p->classes[p->order[try - 1]].top : 0;

        set_first(p, n, try);
        if (try == n) { /* nothing rises: only whether it is possible */
            bool possible = write_program(p);

            if (possible)
                status = run(p, false, &possible, err);
            *z = possible ? INFINITY : -1;
        } else
            status = maximise(p, false, z, err);
        if (status != VN_OK)
            return status;
        solved = try;
        if (*z < top * (1 - near))
            high = try - 1;
        else {
            low = try;
            if (try < n && *z < p->classes[p->order[try]].top * (1 - near))
                high = try;
        }
        /* A guess is mostly right, or nearly. */
        try = solved == guess && high == solved - 1 ? high
              : solved == guess && low == solved && high > low
                  ? low + 1
                  : low + (high - low + 1) / 2;
    }
    *k = low;
    return VN_OK;
}

/* What a little more of z would cost for the class's sake. */
static double
price(const struct vn_program *p, const struct class *class)
{
    return fabs(glp_get_row_dual(p->lp, class->row + 1)) * p->unit
           / class->top;
}

/* Those whose row has a price stay at z (all: every one). */
static void
fix(struct vn_program *p, double z, bool all)
{
    double most = 0;

    for (int c = 0; c < p->nclasses; c++)
        if (p->classes[c].state == RISING)
            most = fmax(most, price(p, &p->classes[c]));
    for (int c = 0; c < p->nclasses; c++) {
        struct class *class = &p->classes[c];

        if (class->state != RISING
            || (!all && price(p, class) < priced * most))
            continue;
        class->state = FLOORED;
        class->floor = z;
    }
}

/* Put those that rise in order of their tops; how many. */
static int
sort(struct vn_program *p)
{
    int n = 0;

    for (int c = 0; c < p->nclasses; c++) {
        int i = n;

        if (p->classes[c].state != RISING)
            continue;
        for (; i > 0 && p->classes[p->order[i - 1]].top > p->classes[c].top;
             i--)
            p->order[i] = p->order[i - 1];
        p->order[i] = c;
        n++;
    }
    return n;
}

/* Max-min fair levels, as floors; and the least. */
static enum vn_status
fill(struct vn_program *p, double *least, struct vn_error *err)
{
    int guess = p->topped, k, n;
    enum vn_status status;
    double z;

    p->topped = 0;
    while ((n = sort(p)) > 0) {
        status = find_topped(p, n, guess, &k, &z, err);
        if (status != VN_OK)
            return status;
        if (isinf(*least))
            *least = k > 0 ? p->classes[p->order[0]].top : z;
        if (p->topped == 0)
            p->topped = k;
        fix(p, z, false);
        guess = 0;
    }
    return VN_OK;
}

/*
 * Now that all levels are known: the least device time that gives them, from
 * the last solution, in which z is no variable any more.
 */
static enum vn_status
economise(struct vn_program *p, struct vn_error *err)
{
    double z = glp_get_col_prim(p->lp, 1);
    enum vn_status status = VN_OK;
    bool possible = true;

    glp_set_col_bnds(p->lp, 1, GLP_FX, z, z);
    glp_set_obj_coef(p->lp, 1, 0);

    for (int c = 0; c < p->nclasses; c++) {
        const struct class *class = &p->classes[c];

        if (class->state == FLOORED)
            for (int t = 0; t < p->ntypes; t++)
                glp_set_obj_coef(p->lp, class->column + t,
                                 -(double) class->jobs
                                     * p->devices[c * p->ntypes + t]
                                     * (1 + (c + 1) * (t + 1) / 1e4));
    }
    status = run(p, false, &possible, err);
    if (status == VN_OK && !possible)
        status = vn_fail(err, VN_EINVAL,
                         "a program of %d rows lost its optimum to rounding",
                         glp_get_num_rows(p->lp));
    return status;
}

/* Shares to nine digits, so that no way of solving shows. */
static void
take(struct vn_program *p)
{
    for (int c = 0; c < p->nclasses; c++) {
        const struct class *class = &p->classes[c];

        p->level[c] = 0;
        for (int t = 0; t < p->ntypes; t++) {
            double x = 0;

            if (class->state == TOPPED)
                x = t == class->best;
            else if (class->state != ABSENT)
                x = glp_get_col_prim(p->lp, class->column + t);
            x = fmin(fmax(x, 0), 1);
            p->level[c] += x * p->rate[c * p->ntypes + t];
            p->share[c * p->ntypes + t] = round(x * 1e9) / 1e9;
        }
    }
}

enum vn_status
vn_program_solve(struct vn_program *p, enum vn_program_goal goal,
                 double *least, struct vn_error *err)
{
    enum vn_status status = VN_OK;
    int present = 0;

    *least = INFINITY;
    for (int c = 0; c < p->nclasses; c++) {
        bool rises = p->classes[c].jobs > 0 && p->classes[c].top > 0;

        p->classes[c].state = rises ? RISING : ABSENT;
        present += rises;
    }
    if (present > 0 && goal == VN_PROGRAM_FILL)
        status = fill(p, least, err);
    else if (present > 0)
        status = maximise(p, goal == VN_PROGRAM_ANY, least, err);
    if (present > 0 && status == VN_OK && goal != VN_PROGRAM_ANY) {
        fix(p, *least, true);
        status = economise(p, err);
    }
    if (status == VN_OK)
        take(p);
    return status;
}
