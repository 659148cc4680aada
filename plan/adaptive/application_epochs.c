/* The tables of what was measured by batch and epoch. */
#include "config.h"

#include "plan/adaptive/application_read.h"

#include "base/xalloc.h"

static const double progress_max = 1e15;
static const double gradient_max = 1e30;

enum {
    BATCH = VN_READ_OWN,
    EPOCH,
    PROGRESS,
    ITERATION,
    SQR,
    VAR,
    NVALIDATION
};

static const struct vn_column validation_columns[] = {
    VN_READ_LEAD,
    [BATCH] = {"batch_size", true},
    [EPOCH] = {"epoch_index", true},
    [PROGRESS] = {"progress", true},
    [ITERATION] = {"iteration", true},
    [SQR] = {"grad_sqr", true},
    [VAR] = {"grad_var", true}};

/* The batch of the row in hand, which follows that of the row before. */
static enum vn_status
next_batch(struct vn_reading *r, int64_t batch, struct vn_error *err)
{
    struct vn_application *a = r->a;

    if (r->whose != NULL && r->batch->nepochs < r->whose->nepochs)
        return vn_table_fail(r->t, BATCH, err,
                             "batch %lld of '%.64s' has %d epochs, expected "
                             "%d",
                             (long long) r->batch->batch, r->whose->name,
                             r->batch->nepochs, r->whose->nepochs);
    if (a->nbatches > 0 && a->batches[a->nbatches - 1].batch >= batch)
        return vn_table_fail(
            r->t, BATCH, err, "batch %lld after %lld, expected them in order",
            (long long) batch, (long long) a->batches[a->nbatches - 1].batch);
    a->batches =
        vn_xrealloc(a->batches, (size_t) a->nbatches + 1, sizeof *a->batches);
    r->whose = a;
    r->batch = &a->batches[a->nbatches++];
    *r->batch = (struct vn_application_batch){
        .batch = batch,
        .epochs = vn_xcalloc((size_t) a->nepochs, sizeof(struct vn_epoch))};
    return VN_OK;
}

static enum vn_status
validation_row(struct vn_reading *r, struct vn_error *err)
{
    struct vn_table *t = r->t;
    enum vn_status status;
    int64_t batch;
    struct vn_epoch e, *last;

    if ((status = vn_table_int(t, BATCH, 1, VN_READ_BATCH_MAX, &batch, err)))
        return status;
    if ((r->a != r->whose || batch != r->batch->batch)
        && (status = next_batch(r, batch, err)))
        return status;
    if (r->batch->nepochs == r->a->nepochs)
        return vn_table_fail(t, EPOCH, err,
                             "more epochs than the %d of '%.64s' in "
                             "applications.csv",
                             r->a->nepochs, r->a->name);
    last = r->batch->nepochs > 0 ? &r->batch->epochs[r->batch->nepochs - 1]
                                 : NULL;
    if ((status = vn_read_next(r, EPOCH, r->batch->nepochs, err))
        || (status =
                vn_table_real(t, PROGRESS, last != NULL ? last->progress : 0,
                              progress_max, &e.progress, err))
        || (status =
                vn_table_real(t, ITERATION, last != NULL ? last->iteration : 0,
                              progress_max, &e.iteration, err))
        || (status =
                vn_table_real(t, SQR, 0, gradient_max, &e.gradient.sqr, err))
        || (status = vn_table_real(t, VAR, e.gradient.sqr > 0 ? 0 : 1e-300,
                                   gradient_max, &e.gradient.var, err)))
        return status;
    r->batch->epochs[r->batch->nepochs++] = e;
    return VN_OK;
}

static enum vn_status
validation_end(struct vn_reading *r, struct vn_error *err)
{
    if (r->whose != NULL && r->batch->nepochs < r->whose->nepochs)
        return vn_fail_at(err, r->path, vn_table_line(r->t), 1,
                          "batch %lld of '%.64s' has %d epochs, "
                          "expected %d",
                          (long long) r->batch->batch, r->whose->name,
                          r->batch->nepochs, r->whose->nepochs);
    return VN_OK;
}

enum {
    ENDED = VN_READ_OWN,
    NEEDED,
    NPROGRESS
};

static const struct vn_column progress_columns[] = {
    VN_READ_LEAD, [ENDED] = {"epoch", true},
    [NEEDED] = {"progress_needed", true}};

static enum vn_status
progress_row(struct vn_reading *r, struct vn_error *err)
{
    struct vn_application *a = r->a;
    enum vn_status status;
    double least = a->nneeded > 0 ? a->needed[a->nneeded - 1] : 0;

    a->needed =
        vn_xrealloc(a->needed, (size_t) a->nneeded + 1, sizeof *a->needed);
    if ((status = vn_read_next(r, ENDED, a->nneeded, err))
        || (status = vn_table_real(r->t, NEEDED, least, progress_max,
                                   &a->needed[a->nneeded], err)))
        return status;
    a->nneeded++;
    return VN_OK;
}

const struct vn_read_table vn_read_validation = {
    .name = "validation",
    .columns = validation_columns,
    .ncolumns = NVALIDATION,
    .row = validation_row,
    .end = validation_end,
};

const struct vn_read_table vn_read_progress = {
    .name = "epoch_progress",
    .columns = progress_columns,
    .ncolumns = NPROGRESS,
    .row = progress_row,
};
