/*
 * Our own traces (traces/trace.h), with rows in any order: checked, and
 * written in order of submission.  Ids, times and the remarks at the head
 * stay as they are; an id must be there once in the whole trace, which a
 * reader of rows in order does not see.
 */
#include "config.h"

#include "traces/import/import.h"
#include "traces/trace_row.h"

static enum vn_status
check_id(const struct vn_import *im, struct vn_table *t, struct vn_ids *ids,
         int64_t id, struct vn_error *err)
{
    struct vn_ids_twice twice;

    vn_ids_add(ids, id, vn_table_line(t), &twice);
    return twice.line == 0 ? VN_OK
                           : vn_trace_refuse_twice(im->file, &twice, err);
}

static enum vn_status
read_rows(struct vn_import *im, struct vn_table *t, struct vn_ids *ids,
          struct vn_error *err)
{
    vn_time last = 0;
    enum vn_status status;
    bool more;

    while ((status = vn_table_next(t, &more, err)) == VN_OK && more) {
        struct vn_job job;

        im->rows++;
        status = vn_trace_row(t, &job, &im->names, err);
        if (status == VN_OK && job.submit < last)
            status =
                vn_import_row_note(im, t, VN_TRACE_SUBMIT, VN_REPAIRED,
                                   "out of order, put where it belongs", err);
        if (status != VN_OK)
            return status;
        last = job.submit > last ? job.submit : last;
        status = check_id(im, t, ids, job.id, err);
        if (status != VN_OK)
            return status;
        status = vn_import_add(im, &job, vn_table_line(t), err);
        if (status != VN_OK)
            return status;
    }
    return status;
}

static enum vn_status
trace_run(struct vn_import *im, struct vn_error *err)
{
    struct vn_ids ids = {.tree = NULL};
    struct vn_ids_twice twice;
    struct vn_table *table;
    enum vn_status status;
    const char *remark;

    status = vn_trace_table(im->in, im->file, &table, err);
    if (status != VN_OK)
        return status;
    status = read_rows(im, table, &ids, err);
    if (status == VN_OK)
        status = vn_ids_end(&ids, &twice, err);
    if (status == VN_OK && twice.line > 0)
        status = vn_trace_refuse_twice(im->file, &twice, err);
    for (int i = 0; (remark = vn_table_comment(table, i)) != NULL; i++)
        vn_import_remark(im, "%s", remark);
    vn_table_close(table);
    vn_ids_free(&ids);
    return status;
}

const struct vn_importer vn_import_trace = {
    .name = "trace",
    .summary = "our own traces: checked, and put in order",
    .own = true,
    .run = trace_run,
};
