#include "config.h"

#include "analysis/figure/figure.h"

#include "base/names.h"

#include <string.h>

extern const struct vn_figure vn_figure_jct, vn_figure_jct_cdf,
    vn_figure_queue_cdf, vn_figure_rho_cdf, vn_figure_utilisation,
    vn_figure_waiting, vn_figure_gantt, vn_figure_device_hours,
    vn_figure_scatter, vn_figure_load, vn_figure_validate, vn_figure_segments,
    vn_figure_allocation, vn_figure_slowdown, vn_figure_timeline,
    vn_figure_area, vn_figure_convergence, vn_figure_memory, vn_figure_speed,
    vn_figure_sensitivity, vn_figure_heat, vn_figure_slo;

const struct vn_figure *const vn_figures[] = {
    &vn_figure_jct,
    &vn_figure_jct_cdf,
    &vn_figure_queue_cdf,
    &vn_figure_rho_cdf,
    &vn_figure_utilisation,
    &vn_figure_waiting,
    &vn_figure_gantt,
    &vn_figure_timeline,
    &vn_figure_area,
    &vn_figure_device_hours,
    &vn_figure_scatter,
    &vn_figure_load,
    &vn_figure_sensitivity,
    &vn_figure_heat,
    &vn_figure_slowdown,
    &vn_figure_convergence,
    &vn_figure_memory,
    &vn_figure_speed,
    &vn_figure_validate,
    &vn_figure_segments,
    &vn_figure_allocation,
    &vn_figure_slo,
    NULL,
};

enum vn_status
vn_figure_find(const char *name, const struct vn_figure **figure,
               struct vn_error *err)
{
    const char *names[sizeof vn_figures / sizeof *vn_figures], *near;
    size_t n = 0;

    for (; vn_figures[n] != NULL; n++) {
        names[n] = vn_figures[n]->name;
        if (strcmp(names[n], name) == 0) {
            *figure = vn_figures[n];
            return VN_OK;
        }
    }
    near = vn_names_nearest(name, names, n);
    if (near != NULL)
        return vn_fail(err, VN_EUSAGE,
                       "unknown figure '%.64s', did you mean '%s'?", name,
                       near);
    return vn_fail(err, VN_EUSAGE,
                   "unknown figure '%.64s' (vnplot --help lists them)", name);
}
