/*
 * What policies by rounds share whose shares of time come from one linear
 * program (sim/policy/round/program.h), solved when jobs or devices come or
 * go.  Rounds are as of sim/policy/round/rounds.h; leftovers run too.
 *
 * A policy's state begins with struct vn_solved; open, close, arrive and leave
 * are then those here, its options vn_solved_options, and decide() is
 *
 *     vn_solved_decide(state, view, answer, solve);
 *
 * where solve() joins the active jobs to the program, one class for each in
 * `class`, and solves it.
 */
#ifndef SIM_POLICY_ROUND_SOLVED_H
#define SIM_POLICY_ROUND_SOLVED_H

#include "sim/policy/round/program.h"
#include "sim/policy/round/rounds.h"

struct vn_solved {
    struct vn_rounds rounds;
    struct vn_program *program; /* for the devices of these rounds */
    int *class;                 /* of each active job, in their order */
};

typedef enum vn_status vn_solved_solve(void *state, const struct vn_view *view,
                                       struct vn_error *err);

/* One option: the length of a round. */
extern const struct vn_policy_option vn_solved_options[];

enum vn_status vn_solved_open(void *state, const struct vn_view *view,
                              const double *values, struct vn_error *err);
void vn_solved_close(void *state);
void vn_solved_arrive(void *state, const struct vn_view *view, int job);
void vn_solved_leave(void *state, const struct vn_view *view, int job);
void vn_solved_decide(void *state, const struct vn_view *view,
                      struct vn_answer *answer, vn_solved_solve *solve);

#endif /* SIM_POLICY_ROUND_SOLVED_H */
