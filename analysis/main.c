/* vnplot: figures from a results file. */
#include "config.h"

#include "analysis/choice.h"
#include "analysis/figure/figure.h"
#include "base/command.h"
#include "base/file.h"
#include "base/number.h"
#include "base/option.h"

#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum option {
    OUTPUT,
    FORMAT,
    WIDTH,
    HEIGHT,
    TRACE,
    CLUSTER,
    LOAD,
    WHERE,
    POLICY,
    POOL,
    SHOW_VERSION,
    NOPTIONS
};

/* clang-format off */
static const struct vn_option options[] = {
    [OUTPUT] = {"output", "FILE", "the figure [FIGURE.pdf]", 'o'},
    [FORMAT] = {"format", "NAME",
                "pdf, svg, png, cairolatex, epslatex or dumb [by the "
                "extension]", 0},
    [WIDTH] = {"width", "INCHES", "3.3 for a column, 7 for a page [3.3]", 0},
    [HEIGHT] = {"height", "INCHES", "[as the figure needs]", 0},
    [TRACE] = {"trace", "NAME", "only runs of this trace", 't'},
    [CLUSTER] = {"cluster", "NAME", "only runs on this cluster", 'c'},
    [LOAD] = {"load", "X", "only runs of this load", 'l'},
    [WHERE] = {"where", "COLUMN=VALUE",
               "only runs of which this is so; may be given again", 0},
    [POLICY] = {"policy", "NAME,...", "only these policies",
                'p'},
    [POOL] = {"pool", NULL,
              "take different traces as replicates of one experiment", 0},
    [SHOW_VERSION] = {"version", NULL, "print the version", 0},
};
/* clang-format on */

enum {
    NO_GNUPLOT = 3 /* exit status: data and script are there, no figure */
};

struct arguments {
    const struct vn_figure *figure;
    const char *results;
    const char *output;
    int format; /* -1: by the extension */
    double width;
    double height; /* 0: as the figure needs */
    struct vn_choice choice;
    char load[VN_NUMBER_SIZE]; /* as results have it */
    const char *policies;
    bool pool;
};

static void
print_help(void)
{
    puts("usage: vnplot FIGURE RESULTS [option ...]\n\n"
         "Draw a figure from a results file.  Beside it stand its data "
         "(.csv) and the\ngnuplot script that draws them (.gp), to be "
         "edited.\n\nfigures:");
    for (const struct vn_figure *const *f = vn_figures; *f != NULL; f++)
        printf("  %-12s  %s\n", (*f)->name, (*f)->summary);
    putchar('\n');
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nexample: vnplot jct-cdf philly.db -o jct-cdf.pdf");
}

static enum vn_status
take(void *arg, int option, const char *value, struct vn_error *err)
{
    struct arguments *a = arg;
    double load;

    switch ((enum option) option) {
    case OUTPUT:
        a->output = value;
        break;
    case FORMAT:
        return vn_option_choice("format", value, vn_plot_formats,
                                VN_PLOT_FORMATS, &a->format, err);
    case WIDTH:
        return vn_option_real("width", value, 1, 100, &a->width, err);
    case HEIGHT:
        return vn_option_real("height", value, 1, 100, &a->height, err);
    case TRACE:
        return vn_choice_column(&a->choice, "trace", value, err);
    case CLUSTER:
        return vn_choice_column(&a->choice, "cluster", value, err);
    case LOAD:
        if (vn_option_real("load", value, 0, 1e6, &load, err) != VN_OK)
            return VN_EUSAGE;
        vn_format_real(a->load, load);
        return vn_choice_column(&a->choice, "load", a->load, err);
    case WHERE:
        return vn_choice_add(&a->choice, value, err);
    case POLICY:
        a->policies = value;
        break;
    case POOL:
        a->pool = true;
        break;
    case SHOW_VERSION:
    case NOPTIONS:
        break;
    }
    return VN_OK;
}

/* The format that a file's extension asks for. */
static enum vn_status
guess_format(struct arguments *a, struct vn_error *err)
{
    static const struct {
        const char *extension;
        enum vn_plot_format format;
    } known[] = {
        {".pdf", VN_PLOT_PDF},  {".svg", VN_PLOT_SVG},
        {".png", VN_PLOT_PNG},  {".tex", VN_PLOT_CAIROLATEX},
        {".txt", VN_PLOT_DUMB},
    };
    const char *dot = strrchr(a->output, '.');

    for (size_t i = 0; dot != NULL && i < sizeof known / sizeof *known; i++)
        if (strcmp(dot, known[i].extension) == 0) {
            a->format = (int) known[i].format;
            return VN_OK;
        }
    return vn_fail(err, VN_EUSAGE,
                   "'%s' does not say what to draw, expected .pdf, .svg, "
                   ".png, .tex, .txt or --format",
                   a->output);
}

/* Do the groups differ in nothing but load? */
static bool
only_loads(const struct vn_groups *groups)
{
    const struct vn_store_run *first = groups->all[0].first;

    for (int i = 1; i < groups->n; i++) {
        struct vn_store_run other = *groups->all[i].first;

        other.load = first->load;
        if (vn_runs_compare(first, &other) != 0)
            return false;
    }
    return true;
}

/* Of experiments that differ in their scaling alone the one under linear
 * scaling is drawn, unless another was asked for, by which it is alone. */
static void
prefer_linear(struct vn_groups *groups)
{
    int dropped = vn_groups_prefer_scaling(groups, "linear");

    if (dropped > 0)
        fprintf(stderr, "vnplot: of experiments that differ in scaling, the "
                        "one with scaling=linear (see --where)\n");
}

/* There must be one experiment to draw; say which there are. */
static enum vn_status
check_groups(const struct vn_groups *groups, const struct arguments *a,
             struct vn_error *err)
{
    char list[300] = "";
    bool one;
    int least;

    if (groups->n == 0)
        return vn_fail(err, VN_EINVAL,
                       "%s: holds no run under a policy, which is what this "
                       "figure is of",
                       a->results);
    one = groups->n == 1 || (a->figure->loads && only_loads(groups));
    least = groups->all[0].nreplicates;

    for (int i = 1; one && i < groups->n; i++)
        if (groups->all[i].nreplicates < least)
            least = groups->all[i].nreplicates;
    if (one && least > 0)
        return VN_OK;
    if (one)
        return vn_fail(err, VN_EINVAL,
                       "%s: no replicate was run under every policy, expected "
                       "--policy with those that were",
                       a->results);
    for (int i = 0; i < groups->n; i++) {
        char *words = vn_choice_differences(groups, i);
        size_t used = strlen(list);

        snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? "; " : "",
                 words);
        free(words);
    }
    return vn_fail(err, VN_EUSAGE,
                   "%s holds %d experiments, expected --where to choose one: "
                   "%s",
                   a->results, groups->n, list);
}

/* What the figure needs, with room for the names of the policies. */
static double
choose_height(const struct arguments *a, const struct vn_subject *subject)
{
    const struct vn_group *g = subject->group;
    const char *const *labels;

    if (a->height > 0)
        return a->height;
    if (a->figure->more != NULL)
        return a->figure->height + a->figure->more(subject);
    if (g == NULL)
        return a->figure->height;
    labels = (const char *const *) g->labels;
    if (a->figure->row > 0)
        return a->figure->height + a->figure->row * g->npolicies;
    return a->figure->height
           + vn_plot_key_height(a->width, labels, g->npolicies);
}

static enum vn_status
draw(const struct arguments *a, const struct vn_subject *subject,
     struct vn_error *err)
{
    double height = choose_height(a, subject);
    const struct vn_group *g = subject->group;
    struct vn_plot plot;
    enum vn_status status;

    if (g != NULL && a->figure->row == 0 && a->figure->more == NULL
        && g->npolicies > VN_PLOT_SERIES)
        return vn_fail(err, VN_EINVAL,
                       "%d policies, of which %d can be told apart in a "
                       "figure, expected --policy to choose some",
                       g->npolicies, VN_PLOT_SERIES);
    status = vn_plot_begin(&plot, a->output, (enum vn_plot_format) a->format,
                           a->width, height, err);
    if (status != VN_OK)
        return status;
    status = a->figure->make(subject, &plot, err);
    if (status == VN_OK)
        status = vn_plot_draw(&plot, err);
    vn_plot_discard(&plot);
    return status;
}

static enum vn_status
run(const struct arguments *a, struct vn_error *err)
{
    struct vn_store *store = NULL;
    struct vn_runs runs = {0};
    struct vn_groups groups = {0};
    enum vn_status status;

    if (a->figure->table)
        return draw(
            a, &(struct vn_subject){.table = a->results, .width = a->width},
            err);
    status = vn_store_open(a->results, VN_STORE_READ, &store, err);
    if (status == VN_OK)
        status = vn_runs_read(store, &runs, err);
    if (status == VN_OK) {
        status = vn_choice_keep(&a->choice, &runs, a->results, err);
        if (status == VN_OK && a->policies != NULL)
            status = vn_choice_policies(a->policies, &runs, a->results, err);
        if (status == VN_OK && runs.n == 0)
            status =
                vn_fail(err, VN_EINVAL, "%s: holds no such run", a->results);
    }
    if (status == VN_OK) {
        status = vn_groups_make(&runs, "fifo", a->pool, &groups, err);
        prefer_linear(&groups);
        if (status == VN_OK && !a->figure->kinds)
            status = check_groups(&groups, a, err);
    }
    if (status == VN_OK)
        status = draw(
            a,
            &(struct vn_subject){.store = store,
                                 .runs = &runs,
                                 .group = groups.n > 0 ? &groups.all[0] : NULL,
                                 .groups = &groups,
                                 .width = a->width},
            err);
    vn_groups_free(&groups);
    vn_runs_free(&runs);
    vn_store_close(store);
    return status;
}

static bool
say(int option)
{
    switch (option) {
    case VN_ARGS_HELP:
        print_help();
        return true;
    case SHOW_VERSION:
        vn_print_version(stdout, "vnplot");
        return true;
    default:
        return false;
    }
}

/* Read the command line; *done where it asked only for words. */
static enum vn_status
parse(int argc, char **argv, struct arguments *a, bool *done,
      struct vn_error *err)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    enum vn_status status;

    *a = (struct arguments){.format = -1, .width = 3.3};
    status = vn_args_all(&args, say, take, a, done, err);
    if (status != VN_OK || *done)
        return status;
    if (args.nrest != 2)
        return vn_fail(err, VN_EUSAGE,
                       "expected a figure and a results file (see --help)");
    a->results = args.rest[1];
    return vn_figure_find(args.rest[0], &a->figure, err);
}

int
main(int argc, char **argv)
{
    char fallback[64];
    struct arguments a;
    struct vn_error err;
    enum vn_status status;
    bool done;

    gsl_set_error_handler_off();
    status = parse(argc, argv, &a, &done, &err);
    if (status == VN_OK && done)
        return vn_file_end_output("vnplot", 0);
    if (status == VN_OK && a.output == NULL) {
        static const char *const extensions[VN_PLOT_FORMATS] = {
            "pdf", "svg", "png", "tex", "tex", "txt"};

        snprintf(fallback, sizeof fallback, "%s.%s", a.figure->name,
                 a.format < 0 ? "pdf" : extensions[a.format]);
        a.output = fallback;
    }
    if (status == VN_OK && a.format < 0)
        status = guess_format(&a, &err);
    if (status == VN_OK)
        status = run(&a, &err);
    if (status == VN_OK)
        return vn_file_end_output("vnplot", 0);
    vn_error_print(stderr, "vnplot", &err);
    return status == VN_EUNSUP ? NO_GNUPLOT : vn_error_exit(&err);
}
