/* Any bytes to every reader of plan/: profiles, costs, plans, faults' words.
 */
#include "config.h"

#include "plan/cost.h"
#include "plan/plan.h"
#include "plan/profile/format.h"
#include "t/fuzz/fuzz.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void
check_status(enum vn_status status, const struct vn_error *err)
{
    FUZZ_CHECK(status == VN_OK
               || (err->status == status && err->text[0] != '\0'));
}

/* Between what was profiled time is linear, hence within its ends. */
static void
check_curve(const struct vn_profile_curve *c)
{
    for (int i = 0; i + 1 < c->npoints; i++) {
        const struct vn_profile_point *a = &c->points[i], *b = a + 1;
        double low = fmin(a->step_s, b->step_s) * (1 - 1e-9);
        double high = fmax(a->step_s, b->step_s) * (1 + 1e-9);
        double s = vn_profile_node_s(c, a->batch + (b->batch - a->batch) / 2);

        FUZZ_CHECK(a->batch < b->batch);
        FUZZ_CHECK(a->step_s > 0 && s >= low && s <= high);
    }
    for (int i = 0; i + 1 < c->nlinks; i++)
        FUZZ_CHECK(c->links[i].devices < c->links[i + 1].devices);
    for (int i = 0; i < c->nmappings; i++)
        FUZZ_CHECK(c->mappings[i].step_s > 0
                   || c->mappings[i].spread_step_s > 0
                   || isnan(c->mappings[i].step_s));
}

static void
check_profile(struct vn_profile *p)
{
    for (int i = 0; i < p->nmodels * p->ntypes; i++)
        check_curve(&p->curves[i]);
    vn_profile_hash(p);
    vn_profile_free(p);
}

static void
read_profiles(const char *path)
{
    struct vn_profile p = {0};
    struct vn_error err = {0};

    const char *names[2] = {"m:t", "m"};
    char named[4096];

    check_status(vn_profile_read(path, &p, &err), &err);
    check_profile(&p);
    check_status(vn_profile_gavel.read(path, &p, &err), &err);
    check_profile(&p);
    for (int i = 0; i < 2; i++) {
        snprintf(named, sizeof named, "%s=%s", names[i], path);
        check_status(vn_profile_virtualflow.read(named, &p, &err), &err);
        check_profile(&p);
    }
}

static void
check_costs(const char *what)
{
    struct vn_error err = {0};
    struct vn_costs *costs;
    enum vn_status status = vn_costs_read(what, &costs, &err);

    check_status(status, &err);
    for (int k = 0; k < VN_COST_KINDS && status == VN_OK; k++)
        for (int n = 0; n < 3; n++) {
            vn_time t =
                vn_costs_draw(costs, 0, (enum vn_cost_kind) k, 1, 2, n);

            FUZZ_CHECK(t >= 0 && t <= VN_TIME_MAX / 2);
        }
    vn_costs_free(costs);
}

static void
read_plan(const char *path, const char *copy)
{
    struct vn_plan plan, again;
    struct vn_error err = {0};
    enum vn_status status = vn_plan_read(path, &plan, &err);

    check_status(status, &err);
    if (status != VN_OK)
        return;
    FUZZ_CHECK(vn_plan_write(&plan, copy, &err) == VN_OK);
    FUZZ_CHECK(vn_plan_read(copy, &again, &err) == VN_OK);
    FUZZ_CHECK(again.nmappings == plan.nmappings);
    for (int i = 0; i < plan.nmappings; i++) {
        FUZZ_CHECK(vn_mapping_batch(&plan.mappings[i]) > 0);
        FUZZ_CHECK(vn_mapping_vnodes(&plan.mappings[i])
                   == vn_mapping_vnodes(&again.mappings[i]));
    }
    vn_plan_free(&plan);
    vn_plan_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[32], copy_path[] = "/tmp/vn-fuzz-XXXXXX", words[256];
    int fd = memfd_create("input", 0), copy = mkstemp(copy_path);
    size_t n = size < sizeof words - 1 ? size : sizeof words - 1;

    FUZZ_CHECK(fd >= 0 && copy >= 0
               && write(fd, data, size) == (ssize_t) size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    memcpy(words, data, n);
    words[n] = '\0';
    read_profiles(path);
    check_costs(path);
    if (strchr(words, '=') != NULL)
        check_costs(words);
    read_plan(path, copy_path);
    close(fd);
    close(copy);
    unlink(copy_path);
    return 0;
}
