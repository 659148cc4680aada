#include "config.h"

#include "t/vectors.h"

#include "base/table.h"
#include "base/xalloc.h"
#include "t/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    COLUMNS_MAX = 64
};

struct vectors {
    struct vn_table *table;
    struct vn_column columns[COLUMNS_MAX];
    char *names;
    char path[600];
};

struct vectors *
vectors_open(const char *path, const char *columns, const char *says)
{
    const char *shared = getenv("VN_SHARED_DATA");
    struct vectors *v = vn_xcalloc(1, sizeof *v);
    struct vn_table_form form = {.columns = v->columns};
    struct vn_error err = {0};
    char *next;

    snprintf(v->path, sizeof v->path, "%s/%s", shared != NULL ? shared : "",
             path);
    v->names = next = vn_xstrdup(columns);
    while (next != NULL && form.ncolumns < COLUMNS_MAX)
        v->columns[form.ncolumns++] =
            (struct vn_column){strsep(&next, ","), true};
    if (access(v->path, F_OK) != 0)
        ok(true, "%s # SKIP no %s here", says, path);
    else if (vn_table_open(v->path, &form, &v->table, &err) == VN_OK)
        return v;
    else
        ok(false, "%s: %s", says, err.text);
    vectors_close(v);
    return NULL;
}

void
vectors_close(struct vectors *v)
{
    if (v == NULL)
        return;
    vn_table_close(v->table);
    free(v->names);
    free(v);
}

bool
vectors_next(struct vectors *v)
{
    struct vn_error err = {0};
    bool more = false;

    if (vn_table_next(v->table, &more, &err) != VN_OK)
        ok(false, "%s:%ld: %s", v->path, err.line, err.text);
    return more;
}

long
vectors_line(const struct vectors *v)
{
    return vn_table_line(v->table);
}

const char *
vectors_text(const struct vectors *v, int column)
{
    return vn_table_text(v->table, column);
}

double
vectors_real(const struct vectors *v, int column)
{
    return strtod(vectors_text(v, column), NULL);
}

int
vectors_int(const struct vectors *v, int column)
{
    return (int) vectors_real(v, column);
}
