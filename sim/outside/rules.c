/*
 * The gates of the policy API.
 *
 * Registers come from a plug-in: handles must be those that it was given, and
 * a slot or a type must be there, or the call ends here.
 */
#include "config.h"

#include "sim/outside/rules.h"

#include <string.h>

static const struct vn_view *
view_of(const struct vn_api_state *s, uint64_t handle)
{
    if (handle != (uint64_t) (uintptr_t) s->view)
        ed_refuse(s->domain, handle);
    return s->view;
}

static int
slot_of(const struct vn_api_state *s, uint64_t value)
{
    int slot = (int) value;

    if (slot < 0 || slot >= s->view->ledger.nentries)
        ed_refuse(s->domain, (uint64_t) (uint32_t) slot);
    return slot;
}

static int
type_of(const struct vn_api_state *s, uint64_t value)
{
    int type = (int) value;

    if (type < 0 || type >= s->view->ledger.cluster->ntypes)
        ed_refuse(s->domain, (uint64_t) (uint32_t) type);
    return type;
}

/* Of the view alone, of it and a type, and of it and a slot. */
#define GATE_OF_VIEW(name)                                       \
    static uint64_t name##_gate(void *arg, const uint64_t *args) \
    {                                                            \
        return (uint64_t) name(view_of(arg, args[0]));           \
    }
#define GATE_OF_TYPE(name)                                                    \
    static uint64_t name##_gate(void *arg, const uint64_t *args)              \
    {                                                                         \
        return (uint64_t) name(view_of(arg, args[0]), type_of(arg, args[1])); \
    }
#define GATE_OF_SLOT(name)                                                    \
    static uint64_t name##_gate(void *arg, const uint64_t *args)              \
    {                                                                         \
        return (uint64_t) name(view_of(arg, args[0]), slot_of(arg, args[1])); \
    }

GATE_OF_VIEW(vn_view_now)
GATE_OF_VIEW(vn_view_types)
GATE_OF_TYPE(vn_view_devices)
GATE_OF_TYPE(vn_view_free)
GATE_OF_SLOT(vn_view_order)
GATE_OF_SLOT(vn_view_type)
GATE_OF_SLOT(vn_view_steps)
GATE_OF_SLOT(vn_view_held_all)
GATE_OF_SLOT(vn_view_remaining)
GATE_OF_SLOT(vn_view_executed)
GATE_OF_SLOT(vn_view_attained)

static uint64_t
vn_view_runs_gate(void *arg, const uint64_t *args)
{
    return vn_view_runs(view_of(arg, args[0]), slot_of(arg, args[1]),
                        type_of(arg, args[2]));
}

/* Devices by type, copied from the plug-in. */
static void
devices_of(const struct vn_api_state *s, uint64_t from, int *devices)
{
    const struct vn_cluster *c = s->view->ledger.cluster;

    ed_copy_in(s->domain, devices, (const void *) (uintptr_t) from,
               (size_t) c->ntypes * sizeof *devices);
    for (int t = 0; t < c->ntypes; t++)
        if (devices[t] < 0)
            ed_refuse(s->domain, (uint64_t) (uint32_t) devices[t]);
}

static uint64_t
bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint64_t
vn_view_step_s_gate(void *arg, const uint64_t *args)
{
    const struct vn_view *view = view_of(arg, args[0]);
    int slot = slot_of(arg, args[1]), devices[VN_TYPES_MAX];

    devices_of(arg, args[2], devices);
    return bits_of(vn_view_step_s(view, slot, devices));
}

static uint64_t
vn_view_mix_s_gate(void *arg, const uint64_t *args)
{
    const struct vn_view *view = view_of(arg, args[0]);
    int slot = slot_of(arg, args[1]), devices[VN_TYPES_MAX];

    devices_of(arg, args[2], devices);
    return bits_of(vn_view_mix_s(view, slot, devices));
}

static uint64_t
vn_view_goodput_gate(void *arg, const uint64_t *args)
{
    const struct vn_view *view = view_of(arg, args[0]);
    int slot = slot_of(arg, args[1]), devices[VN_TYPES_MAX];

    devices_of(arg, args[2], devices);
    return bits_of(vn_view_goodput(view, slot, devices));
}

static uint64_t
vn_view_step_ns_gate(void *arg, const uint64_t *args)
{
    return (uint64_t) vn_view_step_ns(view_of(arg, args[0]),
                                      slot_of(arg, args[1]),
                                      type_of(arg, args[2]), (int) args[3]);
}

static uint64_t
vn_view_size_gate(void *arg, const uint64_t *args)
{
    return (uint64_t) vn_view_size(view_of(arg, args[0]),
                                   slot_of(arg, args[1]),
                                   type_of(arg, args[2]), (int) args[3]);
}

static uint64_t
vn_view_held_gate(void *arg, const uint64_t *args)
{
    return (uint64_t) vn_view_held(
        view_of(arg, args[0]), slot_of(arg, args[1]), type_of(arg, args[2]));
}

/* Where the copy for a slot is to be, in the plug-in's own memory, which
 * counts against its limit; the table of pieces is there too, and checked in
 * use. */
static struct vn_job *
copy_of(struct vn_api_state *s, int slot)
{
    struct vn_job *volatile *piece = s->copies + slot / VN_COPIES_CHUNK;
    struct vn_job *jobs = *piece;

    if (jobs == NULL) {
        jobs = ed_alloc(ed_region(s->domain, VN_REGION_PLUGIN),
                        VN_COPIES_CHUNK, sizeof *jobs);
        if (jobs == NULL)
            ed_exhaust(s->domain);
        *piece = jobs;
    }
    return jobs + slot % VN_COPIES_CHUNK;
}

/* A copy, where the ledger is closed to the plug-in. */
static uint64_t
vn_view_job_gate(void *arg, const uint64_t *args)
{
    struct vn_api_state *s = arg;
    int slot = slot_of(s, args[1]);
    const struct vn_job *job = vn_view_job(view_of(s, args[0]), slot);
    struct vn_job *copy;

    if (s->copies == NULL)
        return (uint64_t) (uintptr_t) job;
    if (slot >= VN_COPIES_MAX)
        ed_refuse(s->domain, (uint64_t) slot);
    copy = copy_of(s, slot);
    ed_copy_out(s->domain, copy, job, sizeof *job);
    return (uint64_t) (uintptr_t) copy;
}

int
vn_draft_most(const struct vn_api_state *s)
{
    const struct vn_ledger *l = &s->view->ledger;
    int64_t most = 2 * (int64_t) l->nentries * l->cluster->ntypes;

    return most < VN_DRAFT_MAX ? (int) most : VN_DRAFT_MAX;
}

static struct vn_draft *
draft_of(const struct vn_api_state *s, uint64_t handle)
{
    if (handle != (uint64_t) (uintptr_t) s->draft)
        ed_refuse(s->domain, handle);
    return s->draft;
}

static uint64_t
vn_answer_set_gate(void *arg, const uint64_t *args)
{
    struct vn_draft *d = draft_of(arg, args[0]);
    int n = d->ngrants; /* under `process` it may be anything */

    if (n < 0 || n >= vn_draft_most(arg))
        ed_refuse(((struct vn_api_state *) arg)->domain, (uint64_t) n);
    d->grants[n] =
        (struct vn_grant){(int) args[1], (int) args[2], (int) args[3]};
    d->ngrants = n + 1;
    return 0;
}

static uint64_t
vn_answer_wake_gate(void *arg, const uint64_t *args)
{
    struct vn_draft *d = draft_of(arg, args[0]);
    vn_time time = (vn_time) args[1];

    if (!d->waking || time < d->wake)
        d->wake = time;
    d->waking = 1;
    return 0;
}

const struct ed_function vn_api[] = {VN_API(ED_FN)};
const int vn_api_count = sizeof vn_api / sizeof vn_api[0];
