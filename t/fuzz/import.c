/*
 * Any bytes to every importer, or to the one that the environment variable
 * VN_FUZZ_FORMAT names, so that one format can be gone into deeply.
 */
#include "config.h"

#include "t/fuzz/fuzz.h"
#include "t/fuzz/jobs.h"
#include "traces/import/import.h"

#include <string.h>

static void
import(const struct vn_importer *importer, const uint8_t *data, size_t size,
       bool strict)
{
    struct vn_import im = {
        .file = "input",
        .strict = strict,
        .map = "job_id=job_id,submit=submit_s,duration=duration_s,"
               "devices=devices"};
    struct vn_error err = {0};
    enum vn_status status;

    im.in = fmemopen((void *) (uintptr_t) data, size, "r");
    FUZZ_CHECK(im.in != NULL);
    status = vn_import_run(importer, &im, &(struct vn_import_choice){0}, &err);
    fclose(im.in);
    if (status == VN_OK)
        fuzz_jobs_check(im.jobs, im.njobs, &im.names);
    else
        FUZZ_CHECK(err.status == status && err.text[0] != '\0');
    if (strict)
        FUZZ_CHECK(im.nnotes == 0);
    vn_import_free(&im);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *format = getenv("VN_FUZZ_FORMAT");

    for (const struct vn_importer *const *i = vn_importers; *i != NULL; i++)
        if (format == NULL || strcmp(format, (*i)->name) == 0) {
            import(*i, data, size, false);
            import(*i, data, size, true);
        }
    return 0;
}
