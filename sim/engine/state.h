/*
 * The engine from inside: what engine.c shares with admission.c, outage.c,
 * record.c, transition.c, phase.c and supply.c.
 */
#ifndef SIM_ENGINE_STATE_H
#define SIM_ENGINE_STATE_H

#include "sim/api/heap.h"
#include "sim/engine/answer.h"
#include "sim/engine/engine.h"
#include "sim/engine/ledger.h"
#include "sim/engine/tally.h"

struct vn_fleet;
struct vn_faults;
struct vn_fair_watch;
struct vn_forecast;

/* Devices that are being released; its handle is its index. */
struct vn_leaving {
    int slot; /* of the job that had them */
    int type;
    int devices;
    int next; /* of those that are not used */
};

struct vn_engine {
    struct vn_engine_config config;
    struct ed_domain *domain; /* the policy's, or NULL */
    struct vn_view *view;     /* the books */
    struct vn_heap ends;      /* of jobs or of their phases, by slot */
    struct vn_answer answer;
    struct vn_tally tally;
    void *state; /* the policy's */
    bool opened;

    struct vn_heap releases; /* when devices are at hand again */
    struct vn_leaving *leaving;
    int nleaving;
    int unused;         /* the first of leaving that is free, or -1 */
    int first, last;    /* the line of jobs that wait for devices, or -1 */
    bool freed;         /* devices came to hand since the line was served */
    int64_t releasings; /* counts releases, for their order */

    struct vn_fleet *fleet;   /* devices by number; NULL where only counted */
    bool contended;           /* what is busy slows down what is beside it */
    struct vn_faults *faults; /* NULL where nothing fails */

    struct vn_fair_watch *watch;  /* NULL: rho is ours, or not asked for */
    struct vn_forecast *forecast; /* NULL: of nothing */

    struct vn_job next; /* the next arrival */
    bool arriving;      /* next is there */
    bool asking;        /* at this instant the policy is asked */
    bool modelled;      /* a modelled job arrived */
    int idle;           /* instants at the end of which all was idle */
    int64_t events;
};

#endif /* SIM_ENGINE_STATE_H */
