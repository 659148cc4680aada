/*
 * The rows of our traces, one at a time and in any order: what traces/trace.h
 * reads in order, and what an importer of traces may sort.  They know nothing
 * of whole traces.
 */
#ifndef TRACES_TRACE_ROW_H
#define TRACES_TRACE_ROW_H

#include "base/names.h"
#include "base/table.h"
#include "plan/job.h"
#include "traces/ids.h"

/* Device-microseconds of one job, at most, so that sums of them stay exact. */
#define VN_TRACE_WORK_MAX (INT64_C(1) << 62)

enum vn_trace_column {
    VN_TRACE_ID,
    VN_TRACE_SUBMIT,
    VN_TRACE_DURATION,
    VN_TRACE_DEVICES,
    VN_TRACE_MODEL,
    VN_TRACE_BATCH,
    VN_TRACE_VNODES,
    VN_TRACE_STEPS,
    VN_TRACE_MIN_DEVICES,
    VN_TRACE_MAX_DEVICES,
    VN_TRACE_WEIGHT,
    VN_TRACE_PRIORITY,
    VN_TRACE_DEADLINE,
    VN_TRACE_USER,
    VN_TRACE_VC,
    VN_TRACE_TYPE,
    VN_TRACE_MILLI,
    VN_TRACE_CPU,
    VN_TRACE_MEMORY,
    VN_TRACE_PREDICTED,
    VN_TRACE_STATUS,
    VN_TRACE_NAME,
    VN_TRACE_NCOLUMNS
};

extern const struct vn_column vn_trace_columns[VN_TRACE_NCOLUMNS];

/* The names that jobs' numbers stand for. */
struct vn_trace_names {
    struct vn_names models;
    struct vn_names users;
    struct vn_names vcs;
    struct vn_names device_types;
    struct vn_names jobs;
};

void vn_trace_names_free(struct vn_trace_names *names);

/* A job with every default: recorded, of one device, id and times 0. */
struct vn_job vn_trace_job(void);

/* A table with these columns, from a stream, as vn_table_read(). */
enum vn_status vn_trace_table(FILE *in, const char *name,
                              struct vn_table **table, struct vn_error *err);

/* The job of the row in hand; its names are added to names. */
enum vn_status vn_trace_row(struct vn_table *table, struct vn_job *job,
                            struct vn_trace_names *names,
                            struct vn_error *err);

/* Fail at an id that stands on two lines of the file. */
enum vn_status vn_trace_refuse_twice(const char *file,
                                     const struct vn_ids_twice *twice,
                                     struct vn_error *err);

#endif /* TRACES_TRACE_ROW_H */
