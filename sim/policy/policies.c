#include "config.h"

#include "sim/policy/policies.h"

#include "base/names.h"
#include "base/option.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

extern const struct vn_policy vn_policy_fifo;
extern const struct vn_policy vn_policy_fifo_skip;
extern const struct vn_policy vn_policy_sjf;
extern const struct vn_policy vn_policy_qssf;
extern const struct vn_policy vn_policy_srtf;
extern const struct vn_policy vn_policy_las;
extern const struct vn_policy vn_policy_tiresias;
extern const struct vn_policy vn_policy_priority;
extern const struct vn_policy vn_policy_wfs;
extern const struct vn_policy vn_policy_wfs_ht;
extern const struct vn_policy vn_policy_gavel;
extern const struct vn_policy vn_policy_gavel_ht;
extern const struct vn_policy vn_policy_gavel_fifo;
extern const struct vn_policy vn_policy_gavel_fifo_perf;
extern const struct vn_policy vn_policy_makespan;
extern const struct vn_policy vn_policy_ftf;
extern const struct vn_policy vn_policy_srsf;
extern const struct vn_policy vn_policy_fair;
extern const struct vn_policy vn_policy_afs;
extern const struct vn_policy vn_policy_optimus;
extern const struct vn_policy vn_policy_optimus_oracle;
extern const struct vn_policy vn_policy_themis;
extern const struct vn_policy vn_policy_gandiva_fair;
extern const struct vn_policy vn_policy_pollux;
extern const struct vn_policy vn_policy_pollux_fixed;
extern const struct vn_policy vn_policy_sia;
extern const struct vn_policy vn_policy_sia_fixed;
extern const struct vn_policy vn_policy_edf;
extern const struct vn_policy vn_policy_edf_admission;
extern const struct vn_policy vn_policy_elasticflow;
extern const struct vn_policy vn_policy_elasticflow_admission;

/* clang-format off */
const struct vn_policy *const vn_policies[] = {
    &vn_policy_fifo,
    &vn_policy_fifo_skip,
    &vn_policy_sjf,
    &vn_policy_qssf,
    &vn_policy_srtf,
    &vn_policy_las,
    &vn_policy_priority,
    &vn_policy_tiresias,
    &vn_policy_wfs,
    &vn_policy_wfs_ht,
    &vn_policy_gavel,
    &vn_policy_gavel_ht,
    &vn_policy_gavel_fifo,
    &vn_policy_gavel_fifo_perf,
    &vn_policy_makespan,
    &vn_policy_ftf,
    &vn_policy_srsf,
    &vn_policy_fair,
    &vn_policy_afs,
    &vn_policy_optimus,
    &vn_policy_optimus_oracle,
    &vn_policy_themis,
    &vn_policy_gandiva_fair,
    &vn_policy_pollux,
    &vn_policy_pollux_fixed,
    &vn_policy_sia,
    &vn_policy_sia_fixed,
    &vn_policy_edf,
    &vn_policy_edf_admission,
    &vn_policy_elasticflow,
    &vn_policy_elasticflow_admission,
    NULL,
};
/* clang-format on */

enum {
    NAMES_MAX = 64
};

enum vn_status
vn_policy_find(const char *name, const struct vn_policy **policy,
               struct vn_error *err)
{
    const char *names[NAMES_MAX];
    enum vn_status status;
    int n = 0, choice;

    for (; vn_policies[n] != NULL; n++)
        names[n] = vn_policies[n]->name;
    status = vn_option_choice("policy", name, names, n, &choice, err);
    if (status == VN_OK)
        *policy = vn_policies[choice];
    return status;
}

/* As each is named where batches adapt, and where they do not. */
static const struct vn_policy *const forms[][2] = {
    {&vn_policy_pollux, &vn_policy_pollux_fixed},
    {&vn_policy_sia, &vn_policy_sia_fixed},
};

enum {
    FORMS = sizeof forms / sizeof *forms
};

const struct vn_policy *
vn_policy_form(const struct vn_policy *policy, bool batches_adapt)
{
    for (int i = 0; i < FORMS; i++)
        if (policy == forms[i][0] || policy == forms[i][1])
            return forms[i][!batches_adapt];
    return policy;
}

const struct vn_policy *
vn_policy_settle(const char *program, const struct vn_policy *policy,
                 bool batches_adapt)
{
    const struct vn_policy *form = vn_policy_form(policy, batches_adapt);

    if (form != policy)
        fprintf(stderr,
                "%s: %s is %s here: batches %s --profile "
                "adapt=TABLES\n",
                program, policy->name, form->name,
                batches_adapt ? "adapt by" : "are fixed without");
    return form;
}

bool
vn_policy_is_adaptive(const char *name)
{
    for (int i = 0; i < FORMS; i++)
        if (strcmp(name, forms[i][0]->name) == 0
            || strcmp(name, forms[i][1]->name) == 0)
            return true;
    return false;
}

bool
vn_policy_is_elastic(const char *name)
{
    for (int i = 0; vn_policies[i] != NULL; i++)
        if (strcmp(vn_policies[i]->name, name) == 0)
            return !vn_policies[i]->rigid && !vn_policies[i]->leases;
    return false;
}

bool
vn_policy_declines(const char *name)
{
    return strcmp(name, vn_policy_edf_admission.name) == 0
           || strcmp(name, vn_policy_elasticflow_admission.name) == 0;
}

const char *
vn_policy_goes_by(const char *name)
{
    for (int i = 0; vn_policies[i] != NULL; i++)
        if (strcmp(vn_policies[i]->name, name) == 0)
            return vn_policies[i]->knows;
    return NULL;
}

static enum vn_status
read_choice(const struct vn_policy_option *o, const char *text, double *value,
            struct vn_error *err)
{
    enum vn_status status;
    int n = 0, choice = 0;

    while (o->choices[n] != NULL)
        n++;
    status = vn_option_choice(o->name, text, o->choices, n, &choice, err);
    *value = choice;
    return status;
}

static enum vn_status
read_value(const struct vn_policy *policy, const struct vn_policy_option *o,
           const char *text, double *value, struct vn_error *err)
{
    char why[VN_WHY_SIZE];
    const char *wrong = NULL;
    vn_time time;

    switch (o->kind) {
    case VN_OPTION_CHOICE:
        return read_choice(o, text, value, err);
    case VN_OPTION_TEXT: /* addresses are below 2^53: a double has them all */
        *value = (double) (uintptr_t) text;
        return VN_OK;
    case VN_OPTION_REAL:
        wrong = vn_read_real(text, o->min, o->max, value, why);
        break;
    case VN_OPTION_TIME:
        wrong = vn_read_time(text, (vn_time) (o->min * 1e6),
                             (vn_time) (o->max * 1e6), &time, why);
        *value = wrong == NULL ? (double) time : 0;
        break;
    }
    if (wrong != NULL)
        return vn_fail(err, VN_EUSAGE, "policy %s: %s is '%.64s', expected %s",
                       policy->name, o->name, text, wrong);
    return VN_OK;
}

static enum vn_status
unknown(const struct vn_policy *policy, const char *name, size_t n,
        struct vn_error *err)
{
    const char *names[VN_POLICY_OPTIONS_MAX], *near;
    char word[64];

    snprintf(word, sizeof word, "%s", name);
    word[strcspn(word, "=")] = '\0';
    if (strchr(name, '=') == NULL)
        return vn_fail(err, VN_EUSAGE,
                       "--option: '%.64s' has no value, expected NAME=VALUE",
                       name);
    for (size_t i = 0; i < n; i++)
        names[i] = policy->options[i].name;
    near = vn_names_nearest(word, names, n);
    if (near != NULL)
        return vn_fail(err, VN_EUSAGE,
                       "policy %s has no option '%s', did you mean '%s'?",
                       policy->name, word, near);
    return vn_fail(err, VN_EUSAGE,
                   "policy %s has no option '%s' (see --policies)",
                   policy->name, word);
}

enum vn_status
vn_policy_configure(const struct vn_policy *policy, const char *const *words,
                    int nwords, double *values, struct vn_error *err)
{
    const struct vn_policy_option *o = policy->options;
    enum vn_status status = VN_OK;
    size_t n = 0;

    for (; o != NULL && o[n].name != NULL; n++) {
        status = read_value(policy, &o[n], o[n].fallback, &values[n], err);
        if (status != VN_OK)
            return status;
    }
    for (int w = 0; w < nwords; w++) {
        size_t length = strcspn(words[w], "="), i = 0;

        while (i < n
               && (strlen(o[i].name) != length
                   || strncmp(o[i].name, words[w], length) != 0))
            i++;
        if (i == n || words[w][length] != '=')
            return unknown(policy, words[w], n, err);
        status =
            read_value(policy, &o[i], words[w] + length + 1, &values[i], err);
        if (status != VN_OK)
            return status;
    }
    return VN_OK;
}

static bool
names_option(const char *word, const struct vn_policy_option *option)
{
    size_t n = strlen(option->name);

    return strncmp(word, option->name, n) == 0 && word[n] == '=';
}

bool
vn_policy_knows(const struct vn_policy *policy, const char *word)
{
    const struct vn_policy_option *o = policy->options;

    for (; o != NULL && o->name != NULL; o++)
        if (names_option(word, o))
            return true;
    return false;
}

char *
vn_policy_words(const struct vn_policy *policy, const char *const *words,
                int nwords)
{
    const struct vn_policy_option *o = policy->options;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    for (; o != NULL && o->name != NULL; o++)
        for (int i = nwords; i-- > 0;)
            if (names_option(words[i], o)) {
                fprintf(out, "%s%s", ftell(out) > 0 ? " " : "", words[i]);
                break;
            }
    fclose(out);
    if (size > 0)
        return text;
    free(text);
    return NULL;
}

enum vn_status
vn_policy_digest(const struct vn_policy *policy, const double *values,
                 char text[VN_DIGEST_TEXT], struct vn_error *err)
{
    const struct vn_policy_option *o = policy->options;
    struct vn_digest *digest = vn_digest_begin();
    enum vn_status status = VN_OK;
    bool any = false;

    for (int i = 0; o != NULL && o[i].name != NULL && status == VN_OK; i++) {
        char file[VN_DIGEST_TEXT];
        const char *path;
        struct stat st;

        if (o[i].kind != VN_OPTION_TEXT)
            continue;
        path = vn_policy_text(values[i]);
        if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
            continue;
        status = vn_digest_file(path, file, err);
        if (status == VN_OK) {
            vn_digest_add_text(digest, o[i].name);
            vn_digest_add_text(digest, file);
            any = true;
        }
    }
    vn_digest_end(digest, text);
    if (!any)
        text[0] = '\0';
    return status;
}
