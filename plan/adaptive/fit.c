#include "config.h"

#include "plan/adaptive/fit.h"

#include "base/xalloc.h"

#include <nlopt.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    ALPHA_C,
    BETA_C,
    ALPHA_N,
    BETA_N,
    ALPHA_R,
    BETA_R,
    GAMMA,
    PARAMETERS
};

static const double least = 1e-8; /* of alphas and betas */
static const double most = 1e4;   /* seconds: nothing is ever near it */

/* A point, with what does not change from one evaluation to the next. */
struct seen {
    double atomic;
    double more; /* devices beyond two */
    int alpha;   /* of its network; -1 on one device */
    double accumulate_log;
    double step_log;
};

struct fit {
    struct seen *points;
    int npoints;
    bool tied;     /* the network's parameters are 1.1 times a node's */
    double smooth; /* errors well below it count by their square */
    double least;  /* value seen, without smoothing, and where */
    double best[PARAMETERS];
};

/* The network's time, and its logarithm's derivatives by alpha and beta. */
static double
network(const double *x, const struct seen *p)
{
    return p->alpha < 0 ? least + least * p->more
                        : x[p->alpha] + x[p->alpha + 1] * p->more;
}

/*
 * Add to the sum of squares, and to its derivatives, what one point has; the
 * logarithms are of A in la, of N in ln and of O.
 */
static void
add_point(const double *x, const struct seen *p, double sum[2],
          double slope[2][PARAMETERS])
{
    double a = x[ALPHA_C] + x[BETA_C] * p->atomic, n = network(x, p);
    double la = log(a), ln = log(n), gamma = x[GAMMA];
    double apart = fabs(la - ln), less = exp(-gamma * apart);
    double lo = fmax(la, ln) + log1p(less) / gamma;
    double ea = la - p->accumulate_log, eo = lo - p->step_log;
    double larger = 1 / (1 + less), smaller = less / (1 + less);
    double by_a = la >= ln ? larger : smaller, by_n = 1 - by_a;

    sum[0] += ea * ea;
    sum[1] += eo * eo;
    slope[0][ALPHA_C] += ea / a;
    slope[0][BETA_C] += ea * p->atomic / a;
    slope[1][ALPHA_C] += eo * by_a / a;
    slope[1][BETA_C] += eo * by_a * p->atomic / a;
    slope[1][GAMMA] +=
        eo * (-log1p(less) / (gamma * gamma) - apart * smaller / gamma);
    if (p->alpha < 0)
        return;
    slope[1][p->alpha] += eo * by_n / n;
    slope[1][p->alpha + 1] += eo * by_n * p->more / n;
}

/* The penalty on a ratio of beta to alpha, and its derivatives. */
static double
penalty(const double *x, int alpha, double weight, double *gradient)
{
    double ratio = x[alpha + 1] / x[alpha];

    gradient[alpha] -= 2 * weight * ratio * ratio / x[alpha];
    gradient[alpha + 1] += 2 * weight * ratio / x[alpha];
    return weight * ratio * ratio;
}

/*
 * The function of fit.h and its gradient.  A root mean square s becomes
 * sqrt(s^2 + smooth^2), which has derivatives at 0 too; *exact is without it.
 */
static double
objective(const struct fit *f, const double *x, double *gradient,
          double *exact)
{
    double sum[2] = {0}, slope[2][PARAMETERS] = {{0}}, roots = 0, kinks = 0;
    double value = 1e-3 * (x[GAMMA] - 1) * (x[GAMMA] - 1);

    for (int i = 0; i < f->npoints; i++)
        add_point(x, &f->points[i], sum, slope);
    memset(gradient, 0, PARAMETERS * sizeof *gradient);
    gradient[GAMMA] = 2e-3 * (x[GAMMA] - 1);
    for (int j = 0; j < 2; j++) {
        double mean = sum[j] / f->npoints,
               root = sqrt(mean + f->smooth * f->smooth);

        kinks += sqrt(mean);
        roots += root;
        for (int k = 0; k < PARAMETERS && root > 0; k++)
            gradient[k] += slope[j][k] / (root * f->npoints);
    }
    if (!f->tied)
        value += penalty(x, ALPHA_N, 1e-2, gradient);
    value += penalty(x, ALPHA_R, f->tied ? 2e-2 : 1e-2, gradient);
    *exact = value + kinks;
    return value + roots;
}

/* As the library calls it, on logarithms; what is seen best is kept. */
static double
smoothed(unsigned n, const double *y, double *gradient, void *data)
{
    struct fit *f = data;
    double x[PARAMETERS], slope[PARAMETERS], value, exact;

    for (int k = 0; k < GAMMA; k++)
        x[k] = exp(y[k]);
    x[GAMMA] = y[GAMMA];
    value = objective(f, x, slope, &exact);
    if (exact < f->least) {
        f->least = exact;
        memcpy(f->best, y, sizeof f->best);
    }
    for (unsigned k = 0; k < n && gradient != NULL; k++)
        gradient[k] = k < GAMMA ? slope[k] * x[k] : slope[k];
    return value;
}

static void
see(struct seen *to, const struct vn_fit_point *p)
{
    to->atomic = (double) p->atomic;
    to->more = fmax(p->replicas - 2, 1e-8);
    to->alpha = p->nodes > 1 ? ALPHA_N : p->replicas > 1 ? ALPHA_R : -1;
    to->accumulate_log = log(p->time.step_s - p->time.sync_s);
    to->step_log = log(p->time.step_s);
}

static void
unpack_logs(const double *y, bool tied, struct vn_goodput_model *m)
{
    *m = (struct vn_goodput_model){
        exp(y[ALPHA_C]), exp(y[BETA_C]), exp(y[ALPHA_N]), exp(y[BETA_N]),
        exp(y[ALPHA_R]), exp(y[BETA_R]), y[GAMMA]};
    if (tied) {
        m->alpha_n = fmax(m->alpha_n, 1.1 * m->alpha_r);
        m->beta_n = fmax(m->beta_n, 1.1 * m->beta_r);
    }
}

double
vn_fit_objective(const struct vn_goodput_model *m,
                 const struct vn_fit_point *points, int npoints)
{
    double x[] = {m->alpha_c, m->beta_c, m->alpha_n, m->beta_n,
                  m->alpha_r, m->beta_r, m->gamma},
           slope[PARAMETERS], exact;
    struct fit f = {.npoints = npoints};

    assert(npoints > 0);
    f.points = vn_xcalloc((size_t) npoints, sizeof *f.points);
    for (int i = 0; i < npoints; i++)
        see(&f.points[i], &points[i]);
    (void) objective(&f, x, slope, &exact);
    free(f.points);
    return exact;
}

/* Both bounds and the start of a parameter. */
static void
fix(double *x, double *low, double *high, int k, double value)
{
    x[k] = low[k] = high[k] = value;
}

/* Fix what the points cannot tell; true where none is on several nodes. */
static bool
fix_unknown(const struct vn_fit_point *points, int npoints, double *x,
            double *low, double *high)
{
    bool atomics = false, multi = false, single = false, many = false;
    double accumulate = 0;

    for (int i = 0; i < npoints; i++) {
        atomics = atomics || points[i].atomic != points[0].atomic;
        multi = multi || points[i].nodes > 1;
        single = single || (points[i].nodes == 1 && points[i].replicas > 1);
        many = many || points[i].replicas > 2;
        accumulate += points[i].time.step_s - points[i].time.sync_s;
    }
    if (!atomics)
        fix(x, low, high, ALPHA_C, accumulate / npoints / 2);
    if (!multi)
        fix(x, low, high, ALPHA_N, least);
    if (!multi || !many)
        fix(x, low, high, BETA_N, least);
    if (!single)
        fix(x, low, high, ALPHA_R, least);
    if (!single || !many)
        fix(x, low, high, BETA_R, least);
    return !multi;
}

/*
 * Minimise for one smoothing.  The library works on logarithms of alphas and
 * betas, whose sizes differ by many orders; where it gives up for want of
 * progress, which so near a kink it may, the best that it saw is its answer.
 */
static enum vn_status
descend(struct fit *f, double *y, const double *low, const double *high,
        struct vn_error *err)
{
    nlopt_opt o = nlopt_create(NLOPT_LD_LBFGS, PARAMETERS);
    double value = 0;
    nlopt_result result;

    nlopt_set_min_objective(o, smoothed, f);
    nlopt_set_lower_bounds(o, low);
    nlopt_set_upper_bounds(o, high);
    nlopt_set_ftol_rel(o, 1e-10);
    nlopt_set_maxeval(o, 5000);
    result = nlopt_optimize(o, y, &value);
    nlopt_destroy(o);
    memcpy(y, f->best, sizeof f->best);
    if (isfinite(f->least)
        && (result > 0 || result == NLOPT_FAILURE
            || result == NLOPT_ROUNDOFF_LIMITED))
        return VN_OK;
    return vn_fail(err, VN_EINVAL,
                   "a model of steps was not fitted (NLopt says %s), "
                   "expected a minimum",
                   nlopt_result_to_string(result));
}

static enum vn_status
check(const struct vn_fit_point *p, struct vn_error *err)
{
    if (p->nodes > 0 && p->replicas >= p->nodes && p->atomic > 0
        && isfinite(p->time.step_s) && p->time.sync_s >= 0
        && p->time.sync_s < p->time.step_s)
        return VN_OK;
    return vn_fail(err, VN_EINVAL,
                   "a step of %g s with %g s of synchronisation on %d devices "
                   "of %d nodes fits no model, expected times that are > 0",
                   p->time.step_s, p->time.sync_s, p->replicas, p->nodes);
}

enum vn_status
vn_fit(const struct vn_fit_point *points, int npoints,
       struct vn_goodput_model *model, struct vn_error *err)
{
    double x[PARAMETERS] = {0.1, 0.01, 0.1, 0.01, 0.1, 0.01, 1.001},
           low[PARAMETERS], high[PARAMETERS];
    struct fit f = {.npoints = npoints, .least = INFINITY};
    enum vn_status status = VN_OK;

    assert(npoints > 0);
    for (int k = 0; k < GAMMA; k++) {
        low[k] = least;
        high[k] = most;
    }
    low[GAMMA] = 1;
    high[GAMMA] = 10;
    for (int i = 0; i < npoints && status == VN_OK; i++)
        status = check(&points[i], err);
    if (status != VN_OK)
        return status;
    f.points = vn_xcalloc((size_t) npoints, sizeof *f.points);
    for (int i = 0; i < npoints; i++)
        see(&f.points[i], &points[i]);
    f.tied = fix_unknown(points, npoints, x, low, high);
    for (int k = 0; k < GAMMA; k++) {
        x[k] = log(x[k]);
        low[k] = log(low[k]);
        high[k] = log(high[k]);
    }
    for (f.smooth = 0.1; f.smooth > 5e-7 && status == VN_OK; f.smooth /= 4)
        status = descend(&f, x, low, high, err);
    f.smooth = 0;
    if (status == VN_OK)
        status = descend(&f, x, low, high, err);
    unpack_logs(x, f.tied, model);
    free(f.points);
    return status;
}
