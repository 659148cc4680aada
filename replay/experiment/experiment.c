#include "config.h"

#include "replay/experiment/experiment.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

extern const struct vn_experiment vn_experiment_3jobs;
extern const struct vn_experiment vn_experiment_20jobs;
extern const struct vn_experiment vn_experiment_gavel_ht;
extern const struct vn_experiment vn_experiment_gavel_artifact;
extern const struct vn_experiment vn_experiment_het;

const struct vn_experiment *const vn_experiments[] = {
    &vn_experiment_3jobs,    &vn_experiment_20jobs,
    &vn_experiment_gavel_ht, &vn_experiment_gavel_artifact,
    &vn_experiment_het,      NULL,
};

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
