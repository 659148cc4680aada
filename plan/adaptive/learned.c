#include "config.h"

#include "plan/adaptive/learned.h"

#include "base/xalloc.h"

#include <stdlib.h>

void
vn_learned_free(struct vn_learned *l)
{
    free(l->points);
    *l = (struct vn_learned){0};
}

const struct vn_goodput_model *
vn_learned_model(const struct vn_learned *l)
{
    return l->npoints > 0 ? &l->model : NULL;
}

enum vn_status
vn_learned_see(struct vn_learned *l, struct vn_fit_point point,
               struct vn_error *err)
{
    for (int i = 0; i < l->npoints; i++)
        if (l->points[i].nodes == point.nodes
            && l->points[i].replicas == point.replicas
            && l->points[i].atomic == point.atomic)
            return VN_OK;
    if (l->npoints == l->room) {
        l->room = 2 * l->room + 8;
        l->points =
            vn_xrealloc(l->points, (size_t) l->room, sizeof *l->points);
    }
    l->points[l->npoints++] = point;
    if (point.replicas > l->most)
        l->most = point.replicas;
    return vn_fit(l->points, l->npoints, &l->model, err);
}
