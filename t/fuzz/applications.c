/*
 * Any bytes as each of the tables of applications, beside the others as they
 * are in t/data/adaptive: what is read must price jobs by numbers.
 * What does not begin as such a table is tried as one of them, for haste.
 */
#include "config.h"

#include "plan/adaptive/application.h"
#include "t/fuzz/fuzz.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const tables[] = {
    "applications", "placements",    "scalability",  "validation",
    "interp_tets",  "interp_points", "interp_faces", "epoch_progress",
};

enum {
    TABLES = sizeof tables / sizeof *tables
};

static const char begin[] = "application";

static void
check_on(const struct vn_application *a, const struct vn_application_on *on,
         int64_t batch)
{
    for (int n = 1; n <= 9; n += 4) {
        double step_s = vn_application_step_s(a, on, batch, n, 4);
        double best_s = vn_application_best_step_s(a, on, batch, n, 4);

        FUZZ_CHECK(step_s > 0 && best_s > 0);
    }
}

static void
check(const struct vn_applications *as)
{
    for (int i = 0; i < as->nof; i++) {
        const struct vn_application *a = &as->of[i], *found;
        const int64_t batches[] = {1, a->init_batch, a->max_batch,
                                   (a->init_batch + a->max_batch) / 2};
        struct vn_error err = {0};

        FUZZ_CHECK(vn_applications_find(as, a->name) == a);
        if (vn_applications_demand(as, a->name, &found, &err) != VN_OK) {
            FUZZ_CHECK(err.text[0] != '\0');
            continue;
        }
        for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
            double steps = vn_application_steps(a, batches[b]);
            struct vn_epoch at;

            FUZZ_CHECK(steps > 0);
            if (vn_application_epoch(a, batches[b], 0, &at))
                FUZZ_CHECK(!isnan(vn_gradient_gain(at.gradient, 2)));
            for (int t = 0; t < as->types.count; t++)
                if (a->on[t].surface != NULL)
                    check_on(a, &a->on[t], batches[b]);
        }
    }
}

static void
read_as(const char *folder, const char *table, const uint8_t *data,
        size_t size)
{
    const char *top = getenv("TOP_SRCDIR");
    char base[1024], path[1200];
    struct vn_applications as = {0};
    struct vn_error err = {0};
    enum vn_status status;
    FILE *f;

    snprintf(base, sizeof base, "%s/t/data/adaptive", top != NULL ? top : ".");
    snprintf(path, sizeof path, "%s/%s.csv", folder, table);
    f = fopen(path, "w");
    FUZZ_CHECK(f != NULL && fwrite(data, 1, size, f) == size);
    fclose(f);
    status = vn_applications_read(folder, base, &as, &err);
    if (status == VN_OK) {
        check(&as);
        vn_applications_free(&as);
    } else
        FUZZ_CHECK(err.status == status && err.text[0] != '\0');
    unlink(path);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char folder[] = "/tmp/vn-fuzz-XXXXXX";

    FUZZ_CHECK(mkdtemp(folder) != NULL);
    for (size_t i = 0; i < TABLES; i++)
        if (i == size % TABLES
            || (size > strlen(begin)
                && memcmp(data, begin, strlen(begin)) == 0))
            read_as(folder, tables[i], data, size);
    rmdir(folder);
    return 0;
}
