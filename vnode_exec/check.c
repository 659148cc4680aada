#include "config.h"

#include "vnode_exec/check.h"

#include "base/file.h"
#include "base/rng.h"
#include "base/store/store.h"

#include <string.h>
#include <sys/stat.h>

/* The stage that is in force at a step. */
static const struct vn_stage *
stage_at(const struct vn_stages *stages, int64_t step)
{
    int i = 0;

    while (i + 1 < stages->n && stages->list[i + 1].from_step <= step)
        i++;
    return &stages->list[i];
}

static enum vn_status
check_failure(const struct vn_exec_job *job, int which, int64_t from_step,
              struct vn_error *err)
{
    const struct vn_options *o = job->options;
    const struct vn_planned_failure *f = &o->failures[which];
    const struct vn_stage *stage = stage_at(&job->stages, f->step);
    int devices = stage->devices;

    if (f->step < from_step || f->step >= o->train.steps)
        return vn_fail(err, VN_EUSAGE,
                       "--fail %d@%lld: the steps are %lld to %lld", f->device,
                       (long long) f->step, (long long) from_step,
                       (long long) o->train.steps - 1);
    if (f->device >= devices)
        return vn_fail(err, VN_EUSAGE,
                       "--fail %d@%lld: the devices of that step are 0 to %d",
                       f->device, (long long) f->step, devices - 1);
    for (int i = 0; i < o->nfailures; i++)
        if (i != which && o->failures[i].device == f->device
            && (o->failures[i].step < f->step
                || (o->failures[i].step == f->step && i < which))
            && stage_at(&job->stages, o->failures[i].step) == stage)
            return vn_fail(err, VN_EUSAGE,
                           "--fail %d@%lld: the device has failed by then, in "
                           "step %lld",
                           f->device, (long long) f->step,
                           (long long) o->failures[i].step);
    return VN_OK;
}

static enum vn_status
check_steps(const struct vn_exec_job *job, int64_t from_step,
            struct vn_error *err)
{
    const struct vn_options *o = job->options;
    int64_t steps = o->train.steps;

    if (steps < from_step)
        return vn_fail(err, VN_EUSAGE,
                       "%s is of step %lld, behind the last of %lld steps "
                       "(see --steps)",
                       o->resume, (long long) from_step, (long long) steps);
    for (int i = 0; i < o->nresizes; i++)
        if (o->resizes[i].step >= steps)
            return vn_fail(err, VN_EUSAGE,
                           "--resize %lld:%s: the last step is %lld",
                           (long long) o->resizes[i].step,
                           o->resizes[i].devices, (long long) steps - 1);
    return VN_OK;
}

enum vn_status
vn_check_options(const struct vn_exec_job *job, int64_t from_step,
                 struct vn_error *err)
{
    const struct vn_options *o = job->options;
    enum vn_status status = check_steps(job, from_step, err);

    if (status == VN_OK && (size_t) o->train.batch > job->data.train.count)
        status = vn_fail(err, VN_EUSAGE,
                         "a batch of %lld is more than the %zu examples of %s",
                         (long long) o->train.batch, job->data.train.count,
                         o->data_name);
    if (status == VN_OK && o->checkpoint_every > 0 && o->checkpoint == NULL)
        status = vn_fail(err, VN_EUSAGE,
                         "--checkpoint-every needs --checkpoint FILE");
    if (status == VN_OK && o->keep > 1 && o->checkpoint_every == 0)
        status = vn_fail(err, VN_EUSAGE, "--keep needs --checkpoint-every N");
    if (status == VN_OK && (o->best != NULL || o->patience > 0)
        && o->eval_every == 0)
        status = vn_fail(err, VN_EUSAGE, "--%s needs --eval N",
                         o->best != NULL ? "best" : "patience");
    if (status == VN_OK && o->fine_tune && o->resume == NULL
        && !o->resume_auto)
        status = vn_fail(err, VN_EUSAGE, "--fine-tune needs --resume FILE");
    if (status == VN_OK && o->plan == NULL
        && (o->plan_job >= 0 || o->nstandins > 0))
        status =
            vn_fail(err, VN_EUSAGE, "--%s is of a plan, and needs --plan FILE",
                    o->plan_job >= 0 ? "job" : "device-type");
    for (int i = 0; status == VN_OK && i < o->nfailures; i++)
        status = check_failure(job, i, from_step, err);
    return status;
}

/* Do two paths name one file, there or not yet? */
static bool
same_file(const char *a, const char *b)
{
    struct stat x, y;

    if (strcmp(a, b) == 0)
        return true;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && S_ISREG(x.st_mode)
           && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static enum vn_status
check_results(const char *path, struct vn_error *err)
{
    struct vn_store *store = NULL;
    struct stat st;
    enum vn_status status;

    if (stat(path, &st) != 0)
        return vn_file_check(path, err);
    status = vn_store_open(path, VN_STORE_WRITE, &store, err);
    vn_store_close(store);
    return status;
}

enum vn_status
vn_check_outputs(const struct vn_options *o, struct vn_error *err)
{
    const struct {
        const char *name, *path;
    } places[] = {{"checkpoint", o->checkpoint},
                  {"best", o->best},
                  {"log", o->log},
                  {"results", o->results},
                  {"output", o->output},
                  {"sync", o->sync}};
    const int n = sizeof places / sizeof *places;
    enum vn_status status = VN_OK;

    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            if (places[i].path != NULL && places[j].path != NULL
                && same_file(places[i].path, places[j].path))
                return vn_fail(err, VN_EUSAGE,
                               "--%s and --%s name one file, %s",
                               places[j].name, places[i].name, places[i].path);
    for (int i = 0; status == VN_OK && i < n; i++)
        if (places[i].path != NULL && places[i].path == o->results)
            status = check_results(o->results, err);
        else if (places[i].path != NULL)
            status = vn_file_check(places[i].path, err);
    return status;
}

/* A number that tells stages apart. */
static uint64_t
hash_stages(const struct vn_stages *stages)
{
    uint64_t hash = 0;

    for (int i = 0; i < stages->n; i++) {
        const struct vn_stage *s = &stages->list[i];
        size_t n = (size_t) s->vnodes;

        hash = vn_hash(hash, &s->from_step, sizeof s->from_step);
        hash = vn_hash(hash, s->first, (n + 1) * sizeof *s->first);
        hash = vn_hash(hash, s->owner, n * sizeof *s->owner);
    }
    return hash;
}

enum vn_status
vn_check_ranks(const struct vn_exec_job *job, const char *command,
               const struct vn_checkpoint *resumed, struct vn_error *err)
{
    const struct vn_options *o = job->options;
    char text[8192], resume[64] = "nothing";
    size_t n;

    if (resumed != NULL)
        snprintf(resume, sizeof resume, "step %lld, digest %016llx",
                 (long long) resumed->step,
                 (unsigned long long) resumed->digest);
    n = (size_t) snprintf(text, sizeof text,
                          "version=%s\ncommand=%s\n%ssteps=%lld\nresume=%s\n"
                          "devices=%.1000s\nmapping=%.500s\neval=%lld\n"
                          "no-eval=%d\nstages=%016llx\n",
                          PACKAGE_VERSION, command, job->text,
                          (long long) o->train.steps, resume, o->devices,
                          o->mapping != NULL ? o->mapping : "even",
                          (long long) o->eval_every, o->no_eval,
                          (unsigned long long) hash_stages(&job->stages));
    for (int i = 0; i < o->nfailures && n < sizeof text; i++)
        n += (size_t) snprintf(text + n, sizeof text - n, "fail=%d@%lld\n",
                               o->failures[i].device,
                               (long long) o->failures[i].step);
    return vn_comm_agree(&job->comm, text, err);
}
