/* What a run says to its user. */
#include "config.h"

#include "vnode_exec/command/run.h"

#include "base/number.h"
#include "vnode_exec/train/replica.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

/* What is peculiar about the devices or their nodes. */
static void
announce_stages(const struct run *r)
{
    const struct vn_stage *stage = &r->job.stages.list[r->stage];
    bool alike = true;

    if (r->options.nprofiles > 0)
        printf("solver: %s; expected step %.2f ms, the best type alone %.2f "
               "ms\n",
               r->job.solved.text, 1e3 * r->job.solved.step_s,
               1e3 * r->job.solved.alone_s);
    for (int i = 0; i < stage->devices; i++) {
        const struct vn_spec *s = &stage->specs.list[i % stage->specs.n];

        if (s->slow > 1)
            printf("device %d is emulated: it waits to be %g times as slow\n",
                   i, s->slow);
    }
    for (int i = 1; i < r->job.stages.n; i++)
        alike = alike && vn_stage_alike(&r->job.stages.list[i], stage);
    if (!alike)
        printf("a resize changes the sizes of virtual nodes: results are "
               "equal to tolerance only\n");
}

void
vn_run_announce(const struct run *r)
{
    const struct vn_options *o = &r->options;
    const struct vn_stage *stage = &r->job.stages.list[r->stage];
    int64_t largest = vn_stage_largest(stage, -1);
    char bytes[VN_NUMBER_SIZE];

    if (!vn_run_speaks(r) || o->quiet)
        return;
    printf("%s: %zu parameters, batch %lld in %d virtual nodes of up to %lld, "
           "%lld steps\n",
           o->model_name, r->job.graph->parameters, (long long) o->train.batch,
           stage->vnodes, (long long) largest, (long long) o->train.steps);
    printf(
        "device memory for it: %s each\n",
        vn_format_bytes(bytes, vn_replica_bytes(stage->specs.list[0].backend,
                                                r->job.graph, &o->train,
                                                (int) largest, true)));
    announce_stages(r);
    if (!o->train.exact) {
        struct vn_seat_report seats[VN_SPEC_DEVICES];
        int n = vn_executor_seats(r->x, seats, VN_SPEC_DEVICES), i = 0;

        printf("fast arithmetic: not bitwise, results depend on the "
               "mapping\n");
        while (i < n && seats[i].products == NULL)
            i++;
        if (i < n)
            printf("products: %s\n", seats[i].products);
    }
    if (r->job.graph->batchnorm)
        printf("batch norm normalises over a virtual node's own examples\n");
    if (o->digest_every > 0 && o->train.exact)
        printf("digests hold for every mapping, number of threads and "
               "instruction set of the host\n");
}

void
vn_run_progress(struct run *r, const struct vn_step *step)
{
    char detail[128];
    double rate = (double) r->options.train.batch / step->step_s;

    if (!vn_run_speaks(r) || r->options.quiet)
        return;
    snprintf(detail, sizeof detail, "loss %.4f, rate %.3g, %.0f examples/s",
             step->loss, vn_train_rate(&r->options.train, step->step), rate);
    vn_progress_show(&r->progress, (double) (step->step + 1),
                     (double) r->options.train.steps, detail);
}

void
vn_run_failed(struct run *r, const struct vn_step *step)
{
    if (vn_run_speaks(r) && !r->options.quiet) {
        vn_progress_end(&r->progress);
        printf("step %lld: %d device failed; the step was done again on the "
               "other %d\n",
               (long long) step->step, step->failed, step->devices);
    }
    vn_control_say(r->control, "failed step=%lld devices=%d left=%d",
                   (long long) step->step, step->failed, step->devices);
}

static int
by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

void
vn_run_summary(struct run *r)
{
    struct vn_seat_report seats[VN_SPEC_DEVICES];
    int n = vn_executor_seats(r->x, seats, VN_SPEC_DEVICES);
    double median;
    struct rusage usage;
    char peak[VN_NUMBER_SIZE];

    if (!vn_run_speaks(r) || r->options.quiet || r->trained == 0)
        return;
    qsort(r->step_s, (size_t) r->trained, sizeof(double), by_value);
    median = r->step_s[r->trained / 2];
    printf("%-6s  %-20s  %10s  %10s  %10s  %9s\n", "device", "type", "nodes",
           "examples", "peak", "busy");
    for (int i = 0; i < n; i++)
        printf("%-6d  %-20s  %10lld  %10lld  %10s  %7.1f s\n", i,
               seats[i].spec->type, (long long) seats[i].nodes,
               (long long) seats[i].examples,
               vn_format_bytes(peak, seats[i].peak_bytes), seats[i].busy_s);
    getrusage(RUSAGE_SELF, &usage);
    printf("%lld steps in %.1f s, median step %.2f ms, %.0f examples/s; peak "
           "of the process %s\n",
           (long long) r->trained, vn_clock() - r->started, 1e3 * median,
           (double) r->options.train.batch / median,
           vn_format_bytes(peak, (int64_t) usage.ru_maxrss * 1024));
}
