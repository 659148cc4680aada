#include "config.h"

#include "replay/validate/validate.h"

#include "base/xalloc.h"
#include "replay/validate/calibrate.h"
#include "replay/validate/plan_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROUNDS = 3 /* of a calibration */
};

/* What needs a trace has no place beside what needs none. */
static enum vn_status
check(const struct vn_validation *v, struct vn_error *err)
{
    const char *form = v->plan != NULL ? "plan" : "split";

    if (v->plan != NULL && v->split != NULL)
        return vn_fail(err, VN_EUSAGE,
                       "--plan and --split, expected one of them");
    if (v->setup->trace != NULL || v->setup->npolicies > 0)
        return vn_fail(err, VN_EUSAGE,
                       "--%s does without --trace and --policy", form);
    if (v->name != NULL
        && (v->plan != NULL || v->setup->sweep.assumptions.nprofiles > 0))
        return vn_fail(err, VN_EUSAGE,
                       "--output, expected only where there is a calibration "
                       "to write");
    if (v->split != NULL && v->setup->cluster == NULL)
        return vn_fail(err, VN_EUSAGE,
                       "no --cluster given, expected the devices to split "
                       "over, as in host:1,host:slow=2:1");
    if (v->plan != NULL && v->setup->sweep.assumptions.nprofiles == 0)
        return vn_fail(err, VN_EUSAGE,
                       "no --profile given, expected what vnexec profile or "
                       "vnreplay calibrate writes");
    return VN_OK;
}

static enum vn_status
validate_plan(const struct vn_validation *v, struct vn_findings *findings,
              int *verdict, struct vn_error *err)
{
    const struct vn_profile *p = &v->setup->sweep.assumptions.profile;
    const char *model = v->model;
    struct vn_plan_run planned;
    enum vn_status status;

    if (model == NULL && p->nmodels == 1)
        model = p->models[0];
    if (model == NULL)
        return vn_fail(err, VN_EUSAGE,
                       "no --model given, expected which of the profile's %d "
                       "is to be trained",
                       p->nmodels);
    status = vn_plan_run_open(&planned, v->setup, v->plan, model, v->job,
                              v->steps, err);
    for (int r = 0; r < v->repeats && status == VN_OK; r++) {
        fprintf(stderr, "vnreplay: %s, execution %d of %d\n", v->plan, r + 1,
                v->repeats);
        status = vn_plan_run_execute(&planned, err);
    }
    if (status == VN_OK)
        *verdict = vn_plan_run_report(&planned, v->tolerance, findings);
    vn_plan_run_close(&planned);
    return status;
}

/* What is done with each "MODEL:BATCH" of --split. */
struct splits {
    const struct vn_validation *v;
    struct vn_calibrator *calibrator;
    struct vn_findings *findings;
    int *verdict;
};

/* Nodes that a solver may choose, 2^k and 3 2^k, up to the whole batch. */
static enum vn_status
want_split(struct splits *s, const char *model, int64_t batch,
           struct vn_error *err)
{
    (void) err;
    for (int64_t b = 1; b < batch; b *= 2) {
        vn_calibrator_want(s->calibrator, model, b);
        if (3 * b / 2 < batch && b > 1)
            vn_calibrator_want(s->calibrator, model, 3 * b / 2);
    }
    vn_calibrator_want(s->calibrator, model, batch);
    return VN_OK;
}

static enum vn_status
validate_one(struct splits *s, const char *model, int64_t batch,
             struct vn_error *err)
{
    int one = 0;
    enum vn_status status =
        vn_validate_split(s->v, model, batch, s->findings, &one, err);

    *s->verdict = vn_plan_run_graver(*s->verdict, one);
    return status;
}

/* "mlp:96", "resnet8:48", ... one after another. */
static enum vn_status
each_split(struct splits *s,
           enum vn_status (*fn)(struct splits *s, const char *model,
                                int64_t batch, struct vn_error *err),
           struct vn_error *err)
{
    char *copy = vn_xstrdup(s->v->split), *next = copy, *word;
    enum vn_status status = VN_OK;
    char why[VN_WHY_SIZE];

    while (status == VN_OK && (word = strsep(&next, ",")) != NULL) {
        char *colon = strchr(word, ':');
        int64_t batch;

        if (colon == NULL || colon == word
            || vn_read_int(colon + 1, 1, 1 << 20, &batch, why) != NULL) {
            status =
                vn_args_refuse(err, "split", s->v->split,
                               "MODEL:BATCH,..., as in mlp:96,resnet8:24");
            break;
        }
        *colon = '\0';
        status = fn(s, word, batch, err);
    }
    free(copy);
    return status;
}

/* Without a profile the host is calibrated. */
static enum vn_status
calibrate(struct splits *s, struct vn_error *err)
{
    struct vn_setup *setup = s->v->setup;
    enum vn_status status;

    s->calibrator =
        vn_calibrator_alloc(setup, fmin(s->v->span_s, VN_CALIBRATION_SPAN_S));
    status = each_split(s, want_split, err);
    if (status == VN_OK && s->v->name != NULL) /* can it be? */
        status = vn_calibrator_write(s->calibrator, s->v->name, err);
    if (status == VN_OK)
        status = vn_calibrator_measure(s->calibrator, ROUNDS, err);
    if (status == VN_OK)
        status = vn_calibrator_assume(s->calibrator, s->v->name,
                                      &setup->sweep.assumptions, err);
    return status;
}

static enum vn_status
validate_splits(const struct vn_validation *v, struct vn_findings *findings,
                int *verdict, struct vn_error *err)
{
    struct splits s = {.v = v, .findings = findings, .verdict = verdict};
    enum vn_status status = VN_OK;

    if (v->setup->sweep.assumptions.nprofiles == 0)
        status = calibrate(&s, err);
    if (status == VN_OK)
        status = each_split(&s, validate_one, err);
    if (status == VN_OK && s.calibrator != NULL)
        vn_calibrator_show(s.calibrator, findings);
    vn_calibrator_free(s.calibrator);
    return status;
}

enum vn_status
vn_validate_course(struct vn_validation *v, struct vn_findings *findings,
                   int *verdict, struct vn_error *err)
{
    enum vn_status status = check(v, err);

    *verdict = 0;
    if (status == VN_OK)
        status = vn_setup_open_bare(v->setup, err);
    if (status == VN_OK)
        status = v->plan != NULL ? validate_plan(v, findings, verdict, err)
                                 : validate_splits(v, findings, verdict, err);
    return status;
}
