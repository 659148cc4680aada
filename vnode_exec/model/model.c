#include "config.h"

#include "vnode_exec/model/model.h"

#include "base/names.h"

#include <string.h>

extern const struct vn_model vn_model_mlp;
extern const struct vn_model vn_model_resnet8;
extern const struct vn_model vn_model_resnet20;
extern const struct vn_model vn_model_gpt;

const struct vn_model *const vn_models[] = {
    &vn_model_mlp, &vn_model_resnet8, &vn_model_resnet20, &vn_model_gpt, NULL,
};

enum vn_status
vn_model_find(const char *name, const struct vn_model **model,
              struct vn_error *err)
{
    const char *names[sizeof vn_models / sizeof vn_models[0]], *near;
    size_t n = 0;

    for (; vn_models[n] != NULL; n++) {
        names[n] = vn_models[n]->name;
        if (strcmp(name, names[n]) == 0) {
            *model = vn_models[n];
            return VN_OK;
        }
    }
    near = vn_names_nearest(name, names, n);
    return vn_fail(err, VN_EUSAGE, "no model is called '%s'%s%s%s", name,
                   near != NULL ? "; did you mean '" : "",
                   near != NULL ? near : "", near != NULL ? "'?" : "");
}

struct vn_model_options
vn_model_defaults(void)
{
    return (struct vn_model_options){
        .layers = 4, .width = 256, .heads = 8, .context = 128};
}
