/*
 * Tiresias in the reference form (Pollux' artifact, after Gu et al., NSDI'19):
 * two queues of jobs in order of arrival, the second for those that have had
 * 57,600 device-seconds; within them what does not fit is passed over.  There
 * is no promotion and no Gittins index; time spent restarting counts.
 */
#include "config.h"

#include "sim/adaptive/policies.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>

static const double threshold = 57600; /* device-seconds */

enum {
    QUEUES = 2
};

struct member {
    bool present;
    bool running;
    int queue;
    double executed_s;
    double checked_s;
};

struct state {
    struct member *members; /* [jobs] */
    int *queue[QUEUES];     /* jobs, in order */
    int length[QUEUES];
    int *rest; /* those that stay in a queue */
};

static enum vn_status
tiresias_open(void *state, const struct vn_reference *rounds,
              struct vn_error *err)
{
    struct state *s = state;
    const struct vn_reference_config *config = vn_reference_config(rounds);
    size_t n = (size_t) config->njobs;
    int all = config->types[0].nodes * config->types[0].devices;

    for (int i = 0; i < config->njobs; i++)
        if (config->jobs[i].replicas > all)
            return vn_fail(err, VN_EFORMAT,
                           "job %.64s asks for %d devices, expected at most "
                           "the %d of the cluster",
                           config->jobs[i].name, config->jobs[i].replicas,
                           all);
    s->members = vn_xcalloc(n, sizeof *s->members);
    for (int q = 0; q < QUEUES; q++)
        s->queue[q] = vn_xcalloc(n, sizeof(int));
    s->rest = vn_xcalloc(n, sizeof(int));
    return VN_OK;
}

static void
tiresias_close(void *state)
{
    struct state *s = state;

    free(s->members);
    for (int q = 0; q < QUEUES; q++)
        free(s->queue[q]);
    free(s->rest);
}

/* Drop from a queue what is done or belongs to another. */
static void
sift(struct state *s, const struct vn_reference *rounds, int q)
{
    int n = 0;

    for (int i = 0; i < s->length[q]; i++) {
        int job = s->queue[q][i];

        if (isnan(vn_reference_job(rounds, job)->finish_s)
            && s->members[job].queue == q)
            s->queue[q][n++] = job;
    }
    s->length[q] = n;
}

static void
append(struct state *s, int q, int job)
{
    s->members[job].queue = q;
    s->queue[q][s->length[q]++] = job;
}

/* Take note of what each has had, and move those that have had enough. */
static void
check(struct state *s, const struct vn_reference *rounds)
{
    double now = vn_reference_now(rounds);
    int n;
    const int *active = vn_reference_active(rounds, &n);

    for (int i = 0; i < n; i++)
        if (!s->members[active[i]].present) {
            s->members[active[i]].present = true;
            append(s, 0, active[i]);
        }
    for (int i = 0; i < n; i++) {
        struct member *m = &s->members[active[i]];
        int replicas = vn_reference_job(rounds, active[i])->wants.replicas;

        if (m->running)
            m->executed_s += now - m->checked_s;
        m->checked_s = now;
        if (m->running && m->queue == 0
            && m->executed_s * replicas >= threshold)
            append(s, 1, active[i]);
    }
}

static enum vn_status
tiresias_decide(void *state, struct vn_reference *rounds, double *objective,
                struct vn_error *err)
{
    const struct vn_reference_type *type =
        &vn_reference_config(rounds)->types[0];
    struct state *s = state;
    int left = type->nodes * type->devices;

    (void) objective;
    (void) err;
    for (int q = 0; q < QUEUES; q++)
        sift(s, rounds, q);
    check(s, rounds);
    sift(s, rounds, 0);
    for (int q = 0; q < QUEUES; q++)
        for (int i = 0; i < s->length[q]; i++) {
            int job = s->queue[q][i];
            int replicas = vn_reference_job(rounds, job)->wants.replicas;

            s->members[job].running = replicas <= left;
            if (replicas <= left)
                left -= replicas;
            else
                vn_reference_take(rounds, job);
        }
    for (int q = 0; q < QUEUES; q++)
        for (int i = 0; i < s->length[q]; i++) {
            int job = s->queue[q][i];

            if (s->members[job].running
                && vn_reference_next(rounds, job)->n == 0)
                vn_reference_pack(
                    rounds, job, 0,
                    vn_reference_job(rounds, job)->wants.replicas);
        }
    return VN_OK;
}

const struct vn_reference_policy vn_reference_tiresias = {
    .name = "tiresias",
    .state_size = sizeof(struct state),
    .open = tiresias_open,
    .close = tiresias_close,
    .decide = tiresias_decide,
};
