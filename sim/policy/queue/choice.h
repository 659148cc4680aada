/*
 * What the policies of a queue leave to choose: is a job that does not fit
 * passed over, or does it block those behind it; and are decisions made when
 * something happens, or only at the multiples of a tick, as in simulators and
 * schedulers that go by rounds.
 */
#ifndef SIM_POLICY_QUEUE_CHOICE_H
#define SIM_POLICY_QUEUE_CHOICE_H

#include "sim/api/policy.h"

/* "yes", "no". */
extern const char *const vn_yes_no[];

/* Rows of a policy's options: the value of the first is 0 for yes, that of
 * the second a vn_time. */
#define VN_SKIP_OPTION(fallback)                                              \
    {                                                                         \
        "skip", "pass over a job that does not fit; no: it blocks", fallback, \
            VN_OPTION_CHOICE, 0, 0, vn_yes_no                                 \
    }
#define VN_TICK_OPTION                                              \
    {                                                               \
        "tick",                                                     \
            "how often it decides, seconds; 0: whenever something " \
            "happens",                                              \
            "0", VN_OPTION_TIME, 0, 1e6, NULL                       \
    }

/* Is this between two ticks?  Then the policy is asked again at the next. */
bool vn_tick_waits(vn_time tick, const struct vn_view *view,
                   struct vn_answer *answer);

#endif /* SIM_POLICY_QUEUE_CHOICE_H */
