#include "config.h"

#include "replay/compare/report.h"

#include "analysis/table.h"

const struct vn_report_form vn_report_forms[VN_REPORT_FORMS] = {
    {"text", vn_report_text, ""},         {"csv", vn_report_csv, ""},
    {"json", vn_report_json, "]\n"},      {"latex", vn_report_latex, ""},
    {"markdown", vn_report_markdown, ""},
};

static void
print_table(enum vn_table_language language, const struct vn_comparison *c,
            const struct vn_report *a, int at)
{
    vn_table_print(stdout, language, c,
                   &(struct vn_table){.baseline = a->baseline,
                                      .level = a->level,
                                      .groups = a->groups},
                   at);
}

void
vn_report_latex(const struct vn_comparison *c, const struct vn_report *a,
                int at)
{
    print_table(VN_TABLE_LATEX, c, a, at);
}

void
vn_report_markdown(const struct vn_comparison *c, const struct vn_report *a,
                   int at)
{
    print_table(VN_TABLE_MARKDOWN, c, a, at);
}
