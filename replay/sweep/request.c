#include "config.h"

#include "replay/sweep/request.h"

#include "base/machine/machine.h"
#include "base/option.h"
#include "base/xalloc.h"
#include "sim/outside/limit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char vn_request_second[] = "amdahl:0.05";

void
vn_request_begin(struct vn_request *r)
{
    *r = (struct vn_request){.windows = 1,
                             .sweep = {.recording = VN_RECORD_SAMPLES,
                                       .workers = vn_processors(),
                                       .shards = 1}};
}

static void
free_words(struct vn_words *words)
{
    for (int i = 0; i < words->n; i++) {
        free(words->text[i]);
        free(words->place[i]);
    }
}

void
vn_request_free(struct vn_request *r)
{
    vn_sweep_free(&r->sweep);
    free_words(&r->traces);
    free_words(&r->recipes);
    free_words(&r->clusters);
    free_words(&r->policies);
    free_words(&r->options);
    free_words(&r->scalings);
    free_words(&r->predictions);
    free(r->seeds.at);
    free(r->loads.at);
    free(r->place);
    for (int i = 0; i < r->ntexts; i++)
        free(r->texts[i]);
    free(r->texts);
}

char *
vn_request_keep(struct vn_request *r, const char *text)
{
    r->texts = vn_xrealloc(r->texts, (size_t) r->ntexts + 1, sizeof *r->texts);
    return r->texts[r->ntexts++] = vn_xstrdup(text);
}

static enum vn_status
add_word(const struct vn_request *r, struct vn_words *words, const char *text,
         size_t n, const char *name, struct vn_error *err)
{
    if (n == 0)
        return vn_fail(err, VN_EUSAGE, "--%s: an empty name in its list",
                       name);
    if (words->n == VN_REQUEST_WORDS)
        return vn_fail(err, VN_EUSAGE, "--%s: more than %d, expected fewer",
                       name, VN_REQUEST_WORDS);
    words->place[words->n] = r->place != NULL ? vn_xstrdup(r->place) : NULL;
    words->text[words->n] = vn_xcalloc(n + 1, 1);
    memcpy(words->text[words->n++], text, n);
    return VN_OK;
}

/* Add the words of a list, separated by commas. */
static enum vn_status
add_list(const struct vn_request *r, struct vn_words *words, const char *list,
         const char *name, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    while (status == VN_OK) {
        size_t n = vn_list_word(list);

        status = add_word(r, words, list, n, name, err);
        if (list[n] == '\0')
            break;
        list += n + 1;
    }
    return status;
}

static enum vn_status
take_loads(const char *value, struct vn_range *loads, struct vn_error *err)
{
    enum vn_status status =
        vn_range_read("load", value, 1e-6, 1e6, false, loads, err);

    for (int i = 0; i < loads->n && status == VN_OK; i++)
        if (loads->at[i] > VN_LOAD_MAX)
            return vn_args_refuse(err, "load", value, VN_LOAD_WANTED);
    return status;
}

enum vn_status
vn_request_take(struct vn_request *r, int option, const char *value,
                struct vn_error *err)
{
    struct vn_sweep *sweep = &r->sweep;
    enum vn_status status = VN_OK;
    int64_t count = 1;
    int choice = VN_RECORD_SAMPLES;

    r->given[option] = r->place == NULL || r->given[option];
    if (option == VN_REQUEST_OPTIONS + VN_ASSUME_SCALING)
        return add_list(r, &r->scalings, value, "scaling", err);
    if (option == VN_REQUEST_OPTIONS + VN_ASSUME_PREDICT)
        return add_list(r, &r->predictions, value, "predict", err);
    if (option >= VN_REQUEST_OPTIONS)
        return vn_assume(&sweep->assumptions,
                         (enum vn_assumption)(option - VN_REQUEST_OPTIONS),
                         value, err);
    switch ((enum vn_request_option) option) {
    case VN_REQUEST_TRACE:
        return add_list(r, &r->traces, value, "trace", err);
    case VN_REQUEST_GENERATE:
        return add_word(r, &r->recipes, value, strlen(value), "generate", err);
    case VN_REQUEST_SEED:
        return vn_range_read("seed", value, 0, 1e15, true, &r->seeds, err);
    case VN_REQUEST_LOAD:
        return take_loads(value, &r->loads, err);
    case VN_REQUEST_CLUSTER:
        /* A list with a ':' is one cluster of several types. */
        if (strchr(value, ':') != NULL && access(value, F_OK) != 0)
            return add_word(r, &r->clusters, value, strlen(value), "cluster",
                            err);
        return add_list(r, &r->clusters, value, "cluster", err);
    case VN_REQUEST_POLICY:
        return add_list(r, &r->policies, value, "policy", err);
    case VN_REQUEST_OPTION:
        if (r->options.n == VN_POLICY_OPTIONS_MAX)
            return vn_fail(err, VN_EUSAGE,
                           "--option: more than %d, expected fewer",
                           VN_POLICY_OPTIONS_MAX);
        return add_word(r, &r->options, value, strlen(value), "option", err);
    case VN_REQUEST_BACKEND:
        return ed_backend_find(value, &sweep->limits.backend, err);
    case VN_REQUEST_LIMIT:
        return vn_limit_read(value, &sweep->limits, err);
    case VN_REQUEST_WINDOWS:
        return vn_option_int("windows", value, 1, 1000000, &r->windows, err);
    case VN_REQUEST_UNTIL:
        return vn_option_time("until", value, 1, VN_TIME_MAX, &sweep->until,
                              err);
    case VN_REQUEST_MEASURE:
        return vn_measure_read(value, &sweep->measure, err);
    case VN_REQUEST_SATURATED:
        sweep->stop_saturated = true;
        break;
    case VN_REQUEST_RHO:
        sweep->rho = true;
        break;
    case VN_REQUEST_KEEP:
        status = vn_option_choice("keep", value, vn_recording_names,
                                  VN_RECORD_ALL + 1, &choice, err);
        sweep->recording = (enum vn_recording) choice;
        break;
    case VN_REQUEST_RESULTS:
        sweep->results = value;
        break;
    case VN_REQUEST_JOBS:
        status = vn_option_int("jobs", value, 1, 4096, &count, err);
        sweep->workers = (int) count;
        break;
    case VN_REQUEST_TIME_LIMIT:
        return vn_option_time("time-limit", value, VN_SECOND / 100,
                              VN_TIME_MAX, &sweep->time_limit, err);
    case VN_REQUEST_MEMORY_LIMIT:
        return vn_option_bytes("memory-limit", value, 1 << 20,
                               INT64_C(1) << 50, &sweep->memory_limit, err);
    case VN_REQUEST_OPTIONS:
        break;
    }
    return status;
}

bool
vn_request_is_empty(const struct vn_request *r)
{
    for (int i = 0; i < VN_REQUEST_OPTIONS + VN_ASSUMPTIONS; i++)
        if (r->given[i])
            return false;
    return true;
}

/* An option that none of the policies knows is a mistake. */
static enum vn_status
check_options(const struct vn_request *r, struct vn_error *err)
{
    const struct vn_sweep *sweep = &r->sweep;

    for (int i = 0; i < r->options.n; i++) {
        size_t n = strcspn(r->options.text[i], "=");
        bool known = false;

        for (int k = 0; k < sweep->ncontenders && !known; k++) {
            const struct vn_policy_option *o =
                sweep->contenders[k].policy->options;

            for (; o != NULL && o->name != NULL; o++)
                known = known
                        || (strlen(o->name) == n
                            && strncmp(o->name, r->options.text[i], n) == 0);
        }
        if (!known)
            return vn_fail(err, VN_EUSAGE,
                           "--option: '%.*s' is an option of none of the "
                           "policies",
                           (int) n, r->options.text[i]);
    }
    return VN_OK;
}

/* Say of an error where in the experiment file its cause stands. */
static void
add_place(const char *place, struct vn_error *err)
{
    struct vn_error was = *err;

    if (place == NULL)
        return;
    if (was.file != NULL)
        vn_fail(err, VN_EFORMAT, "%s: %.200s:%ld:%ld: %.*s", place, was.file,
                was.line, was.column, (int) sizeof was.text - 100, was.text);
    else
        vn_fail(err, VN_EFORMAT, "%s: %.*s", place,
                (int) sizeof was.text - 100, was.text);
}

static enum vn_status
open_words(struct vn_request *r, struct vn_error *err)
{
    const char *words[VN_POLICY_OPTIONS_MAX];
    enum vn_status status = VN_OK;
    struct vn_predict predict;

    for (int i = 0; i < r->options.n; i++)
        words[i] = r->options.text[i];
    if (r->predictions.n == 0)
        status = add_list(r, &r->predictions, "none", "predict", err);
    for (int i = 0; i < r->predictions.n && status == VN_OK; i++)
        if ((status = vn_predict_read(r->predictions.text[i], &predict, err)))
            add_place(r->predictions.place[i], err);
    for (int i = 0; i < r->clusters.n * r->predictions.n && status == VN_OK;
         i++) {
        int c = i / r->predictions.n;

        if ((status = vn_sweep_cluster(
                 &r->sweep, r->clusters.text[c],
                 r->predictions.text[i % r->predictions.n], err)))
            add_place(r->clusters.place[c], err);
    }
    for (int i = 0; i < r->policies.n && status == VN_OK; i++)
        if ((status = vn_sweep_policy(&r->sweep, r->policies.text[i], words,
                                      r->options.n, err)))
            add_place(r->policies.place[i], err);
    for (int i = 0; i < r->traces.n && status == VN_OK; i++)
        if (r->traces.place[i] != NULL && access(r->traces.text[i], R_OK)) {
            status =
                vn_fail(err, VN_EIO, "%s: cannot be read", r->traces.text[i]);
            add_place(r->traces.place[i], err);
        }
    return status;
}

/*
 * Linear scaling where none was given; and, of recorded jobs under an elastic
 * policy, which lives on that assumption, a second one beside it.
 */
static enum vn_status
find_scalings(struct vn_request *r, struct vn_error *err)
{
    struct vn_assumptions *a = &r->sweep.assumptions;
    enum vn_status status = VN_OK;
    bool elastic = false;

    for (int i = 0; i < r->sweep.ncontenders; i++)
        elastic =
            elastic
            || (r->sweep.contenders[i].plugin == NULL
                && vn_policy_is_elastic(r->sweep.contenders[i].policy->name));
    if (r->scalings.n == 0) {
        r->second = elastic && a->nprofiles == 0;
        status = add_list(r, &r->scalings, "linear", "scaling", err);
        if (status == VN_OK && r->second)
            status =
                add_list(r, &r->scalings, vn_request_second, "scaling", err);
    }
    /* From the last to the first, which is the one that stays for now. */
    for (int i = r->scalings.n; i-- > 0 && status == VN_OK;)
        if ((status = vn_assumptions_scale(a, r->scalings.text[i], err)))
            add_place(r->scalings.place[i], err);
    return status;
}

enum vn_status
vn_request_open(struct vn_request *r, const char *command,
                struct vn_error *err)
{
    enum vn_status status = VN_OK;

    if (r->traces.n + r->recipes.n == 0 || r->clusters.n == 0)
        return vn_fail(
            err, VN_EUSAGE, "no --%s given (see vnreplay %s --help)",
            r->traces.n + r->recipes.n == 0 ? "trace" : "cluster", command);
    if (r->seeds.n == 0)
        status = vn_range_read("seed", "1", 1, 1, true, &r->seeds, err);
    if (status == VN_OK && r->policies.n == 0)
        status =
            add_list(r, &r->policies, vn_policies[0]->name, "policy", err);
    if (status == VN_OK)
        status = vn_assumptions_open(&r->sweep.assumptions, err);
    if (status == VN_OK)
        status = open_words(r, err);
    if (status == VN_OK)
        status = find_scalings(r, err);
    return status == VN_OK ? check_options(r, err) : status;
}
