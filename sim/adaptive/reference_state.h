/* What a run of rounds consists of, for the files that carry it out. */
#ifndef SIM_ADAPTIVE_REFERENCE_STATE_H
#define SIM_ADAPTIVE_REFERENCE_STATE_H

#include "sim/adaptive/reference.h"

/* What was last said of a job to the observer. */
struct vn_reference_said {
    struct vn_reference_grant had;
    struct vn_cut cut;
};

struct vn_reference {
    struct vn_reference_config config;
    struct vn_reference_job *jobs;
    struct vn_reference_grant *next; /* [jobs] */
    struct vn_reference_said *said;  /* [jobs] */
    int *active;
    int nactive;
    int left; /* jobs that are not done */
    double now;
    int64_t count;
    int *free[VN_REFERENCE_TYPES]; /* [nodes] */
    int *
        spanning[VN_REFERENCE_TYPES]; /* [nodes]: jobs there that span nodes */
    int *scratch;                     /* [all devices] */
    void *state;                      /* of the policy */
};

/* Let a job advance by the interval. */
enum vn_status vn_reference_advance(struct vn_reference *rounds, int job,
                                    struct vn_error *err);

/* Cut its batch over what it now has. */
enum vn_status vn_reference_cut(struct vn_reference *rounds, int job,
                                struct vn_error *err);

#endif /* SIM_ADAPTIVE_REFERENCE_STATE_H */
