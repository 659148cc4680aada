#include "config.h"

#include "replay/command/sweep.h"

#include <string.h>

void
vn_asked_begin(struct vn_asked *a, const char *command)
{
    *a = (struct vn_asked){.command = command};
    vn_request_begin(&a->request);
}

void
vn_asked_free(struct vn_asked *a)
{
    vn_request_free(&a->request);
    vn_paper_free(&a->paper);
}

/* Does a word name an experiment file? */
static bool
is_paper(const char *word)
{
    const char *dot = strrchr(word, '.');

    return dot != NULL
           && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

enum vn_status
vn_asked_open(struct vn_asked *a, const struct vn_args *args,
              struct vn_error *err)
{
    enum vn_status status = VN_OK;

    if (args->nrest > 0 && !is_paper(args->rest[0]))
        return vn_fail(err, VN_EUSAGE,
                       "'%s' is no option, nor an experiment in a FILE.yaml "
                       "(see vnreplay %s --help)",
                       args->rest[0], a->command);
    if (args->nrest > 1)
        return vn_fail(err, VN_EUSAGE,
                       "'%s' is no option (see vnreplay %s --help)",
                       args->rest[1], a->command);
    if (args->nrest == 1)
        status = vn_paper_read(args->rest[0], &a->request, &a->paper, err);
    return status == VN_OK ? vn_request_open(&a->request, a->command, err)
                           : status;
}
