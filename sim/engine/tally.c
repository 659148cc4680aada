#include "config.h"

#include "sim/engine/tally.h"

#include <math.h>
#include <string.h>

void
vn_tally_init(struct vn_tally *tally, struct ed_region *region)
{
    *tally = (struct vn_tally){.region = region, .first_submit = -1};
    if (region == NULL)
        return;
    tally->jct.lent =
        vn_region_alloc(region, VN_QUANTILE_BUFFER, sizeof *tally->jct.lent);
    tally->queueing.lent = vn_region_alloc(region, VN_QUANTILE_BUFFER,
                                           sizeof *tally->queueing.lent);
}

void
vn_tally_free(struct vn_tally *tally)
{
    int64_t *lent[] = {tally->jct.lent, tally->queueing.lent};

    vn_quantile_free(&tally->jct);
    vn_quantile_free(&tally->queueing);
    vn_region_free(tally->region, tally->users.all);
    vn_region_free(tally->region, tally->vcs.all);
    for (int i = 0; i < 2; i++)
        if (lent[i] != NULL)
            vn_region_free(tally->region, lent[i]);
}

static void
count_refusal(struct vn_tally *tally, const struct vn_record *record)
{
    int i = 0;

    tally->refused[record->refusal]++;
    if (record->type == NULL)
        return;
    while (i < VN_LACKING_MAX && tally->lacking[i] != NULL
           && strcmp(tally->lacking[i], record->type) != 0)
        i++;
    if (i < VN_LACKING_MAX)
        tally->lacking[i] = record->type;
}

static void
add_deadline(struct vn_tally *tally, const struct vn_record *r)
{
    if (r->deadline < 0)
        return;
    tally->deadlines++;
    tally->turned_away +=
        r->state == VN_JOB_DECLINED || r->state == VN_JOB_REJECTED;
    if (r->state != VN_JOB_FINISHED)
        return;
    if (r->finish <= r->deadline) {
        tally->met++;
        return;
    }
    tally->late++;
    tally->late_us += r->finish - r->deadline;
    if (r->finish - r->deadline > tally->latest)
        tally->latest = r->finish - r->deadline;
}

static void
add_party(struct vn_tally *tally, struct vn_parties *parties, int number,
          const struct vn_record *r)
{
    if (number < 0)
        return;
    if (number >= parties->n) {
        int n = 2 * number + 16;

        parties->all = vn_region_realloc(tally->region, parties->all,
                                         (size_t) n, sizeof *parties->all);
        for (int i = parties->n; i < n; i++)
            parties->all[i] = (struct vn_party){0, 0};
        parties->n = n;
    }
    parties->all[number].whole_us += (double) r->whole;
    parties->all[number].jct_us += (double) (r->finish - r->submit);
}

/* Jain's index, as engine.h says. */
static double
jain(const struct vn_parties *parties)
{
    double sum = 0, squares = 0, n = 0;

    for (int i = 0; i < parties->n; i++) {
        const struct vn_party *p = &parties->all[i];
        double x = p->whole_us / p->jct_us;

        if (!(p->jct_us > 0))
            continue;
        sum += x;
        squares += x * x;
        n++;
    }
    return n > 1 ? sum * sum / (n * squares) : NAN;
}

void
vn_tally_add(struct vn_tally *tally, const struct vn_job *job,
             const struct vn_record *record)
{
    if (tally->first_submit < 0)
        tally->first_submit = record->submit;
    if (record->submit < tally->first_submit)
        tally->first_submit = record->submit;
    tally->count[record->state]++;
    tally->preemptions += record->preemptions;
    tally->failures += record->failures;
    tally->overhead_us += record->overhead_us;
    tally->lost_us += record->lost_us;
    if (record->state == VN_JOB_REJECTED)
        count_refusal(tally, record);
    tally->resizes += record->resizes;
    add_deadline(tally, record);
    if (!isnan(record->rho)) {
        tally->rho += record->rho;
        tally->worst = fmax(tally->worst, record->rho);
        tally->above += record->rho > 1;
        tally->known++;
    }
    if (record->state != VN_JOB_FINISHED)
        return;
    add_party(tally, &tally->users, job->user, record);
    add_party(tally, &tally->vcs, job->vc, record);
    vn_quantile_add(&tally->jct, record->finish - record->submit);
    vn_quantile_add(&tally->queueing, record->start - record->submit);
    tally->jct_us += record->finish - record->submit;
    tally->queueing_us += record->start - record->submit;
    tally->preempted_us += record->preempted;
    if (record->finish > tally->last_finish)
        tally->last_finish = record->finish;
}

static enum vn_status
spread(struct vn_quantile *q, __int128 sum, struct vn_spread *out,
       struct vn_error *err)
{
    static const double at[] = {0.5, 0.9, 0.99};
    double value[3];
    enum vn_status status;

    *out = (struct vn_spread){NAN, NAN, NAN, NAN};
    if (q->count == 0)
        return VN_OK;
    status = vn_quantile_get(q, at, 3, value, err);
    if (status == VN_OK)
        *out = (struct vn_spread){.mean = (double) sum / (double) q->count,
                                  .p50 = value[0],
                                  .p90 = value[1],
                                  .p99 = value[2]};
    return status;
}

enum vn_status
vn_tally_summary(struct vn_tally *tally, struct vn_summary *summary,
                 struct vn_error *err)
{
    enum vn_status status;

    summary->finished = tally->count[VN_JOB_FINISHED];
    summary->rejected = tally->count[VN_JOB_REJECTED];
    summary->left = tally->count[VN_JOB_LEFT];
    memcpy(summary->refused, tally->refused, sizeof summary->refused);
    memcpy(summary->lacking, tally->lacking, sizeof summary->lacking);
    summary->declined = tally->count[VN_JOB_DECLINED];
    summary->jobs = summary->finished + summary->rejected + summary->left
                    + summary->declined;
    summary->rho =
        (struct vn_fairness){.mean = NAN, .worst = NAN, .above = NAN};
    if (tally->known > 0)
        summary->rho = (struct vn_fairness){
            .mean = tally->rho / (double) tally->known,
            .worst = tally->worst,
            .above = (double) tally->above / (double) tally->known};
    summary->jain = (struct vn_jain){.users = jain(&tally->users),
                                     .vcs = jain(&tally->vcs)};
    summary->deadlines = (struct vn_deadlines){
        .jobs = tally->deadlines,
        .admitted = tally->deadlines - tally->turned_away,
        .met = tally->met,
        .late = tally->late,
        .late_mean_us = tally->late > 0
                            ? (double) tally->late_us / (double) tally->late
                            : NAN,
        .late_max_us = tally->late > 0 ? (double) tally->latest : NAN};
    summary->preemptions = tally->preemptions;
    summary->failures = tally->failures;
    summary->overhead_us = tally->overhead_us;
    summary->lost_us = tally->lost_us;
    summary->resizes = tally->resizes;
    summary->preempted_us =
        summary->finished > 0
            ? (double) tally->preempted_us / (double) summary->finished
            : NAN;
    /* The last of jobs that are left has not ended. */
    summary->makespan = summary->finished > 0 && summary->left == 0
                            ? tally->last_finish - tally->first_submit
                            : -1;
    status = spread(&tally->jct, tally->jct_us, &summary->jct, err);
    if (status == VN_OK)
        status = spread(&tally->queueing, tally->queueing_us,
                        &summary->queueing, err);
    return status;
}
