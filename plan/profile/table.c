/*
 * Tables of profiles, as vnexec profile writes them: which of their
 * columns are there says what a row holds (plan/profile/profile.h).
 */
#include "config.h"

#include "plan/profile/format.h"

#include "base/table.h"
#include "plan/job.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum column {
    MODEL,
    TYPE,
    BATCH,
    STEP,
    PEAK,
    UPDATE,
    PARAMETERS,
    DEVICES,
    SPREAD,
    GLOBAL,
    SYNC,
    BUSY,
    SLOWDOWN,
    PROBE,
    PROBE_POWER,
    PROBE_SLOWDOWN,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [MODEL] = {"model", true},
    [TYPE] = {"device_type", true},
    [BATCH] = {"batch", false},
    [STEP] = {"step_s", false},
    [PEAK] = {"peak_bytes", false},
    [UPDATE] = {"update_s", false},
    [PARAMETERS] = {"parameters", false},
    [DEVICES] = {"devices", false},
    [SPREAD] = {"spread_step_s", false},
    [GLOBAL] = {"global_batch", false},
    [SYNC] = {"sync_s", false},
    [BUSY] = {"busy", false},
    [SLOWDOWN] = {"slowdown", false},
    [PROBE] = {"probe_s", false},
    [PROBE_POWER] = {"probe_power", false},
    [PROBE_SLOWDOWN] = {"probe_slowdown", false},
};

/* A quantity that is the same on all rows of a model and type, or empty. */
static enum vn_status
constant(struct vn_table *t, enum column column, double *value,
         struct vn_error *err)
{
    enum vn_status status;
    double read;

    if (vn_table_empty(t, (int) column))
        return VN_OK;
    status = vn_table_real(t, (int) column, 0, 1e15, &read, err);
    if (status != VN_OK)
        return status;
    if (*value > 0 && *value != read)
        return vn_table_fail(t, (int) column, err,
                             "%s of '%.64s' is not what an earlier row says",
                             columns[column].name, vn_table_text(t, MODEL));
    *value = read;
    return VN_OK;
}

/* A power of 0 is one: a model that does not feel what a probe does. */
static enum vn_status
read_power(struct vn_table *t, struct vn_profile_curve *c,
           struct vn_error *err)
{
    enum vn_status status;
    double power;

    if (vn_table_empty(t, PROBE_POWER))
        return VN_OK;
    status = vn_table_real(t, PROBE_POWER, 0, 100, &power, err);
    if (status != VN_OK)
        return status;
    if (c->has_probe_power && c->probe_power != power)
        return vn_table_fail(t, PROBE_POWER, err,
                             "%s of '%.64s' is not what an earlier row says",
                             columns[PROBE_POWER].name,
                             vn_table_text(t, MODEL));
    c->has_probe_power = true;
    c->probe_power = power;
    return VN_OK;
}

static enum vn_status
twice(struct vn_table *t, enum column column, struct vn_error *err)
{
    return vn_table_fail(t, (int) column, err,
                         "%s %.32s stands here a second time, expected one "
                         "row for each",
                         columns[column].name, vn_table_text(t, (int) column));
}

static enum vn_status
read_node(struct vn_table *t, struct vn_profile_curve *c, struct vn_error *err)
{
    struct vn_profile_point point = {0};
    double parameters = (double) c->parameters;
    enum vn_status status;

    if ((status =
             vn_table_int(t, BATCH, 1, INT64_C(1) << 40, &point.batch, err))
        || (status = vn_table_real(t, STEP, 1e-9, 1e9, &point.step_s, err))
        || (!vn_table_empty(t, PEAK)
            && (status = vn_table_bytes(t, PEAK, 0, INT64_C(1) << 50,
                                        &point.peak_bytes, err)))
        || (status = constant(t, UPDATE, &c->update_s, err))
        || (status = constant(t, PROBE, &c->probe_s, err))
        || (status = read_power(t, c, err))
        || (status = constant(t, PARAMETERS, &parameters, err)))
        return status;
    c->parameters = (int64_t) parameters;
    return vn_profile_add_point(c, point) ? VN_OK : twice(t, BATCH, err);
}

static enum vn_status
read_mapping(struct vn_table *t, struct vn_profile_curve *c,
             struct vn_error *err)
{
    struct vn_profile_mapping mapping = {.step_s = NAN, .spread_step_s = NAN};
    enum vn_status status;
    int64_t devices;

    if ((status = vn_table_int(t, DEVICES, 1, VN_DEVICES_MAX, &devices, err))
        || (!vn_table_empty(t, STEP)
            && (status =
                    vn_table_real(t, STEP, 1e-9, 1e9, &mapping.step_s, err)))
        || (!vn_table_empty(t, SPREAD)
            && (status = vn_table_real(t, SPREAD, 1e-9, 1e9,
                                       &mapping.spread_step_s, err)))
        || (!vn_table_empty(t, GLOBAL)
            && (status = vn_table_int(t, GLOBAL, 1, INT64_C(1) << 40,
                                      &mapping.global_batch, err))))
        return status;
    mapping.devices = (int) devices;
    if (isnan(mapping.step_s) && isnan(mapping.spread_step_s))
        return vn_table_fail(t, STEP, err,
                             "no step_s and no spread_step_s, expected one");
    return vn_profile_add_mapping(c, mapping) ? VN_OK : twice(t, DEVICES, err);
}

static enum vn_status
read_link(struct vn_table *t, struct vn_profile_curve *c, struct vn_error *err)
{
    struct vn_profile_link link = {0};
    enum vn_status status;
    int64_t devices;

    if ((status = vn_table_int(t, DEVICES, 1, VN_DEVICES_MAX, &devices, err))
        || (status = vn_table_real(t, SYNC, 0, 1e9, &link.sync_s, err)))
        return status;
    link.devices = (int) devices;
    return vn_profile_add_link(c, link) ? VN_OK : twice(t, DEVICES, err);
}

static enum vn_status
read_crowd(struct vn_table *t, struct vn_profile_curve *c,
           struct vn_error *err)
{
    struct vn_profile_crowd crowd = {.probe_slowdown = 1};
    enum vn_status status;
    int64_t busy;

    if ((status = vn_table_int(t, BUSY, 2, VN_DEVICES_MAX, &busy, err))
        || (status =
                vn_table_real(t, SLOWDOWN, 0.1, 1e6, &crowd.slowdown, err))
        || (!vn_table_empty(t, PROBE_SLOWDOWN)
            && (status = vn_table_real(t, PROBE_SLOWDOWN, 0.1, 1e6,
                                       &crowd.probe_slowdown, err))))
        return status;
    crowd.busy = (int) busy;
    return vn_profile_add_crowd(c, crowd) ? VN_OK : twice(t, BUSY, err);
}

typedef enum vn_status read_fn(struct vn_table *t, struct vn_profile_curve *c,
                               struct vn_error *err);

/* Which of the tables is this? */
static read_fn *
reader_of(const struct vn_table *t)
{
    bool step = vn_table_has(t, STEP), devices = vn_table_has(t, DEVICES);

    if (vn_table_has(t, BATCH) && step && !devices)
        return read_node;
    if (devices && (step || vn_table_has(t, SPREAD)) && !vn_table_has(t, BATCH)
        && !vn_table_has(t, SYNC))
        return read_mapping;
    if (devices && vn_table_has(t, SYNC) && !step)
        return read_link;
    if (vn_table_has(t, BUSY) && vn_table_has(t, SLOWDOWN) && !step)
        return read_crowd;
    return NULL;
}

static bool
claims(const char *path)
{
    (void) path;
    return true;
}

static enum vn_status
read_table(const char *path, struct vn_profile *p, struct vn_error *err)
{
    struct vn_table_form form = {.columns = columns, .ncolumns = NCOLUMNS};
    struct vn_table *t = NULL;
    enum vn_status status = vn_table_open(path, &form, &t, err);
    read_fn *read = status == VN_OK ? reader_of(t) : NULL;
    bool more = true;

    if (status == VN_OK && read == NULL)
        status = vn_fail(err, VN_EFORMAT,
                         "%s: no profile, expected the columns batch and "
                         "step_s, or devices and step_s, or devices and "
                         "sync_s, or busy and slowdown",
                         path);
    while (status == VN_OK && (status = vn_table_next(t, &more, err)) == VN_OK
           && more) {
        const char *model = vn_table_text(t, MODEL);
        const char *type = vn_table_text(t, TYPE);

        if (*model == '\0' || *type == '\0')
            status = vn_table_fail(t, *model == '\0' ? MODEL : TYPE, err,
                                   "an empty name, expected one");
        else
            status = read(t, vn_profile_entry(p, model, type), err);
    }
    vn_table_close(t);
    return status;
}

const struct vn_profile_format vn_profile_table = {claims, read_table};
