/*
 * Scheduling policies, as the engine knows them.
 *
 * A policy answers one question: from now on, how many devices of which type
 * does each job hold?  It is told of every job that arrives and leaves, and
 * is asked once for each instant at which something happened; its answer
 * names only what changes.  The engine checks the answer, applies it, and
 * charges what it costs, so that starting, resizing and preempting are not a
 * policy's business, and a policy is tested as a table of questions.
 *
 * The interface is that of strangers, virtualflow/policy.h; here is what only
 * built-in policies may call beside it.
 *
 * A job is known by a small number, its slot, from its arrival until it
 * leaves; slots are used again.  What a policy keeps between questions (an
 * index of what waits, usually: see sim/policy/queue/waiting.h) belongs to its
 * own state, since a decision should cost what changes and not what waits.
 *
 * To add a policy, write sim/policy/FAMILY/NAME.c, name it in vn_policies
 * (sim/policy/policies.c) and in sim/local.mk, and describe it in
 * t/sim/policy.c.
 */
#ifndef SIM_API_POLICY_H
#define SIM_API_POLICY_H

#include "virtualflow/policy.h"

/*
 * The text that the value of a VN_OPTION_TEXT stands for: what the words gave,
 * or the fallback; borrowed from them.
 */
const char *vn_policy_text(double value);

/* The name of a type, as the cluster has it. */
const char *vn_view_type_name(const struct vn_view *view, int type);

/* The name of a modelled job's model; NULL of a recorded one. */
const char *vn_view_model_name(const struct vn_view *view, int job);

/*
 * Are jobs still to arrive?  For the forms of built-in policies that follow a
 * published simulator, which knows its trace.
 */
bool vn_view_arriving(const struct vn_view *view);

/*
 * The job ends at this time, now or later, on the policy's own account of its
 * progress; VN_TIME_MAX is not yet.  For the forms of built-in policies that
 * follow the accounting of a published simulator; it need hold no devices.
 */
void vn_answer_end(struct vn_answer *answer, int job, vn_time time);

/* The job, which has never had devices, is not admitted: it leaves. */
void vn_answer_decline(struct vn_answer *answer, int job);

/* A policy that cannot go on says so here, with a text: the run fails. */
void vn_answer_fail(struct vn_answer *answer, const char *why);

#endif /* SIM_API_POLICY_H */
