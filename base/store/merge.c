#include "config.h"

#include "base/store/store.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum vn_status
vn_store_same(struct vn_store *into, int64_t a, struct vn_store *from,
              int64_t b, enum vn_store_table table, bool *same,
              struct vn_error *err)
{
    void *rows_of[2] = {NULL, NULL};
    struct vn_rows *x = NULL, *y = NULL;
    enum vn_status status;
    bool more_x = true, more_y = true;

    *same = true;
    for (int i = 0; i < 2; i++)
        rows_of[i] = vn_xcalloc(1, vn_store_forms[table].row_size);
    status = vn_store_read_run(into, table, a, &x, err);
    if (status == VN_OK)
        status = vn_store_read_run(from, table, b, &y, err);
    while (status == VN_OK && *same && more_x && more_y) {
        status = vn_rows_next(x, &more_x, err);
        if (status == VN_OK)
            status = vn_rows_next(y, &more_y, err);
        if (status != VN_OK)
            break;
        if (more_x && more_y) {
            vn_rows_get(x, rows_of[0]);
            vn_rows_get(y, rows_of[1]);
            *same = vn_store_compare(table, rows_of[0], rows_of[1]) == 0;
        } else
            *same = more_x == more_y;
    }
    vn_rows_close(x);
    vn_rows_close(y);
    free(rows_of[0]);
    free(rows_of[1]);
    return status;
}

static enum vn_status
copy_table(struct vn_store *into, struct vn_store *from, int64_t run_id,
           enum vn_store_table table, struct vn_error *err)
{
    void *row = vn_xcalloc(1, vn_store_forms[table].row_size);
    struct vn_rows *rows = NULL;
    enum vn_status status;
    bool more;

    status = vn_store_read_run(from, table, run_id, &rows, err);
    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more) {
        vn_rows_get(rows, row);
        status = vn_store_add(into, table, row, err);
    }
    vn_rows_close(rows);
    free(row);
    return status;
}

static enum vn_status
copy_run(struct vn_store *into, struct vn_store *from,
         const struct vn_store_run *run, struct vn_error *err)
{
    enum vn_status status = vn_store_begin(into, run->name, err);

    if (status != VN_OK)
        return status;
    for (int i = VN_STORE_RUN + 1; i < VN_STORE_TABLES && status == VN_OK; i++)
        status =
            copy_table(into, from, run->run_id, (enum vn_store_table) i, err);
    if (status == VN_OK)
        status = vn_store_commit(into, run, err);
    vn_store_rollback(into);
    return status;
}

/* Take one run over, or see that it is there already. */
static enum vn_status
merge_run(struct vn_store *into, struct vn_store *from,
          const struct vn_store_run *run, int64_t *added, int64_t *same,
          struct vn_error *err)
{
    bool failed = false, equal = true;
    enum vn_status status;
    int64_t there = 0;

    status = vn_store_find(into, run->name, &there, &failed, err);
    if (status != VN_OK)
        return status;
    if (there == 0 || (failed && strcmp(run->state, "failed") != 0)) {
        status = copy_run(into, from, run, err);
        *added += status == VN_OK;
        return status;
    }
    if (!failed && strcmp(run->state, "failed") == 0) {
        ++*same; /* it was done again since, and then it worked */
        return VN_OK;
    }
    for (int i = 0; i < VN_STORE_TABLES && status == VN_OK && equal; i++)
        status = vn_store_same(into, there, from, run->run_id,
                               (enum vn_store_table) i, &equal, err);
    if (status == VN_OK && !equal)
        status = vn_fail(err, VN_EINVAL,
                         "%s and %s hold two different results of run %s",
                         vn_store_path(into), vn_store_path(from), run->name);
    *same += status == VN_OK;
    return status;
}

/* One version wrote both files, or one of them is empty. */
static enum vn_status
check_versions(struct vn_store *into, struct vn_store *from,
               struct vn_error *err)
{
    static const char sql[] = "SELECT min(version), max(version) FROM run";
    struct vn_store *stores[2] = {into, from};
    char version[2][64] = {"", ""};
    enum vn_status status = VN_OK;
    struct vn_rows *rows = NULL;

    for (int i = 0; i < 2 && status == VN_OK; i++) {
        bool more;

        status = vn_store_query(stores[i], sql, &rows, err);
        if (status != VN_OK)
            break;
        status = vn_rows_next(rows, &more, err);
        if (status == VN_OK && vn_rows_text(rows, 0) != NULL)
            snprintf(version[i], sizeof version[i], "%s",
                     vn_rows_text(rows, 0));
        vn_rows_close(rows);
    }
    if (status == VN_OK && version[0][0] != '\0' && version[1][0] != '\0'
        && strcmp(version[0], version[1]) != 0)
        status = vn_fail(
            err, VN_EINVAL, "%s holds results of version %s, %s of version %s",
            vn_store_path(into), version[0], vn_store_path(from), version[1]);
    return status;
}

enum vn_status
vn_store_merge(struct vn_store *into, struct vn_store *from, int64_t *added,
               int64_t *same, struct vn_error *err)
{
    struct vn_rows *runs = NULL;
    enum vn_status status;
    bool more;

    *added = *same = 0;
    status = check_versions(into, from, err);
    if (status == VN_OK)
        status = vn_store_read(from, VN_STORE_RUN, NULL, &runs, err);
    while (status == VN_OK
           && (status = vn_rows_next(runs, &more, err)) == VN_OK && more) {
        struct vn_store_run run;

        vn_rows_get(runs, &run);
        status = merge_run(into, from, &run, added, same, err);
    }
    vn_rows_close(runs);
    return status;
}
