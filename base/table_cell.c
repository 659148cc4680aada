/* Cells of a table as numbers: readers of base/number.h, with the place. */
#include "config.h"

#include "base/table.h"

static enum vn_status
refuse(struct vn_table *t, int column, const char *why, struct vn_error *err)
{
    const char *text = vn_table_text(t, column);

    if (why == NULL)
        return VN_OK;
    if (*text == '\0')
        return vn_table_fail(t, column, err, "empty %s, expected %s",
                             vn_table_column(t, column), why);
    return vn_table_fail(t, column, err, "%s is '%.80s', expected %s",
                         vn_table_column(t, column), text, why);
}

enum vn_status
vn_table_int(struct vn_table *t, int column, int64_t min, int64_t max,
             int64_t *value, struct vn_error *err)
{
    char why[VN_WHY_SIZE];

    return refuse(t, column,
                  vn_read_int(vn_table_text(t, column), min, max, value, why),
                  err);
}

enum vn_status
vn_table_real(struct vn_table *t, int column, double min, double max,
              double *value, struct vn_error *err)
{
    char why[VN_WHY_SIZE];

    return refuse(t, column,
                  vn_read_real(vn_table_text(t, column), min, max, value, why),
                  err);
}

enum vn_status
vn_table_time(struct vn_table *t, int column, vn_time min, vn_time max,
              vn_time *value, struct vn_error *err)
{
    char why[VN_WHY_SIZE];

    return refuse(t, column,
                  vn_read_time(vn_table_text(t, column), min, max, value, why),
                  err);
}

enum vn_status
vn_table_bytes(struct vn_table *t, int column, int64_t min, int64_t max,
               int64_t *value, struct vn_error *err)
{
    char why[VN_WHY_SIZE];

    return refuse(
        t, column,
        vn_read_bytes(vn_table_text(t, column), min, max, value, why), err);
}
