#include "config.h"

#include "plan/profile/format.h"

enum vn_status
vn_profile_read(const char *name, struct vn_profile *profile,
                struct vn_error *err)
{
    static const struct vn_profile_format *const formats[] = {
        &vn_profile_applications, &vn_profile_virtualflow, &vn_profile_gavel,
        &vn_profile_table};
    int i = 0;

    while (!formats[i]->claims(name))
        i++;
    return formats[i]->read(name, profile, err);
}
