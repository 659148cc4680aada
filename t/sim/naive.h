/*
 * A second simulator, for tests: the rules of the policies taken literally,
 * with every list scanned, sorted and filled anew at every instant.  It
 * shares nothing with sim/ but the plain form of wfs' shares.
 */
#ifndef T_SIM_NAIVE_H
#define T_SIM_NAIVE_H

#include "plan/job.h"

#include <stdbool.h>

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

/* The policy of that name ("las-reference" for las in that form), which must
 * be one of this tree's own, and what it leaves to choose. */
struct naive_rule {
    const char *policy;
    bool skip;    /* of the policies of a queue: pass over what does not fit */
    vn_time tick; /* decide only at its multiples; 0: when something happens */
};

/* Replay n jobs, in order of (submit, id), on `devices` devices. */
void naive_run(const struct naive_rule *rule, int devices,
               struct naive_job *jobs, int n);

#endif /* T_SIM_NAIVE_H */
