/* A short replay for tests: jobs in an array, and what became of them. */
#ifndef T_SIM_SCRIPT_H
#define T_SIM_SCRIPT_H

#include "sim/engine/engine.h"
#include "sim/policy/policies.h"

enum {
    SCRIPT_JOBS = 16
};

/* A job in whole seconds; device_type names one or is NULL. */
struct script_job {
    int submit;
    int duration;
    int devices;
    int priority;
    const char *device_type;
    int min_devices;
    int deadline; /* 0: none */
};

struct script {
    const struct script_job *jobs; /* ended by one of no duration */
    int at;
    struct vn_record got[SCRIPT_JOBS];
    int ngot;
};

/* The configuration of an engine that replays the script. */
struct vn_engine_config script_config(struct script *script,
                                      const struct vn_cluster *cluster,
                                      const struct vn_policy *policy,
                                      const double *values);

/*
 * "start-finish" of each job in seconds, in order of id, "x" for one that was
 * rejected, "no" for one that was declined and "?" for one that is left.
 */
void script_describe(const struct script *script, char *text, size_t size);

#endif /* T_SIM_SCRIPT_H */
