#include "config.h"

#include "replay/command/results.h"

int
vn_results_command_run(const struct vn_results_command *c, int argc,
                       char **argv)
{
    struct vn_args args = vn_args_begin(argc, argv, c->options, c->noptions);
    struct vn_error err;
    bool done;
    enum vn_status status =
        vn_args_all(&args, c->say, c->take, c->arg, &done, &err);

    if (status == VN_OK && done)
        return 0;
    if (status == VN_OK && args.nrest != 1)
        status = vn_fail(&err, VN_EUSAGE,
                         "expected one results file (see vnreplay %s --help)",
                         c->name);
    if (status == VN_OK)
        status = c->run(args.rest[0], c->arg, &err);
    if (status != VN_OK)
        vn_error_print(stderr, "vnreplay", &err);
    return status == VN_OK ? 0 : vn_error_exit(&err);
}
