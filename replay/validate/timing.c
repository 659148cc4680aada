#include "config.h"

#include "replay/validate/timing.h"

#include "analysis/statistics.h"
#include "base/progress.h"
#include "base/xalloc.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEAST_STEPS = 5,
    COLD_STEPS = 2, /* of a mapping, that do not count */
    PATIENCE_S = 60 /* for anything that an executor is asked for */
};

void
vn_sample_add(struct vn_sample *s, double x)
{
    s->x = vn_xrealloc(s->x, (size_t) s->n + 1, sizeof *s->x);
    s->x[s->n++] = x;
}

void
vn_sample_free(struct vn_sample *s)
{
    free(s->x);
    *s = (struct vn_sample){0};
}

double
vn_sample_mean(const struct vn_sample *s)
{
    return s->n > 0 ? vn_mean(s->x, (size_t) s->n) : 0;
}

double
vn_sample_median(const struct vn_sample *s)
{
    return vn_sample_quantile(s, 0.5);
}

double
vn_sample_quantile(const struct vn_sample *s, double part)
{
    size_t n = (size_t) s->n;
    double *sorted = vn_xcalloc(n + 1, sizeof *sorted), x;

    if (n > 0)
        memcpy(sorted, s->x, n * sizeof *sorted);
    vn_sort(sorted, n);
    x = n > 0 ? vn_quantile(sorted, n, part) : 0;
    free(sorted);
    return x;
}

double
vn_sample_deviation(const struct vn_sample *s)
{
    double mean = vn_sample_mean(s), squares = 0;

    for (int i = 0; i < s->n; i++)
        squares += (s->x[i] - mean) * (s->x[i] - mean);
    return s->n > 1 ? sqrt(squares / (s->n - 1)) : 0;
}

/* A step, from end to end: with all that lies between two. */
static void
take_step(struct vn_timing *b, const struct vn_line *line)
{
    double whole = line->time - b->last;
    struct vn_probes probes;

    b->last = line->time;
    if (b->skipped < COLD_STEPS) {
        b->skipped++;
        return;
    }
    b->sum.n++;
    b->sum.whole_s += whole;
    b->sum.compute_s +=
        vn_line_number(line, "load") + vn_line_number(line, "compute");
    b->sum.sync_s += vn_line_number(line, "sync");
    b->sum.probe_s += vn_line_probes(line, &probes);
    for (int i = 0; i < probes.n && b->probes != NULL; i++)
        vn_sample_add(b->probes, probes.s[i]);
    b->sum.peak_bytes = (int64_t) vn_line_number(line, "peak");
}

static void
take_line(struct vn_timing *b, const struct vn_line *line)
{
    size_t n = strcspn(line->word, " ");

#define IS(name) (n == sizeof name - 1 && strncmp(line->word, name, n) == 0)
    if (IS("step")) {
        take_step(b, line);
        return;
    }
    if (IS("ready"))
        b->ready = true;
    else if (IS("resized"))
        b->changed = true;
    else if (IS("stopped"))
        b->stopped = true;
    else
        return;
#undef IS
    b->change_s = vn_line_number(line, "seconds");
    b->told = b->last = line->time;
}

static enum vn_status
hear(struct vn_timing *b, struct vn_error *err)
{
    struct pollfd fd = {.fd = b->process.fd, .events = POLLIN};
    struct vn_line line;

    (void) poll(&fd, 1, 100);
    vn_process_read(&b->process);
    while (vn_process_line(&b->process, &line))
        take_line(b, &line);
    if ((b->process.closed && !b->stopped)
        || vn_clock() - b->asked > PATIENCE_S)
        return vn_fail(err, VN_EDEVICE, "calibration of %s: the executor %s",
                       b->model,
                       b->process.closed ? "ended (see --folder for its log)"
                                         : "does not answer");
    return VN_OK;
}

/* Ask for something; what it said before is not heard. */
static void
ask(struct vn_timing *b, const char *line)
{
    struct vn_line old;
    bool more = true;

    while (more) {
        more = false;
        vn_process_read(&b->process);
        while (vn_process_line(&b->process, &old))
            more = true;
    }
    b->asked = vn_clock();
    b->ready = b->changed = b->stopped = false;
    b->skipped = 0;
    b->sum = (struct vn_timing_steps){0};
    vn_process_send(&b->process, line);
}

static void
add_cost(struct vn_timing *b, enum vn_cost_kind kind, double x)
{
    if (b->costs != NULL)
        vn_sample_add(&b->costs[kind], x > 0 ? x : 0);
}

enum vn_status
vn_timing_begin(struct vn_timing *b, const struct vn_setup *setup,
                const struct vn_job *job, const char *model,
                const char *devices, bool again, struct vn_sample *costs,
                struct vn_error *err)
{
    double asked = vn_clock();
    enum vn_status status;

    *b = (struct vn_timing){.model = model, .costs = costs};
    status = vn_process_start(&setup->setup, job, model, devices, again,
                              &b->process, err);
    b->asked = asked;
    vn_process_send(&b->process, "report 1");
    while (status == VN_OK && !b->ready)
        status = hear(b, err);
    if (status == VN_OK)
        add_cost(b, again ? VN_COST_RESTART : VN_COST_START, b->told - asked);
    return status;
}

enum vn_status
vn_timing_train(struct vn_timing *b, double span_s,
                struct vn_timing_steps *steps, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    *steps = (struct vn_timing_steps){0};
    ask(b, "report 1");
    while (status == VN_OK
           && (b->sum.n < LEAST_STEPS || b->sum.whole_s < span_s)) {
        int before = b->sum.n + b->skipped;

        status = hear(b, err);
        if (b->sum.n + b->skipped > before)
            b->asked = vn_clock(); /* it answers */
    }
    if (status != VN_OK)
        return status;
    *steps = b->sum;
    steps->whole_s /= steps->n;
    steps->compute_s /= steps->n;
    steps->sync_s /= steps->n;
    steps->probe_s /= steps->n;
    b->step_s = steps->whole_s;
    return VN_OK;
}

/*
 * A growth is from the request to its effect, which is at the end of a step;
 * the simulator lets the job train on to the end of the step after grow_s, so
 * half a step, the mean of that, is not part of it.
 */
enum vn_status
vn_timing_resize(struct vn_timing *b, const char *devices, bool grow,
                 struct vn_error *err)
{
    char line[VN_DEVICE_LIST_SIZE + 16];
    enum vn_status status = VN_OK;

    snprintf(line, sizeof line, "resize %s", devices);
    ask(b, line);
    while (status == VN_OK && !b->changed)
        status = hear(b, err);
    if (status == VN_OK)
        add_cost(b, grow ? VN_COST_GROW : VN_COST_SHRINK,
                 grow ? b->told - b->asked - b->step_s / 2 : b->change_s);
    return status;
}

enum vn_status
vn_timing_end(struct vn_timing *b, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    ask(b, "stop");
    while (status == VN_OK && !b->process.closed)
        status = hear(b, err);
    if (status != VN_OK)
        return status;
    if (vn_process_end(&b->process) == 0)
        add_cost(b, VN_COST_RELEASE, vn_clock() - b->told);
    return VN_OK;
}

void
vn_timing_kill(struct vn_timing *b)
{
    vn_process_kill(&b->process);
}
