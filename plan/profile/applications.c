/*
 * Tables of applications (plan/adaptive/application.h) as a profile, named
 * FOLDER or FOLDER:BASE.  A model is an application; a job of it keeps its
 * batch, which is cut over the devices that it has, on as few nodes as hold
 * them, and takes steps as long as the tables say.  Where the name begins with
 * `adapt=` a job takes the batch that suits its devices best, as far as its
 * whole training goes; what its steps are worth does not change from epoch to
 * epoch here, as it does in the reference form (sim/adaptive/reference.h).
 * Tables that name no types hold for every type.
 */
#include "config.h"

#include "plan/profile/format.h"

#include "base/xalloc.h"
#include "plan/adaptive/application.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool
is_folder(const char *path)
{
    struct stat is;

    return stat(path, &is) == 0 && S_ISDIR(is.st_mode);
}

static const char adapt[] = "adapt=";

/* The name without `adapt=`. */
static const char *
folder_of(const char *words)
{
    size_t n = strlen(adapt);

    return strncmp(words, adapt, n) == 0 ? words + n : words;
}

static bool
claims(const char *name)
{
    const char *words = folder_of(name), *colon = strrchr(words, ':');

    return is_folder(words) || (colon != NULL && is_folder(colon + 1));
}

static enum vn_status
read_applications(const char *name, struct vn_profile *p, struct vn_error *err)
{
    const char *words = folder_of(name);
    struct vn_applications *as;
    enum vn_status status;

    if (p->applications != NULL)
        return vn_fail(err, VN_EUSAGE,
                       "profile '%.64s': there are tables of applications "
                       "already, expected one folder of them",
                       name);
    p->batches_adapt = words != name;
    as = p->applications = vn_xcalloc(1, sizeof *as);
    status = vn_applications_open(words, as, err);
    for (int i = 0; status == VN_OK && i < as->nof; i++)
        for (int t = 0; t < as->types.count; t++) {
            const char *type = as->types.text[t];
            struct vn_profile_curve *c;

            if (as->of[i].on[t].surface == NULL)
                continue;
            c = vn_profile_entry(p, as->of[i].name,
                                 type[0] != '\0' ? type : "*");
            c->application = &as->of[i];
            c->on = &as->of[i].on[t];
        }
    return status;
}

const struct vn_profile_format vn_profile_applications = {
    .claims = claims,
    .read = read_applications,
};
