/*
 * Runs that trained a model, as vnexec writes them: told apart by those of
 * their options that differ.
 */
#ifndef ANALYSIS_FIGURE_MEASURED_TRAINED_H
#define ANALYSIS_FIGURE_MEASURED_TRAINED_H

#include "analysis/figure/figure.h"

struct vn_trained_run {
    const struct vn_store_run *run;
    char *label;     /* "devices=host:2, vnodes=8"; without `but` */
    int64_t steps;   /* recorded */
    int64_t vnodes;  /* of all devices */
    int64_t devices; /* that took part in the first step */
};

struct vn_trained {
    struct vn_trained_run *all;
    int n;
};

/*
 * The subject's runs of that kind, by label.  `but` is an option that labels
 * leave out, or NULL.  Fails where there are none.
 */
enum vn_status vn_trained_read(const struct vn_subject *subject,
                               const char *but, struct vn_trained *trained,
                               struct vn_error *err);

void vn_trained_free(struct vn_trained *trained);

#endif /* ANALYSIS_FIGURE_MEASURED_TRAINED_H */
