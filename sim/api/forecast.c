#include "config.h"

#include "sim/api/forecast.h"

#include "base/names.h"
#include "base/option.h"
#include "base/xalloc.h"
#include "sim/api/heap.h"
#include "sim/api/prediction.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ALIKE 0.6 /* names, at least */

enum {
    NAMES = 2 /* the nearest so many are taken */
};

/* Durations that were seen. */
struct seen {
    double sum_us;
    int64_t n;
};

/* Jobs of one user and name. */
struct named {
    int name; /* of the forecast's names */
    struct seen all;
    struct by_devices {
        int devices;
        struct seen seen;
    } * by;
    int nby;
};

struct user {
    struct seen all;
    struct named *names;
    int nnames;
};

/* A job that has not ended yet. */
struct pending {
    int user, name, devices;
    vn_time duration;
    int next; /* of those not used */
};

struct vn_forecast {
    struct vn_predict how;
    struct vn_names names;
    struct seen all;
    struct user *users; /* [0]: of jobs without a user */
    int nusers;
    struct vn_heap ends; /* by index into pending */
    struct pending *pending;
    int npending, unused; /* unused: the first, or -1 */
    int64_t order;
};

enum vn_status
vn_predict_read(const char *text, struct vn_predict *p, struct vn_error *err)
{
    static const char noise[] = "noise=lognormal:";
    size_t n = strlen(noise);

    *p = (struct vn_predict){.kind = VN_PREDICT_NOTHING};
    if (strcmp(text, "none") == 0)
        return VN_OK;
    if (strcmp(text, "history") == 0) {
        p->kind = VN_PREDICT_HISTORY;
        return VN_OK;
    }
    if (strncmp(text, noise, n) != 0)
        return vn_args_refuse(err, "predict", text,
                              "history, noise=lognormal:S or none");
    p->kind = VN_PREDICT_NOISE;
    return vn_option_real("predict", text + n, 0, 10, &p->sigma, err);
}

struct vn_forecast *
vn_forecast_alloc(const struct vn_predict *how)
{
    struct vn_forecast *f;

    if (how->kind == VN_PREDICT_NOTHING)
        return NULL;
    f = vn_xcalloc(1, sizeof *f);
    f->how = *how;
    f->unused = -1;
    return f;
}

void
vn_forecast_free(struct vn_forecast *f)
{
    if (f == NULL)
        return;
    for (int u = 0; u < f->nusers; u++) {
        for (int i = 0; i < f->users[u].nnames; i++)
            free(f->users[u].names[i].by);
        free(f->users[u].names);
    }
    free(f->users);
    free(f->pending);
    vn_heap_free(&f->ends);
    vn_names_free(&f->names);
    free(f);
}

static void
see(struct seen *seen, vn_time duration)
{
    seen->sum_us += (double) duration;
    seen->n++;
}

static void
see_named(struct user *user, const struct pending *p)
{
    struct named *named = user->names;
    int i = 0;

    while (i < user->nnames && named[i].name != p->name)
        i++;
    if (i == user->nnames) {
        if ((user->nnames & (user->nnames - 1)) == 0)
            user->names = vn_xrealloc(
                user->names, user->nnames > 0 ? 2 * (size_t) user->nnames : 1,
                sizeof *user->names);
        user->names[user->nnames++] = (struct named){.name = p->name};
    }
    named = &user->names[i];
    see(&named->all, p->duration);
    for (i = 0; i < named->nby && named->by[i].devices != p->devices;)
        i++;
    if (i == named->nby) {
        named->by = vn_xrealloc(named->by, (size_t) i + 1, sizeof *named->by);
        named->by[named->nby++] = (struct by_devices){.devices = p->devices};
    }
    see(&named->by[i].seen, p->duration);
}

/* Take what has ended by now into account. */
static void
catch_up(struct vn_forecast *f, vn_time now)
{
    const struct vn_event *end;

    while ((end = vn_heap_top(&f->ends)) != NULL && end->time <= now) {
        int at = end->handle;
        struct pending *p = &f->pending[at];

        see(&f->all, p->duration);
        see(&f->users[p->user].all, p->duration);
        if (p->name >= 0)
            see_named(&f->users[p->user], p);
        p->next = f->unused;
        f->unused = at;
        vn_heap_remove(&f->ends, at);
    }
}

static void
await(struct vn_forecast *f, const struct vn_job *job, int name, vn_time truth)
{
    int at = f->unused, user = job->user + 1;

    if (at < 0) {
        if ((f->npending & (f->npending - 1)) == 0)
            f->pending = vn_xrealloc(
                f->pending, f->npending > 0 ? 2 * (size_t) f->npending : 1,
                sizeof *f->pending);
        at = f->npending++;
    } else
        f->unused = f->pending[at].next;
    while (f->nusers <= user) {
        if ((f->nusers & (f->nusers - 1)) == 0)
            f->users = vn_xrealloc(f->users,
                                   f->nusers > 0 ? 2 * (size_t) f->nusers : 1,
                                   sizeof *f->users);
        f->users[f->nusers++] = (struct user){.nnames = 0};
    }
    f->pending[at] = (struct pending){.user = user,
                                      .name = name,
                                      .devices = job->devices,
                                      .duration = truth};
    vn_heap_set(&f->ends, at, job->submit + truth, f->order++);
}

/* The names of a user's that are most like this one, nearest first; how many.
 * Of two that are as like the later one in the order of texts. */
static int
find_names(const struct vn_forecast *f, const struct user *user,
           const char *name, const struct named *near[NAMES])
{
    double like[NAMES];
    int n = 0;

    for (int i = 0; i < user->nnames; i++) {
        const char *other = f->names.text[user->names[i].name];
        double x = vn_likeness(other, name);
        int at = n;

        while (
            at > 0
            && (x > like[at - 1]
                || (x == like[at - 1]
                    && strcmp(other, f->names.text[near[at - 1]->name]) > 0)))
            at--;
        if (x < ALIKE || at == NAMES)
            continue;
        n = n < NAMES ? n + 1 : NAMES;
        for (int k = n - 1; k > at; k--) {
            like[k] = like[k - 1];
            near[k] = near[k - 1];
        }
        like[at] = x;
        near[at] = &user->names[i];
    }
    return n;
}

static struct seen
seen_by(const struct named *named, int devices)
{
    for (int i = 0; i < named->nby; i++)
        if (named->by[i].devices == devices)
            return named->by[i].seen;
    return (struct seen){.n = 0};
}

static struct seen
find_seen(const struct vn_forecast *f, const struct vn_job *job,
          const char *name)
{
    const struct named *near[NAMES];
    const struct user *user;
    struct seen like = {.n = 0}, all = {.n = 0};
    int n;

    if (job->user + 1 >= f->nusers || f->users[job->user + 1].all.n == 0)
        return f->all;
    user = &f->users[job->user + 1];
    n = name != NULL ? find_names(f, user, name, near) : 0;
    for (int i = 0; i < n; i++) {
        struct seen by = seen_by(near[i], job->devices);

        like = (struct seen){like.sum_us + by.sum_us, like.n + by.n};
        all = (struct seen){all.sum_us + near[i]->all.sum_us,
                            all.n + near[i]->all.n};
    }
    return like.n > 0 ? like : all.n > 0 ? all : user->all;
}

static vn_time
by_history(struct vn_forecast *f, const struct vn_job *job, const char *name,
           vn_time truth)
{
    struct seen seen;

    catch_up(f, job->submit);
    seen = find_seen(f, job, name);
    await(f, job, name != NULL ? vn_names_add(&f->names, name) : -1, truth);
    return seen.n > 0 ? (vn_time) llround(seen.sum_us / (double) seen.n)
                      : 3600 * VN_SECOND;
}

vn_time
vn_forecast(struct vn_forecast *f, const struct vn_job *job, const char *name,
            vn_time truth)
{
    double said;

    if (f->how.kind == VN_PREDICT_HISTORY)
        return by_history(f, job, name, truth);
    said = (double) truth
           * vn_prediction_factor(f->how.sigma, (uint64_t) job->id);
    return said < 1 ? 1 : said < VN_TIME_MAX ? (vn_time) said : VN_TIME_MAX;
}
