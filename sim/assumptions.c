#include "config.h"

#include "sim/assumptions.h"

#include "base/option.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "completed,failed" */
static enum vn_status
read_statuses(struct vn_assumptions *a, const char *list, struct vn_error *err)
{
    const char *names[VN_OUTCOMES];
    enum vn_status status = VN_OK;

    for (int i = 0; i < VN_OUTCOMES; i++)
        names[i] = vn_job_outcome_name((enum vn_job_outcome) i);
    a->statuses_words = list;
    a->outcomes = 0;
    while (status == VN_OK) {
        size_t n = vn_list_word(list);
        char word[32] = "";
        int choice = 0;

        memcpy(word, list, n < sizeof word ? n : sizeof word - 1);
        status =
            vn_option_choice("status", word, names, VN_OUTCOMES, &choice, err);
        a->outcomes |= 1u << choice;
        if (list[n] == '\0')
            break;
        list += n + 1;
    }
    return status;
}

enum vn_status
vn_assume(struct vn_assumptions *a, enum vn_assumption assumption,
          const char *value, struct vn_error *err)
{
    static const char *const compats[] = {"free-preemption"};
    enum vn_status status = VN_OK;
    const char *slow = a->faults.slow;
    int choice = 0;

    switch (assumption) {
    case VN_ASSUME_PROFILE:
        if (a->nprofiles == VN_PROFILES_MAX)
            return vn_fail(err, VN_EUSAGE,
                           "--profile: more than %d, expected fewer",
                           VN_PROFILES_MAX);
        a->profiles[a->nprofiles++] = value;
        break;
    case VN_ASSUME_SCALING:
        a->scaling = value;
        break;
    case VN_ASSUME_SPEED:
        a->speed = value;
        break;
    case VN_ASSUME_COSTS:
        a->costs = strcmp(value, "none") == 0 ? NULL : value;
        a->has_costs = true;
        break;
    case VN_ASSUME_COMPAT:
        status = vn_option_choice("compat", value, compats, 1, &choice, err);
        a->free_preemption = status == VN_OK;
        break;
    case VN_ASSUME_PLACEMENT:
        status = vn_option_choice("placement", value, vn_placements, 4,
                                  &choice, err);
        a->placement = (enum vn_placement) choice;
        break;
    case VN_ASSUME_FAULTS:
        a->faults = (struct vn_fault_config){.slow = slow};
        status = vn_fault_config_read(value, &a->faults, err);
        a->faults_words = value;
        break;
    case VN_ASSUME_SLOW:
        a->faults.slow = value;
        break;
    case VN_ASSUME_STATUS:
        return read_statuses(a, value, err);
    case VN_ASSUME_PREDICT:
        status = vn_predict_read(value, &a->predict, err);
        a->predict_words =
            a->predict.kind != VN_PREDICT_NOTHING ? value : NULL;
        break;
    case VN_ASSUME_RHO_FORM:
        status = vn_option_choice("rho-form", value, vn_rho_forms + 1,
                                  VN_RHO_FORMS - 1, &choice, err);
        a->rho = (enum vn_rho_form)(choice + 1);
        break;
    case VN_ASSUMPTIONS:
        break;
    }
    return status;
}

/* One more table that the profile is from. */
static void
name_profile(struct vn_assumptions *a, const char *words)
{
    size_t n = a->profile_words != NULL ? strlen(a->profile_words) : 0;

    a->profile_words = vn_xrealloc(a->profile_words, n + strlen(words) + 2, 1);
    sprintf(a->profile_words + n, "%s%s", n > 0 ? "," : "", words);
}

static void
hash_profile(struct vn_assumptions *a)
{
    snprintf(a->profile_hash, sizeof a->profile_hash, "%016" PRIx64,
             vn_profile_hash(&a->profile));
}

static void
hash_costs(struct vn_assumptions *a)
{
    snprintf(a->costs_hash, sizeof a->costs_hash, "%016" PRIx64,
             vn_costs_hash(a->table));
}

/* By the curve's content; other words say all there is. */
static enum vn_status
hash_scaling(struct vn_assumptions *a, struct vn_error *err)
{
    const char *words = a->scaling != NULL ? a->scaling : "linear";
    char all[VN_DIGEST_TEXT + 256] = "";
    enum vn_status status = VN_OK;

    free(a->scaling_words);
    a->scaling_words = vn_xcalloc(
        strlen(words) + (a->speed != NULL ? strlen(a->speed) : 0) + 3, 1);
    sprintf(a->scaling_words, "%s%s%s", words, a->speed != NULL ? "; " : "",
            a->speed != NULL ? a->speed : "");
    if (strncmp(words, "curve:", 6) != 0) {
        vn_digest_bytes(a->scaling_words, strlen(a->scaling_words),
                        a->scaling_hash);
        return VN_OK;
    }
    status = vn_digest_file(words + 6, a->scaling_hash, err);
    if (status == VN_OK && a->speed != NULL) {
        snprintf(all, sizeof all, "%s %s", a->scaling_hash, a->speed);
        vn_digest_bytes(all, strlen(all), a->scaling_hash);
    }
    return status;
}

enum vn_status
vn_assumptions_scale(struct vn_assumptions *a, const char *scaling,
                     struct vn_error *err)
{
    a->scaling = scaling;
    return hash_scaling(a, err);
}

enum vn_status
vn_assumptions_open(struct vn_assumptions *a, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (int i = 0; i < a->nprofiles && status == VN_OK; i++) {
        status = vn_profile_read(a->profiles[i], &a->profile, err);
        name_profile(a, a->profiles[i]);
    }
    hash_profile(a);
    if (status == VN_OK)
        status = hash_scaling(a, err);
    if (status == VN_OK)
        status = vn_costs_read(a->costs, &a->table, err);
    if (status == VN_OK) {
        a->costs_words = vn_costs_are_none(a->table) ? "none" : a->costs;
        hash_costs(a);
    }
    return status == VN_OK && a->faults.slow != NULL
               ? vn_assumptions_slow(a, a->faults.slow, a->faults.slow, err)
               : status;
}

void
vn_assumptions_free(struct vn_assumptions *a)
{
    vn_profile_free(&a->profile);
    vn_costs_free(a->table);
    a->table = NULL;
    free(a->profile_words);
    a->profile_words = NULL;
    free(a->scaling_words);
    a->scaling_words = NULL;
    free(a->restored_scaling);
    a->restored_scaling = NULL;
    for (int i = 0; i < VN_PROFILES_MAX; i++) {
        free(a->restored[i]);
        a->restored[i] = NULL;
    }
}

static enum vn_status
replace_costs(struct vn_assumptions *a, const char *costs, const char *words,
              struct vn_error *err)
{
    enum vn_status status;

    vn_costs_free(a->table);
    a->table = NULL;
    status = vn_costs_read(costs, &a->table, err);
    if (status == VN_OK) {
        a->costs_words = words != NULL ? words : costs;
        hash_costs(a);
    }
    return status;
}

enum vn_status
vn_assumptions_replace(struct vn_assumptions *a, const char *const *profiles,
                       int n, const char *costs, const char *words,
                       struct vn_error *err)
{
    enum vn_status status = VN_OK;

    vn_profile_free(&a->profile);
    a->nprofiles = 0;
    free(a->profile_words);
    a->profile_words = NULL;
    for (int i = 0; i < n && status == VN_OK; i++) {
        status = vn_profile_read(profiles[i], &a->profile, err);
        if (words == NULL || i == 0)
            name_profile(a, words == NULL ? profiles[i] : words);
        a->profiles[a->nprofiles++] = "";
    }
    hash_profile(a);
    if (status == VN_OK && !a->has_costs)
        status = replace_costs(a, costs, words, err);
    return status;
}

enum vn_status
vn_assumptions_slow(struct vn_assumptions *a, const char *slow,
                    const char *words, struct vn_error *err)
{
    a->faults.slow = slow;
    a->slow_words = words;
    return vn_digest_file(slow, a->slow_hash, err);
}

enum vn_status
vn_assumptions_apply(const struct vn_assumptions *a,
                     struct vn_engine_config *config, struct vn_error *err)
{
    struct vn_pricing_config pricing = {
        .cluster = config->cluster,
        .profile = a->nprofiles > 0 ? &a->profile : NULL,
        .scaling = a->scaling,
        .speed = a->speed};

    config->profile = pricing.profile;
    config->costs = vn_costs_are_none(a->table) ? NULL : a->table;
    config->faults =
        a->faults.fails || a->faults.slow != NULL ? &a->faults : NULL;
    config->placement = a->placement;
    config->free_preemption = a->free_preemption;
    config->outcomes = a->outcomes;
    config->predict = a->predict;
    config->rho = a->rho;
    return vn_pricing_alloc(&pricing, &config->pricing, err);
}

void
vn_assumptions_drop(struct vn_engine_config *config)
{
    vn_pricing_free(config->pricing);
    config->pricing = NULL;
}

void
vn_assumptions_describe(const struct vn_assumptions *a,
                        struct vn_store_run *run)
{
    bool placed = a->placement != VN_PLACEMENT_NONE;

    run->profile = a->nprofiles > 0 ? a->profile_words : NULL;
    run->profile_hash = a->nprofiles > 0 ? a->profile_hash : NULL;
    run->scaling = a->scaling_words;
    run->scaling_hash = a->scaling_hash;
    run->costs = a->costs_words;
    run->costs_hash = a->costs_hash;
    run->compat = a->free_preemption ? "free-preemption" : NULL;
    run->placement = placed ? vn_placements[a->placement] : NULL;
    run->faults = a->faults_words;
    run->predict = a->predict_words;
    run->rho_form = a->rho != VN_RHO_EQUAL ? vn_rho_forms[a->rho] : NULL;
    run->slow = a->slow_words;
    run->statuses = a->statuses_words;
    run->slow_hash = a->slow_words != NULL ? a->slow_hash : NULL;
}

/* The tables of a profile, each of which there must be. */
static enum vn_status
restore_profile(struct vn_assumptions *a, const char *list,
                struct vn_error *err)
{
    while (*list != '\0' && a->nprofiles < VN_PROFILES_MAX) {
        size_t n = vn_list_word(list);
        char *path = vn_xcalloc(n + 1, 1);

        memcpy(path, list, n);
        a->restored[a->nprofiles] = path;
        a->profiles[a->nprofiles++] = path;
        list += list[n] == ',' ? n + 1 : n;
    }
    if (*list != '\0')
        return vn_fail(err, VN_EINVAL, "'%.100s' names more than %d profiles",
                       list, VN_PROFILES_MAX);
    return VN_OK;
}

/* "linear; v100=1,k80=0.25" */
static void
restore_scaling(struct vn_assumptions *a, const char *words)
{
    char *semicolon;

    a->restored_scaling = vn_xstrdup(words);
    a->scaling = a->restored_scaling;
    semicolon = strstr(a->restored_scaling, "; ");
    if (semicolon != NULL) {
        *semicolon = '\0';
        a->speed = semicolon + 2;
    }
}

enum vn_status
vn_assumptions_restore(struct vn_assumptions *a,
                       const struct vn_store_run *run, struct vn_error *err)
{
    const struct {
        enum vn_assumption assumption;
        const char *value;
    } all[] = {
        {VN_ASSUME_COSTS, run->costs},
        {VN_ASSUME_COMPAT, run->compat},
        {VN_ASSUME_PLACEMENT, run->placement},
        {VN_ASSUME_FAULTS, run->faults},
        {VN_ASSUME_SLOW, run->slow},
        {VN_ASSUME_STATUS, run->statuses},
        {VN_ASSUME_PREDICT, run->predict},
        {VN_ASSUME_RHO_FORM, run->rho_form},
    };
    enum vn_status status = VN_OK;

    if (run->scaling != NULL)
        restore_scaling(a, run->scaling);
    if (run->profile != NULL)
        status = restore_profile(a, run->profile, err);
    for (size_t i = 0; i < sizeof all / sizeof *all && status == VN_OK; i++)
        if (all[i].value != NULL)
            status = vn_assume(a, all[i].assumption, all[i].value, err);
    return status;
}
