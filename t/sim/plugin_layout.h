/* The same structs as two headers lay them out, as numbers. */
#ifndef T_SIM_PLUGIN_LAYOUT_H
#define T_SIM_PLUGIN_LAYOUT_H

#include <stddef.h>

enum {
    LAYOUT_MAX = 64
};

/* Fill layout with sizes and offsets; how many. */
int layout_of_tree(size_t *layout);
int layout_of_header(size_t *layout);

#define AT(type, member) \
    offsetof(struct type, member), sizeof(((struct type *) 0)->member)

/* clang-format off */
#define LAYOUT                                                              \
    sizeof(struct vn_job), AT(vn_job, id), AT(vn_job, submit),              \
    AT(vn_job, duration), AT(vn_job, devices), AT(vn_job, model),           \
    AT(vn_job, steps), AT(vn_job, min_devices), AT(vn_job, max_devices),    \
    AT(vn_job, weight), AT(vn_job, priority), AT(vn_job, deadline),         \
    AT(vn_job, device_type), sizeof(struct vn_error), AT(vn_error, status), \
    AT(vn_error, text), sizeof(struct vn_policy_option),                    \
    AT(vn_policy_option, fallback), AT(vn_policy_option, kind),             \
    AT(vn_policy_option, choices), sizeof(struct vn_policy),                \
    AT(vn_policy, options), AT(vn_policy, rigid), AT(vn_policy, late),      \
    AT(vn_policy, leases), AT(vn_policy, state_size),                       \
    AT(vn_policy, open), AT(vn_policy, leave), AT(vn_policy, decide),       \
    VN_OPTION_CHOICE, VN_OK, VN_EINVAL
/* clang-format on */

#endif /* T_SIM_PLUGIN_LAYOUT_H */
