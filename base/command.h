/*
 * What the programs say of themselves, and programs of several commands.
 */
#ifndef BASE_COMMAND_H
#define BASE_COMMAND_H

#include <stdio.h>

/* A program of several commands: `vntrace import ...`. */
struct vn_command {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

/* The commands as --help shows them. */
void vn_command_help(FILE *out, const struct vn_command *commands,
                     int ncommands);

/*
 * Run the command that argv[1] names, on what follows, and return its exit
 * status.  --help prints usage, the commands and exits 0; --version prints
 * the program's name and version; no command or an unknown one is status 2
 * with the nearest name.  What could not be printed is status 1.
 */
int vn_command_run(const char *program, const char *usage,
                   const struct vn_command *commands, int ncommands, int argc,
                   char **argv);

/* Print "PROGRAM (VirtualFlow) VERSION" and the licence in one line. */
void vn_print_version(FILE *out, const char *program);

#endif /* BASE_COMMAND_H */
