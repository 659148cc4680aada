/*
 * A policy's answer, gathered, checked against the books, and applied.
 *
 * The engine trusts no answer: a slot or type that is not there, a number
 * below 0, a job given less than it can use, more than it can use or, by a
 * rigid policy, anything but all it asks for, a device given twice, a
 * wake-up that is not later than now, are errors that name the policy, the
 * job and the rule.  Nothing is applied of an answer that breaks one.
 */
#ifndef SIM_ENGINE_ANSWER_H
#define SIM_ENGINE_ANSWER_H

#include "sim/engine/ledger.h"

/* The job in `slot` shall hold `devices` of `type`. */
struct vn_grant {
    int slot;
    int type;
    int devices;
};

/* The job in `slot` ends at `time`, on the policy's word. */
struct vn_word {
    int slot;
    vn_time time;
};

/* A job that an answer names, and what it held before. */
struct vn_touched {
    int slot;
    int before; /* devices of all types */
};

struct vn_answer {
    struct ed_region *region; /* as of sim/api/memory.h */
    struct vn_grant *grants;
    int ngrants;
    int allocated;
    struct vn_word *words;
    int nwords;
    int words_allocated;
    int *declined; /* slots */
    int ndeclined;
    int declined_allocated;
    bool waking;
    vn_time wake;
    bool failed; /* there is none, and will be none: why */
    char why[400];

    struct vn_touched *touched; /* after vn_answer_check() */
    int ntouched;
    int room;  /* in touched and after */
    int *mark; /* mark[slot]: its index in touched + 1, 0 if none */
    int marks;
    int *after; /* after[i x types + type], of touched[i] */
};

/* Start from (struct vn_answer) {0}. */
void vn_answer_free(struct vn_answer *answer);

/* Forget the last answer. */
void vn_answer_clear(struct vn_answer *answer);

/*
 * Check the answer, and gather in `touched`, in the order in which the policy
 * named them, the jobs that it changes.
 */
enum vn_status vn_answer_check(struct vn_answer *answer,
                               const struct vn_policy *policy,
                               const struct vn_ledger *ledger,
                               struct vn_error *err);

#endif /* SIM_ENGINE_ANSWER_H */
