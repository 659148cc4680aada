#include "config.h"

#include "replay/experiment/experiment.h"

#include "base/file.h"
#include "base/option.h"
#include "base/xalloc.h"
#include "sim/policy/policies.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct vn_experiment vn_experiment_3jobs;
extern const struct vn_experiment vn_experiment_20jobs;
extern const struct vn_experiment vn_experiment_gavel_ht;
extern const struct vn_experiment vn_experiment_gavel_artifact;
extern const struct vn_experiment vn_experiment_het;
extern const struct vn_experiment vn_experiment_pcs;
extern const struct vn_experiment vn_experiment_fgd;
extern const struct vn_experiment vn_experiment_openb;
extern const struct vn_experiment vn_experiment_pollux;
extern const struct vn_experiment vn_experiment_sia;
extern const struct vn_experiment vn_experiment_lucid;
extern const struct vn_experiment vn_experiment_elasticflow;
extern const struct vn_experiment vn_experiment_shockwave;
extern const struct vn_experiment vn_experiment_muri;

/* clang-format off */
const struct vn_experiment *const vn_experiments[] = {
    &vn_experiment_3jobs,
    &vn_experiment_20jobs,
    &vn_experiment_gavel_ht,
    &vn_experiment_gavel_artifact,
    &vn_experiment_het,
    &vn_experiment_pcs,
    &vn_experiment_elasticflow,
    &vn_experiment_shockwave,
    &vn_experiment_fgd,
    &vn_experiment_openb,
    &vn_experiment_pollux,
    &vn_experiment_sia,
    &vn_experiment_lucid,
    &vn_experiment_muri,
    NULL,
};
/* clang-format on */

const char *
vn_path(struct vn_paths *paths, const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = vn_xcalloc(size, 1);

    snprintf(path, size, "%s/%s", folder, name);
    paths->text =
        vn_xrealloc(paths->text, (size_t) paths->n + 1, sizeof *paths->text);
    return paths->text[paths->n++] = path;
}

void
vn_paths_free(struct vn_paths *paths)
{
    for (int i = 0; i < paths->n; i++)
        free(paths->text[i]);
    free(paths->text);
    *paths = (struct vn_paths){0};
}

bool
vn_request_part(const struct vn_request *request, const char *part)
{
    size_t length = strlen(part);

    for (const char *p = request->name;; p++) {
        size_t n = strcspn(p, "_");

        if (n == length && strncmp(p, part, n) == 0)
            return true;
        p += n;
        if (*p == '\0')
            return false;
    }
}

int64_t
vn_request_number(const struct vn_request *request, const char *letters)
{
    size_t length = strlen(letters);

    for (const char *p = request->name;; p++) {
        size_t n = strcspn(p, "_");

        if (n > length && n <= length + 9 && strncmp(p, letters, length) == 0
            && strspn(p + length, "0123456789") >= n - length)
            return strtoll(p + length, NULL, 10);
        p += n;
        if (*p == '\0')
            return -1;
    }
}

enum vn_status
vn_request_options(const struct vn_request *request,
                   const struct vn_policy_option *options, double *values,
                   struct vn_error *err)
{
    const struct vn_policy likewise = {.name = request->policy,
                                       .options = options};

    return vn_policy_configure(&likewise, request->options, request->noptions,
                               values, err);
}

enum vn_status
vn_request_policy(const struct vn_request *request, const char *const *names,
                  int *policy, struct vn_error *err)
{
    int n = 0;

    while (names[n] != NULL)
        n++;
    return vn_option_choice("policy", request->policy, names, n, policy, err);
}

const char *
vn_experiment_folder(char *path, size_t size)
{
    if (vn_file_installed("experiments", path, size))
        return path;
    return access(VN_EXPERIMENTS_SOURCE, R_OK) == 0 ? VN_EXPERIMENTS_SOURCE
                                                    : VN_EXPERIMENTS_DIR;
}
