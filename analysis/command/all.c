/*
 * Every figure that a results file can fill, into a folder: FIGURE.pdf, or
 * N-FIGURE.pdf of the N-th of several experiments.  Those that it cannot fill
 * are named with what they lack.
 */
#include "config.h"

#include "analysis/command/command.h"

#include "base/progress.h"
#include "base/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What came of them. */
struct tally {
    int drawn;
    int undrawn; /* no gnuplot, but data and script */
    enum vn_status worst;
    struct vn_error first; /* of what went wrong */
};

static char *
name_of(const struct vn_request *a, const struct vn_figure *f, int number)
{
    const char *folder = a->output != NULL ? a->output : "figures",
               *extension = vn_request_extension(a->format);
    size_t size = strlen(folder) + strlen(f->name) + 64;
    char *path = vn_xcalloc(size, 1);

    if (number > 0)
        snprintf(path, size, "%s/%d-%s%s", folder, number, f->name, extension);
    else
        snprintf(path, size, "%s/%s%s", folder, f->name, extension);
    return path;
}

/* Draw one, and say what came of it. */
static void
draw(struct vn_drawing *d, int number, struct tally *t)
{
    char *path = name_of(d->request, d->figure, number);
    struct vn_error err;
    enum vn_status status;

    d->output = path;
    status = vn_draw(d, &err);
    if (status == VN_OK) {
        t->drawn++;
        puts(path);
    } else if (status == VN_EUNSUP) {
        t->undrawn++;
        printf("%.*s.gp and .csv\n", (int) (strrchr(path, '.') - path), path);
    } else if (status == VN_EINVAL) {
        printf("skipped %s: %s\n", path, err.text);
        status = VN_OK;
    } else
        printf("failed %s: %s\n", path, err.text);
    if (status != VN_OK && t->worst == VN_OK) {
        t->worst = status;
        t->first = err;
    }
    free(path);
}

static void
draw_figure(const struct vn_request *a, const struct vn_results *r,
            const struct vn_figure *f, struct tally *t)
{
    struct vn_drawing d = {.figure = f,
                           .request = a,
                           .results = r,
                           .format = a->format >= 0 ? a->format : VN_PLOT_PDF};
    struct vn_experiments e;

    if (f->table) {
        printf("skipped %s: needs a table, not a results file\n", f->name);
        return;
    }
    vn_experiments_make(&r->groups, f->loads, &e);
    if (f->kinds || f->sweeps || e.n <= 1) {
        d.groups = f->sweeps ? &r->groups : e.n > 0 ? &e.all[0] : NULL;
        draw(&d, 0, t);
    } else {
        for (int i = 0; i < e.n; i++)
            if (a->experiment == 0 || a->experiment == i + 1) {
                d.groups = &e.all[i];
                draw(&d, i + 1, t);
            }
    }
    vn_experiments_free(&e);
}

enum vn_status
vn_plot_all(const struct vn_request *a, char **list, struct vn_error *err)
{
    const char *folder = a->output != NULL ? a->output : "figures";
    struct vn_progress progress = vn_progress_begin("figures", false);
    struct tally t = {.worst = VN_OK};
    struct vn_results r;
    enum vn_status status = vn_results_open(a, &r, err);
    int n = 0, done = 0;

    *list = NULL;
    if (status == VN_OK && mkdir(folder, 0777) != 0 && errno != EEXIST)
        status = vn_fail(err, VN_EIO, "cannot make %s: %s", folder,
                         strerror(errno));
    while (vn_figures[n] != NULL)
        n++;
    for (int i = 0; i < n && status == VN_OK; i++) {
        vn_progress_show(&progress, done++, n, vn_figures[i]->name);
        draw_figure(a, &r, vn_figures[i], &t);
    }
    vn_progress_end(&progress);
    vn_results_close(&r);
    if (status == VN_OK && t.worst != VN_OK) {
        *err = t.first;
        status = t.worst;
    } else if (status == VN_OK && t.drawn == 0)
        status = vn_fail(err, VN_EINVAL, "%s: holds what no figure is of",
                         a->results);
    return status;
}
