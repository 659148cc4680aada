/*
 * The profiles of VirtualFlow's authors (github.com/andrewor14/tf-logs, branch
 * 4-10-het): of one model, on one device,
 *
 *     batch_examples,examples_per_s,step_time_s
 *
 * of which examples_per_s is the exact one, or on several types, with a column
 * `gpu`.  A batch that is "unknown" is passed over.
 */
#include "config.h"

#include "plan/profile/format.h"

#include "base/table.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum column {
    GPU,
    BATCH,
    RATE,
    STEP,
    NCOLUMNS
};

static const struct vn_column columns[] = {[GPU] = {"gpu", false},
                                           [BATCH] = {"batch_examples", true},
                                           [RATE] = {"examples_per_s", false},
                                           [STEP] = {"step_time_s", false}};

static enum vn_status
read_row(struct vn_table *t, struct vn_profile *p, const char *model,
         const char *type, struct vn_error *err)
{
    struct vn_profile_point point = {0};
    enum vn_status status;
    double rate;

    if (strcmp(vn_table_text(t, BATCH), "unknown") == 0)
        return VN_OK;
    if (type == NULL && (!vn_table_has(t, GPU) || vn_table_empty(t, GPU)))
        return vn_table_fail(t, BATCH, err,
                             "no device type, expected a column gpu or "
                             "MODEL:TYPE=FILE");
    status = vn_table_int(t, BATCH, 1, INT64_C(1) << 40, &point.batch, err);
    if (status == VN_OK && !vn_table_empty(t, RATE)) {
        status = vn_table_real(t, RATE, 1e-9, 1e12, &rate, err);
        if (status == VN_OK)
            point.step_s = (double) point.batch / rate;
    } else if (status == VN_OK)
        status = vn_table_real(t, STEP, 1e-9, 1e9, &point.step_s, err);
    if (status != VN_OK)
        return status;
    if (type == NULL)
        type = vn_table_text(t, GPU);
    if (!vn_profile_add_point(vn_profile_entry(p, model, type), point))
        return vn_table_fail(t, BATCH, err,
                             "batch %.32s stands here a second time, expected "
                             "one row for each",
                             vn_table_text(t, BATCH));
    return VN_OK;
}

static enum vn_status
read_rows(const char *path, const char *model, const char *type,
          struct vn_profile *p, struct vn_error *err)
{
    struct vn_table_form form = {.columns = columns, .ncolumns = NCOLUMNS};
    struct vn_table *t = NULL;
    enum vn_status status = vn_table_open(path, &form, &t, err);
    bool more = true;

    if (status == VN_OK && !vn_table_has(t, RATE) && !vn_table_has(t, STEP))
        status = vn_fail(err, VN_EFORMAT,
                         "%s: no times, expected the column examples_per_s or "
                         "step_time_s",
                         path);
    while (status == VN_OK && (status = vn_table_next(t, &more, err)) == VN_OK
           && more)
        status = read_row(t, p, model, type, err);
    vn_table_close(t);
    return status;
}

/* MODEL:TYPE=FILE or MODEL=FILE, where there is no file of that name. */
static bool
claims(const char *words)
{
    return strchr(words, '=') != NULL && access(words, F_OK) != 0;
}

static enum vn_status
read_named(const char *words, struct vn_profile *p, struct vn_error *err)
{
    const char *equals = strchr(words, '=');
    size_t n = (size_t) (equals - words);
    char *model = vn_xcalloc(n + 1, 1), *type;
    enum vn_status status;

    memcpy(model, words, n);
    type = strrchr(model, ':');
    if (type != NULL)
        *type++ = '\0';
    if (*model == '\0' || (type != NULL && *type == '\0'))
        status = vn_fail(err, VN_EUSAGE,
                         "profile '%.100s': an empty name, expected "
                         "MODEL:TYPE=FILE",
                         words);
    else
        status = read_rows(equals + 1, model, type, p, err);
    free(model);
    return status;
}

const struct vn_profile_format vn_profile_virtualflow = {claims, read_named};
