/*
 * Optimus (Peng et al., EuroSys'18): every job has what it needs to run, in
 * order of arrival; then devices go, one after another, to the job whose
 * remaining time each of them shortens the most, as long as it shortens it.
 *
 * optimus-oracle reads how fast a job would be on any number of devices.
 * optimus fits that to what the job has shown, step times on the numbers k of
 * devices that it has had so far:
 *
 *     T(k) = a / k + b + c k,   a, b, c >= 0
 *
 * (section 3.2 there, synchronous training, whose workers and servers come in
 * pairs), with the least squares of relative errors: a from one number on, b
 * from two, c from three.  A job that has shown nothing yet gets no more than
 * it needs.  Both know the steps that a job has still to do.
 */
#include "config.h"

#include "sim/policy/share/divided.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

extern const struct vn_policy vn_policy_optimus;
extern const struct vn_policy vn_policy_optimus_oracle;

enum {
    TERMS = 3,
    SHOWN_MAX = 64 /* numbers of devices that are remembered */
};

/* What a job has shown, and what is made of it. */
struct shown {
    int devices[SHOWN_MAX];
    double step_s[SHOWN_MAX];
    int n;
    double *speed; /* the claim's */
};

struct optimus {
    struct vn_divided divided; /* first: its functions take the state */
    struct shown *shown;       /* by slot */
    int nshown;
};

static double
term(int which, double k)
{
    return which == 0 ? 1 / k : which == 1 ? 1 : k;
}

/*
 * Least squares of T(k) / seen - 1 over the terms of a set, a bit each, by the
 * normal equations; INFINITY where a coefficient is negative or there is no
 * solution, else the sum of squares.
 */
static double
fit_terms(const struct shown *s, unsigned set, double x[TERMS])
{
    double m[TERMS][TERMS + 1] = {{0}}, diagonal[TERMS], squares = 0;

    memset(x, 0, TERMS * sizeof *x);
    for (int i = 0; i < s->n; i++)
        for (int a = 0; a < TERMS; a++) {
            double row = term(a, s->devices[i]) / s->step_s[i];

            for (int b = 0; b < TERMS; b++)
                m[a][b] += row * term(b, s->devices[i]) / s->step_s[i];
            m[a][TERMS] += row;
        }
    for (int a = 0; a < TERMS; a++)
        for (int b = 0; b <= TERMS; b++)
            if ((set >> a & 1) == 0 || (b < TERMS && (set >> b & 1) == 0))
                m[a][b] = a == b;
    for (int a = 0; a < TERMS; a++)
        diagonal[a] = m[a][a];
    for (int a = 0; a < TERMS; a++) {
        if (!(m[a][a] > 1e-12 * diagonal[a]))
            return INFINITY;
        for (int b = 0; b < TERMS; b++)
            for (int c = TERMS; b != a && c >= a; c--)
                m[b][c] -= m[a][c] * m[b][a] / m[a][a];
    }
    for (int a = 0; a < TERMS; a++) {
        x[a] = (set >> a & 1) != 0 ? m[a][TERMS] / m[a][a] : 0;
        if (x[a] < 0)
            return INFINITY;
    }
    for (int i = 0; i < s->n; i++) {
        double off = -1;

        for (int a = 0; a < TERMS; a++)
            off += x[a] * term(a, s->devices[i]) / s->step_s[i];
        squares += off * off;
    }
    return squares;
}

/* The best of all sets of the terms that so many points allow. */
static void
fit(const struct shown *s, double x[TERMS])
{
    unsigned sets = 1u << (s->n < TERMS ? s->n : TERMS);
    double least = INFINITY, tried[TERMS];

    for (unsigned set = 1; set < sets; set++) {
        double squares = fit_terms(s, set, tried);

        if (squares < least) {
            least = squares;
            memcpy(x, tried, sizeof tried);
        }
    }
}

static double
fitted(const double x[TERMS], int k)
{
    return x[0] / k + x[1] + x[2] * k;
}

/* Let the claim be what the job has shown, and no more than that. */
static void
guess(struct shown *s, const struct vn_view *view, struct vn_divided_job *job)
{
    double x[TERMS] = {0};

    for (int k = 1; k <= job->claim.demand; k++)
        s->speed[k] = job->speed[k] > 0;
    job->claim.service = 0;
    if (s->n == 0)
        return;
    fit(s, x);
    for (int k = 1; k <= job->claim.demand; k++)
        if (s->speed[k] > 0)
            s->speed[k] = fitted(x, 1) / fitted(x, k);
    job->claim.service =
        fitted(x, 1)
        * (vn_view_job(view, job->slot)->model < 0
               ? 1
               : (double) vn_view_job(view, job->slot)->steps);
}

/* Take note of what it shows now; false where it is nothing new. */
static bool
observe(struct shown *s, const struct vn_view *view,
        const struct vn_divided_job *job, int *devices)
{
    int k = vn_view_held(view, job->slot, job->home);
    bool known = k == 0 || s->n == SHOWN_MAX;

    for (int i = 0; i < s->n; i++)
        known = known || s->devices[i] == k;
    if (known)
        return false;
    devices[job->home] = k;
    s->devices[s->n] = k;
    s->step_s[s->n] = vn_view_step_s(view, job->slot, devices);
    devices[job->home] = 0;
    if (!isfinite(s->step_s[s->n]))
        return false;
    s->n++;
    return true;
}

static const struct vn_policy_option options[] = {
    {"every", "divide again so long after, seconds; 0: when jobs come or go",
     "60", VN_OPTION_TIME, 0, 1e9, NULL},
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

static enum vn_status
oracle_open(void *state, const struct vn_view *view, const double *values,
            struct vn_error *err)
{
    (void) err;
    vn_divided_open(state, view, vn_divide_optimus, (vn_time) values[0]);
    return VN_OK;
}

static void
optimus_close(void *state)
{
    struct optimus *s = state;

    for (int i = 0; i < s->nshown; i++)
        free(s->shown[i].speed);
    free(s->shown);
    vn_divided_close(&s->divided);
}

static void
optimus_arrive(void *state, const struct vn_view *view, int slot)
{
    struct optimus *s = state;
    struct vn_divided_job *job;

    vn_divided_arrive(&s->divided, view, slot);
    if (slot >= s->nshown) {
        int n = 2 * slot + 16;

        s->shown = vn_xrealloc(s->shown, (size_t) n, sizeof *s->shown);
        memset(s->shown + s->nshown, 0,
               (size_t) (n - s->nshown) * sizeof *s->shown);
        s->nshown = n;
    }
    job = s->divided.jobs[slot];
    s->shown[slot].n = 0;
    s->shown[slot].speed =
        vn_xcalloc((size_t) job->claim.demand + 2, sizeof(double));
    job->claim.speed = s->shown[slot].speed;
    guess(&s->shown[slot], view, job);
}

static void
optimus_leave(void *state, const struct vn_view *view, int slot)
{
    struct optimus *s = state;

    vn_divided_leave(&s->divided, view, slot);
    free(s->shown[slot].speed);
    s->shown[slot].speed = NULL;
}

static void
optimus_decide(void *state, const struct vn_view *view,
               struct vn_answer *answer)
{
    struct optimus *s = state;
    int *devices = vn_xcalloc((size_t) vn_view_types(view), sizeof *devices);

    for (int i = 0; i < s->divided.npresent; i++) {
        int slot = s->divided.present[i];
        struct vn_divided_job *job = s->divided.jobs[slot];

        if (observe(&s->shown[slot], view, job, devices))
            guess(&s->shown[slot], view, job);
    }
    free(devices);
    vn_divided_decide(&s->divided, view, answer);
}

const struct vn_policy vn_policy_optimus = {
    .name = "optimus",
    .summary = "each device where it saves most time, by learned speeds "
               "(Optimus)",
    .knows = "learned step times, steps",
    .options = options,
    .late = true,
    .state_size = sizeof(struct optimus),
    .open = oracle_open,
    .close = optimus_close,
    .arrive = optimus_arrive,
    .leave = optimus_leave,
    .decide = optimus_decide,
};

const struct vn_policy vn_policy_optimus_oracle = {
    .name = "optimus-oracle",
    .summary = "the same, by true speeds",
    .knows = "step times, steps",
    .options = options,
    .late = true,
    .state_size = sizeof(struct vn_divided),
    .open = oracle_open,
    .close = vn_divided_close,
    .arrive = vn_divided_arrive,
    .leave = vn_divided_leave,
    .decide = vn_divided_decide,
};
