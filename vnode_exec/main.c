#include "config.h"

#include "base/command.h"
#include "vnode_exec/command/command.h"

static const struct vn_command commands[] = {
    {"run", "train a model over virtual nodes", vn_command_train},
    {"eval", "test a checkpoint", vn_command_eval},
    {"export", "write a checkpoint for other programs", vn_command_export},
    {"data", "show what a data set holds", vn_command_data},
    {"model", "show a model file and what it needs", vn_command_model},
    {"predict", "classes of examples, by a checkpoint", vn_command_predict},
    {"sample", "tokens that follow others, by a checkpoint",
     vn_command_sample},
    {"profile", "measure step times and memory by batch", vn_command_profile},
    {"work", "count the arithmetic and traffic of a step", vn_command_work},
    {"digest", "print the hash of checkpoints", vn_command_digest},
    {"devices", "list devices", vn_command_devices},
};

int
main(int argc, char **argv)
{
    return vn_command_run("vnexec", "vnexec COMMAND [options]", commands,
                          sizeof commands / sizeof commands[0], argc, argv);
}
