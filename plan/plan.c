#include "config.h"

#include "plan/plan.h"

#include "base/file.h"
#include "base/rng.h"
#include "base/table.h"
#include "base/xalloc.h"
#include "plan/job.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
vn_plan_free(struct vn_plan *plan)
{
    for (int i = 0; i < plan->ntypes; i++)
        free(plan->types[i]);
    for (int i = 0; i < plan->nmappings; i++)
        free(plan->mappings[i].shares);
    free(plan->types);
    free(plan->mappings);
    *plan = (struct vn_plan){0};
}

int
vn_plan_type(struct vn_plan *plan, const char *name)
{
    for (int i = 0; i < plan->ntypes; i++)
        if (strcmp(plan->types[i], name) == 0)
            return i;
    plan->types = vn_xrealloc(plan->types, (size_t) plan->ntypes + 1,
                              sizeof *plan->types);
    plan->types[plan->ntypes] = vn_xcalloc(strlen(name) + 1, 1);
    strcpy(plan->types[plan->ntypes], name);
    return plan->ntypes++;
}

struct vn_mapping *
vn_plan_add(struct vn_plan *plan, int64_t job, int64_t from_step)
{
    if (plan->nmappings == plan->room) {
        plan->room = 2 * plan->room + 16;
        plan->mappings = vn_xrealloc(plan->mappings, (size_t) plan->room,
                                     sizeof *plan->mappings);
    }
    plan->mappings[plan->nmappings] =
        (struct vn_mapping){.job = job, .from_step = from_step};
    return &plan->mappings[plan->nmappings++];
}

void
vn_mapping_add(struct vn_mapping *m, struct vn_share share)
{
    int i;

    m->shares =
        vn_xrealloc(m->shares, (size_t) m->nshares + 1, sizeof *m->shares);
    for (i = m->nshares++;
         i > 0 && m->shares[i - 1].vnode_first > share.vnode_first; i--)
        m->shares[i] = m->shares[i - 1];
    m->shares[i] = share;
}

int64_t
vn_mapping_batch(const struct vn_mapping *m)
{
    int64_t sum = 0;

    for (int i = 0; i < m->nshares; i++)
        sum += m->shares[i].vnode_count * m->shares[i].batch;
    return sum;
}

int
vn_mapping_vnodes(const struct vn_mapping *m)
{
    int sum = 0;

    for (int i = 0; i < m->nshares; i++)
        sum += m->shares[i].vnode_count;
    return sum;
}

int
vn_mapping_devices(const struct vn_mapping *m, int type)
{
    int n = 0;

    for (int i = 0; i < m->nshares; i++) {
        bool seen = m->shares[i].type != type;

        for (int k = 0; k < i && !seen; k++)
            seen = m->shares[k].type == type
                   && m->shares[k].device == m->shares[i].device;
        n += !seen;
    }
    return n;
}

enum column {
    JOB,
    FROM,
    TYPE,
    DEVICE,
    FIRST,
    COUNT,
    BATCH,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [JOB] = {"job_id", true},        [FROM] = {"from_step", true},
    [TYPE] = {"device_type", true},  [DEVICE] = {"device", true},
    [FIRST] = {"vnode_first", true}, [COUNT] = {"vnode_count", true},
    [BATCH] = {"batch", true},
};

/* A mapping that was read, and the line of its first row. */
struct mark {
    long line;
};

struct reader {
    struct vn_plan *plan;
    struct mark *marks; /* of each mapping */
    const char *path;
    int last;   /* the mapping that the last row was of, or -1 */
    int *place; /* an open hash table of mappings + 1, by job and step */
    int places;
};

/* Where a mapping is in the table, or goes. */
static int
find(const struct reader *r, int64_t job, int64_t from)
{
    uint64_t hash = vn_mix64(vn_mix64((uint64_t) job) ^ (uint64_t) from);
    int i = (int) (hash & (uint64_t) (r->places - 1));

    while (r->place[i] > 0
           && (r->plan->mappings[r->place[i] - 1].job != job
               || r->plan->mappings[r->place[i] - 1].from_step != from))
        i = (i + 1) & (r->places - 1);
    return i;
}

static void
enlarge(struct reader *r)
{
    free(r->place);
    r->places = r->places > 0 ? 2 * r->places : 64;
    r->place = vn_xcalloc((size_t) r->places, sizeof *r->place);
    for (int i = 0; i < r->plan->nmappings; i++)
        r->place[find(r, r->plan->mappings[i].job,
                      r->plan->mappings[i].from_step)] = i + 1;
}

/* The mapping of a job from a step on; rows of one need not stand together. */
static int
mapping_of(struct reader *r, int64_t job, int64_t from, long line)
{
    struct vn_plan *plan = r->plan;
    int place;

    if (r->last >= 0 && plan->mappings[r->last].job == job
        && plan->mappings[r->last].from_step == from)
        return r->last;
    if (2 * plan->nmappings >= r->places)
        enlarge(r);
    place = find(r, job, from);
    if (r->place[place] > 0)
        return r->last = r->place[place] - 1;
    vn_plan_add(plan, job, from);
    r->place[place] = plan->nmappings;
    r->last = plan->nmappings - 1;
    r->marks =
        vn_xrealloc(r->marks, (size_t) plan->nmappings, sizeof *r->marks);
    r->marks[r->last] = (struct mark){line};
    return r->last;
}

static enum vn_status
read_row(struct reader *r, struct vn_table *t, struct vn_error *err)
{
    int64_t job, from, device, first, count;
    struct vn_mapping *m;
    struct vn_share share;
    int at;
    enum vn_status status;

    if ((status = vn_table_int(t, JOB, 0, INT64_MAX, &job, err))
        || (status = vn_table_int(t, FROM, 0, INT64_C(1) << 52, &from, err))
        || (status =
                vn_table_int(t, DEVICE, 0, VN_DEVICES_MAX - 1, &device, err))
        || (status = vn_table_int(t, FIRST, 0, VN_VNODES_MAX - 1, &first, err))
        || (status =
                vn_table_int(t, COUNT, 1, VN_VNODES_MAX - first, &count, err))
        || (status = vn_table_int(t, BATCH, 1, INT64_C(1) << 32, &share.batch,
                                  err)))
        return status;
    if (*vn_table_text(t, TYPE) == '\0')
        return vn_table_fail(t, TYPE, err, "no device type, expected a name");
    at = mapping_of(r, job, from, vn_table_line(t)); /* may move them all */
    m = &r->plan->mappings[at];
    share.type = vn_plan_type(r->plan, vn_table_text(t, TYPE));
    share.device = (int) device;
    share.vnode_first = (int) first;
    share.vnode_count = (int) count;
    vn_mapping_add(m, share);
    return VN_OK;
}

/* Is every virtual node of a mapping there once? */
static enum vn_status
check_nodes(const struct reader *r, int i, struct vn_error *err)
{
    const struct vn_mapping *m = &r->plan->mappings[i];
    int next = 0;

    for (int k = 0; k < m->nshares; k++) {
        if (m->shares[k].vnode_first != next)
            return vn_fail_at(
                err, r->path, r->marks[i].line, 0,
                "job %" PRId64 ", step %" PRId64 ": virtual node %d is there "
                "%s, expected each once",
                m->job, m->from_step,
                m->shares[k].vnode_first < next ? m->shares[k].vnode_first
                                                : next,
                m->shares[k].vnode_first < next ? "twice" : "not at all");
        next += m->shares[k].vnode_count;
    }
    return VN_OK;
}

static int
compare(const void *a, const void *b)
{
    const struct vn_mapping *x = a, *y = b;

    if (x->job != y->job)
        return x->job < y->job ? -1 : 1;
    return x->from_step < y->from_step ? -1 : x->from_step > y->from_step;
}

void
vn_plan_sort(struct vn_plan *plan)
{
    if (plan->nmappings > 0)
        qsort(plan->mappings, (size_t) plan->nmappings, sizeof *plan->mappings,
              compare);
}

/* Of the mappings of each job: the first is from step 0, the batch lasts. */
static enum vn_status
check_jobs(const struct reader *r, struct vn_error *err)
{
    const struct vn_mapping *m = r->plan->mappings;

    for (int i = 0; i < r->plan->nmappings; i++) {
        if (i == 0 || m[i - 1].job != m[i].job) {
            if (m[i].from_step > 0)
                return vn_fail(err, VN_EINVAL,
                               "%s: job %" PRId64 " begins at step %" PRId64
                               ", expected a mapping from step 0",
                               r->path, m[i].job, m[i].from_step);
            continue;
        }
        if (vn_mapping_batch(&m[i]) != vn_mapping_batch(&m[i - 1]))
            return vn_fail(err, VN_EINVAL,
                           "%s: job %" PRId64 ", step %" PRId64
                           ": a global batch of %" PRId64 ", expected %" PRId64
                           ", as before",
                           r->path, m[i].job, m[i].from_step,
                           vn_mapping_batch(&m[i]),
                           vn_mapping_batch(&m[i - 1]));
    }
    return VN_OK;
}

enum vn_status
vn_plan_read(const char *path, struct vn_plan *plan, struct vn_error *err)
{
    struct vn_table_form form = {.columns = columns, .ncolumns = NCOLUMNS};
    struct reader r = {.plan = plan, .path = path, .last = -1};
    struct vn_table *t = NULL;
    enum vn_status status;
    bool more = true;

    *plan = (struct vn_plan){0};
    status = vn_table_open(path, &form, &t, err);
    while (status == VN_OK && (status = vn_table_next(t, &more, err)) == VN_OK
           && more)
        status = read_row(&r, t, err);
    vn_table_close(t);
    if (status == VN_OK && plan->nmappings == 0)
        status =
            vn_fail(err, VN_EFORMAT,
                    "%s: no rows, expected a mapping of virtual nodes", path);
    for (int i = 0; i < plan->nmappings && status == VN_OK; i++)
        status = check_nodes(&r, i, err);
    free(r.marks);
    free(r.place);
    if (status == VN_OK) {
        vn_plan_sort(plan);
        status = check_jobs(&r, err);
    }
    if (status != VN_OK)
        vn_plan_free(plan);
    return status;
}

enum vn_status
vn_plan_write(const struct vn_plan *plan, const char *path,
              struct vn_error *err)
{
    struct vn_file file;
    enum vn_status status = vn_file_create(&file, path, err);

    if (status != VN_OK)
        return status;
    fputs("job_id,from_step,device_type,device,vnode_first,vnode_count,"
          "batch\n",
          file.stream);
    for (int i = 0; i < plan->nmappings; i++)
        for (int k = 0; k < plan->mappings[i].nshares; k++) {
            const struct vn_mapping *m = &plan->mappings[i];
            const struct vn_share *s = &m->shares[k];

            fprintf(file.stream, "%" PRId64 ",%" PRId64 ",", m->job,
                    m->from_step);
            vn_csv_cell(file.stream, plan->types[s->type]);
            fprintf(file.stream, ",%d,%d,%d,%" PRId64 "\n", s->device,
                    s->vnode_first, s->vnode_count, s->batch);
        }
    return vn_file_commit(&file, err);
}

/* The share that has a virtual node; -1: none. */
static int
holder(const struct vn_mapping *m, int vnode)
{
    for (int i = 0; i < m->nshares; i++)
        if (vnode >= m->shares[i].vnode_first
            && vnode < m->shares[i].vnode_first + m->shares[i].vnode_count)
            return i;
    return -1;
}

static bool
has_device(const struct vn_mapping *m, const struct vn_share *share)
{
    for (int i = 0; i < m->nshares; i++)
        if (m->shares[i].type == share->type
            && m->shares[i].device == share->device)
            return true;
    return false;
}

void
vn_mapping_diff(const struct vn_mapping *before,
                const struct vn_mapping *after, struct vn_move **moves,
                int *nmoves, int **newcomers, int *nnewcomers)
{
    int vnodes = vn_mapping_vnodes(after);

    *moves = NULL;
    *newcomers = NULL;
    *nmoves = *nnewcomers = 0;
    for (int v = 0; v < vnodes; v++) {
        int from = holder(before, v), to = holder(after, v);
        struct vn_move *last = *nmoves > 0 ? &(*moves)[*nmoves - 1] : NULL;

        if (from >= 0 && before->shares[from].type == after->shares[to].type
            && before->shares[from].device == after->shares[to].device)
            continue;
        if (last != NULL && last->from == from && last->to == to
            && last->vnode_first + last->vnode_count == v) {
            last->vnode_count++;
            continue;
        }
        *moves = vn_xrealloc(*moves, (size_t) *nmoves + 1, sizeof **moves);
        (*moves)[(*nmoves)++] = (struct vn_move){v, 1, from, to};
    }
    for (int i = 0; i < after->nshares; i++)
        if (!has_device(before, &after->shares[i])) {
            *newcomers = vn_xrealloc(*newcomers, (size_t) *nnewcomers + 1,
                                     sizeof **newcomers);
            (*newcomers)[(*nnewcomers)++] = i;
        }
}
