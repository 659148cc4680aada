/* vnexec export: a checkpoint's parameters in a file that others read. */
#include "config.h"

#include "vnode_exec/command/command.h"

#include "base/option.h"
#include "vnode_exec/train/weights.h"
#include "vnode_exec/trained.h"

#include <stdio.h>
#include <string.h>

enum {
    OUTPUT,
    STATE,
    NOPTIONS
};

static const struct vn_option options[NOPTIONS] = {
    [OUTPUT] = {"output", "FILE", "NAME.safetensors or NAME.npz", 'o'},
    [STATE] = {"state", NULL, "the optimizer's state too", 0},
};

/* Notes for a head: what was trained, in the words of the checkpoint. */
static enum vn_status export(const char *path, const char *output,
                             bool with_state, struct vn_error *err) {
    struct vn_trained t; struct vn_arrays arrays = {.n = 0}; char step[32];
        enum vn_status status = vn_trained_open(path, &t, err);

        if (status == VN_OK){
            const struct vn_array_note notes[] =
                {
                    {"format", "pt"},
                    {"step", step},
                    {"trained", t.checkpoint.text},
                };

            snprintf(step, sizeof step, "%lld", (long long) t.checkpoint.step);
            vn_weights_export(t.graph, &t.checkpoint.state, with_state,
                              &arrays);
            status = vn_arrays_write(output, &arrays, notes,
                                     sizeof notes / sizeof *notes, err);
}
if (status == VN_OK) printf("%s: %d arrays of step %lld\n", output, arrays.n,
                            (long long) t.checkpoint.step);
vn_arrays_free(&arrays);
vn_trained_close(&t);
return status;
}

int
vn_command_export(int argc, char **argv)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    struct vn_error err = {0};
    const char *value, *output = NULL;
    bool with_state = false;
    enum vn_status status = VN_OK;
    int i;

    while ((i = vn_args_next(&args, &value, &err)) >= 0)
        if (i == OUTPUT)
            output = value;
        else
            with_state = true;
    if (i == VN_ARGS_HELP) {
        printf("usage: vnexec export CHECKPOINT -o FILE [options]\n\n"
               "Write a checkpoint's parameters for other programs.\n\n");
        vn_option_help(stdout, options, NOPTIONS);
        return 0;
    }
    if (i == VN_ARGS_FAILED)
        status = VN_EUSAGE;
    else if (args.nrest != 1 || output == NULL)
        status = vn_fail(&err, VN_EUSAGE,
                         "export needs one checkpoint, and --output FILE");
    else
        status = export(args.rest[0], output, with_state, &err);
    if (status == VN_OK)
        return 0;
    vn_error_print(stderr, "vnexec", &err);
    return vn_error_exit(&err);
}
