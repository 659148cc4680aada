/* vnplot: figures from a results file. */
#include "config.h"

#include "analysis/command/command.h"
#include "base/command.h"
#include "base/file.h"
#include "base/names.h"
#include "base/option.h"

#include <gsl/gsl_errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    NO_GNUPLOT = 3 /* exit status: data and script are there, no figure */
};

static const struct {
    const char *name;
    const char *summary;
    vn_plot_command *run;
} commands[] = {
    {"list", "what there is to draw, and what is missing", vn_plot_list},
    {"all", "every figure that can be drawn, into a folder", vn_plot_all},
    {"report", "one page (HTML) with all of it", vn_plot_report},
    {"table", "policies in LaTeX (.tex) or Markdown (.md)", vn_plot_table},
};

enum {
    NCOMMANDS = sizeof commands / sizeof *commands
};

static void
print_help(void)
{
    puts("usage: vnplot FIGURE RESULTS [option ...]\n"
         "       vnplot list|all|report|table RESULTS [option ...]\n\n"
         "Draw a figure from a results file.  Beside it stand its data "
         "(.csv) and the\ngnuplot script that draws them (.gp), to be "
         "edited.\n\nbesides:");
    for (int i = 0; i < NCOMMANDS; i++)
        printf("  %-12s  %s\n", commands[i].name, commands[i].summary);
    puts("\nfigures:");
    for (const struct vn_figure *const *f = vn_figures; *f != NULL; f++)
        printf("  %-12s  %s\n", (*f)->name, (*f)->summary);
    putchar('\n');
    vn_request_help(stdout);
    puts("\nexample: vnplot jct-cdf philly.db -o jct-cdf.pdf");
}

static bool
say(int option)
{
    switch (option) {
    case VN_ARGS_HELP:
        print_help();
        return true;
    case VN_REQUEST_VERSION:
        vn_print_version(stdout, "vnplot");
        return true;
    default:
        return false;
    }
}

/* The command of a word, that of one figure where it is none. */
static vn_plot_command *
find(const char *word)
{
    for (int i = 0; i < NCOMMANDS; i++)
        if (strcmp(word, commands[i].name) == 0)
            return commands[i].run;
    return vn_plot_figure;
}

int
main(int argc, char **argv)
{
    struct vn_request request;
    struct vn_error err;
    enum vn_status status;
    char *list = NULL;
    bool done;

    gsl_set_error_handler_off();
    status = vn_request_parse(&request, argc, argv, say, &done, &err);
    if (status == VN_OK && !done)
        status = find(request.word)(&request, &list, &err);
    if (status == VN_OK)
        return vn_file_end_output("vnplot", 0);
    fflush(stdout);
    vn_error_print(stderr, "vnplot", &err);
    if (list != NULL)
        fputs(list, stderr);
    free(list);
    return status == VN_EUNSUP ? NO_GNUPLOT : vn_error_exit(&err);
}
