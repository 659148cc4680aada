#include "config.h"

#include "base/file.h"
#include "base/option.h"
#include "base/store/store.h"
#include "replay/command/command.h"
#include "replay/command/results.h"

#include <string.h>

enum option {
    TABLE,
    OUTPUT,
    FORMAT,
    ALL,
    NOPTIONS
};

/* clang-format off */
static const struct vn_option options[] = {
    [TABLE] = {"table", "NAME", "one table, or runs, jobs or decisions in "
               "seconds [each table, behind '# NAME']", 't'},
    [OUTPUT] = {"output", "FILE", "write there [standard output]", 'o'},
    [FORMAT] = {"format", "csv|json", "of what is written [csv]", 0},
    [ALL] = {"all", NULL, "with the host and the wall time of each run", 'a'},
};
/* clang-format on */

enum {
    NAMES = VN_STORE_TABLES + VN_STORE_VIEWS
};

struct arguments {
    const char *results;
    const char *output;
    int table; /* -1 for all; behind the tables, a view */
    int format;
    bool all;
};

static enum vn_status
take(void *arg, int option, const char *value, struct vn_error *err)
{
    struct arguments *a = arg;
    static const char *const formats[] = {"csv", "json"};
    const char *names[NAMES];

    for (int i = 0; i < VN_STORE_TABLES; i++)
        names[i] = vn_store_forms[i].name;
    for (int i = 0; i < VN_STORE_VIEWS; i++)
        names[VN_STORE_TABLES + i] = vn_store_views[i].name;
    switch ((enum option) option) {
    case TABLE:
        return vn_option_choice("table", value, names, NAMES, &a->table, err);
    case FORMAT:
        return vn_option_choice("format", value, formats, 2, &a->format, err);
    case OUTPUT:
        a->output = value;
        break;
    case ALL:
        a->all = true;
        break;
    case NOPTIONS:
        break;
    }
    return VN_OK;
}

static void
print_help(void)
{
    puts("usage: vnreplay export RESULTS [option ...]\n\n"
         "Print results, in an order that depends only on what is in "
         "them: the\nsame runs give the same bytes, wherever and however "
         "often they were run.\n");
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nexample: vnreplay export philly.db --table jobs -o jobs.csv");
}

static enum vn_status
write_tables(const struct arguments *a, struct vn_store *store, FILE *out,
             struct vn_error *err)
{
    enum vn_store_format format = (enum vn_store_format) a->format;
    bool braces = a->table < 0 && format == VN_STORE_JSON;
    enum vn_status status = VN_OK;

    if (a->table >= VN_STORE_TABLES)
        return vn_store_export_view(
            store, (enum vn_store_view_number)(a->table - VN_STORE_TABLES),
            format, out, err);
    for (int i = 0; i < VN_STORE_TABLES && status == VN_OK; i++) {
        const char *name = vn_store_forms[i].name;

        if (a->table >= 0 && a->table != i)
            continue;
        if (braces)
            fprintf(out, "%s\"%s\": ", i == 0 ? "{" : ",", name);
        else if (a->table < 0)
            fprintf(out, "# %s\n", name);
        status = vn_store_export(store, (enum vn_store_table) i, a->all,
                                 format, out, err);
    }
    fputs(braces ? "}\n" : "", out);
    return status;
}

static enum vn_status
run(const char *results, void *arg, struct vn_error *err)
{
    struct arguments *a = arg;
    struct vn_store *store = NULL;
    struct vn_file file = {0};
    enum vn_status status;

    a->results = results;
    status = vn_store_open(a->results, VN_STORE_READ, &store, err);
    if (status == VN_OK)
        status = vn_file_create(&file, a->output, err);
    if (status == VN_OK)
        status = write_tables(a, store, file.stream, err);
    if (status == VN_OK)
        status = vn_file_commit(&file, err);
    vn_file_discard(&file);
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
    default:
        return false;
    }
}

int
vn_command_export(int argc, char **argv)
{
    struct arguments a = {.output = "-", .table = -1};
    const struct vn_results_command command = {
        "export", options, NOPTIONS, say, take, run, &a};

    return vn_results_command_run(&command, argc, argv);
}
