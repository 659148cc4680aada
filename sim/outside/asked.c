#include "config.h"

#include "sim/outside/asked.h"

#include "base/names.h"
#include "sim/engine/ledger.h"

#include <math.h>
#include <string.h>

/* A question, read: what of it its row does not name is 0. */
struct question {
    int slot;
    int type;
    int n;
    int devices[VN_TYPES_MAX];
};

/* What stands behind the name and the slot. */
enum form {
    OF_JOB,     /* nothing */
    OF_TYPE,    /* a type */
    OF_NUMBER,  /* a type and a number of devices */
    OF_DEVICES, /* [devices of each type] */
};

static const char *const forms[] = {
    [OF_JOB] = "slot",
    [OF_TYPE] = "slot, type",
    [OF_NUMBER] = "slot, type, devices",
    [OF_DEVICES] = "slot, [devices of each type]",
};

/* What is not there is null. */
static json_t *
real(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *
whole(int64_t x)
{
    return json_integer((json_int_t) x);
}

static json_t *
whole_or_null(int64_t x, bool there)
{
    return there ? whole(x) : json_null();
}

static json_t *
ask_job(const struct vn_view *v, const struct question *q)
{
    return vn_asked_job(v, q->slot);
}

static json_t *
ask_held(const struct vn_view *v, const struct question *q)
{
    json_t *held = json_array();

    for (int t = 0; t < vn_view_types(v); t++)
        json_array_append_new(held, whole(vn_view_held(v, q->slot, t)));
    return held;
}

static json_t *
ask_steps(const struct vn_view *v, const struct question *q)
{
    return whole(vn_view_steps(v, q->slot));
}

static json_t *
ask_remaining(const struct vn_view *v, const struct question *q)
{
    return whole(vn_view_remaining(v, q->slot));
}

static json_t *
ask_executed(const struct vn_view *v, const struct question *q)
{
    return whole(vn_view_executed(v, q->slot));
}

static json_t *
ask_attained(const struct vn_view *v, const struct question *q)
{
    return whole(vn_view_attained(v, q->slot));
}

static json_t *
ask_runs(const struct vn_view *v, const struct question *q)
{
    return json_boolean(vn_view_runs(v, q->slot, q->type));
}

static json_t *
ask_size(const struct vn_view *v, const struct question *q)
{
    return whole(vn_view_size(v, q->slot, q->type, q->n));
}

static json_t *
ask_step_ns(const struct vn_view *v, const struct question *q)
{
    int64_t ns = vn_view_step_ns(v, q->slot, q->type, q->n);

    return whole_or_null(ns, ns < INT64_MAX);
}

static json_t *
ask_step_s(const struct vn_view *v, const struct question *q)
{
    return real(vn_view_step_s(v, q->slot, q->devices));
}

static json_t *
ask_mix_s(const struct vn_view *v, const struct question *q)
{
    return real(vn_view_mix_s(v, q->slot, q->devices));
}

static json_t *
ask_goodput(const struct vn_view *v, const struct question *q)
{
    return real(vn_view_goodput(v, q->slot, q->devices));
}

/* Each is the function vn_view_NAME() of virtualflow/policy.h. */
static const struct row {
    const char *name;
    enum form form;
    json_t *(*answer)(const struct vn_view *view, const struct question *q);
} rows[] = {
    {"job", OF_JOB, ask_job},
    {"held", OF_JOB, ask_held},
    {"steps", OF_JOB, ask_steps},
    {"remaining", OF_JOB, ask_remaining},
    {"executed", OF_JOB, ask_executed},
    {"attained", OF_JOB, ask_attained},
    {"runs", OF_TYPE, ask_runs},
    {"size", OF_NUMBER, ask_size},
    {"step_ns", OF_NUMBER, ask_step_ns},
    {"step_s", OF_DEVICES, ask_step_s},
    {"mix_s", OF_DEVICES, ask_mix_s},
    {"goodput", OF_DEVICES, ask_goodput},
};

enum {
    NROWS = sizeof rows / sizeof rows[0]
};

json_t *
vn_asked_job(const struct vn_view *view, int slot)
{
    const struct vn_job *job = vn_view_job(view, slot);
    const char *model = vn_view_model_name(view, slot);
    bool modelled = vn_job_is_modelled(job);
    int only = vn_view_type(view, slot);
    json_t *types = json_array();

    for (int t = 0; t < vn_view_types(view); t++)
        if (vn_view_runs(view, slot, t))
            json_array_append_new(types, json_integer(t));
    return json_pack(
        "{s:i,s:I,s:I,s:I,s:o,s:i,s:i,s:i,s:o,s:o,s:s?,s:o,s:o,s:o,s:f,s:f,"
        "s:o,s:o,s:o,s:o,s:o}",
        "slot", slot, "id", (json_int_t) job->id, "order",
        (json_int_t) vn_view_order(view, slot), "submit",
        (json_int_t) job->submit, "duration",
        whole_or_null(job->duration, !modelled), "devices", job->devices,
        "min_devices", job->min_devices, "max_devices", job->max_devices,
        "type", whole_or_null(only, only >= 0), "types", types, "model", model,
        "vnodes", whole_or_null(job->vnodes, modelled), "global_batch",
        whole_or_null(job->global_batch, modelled), "steps",
        whole_or_null(job->steps, modelled), "weight", job->weight, "priority",
        job->priority, "deadline",
        whole_or_null(job->deadline, job->deadline >= 0), "predicted",
        whole_or_null(job->predicted, job->predicted > 0), "user",
        whole_or_null(job->user, job->user >= 0), "vc",
        whole_or_null(job->vc, job->vc >= 0), "name",
        whole_or_null(job->name, job->name >= 0));
}

/* A whole number from 0 to most, as *to. */
static bool
read_number(const json_t *number, int most, int *to)
{
    json_int_t n = json_is_integer(number) ? json_integer_value(number) : -1;

    *to = n >= 0 && n <= most ? (int) n : 0;
    return n >= 0 && n <= most;
}

static bool
read_devices(const struct vn_view *view, const json_t *list, int *devices)
{
    size_t n = (size_t) vn_view_types(view);

    if (!json_is_array(list) || json_array_size(list) != n)
        return false;
    for (size_t t = 0; t < n; t++)
        if (!read_number(json_array_get(list, t), VN_DEVICES_MAX, &devices[t]))
            return false;
    return true;
}

static bool
read_rest(const struct vn_view *view, const struct row *row, const json_t *one,
          struct question *q)
{
    static const size_t length[] = {
        [OF_JOB] = 2, [OF_TYPE] = 3, [OF_NUMBER] = 4, [OF_DEVICES] = 3};
    const json_t *third = json_array_get(one, 2);

    if (json_array_size(one) != length[row->form])
        return false;
    switch (row->form) {
    case OF_JOB:
        return true;
    case OF_NUMBER:
        if (!read_number(json_array_get(one, 3), VN_DEVICES_MAX, &q->n))
            return false;
        /* fallthrough */
    case OF_TYPE:
        return read_number(third, vn_view_types(view) - 1, &q->type);
    case OF_DEVICES:
        return read_devices(view, third, q->devices);
    }
    return false;
}

static json_t *
ask(const struct vn_view *view, const json_t *one, char why[VN_ASKED_WHY])
{
    const char *name = json_string_value(json_array_get(one, 0)), *near;
    const char *names[NROWS];
    struct question q = {0};
    int row;

    if (name == NULL) {
        snprintf(why, VN_ASKED_WHY, "expected [name, slot, ...] in \"ask\"");
        return NULL;
    }
    for (row = 0; row < NROWS && strcmp(rows[row].name, name) != 0; row++)
        names[row] = rows[row].name;
    if (row == NROWS) {
        near = vn_names_nearest(name, names, NROWS);
        snprintf(why, VN_ASKED_WHY, "asks for \"%.40s\", %s \"%s\"%s", name,
                 near != NULL ? "did you mean" : "expected one of vnsim(1):",
                 near != NULL ? near : "remaining ...",
                 near != NULL ? "?" : "");
        return NULL;
    }
    if (!read_number(json_array_get(one, 1), INT32_MAX, &q.slot)
        || !read_rest(view, &rows[row], one, &q)) {
        snprintf(why, VN_ASKED_WHY, "expected [\"%s\", %s] in \"ask\"", name,
                 forms[rows[row].form]);
        return NULL;
    }
    if (q.slot >= view->ledger.nentries
        || !view->ledger.entries[q.slot].present) {
        snprintf(why, VN_ASKED_WHY,
                 "asks for \"%s\" of slot %d, expected one of a job that "
                 "arrived and has not left",
                 name, q.slot);
        return NULL;
    }
    return rows[row].answer(view, &q);
}

json_t *
vn_asked(const struct vn_view *view, const json_t *questions,
         char why[VN_ASKED_WHY])
{
    json_t *told = json_array(), *one, *answer;
    size_t i;

    if (!json_is_array(questions)) {
        snprintf(why, VN_ASKED_WHY,
                 "expected [[name, slot, ...], ...] as \"ask\"");
        json_decref(told);
        return NULL;
    }
    json_array_foreach((json_t *) (uintptr_t) questions, i, one)
    {
        answer = ask(view, one, why);
        if (answer == NULL) {
            json_decref(told);
            return NULL;
        }
        json_array_append_new(told, answer);
    }
    return told;
}
