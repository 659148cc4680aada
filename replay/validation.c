#include "config.h"

#include "replay/validation.h"

#include "replay/course.h"

#include <stdlib.h>
#include <string.h>

/* What needs a trace has no place beside what needs none. */
static enum vn_status
check(const struct vn_validation *v, struct vn_error *err)
{
    const char *form = v->plan != NULL ? "plan" : "split";

    if (v->plan != NULL && v->split != NULL)
        return vn_fail(err, VN_EUSAGE,
                       "--plan and --split, expected one of them");
    if (v->lab->trace != NULL || v->lab->npolicies > 0)
        return vn_fail(err, VN_EUSAGE,
                       "--%s does without --trace and --policy", form);
    if (v->split != NULL && v->lab->cluster == NULL)
        return vn_fail(err, VN_EUSAGE,
                       "no --cluster given, expected the devices to split "
                       "over, as in host:1,host:slow=2:1");
    if (v->lab->sweep.assumptions.nprofiles == 0)
        return vn_fail(err, VN_EUSAGE,
                       "no --profile given, expected what vnexec profile or "
                       "vnreplay calibrate writes");
    return VN_OK;
}

static enum vn_status
validate_plan(const struct vn_validation *v, struct vn_findings *findings,
              int *verdict, struct vn_error *err)
{
    const struct vn_profile *p = &v->lab->sweep.assumptions.profile;
    const char *model = v->model;
    struct vn_course course;
    enum vn_status status;

    if (model == NULL && p->nmodels == 1)
        model = p->models[0];
    if (model == NULL)
        return vn_fail(err, VN_EUSAGE,
                       "no --model given, expected which of the profile's %d "
                       "is to be trained",
                       p->nmodels);
    status =
        vn_course_open(&course, v->lab, v->plan, model, v->job, v->steps, err);
    for (int r = 0; r < v->repeats && status == VN_OK; r++) {
        fprintf(stderr, "vnreplay: %s, execution %d of %d\n", v->plan, r + 1,
                v->repeats);
        status = vn_course_run(&course, err);
    }
    if (status == VN_OK)
        *verdict = vn_course_report(&course, v->tolerance, findings);
    vn_course_close(&course);
    return status;
}

/* "mlp:96", "resnet8:48", ... one after another. */
static enum vn_status
validate_splits(const struct vn_validation *v, struct vn_findings *findings,
                int *verdict, struct vn_error *err)
{
    char *copy = strdup(v->split), *next = copy, *word;
    enum vn_status status = VN_OK;
    char why[VN_WHY_SIZE];

    if (copy == NULL)
        abort();
    while (status == VN_OK && (word = strsep(&next, ",")) != NULL) {
        char *colon = strchr(word, ':');
        int64_t batch;
        int one = 0;

        if (colon == NULL || colon == word
            || vn_read_int(colon + 1, 1, 1 << 20, &batch, why) != NULL) {
            status =
                vn_args_refuse(err, "split", v->split,
                               "MODEL:BATCH,..., as in mlp:96,resnet8:24");
            break;
        }
        *colon = '\0';
        status = vn_validate_split(v, word, batch, findings, &one, err);
        *verdict = vn_course_graver(*verdict, one);
    }
    free(copy);
    return status;
}

enum vn_status
vn_validate_course(struct vn_validation *v, struct vn_findings *findings,
                   int *verdict, struct vn_error *err)
{
    enum vn_status status = check(v, err);

    *verdict = 0;
    if (status == VN_OK)
        status = vn_lab_open_bare(v->lab, err);
    if (status == VN_OK)
        status = v->plan != NULL ? validate_plan(v, findings, verdict, err)
                                 : validate_splits(v, findings, verdict, err);
    return status;
}
