/* The comparison as a table: LaTeX with booktabs, or Markdown. */
#include "config.h"

#include "analysis/command/command.h"
#include "analysis/table.h"
#include "base/file.h"

#include <string.h>

/* By the extension of the output; Markdown on standard output. */
static enum vn_status
choose_language(const struct vn_request *a, enum vn_table_language *language,
                struct vn_error *err)
{
    const char *dot = a->output != NULL ? strrchr(a->output, '.') : NULL;

    *language = VN_TABLE_MARKDOWN;
    if (a->output == NULL || strcmp(a->output, "-") == 0
        || (dot != NULL && strcmp(dot, ".md") == 0))
        return VN_OK;
    *language = VN_TABLE_LATEX;
    if (dot != NULL && strcmp(dot, ".tex") == 0)
        return VN_OK;
    return vn_fail(err, VN_EUSAGE,
                   "'%s' does not say what to write, expected .tex or .md",
                   a->output);
}

static enum vn_status
print(const struct vn_request *a, const struct vn_results *r,
      enum vn_table_language language, FILE *out, struct vn_error *err)
{
    enum vn_status status = VN_OK;
    int printed = 0;

    for (int i = 0; i < r->groups.n && status == VN_OK; i++) {
        struct vn_comparison c;

        if ((a->experiment > 0 && a->experiment != i + 1)
            || r->groups.all[i].nreplicates == 0)
            continue;
        status = vn_comparison_make(r->store, &r->groups.all[i], &c, err);
        if (status != VN_OK)
            break;
        vn_table_print(out, language, &c,
                       &(struct vn_table){.baseline = a->baseline != NULL
                                                          ? a->baseline
                                                          : "fifo",
                                          .level = 0.95,
                                          .groups = &r->groups},
                       printed++);
        vn_comparison_free(&c);
    }
    if (status == VN_OK && printed == 0)
        status = vn_fail(err, VN_EINVAL, "%s: holds no experiment%s",
                         a->results, a->experiment > 0 ? " so far on" : "");
    return status;
}

enum vn_status
vn_plot_table(const struct vn_request *a, char **list, struct vn_error *err)
{
    enum vn_table_language language;
    struct vn_results r = {.store = NULL};
    struct vn_file file = {.stream = NULL};
    enum vn_status status = choose_language(a, &language, err);

    *list = NULL;
    if (status == VN_OK)
        status = vn_results_open(a, &r, err);
    if (status == VN_OK)
        status =
            vn_file_create(&file, a->output != NULL ? a->output : "-", err);
    if (status == VN_OK)
        status = print(a, &r, language, file.stream, err);
    if (status == VN_OK)
        status = vn_file_commit(&file, err);
    vn_file_discard(&file);
    vn_results_close(&r);
    return status;
}
