/* A run in numbers, gathered as jobs end, in memory that grows with users and
 * virtual clusters alone. */
#ifndef SIM_ENGINE_TALLY_H
#define SIM_ENGINE_TALLY_H

#include "base/quantile.h"
#include "sim/engine/engine.h"

/* What came of the jobs of a user or virtual cluster. */
struct vn_party {
    double whole_us; /* of those that finished, on the devices asked for, */
    double jct_us;   /* and from their submission */
};

struct vn_parties {
    struct vn_party *all; /* by number */
    int n;
};

struct vn_tally {
    struct ed_region *region;
    struct vn_quantile jct;
    struct vn_quantile queueing;
    __int128 jct_us;
    __int128 queueing_us;
    __int128 preempted_us; /* of those that finished */
    int64_t count[VN_JOB_STATES];
    int64_t refused[VN_REFUSALS];
    const char *lacking[VN_LACKING_MAX]; /* the first, borrowed */
    double rho;                          /* the sum of those known, */
    double worst;
    int64_t known;       /* of so many, */
    int64_t above;       /* of which above 1 */
    int64_t deadlines;   /* jobs that have one, */
    int64_t turned_away; /* of which declined or rejected, */
    int64_t met;
    int64_t late; /* and finished after it, */
    __int128 late_us;
    vn_time latest; /* the last of them so much */
    struct vn_parties users;
    struct vn_parties vcs;
    int64_t preemptions;
    int64_t failures;
    int64_t overhead_us;
    int64_t lost_us;
    int64_t resizes;
    vn_time first_submit; /* -1 before the first job */
    vn_time last_finish;
};

/* An empty tally, kept in a region, as of sim/api/memory.h. */
void vn_tally_init(struct vn_tally *tally, struct ed_region *region);

void vn_tally_free(struct vn_tally *tally);

/* Count a job that ended, was rejected or is left. */
void vn_tally_add(struct vn_tally *tally, const struct vn_job *job,
                  const struct vn_record *record);

/* Fill what the tally knows of the summary; the rest is left alone. */
enum vn_status vn_tally_summary(struct vn_tally *tally,
                                struct vn_summary *summary,
                                struct vn_error *err);

#endif /* SIM_ENGINE_TALLY_H */
