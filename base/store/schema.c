#include "config.h"

#include "base/store/schema.h"

#include "base/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define INT  VN_STORE_INTEGER
#define REAL VN_STORE_REAL
#define TEXT VN_STORE_TEXT
#define MAY  VN_STORE_OPTIONAL
#define KEY  VN_STORE_KEY
#define PRI  VN_STORE_PRIMARY
#define CODE VN_STORE_CODED

/* A column; one that follows from others; one of which less is kept. */
#define C(member, type, flags, unit, help) \
    SMALLER(member, type, flags, unit, help, NULL, NULL, NULL)
#define FOLLOWS(member, type, flags, unit, help, load) \
    SMALLER(member, type, flags, unit, help, load, NULL, NULL)
#define SMALLER(member, type, flags, unit, help, load, keep, kept)            \
    {                                                                         \
#member, type, flags, offsetof(struct ROW, member), unit, help, load, \
            keep, kept                                                        \
    }
#define RUN_ID C(run_id, INT, PRI, "", "number of the run in this file")

/* clang-format off */
#define ROW vn_store_run
static const struct vn_store_column run_columns[] = {
    RUN_ID,
    C(name, TEXT, 0, "", "digest of all inputs, the configuration, the version"),
    C(kind, TEXT, KEY, "", "simulated, or measured on devices"),
    C(state, TEXT, 0, "", "done, saturated, stopped, stuck, limited, failed"),
    C(error, TEXT, MAY, "", "why it failed"),
    C(trace, TEXT, MAY, "", "trace as it was named; replicates share it"),
    C(trace_hash, TEXT, MAY | KEY, "", "hash of the jobs that were replayed"),
    C(window, TEXT, MAY | KEY, "", "part i/n of the trace"),
    C(cluster, TEXT, MAY, "", "cluster as it was named"),
    C(cluster_hash, TEXT, MAY | KEY, "", "hash of the cluster"),
    C(profile, TEXT, MAY, "", "profile as it was named"),
    C(profile_hash, TEXT, MAY | KEY, "", "hash of the profile"),
    C(policy, TEXT, MAY | KEY, "", "scheduling policy"),
    C(options, TEXT, MAY | KEY, "", "the policy's options, name=value"),
    C(options_hash, TEXT, MAY | KEY, "", "hash of the files that they name"),
    C(plugin, TEXT, MAY, "", "file or command of a policy from outside"),
    C(backend, TEXT, MAY | VN_STORE_PLACE, "", "what confined a plug-in"),
    C(limits, TEXT, MAY | KEY, "", "what a policy from outside might use"),
    C(seed, INT, MAY | KEY, "", "of all random numbers; none where none enter"),
    C(load, REAL, MAY | KEY, "1", "offered load over the cluster's capacity"),
    C(compat, TEXT, MAY | KEY, "", "reference whose simplifications were used"),
    C(scaling, TEXT, MAY, "", "how speed was taken to grow with devices"),
    C(scaling_hash, TEXT, MAY | KEY, "", "hash of it"),
    C(costs, TEXT, MAY, "", "what changes cost, as it was named"),
    C(costs_hash, TEXT, MAY | KEY, "", "hash of it"),
    C(placement, TEXT, MAY | KEY, "", "where devices were taken"),
    C(faults, TEXT, MAY | KEY, "", "what failed, and how often"),
    C(slow, TEXT, MAY, "", "table of slow devices as it was named"),
    C(slow_hash, TEXT, MAY | KEY, "", "hash of it"),
    C(predict, TEXT, MAY | KEY, "", "what predicted jobs' durations"),
    C(rho_form, TEXT, MAY | KEY, "", "definition of rho; none: our own"),
    C(until_us, INT, MAY | KEY, "us", "it was stopped before this time"),
    C(stop, TEXT, MAY | KEY, "", "what else would stop it: saturated"),
    C(statuses, TEXT, MAY | KEY, "", "of the jobs replayed, if not all were"),
    C(measure, TEXT, MAY | KEY, "", "which jobs its means are of, if not all"),
    C(measure_from_us, INT, MAY, "us", "jobs submitted before: warm-up"),
    C(measure_to_us, INT, MAY, "us", "jobs submitted from here: tail"),
    C(kept, TEXT, MAY, "", "rows that were kept: run, jobs, samples or all"),
    C(remark, TEXT, MAY, "", "what to know of its numbers"),
    C(version, TEXT, KEY, "", "of the program that ran it, and its sources"),
    C(commit, TEXT, MAY | VN_STORE_PLACE, "", "that it was built from"),
    C(experiment, TEXT, MAY | VN_STORE_PLACE | CODE, "", "file it was asked for in: its text"),
    C(experiment_hash, TEXT, MAY | VN_STORE_PLACE, "", "hash of that text"),
    C(command, TEXT, MAY | VN_STORE_PLACE, "", "command line that ran it"),
    C(date, TEXT, MAY | VN_STORE_PLACE, "", "when, in UTC"),
    C(host, TEXT, MAY | VN_STORE_PLACE, "", "machine that ran it"),
    C(wall_us, INT, MAY | VN_STORE_PLACE, "us", "real time it took"),
    C(devices, INT, MAY, "devices", "in the cluster"),
    C(events, INT, MAY, "events", "arrivals, ends and wake-ups"),
    C(jobs, INT, MAY, "jobs", "that arrived"),
    C(finished, INT, MAY, "jobs", "that finished"),
    C(rejected, INT, MAY, "jobs", "that can never run on this cluster"),
    C(rejected_why, TEXT, MAY, "", "how many of them for which reason"),
    C(unfinished, INT, MAY, "jobs", "waiting or running when the run ended"),
    C(unmeasured, INT, MAY, "jobs", "that finished, and are in no mean"),
    C(declined, INT, MAY, "jobs", "that the policy did not admit"),
    C(deadlines, INT, MAY, "jobs", "that arrived with a deadline"),
    C(deadlines_admitted, INT, MAY, "jobs", "of them, not turned away"),
    C(deadlines_met, INT, MAY, "jobs", "of them, finished by it"),
    C(late_mean_us, REAL, MAY, "us", "mean time after it of those late"),
    C(late_max_us, REAL, MAY, "us", "the most of it"),
    C(present_mean, REAL, MAY, "jobs", "present under equal shares"),
    C(rho_mean, REAL, MAY, "1", "mean finish-time fairness"),
    C(rho_worst, REAL, MAY, "1", "the worst of it"),
    C(rho_above, REAL, MAY, "1", "share of jobs above 1"),
    C(jain_users, REAL, MAY, "1", "Jain's index over users"),
    C(jain_vcs, REAL, MAY, "1", "Jain's index over virtual clusters"),
    C(makespan_us, INT, MAY, "us", "first submission to last finish"),
    C(utilisation, REAL, MAY, "1", "device time held, of the makespan's"),
    C(device_us, INT, MAY, "device us", "device time held by jobs"),
    C(preemptions, INT, MAY, "", "times that a job lost all its devices"),
    C(resizes, INT, MAY, "", "times that a running job's devices changed"),
    C(failures, INT, MAY, "", "times that devices of a job failed"),
    C(overhead_us, INT, MAY, "device us", "of device_us: not at work"),
    C(lost_us, INT, MAY, "device us", "of device_us: at work that was lost"),
    C(jct_mean_us, REAL, MAY, "us", "mean job completion time"),
    C(jct_p50_us, REAL, MAY, "us", "median job completion time"),
    C(jct_p90_us, REAL, MAY, "us", "90th percentile of it"),
    C(jct_p99_us, REAL, MAY, "us", "99th percentile of it"),
    C(queue_mean_us, REAL, MAY, "us", "mean queueing delay"),
    C(queue_p50_us, REAL, MAY, "us", "median queueing delay"),
    C(queue_p90_us, REAL, MAY, "us", "90th percentile of it"),
    C(queue_p99_us, REAL, MAY, "us", "99th percentile of it"),
    C(preempted_mean_us, REAL, MAY, "us", "mean time preempted"),
};
#undef ROW

#define ROW vn_store_job
static const struct vn_store_column job_columns[] = {
    RUN_ID,
    C(job_id, INT, PRI, "", "as in the trace"),
    C(submit_us, INT, 0, "us", "submission"),
    FOLLOWS(start_us, INT, MAY, "us", "it first held devices",
            "submit_us + queue_us"),
    FOLLOWS(finish_us, INT, MAY, "us", "it was done",
            "submit_us + slowed_us + queue_us + coalesce(duration_us, 0)"),
    C(deadline_us, INT, MAY, "us", "it should have been"),
    C(rho, REAL, MAY, "1", "jct over that alone on an equal part"),
    SMALLER(jct_us, INT, MAY, "us", "job completion time: finish - submit",
            "slowed_us + queue_us + coalesce(duration_us, 0)",
            ":jct_us - :queue_us - coalesce(:duration_us, 0)", "slowed_us"),
    C(queue_us, INT, MAY, "us", "queueing delay: start - submit"),
    C(preemptions, INT, 0, "", "times that it lost all its devices"),
    C(resizes, INT, 0, "", "times that its devices changed while it ran"),
    C(failures, INT, 0, "", "times that devices of it failed"),
    SMALLER(device_us, INT, 0, "device us", "device time that it held",
            "beyond_us + coalesce(devices * "
            "(slowed_us + coalesce(duration_us, 0)), 0)",
            ":device_us - coalesce(:devices * (:jct_us - :queue_us), 0)",
            "beyond_us"),
    C(overhead_us, INT, 0, "device us", "of it, not at work: changing"),
    C(lost_us, INT, 0, "device us", "of it, at work that was lost"),
    C(preempted_us, INT, 0, "us", "it waited after it had first started"),
    C(devices, INT, MAY, "devices", "that it asks for"),
    C(duration_us, INT, MAY, "us", "that it takes on them, if recorded"),
    C(whole_us, INT, MAY, "us", "that it would take on them, if modelled"),
    C(weight, REAL, MAY, "1", "share of the cluster that it is owed"),
    C(vc, TEXT, MAY | CODE, "", "its virtual cluster"),
    C(user, TEXT, MAY | CODE, "", "whose it is"),
    C(type, TEXT, MAY | CODE, "", "the only type of device that it may have"),
    C(model, TEXT, MAY | CODE, "", "what it trains"),
    C(status, TEXT, MAY | CODE, "", "completed, failed, killed: by the trace"),
    C(why, TEXT, MAY | CODE, "", "why it was rejected"),
    C(state, TEXT, CODE, "", "finished, rejected, declined, left"),
};
#undef ROW

#define ROW vn_store_usage
static const struct vn_store_column usage_columns[] = {
    RUN_ID,
    C(job_id, INT, PRI, "", "as in the trace"),
    C(device_type, TEXT, PRI | CODE, "", "a type that it held devices of"),
    C(device_us, INT, 0, "device us", "device time of this type"),
};
#undef ROW

#define ROW vn_store_allocation
static const struct vn_store_column allocation_columns[] = {
    RUN_ID,
    C(job_id, INT, PRI, "", "as in the trace"),
    C(from_us, INT, PRI, "us", "it has held these devices since"),
    C(device_type, TEXT, PRI | CODE, "", "their type"),
    C(kind, TEXT, PRI | CODE, "", "how it began: start, resume, grow, "
      "shrink, move"),
    C(to_us, INT, 0, "us", "until this time, exclusive"),
    C(devices, INT, 0, "devices", "held in this interval, above 0"),
};
#undef ROW

#define ROW vn_store_sample
static const struct vn_store_column sample_columns[] = {
    RUN_ID,
    C(from_us, INT, PRI, "us", "begin of an interval"),
    C(to_us, INT, 0, "us", "its end, exclusive"),
    C(held, REAL, 0, "devices", "mean number held over the interval"),
    C(waiting, REAL, 0, "jobs", "mean number waiting over the interval"),
};
#undef ROW

#define ROW vn_store_step
static const struct vn_store_column step_columns[] = {
    RUN_ID,
    C(job_id, INT, PRI, "", "the job trained, 0 where there is only one"),
    C(step, INT, PRI, "", "number of the step, from 0"),
    C(start_us, INT, MAY, "us", "it began"),
    C(step_us, INT, MAY, "us", "it took"),
    C(devices, INT, 0, "devices", "that took part"),
    C(vnodes, INT, 0, "", "virtual nodes, over all devices"),
    C(examples, INT, 0, "examples", "in the step's global batch"),
    C(loss, REAL, MAY, "", "mean over the batch, before the update"),
    C(accuracy, REAL, MAY, "1", "share of the batch that was right"),
    C(load_us, INT, MAY, "us", "waiting for the batch"),
    C(compute_us, INT, MAY, "us", "forward and backward"),
    C(sync_us, INT, MAY, "us", "combining gradients"),
    C(update_us, INT, MAY, "us", "updating parameters"),
    C(resize_us, INT, MAY, "us", "changing devices before"),
    C(digest, TEXT, MAY, "", "hash of parameters and optimizer after it"),
};
#undef ROW

#define ROW vn_store_device
static const struct vn_store_column device_columns[] = {
    RUN_ID,
    C(device, INT, PRI, "", "number of the device in the run, from 0"),
    C(device_type, TEXT, 0, "", "as plans and profiles call it"),
    C(name, TEXT, MAY, "", "what the device calls itself"),
    C(emulated, INT, 0, "", "1 where it is slowed down to act as another"),
    C(vnodes, INT, MAY, "", "virtual nodes it processed, over all steps"),
    C(examples, INT, MAY, "examples", "it processed"),
    C(memory_bytes, INT, MAY, "bytes", "limit on its memory"),
    C(peak_bytes, INT, MAY, "bytes", "most memory in use at once"),
    C(busy_us, INT, MAY, "us", "computing"),
};
#undef ROW

#define FORM(row, help)                               \
    {                                                 \
        #row, help, sizeof(struct vn_store_##row),    \
            sizeof row##_columns / sizeof *row##_columns, row##_columns}

const struct vn_store_form vn_store_forms[VN_STORE_TABLES] = {
    [VN_STORE_RUN] = FORM(run, "one run: its inputs, and it in numbers"),
    [VN_STORE_JOB] = FORM(job, "what became of each job"),
    [VN_STORE_USAGE] =
        FORM(usage, "device time of each job by type; only where the "
                    "cluster has several types"),
    [VN_STORE_ALLOCATION] =
        FORM(allocation, "the devices of each job over time"),
    [VN_STORE_SAMPLE] = FORM(sample, "the cluster over time"),
    [VN_STORE_STEP] = FORM(step, "training steps of a measured run"),
    [VN_STORE_DEVICE] = FORM(device, "devices of a measured run"),
};
/* clang-format on */

static int64_t
integer_at(const void *row, size_t offset)
{
    int64_t value;

    memcpy(&value, (const char *) row + offset, sizeof value);
    return value;
}

static double
real_at(const void *row, size_t offset)
{
    double value;

    memcpy(&value, (const char *) row + offset, sizeof value);
    return value;
}

static const char *
text_at(const void *row, size_t offset)
{
    const char *value;

    memcpy(&value, (const char *) row + offset, sizeof value);
    return value;
}

void
vn_store_blank(enum vn_store_table table, void *row)
{
    const struct vn_store_form *form = &vn_store_forms[table];
    const int64_t none = -1;
    const double nan_value = NAN;

    memset(row, 0, form->row_size);
    for (int i = 0; i < form->ncolumns; i++) {
        const struct vn_store_column *c = &form->columns[i];
        char *at = (char *) row + c->offset;

        if ((c->flags & VN_STORE_OPTIONAL) == 0)
            continue;
        if (c->type == VN_STORE_INTEGER)
            memcpy(at, &none, sizeof none);
        else if (c->type == VN_STORE_REAL)
            memcpy(at, &nan_value, sizeof nan_value);
    }
}

int
vn_store_column_find(enum vn_store_table table, const char *name)
{
    const struct vn_store_form *form = &vn_store_forms[table];

    for (int i = 0; i < form->ncolumns; i++)
        if (strcmp(form->columns[i].name, name) == 0)
            return i;
    return -1;
}

bool
vn_store_is_none(const struct vn_store_column *column, const void *row)
{
    bool optional = (column->flags & VN_STORE_OPTIONAL) != 0;

    switch (column->type) {
    case VN_STORE_INTEGER:
        return optional && integer_at(row, column->offset) < 0;
    case VN_STORE_REAL:
        return isnan(real_at(row, column->offset));
    case VN_STORE_TEXT:
        return text_at(row, column->offset) == NULL;
    }
    return true;
}

void
vn_store_run_name(const struct vn_store_run *run,
                  char name[VN_STORE_NAME_SIZE])
{
    const struct vn_store_form *form = &vn_store_forms[VN_STORE_RUN];
    struct vn_digest *digest = vn_digest_begin();

    for (int i = 0; i < form->ncolumns; i++) {
        const struct vn_store_column *c = &form->columns[i];
        char number[VN_NUMBER_SIZE];
        const char *text = number;

        if ((c->flags & VN_STORE_KEY) == 0 || vn_store_is_none(c, run))
            continue;
        if (c->type == VN_STORE_INTEGER)
            snprintf(number, sizeof number, "%" PRId64,
                     integer_at(run, c->offset));
        else if (c->type == VN_STORE_REAL)
            vn_format_real(number, real_at(run, c->offset));
        else
            text = text_at(run, c->offset);
        vn_digest_add_text(digest, c->name);
        vn_digest_add_text(digest, text);
    }
    vn_digest_end(digest, name);
}

int
vn_store_compare_column(const struct vn_store_column *c, const void *a,
                        const void *b)
{
    bool none_a = vn_store_is_none(c, a), none_b = vn_store_is_none(c, b);

    if (none_a || none_b)
        return none_b - none_a;
    if (c->type == VN_STORE_INTEGER) {
        int64_t x = integer_at(a, c->offset), y = integer_at(b, c->offset);

        return (x > y) - (x < y);
    }
    if (c->type == VN_STORE_REAL) {
        double x = real_at(a, c->offset), y = real_at(b, c->offset);

        return (x > y) - (x < y);
    }
    return strcmp(text_at(a, c->offset), text_at(b, c->offset));
}

int
vn_store_compare(enum vn_store_table table, const void *a, const void *b)
{
    const struct vn_store_form *form = &vn_store_forms[table];

    for (int i = 1; i < form->ncolumns; i++) {
        int order = 0;

        if ((form->columns[i].flags & VN_STORE_PLACE) == 0)
            order = vn_store_compare_column(&form->columns[i], a, b);
        if (order != 0)
            return order;
    }
    return 0;
}
