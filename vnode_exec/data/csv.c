/*
 * A table of features: numbers, and a column `label` of whole numbers from 0.
 * All other columns are features, in the file's order.
 */
#include "config.h"

#include "base/table.h"
#include "base/xalloc.h"
#include "vnode_exec/data/data.h"

#include <stdlib.h>
#include <string.h>

enum {
    WIDTH = 1 << 13 /* columns at most */
};

/* The rows that were read. */
struct rows {
    float *values;
    int32_t *labels;
    size_t n, room;
    int width, label; /* of a row; the label's column */
    struct vn_column *columns;
};

/* The header's names, read as a row of a table without a header. */
static enum vn_status
read_header(const char *path, struct rows *r, struct vn_error *err)
{
    struct vn_column *any = vn_xcalloc(WIDTH, sizeof *any);
    const struct vn_table_form form = {
        .columns = any, .ncolumns = WIDTH, .headerless = true};
    struct vn_table *t = NULL;
    bool more = false;
    enum vn_status status;

    for (int c = 0; c < WIDTH; c++)
        any[c].name = "";
    status = vn_table_open(path, &form, &t, err);
    if (status == VN_OK)
        status = vn_table_next(t, &more, err);
    if (status == VN_OK && !more)
        status = vn_fail(err, VN_EFORMAT, "%s: has no rows", path);
    if (status == VN_OK && vn_table_width(t) > WIDTH)
        status = vn_table_fail(t, -1, err,
                               "a header of %d columns, expected at most %d",
                               vn_table_width(t), WIDTH);
    r->label = -1;
    r->width = status == VN_OK ? vn_table_width(t) : 0;
    r->columns = vn_xcalloc((size_t) r->width + 1, sizeof *r->columns);
    for (int c = 0; c < r->width; c++) {
        r->columns[c].name = vn_xstrdup(vn_table_text(t, c));
        r->columns[c].required = true;
        if (strcmp(r->columns[c].name, "label") == 0)
            r->label = c;
    }
    if (status == VN_OK && r->label < 0)
        status = vn_table_fail(t, -1, err,
                               "no column 'label', expected it in the header");
    if (status == VN_OK && r->width < 2)
        status = vn_table_fail(t, -1, err,
                               "no column beside 'label', expected features");
    if (t != NULL)
        vn_table_close(t);
    free(any);
    return status;
}

static void
rows_free(struct rows *r, bool values)
{
    for (int c = 0; c < r->width; c++)
        free((char *) (uintptr_t) r->columns[c].name);
    free(r->columns);
    if (values) {
        free(r->values);
        free(r->labels);
    }
}

static enum vn_status
read_row(struct vn_table *t, struct rows *r, struct vn_error *err)
{
    size_t features = (size_t) r->width - 1;
    float *to;
    enum vn_status status = VN_OK;

    if (r->n == r->room) {
        r->room = r->room > 0 ? 2 * r->room : 256;
        r->values =
            vn_xrealloc(r->values, r->room * features, sizeof *r->values);
        r->labels = vn_xrealloc(r->labels, r->room, sizeof *r->labels);
    }
    to = r->values + r->n * features;
    for (int c = 0; status == VN_OK && c < r->width; c++) {
        int64_t label = 0;
        double x = 0;

        if (c == r->label) {
            status = vn_table_int(t, c, 0, (1 << 24) - 1, &label, err);
            r->labels[r->n] = (int32_t) label;
        } else {
            status = vn_table_real(t, c, -1e30, 1e30, &x, err);
            *to++ = (float) x;
        }
    }
    r->n++;
    return status;
}

enum vn_status
vn_data_read_csv(const char *path, struct vn_data *data, struct vn_error *err)
{
    struct rows r = {.n = 0};
    struct vn_table *t = NULL;
    bool more = true;
    enum vn_status status = read_header(path, &r, err);

    if (status == VN_OK) {
        const struct vn_table_form form = {.columns = r.columns,
                                           .ncolumns = r.width};

        status = vn_table_open(path, &form, &t, err);
    }
    while (status == VN_OK && (status = vn_table_next(t, &more, err)) == VN_OK
           && more)
        status = read_row(t, &r, err);
    if (status == VN_OK && r.n == 0)
        status = vn_fail(err, VN_EFORMAT, "%s: has no rows", path);
    if (t != NULL)
        vn_table_close(t);
    rows_free(&r, status != VN_OK);
    if (status != VN_OK)
        return status;
    data->shape.height = data->shape.width = 1;
    data->shape.channels = r.width - 1;
    data->train.count = r.n;
    data->train.values =
        vn_data_array(VN_F32, r.n * (size_t) (r.width - 1), r.values);
    data->train.labels = vn_data_array(VN_I32, r.n, r.labels);
    vn_data_hash(data, &data->train.values);
    vn_data_hash(data, &data->train.labels);
    return VN_OK;
}
