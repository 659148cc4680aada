/*
 * Tables of applications (plan/adaptive/application.h) as a profile, named
 * FOLDER or FOLDER:BASE.  A model is an application; a job of it keeps its
 * batch, which is cut over the devices that it has, on as few nodes as hold
 * them, and takes steps as long as the tables say.  Tables that name no types
 * hold for every type.
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

static bool
claims(const char *words)
{
    const char *colon = strrchr(words, ':');

    return is_folder(words) || (colon != NULL && is_folder(colon + 1));
}

static enum vn_status
read_applications(const char *words, struct vn_profile *p,
                  struct vn_error *err)
{
    struct vn_applications *as;
    enum vn_status status;

    if (p->applications != NULL)
        return vn_fail(err, VN_EUSAGE,
                       "profile '%.64s': there are tables of applications "
                       "already, expected one folder of them",
                       words);
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
