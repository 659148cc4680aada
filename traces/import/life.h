/*
 * From the times that a cluster's log gives of a job, to a submission and a
 * duration.  The logs agree on little: a time may be missing, may be told
 * twice and differently, and may lie before the one that should come first.
 */
#ifndef TRACES_IMPORT_LIFE_H
#define TRACES_IMPORT_LIFE_H

#include "traces/import/import.h"

/* In place of a time that the log leaves open. */
#define VN_IMPORT_OPEN INT64_MIN

enum vn_import_moment {
    VN_SUBMITTED,
    VN_STARTED,
    VN_ENDED,
    VN_LASTED, /* a duration, which may be left open where it is not told */
    VN_NMOMENTS
};

/*
 * Whether a cell says that there is nothing: "", "None", "NaN", "Unknown" and
 * the like, in capitals or not, and for a date the second 0 of a clock, be it
 * that of Unix in any zone (1970-01-01 08:00:00), an older one (0001-01-01) or
 * the end of all days (9999-12-31).
 */
bool vn_import_is_open(const char *text);

/*
 * As vn_import_clock() and vn_import_time(), or VN_IMPORT_OPEN; at least min.
 * A date that is "0" or "-1" is open too.
 */
enum vn_status vn_import_open_clock(const struct vn_import *im,
                                    struct vn_table *table, int column,
                                    bool zoned, vn_time *value,
                                    struct vn_error *err);
enum vn_status vn_import_open_time(const struct vn_import *im,
                                   struct vn_table *table, int column,
                                   vn_time min, vn_time *value,
                                   struct vn_error *err);

/*
 * A cell of a table that is not known before: a number, in im->unit, or a date
 * with or without an offset, as all before were; or VN_IMPORT_OPEN.  Sets
 * im->calendar and zone.
 */
enum vn_status vn_import_moment(struct vn_import *im, struct vn_table *table,
                                int column, vn_time *value,
                                struct vn_error *err);

/* A moment that is 0 or -1, where another counts from 1970, becomes open. */
void vn_import_open_zeros(vn_time moment[VN_NMOMENTS]);

/*
 * Set the job's submission, and its duration, which is the end less the start
 * and not what the log says it is where they differ by more than a second.  A
 * moment that is 0 or -1 where another is in our days is open.
 * column[m] is where the table has moment m, for the place of a note; *keep
 * is false where the job never began, had not ended, or ended before.
 */
enum vn_status vn_import_life(struct vn_import *im, struct vn_table *table,
                              const int column[VN_NMOMENTS],
                              const vn_time moment[VN_NMOMENTS],
                              struct vn_job *job, bool *keep,
                              struct vn_error *err);

/* The same of a log that tells calendar times (zoned: with an offset from UTC)
 * and seconds of duration. */
enum vn_status vn_import_clock_life(struct vn_import *im,
                                    struct vn_table *table,
                                    const int column[VN_NMOMENTS], bool zoned,
                                    struct vn_job *job, bool *keep,
                                    struct vn_error *err);

/* The columns of a log that has a row a job, in the clusters' calendar. */
struct vn_import_log {
    int id, user, gpus, state;
    int moments[VN_NMOMENTS];
    bool zoned; /* times have their offset from UTC */
};

/* Take such a row: its devices, name, user and life. */
enum vn_status vn_import_log_row(struct vn_import *im, struct vn_table *table,
                                 const struct vn_import_log *log,
                                 struct vn_job *job, bool *keep,
                                 struct vn_error *err);

/*
 * Set how the job ended, from the word that the log has for it: "Pass",
 * "COMPLETED", "Terminated" ...; another word, or NULL, says nothing.
 */
void vn_import_outcome(const char *word, struct vn_job *job);

#endif /* TRACES_IMPORT_LIFE_H */
