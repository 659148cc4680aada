/*
 * ElasticFlow's simulator (ASPLOS 2023), in which its authors compare
 * schedulers for jobs with deadlines: what its policies share.
 *
 * Time goes from event to event, of which all within a slot after one are
 * handled together at its end; a run is a list of events with the jobs that
 * start and end at each.  Jobs count iterations, at a rate that was measured
 * for a model, a batch and a number of devices.  Devices are dealt out anew at
 * each event, whole nodes to wide jobs, and a job that gets other devices
 * loses the first seconds.  Times are in seconds.
 *
 * events.c   the list of events
 * place.c    which devices, and what a change costs
 * run.c      what jobs do between two events
 * edf.c      edf, edf-accessctrl
 * ef.c       ef, ef-accessctrl
 * dlas.c     dlas-gpu
 * elasticflow.c  the tables
 */
#ifndef REPLAY_EXPERIMENT_ELASTICFLOW_ELASTICFLOW_H
#define REPLAY_EXPERIMENT_ELASTICFLOW_ELASTICFLOW_H

#include "replay/experiment/experiment.h"
#include "sim/policy/share/deadline_plan.h"

#include <stdbool.h>

enum vn_ef_state {
    VN_EF_COMING,
    VN_EF_PENDING,
    VN_EF_RUNNING,
    VN_EF_ENDED,
    VN_EF_DECLINED
};

struct vn_ef_job {
    int64_t id;
    int64_t duration; /* on `asked` devices, s */
    int asked;
    double submit;
    struct vn_deadline_claim claim; /* iterations left, the deadline */
    int *sizes;                     /* claim.sizes, claim.rate */
    double *rate;

    enum vn_ef_state state;
    bool listed;  /* counted among those that may run */
    double start; /* NAN: never */
    double end;   /* expected, then true */
    double real_end;
    double old_end;  /* where its end stands in the events; NAN: nowhere new */
    int devices;     /* that it has now */
    double overhead; /* of which it loses so much */
    bool placed;
    bool cached; /* it has had these very devices already */
    int preemptions;
    struct vn_deadline_plan plan;

    /* With the next size: what the plan would be. */
    int next;
    double marginal; /* device-seconds more, a device */
    struct vn_deadline_plan grown;
    struct vn_timeline grown_free;

    int64_t executed; /* dlas-gpu: seconds, */
    double checked;   /* up to then */
    int queue;
};

struct vn_ef_list {
    int *jobs; /* numbers of jobs */
    int n;
    int room;
};

void vn_ef_list_add(struct vn_ef_list *list, int job);
bool vn_ef_list_has(const struct vn_ef_list *list, int job);
void vn_ef_list_remove(struct vn_ef_list *list, int job);
void vn_ef_list_free(struct vn_ef_list *list);

struct vn_ef_event {
    double time;
    struct vn_ef_list start;
    struct vn_ef_list end;
};

struct vn_ef_placing; /* place.c */

struct vn_ef {
    const struct vn_request *request;
    double slot;
    int nodes;
    int per_node;
    int devices;
    struct vn_ef_job *jobs;
    int njobs;

    double now;
    double passed; /* since the event before */
    struct vn_ef_event *events;
    int nevents;
    struct vn_ef_list runnable; /* pending and running, in their order */
    struct vn_ef_list pending;
    struct vn_ef_list running;
    struct vn_timeline free; /* devices that nobody has planned with */
    int64_t rounds;          /* so far */
    bool restart;            /* all trainers, in this round */
    struct vn_ef_placing *placing;
};

/* Events stand in the order in which they were made until they are sorted. */
void vn_ef_events_sort(struct vn_ef *ef);
int vn_ef_events_find(const struct vn_ef *ef, double time); /* or -1 */
/* Make one, empty, if there is none at that time; its place. */
int vn_ef_events_at(struct vn_ef *ef, double time);
void vn_ef_events_remove(struct vn_ef *ef, int event);
/* A job's end is at job->end. */
void vn_ef_end_add(struct vn_ef *ef, int job);
/* It was at job->old_end and is at job->end now. */
void vn_ef_end_move(struct vn_ef *ef, int job);
/* Sort; all until a slot from now become one, at its end. */
void vn_ef_events_join(struct vn_ef *ef, bool ends);

/* Begin to deal out devices on an empty cluster; place one job's. */
void vn_ef_place_begin(struct vn_ef *ef);
void vn_ef_place(struct vn_ef *ef, int job);
/* Note which devices each has, and whether it has had them before. */
void vn_ef_place_note(struct vn_ef *ef);
void vn_ef_place_free(struct vn_ef *ef);

/* Is this round one in which all trainers restart?  Counts it. */
bool vn_ef_round(struct vn_ef *ef);
/* What a change to so many devices costs, s. */
double vn_ef_overhead(const struct vn_ef *ef, int devices, bool cached);

/* Jobs do their work from the event before until now. */
void vn_ef_work(struct vn_ef *ef);
/* Sort by deadline; jobs in the list keep their order in a tie. */
void vn_ef_sort_by_deadline(struct vn_ef *ef, struct vn_ef_list *list);
void vn_ef_start(struct vn_ef *ef, int job);  /* pending: it runs */
void vn_ef_submit(struct vn_ef *ef, int job); /* it is pending */
void vn_ef_end(struct vn_ef *ef, int job);
/* Its end moves by what its change costs. */
void vn_ef_delay(struct vn_ef *ef, int job);
/* Go to the next event. */
void vn_ef_proceed(struct vn_ef *ef);

void vn_ef_run_edf(struct vn_ef *ef);
void vn_ef_run_edf_admission(struct vn_ef *ef);
void vn_ef_run_elastic(struct vn_ef *ef, bool admission);
void vn_ef_run_dlas(struct vn_ef *ef);

#endif /* REPLAY_EXPERIMENT_ELASTICFLOW_ELASTICFLOW_H */
