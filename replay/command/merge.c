#include "config.h"

#include "base/option.h"
#include "base/store/store.h"
#include "replay/command/command.h"

#include <inttypes.h>

enum option {
    OUTPUT,
    NOPTIONS
};

static const struct vn_option options[] = {
    [OUTPUT] = {"output", "FILE", "the results file to add to, or to make",
                'o'},
};

static enum vn_status
merge(struct vn_store *into, const char *path, struct vn_error *err)
{
    struct vn_store *from = NULL;
    int64_t added = 0, same = 0;
    enum vn_status status = vn_store_open(path, VN_STORE_READ, &from, err);

    if (status == VN_OK)
        status = vn_store_merge(into, from, &added, &same, err);
    vn_store_close(from);
    if (status == VN_OK)
        printf("%s: %" PRId64 " runs added, %" PRId64 " there before\n", path,
               added, same);
    return status;
}

int
vn_command_merge(int argc, char **argv)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    struct vn_error err;
    enum vn_status status = VN_OK;
    const char *value, *output = NULL;
    struct vn_store *into = NULL;
    int i;

    while ((i = vn_args_next(&args, &value, &err)) >= 0)
        output = value;
    if (i == VN_ARGS_HELP) {
        puts("usage: vnreplay merge RESULTS ... -o FILE\n\n"
             "Add the runs of results files to another.  What is there "
             "already is not added\nagain; two different results of one run, "
             "or files of two versions, are refused.\n");
        vn_option_help(stdout, options, NOPTIONS);
        return 0;
    }
    if (i == VN_ARGS_FAILED)
        status = VN_EUSAGE;
    else if (output == NULL || args.nrest < 1)
        status = vn_fail(&err, VN_EUSAGE,
                         "expected results files and --output (see vnreplay "
                         "merge --help)");
    if (status == VN_OK)
        status = vn_store_open(output, VN_STORE_WRITE, &into, &err);
    for (i = 0; i < args.nrest && status == VN_OK; i++)
        status = merge(into, args.rest[i], &err);
    vn_store_close(into);
    if (status != VN_OK)
        vn_error_print(stderr, "vnreplay", &err);
    return status == VN_OK ? 0 : vn_error_exit(&err);
}
