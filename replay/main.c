/* vnreplay: many runs in one results file, and what they say together. */
#include "config.h"

#include "base/command.h"
#include "replay/command/command.h"

static const struct vn_command commands[] = {
    {"run", "replay traces on clusters under policies", vn_command_sweep},
    {"calibrate", "measure what a simulation of a trace needs",
     vn_command_calibrate},
    {"compare", "print policies side by side", vn_command_compare},
    {"claims", "what the paper claims, and what comes out here",
     vn_command_claims},
    {"experiment", "run a published experiment again", vn_command_experiment},
    {"export", "print a table of the results as CSV", vn_command_export},
    {"figures", "draw the figures that an experiment file names",
     vn_command_figures},
    {"init", "write an experiment file to begin with", vn_command_init},
    {"list", "list the runs of a sweep, and its shards", vn_command_list},
    {"timeline", "write runs as a trace for Perfetto", vn_command_timeline},
    {"live", "replay a trace on the devices of this host", vn_command_live},
    {"merge", "join results files", vn_command_merge},
    {"reproduce", "run every run of a file again", vn_command_reproduce},
    {"sbatch", "write a script that runs an experiment under Slurm",
     vn_command_sbatch},
    {"schema", "print what every column means", vn_command_schema},
    {"validate", "hold simulated runs against executed ones",
     vn_command_validate},
};

int
main(int argc, char **argv)
{
    return vn_command_run("vnreplay", "usage: vnreplay COMMAND [option ...]",
                          commands, sizeof commands / sizeof *commands, argc,
                          argv);
}
