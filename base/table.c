/*
 * libcsv hands over cells without their places.  A row's bytes are therefore
 * kept, and where a place is needed, which is only in an error, the row is
 * parsed again one byte at a time: when libcsv says that a cell has ended, the
 * byte in hand is its end.
 */
#include "config.h"

#include "base/table.h"

#include "base/file.h"
#include "base/names.h"
#include "base/xalloc.h"

#include <csv.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROW_MAX = 1 << 24 /* bytes; a longer row is a file of another kind */
};

struct vn_table {
    const char *path;
    struct vn_table_form form;
    FILE *in;
    bool owned;
    struct csv_parser parser;

    char *raw; /* the row's bytes, as they stand in the file */
    size_t nraw;
    size_t raw_size;
    char *text; /* its cells, each ended by NUL */
    size_t used;
    size_t text_size;
    size_t *start; /* start[i] is where cell i begins in text */
    int ncells;
    int start_size;
    int rows; /* that libcsv has ended since the last call */

    char *remarks; /* comments, each ended by NUL, one more at the end */
    size_t nremarks;
    size_t remarks_size;

    int *cell; /* cell[column], -1 where the file has none */
    int width; /* of the header */
    long line; /* of the row in hand */
    long next_line;
};

static void
on_cell(void *text, size_t length, void *arg)
{
    struct vn_table *t = arg;

    if (t->ncells == t->start_size) {
        t->start_size = 2 * t->start_size + 16;
        t->start =
            vn_xrealloc(t->start, (size_t) t->start_size, sizeof *t->start);
    }
    if (t->used + length + 1 > t->text_size) {
        t->text_size = 2 * t->text_size + length + 1;
        t->text = vn_xrealloc(t->text, t->text_size, 1);
    }
    t->start[t->ncells++] = t->used;
    if (length > 0)
        memcpy(t->text + t->used, text, length);
    t->text[t->used + length] = '\0';
    t->used += length + 1;
}

static void
on_row(int end, void *arg)
{
    struct vn_table *t = arg;

    (void) end;
    t->rows++;
}

struct place {
    int want;
    int cells;
    long start_line, start_column;
    bool fresh; /* no byte of the present cell seen */
    bool found;
};

static void
on_place(void *text, size_t length, void *arg)
{
    struct place *p = arg;

    (void) text, (void) length;
    if (p->cells++ == p->want)
        p->found = true;
    p->fresh = true;
}

static void
on_place_row(int end, void *arg)
{
    (void) end, (void) arg;
}

/* Line and column of a cell of the row in hand, counted from its bytes. */
static void
find_place(const struct vn_table *t, int cell, long *line, long *column)
{
    struct place p = {.want = cell, .fresh = true};
    struct csv_parser parser;
    char delimiter = t->form.delimiter;

    *line = p.start_line = t->line;
    *column = p.start_column = 1;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) != 0)
        return;
    csv_set_delim(&parser, (unsigned char) delimiter);
    for (size_t i = 0; i < t->nraw && !p.found; i++) {
        if (p.fresh && t->raw[i] != ' '
            && (t->raw[i] != '\t' || delimiter == '\t')) {
            p.start_line = *line;
            p.start_column = *column;
            p.fresh = false;
        }
        csv_parse(&parser, t->raw + i, 1, on_place, on_place_row, &p);
        ++*column;
        if (t->raw[i] == '\n') {
            ++*line;
            *column = 1;
        }
    }
    csv_free(&parser);
    *line = p.start_line;
    *column = p.start_column;
}

enum vn_status
vn_table_fail(struct vn_table *t, int column, struct vn_error *err,
              const char *format, ...)
{
    int cell = column < 0 ? 0 : t->cell[column];
    long line, at;
    char text[sizeof err->text];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    find_place(t, cell < 0 ? 0 : cell, &line, &at);
    return vn_fail_at(err, t->path, line, at, "%s", text);
}

/* Append one line of the file, its newline too, to raw; false at the end. */
static enum vn_status
read_line(struct vn_table *t, bool *more, struct vn_error *err)
{
    size_t before = t->nraw;
    int c;

    *more = false;
    flockfile(t->in);
    while ((c = getc_unlocked(t->in)) != EOF) {
        if (t->nraw == t->raw_size) {
            t->raw_size = 2 * t->raw_size + 256;
            t->raw = vn_xrealloc(t->raw, t->raw_size, 1);
        }
        t->raw[t->nraw++] = (char) c;
        if (c == '\n' || c == '\0' || t->nraw > ROW_MAX)
            break;
    }
    funlockfile(t->in);
    if (c == EOF && ferror(t->in))
        return vn_file_failed(t->path, err);
    if (c == '\0')
        return vn_fail_at(err, t->path, t->next_line,
                          (long) (t->nraw - before),
                          "a NUL byte, expected text");
    if (t->nraw > ROW_MAX)
        return vn_fail_at(err, t->path, t->line, 1,
                          "a row of more than %d bytes, expected a table",
                          ROW_MAX);
    *more = t->nraw > before;
    t->next_line += *more;
    return VN_OK;
}

static void
keep_remark(struct vn_table *t)
{
    size_t n = t->nraw;
    const char *text = t->raw;

    while (n > 0 && (*text == '#' || *text == ' '))
        text++, n--;
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    if (t->nremarks + n + 2 > t->remarks_size) {
        t->remarks_size = 2 * t->remarks_size + n + 2;
        t->remarks = vn_xrealloc(t->remarks, t->remarks_size, 1);
    }
    memcpy(t->remarks + t->nremarks, text, n);
    t->nremarks += n + 1;
    t->remarks[t->nremarks - 1] = t->remarks[t->nremarks] = '\0';
}

const char *
vn_table_remark(const struct vn_table *t, const char *key)
{
    size_t length = strlen(key);
    const char *found = NULL;

    for (const char *p = t->remarks; p != NULL && p < t->remarks + t->nremarks;
         p += strlen(p) + 1)
        if (strncmp(p, key, length) == 0 && p[length] == ':')
            found = p + length + 1 + strspn(p + length + 1, " ");
    return found;
}

const char *
vn_table_comment(const struct vn_table *t, int i)
{
    const char *p = t->remarks;

    for (; p != NULL && p < t->remarks + t->nremarks; p += strlen(p) + 1)
        if (i-- == 0)
            return p;
    return NULL;
}

static bool
is_blank(const struct vn_table *t)
{
    for (size_t i = 0; i < t->nraw; i++)
        if (strchr(" \t\r\n", t->raw[i]) == NULL)
            return false;
    return true;
}

/* What stands between the cells of the row in hand, which is the first: of
 * comma, semicolon, tab and bar outside quotes the most frequent. */
static void
find_delimiter(struct vn_table *t)
{
    static const char delimiters[] = ",;\t|";
    int count[sizeof delimiters] = {0}, best = 0;
    bool quoted = false;

    for (size_t i = 0; i < t->nraw; i++) {
        const char *found = strchr(delimiters, t->raw[i]);

        if (t->raw[i] == '"')
            quoted = !quoted;
        else if (!quoted && found != NULL)
            count[found - delimiters]++;
    }
    for (int i = 1; delimiters[i] != '\0'; i++)
        if (count[i] > count[best])
            best = i;
    t->form.delimiter = delimiters[best];
    csv_set_delim(&t->parser, (unsigned char) t->form.delimiter);
}

/* Read one record, of as many lines as its quotes span. */
static enum vn_status
read_record(struct vn_table *t, bool *more, struct vn_error *err)
{
    enum vn_status status;
    size_t parsed = 0;
    bool line;

    do {
        t->nraw = 0;
        t->line = t->next_line;
        status = read_line(t, more, err);
        if (status != VN_OK || !*more)
            return status;
        if (t->line == 1 && t->nraw >= 3
            && memcmp(t->raw, "\xef\xbb\xbf", 3) == 0) {
            t->nraw -= 3;
            memmove(t->raw, t->raw + 3, t->nraw);
        }
        if (!t->form.no_comments && t->raw[0] == '#') {
            keep_remark(t);
            t->nraw = 0;
        }
    } while (is_blank(t));

    if (t->form.delimiter == 0)
        find_delimiter(t);
    t->ncells = t->rows = 0;
    t->used = 0;
    for (;;) {
        size_t n = t->nraw - parsed;
        size_t done =
            csv_parse(&t->parser, t->raw + parsed, n, on_cell, on_row, t);

        if (done != n) {
            long column = 1, at = t->line;

            for (size_t i = 0; i < parsed + done; i++, column++)
                if (t->raw[i] == '\n') {
                    column = 0;
                    at++;
                }
            return vn_fail_at(err, t->path, at, column,
                              "a quote inside a cell, expected it doubled "
                              "or at the cell's ends");
        }
        parsed = t->nraw;
        if (t->rows > 0)
            break;
        status = read_line(t, &line, err);
        if (status != VN_OK)
            return status;
        if (!line && csv_fini(&t->parser, on_cell, on_row, t) != 0)
            return vn_table_fail(t, -1, err, "a quoted cell is never closed");
        if (!line)
            break;
    }
    if (t->rows > 1)
        return vn_table_fail(t, -1, err,
                             "a carriage return inside a line, expected it "
                             "before a newline or inside quotes");
    return VN_OK;
}

enum {
    COLUMNS_MAX = 64 /* that one reader may know */
};

static int
find_name(const char *name, const char *const *names, int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

/* If cell c of the header names a column, that is where it stands. */
static enum vn_status
know_column(struct vn_table *t, const char *const *names, int c,
            struct vn_error *err)
{
    const char *name = t->text + t->start[c];
    int i = find_name(name, names, t->form.ncolumns);
    bool twice = i >= 0 && t->cell[i] >= 0;

    if (i >= 0)
        t->cell[i] = c;
    return twice ? vn_table_fail(t, i, err, "column '%s' is there twice", name)
                 : VN_OK;
}

/* Does cell c of the header look like a column that is not there? */
static enum vn_status
suspect_column(struct vn_table *t, const char *const *names, int c,
               struct vn_error *err)
{
    const char *name = t->text + t->start[c], *missing[COLUMNS_MAX], *near;
    int n = t->form.ncolumns;

    if (find_name(name, names, n) >= 0)
        return VN_OK;
    for (int i = 0; i < n; i++)
        missing[i] =
            t->cell[i] < 0 && (t->form.columns[i].required || !t->form.foreign)
                ? names[i]
                : NULL;
    near = vn_names_nearest(name, missing, (size_t) n);
    if (near == NULL)
        return VN_OK;
    t->cell[0] = c;
    return vn_table_fail(t, 0, err, "unknown column '%s', did you mean '%s'?",
                         name, near);
}

/* Which cell is which column? */
static enum vn_status
read_header(struct vn_table *t, struct vn_error *err)
{
    const struct vn_table_form *form = &t->form;
    const char *names[COLUMNS_MAX];
    enum vn_status status;
    bool more;

    status = read_record(t, &more, err);
    if (status != VN_OK)
        return status;
    for (int i = 0; i < form->ncolumns; i++)
        names[i] = form->columns[i].name;
    if (!more)
        return vn_fail_at(err, t->path, t->line, 1,
                          "no header, expected a line with the columns' names "
                          "(%s, ...)",
                          names[0]);
    t->width = t->ncells;
    for (int c = 0; c < t->ncells && status == VN_OK; c++)
        status = know_column(t, names, c, err);
    for (int c = 0; c < t->ncells && status == VN_OK; c++)
        status = suspect_column(t, names, c, err);
    if (status != VN_OK)
        return status;
    for (int i = 0; i < form->ncolumns; i++)
        if (form->columns[i].required && t->cell[i] < 0)
            return vn_table_fail(t, -1, err,
                                 "no column '%s', expected it in the header",
                                 names[i]);
    return VN_OK;
}

enum vn_status
vn_table_read(FILE *in, const char *name, const struct vn_table_form *form,
              struct vn_table **table, struct vn_error *err)
{
    struct vn_table *t = vn_xcalloc(1, sizeof *t);
    enum vn_status status = VN_OK;

    *t = (struct vn_table){
        .path = name, .form = *form, .in = in, .line = 1, .next_line = 1};
    t->cell = vn_xcalloc((size_t) form->ncolumns, sizeof *t->cell);
    csv_init(&t->parser, CSV_STRICT | CSV_STRICT_FINI);
    csv_set_delim(&t->parser, (unsigned char) form->delimiter);
    for (int i = 0; i < form->ncolumns; i++)
        t->cell[i] = form->headerless ? i : -1;
    if (!form->headerless)
        status = read_header(t, err);
    if (status != VN_OK) {
        vn_table_close(t);
        t = NULL;
    }
    *table = t;
    return status;
}

enum vn_status
vn_table_open(const char *path, const struct vn_table_form *form,
              struct vn_table **table, struct vn_error *err)
{
    enum vn_status status;
    FILE *in;

    *table = NULL;
    status = vn_file_open_text(path, &in, err);
    if (status != VN_OK)
        return status;
    status = vn_table_read(in, path, form, table, err);
    if (status != VN_OK)
        vn_file_close(in);
    else
        (*table)->owned = true;
    return status;
}

void
vn_table_close(struct vn_table *t)
{
    if (t == NULL)
        return;
    if (t->owned)
        vn_file_close(t->in);
    csv_free(&t->parser);
    free(t->raw);
    free(t->text);
    free(t->start);
    free(t->remarks);
    free(t->cell);
    free(t);
}

bool
vn_table_has(const struct vn_table *t, int column)
{
    return t->cell[column] >= 0;
}

enum vn_status
vn_table_next(struct vn_table *t, bool *more, struct vn_error *err)
{
    enum vn_status status = read_record(t, more, err);
    int least = t->width;

    if (status != VN_OK || !*more)
        return status;
    if (t->form.headerless)
        for (least = 0;
             least < t->form.ncolumns && t->form.columns[least].required;
             least++)
            ;
    if (t->ncells < least && !t->form.ragged)
        return vn_table_fail(t, -1, err, "a row of %d cells, expected %d%s",
                             t->ncells, least,
                             t->form.headerless ? " or more" : "");
    if (t->ncells > t->width && !t->form.headerless)
        return vn_table_fail(t, -1, err,
                             "a row of %d cells, expected %d as in the header",
                             t->ncells, t->width);
    return VN_OK;
}

long
vn_table_line(const struct vn_table *t)
{
    return t->line;
}

int
vn_table_width(const struct vn_table *t)
{
    return t->ncells;
}

const char *
vn_table_text(const struct vn_table *t, int column)
{
    int cell = t->cell[column];

    return cell >= 0 && cell < t->ncells ? t->text + t->start[cell] : "";
}

bool
vn_table_empty(const struct vn_table *t, int column)
{
    return vn_table_text(t, column)[0] == '\0';
}

const char *
vn_table_column(const struct vn_table *t, int column)
{
    return t->form.columns[column].name;
}
