#include "config.h"

#include "replay/compare/grid.h"

#include "base/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE = 79,
    NAMES = 24 /* columns for names; longer ones have a line of their own */
};

struct vn_grid
vn_grid_begin(const char *const *labels, int rows, int columns)
{
    struct vn_grid g = {labels, rows, columns, NULL};

    g.cells =
        vn_xcalloc((size_t) (rows + 1) * (size_t) columns, sizeof *g.cells);
    return g;
}

static char **
cell(const struct vn_grid *g, int row, int column)
{
    return &g->cells[(row + 1) * g->columns + column];
}

void
vn_grid_set(struct vn_grid *g, int row, int column, const char *format, ...)
{
    char text[80];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    free(*cell(g, row, column));
    *cell(g, row, column) = vn_xstrdup(text);
}

/* Characters of UTF-8. */
static int
width_of(const char *text)
{
    int n = 0;

    for (; text != NULL && *text != '\0'; text++)
        n += (*text & 0xc0) != 0x80;
    return n;
}

static int
column_width(const struct vn_grid *g, int column, int from)
{
    int most = width_of(*cell(g, -1, column));

    for (int r = from; r < g->rows; r++)
        if (width_of(*cell(g, r, column)) > most)
            most = width_of(*cell(g, r, column));
    return most + 2;
}

static int
names_width(const struct vn_grid *g, int from)
{
    int most = (int) strlen("policy");

    for (int r = from; r < g->rows; r++) {
        int w = width_of(g->labels[r]);

        if (w <= NAMES && w > most)
            most = w;
    }
    return most;
}

static void
print_row(const struct vn_grid *g, int row, int first, int end, int names,
          int from)
{
    const char *name = row < 0 ? "policy" : g->labels[row];
    int w = width_of(name);

    fputs(name, stdout);
    if (w > names)
        printf("\n%*s", names, "");
    else
        printf("%*s", names - w, "");
    for (int c = first; c < end; c++) {
        const char *text = *cell(g, row, c);

        printf("%*s%s", column_width(g, c, from) - width_of(text), "",
               text != NULL ? text : "");
    }
    putchar('\n');
}

void
vn_grid_end(struct vn_grid *g, int from)
{
    int names = names_width(g, from);

    for (int first = 0, end; first < g->columns; first = end) {
        int used = names;

        for (end = first; end < g->columns; end++) {
            used += column_width(g, end, from);
            if (used > PAGE && end > first)
                break;
        }
        if (first > 0)
            putchar('\n');
        for (int r = from - 1; r < g->rows; r++)
            print_row(g, r < from ? -1 : r, first, end, names, from);
    }
    for (int i = 0; i < (g->rows + 1) * g->columns; i++)
        free(g->cells[i]);
    free(g->cells);
    g->cells = NULL;
}

void
vn_grid_say(const char *text)
{
    int used = 0;

    while (*text != '\0') {
        int word = (int) strcspn(text, " \n");

        if (used > 0 && used + 1 + word > PAGE) {
            putchar('\n');
            used = 0;
        } else if (used > 0)
            used += putchar(' ') == ' ';
        used += printf("%.*s", word, text);
        text += word;
        if (*text == '\n') {
            putchar('\n');
            used = 0;
        }
        text += *text != '\0';
    }
    putchar('\n');
}
