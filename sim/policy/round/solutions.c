#include "config.h"

#include "sim/policy/round/solutions.h"

#include "base/table.h"
#include "base/xalloc.h"
#include "plan/cluster.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    TRACE,
    MODE,
    TIME,
    OBJECTIVE,
    JOB,
    SHARES, /* one for each type from here on */
    COLUMNS_MAX = SHARES + 64
};

struct row {
    vn_time time;
    int64_t job;
    double objective;
    int number; /* of the row, and its place in `share` */
};

struct vn_solutions {
    int ntypes;
    struct row *rows; /* by time, then job */
    int nrows;
    int room;
    double *share; /* share[number x ntypes + type] */
};

static int
compare_rows(const void *va, const void *vb)
{
    const struct row *a = va, *b = vb;
    int order = (a->time > b->time) - (a->time < b->time);

    return order != 0 ? order : (a->job > b->job) - (a->job < b->job);
}

static bool
wanted(const struct vn_table *t, int column, const char *name)
{
    return *name == '\0' || strcmp(vn_table_text(t, column), name) == 0;
}

static enum vn_status
read_row(struct vn_solutions *s, struct vn_table *t, struct vn_error *err)
{
    struct row row = {.objective = NAN, .number = s->nrows};
    enum vn_status status;

    if (s->nrows == s->room) {
        s->room = 2 * s->room + 64;
        s->rows = vn_xrealloc(s->rows, (size_t) s->room, sizeof *s->rows);
        s->share = vn_xrealloc(s->share, (size_t) s->room * (size_t) s->ntypes,
                               sizeof *s->share);
    }
    if ((status = vn_table_time(t, TIME, 0, VN_TIME_MAX, &row.time, err))
        || (status = vn_table_int(t, JOB, 0, INT64_MAX, &row.job, err))
        || (!vn_table_empty(t, OBJECTIVE)
            && (status = vn_table_real(t, OBJECTIVE, 0, 1e300, &row.objective,
                                       err))))
        return status;
    for (int i = 0; i < s->ntypes; i++)
        if ((status =
                 vn_table_real(t, SHARES + i, 0, 1,
                               &s->share[(size_t) s->nrows * (size_t) s->ntypes
                                         + (size_t) i],
                               err)))
            return status;
    s->rows[s->nrows++] = row;
    return VN_OK;
}

/* "x_" and the name in small letters. */
static char *
column_name(const char *type)
{
    char *name = vn_xcalloc(strlen(type) + 3, 1);

    strcpy(name, "x_");
    for (size_t i = 0; type[i] != '\0'; i++)
        name[2 + i] = (char) tolower((unsigned char) type[i]);
    return name;
}

static enum vn_status
read_rows(struct vn_solutions *s, struct vn_table *t, const char *trace,
          const char *mode, struct vn_error *err)
{
    enum vn_status status;
    bool more = true;

    while ((status = vn_table_next(t, &more, err)) == VN_OK && more)
        if (wanted(t, TRACE, trace) && wanted(t, MODE, mode)
            && (status = read_row(s, t, err)) != VN_OK)
            return status;
    return status;
}

enum vn_status
vn_solutions_read(const char *path, const char *trace, const char *mode,
                  const char *const *types, int ntypes,
                  struct vn_solutions **solutions, struct vn_error *err)
{
    struct vn_column columns[COLUMNS_MAX] = {
        [TRACE] = {"trace", *trace != '\0'},
        [MODE] = {"mode", *mode != '\0'},
        [TIME] = {"t_s", true},
        [OBJECTIVE] = {"lp_objective", false},
        [JOB] = {"job_id", true},
    };
    struct vn_table_form form = {.columns = columns,
                                 .ncolumns = SHARES + ntypes};
    struct vn_solutions *s = vn_xcalloc(1, sizeof *s);
    struct vn_table *t = NULL;
    enum vn_status status;

    s->ntypes = ntypes;
    for (int i = 0; i < ntypes; i++)
        columns[SHARES + i] = (struct vn_column){column_name(types[i]), true};
    status = vn_table_open(path, &form, &t, err);
    if (status == VN_OK)
        status = read_rows(s, t, trace, mode, err);
    vn_table_close(t);
    for (int i = 0; i < ntypes; i++)
        free((char *) columns[SHARES + i].name);
    if (status == VN_OK && s->nrows == 0)
        status = vn_fail(err, VN_EFORMAT,
                         "%s: no solutions of trace '%s', mode '%s'", path,
                         trace, mode);
    if (status != VN_OK) {
        vn_solutions_free(s);
        return status;
    }
    qsort(s->rows, (size_t) s->nrows, sizeof *s->rows, compare_rows);
    *solutions = s;
    return VN_OK;
}

void
vn_solutions_free(struct vn_solutions *s)
{
    if (s == NULL)
        return;
    free(s->rows);
    free(s->share);
    free(s);
}

/* The first row that is not before (time, job). */
static int
find(const struct vn_solutions *s, vn_time time, int64_t job)
{
    struct row key = {.time = time, .job = job};
    int low = 0, high = s->nrows;

    while (low < high) {
        int middle = low + (high - low) / 2;

        if (compare_rows(&s->rows[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const double *
vn_solutions_of(const struct vn_solutions *s, vn_time time, int64_t job)
{
    int i = find(s, time, job);

    if (i == s->nrows || s->rows[i].time != time || s->rows[i].job != job)
        return NULL;
    return s->share + (size_t) s->rows[i].number * (size_t) s->ntypes;
}

int
vn_solutions_count(const struct vn_solutions *s, vn_time time)
{
    return find(s, time, INT64_MAX) - find(s, time, 0);
}

double
vn_solutions_objective(const struct vn_solutions *s, vn_time time)
{
    int i = find(s, time, 0);

    return i < s->nrows && s->rows[i].time == time ? s->rows[i].objective
                                                   : NAN;
}
