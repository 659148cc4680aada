/*
 * All of a results file as one page of HTML (analysis/page.h): what was run,
 * what is to be known of it, the comparison, every figure that can be drawn,
 * and the runs.  Figures are drawn in a folder of their own that goes again.
 */
#include "config.h"

#include "analysis/account.h"
#include "analysis/command/command.h"
#include "analysis/page.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/xalloc.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    POINTS = 600,   /* of figures of jobs: a page is not to be too long */
    EXPERIMENTS = 6 /* that have figures; more are for figures over sweeps */
};

struct report {
    const struct vn_request *request;
    struct vn_results results;
    struct vn_file page;
    char *folder; /* for figures on their way */
    bool drew;    /* gnuplot is there */
    int figures;
    struct vn_error why; /* not */
};

static void
empty(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        size_t size = strlen(folder) + strlen(entry->d_name) + 2;
        char *path;

        if (strcmp(entry->d_name, ".") == 0
            || strcmp(entry->d_name, "..") == 0)
            continue;
        path = vn_xcalloc(size, 1);
        snprintf(path, size, "%s/%s", folder, entry->d_name);
        unlink(path);
        free(path);
    }
    if (dir != NULL)
        closedir(dir);
    rmdir(folder);
}

/* One figure, or a line that says what it lacks. */
static enum vn_status
add_figure(struct report *r, const struct vn_figure *f,
           const struct vn_groups *groups, int number, struct vn_error *err)
{
    struct vn_request request = *r->request;
    struct vn_drawing d = {.figure = f,
                           .request = &request,
                           .results = &r->results,
                           .groups = groups,
                           .format = VN_PLOT_SVG};
    size_t size = strlen(r->folder) + strlen(f->name) + 16;
    char *path = vn_xcalloc(size, 1), name[80];
    enum vn_status status;

    snprintf(path, size, "%s/%s.svg", r->folder, f->name);
    d.output = path;
    request.jobs = f->jobs && r->request->jobs == 0 ? POINTS : request.jobs;
    if (request.width == 0)
        request.width = f->width > 0 ? f->width : 5;
    status = vn_draw(&d, err);
    if (status == VN_OK) {
        r->drew = true;
        r->figures++;
        if (number > 0)
            snprintf(name, sizeof name, "%s-%d", f->name, number);
        else
            snprintf(name, sizeof name, "%s", f->name);
        status = vn_page_figure(r->page.stream, path, name, f->summary, err);
    } else if (status != VN_EINVAL) {
        r->why = *err;
    }
    free(path);
    return status;
}

/* Of one experiment, or of all together. */
static enum vn_status
add_figures(struct report *r, const struct vn_groups *groups, bool single,
            int number, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    fputs("<div class=\"figures\">\n", r->page.stream);
    for (const struct vn_figure *const *f = vn_figures;
         *f != NULL && (status == VN_OK || status == VN_EINVAL); f++) {
        bool of_one = !(*f)->kinds && !(*f)->sweeps && !(*f)->loads;

        if (!(*f)->table && of_one == single)
            status = add_figure(r, *f, groups, number, err);
    }
    fputs("</div>\n", r->page.stream);
    return status == VN_EINVAL ? VN_OK : status;
}

/* Over loads: each experiment but for its load. */
static enum vn_status
add_sweeps(struct report *r, struct vn_error *err)
{
    fputs("<h2 id=\"over-all\">Over all runs</h2>\n", r->page.stream);
    return add_figures(r, &r->results.groups, false, 0, err);
}

static enum vn_status
write_body(struct report *r, struct vn_error *err)
{
    FILE *out = r->page.stream;
    const struct vn_request *a = r->request;
    const char *baseline = a->baseline != NULL ? a->baseline : "fifo";
    struct vn_experiments e;
    struct vn_progress progress = vn_progress_begin("report", false);
    enum vn_status status = VN_OK;
    bool draws = true;

    fprintf(out, "<p>%d runs in %d experiment%s.</p>\n", r->results.runs.n,
            r->results.groups.n, r->results.groups.n == 1 ? "" : "s");
    vn_account_warnings(out, &r->results);
    vn_experiments_make(&r->results.groups, false, &e);
    for (int i = 0; i < e.n && status == VN_OK; i++) {
        if (a->experiment > 0 && a->experiment != i + 1)
            continue;
        vn_progress_show(&progress, i, e.n + 1, NULL);
        status = vn_account_experiment(out, &r->results, i, baseline, err);
        if (status == VN_OK && draws
            && (i < EXPERIMENTS || a->experiment > 0)) {
            status = add_figures(r, &e.all[i], true, i + 1, err);
            draws = status != VN_EUNSUP; /* there is no gnuplot: go on */
            status = draws ? status : VN_OK;
        }
    }
    if (status == VN_OK && draws) {
        status = add_sweeps(r, err);
        draws = status != VN_EUNSUP;
        status = draws ? status : VN_OK;
    }
    if (status == VN_OK && !draws)
        fputs("<p class=\"know\">There are no figures: gnuplot was not "
              "there.</p>\n",
              out);
    if (status == VN_OK && e.n > EXPERIMENTS && a->experiment == 0)
        fprintf(out,
                "<p class=\"soft\">Figures are of the first %d experiments; "
                "<code>--experiment</code> chooses another.</p>\n",
                EXPERIMENTS);
    vn_progress_end(&progress);
    vn_experiments_free(&e);
    if (status == VN_OK)
        vn_account_runs(out, &r->results);
    if (status == VN_OK && !draws) {
        *err = r->why;
        return VN_EUNSUP;
    }
    return status;
}

enum vn_status
vn_plot_report(const struct vn_request *a, char **list, struct vn_error *err)
{
    const char *path = a->output != NULL ? a->output : "report.html",
               *name = strrchr(a->results, '/');
    struct report r = {.request = a};
    enum vn_status status = vn_results_open(a, &r.results, err), drawn;

    *list = NULL;
    if (status == VN_OK)
        status = vn_file_folder("vnplot", &r.folder, err);
    if (status == VN_OK)
        status = vn_file_create(&r.page, path, err);
    if (status == VN_OK) {
        vn_page_begin(r.page.stream, name != NULL ? name + 1 : a->results);
        drawn = write_body(&r, err);
        vn_page_end(r.page.stream);
        status = drawn;
        if (drawn == VN_OK || drawn == VN_EUNSUP) {
            struct vn_error other;

            status = vn_file_commit(&r.page, &other);
            if (status != VN_OK)
                *err = other;
            else
                status = drawn;
        }
    }
    vn_file_discard(&r.page);
    if (r.folder != NULL)
        empty(r.folder);
    free(r.folder);
    vn_results_close(&r.results);
    return status;
}
