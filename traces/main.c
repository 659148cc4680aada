/* vntrace: import, make and look at traces of jobs. */
#include "config.h"

#include "base/command.h"
#include "traces/command/command.h"

static const struct vn_command commands[] = {
    {"generate", "draw a trace from a model of a workload",
     vn_trace_command_generate},
    {"import", "make a trace of another project's log",
     vn_trace_command_import},
    {"stat", "print what is in a trace", vn_trace_command_stat},
};

int
main(int argc, char **argv)
{
    return vn_command_run("vntrace", "usage: vntrace COMMAND [option ...]",
                          commands, sizeof commands / sizeof *commands, argc,
                          argv);
}
