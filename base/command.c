#include "config.h"

#include "base/command.h"

#include "base/file.h"
#include "base/names.h"
#include "base/version.h"

#include <string.h>

enum {
    COMMANDS_MAX = 64 /* of a program */
};

void
vn_command_help(FILE *out, const struct vn_command *commands, int ncommands)
{
    int width = 0;

    for (int i = 0; i < ncommands; i++) {
        int w = (int) strlen(commands[i].name);

        width = w > width ? w : width;
    }
    for (int i = 0; i < ncommands; i++)
        fprintf(out, "  %-*s  %s\n", width, commands[i].name,
                commands[i].summary);
}

void
vn_print_version(FILE *out, const char *program)
{
    fprintf(out,
            "%s (%s) %s\n"
            "licence GPL-3.0-or-later; there is no warranty\n",
            program, PACKAGE_NAME, vn_version());
}

static int
run_command(const char *program, const char *usage,
            const struct vn_command *commands, int ncommands, int argc,
            char **argv)
{
    const char *names[COMMANDS_MAX], *near;

    if (argc < 2) {
        fprintf(stderr, "%s\n\n", usage);
        vn_command_help(stderr, commands, ncommands);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        printf("%s\n\n", usage);
        vn_command_help(stdout, commands, ncommands);
        printf("\n'%s COMMAND --help' describes a command.\n", program);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        vn_print_version(stdout, program);
        return 0;
    }
    for (int i = 0; i < ncommands; i++) {
        if (strcmp(commands[i].name, argv[1]) == 0)
            return commands[i].run(argc - 1, argv + 1);
        names[i] = commands[i].name;
    }
    near = vn_names_nearest(argv[1], names, (size_t) ncommands);
    if (near != NULL)
        fprintf(stderr, "%s: unknown command '%s', did you mean '%s'?\n",
                program, argv[1], near);
    else
        fprintf(stderr, "%s: unknown command '%s' (see %s --help)\n", program,
                argv[1], program);
    return 2;
}

int
vn_command_run(const char *program, const char *usage,
               const struct vn_command *commands, int ncommands, int argc,
               char **argv)
{
    return vn_file_end_output(
        program, run_command(program, usage, commands, ncommands, argc, argv));
}
