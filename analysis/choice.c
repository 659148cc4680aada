#include "config.h"

#include "analysis/choice.h"

#include "base/names.h"
#include "base/number.h"
#include "base/option.h"
#include "base/xalloc.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char none[] = "none";

char *
vn_choice_text(const struct vn_store_run *run, int column)
{
    const struct vn_store_column *c =
        &vn_store_forms[VN_STORE_RUN].columns[column];
    const void *from = (const char *) run + c->offset;
    char number[VN_NUMBER_SIZE] = "";
    const char *text = number;
    int64_t whole;
    double real;

    if (vn_store_is_none(c, run))
        return vn_xstrdup(none);
    switch (c->type) {
    case VN_STORE_INTEGER:
        memcpy(&whole, from, sizeof whole);
        snprintf(number, sizeof number, "%" PRId64, whole);
        break;
    case VN_STORE_REAL:
        memcpy(&real, from, sizeof real);
        vn_format_real(number, real);
        break;
    case VN_STORE_TEXT:
        memcpy(&text, from, sizeof text);
        break;
    }
    return vn_xstrdup(text);
}

enum vn_status
vn_choice_column(struct vn_choice *choice, const char *column,
                 const char *value, struct vn_error *err)
{
    const char *names[VN_STORE_COLUMNS_MAX];
    const struct vn_store_form *form = &vn_store_forms[VN_STORE_RUN];
    int at = 0;

    if (choice->n == VN_CHOICE_MAX)
        return vn_fail(err, VN_EUSAGE, "--where: more than %d, expected fewer",
                       VN_CHOICE_MAX);
    for (int i = 0; i < form->ncolumns; i++)
        names[i] = form->columns[i].name;
    if (vn_option_choice("where", column, names, form->ncolumns, &at, err)
        != VN_OK)
        return VN_EUSAGE;
    choice->column[choice->n] = at;
    choice->pattern[choice->n] = false;
    choice->value[choice->n++] = value;
    return VN_OK;
}

enum vn_status
vn_choice_pattern(struct vn_choice *choice, const char *column,
                  const char *pattern, struct vn_error *err)
{
    enum vn_status status = vn_choice_column(choice, column, pattern, err);

    if (status == VN_OK)
        choice->pattern[choice->n - 1] = true;
    return status;
}

enum vn_status
vn_choice_add(struct vn_choice *choice, const char *words,
              struct vn_error *err)
{
    const char *equals = strchr(words, '=');
    char column[64];

    if (equals == NULL || equals - words >= (long) sizeof column)
        return vn_args_refuse(err, "where", words,
                              "COLUMN=VALUE, a column of run as vnreplay "
                              "schema lists them");
    snprintf(column, sizeof column, "%.*s", (int) (equals - words), words);
    return vn_choice_column(choice, column, equals + 1, err);
}

/* The error of a name that none of n has; takes the names. */
static enum vn_status
nobody(const char *path, const char *what, const char *value, char **names,
       int n, struct vn_error *err)
{
    const char *near =
        vn_names_nearest(value, (const char *const *) names, (size_t) n);
    char list[200] = "";

    /* What begins so is near too: a plug-in's name without its digest. */
    for (int i = 0; i < n && near == NULL; i++)
        if (strncmp(names[i], value, strlen(value)) == 0)
            near = names[i];
    for (int i = 0; i < n && near == NULL; i++) {
        bool again = false;

        for (int k = 0; k < i && !again; k++)
            again = strcmp(names[k], names[i]) == 0;
        if (!again && strlen(list) + strlen(names[i]) + 3 < sizeof list)
            sprintf(list + strlen(list), "%s%s", list[0] != '\0' ? ", " : "",
                    names[i]);
    }
    if (near != NULL)
        vn_fail(err, VN_EINVAL,
                "%s: no run of %s '%.100s', did you mean '%s'?", path, what,
                value, near);
    else
        vn_fail(err, VN_EINVAL, "%s: no run of %s '%.100s', expected %s", path,
                what, value, list[0] != '\0' ? list : "one that is there");
    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
    return VN_EINVAL;
}

/* Put the runs that `keep` says first, and release the others. */
static void
cut(struct vn_runs *runs, const bool *keep)
{
    int kept = 0;

    for (int i = 0; i < runs->n; i++) {
        struct vn_store_run run = runs->all[i];

        /* Swapped, not dropped: what is behind `kept` is freed too. */
        if (keep[i]) {
            runs->all[i] = runs->all[kept];
            runs->all[kept++] = run;
        }
    }
    for (int i = kept; i < runs->n; i++)
        vn_run_free(&runs->all[i]);
    runs->n = kept;
}

/* Forget the runs that have not this value. */
static enum vn_status
match(const struct vn_runs *runs, int column, const char *value, bool pattern,
      bool *keep, const char *path, struct vn_error *err)
{
    char **values = vn_xcalloc((size_t) runs->n + 1, sizeof *values);
    bool found = false;

    for (int i = 0; i < runs->n; i++) {
        bool same;

        values[i] = vn_choice_text(&runs->all[i], column);
        same = strcmp(values[i], value) == 0
               || (pattern && fnmatch(value, values[i], 0) == 0);
        found = found || same;
        keep[i] = keep[i] && same;
    }
    if (!found)
        return nobody(path, vn_store_forms[VN_STORE_RUN].columns[column].name,
                      value, values, runs->n, err);
    for (int i = 0; i < runs->n; i++)
        free(values[i]);
    free(values);
    return VN_OK;
}

enum vn_status
vn_choice_keep(const struct vn_choice *choice, struct vn_runs *runs,
               const char *path, struct vn_error *err)
{
    bool *keep = vn_xcalloc((size_t) runs->n + 1, sizeof *keep);
    enum vn_status status = VN_OK;
    int n = runs->n;

    for (int i = 0; i < n; i++)
        keep[i] = true;
    for (int i = 0; i < choice->n && status == VN_OK; i++)
        status = match(runs, choice->column[i], choice->value[i],
                       choice->pattern[i], keep, path, err);
    if (status == VN_OK) {
        cut(runs, keep);
        if (n > 0 && runs->n == 0)
            status = vn_fail(err, VN_EINVAL,
                             "%s: no run is all that was asked for", path);
    }
    free(keep);
    return status;
}

/* Set `keep` of the runs of a policy; false where there is none. */
static bool
mark(const struct vn_runs *runs, const char *policy, bool *keep)
{
    bool found = false;

    for (int i = 0; i < runs->n; i++) {
        char *label = vn_run_label(&runs->all[i]);

        if (vn_group_is(label, policy) || fnmatch(policy, label, 0) == 0)
            keep[i] = found = true;
        free(label);
    }
    return found;
}

static enum vn_status
no_policy(const char *policy, const struct vn_runs *runs, const char *path,
          struct vn_error *err)
{
    char **names = vn_xcalloc((size_t) runs->n + 1, sizeof *names);

    for (int i = 0; i < runs->n; i++)
        names[i] = vn_xstrdup(runs->all[i].policy != NULL ? runs->all[i].policy
                                                          : none);
    return nobody(path, "policy", policy, names, runs->n, err);
}

enum vn_status
vn_choice_policies(const char *list, struct vn_runs *runs, const char *path,
                   struct vn_error *err)
{
    bool *keep = vn_xcalloc((size_t) runs->n + 1, sizeof *keep);
    char *words = vn_xstrdup(list), *next = words, *word;
    enum vn_status status = VN_OK;

    while (status == VN_OK && (word = strsep(&next, ",")) != NULL)
        if (!mark(runs, word, keep))
            status = no_policy(word, runs, path, err);
    if (status == VN_OK)
        cut(runs, keep);
    free(words);
    free(keep);
    return status;
}

enum vn_status
vn_choice_check(const char *policy, const struct vn_runs *runs,
                const char *path, struct vn_error *err)
{
    bool *keep = vn_xcalloc((size_t) runs->n + 1, sizeof *keep);
    bool found = mark(runs, policy, keep);

    free(keep);
    return found ? VN_OK : no_policy(policy, runs, path, err);
}

/* Does a group's column differ from another's where `same`, if any, does not?
 */
static bool
differs(const struct vn_groups *groups, int group, int column, int same)
{
    const struct vn_store_column *columns =
        vn_store_forms[VN_STORE_RUN].columns;
    const struct vn_store_run *run = groups->all[group].first;

    for (int i = 0; i < groups->n; i++) {
        const struct vn_store_run *other = groups->all[i].first;

        if (vn_store_compare_column(&columns[column], run, other) != 0
            && (same < 0
                || vn_store_compare_column(&columns[same], run, other) == 0))
            return true;
    }
    return false;
}

char *
vn_choice_differences(const struct vn_groups *groups, int group)
{
    const struct vn_store_column *columns =
        vn_store_forms[VN_STORE_RUN].columns;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    const char *comma = "";

    for (const struct vn_assumed *a = vn_assumed; a->name != NULL; a++) {
        int name = vn_store_column_find(VN_STORE_RUN, a->name),
            hash = a->hash != NULL
                       ? vn_store_column_find(VN_STORE_RUN, a->hash)
                       : -1;

        for (int k = 0; k < 2; k++) {
            int column = k == 0 ? name : hash;
            char *value;

            if (column < 0 || !differs(groups, group, column, k ? name : -1))
                continue;
            value = vn_choice_text(groups->all[group].first, column);
            fprintf(out, "%s%s=%s", comma, columns[column].name, value);
            free(value);
            comma = ", ";
        }
    }
    fclose(out);
    return text;
}
