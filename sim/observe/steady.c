#include "config.h"

#include "sim/observe/steady.h"

#include "base/option.h"
#include "base/quantile.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PARTS = 8,
    LEAST = 2000, /* jobs that arrive in the second half */
    SHARE = 20,   /* its growth is at least one of so many of them */
    BATCH = 5
};

void
vn_saturation_free(struct vn_saturation *s)
{
    vn_sampler_free(&s->there);
    free(s->arrivals);
    *s = (struct vn_saturation){0};
}

/* The mean number of jobs that were there in [from, to). */
static double
mean_there(const struct vn_sampler *s, int n, vn_time from, vn_time to)
{
    double sum = 0;

    for (int i = 0; i < n; i++) {
        vn_time begin, end;
        double held, waiting;

        vn_sampler_get(s, i, &begin, &end, &held, &waiting);
        begin = begin > from ? begin : from;
        end = end < to ? end : to;
        if (begin < end)
            sum += waiting * (double) (end - begin);
    }
    return sum / (double) (to - from);
}

static bool
only_grows(struct vn_saturation *s, vn_time now)
{
    vn_time origin = s->there.origin, span = (now - origin) / 2,
            half = now - span;
    int n = vn_sampler_end(&s->there, now);
    double first = 0, last = 0;
    size_t before = 0, arrived;

    while (before < s->narrivals && s->arrivals[before] < half)
        before++;
    arrived = s->narrivals - before;
    if (arrived < LEAST || span < PARTS)
        return false;
    for (int i = 0; i < PARTS; i++) {
        double mean = mean_there(&s->there, n, half + span * i / PARTS,
                                 half + span * (i + 1) / PARTS);

        if (i > 0 && mean <= last)
            return false;
        first = i == 0 ? mean : first;
        last = mean;
    }
    return (last - first) * SHARE >= (double) arrived;
}

bool
vn_saturation_see(struct vn_saturation *s, vn_time now, size_t arrived,
                  int present)
{
    vn_sampler_set(&s->there, now, 0, present);
    if (arrived > s->allocated) {
        s->allocated = 2 * arrived + 1024;
        s->arrivals =
            vn_xrealloc(s->arrivals, s->allocated, sizeof *s->arrivals);
    }
    while (s->narrivals < arrived)
        s->arrivals[s->narrivals++] = now;
    if (arrived < s->next)
        return false;
    s->next = arrived + arrived / 8 + 500;
    return only_grows(s, now);
}

enum vn_status
vn_measure_read(const char *value, struct vn_measure *m, struct vn_error *err)
{
    static const char expected[] =
        "auto, or FROM:TO, times as in 2d:9d, either of which may be missing";
    const char *colon = strchr(value, ':');
    char from[64], why[VN_WHY_SIZE];

    *m = (struct vn_measure){.asked = true, .to = VN_TIME_MAX};
    if (strcmp(value, "auto") == 0) {
        m->mser = true;
        snprintf(m->words, sizeof m->words, "auto");
        return VN_OK;
    }
    if (colon == NULL || colon - value >= (long) sizeof from)
        return vn_args_refuse(err, "measure", value, expected);
    snprintf(from, sizeof from, "%.*s", (int) (colon - value), value);
    if ((from[0] != '\0'
         && vn_read_time(from, 0, VN_TIME_MAX, &m->from, why) != NULL)
        || (colon[1] != '\0'
            && vn_read_time(colon + 1, 0, VN_TIME_MAX, &m->to, why) != NULL)
        || m->from >= m->to)
        return vn_args_refuse(err, "measure", value, expected);
    if (m->to == VN_TIME_MAX)
        snprintf(m->words, sizeof m->words, "%" PRId64 ":", m->from);
    else
        snprintf(m->words, sizeof m->words, "%" PRId64 ":%" PRId64, m->from,
                 m->to);
    return VN_OK;
}

size_t
vn_measure_mser(const double *x, size_t n)
{
    size_t batches = n / BATCH, best = 0;
    double sum = 0, squares = 0, least = INFINITY, middle = 0;

    for (size_t i = 0; i < batches * BATCH; i++)
        middle += x[i] / (double) (batches * BATCH);
    /* From the end, so that the sums are of what is not cut. */
    for (size_t i = batches; i-- > 0;) {
        double y = 0, left = (double) (batches - i), spread;

        for (size_t k = 0; k < BATCH; k++)
            y += (x[i * BATCH + k] - middle) / BATCH;
        sum += y;
        squares += y * y;
        spread = (squares - sum * sum / left) / (left * left);
        if (i <= batches / 2 && spread <= least) {
            least = spread;
            best = i;
        }
    }
    return best * BATCH;
}

static int
by_submission(const void *a, const void *b)
{
    const struct vn_record *x = a, *y = b;

    if (x->submit != y->submit)
        return x->submit < y->submit ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* The time from which on MSER-5 measures. */
static vn_time
find_from(const struct vn_records *records, bool *steady)
{
    double *jct = vn_xcalloc(records->count, sizeof *jct);
    vn_time *submit = vn_xcalloc(records->count, sizeof *submit), from = 0;
    size_t n = 0, cut;

    for (size_t i = 0; i < records->count; i++) {
        const struct vn_record *r = &records->all[i];

        if (r->state != VN_JOB_FINISHED)
            continue;
        submit[n] = r->submit;
        jct[n++] = (double) (r->finish - r->submit);
    }
    cut = vn_measure_mser(jct, n);
    *steady = n >= 2 * BATCH && cut + BATCH <= n / 2;
    if (cut > 0)
        from = submit[cut];
    free(jct);
    free(submit);
    return from;
}

/* Mean and percentiles of a quantity of the jobs measured. */
static enum vn_status
spread(struct vn_quantile *q, double sum, double *mean, double at[3],
       struct vn_error *err)
{
    static const double shares[] = {0.5, 0.9, 0.99};

    *mean = at[0] = at[1] = at[2] = NAN;
    if (q->count == 0)
        return VN_OK;
    *mean = sum / (double) q->count;
    return vn_quantile_get(q, shares, 3, at, err);
}

enum vn_status
vn_measure_take(const struct vn_measure *m, struct vn_records *records,
                struct vn_store_run *run, struct vn_error *err)
{
    struct vn_quantile jct = {0}, queueing = {0};
    double sums[3] = {0}, at[3], waits[3];
    vn_time from = m->from;
    enum vn_status status;
    bool steady = true;

    if (records->count > 0)
        qsort(records->all, records->count, sizeof *records->all,
              by_submission);
    if (m->mser)
        from = find_from(records, &steady);
    if (!steady)
        run->remark = "--measure auto: no steady state, what is cut as "
                      "warm-up is as long as can be";
    run->unmeasured = 0;
    for (size_t i = 0; i < records->count; i++) {
        const struct vn_record *r = &records->all[i];

        if (r->state != VN_JOB_FINISHED)
            continue;
        if (r->submit < from || r->submit >= m->to) {
            run->unmeasured++;
            continue;
        }
        vn_quantile_add(&jct, r->finish - r->submit);
        vn_quantile_add(&queueing, r->start - r->submit);
        sums[0] += (double) (r->finish - r->submit);
        sums[1] += (double) (r->start - r->submit);
        sums[2] += (double) r->preempted;
    }
    run->measure_from_us = from;
    run->measure_to_us = m->to == VN_TIME_MAX ? -1 : m->to;
    run->preempted_mean_us =
        jct.count > 0 ? sums[2] / (double) jct.count : NAN;
    status = spread(&jct, sums[0], &run->jct_mean_us, at, err);
    if (status == VN_OK)
        status = spread(&queueing, sums[1], &run->queue_mean_us, waits, err);
    run->jct_p50_us = at[0];
    run->jct_p90_us = at[1];
    run->jct_p99_us = at[2];
    run->queue_p50_us = waits[0];
    run->queue_p90_us = waits[1];
    run->queue_p99_us = waits[2];
    vn_quantile_free(&jct);
    vn_quantile_free(&queueing);
    return status;
}
