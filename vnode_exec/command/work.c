/*
 * vnexec work: what a step asks of a device, on one device; by a run of the
 * step on a device that counts.
 */
#include "config.h"

#include "vnode_exec/command/command.h"

#include "base/xalloc.h"
#include "vnode_exec/device/count.h"
#include "vnode_exec/job.h"
#include "vnode_exec/train/replica.h"

#include <stdio.h>
#include <stdlib.h>

static enum vn_status
step(struct vn_replica *r, const struct vn_stage *stage, struct vn_error *err)
{
    double *scale = vn_xcalloc((size_t) r->graph->nparams, sizeof *scale);
    struct vn_order order = {.seed = 1, .count = r->data->train.count};
    int64_t tally[VN_TALLIES];
    double norm = 0;
    enum vn_status status = VN_OK;

    for (int i = 0; i < r->graph->nparams; i++)
        scale[i] = 1;
    status = vn_replica_begin(r, scale, &order, NULL, 0, err);
    for (int i = 0; status == VN_OK && i < stage->vnodes; i++)
        status =
            vn_replica_node(r, &order,
                            (struct vn_span){(uint64_t) stage->first[i],
                                             (uint64_t) stage->first[i + 1]},
                            NULL, err);
    if (status == VN_OK)
        status = vn_replica_collect(r, tally, err);
    if (status == VN_OK)
        status = vn_replica_update(r, 0, &norm, err);
    vn_order_free(&order);
    free(scale);
    return status;
}

static void
print(const struct vn_count counts[])
{
    struct vn_count all = {0, 0, 0};

    printf("%-22s %9s %14s %14s\n", "", "calls", "Gflop", "MB");
    for (int i = 0; i < VN_COUNT_KINDS; i++) {
        const struct vn_count *c = &counts[i];

        all.calls += c->calls;
        all.operations += c->operations;
        all.bytes += c->bytes;
        if (c->calls > 0)
            printf("%-22s %9lld %14.6f %14.6f\n", vn_count_names[i],
                   (long long) c->calls, 1e-9 * c->operations,
                   1e-6 * c->bytes);
    }
    printf("%-22s %9lld %14.6f %14.6f\n", "all", (long long) all.calls,
           1e-9 * all.operations, 1e-6 * all.bytes);
}

static enum vn_status
work(struct vn_exec_job *job, struct vn_error *err)
{
    const struct vn_stage *stage = &job->stages.list[0];
    struct vn_replica r = {.spec = {.backend = &vn_backend_count,
                                    .type = "count",
                                    .threads = 1,
                                    .slow = 1,
                                    .cpu = -1},
                           .graph = job->graph,
                           .train = &job->options->train,
                           .data = &job->data,
                           .training = true,
                           .cpu = -1};
    enum vn_status status =
        vn_replica_open(&r, (int) vn_stage_largest(stage, -1), err);

    if (status == VN_OK)
        status = step(&r, stage, err);
    if (status == VN_OK)
        print(vn_device_counts(r.dev));
    vn_replica_close(&r);
    return status;
}

int
vn_command_work(int argc, char **argv)
{
    return vn_exec_job_command(
        argc, argv,
        "usage: vnexec work --model NAME --batch N --vnodes N [options]\n\n"
        "Count the arithmetic and the memory traffic of a step on one "
        "device.\n",
        work);
}
