#include "config.h"

#include "sim/assumptions.h"

#include "base/option.h"
#include "base/rng.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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
    case VN_ASSUME_COSTS:
        a->costs = strcmp(value, "none") == 0 ? NULL : value;
        a->has_costs = true;
        break;
    case VN_ASSUME_COMPAT:
        status = vn_option_choice("compat", value, compats, 1, &choice, err);
        a->free_preemption = status == VN_OK;
        break;
    case VN_ASSUME_PLACEMENT:
        status = vn_option_choice("placement", value, vn_placements, 3,
                                  &choice, err);
        a->placement = (enum vn_placement) choice;
        break;
    case VN_ASSUME_FAULTS:
        a->faults = (struct vn_fault_config){.slow = slow};
        status = vn_fault_config_read(value, &a->faults, err);
        snprintf(a->compat_words, sizeof a->compat_words, "faults=%.200s",
                 value);
        break;
    case VN_ASSUME_SLOW:
        a->faults.slow = value;
        break;
    case VN_ASSUMPTIONS:
        break;
    }
    return status;
}

/* Costs are named by what they are, so that a table that changed is another
 * run. */
static void
name_costs(struct vn_assumptions *a)
{
    if (vn_costs_are_none(a->table))
        snprintf(a->costs_words, sizeof a->costs_words, "none");
    else if (strchr(a->costs, '=') != NULL)
        snprintf(a->costs_words, sizeof a->costs_words, "%s", a->costs);
    else
        snprintf(a->costs_words, sizeof a->costs_words, "%.200s %016" PRIx64,
                 a->costs, vn_costs_hash(a->table));
}

/* What else differs from the default, in words. */
static void
name_rest(struct vn_assumptions *a)
{
    char faults[sizeof a->compat_words];

    strcpy(faults, a->compat_words);
    snprintf(a->compat_words, sizeof a->compat_words, "%s%s%s%s%.100s%s%.60s",
             a->free_preemption ? "free-preemption " : "",
             a->placement != VN_PLACEMENT_NONE ? "placement=" : "",
             a->placement != VN_PLACEMENT_NONE ? vn_placements[a->placement]
                                               : "",
             a->placement != VN_PLACEMENT_NONE ? " " : "", faults,
             a->faults.slow != NULL ? " slow=" : "",
             a->faults.slow != NULL ? a->faults.slow : "");
    for (size_t n = strlen(a->compat_words);
         n > 0 && a->compat_words[n - 1] == ' '; n--)
        a->compat_words[n - 1] = '\0';
}

/* One more table that the profile is from. */
static void
name_profile(struct vn_assumptions *a, const char *words)
{
    size_t n = strlen(a->profile_words);

    if (words != NULL)
        snprintf(a->profile_words + n, sizeof a->profile_words - n, "%s%s",
                 n > 0 ? "," : "", words);
}

static void
hash_profile(struct vn_assumptions *a)
{
    snprintf(a->profile_hash, sizeof a->profile_hash, "%016" PRIx64,
             vn_profile_hash(&a->profile));
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
        status = vn_costs_read(a->costs, &a->table, err);
    if (status == VN_OK) {
        name_costs(a);
        name_rest(a);
    }
    return status;
}

void
vn_assumptions_free(struct vn_assumptions *a)
{
    vn_profile_free(&a->profile);
    vn_costs_free(a->table);
    a->table = NULL;
}

static enum vn_status
replace_costs(struct vn_assumptions *a, const char *costs, const char *words,
              struct vn_error *err)
{
    enum vn_status status;

    vn_costs_free(a->table);
    a->table = NULL;
    status = vn_costs_read(costs, &a->table, err);
    if (status == VN_OK)
        snprintf(a->costs_words, sizeof a->costs_words, "%.200s %016" PRIx64,
                 words != NULL ? words : costs, vn_costs_hash(a->table));
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
    a->profile_words[0] = '\0';
    for (int i = 0; i < n && status == VN_OK; i++) {
        status = vn_profile_read(profiles[i], &a->profile, err);
        name_profile(a, words == NULL ? profiles[i] : i == 0 ? words : NULL);
        a->profiles[a->nprofiles++] = "";
    }
    hash_profile(a);
    if (status == VN_OK && !a->has_costs)
        status = replace_costs(a, costs, words, err);
    return status;
}

void
vn_assumptions_slow(struct vn_assumptions *a, const char *slow,
                    const char *words)
{
    size_t n = strlen(a->compat_words);

    a->faults.slow = slow;
    snprintf(a->compat_words + n, sizeof a->compat_words - n, "%sslow=%.100s",
             n > 0 ? " " : "", words);
}

enum vn_status
vn_assumptions_apply(const struct vn_assumptions *a,
                     struct vn_engine_config *config, struct vn_error *err)
{
    struct vn_pricing_config pricing = {
        .cluster = config->cluster,
        .profile = a->nprofiles > 0 ? &a->profile : NULL,
        .scaling = a->scaling};

    config->profile = pricing.profile;
    config->costs = vn_costs_are_none(a->table) ? NULL : a->table;
    config->faults =
        a->faults.fails || a->faults.slow != NULL ? &a->faults : NULL;
    config->placement = a->placement;
    config->free_preemption = a->free_preemption;
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
    run->profile = a->nprofiles > 0 ? a->profile_words : NULL;
    run->profile_hash = a->nprofiles > 0 ? a->profile_hash : NULL;
    run->scaling = a->scaling != NULL ? a->scaling : "linear";
    run->costs = a->costs_words;
    run->compat = a->compat_words[0] != '\0' ? a->compat_words : NULL;
}
