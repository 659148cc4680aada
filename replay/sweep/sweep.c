#include "config.h"

#include "replay/sweep/sweep.h"

#include "base/progress.h"
#include "base/store/origin.h"
#include "base/version.h"
#include "base/xalloc.h"
#include "sim/equal_share.h"
#include "sim/outside/external.h"
#include "sim/outside/limit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void
vn_sweep_free(struct vn_sweep *sweep)
{
    for (int i = 0; i < sweep->nsettings; i++)
        vn_cluster_free(&sweep->settings[i].cluster);
    for (int i = 0; i < sweep->ncontenders; i++) {
        free(sweep->contenders[i].options);
        free(sweep->contenders[i].words);
        free(sweep->contenders[i].limits);
        vn_external_free(sweep->contenders[i].policy);
    }
    vn_assumptions_free(&sweep->assumptions);
    free(sweep->settings);
    free(sweep->contenders);
    *sweep = (struct vn_sweep){0};
}

enum vn_status
vn_sweep_cluster(struct vn_sweep *sweep, const char *what, const char *predict,
                 struct vn_error *err)
{
    struct vn_setting setting = {.what = what};
    enum vn_status status = VN_OK;

    if (predict != NULL)
        status = vn_predict_read(predict, &setting.predict, err);
    if (setting.predict.kind != VN_PREDICT_NOTHING)
        setting.predicts = predict;
    if (status == VN_OK)
        status = vn_cluster_read(what, &setting.cluster, err);
    if (status != VN_OK)
        return status;
    snprintf(setting.hash, sizeof setting.hash, "%016" PRIx64,
             vn_cluster_hash(&setting.cluster));
    sweep->settings =
        vn_xrealloc(sweep->settings, (size_t) sweep->nsettings + 1,
                    sizeof *sweep->settings);
    sweep->settings[sweep->nsettings++] = setting;
    return VN_OK;
}

/* Takes text, which the words may be part of. */
static enum vn_status
add_contender(struct vn_sweep *sweep, const struct vn_policy *policy,
              const char *const *words, int nwords, char *text,
              struct vn_error *err)
{
    struct vn_contender c = {.policy = policy, .words = text};
    enum vn_status status =
        vn_policy_configure(policy, words, nwords, c.values, err);

    if (status == VN_OK)
        status = vn_policy_digest(policy, c.values, c.files, err);
    if (status != VN_OK) {
        free(text);
        return status;
    }
    c.options = vn_policy_words(policy, words, nwords);
    if (vn_external_is(text)) {
        c.plugin = text; /* which ends at the first ':' of its options */
        c.limits = vn_limit_text(&sweep->limits);
    }
    sweep->contenders =
        vn_xrealloc(sweep->contenders, (size_t) sweep->ncontenders + 1,
                    sizeof *sweep->contenders);
    sweep->contenders[sweep->ncontenders++] = c;
    return VN_OK;
}

enum vn_status
vn_sweep_policy(struct vn_sweep *sweep, const char *what,
                const char *const *words, int nwords, struct vn_error *err)
{
    const char *own[2 * VN_POLICY_OPTIONS_MAX];
    const struct vn_policy *policy;
    enum vn_status status = VN_OK;
    bool adapt = sweep->assumptions.profile.batches_adapt;
    char *text, *next, *name;
    int n = 0;

    if (strcmp(what, "all") == 0) {
        for (int i = 0; vn_policies[i] != NULL && status == VN_OK; i++)
            if (vn_policy_form(vn_policies[i], adapt) == vn_policies[i])
                status = vn_sweep_policy(sweep, vn_policies[i]->name, words,
                                         nwords, err);
        return status;
    }
    text = next = strcpy(vn_xcalloc(strlen(what) + 1, 1), what);
    if (vn_exec_is(what)) { /* a command may hold a ':' */
        name = text;
        next = NULL;
    } else
        name = strsep(&next, ":");
    status = vn_external_is(name)
                 ? vn_external_open(name, &sweep->limits, &policy, err)
                 : vn_policy_find(name, &policy, err);
    if (status == VN_OK) {
        policy = vn_policy_settle("vnreplay", policy, adapt);
        for (int i = 0; i < nwords && n < VN_POLICY_OPTIONS_MAX; i++)
            if (vn_policy_knows(policy, words[i]))
                own[n++] = words[i];
        while (next != NULL && n < 2 * VN_POLICY_OPTIONS_MAX)
            own[n++] = strsep(&next, ":");
        return add_contender(sweep, policy, own, n, text, err);
    }
    free(text);
    return status;
}

void
vn_sweep_describe(const struct vn_sweep *sweep, const struct vn_workload *w,
                  const struct vn_setting *setting,
                  const struct vn_contender *contender,
                  struct vn_store_run *run)
{
    vn_store_blank(VN_STORE_RUN, run);
    run->kind = "simulated";
    run->trace = w->trace;
    run->trace_hash = w->hash;
    run->window = w->window[0] != '\0' ? w->window : NULL;
    run->seed = w->seed;
    run->load = w->load;
    run->cluster = setting->what;
    run->cluster_hash = setting->hash;
    run->policy = contender->policy->name;
    run->options = contender->options;
    run->options_hash = contender->files[0] != '\0' ? contender->files : NULL;
    run->plugin = contender->plugin;
    run->limits = contender->limits;
    run->backend = vn_external_backend(contender->policy);
    vn_assumptions_describe(&sweep->assumptions, run);
    run->predict = setting->predicts;
    run->until_us = sweep->until > 0 ? sweep->until : -1;
    run->stop = sweep->stop_saturated ? "saturated" : NULL;
    run->measure = sweep->measure.asked ? sweep->measure.words : NULL;
    run->experiment = sweep->experiment;
    run->experiment_hash = sweep->experiment_hash;
    run->version = vn_sources();
    run->kept = vn_recording_names[sweep->recording];
    run->devices = setting->cluster.devices;
}

enum vn_status
vn_sweep_failed(const struct vn_sweep *sweep, const struct vn_store_run *given,
                const char *why, struct vn_error *err)
{
    struct vn_store_run run = *given;
    char name[VN_STORE_NAME_SIZE];
    struct vn_store *store = NULL;
    enum vn_status status;

    if (run.state == NULL)
        run.state = "failed";
    run.error = why;
    vn_store_run_name(&run, name);
    status = vn_store_open(sweep->results, VN_STORE_WRITE, &store, err);
    if (status == VN_OK)
        status = vn_store_begin(store, name, err);
    if (status == VN_OK)
        status = vn_store_commit(store, &run, err);
    vn_store_close(store);
    return status;
}

/*
 * Write a run that ended with this status; of one whose policy was stopped,
 * what there is.  Returns the status, or that of what went wrong here.
 */
static enum vn_status
keep(const struct vn_sweep *sweep, struct vn_recorder *recorder,
     struct vn_engine *engine, const struct vn_store_run *run,
     enum vn_status status, struct vn_error *err)
{
    struct vn_store *store = NULL;
    struct vn_error again;
    enum vn_status kept;

    if (status != VN_OK && (status != VN_EPOLICY || engine == NULL)) {
        kept = vn_sweep_failed(sweep, run, err->text, &again);
        if (kept != VN_OK)
            *err = again;
        return kept != VN_OK ? kept : status;
    }
    kept = vn_store_open(sweep->results, VN_STORE_WRITE, &store, &again);
    if (kept == VN_OK && status == VN_OK)
        kept = vn_recorder_write(recorder, engine, run, store, &again);
    else if (kept == VN_OK)
        kept = vn_recorder_write_failed(recorder, engine, run, err->text,
                                        store, &again);
    vn_store_close(store);
    if (kept != VN_OK)
        *err = again;
    return kept != VN_OK ? kept : status;
}

/* Step to the end, or to where the queue was seen only to grow. */
static enum vn_status
go(const struct vn_sweep *sweep, const struct vn_reader *reader,
   struct vn_engine *engine, bool *saturated, struct vn_error *err)
{
    struct vn_saturation s = {0};
    enum vn_status status = VN_OK;
    bool more = sweep->stop_saturated;

    *saturated = false;
    while (more && !*saturated
           && (status = vn_engine_step(engine, &more, err)) == VN_OK)
        *saturated = vn_saturation_see(&s, vn_engine_now(engine), reader->at,
                                       vn_engine_present(engine));
    vn_saturation_free(&s);
    if (*saturated)
        vn_engine_stop(engine);
    return status == VN_OK ? vn_engine_run(engine, err) : status;
}

enum vn_status
vn_sweep_replay(const struct vn_sweep *sweep, const struct vn_workload *w,
                const struct vn_setting *setting,
                const struct vn_contender *contender, struct vn_error *err)
{
    double started = vn_clock();
    struct vn_reader reader = {w, 0}, again = {w, 0};
    struct vn_recorder *recorder =
        vn_recorder_alloc(&setting->cluster, sweep->recording);
    struct vn_engine_config config = {
        .cluster = &setting->cluster,
        .source = vn_workload_source(&reader),
        .policy = contender->policy,
        .options = contender->values,
        .until = sweep->until,
        .seed = w->seed > 0 ? (uint64_t) w->seed : 0,
    };
    struct vn_engine *engine = NULL;
    struct vn_origin origin;
    struct vn_store_run run;
    enum vn_status status;
    bool saturated = false;

    vn_recorder_measure(recorder, &sweep->measure);
    config.observer = vn_recorder_observer(recorder);

    vn_sweep_describe(sweep, w, setting, contender, &run);
    vn_origin_take(&origin, &run);
    vn_workload_withhold(w);
    status = vn_assumptions_apply(&sweep->assumptions, &config, err);
    config.predict = setting->predict;
    if (status == VN_OK
        && (!sweep->rho
            || (status = vn_equal_share_present(
                    &config, vn_workload_source(&again), &config.present, err))
                   == VN_OK)
        && (status = vn_engine_alloc(&config, &engine, err)) == VN_OK) {
        vn_recorder_guard(recorder, engine);
        status = go(sweep, &reader, engine, &saturated, err);
        run.state = saturated ? "saturated" : NULL;
    }
    run.wall_us = (int64_t) ((vn_clock() - started) * 1e6);
    status = keep(sweep, recorder, engine, &run, status, err);
    vn_recorder_free(recorder);
    vn_engine_free(engine);
    vn_assumptions_drop(&config);
    vn_origin_free(&origin);
    return status;
}
