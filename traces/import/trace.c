/*
 * Our own traces (traces/trace.h), with rows in any order: checked, and
 * written in order of submission.  Ids, times and the remarks at the head
 * stay as they are; an id must be there once in the whole trace, which a
 * reader of rows in order does not see.
 */
#include "config.h"

#include "base/xalloc.h"
#include "traces/import/import.h"
#include "traces/trace_row.h"

#include <inttypes.h>
#include <stdlib.h>

struct place {
    int64_t id;
    long line;
};

static int
compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

/* Does an id stand in two rows? */
static enum vn_status
check_ids(const struct vn_import *im, struct place *places, size_t n,
          struct vn_error *err)
{
    if (n > 0)
        qsort(places, n, sizeof *places, compare_places);
    for (size_t i = 1; i < n; i++)
        if (places[i].id == places[i - 1].id)
            return vn_fail_at(err, im->file, places[i].line, 1,
                              "job_id %" PRId64 " is that of line %ld too, "
                              "expected one of its own",
                              places[i].id, places[i - 1].line);
    return VN_OK;
}

static enum vn_status
read_rows(struct vn_import *im, struct vn_table *t, struct place **places,
          struct vn_error *err)
{
    vn_time last = 0;
    enum vn_status status;
    size_t allocated = 0;
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
        if (im->njobs == allocated) {
            allocated = 2 * allocated + 1024;
            *places = vn_xrealloc(*places, allocated, sizeof **places);
        }
        (*places)[im->njobs] =
            (struct place){.id = job.id, .line = vn_table_line(t)};
        status = vn_import_add(im, &job, vn_table_line(t), err);
        if (status != VN_OK)
            return status;
    }
    return status;
}

static enum vn_status
trace_run(struct vn_import *im, struct vn_error *err)
{
    struct place *places = NULL;
    struct vn_table *table;
    enum vn_status status;
    const char *remark;

    status = vn_trace_table(im->in, im->file, &table, err);
    if (status != VN_OK)
        return status;
    status = read_rows(im, table, &places, err);
    if (status == VN_OK)
        status = check_ids(im, places, im->njobs, err);
    for (int i = 0; (remark = vn_table_comment(table, i)) != NULL; i++)
        vn_import_remark(im, "%s", remark);
    vn_table_close(table);
    free(places);
    return status;
}

const struct vn_importer vn_import_trace = {
    .name = "trace",
    .summary = "our own traces: checked, and put in order",
    .own = true,
    .run = trace_run,
};
