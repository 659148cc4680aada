/*
 * Formats of profiles, read by plan/profile/format.c's table of them.
 *
 * To add one, write plan/profile/NAME.c ending in one struct
 * vn_profile_format, and name it in the table, before vn_profile_table, which
 * takes what nobody else claims.
 */
#ifndef PLAN_PROFILE_FORMAT_H
#define PLAN_PROFILE_FORMAT_H

#include "plan/profile/profile.h"

struct vn_profile_format {
    /* Is what --profile names so of this format? */
    bool (*claims)(const char *name);

    /* Read it, and add it to the profile. */
    enum vn_status (*read)(const char *name, struct vn_profile *profile,
                           struct vn_error *err);
};

extern const struct vn_profile_format vn_profile_applications;
extern const struct vn_profile_format vn_profile_gavel;
extern const struct vn_profile_format vn_profile_virtualflow;
extern const struct vn_profile_format vn_profile_table;

#endif /* PLAN_PROFILE_FORMAT_H */
