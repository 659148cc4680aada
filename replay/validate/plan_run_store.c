#include "config.h"

#include "replay/validate/plan_run_store.h"

#include "base/rng.h"
#include "base/store/origin.h"
#include "base/store/store.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
vn_plan_run_record_init(struct vn_plan_run_record *r,
                        const struct vn_plan_run *c)
{
    *r = (struct vn_plan_run_record){
        .from_us = vn_xcalloc((size_t) c->nsegments, sizeof *r->from_us)};
}

void
vn_plan_run_record_free(struct vn_plan_run_record *r)
{
    free(r->steps);
    free(r->from_us);
}

struct vn_store_step *
vn_plan_run_record_add(struct vn_plan_run_record *r,
                       const struct vn_plan_run *c, int segment)
{
    const struct vn_plan_run_segment *s = &c->segments[segment];
    struct vn_store_step *row;

    if (r->nsteps == r->room) {
        r->room = r->room > 0 ? 2 * r->room : 256;
        r->steps = vn_xrealloc(r->steps, r->room, sizeof *r->steps);
    }
    row = &r->steps[r->nsteps++];
    vn_store_blank(VN_STORE_STEP, row);
    row->job_id = c->job;
    row->devices = s->price.devices;
    row->vnodes = vn_mapping_vnodes(s->mapping);
    row->examples = vn_mapping_batch(s->mapping);
    return row;
}

/* Steps one after another; rounded at their ends, so that means are exact. */
static void
record_said(struct vn_plan_run_record *r, const struct vn_plan_run *c)
{
    double at = c->start_s;

    for (int i = 0; i < c->nsegments; i++) {
        const struct vn_plan_run_segment *s = &c->segments[i];

        r->from_us[i] = i > 0 ? llrint(at * 1e6) : 0;
        at += s->change_s;
        for (int64_t k = 0; k < s->steps; k++) {
            struct vn_store_step *to = vn_plan_run_record_add(r, c, i);
            double end = at + s->price.step_s * (double) (k + 1);

            to->step = s->mapping->from_step + k;
            to->start_us = llrint((at + s->price.step_s * (double) k) * 1e6);
            to->step_us = llrint(end * 1e6) - to->start_us;
            to->sync_us = llrint(s->price.sync_s * 1e6);
            if (i > 0 && k == 0)
                to->resize_us = llrint(s->change_s * 1e6);
        }
        at += s->price.step_s * (double) s->steps;
    }
    r->end_us = llrint(at * 1e6);
}

/* Of the model, and of what the job's mappings say. */
static uint64_t
hash_course(const struct vn_plan_run *c)
{
    uint64_t hash = vn_hash(0, c->model, strlen(c->model) + 1);

    hash = vn_hash(hash, &c->steps, sizeof c->steps);
    for (int i = 0; i < c->nsegments; i++) {
        const struct vn_mapping *m = c->segments[i].mapping;

        hash = vn_hash(hash, &m->from_step, sizeof m->from_step);
        for (int k = 0; k < m->nshares; k++) {
            const struct vn_share *s = &m->shares[k];
            const char *type = c->plan.types[s->type];
            const int64_t all[] = {s->device, s->vnode_first, s->vnode_count,
                                   s->batch};

            hash = vn_hash(hash, type, strlen(type) + 1);
            hash = vn_hash(hash, all, sizeof all);
        }
    }
    return hash;
}

/* A run's own row, and the texts in it that are ours. */
struct description {
    struct vn_store_run run;
    char name[VN_STORE_NAME_SIZE], hash[17], options[640];
    struct vn_origin origin;
};

/* How the model is trained, if not by its name alone, or NULL. */
static const char *
words_of(const struct vn_plan_run *c)
{
    const struct vn_model_words *models = &c->setup->setup.models;
    size_t n = strlen(c->model);

    for (int i = models->n; i-- > 0;)
        if (strncmp(models->words[i], c->model, n) == 0
            && models->words[i][n] == '=')
            return models->words[i] + n + 1;
    return NULL;
}

/* seed -1: what is said. */
static void
describe(const struct vn_plan_run *c, int64_t seed, struct description *d)
{
    const struct vn_sweep *sweep = &c->setup->sweep;
    const char *words = words_of(c), *slash = strrchr(c->path, '/');
    struct vn_store_run *run = &d->run;

    *d = (struct description){.hash = ""};
    vn_store_blank(VN_STORE_RUN, run);
    snprintf(d->hash, sizeof d->hash, "%016" PRIx64, hash_course(c));
    snprintf(d->options, sizeof d->options,
             "model=%s job=%" PRId64 " steps=%" PRId64 "%s%s", c->model,
             c->job, c->steps, words != NULL ? " " : "",
             words != NULL ? words : "");
    run->kind = seed < 0 ? "simulated" : "measured";
    run->state = "done";
    /* A plan that was made for the moment is not named by where it lay. */
    run->trace =
        c->setup->made[0] != '\0' && slash != NULL
                && strncmp(c->path, c->setup->made, strlen(c->setup->made))
                       == 0
            ? slash + 1
            : c->path;
    run->trace_hash = d->hash;
    run->options = d->options;
    run->seed = seed;
    if (sweep->nsettings > 0) {
        run->cluster = sweep->settings[0].what;
        run->cluster_hash = sweep->settings[0].hash;
    }
    vn_assumptions_describe(&sweep->assumptions, run);
    vn_origin_take(&d->origin, run);
    for (int i = 0; i < c->nsegments; i++)
        if (c->segments[i].price.devices > run->devices)
            run->devices = c->segments[i].price.devices;
    run->jobs = run->finished = 1;
    run->resizes = c->nsegments - 1;
    vn_store_run_name(run, d->name);
}

/* How a segment began, by the number of its devices. */
static const char *
kind_of(const struct vn_plan_run *c, int segment)
{
    int now = c->segments[segment].price.devices;
    int before = segment > 0 ? c->segments[segment - 1].price.devices : 0;

    return segment == 0   ? "start"
           : now > before ? "grow"
           : now < before ? "shrink"
                          : "move";
}

static enum vn_status
add_allocations(const struct vn_plan_run *c,
                const struct vn_plan_run_record *r, struct vn_store *store,
                struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (int i = 0; i < c->nsegments; i++)
        for (int t = 0; t < c->plan.ntypes && status == VN_OK; t++) {
            struct vn_store_allocation row = {
                .job_id = c->job,
                .from_us = r->from_us[i],
                .device_type = c->plan.types[t],
                .kind = kind_of(c, i),
                .to_us = i + 1 < c->nsegments ? r->from_us[i + 1] : r->end_us,
                .devices = vn_mapping_devices(c->segments[i].mapping, t)};

            if (row.devices > 0)
                status = vn_store_allocation(store, &row, err);
        }
    return status;
}

static enum vn_status
write_run(const struct vn_plan_run *c, struct description *d,
          const struct vn_plan_run_record *r, struct vn_store *store,
          struct vn_error *err)
{
    enum vn_status status = vn_store_begin(store, d->name, err);

    if (status == VN_OK)
        status = add_allocations(c, r, store, err);
    for (size_t i = 0; i < r->nsteps && status == VN_OK; i++)
        status = vn_store_step(store, &r->steps[i], err);
    d->run.makespan_us = r->end_us;
    if (status == VN_OK)
        status = vn_store_commit(store, &d->run, err);
    return status;
}

static enum vn_status
keep_said(const struct vn_plan_run *c, struct vn_store *store,
          struct vn_error *err)
{
    struct vn_plan_run_record r;
    struct description d;
    bool there = false;
    enum vn_status status;

    describe(c, -1, &d);
    status = vn_store_has(store, d.name, &there, err);
    if (status == VN_OK && !there) {
        vn_plan_run_record_init(&r, c);
        record_said(&r, c);
        status = write_run(c, &d, &r, store, err);
        vn_plan_run_record_free(&r);
    }
    vn_origin_free(&d.origin);
    return status;
}

enum vn_status
vn_plan_run_expect(const struct vn_plan_run *c, struct vn_error *err)
{
    const char *path = c->setup->sweep.results;
    struct vn_store *store = NULL;
    struct description d;
    bool there = false;
    enum vn_status status;

    if (path == NULL)
        return VN_OK;
    describe(c, c->setup->seed + c->repeats, &d);
    status = vn_store_open(path, VN_STORE_WRITE, &store, err);
    if (status == VN_OK)
        status = vn_store_has(store, d.name, &there, err);
    if (status == VN_OK && there)
        status = vn_fail(err, VN_EUSAGE,
                         "%s holds this execution already, expected another "
                         "--seed, or another file",
                         path);
    if (status == VN_OK)
        status = keep_said(c, store, err);
    vn_store_close(store);
    vn_origin_free(&d.origin);
    return status;
}

enum vn_status
vn_plan_run_keep(const struct vn_plan_run *c,
                 const struct vn_plan_run_record *r, struct vn_error *err)
{
    const char *path = c->setup->sweep.results;
    struct vn_store *store = NULL;
    struct description d;
    enum vn_status status;

    if (path == NULL)
        return VN_OK;
    describe(c, c->setup->seed + c->repeats, &d);
    d.run.wall_us = r->end_us;
    if (r->nsteps > 0 && c->digest[0] != '\0')
        r->steps[r->nsteps - 1].digest = c->digest;
    status = vn_store_open(path, VN_STORE_WRITE, &store, err);
    if (status == VN_OK)
        status = write_run(c, &d, r, store, err);
    vn_store_close(store);
    vn_origin_free(&d.origin);
    return status;
}
