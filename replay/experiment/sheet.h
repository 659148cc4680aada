/*
 * A table that an experiment makes: rows of cells under named columns, to be
 * written as CSV and held against a table of the same columns.
 *
 *     static const char *const columns[] = {"job_id", "finish_s", NULL};
 *     struct vn_sheet *sheet = vn_sheet_alloc(columns);
 *     for each job {
 *         vn_sheet_cell(sheet, "%d", id);
 *         vn_sheet_cell(sheet, "%.6f", finish);  -- "" where it is not known
 *     }
 *     vn_sheet_write(sheet, request->jobs, err)
 *     vn_sheet_compare_case(sheet, request, 1e-6, findings, err)
 */
#ifndef REPLAY_EXPERIMENT_SHEET_H
#define REPLAY_EXPERIMENT_SHEET_H

#include "base/error.h"
#include "replay/experiment/experiment.h"

struct vn_sheet;

/* columns, ended by NULL, are kept. */
struct vn_sheet *vn_sheet_alloc(const char *const *columns);
void vn_sheet_free(struct vn_sheet *sheet);

/* The next cell of the row in hand; as many as columns make a row. */
void vn_sheet_cell(struct vn_sheet *sheet, const char *format, ...)
    __attribute__((__format__(printf, 2, 3)));

/* Write it as CSV, whole or not at all; nothing where path is NULL. */
enum vn_status vn_sheet_write(const struct vn_sheet *sheet, const char *path,
                              struct vn_error *err);

/*
 * Add to the findings the mean and the range of each column of numbers; then
 * hold it against a table, rows by their first cell, and add to them of each
 * column that both have in how many rows it is the same (numbers within the
 * tolerance, in the column's unit) and what the worst difference is.  Where
 * there is no such file it says so.
 */
enum vn_status vn_sheet_compare(const struct vn_sheet *sheet, const char *path,
                                double tolerance, struct vn_findings *findings,
                                struct vn_error *err);

/* The same against DATA/CASE/POLICY.csv of a request. */
enum vn_status vn_sheet_compare_case(const struct vn_sheet *sheet,
                                     const struct vn_request *request,
                                     double tolerance,
                                     struct vn_findings *findings,
                                     struct vn_error *err);

#endif /* REPLAY_EXPERIMENT_SHEET_H */
