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
take_list(struct vn_setup *setup, const char *list, struct vn_error *err)
{
    while (*list != '\0') {
        size_t n = strcspn(list, ",");

        if (setup->npolicies
            == (int) (sizeof setup->policies / sizeof(char *)))
            return vn_fail(err, VN_EUSAGE, "--policy: more than 64");
        setup->policies[setup->npolicies++] = strndup(list, n);
        list += n + (list[n] == ',');
    }
    return VN_OK;
}

static enum vn_status
take_model(struct vn_setup *setup, const char *value, struct vn_error *err)
{
    struct vn_model_words *m = &setup->setup.models;

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
vn_setup_take(struct vn_setup *setup, enum vn_setup_option option,
              const char *value, struct vn_error *err)
{
    switch (option) {
    case VN_SETUP_TRACE:
        setup->trace = value;
        break;
    case VN_SETUP_CLUSTER:
        setup->cluster = value;
        break;
    case VN_SETUP_POLICY:
        return take_list(setup, value, err);
    case VN_SETUP_OPTION:
        if (setup->nwords == VN_POLICY_OPTIONS_MAX)
            return vn_fail(err, VN_EUSAGE, "--option: more than %d",
                           VN_POLICY_OPTIONS_MAX);
        setup->words[setup->nwords++] = value;
        break;
    case VN_SETUP_RESULTS:
        setup->sweep.results = value;
        break;
    case VN_SETUP_SCALE:
        return vn_option_real("time-scale", value, 1e-3, 1e6, &setup->scale,
                              err);
    case VN_SETUP_VNEXEC:
        setup->vnexec = value;
        break;
    case VN_SETUP_MODEL:
        return take_model(setup, value, err);
    case VN_SETUP_EVERY:
        return vn_option_int("checkpoint-every", value, 1, INT64_MAX,
                             &setup->setup.checkpoint_every, err);
    case VN_SETUP_FOLDER:
        setup->folder = value;
        break;
    case VN_SETUP_SEED:
        return vn_option_int("seed", value, 0, INT64_MAX / 2, &setup->seed,
                             err);
    case VN_SETUP_OPTIONS:
        break;
    }
    return VN_OK;
}

/* The executor beside this program, where none is named. */
static enum vn_status
find_program(struct vn_setup *setup, struct vn_error *err)
{
    ssize_t n;
    char *slash;

    if (setup->vnexec != NULL) {
        snprintf(setup->program, sizeof setup->program, "%s", setup->vnexec);
    } else {
        n = readlink("/proc/self/exe", setup->program,
                     sizeof setup->program - sizeof "/vnexec");
        setup->program[n > 0 ? n : 0] = '\0';
        slash = strrchr(setup->program, '/');
        strcpy(slash != NULL ? slash + 1 : setup->program, "vnexec");
    }
    setup->setup.program = setup->program;
    if (access(setup->program, X_OK) != 0)
        return vn_fail(err, VN_EIO, "%s: %s, expected vnexec (see --vnexec)",
                       setup->program, strerror(errno));
    return VN_OK;
}

static enum vn_status
make_folder(struct vn_setup *setup, struct vn_error *err)
{
    const char *tmp = getenv("TMPDIR");

    if (setup->folder != NULL) {
        setup->setup.folder = setup->folder;
        if (mkdir(setup->folder, 0777) != 0 && errno != EEXIST)
            return vn_fail(err, VN_EIO, "%s: %s", setup->folder,
                           strerror(errno));
        return VN_OK;
    }
    if (tmp == NULL || strlen(tmp) > 40)
        tmp = "/tmp";
    snprintf(setup->made, sizeof setup->made, "%s/vnreplay-XXXXXX", tmp);
    if (mkdtemp(setup->made) == NULL) {
        setup->made[0] = '\0';
        return vn_fail(err, VN_EIO, "%s: %s", tmp, strerror(errno));
    }
    setup->setup.folder = setup->made;
    return VN_OK;
}

/* Arrivals come `scale` times as fast. */
static void
scale_times(struct vn_setup *setup)
{
    for (size_t i = 0; i < setup->data.njobs; i++) {
        struct vn_job *j = &setup->data.jobs[i];

        j->submit = llrint((double) j->submit / setup->scale);
        if (j->deadline >= 0)
            j->deadline = llrint((double) j->deadline / setup->scale);
    }
}

enum vn_status
vn_setup_open(struct vn_setup *setup, struct vn_error *err)
{
    enum vn_status status;

    if (setup->trace == NULL || setup->cluster == NULL)
        return vn_fail(err, VN_EUSAGE, "no --%s given",
                       setup->trace == NULL ? "trace" : "cluster");
    setup->sweep.recording = VN_RECORD_ALL;
    if (setup->npolicies == 0)
        setup->policies[setup->npolicies++] = strdup(vn_policies[0]->name);
    status = find_program(setup, err);
    if (status == VN_OK)
        status = vn_sweep_cluster(&setup->sweep, setup->cluster,
                                  setup->sweep.assumptions.predict_words, err);
    if (status == VN_OK)
        status = vn_assumptions_open(&setup->sweep.assumptions, err);
    for (int i = 0; i < setup->npolicies && status == VN_OK; i++)
        status = vn_sweep_policy(&setup->sweep, setup->policies[i],
                                 setup->words, setup->nwords, err);
    if (status == VN_OK)
        status = vn_trace_data_read(setup->trace, &setup->data, err);
    if (status == VN_OK) {
        scale_times(setup);
        vn_workload_cut(&setup->data, 0, 1, &setup->workload);
        setup->workload.seed = setup->seed;
        status = make_folder(setup, err);
    }
    return status;
}

enum vn_status
vn_setup_open_bare(struct vn_setup *setup, struct vn_error *err)
{
    enum vn_status status = find_program(setup, err);

    if (status == VN_OK && setup->cluster != NULL)
        status = vn_sweep_cluster(&setup->sweep, setup->cluster,
                                  setup->sweep.assumptions.predict_words, err);
    if (status == VN_OK)
        status = vn_assumptions_open(&setup->sweep.assumptions, err);
    return status == VN_OK ? make_folder(setup, err) : status;
}

void
vn_setup_clear(const struct vn_setup *setup, bool logs)
{
    static const char *const kinds[] = {"checkpoint", "log"};
    char path[4200];

    if (setup->made[0] == '\0')
        return;
    for (size_t i = 0; i < setup->workload.njobs; i++)
        for (int k = 0; k < 1 + logs; k++) {
            vn_executor_file(&setup->setup, setup->workload.jobs[i].id,
                             kinds[k], path, sizeof path);
            unlink(path);
        }
}

void
vn_setup_close(struct vn_setup *setup, bool failed)
{
    vn_setup_clear(setup, !failed);
    if (setup->made[0] != '\0')
        rmdir(setup->made); /* which leaves it where a log is in it */
    for (int i = 0; i < setup->npolicies; i++)
        free(setup->policies[i]);
    vn_workload_free(&setup->workload);
    vn_trace_data_free(&setup->data);
    vn_sweep_free(&setup->sweep);
}
