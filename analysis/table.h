/*
 * Comparisons as tables for papers and pages: LaTeX with booktabs, Markdown.
 */
#ifndef ANALYSIS_TABLE_H
#define ANALYSIS_TABLE_H

#include "analysis/choice.h"
#include "analysis/comparison.h"

enum vn_table_language {
    VN_TABLE_LATEX,
    VN_TABLE_MARKDOWN
};

struct vn_table {
    const char *baseline;           /* what ratios are to */
    double level;                   /* of the intervals */
    const struct vn_groups *groups; /* all that are printed */
};

/* Print a group's comparison; `at` counts groups from 0. */
void vn_table_print(FILE *out, enum vn_table_language language,
                    const struct vn_comparison *c, const struct vn_table *a,
                    int at);

/* A text from results, without meaning to the language. */
void vn_table_quote(FILE *out, enum vn_table_language language,
                    const char *text);

#endif /* ANALYSIS_TABLE_H */
