/*
 * A second simulator, for tests: the rules of the policies taken literally,
 * with every list scanned, sorted and filled anew at every instant.  It
 * shares nothing with sim/ but the plain form of wfs' shares.
 */
#ifndef T_SIM_NAIVE_H
#define T_SIM_NAIVE_H

#include "plan/job.h"

struct naive_job {
    struct vn_job job;
    vn_time start;
    vn_time finish;
    int preemptions;
    int resizes;

    /* private */
    int64_t work; /* device-microseconds to do */
    vn_time executed;
    int held;
    int before;
    int queue;
    int weight;
    int changes;
};

/*
 * Replay n jobs, in order of (submit, id), on `devices` devices under the
 * policy of that name ("las-reference" for las in that form), which must be
 * one of this tree's own.
 */
void naive_run(const char *policy, int devices, struct naive_job *jobs, int n);

#endif /* T_SIM_NAIVE_H */
