#include "config.h"

#include "base/file.h"
#include "base/option.h"
#include "base/store/store.h"
#include "replay/command/command.h"

enum format {
    TEXT,
    CSV,
    JSON,
    MARKDOWN,
    NFORMATS
};

enum option {
    FORMAT,
    NOPTIONS
};

static const struct vn_option options[] = {
    [FORMAT] = {"format", "text|csv|json|markdown", "how to print it [text]",
                0},
};

static const char *const types[] = {
    [VN_STORE_INTEGER] = "integer",
    [VN_STORE_REAL] = "real",
    [VN_STORE_TEXT] = "text",
};

static void
print_text(void)
{
    for (int t = 0; t < VN_STORE_TABLES; t++) {
        const struct vn_store_form *form = &vn_store_forms[t];

        printf("%s%s: %s\n", t > 0 ? "\n" : "", form->name, form->help);
        for (int i = 0; i < form->ncolumns; i++) {
            const struct vn_store_column *c = &form->columns[i];

            printf("  %-16s %-7s %-9s %s%s\n", c->name, types[c->type],
                   c->unit, c->help,
                   c->flags & VN_STORE_OPTIONAL ? " (or null)" : "");
        }
    }
}

static void
print_csv(void)
{
    puts("table,column,type,unit,optional,meaning");
    for (int t = 0; t < VN_STORE_TABLES; t++)
        for (int i = 0; i < vn_store_forms[t].ncolumns; i++) {
            const struct vn_store_column *c = &vn_store_forms[t].columns[i];

            printf("%s,%s,%s,%s,%d,", vn_store_forms[t].name, c->name,
                   types[c->type], c->unit,
                   (c->flags & VN_STORE_OPTIONAL) != 0);
            vn_csv_cell(stdout, c->help);
            putchar('\n');
        }
}

static void
print_json(void)
{
    puts("[");
    for (int t = 0; t < VN_STORE_TABLES; t++)
        for (int i = 0; i < vn_store_forms[t].ncolumns; i++) {
            const struct vn_store_column *c = &vn_store_forms[t].columns[i];
            bool last = t + 1 == VN_STORE_TABLES
                        && i + 1 == vn_store_forms[t].ncolumns;

            printf("  {\"table\": \"%s\", \"column\": \"%s\", \"type\": "
                   "\"%s\", \"unit\": \"%s\", \"optional\": %s, \"meaning\": ",
                   vn_store_forms[t].name, c->name, types[c->type], c->unit,
                   c->flags & VN_STORE_OPTIONAL ? "true" : "false");
            vn_json_string(stdout, c->help);
            puts(last ? "}" : "},");
        }
    puts("]");
}

/* The reference of columns (doc/). */
static void
print_markdown(void)
{
    puts(
        "# Columns of a results file\n\n"
        "A results file is SQLite; `vnreplay export FILE --table NAME` writes "
        "a table\nof it. This page is `vnreplay schema --format markdown`.");
    for (int t = 0; t < VN_STORE_TABLES; t++) {
        const struct vn_store_form *form = &vn_store_forms[t];

        printf("\n## %s\n\n%s.\n\n| column | type | unit | meaning |\n"
               "|---|---|---|---|\n",
               form->name, form->help);
        for (int i = 0; i < form->ncolumns; i++) {
            const struct vn_store_column *c = &form->columns[i];

            printf("| `%s` | %s | %s | ", c->name, types[c->type], c->unit);
            for (const char *p = c->help; *p != '\0'; p++)
                printf(*p == '|' || *p == '<' || *p == '*' ? "\\%c" : "%c",
                       *p);
            printf("%s |\n", c->flags & VN_STORE_OPTIONAL ? " (or null)" : "");
        }
    }
}

int
vn_command_schema(int argc, char **argv)
{
    static const char *const formats[] = {"text", "csv", "json", "markdown"};
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    struct vn_error err;
    enum vn_status status = VN_OK;
    const char *value;
    int i, format = TEXT;

    while ((i = vn_args_next(&args, &value, &err)) >= 0 && status == VN_OK)
        status = vn_option_choice("format", value, formats, NFORMATS, &format,
                                  &err);
    if (i == VN_ARGS_HELP && status == VN_OK) {
        puts("usage: vnreplay schema [option ...]\n\n"
             "Print every table and column of a results file, with its type, "
             "unit\nand meaning.\n");
        vn_option_help(stdout, options, NOPTIONS);
        return 0;
    }
    if (i == VN_ARGS_FAILED)
        status = VN_EUSAGE;
    if (status == VN_OK && args.nrest != 0)
        status = vn_fail(&err, VN_EUSAGE,
                         "'%s' is no option (see vnreplay "
                         "schema --help)",
                         args.rest[0]);
    if (status != VN_OK) {
        vn_error_print(stderr, "vnreplay", &err);
        return vn_error_exit(&err);
    }
    if (format == TEXT)
        print_text();
    else if (format == CSV)
        print_csv();
    else if (format == JSON)
        print_json();
    else
        print_markdown();
    return 0;
}
