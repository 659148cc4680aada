#include "config.h"

#include "base/xalloc.h"
#include "replay/command/command.h"
#include "replay/command/sweep.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum option {
    RESULTS,
    NOPTIONS
};

static const struct vn_option options[] = {
    [RESULTS] = {"results", "FILE", "draw these, not the experiment's", 'r'},
};

enum {
    NO_GNUPLOT = 3 /* vnplot's status: data and script are there */
};

static bool
say(int option)
{
    if (option != VN_ARGS_HELP)
        return false;
    puts("usage: vnreplay figures FILE.yaml [option ...]\n\n"
         "Draw each figure that an experiment names, by vnplot.\n");
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nexample: vnreplay figures paper.yaml");
    return true;
}

static enum vn_status
take(void *arg, int option, const char *value, struct vn_error *err)
{
    struct vn_request *request = arg;

    (void) option;
    return vn_request_take(request, VN_REQUEST_RESULTS, value, err);
}

/* vnplot, beside this program, or wherever it is; the caller's. */
static char *
find_vnplot(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 8);
    char *slash;

    if (n <= 0)
        return vn_xstrdup("vnplot");
    path[n] = '\0';
    slash = strrchr(path, '/');
    strcpy(slash != NULL ? slash + 1 : path, "vnplot");
    return vn_xstrdup(access(path, X_OK) == 0 ? path : "vnplot");
}

static enum vn_status
draw(char **argv, int *worst, struct vn_error *err)
{
    pid_t pid;
    int how;

    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        execvp(argv[0], argv);
        fprintf(stderr, "vnreplay: %s: %s\n", argv[0], strerror(errno));
        _exit(1);
    }
    if (pid < 0)
        return vn_fail(err, VN_EIO, "cannot start %s: %s", argv[0],
                       strerror(errno));
    while (waitpid(pid, &how, 0) < 0)
        if (errno != EINTR)
            return vn_fail(err, VN_EIO, "cannot wait for %s: %s", argv[0],
                           strerror(errno));
    if (WIFEXITED(how) && WEXITSTATUS(how) == NO_GNUPLOT)
        *worst = NO_GNUPLOT;
    else if (!WIFEXITED(how) || WEXITSTATUS(how) != 0)
        return vn_fail(err, VN_EINVAL, "%s was not drawn", argv[4]);
    printf("%s\n", argv[4]);
    return VN_OK;
}

static enum vn_status
draw_all(struct vn_request *request, struct vn_paper *paper, int *worst,
         struct vn_error *err)
{
    char *vnplot = find_vnplot(),
         *results = request->sweep.results != NULL
                        ? vn_request_keep(request, request->sweep.results)
                        : NULL;
    enum vn_status status = VN_OK;

    if (results == NULL)
        status = vn_yaml_fail(paper->tree, err,
                              "no results, expected a key that names them");
    else if (paper->figures == NULL)
        status = vn_yaml_fail(paper->tree, err,
                              "no figures, expected a list of them");
    for (size_t i = 0; status == VN_OK && i < paper->figures->n; i++) {
        char **argv = NULL;

        status = vn_paper_figure(paper, i, vnplot, results, &argv, err);
        if (status == VN_OK)
            status = draw(argv, worst, err);
        free(argv);
    }
    free(vnplot);
    return status;
}

int
vn_command_figures(int argc, char **argv)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    struct vn_request request;
    struct vn_paper paper = {NULL};
    struct vn_error err;
    enum vn_status status;
    int worst = 0;
    bool done;

    vn_request_begin(&request);
    status = vn_args_all(&args, say, take, &request, &done, &err);
    if (status == VN_OK && !done && args.nrest != 1)
        status = vn_fail(&err, VN_EUSAGE,
                         "expected one experiment file (see vnreplay figures "
                         "--help)");
    if (status == VN_OK && !done)
        status = vn_paper_read(args.rest[0], &request, &paper, &err);
    if (status == VN_OK && !done)
        status = draw_all(&request, &paper, &worst, &err);
    if (status != VN_OK)
        vn_error_print(stderr, "vnreplay", &err);
    vn_request_free(&request);
    vn_paper_free(&paper);
    return status == VN_OK ? worst : vn_error_exit(&err);
}
