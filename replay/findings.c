#include "config.h"

#include "replay/findings.h"

#include "base/file.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct row {
    char *label;
    double values[VN_FINDINGS_COLUMNS];
};

struct table {
    char *title;
    char *rows_name;
    const struct vn_findings_column *columns;
    int ncolumns;
    struct row *rows;
    int nrows;
    char **notes;
    int nnotes;
};

struct vn_findings {
    struct table *tables;
    int ntables;
};

struct vn_findings *
vn_findings_alloc(void)
{
    return vn_xcalloc(1, sizeof(struct vn_findings));
}

void
vn_findings_free(struct vn_findings *f)
{
    if (f == NULL)
        return;
    for (int i = 0; i < f->ntables; i++) {
        struct table *t = &f->tables[i];

        for (int r = 0; r < t->nrows; r++)
            free(t->rows[r].label);
        for (int n = 0; n < t->nnotes; n++)
            free(t->notes[n]);
        free(t->title);
        free(t->rows_name);
        free(t->rows);
        free(t->notes);
    }
    free(f->tables);
    free(f);
}

static char *
copy(const char *text)
{
    return strcpy(vn_xcalloc(strlen(text) + 1, 1), text);
}

void
vn_findings_table(struct vn_findings *f, const char *title, const char *rows,
                  const struct vn_findings_column *columns)
{
    struct table *t;

    f->tables =
        vn_xrealloc(f->tables, (size_t) f->ntables + 1, sizeof *f->tables);
    t = &f->tables[f->ntables++];
    *t = (struct table){
        .title = copy(title), .rows_name = copy(rows), .columns = columns};
    while (columns[t->ncolumns].name != NULL)
        t->ncolumns++;
}

void
vn_findings_row(struct vn_findings *f, const char *label, const double *values)
{
    struct table *t = &f->tables[f->ntables - 1];

    t->rows = vn_xrealloc(t->rows, (size_t) t->nrows + 1, sizeof *t->rows);
    t->rows[t->nrows].label = copy(label);
    memcpy(t->rows[t->nrows++].values, values,
           (size_t) t->ncolumns * sizeof *values);
}

double
vn_findings_value(const struct vn_findings *f, const char *title,
                  const char *label, const char *column)
{
    for (int i = 0; i < f->ntables; i++) {
        const struct table *t = &f->tables[i];

        for (int r = 0; r < t->nrows && strcmp(t->title, title) == 0; r++)
            for (int c = 0; c < t->ncolumns; c++)
                if (strcmp(t->rows[r].label, label) == 0
                    && strcmp(t->columns[c].name, column) == 0)
                    return t->rows[r].values[c];
    }
    return NAN;
}

void
vn_findings_note(struct vn_findings *f, const char *format, ...)
{
    struct table *t = &f->tables[f->ntables - 1];
    char text[1024];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    t->notes = vn_xrealloc(t->notes, (size_t) t->nnotes + 1, sizeof *t->notes);
    t->notes[t->nnotes++] = copy(text);
}

const char *
vn_findings_interval(double low, double high, char *text)
{
    if (isnan(low) || isnan(high))
        snprintf(text, VN_INTERVAL_TEXT, "one execution: no interval");
    else
        snprintf(text, VN_INTERVAL_TEXT, "95 %% interval %.2f to %.2f", low,
                 high);
    return text;
}

/* A number as it stands in text; "" where there is none. */
static void
cell(char *text, size_t size, double value, int decimals)
{
    if (isnan(value))
        *text = '\0';
    else
        snprintf(text, size, "%.*f", decimals, value);
}

static void
print_table(const struct table *t, FILE *out)
{
    int first = (int) strlen(t->rows_name), width[VN_FINDINGS_COLUMNS];
    char text[64];

    for (int r = 0; r < t->nrows; r++)
        if ((int) strlen(t->rows[r].label) > first)
            first = (int) strlen(t->rows[r].label);
    for (int c = 0; c < t->ncolumns; c++) {
        width[c] = (int) strlen(t->columns[c].name);
        for (int r = 0; r < t->nrows; r++) {
            cell(text, sizeof text, t->rows[r].values[c],
                 t->columns[c].decimals);
            if ((int) strlen(text) > width[c])
                width[c] = (int) strlen(text);
        }
    }
    fprintf(out, "%s\n\n  %-*s", t->title, first, t->rows_name);
    for (int c = 0; c < t->ncolumns; c++)
        fprintf(out, "  %*s", width[c], t->columns[c].name);
    putc('\n', out);
    for (int r = 0; r < t->nrows; r++) {
        fprintf(out, "  %-*s", first, t->rows[r].label);
        for (int c = 0; c < t->ncolumns; c++) {
            cell(text, sizeof text, t->rows[r].values[c],
                 t->columns[c].decimals);
            fprintf(out, "  %*s", width[c], text);
        }
        putc('\n', out);
    }
    if (t->nnotes > 0)
        putc('\n', out);
    for (int n = 0; n < t->nnotes; n++)
        fprintf(out, "  %s\n", t->notes[n]);
}

static void
print_csv(const struct table *t, FILE *out)
{
    for (int r = 0; r < t->nrows; r++)
        for (int c = 0; c < t->ncolumns; c++) {
            vn_csv_cell(out, t->title);
            putc(',', out);
            vn_csv_cell(out, t->rows[r].label);
            putc(',', out);
            vn_csv_cell(out, t->columns[c].name);
            if (isnan(t->rows[r].values[c]))
                fputs(",\n", out);
            else
                fprintf(out, ",%.10g\n", t->rows[r].values[c]);
        }
}

static void
print_json(const struct table *t, FILE *out)
{
    fputs("  {\"table\": ", out);
    vn_json_string(out, t->title);
    fputs(", \"rows\": [", out);
    for (int r = 0; r < t->nrows; r++) {
        fputs(r > 0 ? ",\n    {" : "\n    {", out);
        vn_json_string(out, t->rows_name);
        fputs(": ", out);
        vn_json_string(out, t->rows[r].label);
        for (int c = 0; c < t->ncolumns; c++) {
            fputs(", ", out);
            vn_json_string(out, t->columns[c].name);
            if (isnan(t->rows[r].values[c]))
                fputs(": null", out);
            else
                fprintf(out, ": %.10g", t->rows[r].values[c]);
        }
        putc('}', out);
    }
    fputs("],\n   \"notes\": [", out);
    for (int n = 0; n < t->nnotes; n++) {
        fputs(n > 0 ? ", " : "", out);
        vn_json_string(out, t->notes[n]);
    }
    fputs("]}", out);
}

void
vn_findings_print(const struct vn_findings *f, FILE *out,
                  enum vn_findings_format format)
{
    if (format == VN_FINDINGS_CSV)
        fputs("table,row,column,value\n", out);
    if (format == VN_FINDINGS_JSON)
        fputs("[\n", out);
    for (int i = 0; i < f->ntables; i++)
        switch (format) {
        case VN_FINDINGS_TEXT:
            fputs(i > 0 ? "\n" : "", out);
            print_table(&f->tables[i], out);
            break;
        case VN_FINDINGS_CSV:
            print_csv(&f->tables[i], out);
            break;
        case VN_FINDINGS_JSON:
            fputs(i > 0 ? ",\n" : "", out);
            print_json(&f->tables[i], out);
            break;
        }
    if (format == VN_FINDINGS_JSON)
        fputs("\n]\n", out);
}
