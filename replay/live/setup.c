#include "config.h"

#include "replay/live/setup.h"

#include "base/xalloc.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum vn_status
take_list(struct vn_lab *lab, const char *list, struct vn_error *err)
{
    while (*list != '\0') {
        size_t n = strcspn(list, ",");

        if (lab->npolicies == (int) (sizeof lab->policies / sizeof(char *)))
            return vn_fail(err, VN_EUSAGE, "--policy: more than 64");
        lab->policies[lab->npolicies++] = strndup(list, n);
        list += n + (list[n] == ',');
    }
    return VN_OK;
}

static enum vn_status
take_model(struct vn_lab *lab, const char *value, struct vn_error *err)
{
    struct vn_model_words *m = &lab->setup.models;

    if (strchr(value, '=') == NULL || value[0] == '=')
        return vn_args_refuse(err, "model", value,
                              "NAME=OPTIONS, as in 'gpt=--model gpt --layers "
                              "2'");
    if (m->n == VN_MODEL_OPTIONS_MAX)
        return vn_fail(err, VN_EUSAGE, "--model: more than %d",
                       VN_MODEL_OPTIONS_MAX);
    m->words[m->n++] = value;
    return VN_OK;
}

enum vn_status
vn_lab_take(struct vn_lab *lab, enum vn_lab_option option, const char *value,
            struct vn_error *err)
{
    switch (option) {
    case VN_LAB_TRACE:
        lab->trace = value;
        break;
    case VN_LAB_CLUSTER:
        lab->cluster = value;
        break;
    case VN_LAB_POLICY:
        return take_list(lab, value, err);
    case VN_LAB_OPTION:
        if (lab->nwords == VN_POLICY_OPTIONS_MAX)
            return vn_fail(err, VN_EUSAGE, "--option: more than %d",
                           VN_POLICY_OPTIONS_MAX);
        lab->words[lab->nwords++] = value;
        break;
    case VN_LAB_RESULTS:
        lab->sweep.results = value;
        break;
    case VN_LAB_SCALE:
        return vn_option_real("time-scale", value, 1e-3, 1e6, &lab->scale,
                              err);
    case VN_LAB_VNEXEC:
        lab->vnexec = value;
        break;
    case VN_LAB_MODEL:
        return take_model(lab, value, err);
    case VN_LAB_EVERY:
        return vn_option_int("checkpoint-every", value, 1, INT64_MAX,
                             &lab->setup.checkpoint_every, err);
    case VN_LAB_FOLDER:
        lab->folder = value;
        break;
    case VN_LAB_SEED:
        return vn_option_int("seed", value, 0, INT64_MAX / 2, &lab->seed, err);
    case VN_LAB_OPTIONS:
        break;
    }
    return VN_OK;
}

/* The executor beside this program, where none is named. */
static enum vn_status
find_program(struct vn_lab *lab, struct vn_error *err)
{
    ssize_t n;
    char *slash;

    if (lab->vnexec != NULL) {
        snprintf(lab->program, sizeof lab->program, "%s", lab->vnexec);
    } else {
        n = readlink("/proc/self/exe", lab->program,
                     sizeof lab->program - sizeof "/vnexec");
        lab->program[n > 0 ? n : 0] = '\0';
        slash = strrchr(lab->program, '/');
        strcpy(slash != NULL ? slash + 1 : lab->program, "vnexec");
    }
    lab->setup.program = lab->program;
    if (access(lab->program, X_OK) != 0)
        return vn_fail(err, VN_EIO, "%s: %s, expected vnexec (see --vnexec)",
                       lab->program, strerror(errno));
    return VN_OK;
}

static enum vn_status
make_folder(struct vn_lab *lab, struct vn_error *err)
{
    const char *tmp = getenv("TMPDIR");

    if (lab->folder != NULL) {
        lab->setup.folder = lab->folder;
        if (mkdir(lab->folder, 0777) != 0 && errno != EEXIST)
            return vn_fail(err, VN_EIO, "%s: %s", lab->folder,
                           strerror(errno));
        return VN_OK;
    }
    if (tmp == NULL || strlen(tmp) > 40)
        tmp = "/tmp";
    snprintf(lab->made, sizeof lab->made, "%s/vnreplay-XXXXXX", tmp);
    if (mkdtemp(lab->made) == NULL) {
        lab->made[0] = '\0';
        return vn_fail(err, VN_EIO, "%s: %s", tmp, strerror(errno));
    }
    lab->setup.folder = lab->made;
    return VN_OK;
}

/* Arrivals come `scale` times as fast. */
static void
scale_times(struct vn_lab *lab)
{
    for (size_t i = 0; i < lab->data.njobs; i++) {
        struct vn_job *j = &lab->data.jobs[i];

        j->submit = llrint((double) j->submit / lab->scale);
        if (j->deadline >= 0)
            j->deadline = llrint((double) j->deadline / lab->scale);
    }
}

enum vn_status
vn_lab_open(struct vn_lab *lab, struct vn_error *err)
{
    enum vn_status status;

    if (lab->trace == NULL || lab->cluster == NULL)
        return vn_fail(err, VN_EUSAGE, "no --%s given",
                       lab->trace == NULL ? "trace" : "cluster");
    lab->sweep.recording = VN_RECORD_ALL;
    if (lab->npolicies == 0)
        lab->policies[lab->npolicies++] = strdup(vn_policies[0]->name);
    status = find_program(lab, err);
    if (status == VN_OK)
        status = vn_sweep_cluster(&lab->sweep, lab->cluster, err);
    for (int i = 0; i < lab->npolicies && status == VN_OK; i++)
        status = vn_sweep_policy(&lab->sweep, lab->policies[i], lab->words,
                                 lab->nwords, err);
    if (status == VN_OK)
        status = vn_assumptions_open(&lab->sweep.assumptions, err);
    if (status == VN_OK)
        status = vn_trace_data_read(lab->trace, &lab->data, err);
    if (status == VN_OK) {
        scale_times(lab);
        vn_workload_cut(&lab->data, 0, 1, &lab->workload);
        lab->workload.seed = lab->seed;
        status = make_folder(lab, err);
    }
    return status;
}

enum vn_status
vn_lab_open_bare(struct vn_lab *lab, struct vn_error *err)
{
    enum vn_status status = find_program(lab, err);

    if (status == VN_OK && lab->cluster != NULL)
        status = vn_sweep_cluster(&lab->sweep, lab->cluster, err);
    if (status == VN_OK)
        status = vn_assumptions_open(&lab->sweep.assumptions, err);
    return status == VN_OK ? make_folder(lab, err) : status;
}

void
vn_lab_clear(const struct vn_lab *lab, bool logs)
{
    static const char *const kinds[] = {"checkpoint", "log"};
    char path[4200];

    if (lab->made[0] == '\0')
        return;
    for (size_t i = 0; i < lab->workload.njobs; i++)
        for (int k = 0; k < 1 + logs; k++) {
            vn_executor_file(&lab->setup, lab->workload.jobs[i].id, kinds[k],
                             path, sizeof path);
            unlink(path);
        }
}

void
vn_lab_close(struct vn_lab *lab, bool failed)
{
    vn_lab_clear(lab, !failed);
    if (lab->made[0] != '\0')
        rmdir(lab->made); /* which leaves it where a log is in it */
    for (int i = 0; i < lab->npolicies; i++)
        free(lab->policies[i]);
    vn_workload_free(&lab->workload);
    vn_trace_data_free(&lab->data);
    vn_sweep_free(&lab->sweep);
}
