#include "config.h"

#include "replay/calibrate.h"

#include "base/file.h"
#include "base/progress.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LEAST_STEPS = 5,
    FIRST_ID = 1000000, /* jobs of no trace: their files' names */
    PATIENCE_S = 60     /* for anything that an executor is asked for */
};

/* Seconds, as they come. */
struct sum {
    int n;
    double all, squares;
};

/* What is measured of a model on a type. */
struct bench {
    const char *model, *type;
    int devices;
    int64_t batch[64]; /* of virtual nodes in the trace */
    int nbatches;
    double node_s[64]; /* by batch */
    struct sum update;
    struct sum *sync;  /* by devices */
    struct sum *costs; /* of the model, by kind */
};

/* One executor on its way. */
struct talk {
    struct vn_process process;
    struct sum steps; /* since the last change */
    double asked;     /* when the last thing was asked for */
    double ended;
    bool ready, stopped, changed;
    double change_s; /* in which nothing trained */
};

static void
add(struct sum *s, double x)
{
    s->n++;
    s->all += x;
    s->squares += x * x;
}

static double
mean(const struct sum *s)
{
    return s->n > 0 ? s->all / s->n : 0;
}

static double
deviation(const struct sum *s)
{
    double m = mean(s);
    double v = s->n > 1 ? (s->squares - s->n * m * m) / (s->n - 1) : 0;

    return v > 0 ? sqrt(v) : 0;
}

static void
take_line(struct talk *t, const struct vn_line *line, struct sum *costs,
          enum vn_cost_kind start, double *last)
{
    if (strncmp(line->word, "ready ", 6) == 0) {
        add(&costs[start], line->time - t->asked);
        t->ready = true;
        *last = line->time;
    } else if (strncmp(line->word, "step ", 5) == 0) {
        /* From end to end: a step with all that lies between two. */
        if (t->ready)
            add(&t->steps, line->time - *last);
        *last = line->time;
    } else if (strncmp(line->word, "resized ", 8) == 0) {
        t->changed = true;
        t->change_s = vn_line_number(line, "seconds");
        t->ended = line->time;
        *last = line->time;
    } else if (strncmp(line->word, "stopped ", 8) == 0) {
        t->stopped = true;
        t->ended = line->time;
    }
}

/* Listen until `until` seconds have passed and steps were done, or the job
 * has changed (change), or ended (end). */
static enum vn_status
hear(struct talk *t, struct bench *b, double span, bool change, bool end,
     enum vn_cost_kind start, struct vn_error *err)
{
    double began = vn_clock(), last = began;
    struct vn_line line;

    t->changed = false;
    if (!change && !end)
        t->steps = (struct sum){0};
    for (;;) {
        struct pollfd fd = {.fd = t->process.fd, .events = POLLIN};

        (void) poll(&fd, 1, 100);
        vn_process_read(&t->process);
        while (vn_process_line(&t->process, &line)) {
            take_line(t, &line, b->costs, start, &last);
            if (t->steps.n == 1 && !change && !end && line.word[0] == 's')
                began = last;
        }
        if (t->process.closed && end)
            return VN_OK;
        if (t->process.closed || vn_clock() - began > PATIENCE_S + span)
            return vn_fail(err, VN_EDEVICE,
                           "calibration of %s on %s: the executor %s",
                           b->model, b->type,
                           t->process.closed ? "ended (see --folder for its "
                                               "log)"
                                             : "does not answer");
        if (change && t->changed)
            return VN_OK;
        if (!change && !end && t->steps.n > LEAST_STEPS
            && last - began >= span)
            return VN_OK;
    }
}

static void
device_list(const struct bench *b, int n, char *text)
{
    size_t used = 0;

    text[0] = '\0';
    for (int i = 0; i < n && used < VN_DEVICE_LIST_SIZE - 80; i++)
        used += (size_t) snprintf(text + used, VN_DEVICE_LIST_SIZE - used,
                                  "%s%s:cpu=%d", i > 0 ? "," : "", b->type, i);
}

static enum vn_status
resize(struct talk *t, struct bench *b, int n, bool grow, struct vn_error *err)
{
    char line[VN_DEVICE_LIST_SIZE + 16] = "resize ";
    enum vn_status status;

    device_list(b, n, line + strlen(line));
    t->asked = vn_clock();
    vn_process_send(&t->process, line);
    status = hear(t, b, 0, true, false, VN_COST_START, err);
    if (status == VN_OK)
        add(&b->costs[grow ? VN_COST_GROW : VN_COST_SHRINK],
            grow ? t->ended - t->asked : t->change_s);
    return status;
}

static enum vn_status
begin(const struct vn_lab *lab, struct talk *t, struct bench *b,
      const struct vn_job *job, bool again, struct vn_error *err)
{
    char devices[VN_DEVICE_LIST_SIZE];
    enum vn_status status;

    *t = (struct talk){.asked = vn_clock()};
    device_list(b, 1, devices);
    status = vn_process_start(&lab->setup, job, b->model, devices, again,
                              &t->process, err);
    vn_process_send(&t->process, "report 1");
    return status;
}

static enum vn_status
end(struct talk *t, struct bench *b, struct vn_error *err)
{
    enum vn_status status;

    vn_process_send(&t->process, "stop");
    status = hear(t, b, 0, false, true, VN_COST_START, err);
    if (status == VN_OK && vn_process_end(&t->process) == 0 && t->stopped)
        add(&b->costs[VN_COST_RELEASE], vn_clock() - t->ended);
    return status;
}

/* Mean seconds of a step of a single virtual node on one device. */
static enum vn_status
measure_single(const struct vn_lab *lab, double span, struct bench *b,
               const struct vn_job *job, double *step_s, struct vn_error *err)
{
    struct talk t;
    enum vn_status status = begin(lab, &t, b, job, false, err);

    if (status == VN_OK)
        status = hear(&t, b, span, false, false, VN_COST_START, err);
    *step_s = mean(&t.steps);
    if (status == VN_OK)
        status = end(&t, b, err);
    vn_process_kill(&t.process);
    return status;
}

/* Of many: on 1, 2, ... devices, and 1 again; whole[n] on n. */
static enum vn_status
measure_many(const struct vn_lab *lab, double span, struct bench *b,
             const struct vn_job *job, double *whole, struct vn_error *err)
{
    struct talk t;
    enum vn_status status = begin(lab, &t, b, job, false, err);

    for (int n = 1; n <= b->devices && status == VN_OK; n++) {
        if (n > 1)
            status = resize(&t, b, n, true, err);
        if (status == VN_OK)
            status = hear(&t, b, span, false, false, VN_COST_START, err);
        whole[n] = mean(&t.steps);
    }
    for (int n = b->devices - 1; n >= 1 && status == VN_OK; n--)
        status = resize(&t, b, n, false, err);
    if (status == VN_OK)
        status = end(&t, b, err);
    vn_process_kill(&t.process);
    if (status == VN_OK)
        status = begin(lab, &t, b, job, true, err);
    if (status == VN_OK)
        status = hear(&t, b, 0, false, false, VN_COST_RESTART, err);
    if (status == VN_OK)
        status = end(&t, b, err);
    vn_process_kill(&t.process);
    return status;
}

/* A number of virtual nodes of b examples that no job of the trace has. */
static int
free_vnodes(const struct vn_lab *lab, const char *model, int64_t batch,
            int devices)
{
    int v = 2 * devices > 6 ? 2 * devices : 6;

    for (size_t i = 0; i < lab->workload.njobs; i++) {
        const struct vn_job *j = &lab->workload.jobs[i];

        if (strcmp(lab->workload.names->models.text[j->model], model) == 0
            && j->vnodes == v && j->global_batch == v * batch) {
            v += devices;
            i = (size_t) -1;
        }
    }
    return v;
}

static enum vn_status
measure_batch(const struct vn_lab *lab, const struct vn_calibration *c,
              struct bench *b, int which, struct vn_error *err)
{
    int64_t batch = b->batch[which];
    int v = free_vnodes(lab, b->model, batch, b->devices);
    struct vn_job one = {.id = FIRST_ID,
                         .global_batch = batch,
                         .vnodes = 1,
                         .steps = INT64_C(1) << 30};
    struct vn_job many = one;
    double *whole = vn_xcalloc((size_t) b->devices + 1, sizeof *whole);
    double single = 0, node = 0;
    enum vn_status status = VN_OK;

    many.id++;
    many.vnodes = v;
    many.global_batch = v * batch;
    for (int r = 0; r < c->repeats && status == VN_OK; r++) {
        status = measure_single(lab, c->span_s, b, &one, &single, err);
        if (status == VN_OK)
            status = measure_many(lab, c->span_s, b, &many, whole, err);
        if (status != VN_OK)
            break;
        node = fmax((whole[1] - single) / (v - 1), whole[1] / v / 2);
        b->node_s[which] += node / c->repeats;
        add(&b->update, fmax(whole[1] - v * node, 0));
        for (int n = 2; n <= b->devices; n++)
            add(&b->sync[n], fmax(whole[n] - (v + n - 1) / n * node
                                      - fmax(whole[1] - v * node, 0),
                                  0));
    }
    free(whole);
    return status;
}

static int
by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The sizes of virtual nodes that the trace has of a model, in order. */
static void
find_batches(const struct vn_lab *lab, int model, struct bench *b)
{
    for (size_t i = 0; i < lab->workload.njobs; i++) {
        const struct vn_job *j = &lab->workload.jobs[i];
        int64_t n = (j->global_batch + j->vnodes - 1) / j->vnodes;
        bool there = j->model != model;

        for (int k = 0; k < b->nbatches; k++)
            there = there || b->batch[k] == n;
        if (!there && b->nbatches < 64)
            b->batch[b->nbatches++] = n;
    }
    qsort(b->batch, (size_t) b->nbatches, sizeof *b->batch, by_value);
}

static void
write_bench(const struct bench *b, FILE *nodes, FILE *links)
{
    for (int i = 0; i < b->nbatches; i++)
        fprintf(nodes, "%s,%s,%" PRId64 ",%.9f,0,%.9f\n", b->model, b->type,
                b->batch[i], b->node_s[i], mean(&b->update));
    for (int n = 2; n <= b->devices; n++)
        fprintf(links, "%s,%s,%d,%.9f\n", b->model, b->type, n,
                mean(&b->sync[n]));
}

static void
write_costs(const char *model, const struct sum *costs, FILE *out)
{
    fprintf(out, "%s", model);
    for (int k = 0; k < VN_COST_KINDS; k++)
        if (costs[k].n > 1)
            fprintf(out, ",normal:%.6f:%.6f", mean(&costs[k]),
                    deviation(&costs[k]));
        else
            fprintf(out, ",%.6f", mean(&costs[k]));
    fprintf(out, "\n");
}

static enum vn_status
calibrate_model(const struct vn_lab *lab, const struct vn_calibration *c,
                int model, FILE *nodes, FILE *links, FILE *costs_out,
                struct vn_progress *progress, struct vn_error *err)
{
    const struct vn_cluster *cluster = &lab->sweep.settings[0].cluster;
    struct sum costs[VN_COST_KINDS] = {{0, 0, 0}};
    enum vn_status status = VN_OK;

    for (int t = 0; t < cluster->ntypes && status == VN_OK; t++) {
        struct bench b = {.model = lab->workload.names->models.text[model],
                          .type = cluster->types[t].name,
                          .devices = cluster->types[t].devices,
                          .costs = costs};

        b.sync = vn_xcalloc((size_t) b.devices + 1, sizeof *b.sync);
        find_batches(lab, model, &b);
        for (int i = 0; i < b.nbatches && status == VN_OK; i++) {
            vn_progress_show(progress, model,
                             lab->workload.names->models.count, b.model);
            status = measure_batch(lab, c, &b, i, err);
        }
        if (status == VN_OK)
            write_bench(&b, nodes, links);
        free(b.sync);
    }
    if (status == VN_OK)
        write_costs(lab->workload.names->models.text[model], costs, costs_out);
    return status;
}

static void
clear(const struct vn_lab *lab)
{
    static const char *const kinds[] = {"checkpoint", "log"};
    char path[4200];

    for (int i = 0; i < 4; i++) {
        vn_executor_file(&lab->setup, FIRST_ID + i / 2, kinds[i % 2], path,
                         sizeof path);
        unlink(path);
    }
}

enum vn_status
vn_calibrate(const struct vn_lab *lab, const struct vn_calibration *c,
             struct vn_error *err)
{
    const char *paths[] = {c->profile, c->links, c->costs};
    static const char *const headers[] = {
        "model,device_type,batch,step_s,peak_bytes,update_s",
        "model,device_type,devices,sync_s",
        "model,start_s,grow_s,shrink_s,release_s,restart_s"};
    struct vn_progress progress = vn_progress_begin("calibrating", false);
    struct vn_file files[3] = {{0}, {0}, {0}};
    enum vn_status status = VN_OK;

    for (int i = 0; i < 3 && status == VN_OK; i++) {
        status = vn_file_create(&files[i], paths[i], err);
        if (status == VN_OK)
            fprintf(files[i].stream, "%s\n", headers[i]);
    }
    for (int m = 0; m < lab->workload.names->models.count && status == VN_OK;
         m++)
        status = calibrate_model(lab, c, m, files[0].stream, files[1].stream,
                                 files[2].stream, &progress, err);
    vn_progress_end(&progress);
    for (int i = 0; i < 3; i++) {
        if (status == VN_OK)
            status = vn_file_commit(&files[i], err);
        vn_file_discard(&files[i]);
    }
    if (lab->made[0] != '\0')
        clear(lab);
    return status;
}
