/*
 * Any table of which --map says what stands where:
 *
 *     --map job_id=JobID,submit=Queued,start=Began,end=Done,devices=num_gpus
 *
 * It needs the submission, devices, and a duration or start and end; of a row
 * that has all of these, the duration is the end less the start (life.h).
 * Times are dates, numbers (im->unit), or of im->time_format; a duration may
 * be a span (clock.h).
 */
#include "config.h"

#include "base/names.h"
#include "base/xalloc.h"
#include "traces/import/clock.h"
#include "traces/import/life.h"

#include <stdlib.h>
#include <string.h>

enum key {
    ID,
    SUBMIT,
    START,
    END,
    DURATION,
    DEVICES,
    USER,
    VC,
    TYPE,
    PRIORITY,
    WEIGHT,
    STATUS,
    NAME,
    NKEYS
};

static const char *const keys[NKEYS] = {
    [ID] = "job_id",         [SUBMIT] = "submit",
    [START] = "start",       [END] = "end",
    [DURATION] = "duration", [DEVICES] = "devices",
    [USER] = "user",         [VC] = "vc",
    [TYPE] = "device_type",  [PRIORITY] = "priority",
    [WEIGHT] = "weight",     [STATUS] = "status",
    [NAME] = "name",
};

/* Which column is which; at[key] is -1 where there is none. */
struct map {
    char *text; /* that the columns' names lie in */
    struct vn_column columns[NKEYS];
    int ncolumns;
    int at[NKEYS];
};

/* The key of that name, with "_s" behind a time as our own traces have it. */
static enum vn_status
find_key(const char *name, int *key, struct vn_error *err)
{
    const char *near;

    for (*key = 0; *key < NKEYS; ++*key) {
        size_t length = strlen(keys[*key]);

        if (strncmp(name, keys[*key], length) == 0
            && (name[length] == '\0' || strcmp(name + length, "_s") == 0))
            return VN_OK;
    }
    near = vn_names_nearest(name, keys, NKEYS);
    if (near != NULL)
        return vn_fail(err, VN_EUSAGE,
                       "--map: unknown '%.64s', did you mean '%s'?", name,
                       near);
    return vn_fail(err, VN_EUSAGE,
                   "--map: unknown '%.64s', expected job_id, submit, start, "
                   "end, duration, devices, user, vc, device_type, priority, "
                   "weight, status or name",
                   name);
}

static enum vn_status
read_pair(struct map *m, char *pair, struct vn_error *err)
{
    char *column = strchr(pair, '=');
    enum vn_status status;
    int key;

    if (column == NULL || column[1] == '\0')
        return vn_fail(err, VN_EUSAGE,
                       "--map: '%.80s' is no pair, expected KEY=COLUMN", pair);
    *column++ = '\0';
    status = find_key(pair, &key, err);
    if (status != VN_OK)
        return status;
    if (m->at[key] >= 0)
        return vn_fail(err, VN_EUSAGE, "--map: %s is there twice", keys[key]);
    for (int i = 0; i < m->ncolumns; i++)
        if (strcmp(m->columns[i].name, column) == 0) {
            m->at[key] = i;
            return VN_OK;
        }
    m->at[key] = m->ncolumns;
    m->columns[m->ncolumns++] = (struct vn_column){column, true};
    return VN_OK;
}

static enum vn_status
read_map(const char *text, struct map *m, struct vn_error *err)
{
    enum vn_status status = VN_OK;
    char *pair;

    m->text = vn_xstrdup(text);
    for (int key = 0; key < NKEYS; key++)
        m->at[key] = -1;
    for (char *rest = m->text;
         status == VN_OK && (pair = strsep(&rest, ",")) != NULL;)
        status = read_pair(m, pair, err);
    if (status != VN_OK)
        return status;
    if (m->at[SUBMIT] < 0 || m->at[DEVICES] < 0
        || (m->at[DURATION] < 0 && (m->at[START] < 0 || m->at[END] < 0)))
        return vn_fail(err, VN_EUSAGE,
                       "--map: '%.200s' is not enough, expected submit, "
                       "devices, and duration or start and end",
                       text);
    return VN_OK;
}

/* A row in hand. */
struct row {
    struct vn_import *im;
    struct vn_table *table;
    const struct map *map;
};

static enum vn_status
read_duration(const struct row *in, vn_time *duration, struct vn_error *err)
{
    int column = in->map->at[DURATION];
    const char *text, *wrong;
    char why[VN_WHY_SIZE];

    *duration = VN_IMPORT_OPEN;
    if (column < 0)
        return VN_OK;
    text = vn_table_text(in->table, column);
    if (strchr(text, ':') == NULL)
        return vn_import_open_time(in->im, in->table, column, -VN_TIME_MAX,
                                   duration, err);
    wrong = vn_read_span(text, duration, why);
    return wrong == NULL ? VN_OK
                         : vn_table_fail(in->table, column, err,
                                         "'%.80s' is no duration, expected %s",
                                         text, wrong);
}

/* Submission and duration. */
static enum vn_status
read_life(const struct row *in, struct vn_job *job, bool *keep,
          struct vn_error *err)
{
    const struct map *m = in->map;
    const int at[] = {m->at[SUBMIT], m->at[START], m->at[END],
                      m->at[DURATION] >= 0 ? m->at[DURATION] : m->at[END]};
    bool whole = at[VN_STARTED] >= 0 && at[VN_ENDED] >= 0;
    vn_time moment[VN_NMOMENTS];
    enum vn_status status;

    status = read_duration(in, &moment[VN_LASTED], err);
    for (int k = VN_SUBMITTED; k <= VN_ENDED && status == VN_OK; k++)
        if (whole || k == VN_SUBMITTED)
            status =
                vn_import_moment(in->im, in->table, at[k], &moment[k], err);
    if (status == VN_OK && whole)
        return vn_import_life(in->im, in->table, at, moment, job, keep, err);
    job->submit = moment[VN_SUBMITTED];
    job->duration = moment[VN_LASTED];
    return status;
}

static enum vn_status
read_number(const struct row *in, enum key key, double min, double max,
            double *value, struct vn_error *err)
{
    int column = in->map->at[key];

    if (column < 0 || vn_import_is_open(vn_table_text(in->table, column)))
        return VN_OK;
    return vn_table_real(in->table, column, min, max, value, err);
}

static int
name_of(const struct row *in, enum key key, struct vn_names *names)
{
    return in->map->at[key] >= 0
               ? vn_import_name(in->table, in->map->at[key], names)
               : -1;
}

static enum vn_status
read_row(const struct row *in, struct vn_job *job, bool *keep,
         struct vn_error *err)
{
    struct vn_import *im = in->im;
    enum vn_status status;
    double devices = 0;

    if ((status = read_number(in, DEVICES, 0, VN_DEVICES_MAX, &devices, err))
        || (status = vn_import_devices(im, in->table, in->map->at[DEVICES],
                                       devices, job, keep, err))
        || !*keep || (status = read_life(in, job, keep, err)) || !*keep
        || (status =
                read_number(in, PRIORITY, -1e9, 1e9, &job->priority, err)))
        return status;
    if (job->priority > 0)
        job->weight = job->priority;
    status = read_number(in, WEIGHT, 1e-9, 1e9, &job->weight, err);
    if (in->map->at[ID] >= 0)
        vn_import_id(im, vn_table_text(in->table, in->map->at[ID]), job);
    job->user = name_of(in, USER, &im->names.users);
    job->vc = name_of(in, VC, &im->names.vcs);
    job->device_type = name_of(in, TYPE, &im->names.device_types);
    if (in->map->at[STATUS] >= 0)
        vn_import_outcome(vn_table_text(in->table, in->map->at[STATUS]), job);
    job->name = name_of(in, NAME, &im->names.jobs);
    return status;
}

static enum vn_status
map_row(struct vn_import *im, struct vn_table *t, struct vn_job *job,
        bool *keep, struct vn_error *err)
{
    struct row row = {.im = im, .table = t, .map = im->state};

    return read_row(&row, job, keep, err);
}

static enum vn_status
map_run(struct vn_import *im, struct vn_error *err)
{
    struct map map = {.text = NULL};
    enum vn_status status = read_map(im->map, &map, err);

    im->state = &map;
    if (status == VN_OK)
        status =
            vn_import_table(im,
                            &(struct vn_table_form){.columns = map.columns,
                                                    .ncolumns = map.ncolumns},
                            map_row, err);
    free(map.text);
    return status;
}

const struct vn_importer vn_import_map = {
    .name = "table",
    .summary = "any other table, as --map says",
    .run = map_run,
};
