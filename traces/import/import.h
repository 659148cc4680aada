/*
 * Importers: other people's traces made into ours.
 *
 * An importer reads one format from a stream.  It gives each job, with its
 * submission by the log's own clock, to vn_import_add(), and says of each row
 * that it had to drop or repair why, through vn_import_note(); what is no row
 * of the format at all is an error.  Sorting, renumbering, the choice of a
 * part of the trace, the report and writing are done here, for all formats.
 *
 * To add one, write traces/import/NAME.c, name it in vn_importers (import.c)
 * and traces/local.mk, give t/traces/import.sh.t a file of it, and
 * man/vntrace.1 a line.
 */
#ifndef TRACES_IMPORT_IMPORT_H
#define TRACES_IMPORT_IMPORT_H

#include "base/error.h"
#include "base/table.h"
#include "plan/adaptive/application.h"
#include "traces/trace.h"

#include <stdbool.h>

enum vn_import_fate {
    VN_DROPPED,
    VN_REPAIRED,
    VN_LEFT_OUT /* by vn_import_choice; not damage */
};

/* What befell some rows, and the first of them. */
struct vn_import_note {
    enum vn_import_fate fate;
    const char *why;
    int64_t count;
    long line;
};

enum {
    VN_IMPORT_NOTES_MAX = 24, /* different ones of one import */
    VN_IMPORT_REMARKS_MAX = 16,
    VN_IMPORT_REMARK_SIZE = 160
};

/* How a table that is not known before writes its times. */
enum vn_import_times {
    VN_TIMES_UNSEEN,
    VN_TIMES_NUMBERS,
    VN_TIMES_DATES,
    VN_TIMES_ZONED
};

/* An import on its way.  Start from zeros, file and in; see vn_import_run().
 */
struct vn_import {
    const char *file; /* for messages */
    FILE *in;
    bool strict; /* the first row to drop or repair is an error */
    const struct vn_applications *applications; /* or NULL */
    double unit; /* of a bare number, in microseconds; 0: seconds */
    const char *time_format; /* of a time that is none, as of strptime(); NULL:
                              * what clock.h reads */
    const char *map;         /* of the importer "table" */
    void *state;             /* the importer's own, while it runs */

    /* What the importer says of submissions. */
    bool calendar;    /* they count from 1970, not from a zero of their own */
    const char *zone; /* of the calendar, or NULL where nothing is known */
    bool pacific;     /* they are UTC, and shown and chosen in Pacific time */
    enum vn_import_times times; /* vn_import_moment()'s, so far */
    vn_time epoch; /* added to all: the calendar time of the zero */

    /* What vn_import_id() has seen. */
    bool has_ids;
    bool has_names; /* an id that is no number */

    int64_t rows; /* read, those dropped too */
    struct vn_job *jobs;
    size_t njobs;
    size_t allocated;
    struct vn_trace_names names;
    struct vn_import_note notes[VN_IMPORT_NOTES_MAX];
    int nnotes;
    vn_time origin; /* the first submission, which became 0 */

    /* The trace's head, "origin: ...": for vn_trace_write(). */
    char remarks[VN_IMPORT_REMARKS_MAX][VN_IMPORT_REMARK_SIZE];
    int nremarks;
};

struct vn_importer {
    const char *name;    /* as given to --from */
    const char *summary; /* one line for --list */

    /* Ids and times are ours already and stay as they are. */
    bool own;

    bool adaptive; /* it can make use of applications' tables */
    /* Its times are dates, so that a unit would say nothing. */
    bool dated;

    /* Read all of im->in. */
    enum vn_status (*run)(struct vn_import *im, struct vn_error *err);
};

/* All importers, ended by NULL; and that of any table, "table". */
extern const struct vn_importer *const vn_importers[];
extern const struct vn_importer vn_import_map;

/* The importer of that name; VN_EUSAGE names the nearest. */
enum vn_status vn_importer_find(const char *name,
                                const struct vn_importer **importer,
                                struct vn_error *err);

/* Which part of a trace is wanted.  Zeros: all of it. */
struct vn_import_choice {
    const char *from_time; /* a date, or seconds of the log's clock; or NULL */
    vn_time max_duration;  /* of recorded jobs, 0 if any */
    int64_t first;         /* so many, after the other choices; 0 is all */
};

/*
 * Read a trace: im->jobs in order of submission, rows of equal times in the
 * file's order or by id, times from the first submission (an own trace keeps
 * its times).  Ids are the log's own where it has numbers, each once; else
 * they count from 0 in order of submission.  Release with vn_import_free(),
 * also where it failed.
 */
enum vn_status vn_import_run(const struct vn_importer *importer,
                             struct vn_import *im,
                             const struct vn_import_choice *choice,
                             struct vn_error *err);

void vn_import_free(struct vn_import *im);

enum vn_import_format {
    VN_IMPORT_TEXT,
    VN_IMPORT_CSV, /* what,count,first_line,why */
    VN_IMPORT_JSON /* one object */
};

/* Rows, jobs, and what was dropped, repaired and left out. */
void vn_import_report(FILE *out, const struct vn_import *im,
                      enum vn_import_format format);

/*
 * For importers.
 */

/*
 * Keep a job, which stands in that line.  One whose submission is open
 * (life.h), and a recorded one that ran for no time, or for a negative or an
 * open one, is dropped with a note.  Its id is looked at where vn_import_id()
 * set it.
 */
enum vn_status vn_import_add(struct vn_import *im, const struct vn_job *job,
                             long line, struct vn_error *err);

/* Set the job's id to that of the log, if it is a number of at least 0. */
void vn_import_id(struct vn_import *im, const char *text, struct vn_job *job);

/*
 * Count a row among those that `why` (a constant; "it has no GPUs") befell.
 * Where the import is strict, fail at the place instead.  Line 0 is the whole
 * file.
 */
enum vn_status vn_import_note(struct vn_import *im, enum vn_import_fate fate,
                              long line, long column, const char *why,
                              struct vn_error *err);

/* The same of the table's row in hand, at the column. */
enum vn_status vn_import_row_note(struct vn_import *im, struct vn_table *table,
                                  int column, enum vn_import_fate fate,
                                  const char *why, struct vn_error *err);

/*
 * Read a table, each row of it into one job, which row() fills from
 * vn_trace_job().  Where the row is dropped, which row() notes, it sets
 * *keep to false.
 */
typedef enum vn_status vn_import_row_fn(struct vn_import *im,
                                        struct vn_table *table,
                                        struct vn_job *job, bool *keep,
                                        struct vn_error *err);

enum vn_status vn_import_table(struct vn_import *im,
                               const struct vn_table_form *form,
                               vn_import_row_fn *row, struct vn_error *err);

/*
 * Give the job n devices: a fraction is rounded up and noted, and a job of
 * none is noted as dropped, with *keep false.
 */
enum vn_status vn_import_devices(struct vn_import *im, struct vn_table *table,
                                 int column, double n, struct vn_job *job,
                                 bool *keep, struct vn_error *err);

/* A cell as a calendar time (clock.h); zoned: it must have an offset. */
enum vn_status vn_import_clock(const struct vn_import *im,
                               struct vn_table *table, int column, bool zoned,
                               vn_time *value, struct vn_error *err);

/* As vn_table_time(), of a number in the unit that the user names. */
enum vn_status vn_import_time(const struct vn_import *im,
                              struct vn_table *table, int column, vn_time min,
                              vn_time max, vn_time *value,
                              struct vn_error *err);

/* The same of a text, as of base/number.h, and of a number of seconds. */
const char *vn_import_read_time(const struct vn_import *im, const char *text,
                                vn_time min, vn_time max, vn_time *value,
                                char *why);
vn_time vn_import_scale(const struct vn_import *im, double time);

/* Add a remark; a text that does not fit is cut, one too many left out. */
void vn_import_remark(struct vn_import *im, const char *format, ...)
    __attribute__((__format__(printf, 2, 3)));

/* The number of the name in a cell, -1 where it is empty. */
int vn_import_name(const struct vn_table *table, int column,
                   struct vn_names *names);

#endif /* TRACES_IMPORT_IMPORT_H */
