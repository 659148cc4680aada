/* vnexec devices: what there is to run on; vnexec digest: of a checkpoint. */
#include "config.h"

#include "vnode_exec/command/command.h"

#include "base/option.h"
#include "vnode_exec/device/device.h"
#include "vnode_exec/train/checkpoint.h"
#include "vnode_exec/train/comm.h"

#include <stdio.h>
#include <string.h>

static int
fail(const struct vn_error *err)
{
    vn_error_print(stderr, "vnexec", err);
    return vn_error_exit(err);
}

/* Commands without options: --help, or words. */
static enum vn_status
read_words(int argc, char **argv, const char *usage, char ***words, int *n,
           bool *help, struct vn_error *err)
{
    struct vn_args args = vn_args_begin(argc, argv, NULL, 0);
    const char *value;
    int i = vn_args_next(&args, &value, err);

    *help = i == VN_ARGS_HELP;
    if (*help)
        fputs(usage, stdout);
    if (i == VN_ARGS_FAILED)
        return VN_EUSAGE;
    *words = args.rest;
    *n = args.nrest;
    return VN_OK;
}

int
vn_command_devices(int argc, char **argv)
{
    struct vn_error err = {0};
    char **words;
    bool help;
    int n;

    if (read_words(argc, argv,
                   "usage: vnexec devices\n\nList the devices, or why there "
                   "is none of a kind.\n",
                   &words, &n, &help, &err)
        != VN_OK)
        return fail(&err);
    if (help)
        return 0;
    for (int i = 0; vn_backends[i] != NULL; i++) {
        const struct vn_backend *b = vn_backends[i];
        const char *why = NULL;
        int count = b->count(&why);
        char text[300];

        if (count == 0)
            printf("%-12s  %s\n", b->name, why);
        for (int j = 0; j < count && (j == 0 || !b->host_memory); j++) {
            char name[32];

            b->describe(j, text, sizeof text);
            snprintf(name, sizeof name, "%s:%d", b->name, j);
            printf("%-12s  %s\n", name, text);
        }
        if (b == &vn_backend_host)
            printf("%-12s  %d processor%s; any number of devices may share "
                   "them\n",
                   "", count, count == 1 ? "" : "s");
    }
    if (vn_backend_find("cuda") == NULL)
        printf("%-12s  this program was built without it\n", "cuda");
    printf("%-12s  %s\n", "mpi",
           vn_comm_available() ? "ranks may be devices (--mpi)"
                               : "this program was built without it");
    return 0;
}

int
vn_command_digest(int argc, char **argv)
{
    struct vn_error err = {0};
    char **words;
    bool help;
    int n;
    enum vn_status status = read_words(
        argc, argv,
        "usage: vnexec digest CHECKPOINT...\n\nPrint the hash of the "
        "parameters and optimizer state in checkpoints.\n",
        &words, &n, &help, &err);

    if (status != VN_OK)
        return fail(&err);
    if (help)
        return 0;
    if (n == 0) {
        vn_fail(&err, VN_EUSAGE, "digest needs a checkpoint");
        return fail(&err);
    }
    for (int i = 0; i < n; i++) {
        struct vn_checkpoint c;

        status = vn_checkpoint_read(words[i], NULL, NULL, &c, NULL, &err);
        if (status == VN_OK)
            printf("%s: step %lld digest %016llx\n", words[i],
                   (long long) c.step, (unsigned long long) c.digest);
        vn_checkpoint_free(&c);
        if (status != VN_OK)
            return fail(&err);
    }
    return 0;
}
