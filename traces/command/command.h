/*
 * The commands of vntrace, each a file NAME.c here and a line in main.c.
 */
#ifndef TRACES_COMMAND_COMMAND_H
#define TRACES_COMMAND_COMMAND_H

/* argv[0] is the command's name; the result is the exit status. */
int vn_trace_command_generate(int argc, char **argv);
int vn_trace_command_import(int argc, char **argv);
int vn_trace_command_stat(int argc, char **argv);

#endif /* TRACES_COMMAND_COMMAND_H */
