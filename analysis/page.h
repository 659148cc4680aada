/*
 * A page of HTML that needs nothing but itself: texts without meaning to the
 * language, tables, figures within it, light and dark, on a phone and on
 * paper.
 */
#ifndef ANALYSIS_PAGE_H
#define ANALYSIS_PAGE_H

#include "base/error.h"

#include <stdio.h>

/* What stands before all else: head, style, title. */
void vn_page_begin(FILE *out, const char *title);

/* The script that sorts tables of the class "sortable", and the end. */
void vn_page_end(FILE *out);

/* A text from results: markup and control characters mean nothing in it, and
 * it runs its own way whatever is written beside it. */
void vn_page_text(FILE *out, const char *text);

/* A cell of a table, "th" or "td"; text may be NULL for none. */
void vn_page_cell(FILE *out, const char *kind, const char *text);

/* A cell with a number by which it is sorted, and as it is shown. */
void vn_page_number(FILE *out, double number, const char *shown);

/* The figure in an SVG file, with what it shows said below it. */
enum vn_status vn_page_figure(FILE *out, const char *path, const char *name,
                              const char *summary, struct vn_error *err);

#endif /* ANALYSIS_PAGE_H */
