#include "config.h"

#include "analysis/request.h"

#include "base/number.h"
#include "base/option.h"

#include <string.h>

enum option {
    SHOW_VERSION = VN_REQUEST_VERSION,
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
    EXPERIMENT,
    LABEL,
    METRIC,
    BASELINE,
    BY,
    JOBS,
    NOPTIONS
};

/* clang-format off */
static const struct vn_option options[] = {
    [OUTPUT] = {"output", "FILE", "the figure, or a folder of them "
                "[FIGURE.pdf]", 'o'},
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
    [EXPERIMENT] = {"experiment", "N",
                    "of several the N-th, as 'vnplot list' has them", 'e'},
    [LABEL] = {"label", "NAME=TEXT", "call a policy so; may be given again",
               0},
    [METRIC] = {"metric", "NAME",
                "jct_mean_s, jct_p50_s, jct_p99_s, queue_mean_s, makespan_s "
                "or utilisation [jct_mean_s]", 'm'},
    [BASELINE] = {"baseline", "POLICY", "stands first; where there is a "
                  "metric, draw ratios to it", 'b'},
    [BY] = {"by", "NAME,...", "what is swept: columns of run, or options of "
            "policies [what varies]", 0},
    [JOBS] = {"jobs", "N", "at most so many, of figures of jobs", 'j'},
    [SHOW_VERSION] = {"version", NULL, "print the version", 0},
};
/* clang-format on */

static const struct {
    const char *extension;
    enum vn_plot_format format;
} extensions[] = {
    {".pdf", VN_PLOT_PDF},      {".svg", VN_PLOT_SVG},
    {".png", VN_PLOT_PNG},      {".tex", VN_PLOT_CAIROLATEX},
    {".tex", VN_PLOT_EPSLATEX}, {".txt", VN_PLOT_DUMB},
};

enum {
    NEXTENSIONS = sizeof extensions / sizeof *extensions
};

void
vn_request_help(FILE *out)
{
    vn_option_help(out, options, NOPTIONS);
}

enum vn_status
vn_request_format(const char *path, int *format, struct vn_error *err)
{
    const char *dot = strrchr(path, '.');

    for (int i = 0; dot != NULL && i < NEXTENSIONS; i++)
        if (strcmp(dot, extensions[i].extension) == 0) {
            *format = (int) extensions[i].format;
            return VN_OK;
        }
    return vn_fail(err, VN_EUSAGE,
                   "'%s' does not say what to draw, expected .pdf, .svg, "
                   ".png, .tex, .txt or --format",
                   path);
}

const char *
vn_request_extension(int format)
{
    for (int i = 0; i < NEXTENSIONS; i++)
        if ((int) extensions[i].format == format)
            return extensions[i].extension;
    return ".pdf";
}

/* Of those that choose runs. */
static enum vn_status
take_choice(struct vn_request *a, int option, const char *value,
            struct vn_error *err)
{
    double load;

    switch ((enum option) option) {
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
    case EXPERIMENT:
        return vn_option_int("experiment", value, 1, 1000000, &a->experiment,
                             err);
    case LABEL:
        if (a->nlabels == VN_LABELS_MAX)
            return vn_fail(err, VN_EUSAGE,
                           "--label: more than %d, expected fewer",
                           VN_LABELS_MAX);
        a->labels[a->nlabels++] = value;
        break;
    default:
        a->pool = true;
    }
    return VN_OK;
}

static enum vn_status
take(void *arg, int option, const char *value, struct vn_error *err)
{
    struct vn_request *a = arg;

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
    case METRIC:
        return vn_option_choice("metric", value, vn_metric_names, VN_METRICS,
                                &a->metric, err);
    case BASELINE:
        a->baseline = value;
        break;
    case BY:
        a->by = value;
        break;
    case JOBS:
        return vn_option_int("jobs", value, 1, 10000, &a->jobs, err);
    case SHOW_VERSION:
    case NOPTIONS:
        break;
    default:
        return take_choice(a, option, value, err);
    }
    return VN_OK;
}

enum vn_status
vn_request_parse(struct vn_request *a, int argc, char **argv,
                 bool (*say)(int option), bool *done, struct vn_error *err)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    enum vn_status status;

    *a = (struct vn_request){.format = -1, .metric = -1};
    status = vn_args_all(&args, say, take, a, done, err);
    if (status != VN_OK || *done)
        return status;
    if (args.nrest != 2)
        return vn_fail(err, VN_EUSAGE,
                       "expected a figure and a results file (see --help)");
    a->word = args.rest[0];
    a->results = args.rest[1];
    return VN_OK;
}

enum vn_status
vn_results_open(const struct vn_request *a, struct vn_results *r,
                struct vn_error *err)
{
    enum vn_status status;

    *r = (struct vn_results){.store = NULL};
    status = vn_store_open(a->results, VN_STORE_READ, &r->store, err);
    if (status == VN_OK)
        status = vn_runs_read(r->store, &r->runs, err);
    if (status == VN_OK)
        status = vn_choice_keep(&a->choice, &r->runs, a->results, err);
    if (status == VN_OK && a->policies != NULL)
        status = vn_choice_policies(a->policies, &r->runs, a->results, err);
    if (status == VN_OK && a->baseline != NULL)
        status = vn_choice_check(a->baseline, &r->runs, a->results, err);
    if (status == VN_OK && r->runs.n == 0)
        status = vn_fail(err, VN_EINVAL, "%s: holds no such run", a->results);
    if (status == VN_OK)
        status = vn_groups_make(&r->runs,
                                a->baseline != NULL ? a->baseline : "fifo",
                                a->pool, &r->groups, err);
    for (int i = 0; i < a->nlabels && status == VN_OK; i++)
        status = vn_groups_label(&r->groups, a->labels[i], err);
    return status;
}

void
vn_results_close(struct vn_results *r)
{
    vn_groups_free(&r->groups);
    vn_runs_free(&r->runs);
    vn_store_close(r->store);
    *r = (struct vn_results){.store = NULL};
}
