#include "config.h"

#include "analysis/plot.h"

#include "analysis/gnuplot.h"
#include "base/xalloc.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const char *const vn_plot_formats[VN_PLOT_FORMATS] = {
    [VN_PLOT_PDF] = "pdf",           [VN_PLOT_SVG] = "svg",
    [VN_PLOT_PNG] = "png",           [VN_PLOT_CAIROLATEX] = "cairolatex",
    [VN_PLOT_EPSLATEX] = "epslatex", [VN_PLOT_DUMB] = "dumb",
};

/*
 * Okabe and Ito's colours, told apart by the colour-blind too, then as many
 * that are darker or paler; and for print in grey a dash and a point of its
 * own for each.
 */
static const struct {
    const char *colour;
    const char *dash;
    int point; /* open; the next number is the same, filled */
} series[VN_PLOT_SERIES] = {
    {"#0072B2", "1", 6},       {"#D55E00", "(9,3)", 4},
    {"#009E73", "(3,2)", 8},   {"#CC79A7", "(9,3,2,3)", 10},
    {"#E69F00", "(14,3)", 12}, {"#56B4E9", "(5,2,2,2,2,2)", 14},
    {"#000000", "(1.5,2)", 6}, {"#003D66", "(20,4)", 4},
    {"#7A3600", "(6,6)", 8},   {"#8FCB5A", "(14,3,5,3)", 10},
    {"#6A3D7C", "(2,5)", 12},  {"#9A9A9A", "(9,2,2,2,2,2,2,2)", 14},
    {"#B00020", "(4,1.5)", 6}, {"#6B5B00", "(14,3,2,3,2,3)", 4},
};

static char *
join(const char *a, const char *b, const char *c)
{
    size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
    char *text = vn_xcalloc(size, 1);

    snprintf(text, size, "%s%s%s", a, b, c);
    return text;
}

/* Split the path in folder, name and the name without its extension. */
static enum vn_status
split(struct vn_plot *plot, const char *path, struct vn_error *err)
{
    const char *slash = strrchr(path, '/'),
               *name = slash != NULL ? slash + 1 : path,
               *dot = strrchr(name, '.');

    if (dot == NULL || dot == name || dot[1] == '\0')
        return vn_fail(err, VN_EUSAGE,
                       "'%s' has no extension, expected a name like "
                       "figure.pdf",
                       path);
    if (strcmp(dot, ".gp") == 0 || strcmp(dot, ".csv") == 0)
        return vn_fail(err, VN_EUSAGE,
                       "'%s' is what the figure's data or script is called, "
                       "expected a name like figure.pdf",
                       path);
    plot->folder = slash == NULL ? join(".", "", "") : join(path, "", "");
    if (slash != NULL)
        plot->folder[slash == path ? 1 : slash - path] = '\0';
    plot->name = join(name, "", "");
    plot->stem = join(name, "", "");
    plot->stem[dot - name] = '\0';
    plot->data_path = join(path, "", ".csv");
    strcpy(plot->data_path + (dot - path), ".csv");
    plot->script_path = join(path, "", ".gp");
    strcpy(plot->script_path + (dot - path), ".gp");
    return VN_OK;
}

static void
write_terminal(const struct vn_plot *p)
{
    FILE *s = p->script;
    double w = p->width, h = p->height;

    switch (p->format) {
    case VN_PLOT_PDF: /* 8 points are 8 of 96 to the inch, unless scaled */
        fprintf(s,
                "set terminal pdfcairo noenhanced font 'Sans,8' "
                "fontscale 0.75 linewidth 1.5 size %gin,%gin\n",
                w, h);
        break;
    case VN_PLOT_SVG: /* in pixels of 1/96 inch */
        fprintf(s,
                "set terminal svg noenhanced font 'Sans,10.7' "
                "size %.0f,%.0f background rgb 'white'\n",
                w * 96, h * 96);
        break;
    case VN_PLOT_PNG: /* 300 to the inch; gnuplot counts on 96 */
        fprintf(s,
                "set terminal pngcairo noenhanced font 'Sans,8' "
                "fontscale 3.125 linewidth 3.125 "
                "pointscale 3 size %.0f,%.0f\n",
                w * 300, h * 300);
        break;
    case VN_PLOT_CAIROLATEX:
        fprintf(s, "set terminal cairolatex pdf size %gin,%gin\n", w, h);
        break;
    case VN_PLOT_EPSLATEX:
        fprintf(s, "set terminal epslatex color size %gin,%gin\n", w, h);
        break;
    case VN_PLOT_DUMB: /* a character is about 1/24 by 1/12 inch */
        fprintf(s, "set terminal dumb noenhanced size %.0f,%.0f\n", w * 24,
                h * 12);
        break;
    case VN_PLOT_FORMATS:
        break;
    }
}

/* What every figure begins with. */
static void
write_head(const struct vn_plot *p)
{
    FILE *s = p->script;

    fputs("# Made by vnplot; `gnuplot` with the name of this file draws it "
          "again.\n"
          "if (!exists('data')) data = ",
          s);
    vn_gnuplot_quote(s, p->stem, ".csv");
    fputs("\nif (!exists('output')) output = ", s);
    vn_gnuplot_quote(s, p->name, "");
    putc('\n', s);
    write_terminal(p);
    fputs("set output output\n"
          "set datafile separator comma\n"
          "set datafile columnheaders\n"
          "set encoding utf8\n"
          "set border 3 lw 0.5 lc rgb '#404040'\n"
          "set tics nomirror scale 0.5 textcolor rgb '#202020'\n"
          "set grid ytics lw 0.4 lc rgb '#D8D8D8' dt 1\n"
          "set key samplen 1.8 spacing 0.95 textcolor rgb '#202020'\n"
          "set style fill solid 1 noborder\n",
          s);
}

enum vn_status
vn_plot_begin(struct vn_plot *plot, const char *path,
              enum vn_plot_format format, double width, double height,
              struct vn_error *err)
{
    enum vn_status status;

    *plot =
        (struct vn_plot){.format = format, .width = width, .height = height};
    status = split(plot, path, err);
    if (status == VN_OK)
        status = vn_file_create(&plot->data_file, plot->data_path, err);
    if (status == VN_OK)
        status = vn_file_create(&plot->script_file, plot->script_path, err);
    if (status != VN_OK) {
        vn_plot_discard(plot);
        return status;
    }
    plot->data = plot->data_file.stream;
    plot->script = plot->script_file.stream;
    write_head(plot);
    return VN_OK;
}

enum vn_status
vn_plot_probe(struct vn_plot *plot, double width, double height,
              struct vn_error *err)
{
    *plot = (struct vn_plot){
        .format = VN_PLOT_DUMB, .width = width, .height = height};
    plot->data = plot->nowhere[0] = fopen("/dev/null", "w");
    plot->script = plot->nowhere[1] = fopen("/dev/null", "w");
    if (plot->data != NULL && plot->script != NULL)
        return VN_OK;
    vn_plot_discard(plot);
    return vn_fail(err, VN_EIO, "cannot write /dev/null: %s", strerror(errno));
}

enum vn_status
vn_plot_draw(struct vn_plot *plot, struct vn_error *err)
{
    enum vn_status status;

    /* Only a script that came to its end says so: see gnuplot.h. */
    fputs("unset output\nset print\nprint 'done'\n", plot->script);
    status = vn_file_commit(&plot->data_file, err);
    if (status == VN_OK)
        status = vn_file_commit(&plot->script_file, err);
    if (status == VN_OK)
        status = vn_gnuplot_run(plot->folder, plot->stem, plot->name, err);
    vn_plot_discard(plot);
    return status;
}

void
vn_plot_discard(struct vn_plot *plot)
{
    vn_file_discard(&plot->data_file);
    vn_file_discard(&plot->script_file);
    for (int i = 0; i < 2; i++)
        if (plot->nowhere[i] != NULL)
            fclose(plot->nowhere[i]);
    free(plot->folder);
    free(plot->name);
    free(plot->stem);
    free(plot->data_path);
    free(plot->script_path);
    *plot = (struct vn_plot){0};
}

/* One character of a text, as LaTeX would print it. */
static void
put_latex(FILE *out, char c)
{
    switch (c) {
    case '\\':
        fputs("\\textbackslash{}", out);
        break;
    case '^':
        fputs("\\^{}", out);
        break;
    case '~':
        fputs("\\~{}", out);
        break;
    case '_':
    case '%':
    case '#':
    case '&':
    case '$':
    case '{':
    case '}':
        putc('\\', out);
        putc(c, out);
        break;
    default:
        putc(c, out);
    }
}

/* Is this the first byte of a character of UTF-8? */
static bool
begins(char c)
{
    return (c & 0xc0) != 0x80;
}

/* At most so many characters of a text as a string of gnuplot's; of a tic,
 * which is a format, too. */
static void
write_text(const struct vn_plot *plot, const char *text, int most, bool tic)
{
    bool latex =
        plot->format == VN_PLOT_CAIROLATEX || plot->format == VN_PLOT_EPSLATEX;
    char *escaped = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&escaped, &size);
    int n = 0;

    for (; *text != '\0'; text++) {
        n += begins(*text);
        if (n > most) {
            fputs(latex ? "\\dots{}" : "\xe2\x80\xa6", out);
            break;
        }
        if (latex)
            put_latex(out, *text);
        else
            putc(*text, out);
        if (tic && *text == '%')
            putc('%', out);
    }
    fclose(out);
    vn_gnuplot_quote(plot->script, escaped, "");
    free(escaped);
}

void
vn_plot_text(const struct vn_plot *plot, const char *text)
{
    write_text(plot, text, VN_PLOT_NAME, false);
}

void
vn_plot_tic(const struct vn_plot *plot, const char *text)
{
    write_text(plot, text, VN_PLOT_NAME, true);
}

void
vn_plot_title(const struct vn_plot *plot, const char *text)
{
    write_text(plot, text, VN_PLOT_TITLE, false);
}

void
vn_plot_style(const struct vn_plot *plot, int i)
{
    fprintf(plot->script, "lc rgb '%s' dt %s lw 1.4",
            series[i % VN_PLOT_SERIES].colour,
            series[i % VN_PLOT_SERIES].dash);
}

int
vn_plot_point(int i, bool filled)
{
    return series[i % VN_PLOT_SERIES].point + filled;
}

const char *
vn_plot_colour(int i)
{
    return series[i % VN_PLOT_SERIES].colour;
}

double
vn_plot_longest(const char *const *texts, int n)
{
    int longest = 0;

    for (int i = 0; i < n; i++) {
        int length = 0;

        for (const char *c = texts[i]; *c != '\0'; c++)
            length += begins(*c);
        if (length > longest)
            longest = length;
    }
    if (longest > VN_PLOT_NAME)
        longest = VN_PLOT_NAME + 1;
    /* 8 points of DejaVu Sans are 0.06 inches wide on the average. */
    return 0.06 * longest;
}

/* In how many columns a key goes, at most as wide as the axes. */
static int
key_columns(double width, const char *const *labels, int n)
{
    /* Beside its text an entry has a sample and a gap. */
    double entry = vn_plot_longest(labels, n) + 0.36;
    int columns = (int) (0.84 * width / entry), rows;

    columns = columns < 1 ? 1 : (columns > n ? n : columns);
    rows = (n + columns - 1) / columns;
    return (n + rows - 1) / rows;
}

double
vn_plot_key_height(double width, const char *const *labels, int n)
{
    int columns = key_columns(width, labels, n);

    return 0.125 * ((n + columns - 1) / columns);
}

void
vn_plot_key(const struct vn_plot *plot, const char *const *labels, int n)
{
    int columns = key_columns(plot->width, labels, n);

    fprintf(plot->script,
            "set key tmargin center horizontal Left reverse width -2 "
            "maxcols %d maxrows %d\n",
            columns, (n + columns - 1) / columns);
}

void
vn_plot_rows(const struct vn_plot *plot, const char *const *labels, int n)
{
    fputs("set ytics scale 0 (", plot->script);
    for (int i = 0; i < n; i++) {
        vn_plot_tic(plot, labels[i]);
        fprintf(plot->script, " %d%s", i, i + 1 < n ? ", " : ")\n");
    }
}

double
vn_plot_step(double max, int n)
{
    static const double round[] = {1, 2, 5, 10};
    double power = pow(10, floor(log10(max / n)));

    if (!(max > 0) || !isfinite(power))
        return 1;
    for (int i = 0; i < 3; i++)
        if (round[i] * power * n >= max)
            return round[i] * power;
    return 10 * power;
}
