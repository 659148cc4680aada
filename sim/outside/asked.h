/*
 * What a program may see of the engine's books (sim/outside/exec.h): a job as
 * it is told of when it arrives, and answers to what it asks.
 *
 * To add a question, add its row to the table in asked.c and to vnsim(1).
 */
#ifndef SIM_OUTSIDE_ASKED_H
#define SIM_OUTSIDE_ASKED_H

#include "sim/api/policy.h"

#include <jansson.h>

enum {
    VN_ASKED_WHY = 160
};

/* A job, as it arrived; the caller's. */
json_t *vn_asked_job(const struct vn_view *view, int slot);

/*
 * The answers to an array of questions, [name, slot, ...] each, in their
 * order; the caller's.  NULL, and why, where one is none.
 */
json_t *vn_asked(const struct vn_view *view, const json_t *questions,
                 char why[VN_ASKED_WHY]);

#endif /* SIM_OUTSIDE_ASKED_H */
