#include "config.h"

#include "replay/experiment/sheet.h"

#include "base/file.h"
#include "base/table.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct vn_sheet {
    const char *const *columns;
    int ncolumns;
    char **cells; /* row by row */
    size_t ncells;
    size_t room;
};

struct vn_sheet *
vn_sheet_alloc(const char *const *columns)
{
    struct vn_sheet *sheet = vn_xcalloc(1, sizeof *sheet);

    sheet->columns = columns;
    while (columns[sheet->ncolumns] != NULL)
        sheet->ncolumns++;
    return sheet;
}

void
vn_sheet_free(struct vn_sheet *sheet)
{
    if (sheet == NULL)
        return;
    for (size_t i = 0; i < sheet->ncells; i++)
        free(sheet->cells[i]);
    free(sheet->cells);
    free(sheet);
}

void
vn_sheet_cell(struct vn_sheet *sheet, const char *format, ...)
{
    va_list args;
    char *text;
    int n;

    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    text = vn_xcalloc((size_t) n + 1, 1);
    va_start(args, format);
    vsnprintf(text, (size_t) n + 1, format, args);
    va_end(args);
    if (sheet->ncells == sheet->room) {
        sheet->room = 2 * sheet->room + 64;
        sheet->cells =
            vn_xrealloc(sheet->cells, sheet->room, sizeof *sheet->cells);
    }
    sheet->cells[sheet->ncells++] = text;
}

enum vn_status
vn_sheet_write(const struct vn_sheet *sheet, const char *path,
               struct vn_error *err)
{
    struct vn_file file = {0};
    enum vn_status status;

    if (path == NULL)
        return VN_OK;
    status = vn_file_create(&file, path, err);
    if (status != VN_OK)
        return status;
    for (int c = 0; c < sheet->ncolumns; c++)
        fprintf(file.stream, "%s%s", c > 0 ? "," : "", sheet->columns[c]);
    for (size_t i = 0; i < sheet->ncells; i++) {
        fputs(i % (size_t) sheet->ncolumns == 0 ? "\n" : ",", file.stream);
        vn_csv_cell(file.stream, sheet->cells[i]);
    }
    fputc('\n', file.stream);
    status = vn_file_commit(&file, err);
    vn_file_discard(&file);
    return status;
}

/* How one column agrees. */
struct agreement {
    double same;
    double worst; /* of numbers; NAN without any */
};

/* Is text a number, all of it? */
static bool
number(const char *text, double *value)
{
    char *end;

    *value = strtod(text, &end);
    return end != text && *end == '\0';
}

static bool
same_cell(const char *have, const char *want, double tolerance,
          struct agreement *a)
{
    double x, y, off;

    if (!number(have, &x) || !number(want, &y))
        return strcmp(have, want) == 0;
    off = fabs(x - y);
    if (isnan(a->worst) || off > a->worst)
        a->worst = off;
    return off <= tolerance;
}

struct held {
    struct agreement *columns;
    double rows; /* of both */
    double same; /* that are the same in all columns */
    double lone; /* rows of the file that the sheet lacks */
};

/* A row of the sheet by its first cell, looked for from *from on, where rows
 * of a table in the same order stand; NULL without one. */
static char **
find_row(const struct vn_sheet *sheet, const char *key, size_t *from)
{
    size_t width = (size_t) sheet->ncolumns, rows = sheet->ncells / width;

    for (size_t i = 0; i < rows; i++) {
        size_t row = (*from + i) % rows;

        if (strcmp(sheet->cells[row * width], key) == 0) {
            *from = row + 1;
            return &sheet->cells[row * width];
        }
    }
    return NULL;
}

static enum vn_status
hold(const struct vn_sheet *sheet, struct vn_table *t, double tolerance,
     struct held *held, struct vn_error *err)
{
    enum vn_status status;
    size_t from = 0;
    bool more;

    while ((status = vn_table_next(t, &more, err)) == VN_OK && more) {
        char **row = find_row(sheet, vn_table_text(t, 0), &from);
        bool all = true;

        if (row == NULL) {
            held->lone++;
            continue;
        }
        held->rows++;
        for (int c = 1; c < sheet->ncolumns; c++) {
            bool same;

            if (!vn_table_has(t, c))
                continue;
            same = same_cell(row[c], vn_table_text(t, c), tolerance,
                             &held->columns[c]);
            held->columns[c].same += same;
            all = all && same;
        }
        held->same += all;
    }
    return status;
}

static void
show(const struct vn_sheet *sheet, const struct vn_table *t, const char *path,
     const struct held *held, struct vn_findings *findings)
{
    static const struct vn_findings_column shown[] = {
        {"the same", 0}, {"of", 0}, {"worst difference", 6}, {NULL, 0}};

    vn_findings_table(findings, path, "column", shown);
    for (int c = 1; c < sheet->ncolumns; c++)
        if (vn_table_has(t, c))
            vn_findings_row(findings, sheet->columns[c],
                            (double[]){held->columns[c].same, held->rows,
                                       held->columns[c].worst});
    vn_findings_row(findings, "all of them",
                    (double[]){held->same, held->rows, NAN});
    if (held->lone > 0)
        vn_findings_note(findings, "%.0f of its rows are not in ours.",
                         held->lone);
}

/* What stands in each column of numbers. */
static void
summarise(const struct vn_sheet *sheet, struct vn_findings *findings)
{
    static const struct vn_findings_column shown[] = {
        {"mean", 3}, {"least", 3}, {"most", 3}, {"known", 0}, {NULL, 0}};

    vn_findings_table(findings, "What came of it", "column", shown);
    for (int c = 1; c < sheet->ncolumns; c++) {
        double sum = 0, least = INFINITY, most = -INFINITY, n = 0, x;
        bool words = false;

        for (size_t i = (size_t) c; i < sheet->ncells;
             i += (size_t) sheet->ncolumns)
            if (number(sheet->cells[i], &x)) {
                sum += x;
                least = fmin(least, x);
                most = fmax(most, x);
                n++;
            } else {
                words = words || sheet->cells[i][0] != '\0';
            }
        if (!words)
            vn_findings_row(findings, sheet->columns[c],
                            (double[]){n > 0 ? sum / n : NAN,
                                       n > 0 ? least : NAN, n > 0 ? most : NAN,
                                       n});
    }
}

enum vn_status
vn_sheet_compare(const struct vn_sheet *sheet, const char *path,
                 double tolerance, struct vn_findings *findings,
                 struct vn_error *err)
{
    struct vn_column *columns;
    struct vn_table_form form = {.ncolumns = sheet->ncolumns};
    struct held held = {0};
    struct vn_table *t = NULL;
    enum vn_status status;

    summarise(sheet, findings);
    if (access(path, F_OK) != 0) {
        vn_findings_note(findings, "There is no %s to hold it against.", path);
        return VN_OK;
    }
    columns = vn_xcalloc((size_t) sheet->ncolumns, sizeof *columns);
    held.columns = vn_xcalloc((size_t) sheet->ncolumns, sizeof *held.columns);
    for (int c = 0; c < sheet->ncolumns; c++) {
        columns[c] = (struct vn_column){sheet->columns[c], c == 0};
        held.columns[c].worst = NAN;
    }
    form.columns = columns;
    status = vn_table_open(path, &form, &t, err);
    if (status == VN_OK)
        status = hold(sheet, t, tolerance, &held, err);
    if (status == VN_OK)
        show(sheet, t, path, &held, findings);
    vn_table_close(t);
    free(held.columns);
    free(columns);
    return status;
}

enum vn_status
vn_sheet_compare_case(const struct vn_sheet *sheet,
                      const struct vn_request *request, double tolerance,
                      struct vn_findings *findings, struct vn_error *err)
{
    const char *folder = vn_path(request->paths, request->data, request->name);
    char name[80];

    snprintf(name, sizeof name, "%.64s.csv", request->policy);
    return vn_sheet_compare(sheet, vn_path(request->paths, folder, name),
                            tolerance, findings, err);
}
