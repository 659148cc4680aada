/*
 * wfs with heterogeneous training: a job may span types where it gains.
 *
 * Shares and homes are those of wfs (sim/policy/share/realm.h).  Devices that
 * these leave idle are lent: a modelled job takes idle devices of one other
 * type, a power of two of them, where the solver (plan/solver.h) says that it
 * then is at least `gain` times as fast as at home; the heaviest job first, of
 * equals the first submitted.  It takes the type and number with which it is
 * fastest. What is lent stays until the job ends or its share changes, or
 * until the type's own jobs need it: then the lightest gives back first, of
 * equals the last.
 *
 * What a job gains depends on its model, batch, virtual nodes, home, share and
 * the types that it may use alone, so jobs that are alike in these are a
 * class, which remembers how few devices of each type are of use: an instant
 * costs a look at each class.
 */
#include "config.h"

#include "sim/policy/queue/ordered.h"
#include "sim/policy/share/realm.h"

#include "base/rng.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

extern const struct vn_policy vn_policy_wfs_ht;

enum {
    BUCKETS = 4096
};

/* Jobs that gain alike. */
struct class {
    int64_t key[6]; /* model, batch, virtual nodes, home, share, types */
    int *least;     /* by type: the fewest devices that are of use; 0: none */
    struct vn_waiting askers; /* without a loan, the heaviest first; and some
                               * that no longer ask */
    int asking;
    int next; /* of its bucket, or -1 */
};

/* Where a job stands. */
struct standing {
    int class; /* -1: it has no share, or is a recorded one */
    int type;  /* of its loan, -1: none */
    int devices;
};

struct ht {
    struct vn_realms fair;
    double gain;
    struct standing *jobs;
    int njobs;
    struct class *classes;
    int nclasses;
    int *buckets;            /* the first class of each, or -1 */
    struct vn_ordered *lent; /* by type; the lightest first */
    int *idle;               /* devices of a type that nobody has */
    int *devices;            /* a question to vn_view_step_s() */

    const struct vn_view *view; /* of the present decision */
    struct vn_answer *answer;
};

static enum vn_status
ht_open(void *state, const struct vn_view *view, const double *values,
        struct vn_error *err)
{
    struct ht *s = state;
    size_t n = (size_t) vn_view_types(view);

    (void) err;
    s->gain = values[0];
    vn_realms_open(&s->fair, view);
    s->lent = vn_xcalloc(n, sizeof *s->lent);
    s->idle = vn_xcalloc(n, sizeof *s->idle);
    s->devices = vn_xcalloc(n, sizeof *s->devices);
    s->buckets = vn_xcalloc(BUCKETS, sizeof *s->buckets);
    for (size_t t = 0; t < n; t++)
        s->lent[t].root = -1;
    for (int i = 0; i < BUCKETS; i++)
        s->buckets[i] = -1;
    return VN_OK;
}

static void
ht_close(void *state)
{
    struct ht *s = state;

    for (int t = 0; t < s->fair.ntypes && s->lent != NULL; t++)
        vn_ordered_free(&s->lent[t]);
    for (int i = 0; i < s->nclasses; i++) {
        vn_waiting_free(&s->classes[i].askers);
        free(s->classes[i].least);
    }
    vn_realms_close(&s->fair);
    free(s->jobs);
    free(s->classes);
    free(s->buckets);
    free(s->lent);
    free(s->idle);
    free(s->devices);
}

static void
ht_arrive(void *state, const struct vn_view *view, int job)
{
    struct ht *s = state;

    if (job >= s->njobs) {
        s->njobs = 2 * job + 64;
        s->jobs = vn_xrealloc(s->jobs, (size_t) s->njobs, sizeof *s->jobs);
    }
    s->jobs[job] = (struct standing){.class = -1, .type = -1};
    vn_realms_arrive(&s->fair, view, job);
}

/* A job's loan ends. */
static void
take_back(struct ht *s, int job)
{
    struct standing *j = &s->jobs[job];

    vn_ordered_remove(&s->lent[j->type], job);
    s->idle[j->type] += j->devices;
    j->type = -1;
}

static void
ht_leave(void *state, const struct vn_view *view, int job)
{
    struct ht *s = state;
    struct standing *j = &s->jobs[job];

    (void) view;
    if (j->type >= 0)
        take_back(s, job);
    else if (j->class >= 0)
        s->classes[j->class].asking--;
    j->class = -1;
    vn_realms_leave(&s->fair, job);
}

/* Seconds of a step at home, and with so many devices of another type. */
static double
step_s(struct ht *s, int job, int type, int devices)
{
    const struct vn_realms_job *at = &s->fair.jobs[job];
    double seconds;

    s->devices[at->home] = at->given;
    s->devices[type] += devices;
    seconds = vn_view_step_s(s->view, job, s->devices);
    s->devices[type] = 0;
    s->devices[at->home] = 0;
    return seconds;
}

/* The fewest devices of a type that are of use to a job. */
static int
least_of(struct ht *s, int job, int type)
{
    double home = step_s(s, job, type, 0);

    if (!vn_view_runs(s->view, job, type))
        return 0;
    for (int n = 1; n <= vn_view_devices(s->view, type); n *= 2)
        if (step_s(s, job, type, n) * s->gain <= home)
            return n;
    return 0;
}

/* The class of a job that has a share. */
static int
class_of(struct ht *s, int job)
{
    const struct vn_job *j = vn_view_job(s->view, job);
    const struct vn_realms_job *at = &s->fair.jobs[job];
    int64_t key[6] = {j->model, j->global_batch, j->vnodes, at->home,
                      at->given};
    uint64_t hash = 0;
    struct class *c;
    int *bucket;

    for (int t = 0; t < s->fair.ntypes; t++)
        key[5] |= (int64_t) vn_view_runs(s->view, job, t) << t;
    for (int i = 0; i < 6; i++)
        hash = vn_mix64(hash ^ (uint64_t) key[i]);
    bucket = &s->buckets[hash % BUCKETS];
    for (int i = *bucket; i >= 0; i = s->classes[i].next)
        if (memcmp(s->classes[i].key, key, sizeof key) == 0)
            return i;
    s->classes =
        vn_xrealloc(s->classes, (size_t) s->nclasses + 1, sizeof *s->classes);
    c = &s->classes[s->nclasses];
    *c = (struct class){.next = *bucket};
    memcpy(c->key, key, sizeof key);
    c->least = vn_xcalloc((size_t) s->fair.ntypes, sizeof *c->least);
    for (int t = 0; t < s->fair.ntypes; t++)
        c->least[t] = t == at->home ? 0 : least_of(s, job, t);
    *bucket = s->nclasses;
    return s->nclasses++;
}

static struct vn_key
key_of(const struct ht *s, int job)
{
    int64_t weight = vn_shares_weight(vn_view_job(s->view, job)->weight);

    return (struct vn_key){-weight, vn_view_order(s->view, job)};
}

/* Does a job of that order ask, as one of this class? */
static bool
asks(const struct ht *s, int class, int job, int64_t order)
{
    return s->jobs[job].class == class && s->jobs[job].type < 0
           && vn_view_order(s->view, job) == order;
}

/* Leave those out that no longer ask, once they are the most. */
static void
tidy(struct ht *s, int class)
{
    struct class *c = &s->classes[class];
    struct vn_waiting askers = {0};
    struct vn_key key, last = {0, -1};
    int job, demand;

    if (c->askers.count < 2 * c->asking + 64)
        return;
    while (c->askers.count > 0) {
        job = vn_waiting_first(&c->askers, 1, &key, &demand);
        vn_waiting_take(&c->askers, 1);
        if (asks(s, class, job, key.minor) && key.minor != last.minor)
            vn_waiting_add(&askers, job, key, 1);
        last = key;
    }
    vn_waiting_free(&c->askers);
    c->askers = askers;
}

/* A job has no loan, and asks for one if it has a share. */
static void
ask(struct ht *s, int job)
{
    struct standing *j = &s->jobs[job];

    j->class = -1;
    if (s->fair.jobs[job].home < 0 || s->fair.jobs[job].given <= 0
        || vn_view_job(s->view, job)->model < 0)
        return;
    j->class = class_of(s, job);
    tidy(s, j->class);
    vn_waiting_add(&s->classes[j->class].askers, job, key_of(s, job), 1);
    s->classes[j->class].asking++;
}

/* wfs gives a job other devices at home: it asks anew. */
static void
give(void *arg, int job, int type, int devices)
{
    struct ht *s = arg;
    struct standing *j = &s->jobs[job];

    vn_answer_set(s->answer, job, type, devices);
    if (j->type >= 0) {
        vn_answer_set(s->answer, job, j->type, 0);
        take_back(s, job);
    } else if (j->class >= 0)
        s->classes[j->class].asking--;
    j->class = -1;
    if (devices > 0)
        ask(s, job);
}

/* What nobody has; where that is less than nothing, loans are taken back. */
static void
count_idle(struct ht *s)
{
    for (int t = 0; t < s->fair.ntypes; t++) {
        s->idle[t] = vn_view_devices(s->view, t) - s->fair.realms[t].given
                     - (int) vn_ordered_total(&s->lent[t]);
        while (s->idle[t] < 0) {
            int job = vn_ordered_over(&s->lent[t], 0);

            vn_answer_set(s->answer, job, t, 0);
            take_back(s, job);
            ask(s, job);
        }
    }
}

static bool
may_gain(const struct ht *s, const struct class *c)
{
    for (int t = 0; t < s->fair.ntypes; t++)
        if (c->least[t] > 0 && c->least[t] <= s->idle[t])
            return true;
    return false;
}

/* The heaviest of a class that asks. */
static int
first_asker(struct ht *s, int class, struct vn_key *key)
{
    struct class *c = &s->classes[class];
    int demand;

    for (;;) {
        int job = vn_waiting_first(&c->askers, 1, key, &demand);

        if (asks(s, class, job, key->minor))
            return job;
        vn_waiting_take(&c->askers, 1);
    }
}

/* The heaviest job that would gain from what is idle; or -1. */
static int
next_borrower(struct ht *s)
{
    struct vn_key best = {0};
    int borrower = -1;

    for (int i = 0; i < s->nclasses; i++) {
        struct vn_key key;
        int job;

        if (s->classes[i].asking == 0 || !may_gain(s, &s->classes[i]))
            continue;
        job = first_asker(s, i, &key);
        if (borrower < 0 || vn_key_before(key, best)) {
            borrower = job;
            best = key;
        }
    }
    return borrower;
}

/* Lend a job what makes it fastest. */
static void
lend(struct ht *s, int job)
{
    struct standing *j = &s->jobs[job];
    struct class *c = &s->classes[j->class];
    struct vn_key key = key_of(s, job);
    double best = INFINITY;

    for (int t = 0; t < s->fair.ntypes; t++)
        for (int n = c->least[t]; n > 0 && n <= s->idle[t]; n *= 2) {
            double seconds = step_s(s, job, t, n);

            if (seconds < best) {
                best = seconds;
                j->type = t;
                j->devices = n;
            }
        }
    c->asking--;
    vn_ordered_add(&s->lent[j->type], job,
                   (struct vn_key){-key.major, -key.minor}, j->devices);
    s->idle[j->type] -= j->devices;
    vn_answer_set(s->answer, job, j->type, j->devices);
}

static void
ht_decide(void *state, const struct vn_view *view, struct vn_answer *answer)
{
    struct ht *s = state;
    int job;

    s->view = view;
    s->answer = answer;
    vn_realms_decide(&s->fair, view, give, s);
    count_idle(s);
    while ((job = next_borrower(s)) >= 0)
        lend(s, job);
}

static const struct vn_policy_option options[] = {
    {"gain", "times as fast as at home that a loan must make a job", "1.05",
     VN_OPTION_REAL, 1, 1000, NULL},
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL}};

const struct vn_policy vn_policy_wfs_ht = {
    .name = "wfs-ht",
    .summary = "wfs, where jobs may borrow idle devices of other types",
    .knows = "step times",
    .options = options,
    .late = true,
    .state_size = sizeof(struct ht),
    .open = ht_open,
    .close = ht_close,
    .arrive = ht_arrive,
    .leave = ht_leave,
    .decide = ht_decide,
};
