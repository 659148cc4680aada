/*
 * See interior_point.h; equations are numbered as in Andersen and Andersen.
 *
 *     minimise c'x  subject to  A x = b,  x >= 0
 *
 * of which A is kept by columns.  Each iteration solves the normal equations
 * A D A' v = r, D = diag(x / z), once for the predictor and once more for the
 * corrector, with one factorisation: Cholesky's or, when rounding makes the
 * matrix indefinite near the end, Gauss's.
 */
#include "config.h"

#include "sim/policy/round/interior_point.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    ITERATIONS_MAX = 1000
};

static const double tolerance = 1e-8;
static const double step_back = 0.99995;

struct entry {
    int row;
    double value;
};

struct point {
    double *x, *y, *z;
    double tau, kappa;
};

struct method {
    int m, n;            /* rows and columns of A */
    int *begin;          /* column i is entries[begin[i] .. begin[i + 1]) */
    struct entry *entry; /* of all columns */
    double *b, *c;
    struct point at, by; /* the iterate, and its direction */
    double *normal;      /* A D A', factored; m x m */
    int *swap;           /* Gauss's row exchanges; NULL after Cholesky */
    int *swaps;
    double *rp, *rd, *rxs; /* right-hand sides of 8.6 and 8.7 */
    double *p, *q, *u, *v; /* of 8.28 and 8.29 */
    double *work;
};

static double
dot(const double *a, const double *b, int n)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* r += s A x */
static void
add_times(const struct method *s, const double *x, double by, double *r)
{
    for (int i = 0; i < s->n; i++)
        for (int k = s->begin[i]; k < s->begin[i + 1]; k++)
            r[s->entry[k].row] += by * s->entry[k].value * x[i];
}

/* The i-th element of A' y. */
static double
transposed(const struct method *s, const double *y, int i)
{
    double sum = 0;

    for (int k = s->begin[i]; k < s->begin[i + 1]; k++)
        sum += s->entry[k].value * y[s->entry[k].row];
    return sum;
}

static void
assemble(struct method *s)
{
    memset(s->normal, 0, (size_t) s->m * (size_t) s->m * sizeof *s->normal);
    for (int i = 0; i < s->n; i++) {
        double d = s->at.x[i] / s->at.z[i];

        for (int k = s->begin[i]; k < s->begin[i + 1]; k++)
            for (int l = s->begin[i]; l < s->begin[i + 1]; l++)
                s->normal[(size_t) s->entry[k].row * (size_t) s->m
                          + (size_t) s->entry[l].row] +=
                    d * s->entry[k].value * s->entry[l].value;
    }
}

/* L L' = the matrix, L in its lower half; false where it is not positive. */
static bool
cholesky(double *a, int m)
{
    for (int j = 0; j < m; j++) {
        double *row = a + (size_t) j * (size_t) m;

        for (int k = 0; k <= j; k++) {
            const double *other = a + (size_t) k * (size_t) m;
            double sum = row[k] - dot(row, other, k);

            if (k < j) {
                row[k] = sum / other[k];
                continue;
            }
            if (!(sum > 0))
                return false;
            row[k] = sqrt(sum);
        }
    }
    return true;
}

/* P L U = the matrix, with partial pivoting; false where it is singular. */
static bool
gauss(double *a, int m, int *swap)
{
    size_t w = (size_t) m;

    for (int j = 0; j < m; j++) {
        int best = j;

        for (int i = j + 1; i < m; i++)
            if (fabs(a[(size_t) i * w + (size_t) j])
                > fabs(a[(size_t) best * w + (size_t) j]))
                best = i;
        swap[j] = best;
        if (a[(size_t) best * w + (size_t) j] == 0)
            return false;
        for (size_t k = 0; best != j && k < w; k++) {
            double keep = a[(size_t) j * w + k];

            a[(size_t) j * w + k] = a[(size_t) best * w + k];
            a[(size_t) best * w + k] = keep;
        }
        for (int i = j + 1; i < m; i++) {
            double by = a[(size_t) i * w + (size_t) j] /=
                a[(size_t) j * w + (size_t) j];

            for (size_t k = (size_t) j + 1; by != 0 && k < w; k++)
                a[(size_t) i * w + k] -= by * a[(size_t) j * w + k];
        }
    }
    return true;
}

static bool
factor(struct method *s)
{
    assemble(s);
    s->swap = NULL;
    if (cholesky(s->normal, s->m))
        return true;
    assemble(s);
    s->swap = s->swaps;
    return gauss(s->normal, s->m, s->swap);
}

/* r becomes the solution of the normal equations. */
static void
solve(const struct method *s, double *r)
{
    const double *a = s->normal;
    int m = s->m;
    size_t w = (size_t) m;

    for (int i = 0; i < m; i++) {
        if (s->swap != NULL && s->swap[i] != i) {
            double keep = r[i];

            r[i] = r[s->swap[i]];
            r[s->swap[i]] = keep;
        }
    }
    for (int i = 0; i < m; i++) {
        r[i] -= dot(a + (size_t) i * w, r, i);
        if (s->swap == NULL)
            r[i] /= a[(size_t) i * w + (size_t) i];
    }
    for (int i = m - 1; i >= 0; i--) {
        for (int k = i + 1; k < m; k++)
            r[i] -= (s->swap == NULL ? a[(size_t) k * w + (size_t) i]
                                     : a[(size_t) i * w + (size_t) k])
                    * r[k];
        r[i] /= a[(size_t) i * w + (size_t) i];
    }
}

/* 8.31 and 8.32: u and v from the sides r1 (n long) and r2 (m long). */
static void
solve_both(struct method *s, const double *r1, const double *r2, double *u,
           double *v)
{
    for (int i = 0; i < s->n; i++)
        s->work[i] = s->at.x[i] / s->at.z[i] * r1[i];
    memcpy(v, r2, (size_t) s->m * sizeof *v);
    add_times(s, s->work, 1, v);
    solve(s, v);
    for (int i = 0; i < s->n; i++)
        u[i] = s->at.x[i] / s->at.z[i] * (transposed(s, v, i) - r1[i]);
}

/* 8.21: the longest step that keeps all of it positive, at most 1. */
static double
longest(const struct method *s, double part)
{
    const struct point *at = &s->at, *by = &s->by;
    double alpha = 1;

    for (int i = 0; i < s->n; i++) {
        if (by->x[i] < 0)
            alpha = fmin(alpha, part * (at->x[i] / -by->x[i]));
        if (by->z[i] < 0)
            alpha = fmin(alpha, part * (at->z[i] / -by->z[i]));
    }
    if (by->tau < 0)
        alpha = fmin(alpha, part * (at->tau / -by->tau));
    if (by->kappa < 0)
        alpha = fmin(alpha, part * (at->kappa / -by->kappa));
    return alpha;
}

/* What is wrong with the present point: 8.8. */
struct wrong {
    double primal, dual, gap; /* lengths */
    double g;
    double mu;
};

static struct wrong
residuals(struct method *s)
{
    const struct point *at = &s->at;
    struct wrong w;

    for (int i = 0; i < s->m; i++)
        s->rp[i] = s->b[i] * at->tau;
    add_times(s, at->x, -1, s->rp);
    for (int i = 0; i < s->n; i++)
        s->rd[i] = s->c[i] * at->tau - transposed(s, at->y, i) - at->z[i];
    w.primal = sqrt(dot(s->rp, s->rp, s->m));
    w.dual = sqrt(dot(s->rd, s->rd, s->n));
    w.gap = dot(s->c, at->x, s->n) - dot(s->b, at->y, s->m);
    w.g = w.gap + at->kappa;
    w.mu = (dot(at->x, at->z, s->n) + at->tau * at->kappa) / (s->n + 1);
    return w;
}

/* Solve 8.6 with what stands in rxs, rp and rd times eta. */
static void
direct(struct method *s, const struct wrong *w, double eta, double rtk)
{
    const struct point *at = &s->at;
    struct point *by = &s->by;

    for (int i = 0; i < s->n; i++)
        by->x[i] = eta * s->rd[i] - s->rxs[i] / at->x[i];
    for (int i = 0; i < s->m; i++)
        by->y[i] = eta * s->rp[i];
    solve_both(s, by->x, by->y, s->u, s->v);
    by->tau = (eta * w->g + rtk / at->tau + dot(s->c, s->u, s->n)
               - dot(s->b, s->v, s->m))
              / (at->kappa / at->tau - dot(s->c, s->p, s->n)
                 + dot(s->b, s->q, s->m));
    for (int i = 0; i < s->n; i++) {
        by->x[i] = s->u[i] + s->p[i] * by->tau;
        by->z[i] = (s->rxs[i] - at->z[i] * by->x[i]) / at->x[i];
    }
    for (int i = 0; i < s->m; i++)
        by->y[i] = s->v[i] + s->q[i] * by->tau;
    by->kappa = (rtk - at->kappa * by->tau) / at->tau;
}

/* One iteration, from the residuals w; false where the equations fail. */
static bool
iterate(struct method *s, const struct wrong *w)
{
    struct point *at = &s->at, *by = &s->by;
    double gamma, alpha;

    if (!factor(s))
        return false;
    solve_both(s, s->c, s->b, s->p, s->q);
    for (int i = 0; i < s->n; i++)
        s->rxs[i] = -at->x[i] * at->z[i];
    direct(s, w, 1, -at->tau * at->kappa);
    alpha = longest(s, 1);
    gamma = (1 - alpha) * (1 - alpha) * fmin(0.1, 1 - alpha);
    for (int i = 0; i < s->n; i++)
        s->rxs[i] = gamma * w->mu - at->x[i] * at->z[i] - by->x[i] * by->z[i];
    direct(s, w, 1 - gamma,
           gamma * w->mu - at->tau * at->kappa - by->tau * by->kappa);
    alpha = longest(s, step_back);
    for (int i = 0; i < s->n; i++) {
        at->x[i] += alpha * by->x[i];
        at->z[i] += alpha * by->z[i];
    }
    for (int i = 0; i < s->m; i++)
        at->y[i] += alpha * by->y[i];
    at->tau += alpha * by->tau;
    at->kappa += alpha * by->kappa;
    return isfinite(at->tau) && isfinite(at->kappa);
}

static enum vn_status
converge(struct method *s, struct vn_error *err)
{
    struct wrong first, w;

    for (int i = 0; i < s->n; i++)
        s->at.x[i] = s->at.z[i] = 1;
    s->at.tau = s->at.kappa = 1;
    w = first = residuals(s);
    for (int i = 0; i < ITERATIONS_MAX; i++) {
        double scale =
            s->at.tau + fabs(dot(s->b, s->at.y, s->m)); /* of the gap */

        if (w.primal <= tolerance * fmax(1, first.primal)
            && w.dual <= tolerance * fmax(1, first.dual)
            && fabs(w.gap) <= tolerance * scale)
            return VN_OK;
        if (!iterate(s, &w))
            break;
        w = residuals(s);
    }
    return vn_fail(err, VN_EINVAL,
                   "a program of %d rows: the interior point method does not "
                   "converge",
                   s->m);
}

/* The program's columns: t, s, X, then a slack for each inequality. */
struct builder {
    struct method *s;
    int nentries;
    int column;
};

static void
put(struct builder *b, int row, double value)
{
    if (value != 0)
        b->s->entry[b->nentries++] = (struct entry){row, value};
}

static void
end_column(struct builder *b)
{
    b->s->begin[++b->column] = b->nentries;
}

/*
 * Rows: n of t <= s, n of time, the types' capacities, the bounds X <= 1, and
 * n that define s.  A row of one variable is a bound, and X <= 1 says no less:
 * the times of one type alone are left out, and the capacities for one job.
 */
static void
build(struct method *s, int n, int ntypes, const double *rate,
      const int *devices, const int *capacity)
{
    struct builder b = {.s = s};
    int caps = n > 1 ? ntypes : 0, times = ntypes > 1 ? n : 0;
    int bounds = n + times + caps, inequalities = bounds + n * ntypes;

    for (int m = 0; m < n; m++)
        put(&b, m, 1);
    s->c[b.column] = -1;
    end_column(&b);
    for (int m = 0; m < n; m++) {
        put(&b, m, -1);
        put(&b, inequalities + m, -1);
        end_column(&b);
    }
    for (int i = 0; i < n * ntypes; i++) {
        if (times > 0)
            put(&b, n + i / ntypes, 1);
        if (caps > 0)
            put(&b, n + times + i % ntypes, devices[i]);
        put(&b, bounds + i, 1);
        put(&b, inequalities + i / ntypes, rate[i]);
        end_column(&b);
    }
    for (int i = 0; i < inequalities; i++) {
        put(&b, i, 1);
        end_column(&b);
    }
    for (int i = n; i < inequalities; i++)
        s->b[i] = i >= n + times && i < bounds ? capacity[i - n - times] : 1;
}

static double *
numbers(int n)
{
    return vn_xcalloc((size_t) n, sizeof(double));
}

static void
alloc_method(struct method *s, int m, int n, int entries)
{
    *s = (struct method){.m = m, .n = n};
    s->begin = vn_xcalloc((size_t) n + 1, sizeof *s->begin);
    s->entry = vn_xcalloc((size_t) entries, sizeof *s->entry);
    s->swaps = vn_xcalloc((size_t) m, sizeof *s->swaps);
    s->normal = vn_xcalloc((size_t) m * (size_t) m, sizeof *s->normal);
    s->b = numbers(m);
    s->c = numbers(n);
    s->at = (struct point){.x = numbers(n), .y = numbers(m), .z = numbers(n)};
    s->by = (struct point){.x = numbers(n), .y = numbers(m), .z = numbers(n)};
    s->rp = numbers(m);
    s->rd = numbers(n);
    s->rxs = numbers(n);
    s->p = numbers(n);
    s->q = numbers(m);
    s->u = numbers(n);
    s->v = numbers(m);
    s->work = numbers(n);
}

static void
free_method(struct method *s)
{
    double *all[] = {s->normal, s->b,    s->c,    s->at.x, s->at.y, s->at.z,
                     s->by.x,   s->by.y, s->by.z, s->rp,   s->rd,   s->rxs,
                     s->p,      s->q,    s->u,    s->v,    s->work};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    free(s->begin);
    free(s->entry);
    free(s->swaps);
}

enum vn_status
vn_centre(int n, int ntypes, const double *rate, const int *devices,
          const int *capacity, double *share, double *optimum,
          struct vn_error *err)
{
    int inequalities =
        n + (ntypes > 1 ? n : 0) + (n > 1 ? ntypes : 0) + n * ntypes;
    int rows = inequalities + n, columns = 1 + n + n * ntypes + inequalities;
    enum vn_status status;
    struct method s;

    alloc_method(&s, rows, columns, n + 2 * n + 4 * n * ntypes + inequalities);
    build(&s, n, ntypes, rate, devices, capacity);
    status = converge(&s, err);
    for (int i = 0; i < n * ntypes; i++)
        share[i] = s.at.x[1 + n + i] / s.at.tau;
    *optimum = s.at.x[0] / s.at.tau;
    free_method(&s);
    return status;
}
