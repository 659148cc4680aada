#include "config.h"

#include "analysis/figure/measured/trained.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* The value of an option in "a=1,b=2", its length; NULL where it has none. */
static const char *
find_option(const char *options, const char *name, size_t length, size_t *n)
{
    for (const char *at = options; *at != '\0';) {
        size_t word = strcspn(at, ",");

        if (word > length && strncmp(at, name, length) == 0
            && at[length] == '=') {
            *n = word - length - 1;
            return at + length + 1;
        }
        at += word + (at[word] == ',');
    }
    return NULL;
}

/* Is an option of one the same in all? */
static bool
common(const struct vn_trained *t, const char *name, size_t length)
{
    size_t n, m;
    const char *value = find_option(t->all[0].run->options, name, length, &n);

    for (int i = 1; i < t->n; i++) {
        const char *other =
            find_option(t->all[i].run->options, name, length, &m);

        if ((value == NULL) != (other == NULL)
            || (value != NULL && (n != m || strncmp(value, other, n) != 0)))
            return false;
    }
    return true;
}

static char *
make_label(const struct vn_trained *t, int i, const char *but)
{
    const char *at = t->all[i].run->options, *comma = "";
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    while (*at != '\0') {
        size_t word = strcspn(at, ","), name = strcspn(at, "=,");

        if (!common(t, at, name)
            && (but == NULL || strlen(but) != name
                || strncmp(at, but, name) != 0)) {
            fprintf(out, "%s%.*s", comma, (int) word, at);
            comma = ", ";
        }
        at += word + (at[word] == ',');
    }
    if (comma[0] == '\0')
        fprintf(out, "%s", t->n == 1 ? "the run" : "all");
    fclose(out);
    return text;
}

static int
compare_labels(const void *a, const void *b)
{
    const struct vn_trained_run *x = a, *y = b;

    if (strlen(x->label) != strlen(y->label))
        return strlen(x->label) < strlen(y->label) ? -1 : 1;
    return strcmp(x->label, y->label);
}

static enum vn_status
take(const struct vn_subject *subject, const struct vn_store_run *run,
     struct vn_trained *t, struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    bool more = false;
    enum vn_status status =
        vn_store_query(subject->store,
                       "SELECT count(*), max(vnodes), max(devices) FROM step "
                       "WHERE run_id = ?",
                       &rows, err);

    if (status != VN_OK)
        return status;
    vn_rows_bind_int(rows, 1, run->run_id);
    status = vn_rows_next(rows, &more, err);
    if (status == VN_OK && more && vn_rows_int(rows, 0) > 0) {
        t->all = vn_xrealloc(t->all, (size_t) t->n + 1, sizeof *t->all);
        t->all[t->n++] = (struct vn_trained_run){
            run, NULL, vn_rows_int(rows, 0), vn_rows_int(rows, 1),
            vn_rows_int(rows, 2)};
    }
    vn_rows_close(rows);
    return status;
}

enum vn_status
vn_trained_read(const struct vn_subject *subject, const char *but,
                struct vn_trained *t, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    *t = (struct vn_trained){NULL, 0};
    for (int i = 0; i < subject->runs->n && status == VN_OK; i++) {
        const struct vn_store_run *run = &subject->runs->all[i];

        if (run->policy == NULL && strcmp(run->kind, "measured") == 0
            && run->options != NULL)
            status = take(subject, run, t, err);
    }
    if (status == VN_OK && t->n == 0)
        status = vn_fail(err, VN_EINVAL,
                         "%s: no run trained a model, expected runs of "
                         "'vnexec run --results'",
                         vn_store_path(subject->store));
    for (int i = 0; i < t->n; i++)
        t->all[i].label = make_label(t, i, but);
    if (t->n > 0)
        qsort(t->all, (size_t) t->n, sizeof *t->all, compare_labels);
    return status;
}

void
vn_trained_free(struct vn_trained *t)
{
    for (int i = 0; i < t->n; i++)
        free(t->all[i].label);
    free(t->all);
    *t = (struct vn_trained){NULL, 0};
}
