/*
 * Themis (Mahajan et al., NSDI 2020): finish-time fairness.
 *
 * By default by greed, as PCS has it (vn_divide_themis).  With auction=yes as
 * in the paper: devices are leased, and when a lease ends, or a job, what is
 * free is offered to the part 1 - `filter` of jobs that are worst off, at
 * least one.  These bid 1 / rho for each number of devices, the partial
 * allocation mechanism decides (sim/policy/share/auction.h), and what is left
 * goes to those that did not bid, then to those that did, a size at a time
 * and the worst off first.
 *
 * What the paper leaves open, or has for its own cluster, is here so:
 *
 * - an app is a job; on several types each is auctioned by itself;
 * - leases end together, at multiples of `every`: else a job that can only use
 *   several devices at once would seldom see them free at once.  What is given
 *   in between is leased until then;
 * - rho is the time from submission to the end over what it would be on an
 *   equal part, the mean number of jobs present since then sharing the type.
 *   A bid is for the rest of the lease, after which a job is taken to have its
 *   equal part.  Were it held to the end no devices would be worth nothing,
 *   and of more bidders than devices every product would be 0;
 * - the place of devices does not matter;
 * - what a bidder keeps is rounded up to a number of devices that it can use:
 *   rounded down, one that won a single device would never have it;
 * - what is left goes round in order, and not at random;
 * - of equals the one that arrived first is worst off.
 */
#include "config.h"

#include "sim/policy/share/auction.h"
#include "sim/policy/share/divided.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>

extern const struct vn_policy vn_policy_themis;

/* A job at an auction. */
struct bidder {
    struct vn_divided_job *job;
    double part;  /* its speed on an equal part */
    double lease; /* that is left, s */
    double rho;   /* with what it has */
    int order;    /* of arrival */
    int has;      /* devices */
    int next;     /* devices more that it could use, or 0 */
};

struct themis {
    struct vn_divided divided; /* first: divided.c works on it */
    bool auction;
    double filter;
    vn_time lease;
    vn_time ends; /* of the leases that run */
};

enum {
    OPTION_EVERY,
    OPTION_AUCTION,
    OPTION_FILTER
};

static const char *const answers[] = {"no", "yes", NULL};

static const struct vn_policy_option options[] = {
    [OPTION_EVERY] = {"every",
                      "divide again so long after, seconds; 0: when jobs come "
                      "or go; with auction=yes a lease",
                      "600", VN_OPTION_TIME, 0, 1e9, NULL},
    [OPTION_AUCTION] = {"auction", "by auctions, as in the paper", "no",
                        VN_OPTION_CHOICE, 0, 0, answers},
    [OPTION_FILTER] = {"filter",
                       "the part of jobs that does not bid, the best off",
                       "0.8", VN_OPTION_REAL, 0, 1, NULL},
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

static enum vn_status
themis_open(void *state, const struct vn_view *view, const double *values,
            struct vn_error *err)
{
    struct themis *s = state;

    s->lease = (vn_time) values[OPTION_EVERY];
    s->auction = values[OPTION_AUCTION] > 0;
    s->filter = values[OPTION_FILTER];
    if (s->auction && s->lease == 0)
        return vn_fail(err, VN_EUSAGE,
                       "policy themis: every is 0, expected the time of a "
                       "lease where auction is yes");
    vn_divided_open(state, view, vn_divide_themis, s->lease);
    return VN_OK;
}

/* Its speed on a part of a type, at most what it can use; one that needs more
 * has its least for a part of the time. */
static double
speed_on(const struct vn_divided_job *job, double part)
{
    double devices = fmin(part, job->claim.demand);
    int k = vn_divided_usable(job, devices);

    if (k == 0)
        return job->speed[job->least] * devices / job->least;
    if (k == (int) devices && job->speed[k + 1] > 0)
        return vn_claim_speed(&job->claim, devices);
    return job->speed[k];
}

/* From its submission to its end, on k devices until the lease ends and an
 * equal part from then on, s. */
static double
shared_time(const struct bidder *b, int k)
{
    const struct vn_claim *c = &b->job->claim;
    double done = b->lease * b->job->speed[k], rest;

    rest = k > 0 && c->left <= done ? c->left / b->job->speed[k]
                                    : b->lease + (c->left - done) / b->part;
    return fmax(c->age + rest, 1e-6);
}

/* How many devices more could it use next?  0: none. */
static int
above(const struct bidder *b)
{
    for (int k = b->has + 1; k <= b->job->claim.demand; k++)
        if (b->job->speed[k] > 0)
            return k - b->has;
    return 0;
}

/* The worst off first, of equals the one that arrived first. */
static int
by_rho(const void *a, const void *b)
{
    const struct bidder *x = a, *y = b;

    if (x->rho != y->rho)
        return x->rho < y->rho ? 1 : -1;
    return x->order - y->order;
}

/* Everybody on the type, the worst off first, with what the lease that runs
 * gives it; how many.  *left: what is free. */
static int
gather(struct themis *s, const struct vn_view *view, int type, bool over,
       struct bidder *all, int *left)
{
    int devices = vn_view_devices(view, type);
    int n = vn_divided_gather(&s->divided, view, type);

    *left = devices;
    for (int i = 0; i < n; i++) {
        struct vn_claim *claim = s->divided.claims[i];
        struct vn_divided_job *job = vn_divided_job_of(claim);
        int held = over ? 0 : vn_view_held(view, job->slot, type);
        struct bidder *b = &all[i];

        *b = (struct bidder){.job = job, .order = i};
        b->part = speed_on(job, fmax(devices, 1) / claim->present);
        b->lease = (double) (s->ends - vn_view_now(view)) * 1e-6;
        b->has = vn_divided_usable(job, held < *left ? held : *left);
        b->next = above(b);
        b->rho = shared_time(b, b->has) / (claim->service / b->part);
        *left -= b->has;
    }
    qsort(all, (size_t) n, sizeof *all, by_rho);
    return n;
}

/* What each number of devices more is worth to it.  That its time alone is
 * left out makes all products as much larger. */
static struct vn_bid
bid(const struct bidder *b, int left)
{
    int could = b->job->claim.demand - b->has;
    int most = could < left ? could : left;
    double *value = vn_xcalloc((size_t) most + 1, sizeof *value);

    for (int k = 0; k <= most; k++)
        value[k] = k == 0 || b->job->speed[b->has + k] > 0
                       ? -log(shared_time(b, b->has + k))
                       : -INFINITY;
    return (struct vn_bid){.value = value, .most = most};
}

/* It pays, and keeps a number of devices that it can use; which. */
static int
pay(struct bidder *b, const struct vn_bid *bid)
{
    int k = b->has + (int) ceil(bid->keeps * bid->won - 1e-9);

    while (k > 0 && b->job->speed[k] == 0)
        k++; /* at most what it won */
    k -= b->has;
    b->has += k;
    b->next = above(b);
    return k;
}

/* Offer what is free to the worst off of those that can use some of it; how
 * many bid.  They are then the first. */
static int
offer(struct themis *s, struct bidder *all, int n, int *left)
{
    int most = (int) ceil((1 - s->filter) * n - 1e-9), nbids = 0, rest = 0;
    struct bidder *others = vn_xcalloc((size_t) n, sizeof *others);
    struct vn_bid *bids = vn_xcalloc((size_t) n, sizeof *bids);

    most = most > 0 ? most : 1;
    for (int i = 0; i < n; i++)
        if (nbids < most && all[i].next > 0 && all[i].next <= *left)
            all[nbids++] = all[i];
        else
            others[rest++] = all[i];
    for (int i = 0; i < rest; i++)
        all[nbids + i] = others[i];
    for (int i = 0; i < nbids; i++)
        bids[i] = bid(&all[i], *left);
    vn_auction(bids, nbids, *left);
    for (int i = 0; i < nbids; i++) {
        *left -= pay(&all[i], &bids[i]);
        free((double *) bids[i].value);
    }
    free(bids);
    free(others);
    return nbids;
}

/* Round after round each has its next size, as long as that is there. */
static void
give(struct bidder *all, int n, int *left)
{
    for (bool any = true; any;) {
        any = false;
        for (int i = 0; i < n; i++) {
            struct bidder *b = &all[i];

            if (b->next == 0 || b->next > *left)
                continue;
            *left -= b->next;
            b->has += b->next;
            b->next = above(b);
            any = true;
        }
    }
}

static void
decide_by_auction(struct themis *s, const struct vn_view *view,
                  struct vn_answer *answer)
{
    bool over = vn_view_now(view) >= s->ends;
    size_t present = (size_t) s->divided.npresent;
    struct bidder *all = vn_xcalloc(present + 1, sizeof *all);

    if (over)
        s->ends = (vn_view_now(view) / s->lease + 1) * s->lease;
    for (int t = 0; t < vn_view_types(view); t++) {
        int left, n = gather(s, view, t, over, all, &left), nbids;

        nbids = n > 0 ? offer(s, all, n, &left) : 0;
        give(all + nbids, n - nbids, &left);
        give(all, nbids, &left);
        for (int i = 0; i < n; i++)
            if (all[i].has != vn_view_held(view, all[i].job->slot, t))
                vn_answer_set(answer, all[i].job->slot, t, all[i].has);
    }
    free(all);
    vn_divided_saw(&s->divided);
    if (present > 0)
        vn_answer_wake(answer, s->ends);
}

static void
themis_decide(void *state, const struct vn_view *view,
              struct vn_answer *answer)
{
    struct themis *s = state;

    if (s->auction)
        decide_by_auction(s, view, answer);
    else
        vn_divided_decide(state, view, answer);
}

const struct vn_policy vn_policy_themis = {
    .name = "themis",
    .summary = "whoever is worst off against an equal part first (Themis)",
    .knows = "step times, steps",
    .options = options,
    .late = true,
    .state_size = sizeof(struct themis),
    .open = themis_open,
    .close = vn_divided_close,
    .arrive = vn_divided_arrive,
    .leave = vn_divided_leave,
    .decide = themis_decide,
};
