#include "config.h"

#include "sim/policy/adaptive/assign_state.h"

#include "base/rng.h"
#include "base/xalloc.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    STREAM = 0x736961, /* purpose of the weights */
    HALF = 1 << 19,    /* of the weights */
    KEY = 31,          /* bits of a sum of weights */
    TABLE = 1 << 28    /* bytes of choices, at most */
};

static int
weigh(const struct vn_assign_problem *p, const struct vn_assign_job *job,
      int config)
{
    struct vn_rng rng = vn_rng_stream(
        p->ties, STREAM, vn_mix64(job->id) ^ (uint64_t) (config + 1));

    return (int) vn_rng_below(&rng, HALF) + (config != job->has ? HALF : 0);
}

void
vn_choices_list(struct vn_choices *c, const struct vn_assign_problem *p)
{
    int n = 0;

    c->problem = p;
    c->first = vn_xcalloc((size_t) p->njobs + 1, sizeof *c->first);
    c->of = vn_xcalloc((size_t) p->njobs * ((size_t) p->nconfigs + 1),
                       sizeof *c->of);
    for (int j = 0; j < p->njobs; j++) {
        const struct vn_assign_job *job = &p->jobs[j];

        c->first[j] = n;
        if (!job->keeps)
            c->of[n++] = (struct vn_choice){.config = VN_ASSIGN_NONE,
                                            .type = -1,
                                            .cost = job->none,
                                            .weight = weigh(p, job, -1)};
        for (int i = 0; i < p->nconfigs; i++) {
            const struct vn_assign_config *o = &p->configs[i];

            if (job->keeps ? i != job->has
                           : job->costs[i] > job->none
                                 || o->devices > p->capacity[o->type])
                continue;
            c->of[n++] = (struct vn_choice){.config = i,
                                            .type = o->type,
                                            .devices = o->devices,
                                            .cost = job->costs[i],
                                            .weight = weigh(p, job, i)};
        }
    }
    c->first[p->njobs] = n;
}

void
vn_choices_free(struct vn_choices *c)
{
    free(c->of);
    free(c->first);
}

static double
priced(const struct vn_choice *o, const double *price)
{
    return o->cost + (o->type >= 0 ? price[o->type] * o->devices : 0);
}

/* Of a job's choices the cheapest at these prices that fits into `left`. */
static int
cheapest(const struct vn_choices *c, int job, const double *price,
         const int *left)
{
    int best = -1;

    for (int k = c->first[job]; k < c->first[job + 1]; k++)
        if ((c->of[k].type < 0 || c->of[k].devices <= left[c->of[k].type])
            && (best < 0
                || priced(&c->of[k], price) < priced(&c->of[best], price)))
            best = k;
    return best;
}

struct regret {
    double cost; /* of the worst choice above the best */
    int job;
};

static int
by_regret(const void *left, const void *right)
{
    const struct regret *a = left, *b = right;

    if (a->cost != b->cost)
        return a->cost > b->cost ? -1 : 1;
    return a->job - b->job;
}

/* Jobs that keep what they have, then those that lose most by nothing. */
static struct regret *
order_jobs(const struct vn_choices *c, const double *price)
{
    const struct vn_assign_problem *p = c->problem;
    struct regret *order = vn_xcalloc((size_t) p->njobs, sizeof *order);

    for (int j = 0; j < p->njobs; j++) {
        int best = cheapest(c, j, price, p->capacity);

        order[j].job = j;
        order[j].cost = p->jobs[j].keeps
                            ? INFINITY
                            : p->jobs[j].none - priced(&c->of[best], price);
    }
    qsort(order, (size_t) p->njobs, sizeof *order, by_regret);
    return order;
}

static void
use(const struct vn_choice *o, int *left, int sign)
{
    if (o->type >= 0)
        left[o->type] -= sign * o->devices;
}

int64_t
vn_assign_greedy(const struct vn_choices *c, const double *price, int *pick)
{
    static const double nothing[VN_ASSIGN_TYPES] = {0};
    const struct vn_assign_problem *p = c->problem;
    struct regret *order = order_jobs(c, price);
    int left[VN_ASSIGN_TYPES];
    int64_t cost = 0;
    bool better = true;

    memcpy(left, p->capacity, (size_t) p->ntypes * sizeof *left);
    for (int i = 0; i < p->njobs; i++) {
        pick[order[i].job] = cheapest(c, order[i].job, price, left);
        assert(pick[order[i].job] >= 0);
        use(&c->of[pick[order[i].job]], left, 1);
    }
    while (better) {
        better = false;
        for (int i = 0; i < p->njobs; i++) {
            int j = order[i].job, other;

            use(&c->of[pick[j]], left, -1);
            other = cheapest(c, j, nothing, left);
            if (c->of[other].cost < c->of[pick[j]].cost) {
                pick[j] = other;
                better = true;
            }
            use(&c->of[pick[j]], left, 1);
        }
    }
    for (int j = 0; j < p->njobs; j++)
        cost += c->of[pick[j]].cost;
    free(order);
    return cost;
}

/* Strike what cannot be part of a solution that costs at most `cost`. */
static void
strike(struct vn_choices *c, const double *price, double bound, int64_t cost,
       int *pick)
{
    const struct vn_assign_problem *p = c->problem;
    int n = 0;

    for (int j = 0; j < p->njobs; j++) {
        int first = c->first[j], kept = pick[j];
        double least =
            priced(&c->of[cheapest(c, j, price, p->capacity)], price);

        c->first[j] = n;
        for (int k = first; k < c->first[j + 1]; k++) {
            if (k != pick[j]
                && bound + priced(&c->of[k], price) - least
                       > (double) cost + 1e-6)
                continue;
            if (k == pick[j])
                kept = n;
            c->of[n++] = c->of[k];
        }
        pick[j] = kept;
    }
    c->first[p->njobs] = n;
}

static size_t
count_states(const struct vn_assign_problem *p)
{
    size_t states = 1;

    for (int t = 0; t < p->ntypes && states <= VN_ASSIGN_STATES; t++)
        states *= (size_t) p->capacity[t] + 1;
    return states;
}

/*
 * best[s] becomes what the job and those before it cost at least where they
 * use at most s; which[s] is the choice of the job.
 */
static void
extend(const struct vn_choices *c, int job, size_t states, int64_t *best,
       int64_t *next, uint8_t *which)
{
    const int *capacity = c->problem->capacity;

    for (size_t s = 0; s < states; s++)
        next[s] = INT64_MAX / 2;
    for (int k = c->first[job]; k < c->first[job + 1]; k++) {
        const struct vn_choice *o = &c->of[k];
        int64_t key = ((int64_t) o->cost << KEY) + o->weight;
        size_t stride = 1, block = states, shift = 0;

        for (int t = c->problem->ntypes - 1; o->type >= 0 && t > o->type; t--)
            stride *= (size_t) capacity[t] + 1;
        if (o->type >= 0) {
            block = stride * ((size_t) capacity[o->type] + 1);
            shift = stride * (size_t) o->devices;
        }
        for (size_t from = 0; from < states; from += block)
            for (size_t i = shift; i < block; i++) {
                int64_t sum = best[from + i - shift] + key;

                if (sum < next[from + i]) {
                    next[from + i] = sum;
                    which[from + i] = (uint8_t) (k - c->first[job]);
                }
            }
    }
    memcpy(best, next, states * sizeof *best);
}

/* The optimum, over all numbers of devices used. */
static int64_t
solve_all(const struct vn_choices *c, size_t states, int *pick)
{
    const struct vn_assign_problem *p = c->problem;
    int64_t *best = vn_xcalloc(states, sizeof *best), cost = 0;
    int64_t *next = vn_xcalloc(states, sizeof *next);
    uint8_t *which = vn_xcalloc((size_t) p->njobs * states, 1);
    size_t at = states - 1;

    for (int j = 0; j < p->njobs; j++)
        extend(c, j, states, best, next, which + (size_t) j * states);
    for (int j = p->njobs - 1; j >= 0; j--) {
        const struct vn_choice *o;
        size_t stride = 1;

        pick[j] = c->first[j] + which[(size_t) j * states + at];
        o = &c->of[pick[j]];
        cost += o->cost;
        for (int t = p->ntypes - 1; o->type >= 0 && t > o->type; t--)
            stride *= (size_t) p->capacity[t] + 1;
        if (o->type >= 0)
            at -= stride * (size_t) o->devices;
    }
    free(best);
    free(next);
    free(which);
    return cost;
}

enum vn_status
vn_assign_solve(struct vn_assign *a, const struct vn_assign_problem *p,
                int *choice, struct vn_assign_result *result,
                struct vn_error *err)
{
    size_t states = count_states(p);
    struct vn_choices c = {0};
    enum vn_status status;
    double bound;

    vn_choices_list(&c, p);
    status = vn_assign_price(&c, a->price, &bound, err);
    if (status != VN_OK)
        goto out;
    result->cost = vn_assign_greedy(&c, a->price, choice);
    strike(&c, a->price, bound, result->cost, choice);
    if (states <= VN_ASSIGN_STATES
        && states * (size_t) p->njobs <= (size_t) TABLE)
        bound = (double) (result->cost = solve_all(&c, states, choice));
    else if (ceil(bound - 1e-6) < (double) result->cost)
        status = vn_assign_branch(&c, choice, &result->cost, &bound, err);
    result->gap = result->cost - (int64_t) ceil(bound - 1e-6);
    for (int j = 0; j < p->njobs && status == VN_OK; j++)
        choice[j] = c.of[choice[j]].config;
out:
    vn_choices_free(&c);
    return status;
}
