/*
 * The functions that a plug-in may call, each with the regions it may touch:
 * this list is what rules, gates and their tests are made of.
 *
 * To add one, add its line, its gate NAME_gate() in api.c, its declaration in
 * virtualflow/policy.h and its line in t/sim/plugin.c.
 */
#ifndef SIM_OUTSIDE_RULES_H
#define SIM_OUTSIDE_RULES_H

#include "sim/api/memory.h"
#include "sim/engine/answer.h"

#define VN_LEDGER_R  ED_R(VN_REGION_LEDGER)
#define VN_CLUSTER_R ED_R(VN_REGION_CLUSTER)
#define VN_ANSWER_RW ED_RW(VN_REGION_ANSWER)
#define VN_PLUGIN_R  ED_R(VN_REGION_PLUGIN)
#define VN_PLUGIN_RW ED_RW(VN_REGION_PLUGIN)

/* clang-format off */
#define VN_API(FN)                                   \
    FN(vn_view_now, VN_LEDGER_R)                     \
    FN(vn_view_types, VN_LEDGER_R)                   \
    FN(vn_view_devices, VN_LEDGER_R | VN_CLUSTER_R)  \
    FN(vn_view_free, VN_LEDGER_R | VN_CLUSTER_R)     \
    FN(vn_view_job, VN_LEDGER_R | VN_PLUGIN_RW)      \
    FN(vn_view_order, VN_LEDGER_R)                   \
    FN(vn_view_type, VN_LEDGER_R)                    \
    FN(vn_view_runs, VN_LEDGER_R)                    \
    FN(vn_view_step_s, VN_LEDGER_R | VN_PLUGIN_R)    \
    FN(vn_view_step_ns, VN_LEDGER_R)                 \
    FN(vn_view_size, VN_LEDGER_R | VN_CLUSTER_R)     \
    FN(vn_view_mix_s, VN_LEDGER_R | VN_PLUGIN_R)     \
    FN(vn_view_goodput, VN_LEDGER_R | VN_PLUGIN_R)   \
    FN(vn_view_steps, VN_LEDGER_R)                   \
    FN(vn_view_held, VN_LEDGER_R | VN_CLUSTER_R)     \
    FN(vn_view_held_all, VN_LEDGER_R)                \
    FN(vn_view_remaining, VN_LEDGER_R)               \
    FN(vn_view_executed, VN_LEDGER_R)                \
    FN(vn_view_attained, VN_LEDGER_R)                \
    FN(vn_answer_set, VN_LEDGER_R | VN_ANSWER_RW)    \
    FN(vn_answer_wake, VN_LEDGER_R | VN_ANSWER_RW)
/* clang-format on */

extern const struct ed_function vn_api[];
extern const int vn_api_count;

/* The answer as it is given: in its region, and believed in nothing. */
struct vn_draft {
    int ngrants;
    int waking;
    vn_time wake;
    struct vn_grant grants[];
};

enum {
    VN_DRAFT_MAX = 1 << 20,  /* grants in an answer */
    VN_COPIES_MAX = 1 << 20, /* slots, where jobs are copied for a plug-in */
    VN_COPIES_CHUNK = 1024   /* of them, in one piece of memory */
};

/* The arg of all gates. */
struct vn_api_state {
    const void *plugin; /* sim/outside/plugin.c */
    struct ed_domain *domain;
    const struct vn_view *view;
    struct vn_draft *draft;
    /* Copies of jobs, by slot, in pieces that are made when they are first
     * wanted; NULL where the plug-in sees the ledger. */
    struct vn_job **copies;
};

/* The most grants that an answer may have now: two for each slot and type. */
int vn_draft_most(const struct vn_api_state *s);

#endif /* SIM_OUTSIDE_RULES_H */
