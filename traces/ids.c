#include "config.h"

#include "traces/ids.h"

#include "base/xalloc.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* Runs that overlap are equal, so that an id finds the run that holds it. */
static int
compare_runs(const void *a, const void *b)
{
    const struct vn_ids_run *x = a, *y = b;

    if (x->last < y->first)
        return -1;
    return x->first > y->last;
}

/* The line of an id in a run that holds it. */
static long
line_of(const struct vn_ids_run *run, int64_t id)
{
    return run->line + (long) (id - run->first);
}

static struct vn_ids_twice
twice_on(int64_t id, long a, long b)
{
    return (struct vn_ids_twice){
        .id = id, .line = a > b ? a : b, .other = a > b ? b : a};
}

static void
write_run(const void *node, VISIT visit, void *arg)
{
    struct vn_ids *ids = arg;

    if (visit != postorder && visit != leaf)
        return;
    if (ids->spill == NULL
        || fwrite(*(const struct vn_ids_run *const *) node,
                  sizeof(struct vn_ids_run), 1, ids->spill)
               != 1)
        ids->failed = true;
}

/* Write the tree's runs, in order, and begin a new one. */
static void
spill(struct vn_ids *ids)
{
    size_t before = ids->nspills > 0 ? ids->ends[ids->nspills - 1] : 0;

    if (ids->spill == NULL)
        ids->spill = tmpfile();
    twalk_r(ids->tree, write_run, ids);
    tdestroy(ids->tree, free);
    ids->ends = vn_xrealloc(ids->ends, ids->nspills + 1, sizeof *ids->ends);
    ids->ends[ids->nspills++] = before + ids->count;
    ids->tree = NULL;
    ids->hand = NULL;
    ids->count = 0;
}

void
vn_ids_add(struct vn_ids *ids, int64_t id, long line,
           struct vn_ids_twice *twice)
{
    struct vn_ids_run one = {.first = id, .last = id, .line = line}, *run;
    size_t most = ids->most > 0 ? ids->most : VN_IDS_RUNS;
    void *found = NULL;

    *twice = (struct vn_ids_twice){.line = 0};
    if (ids->count > 0 && id <= ids->highest)
        found = tfind(&one, &ids->tree, compare_runs);
    if (found != NULL) {
        *twice =
            twice_on(id, line, line_of(*(struct vn_ids_run **) found, id));
        return;
    }
    if (ids->count == 0 || id > ids->highest)
        ids->highest = id;
    if (ids->hand != NULL && id == ids->hand->last + 1
        && line == line_of(ids->hand, id)) {
        ids->hand->last = id;
        return;
    }
    if (ids->count == most) {
        spill(ids);
        ids->highest = id;
    }
    run = vn_xcalloc(1, sizeof *run);
    *run = one;
    tsearch(run, &ids->tree, compare_runs);
    ids->hand = run;
    ids->count++;
}

/* One of the sequences, on the way through it. */
struct sequence {
    struct vn_ids_run run; /* the next */
    size_t at;             /* of the run behind it */
    size_t end;
    struct vn_ids_run ahead[64]; /* read already */
    size_t nahead;
    size_t given;
};

/* Take the next run of a sequence; false at its end, or where it fails. */
static bool
advance(struct vn_ids *ids, struct sequence *s)
{
    if (s->given == s->nahead) {
        size_t most = sizeof s->ahead / sizeof *s->ahead;
        size_t n = s->end - s->at < most ? s->end - s->at : most;

        if (n == 0)
            return false;
        if (fseek(ids->spill, (long) (s->at * sizeof s->run), SEEK_SET) != 0
            || fread(s->ahead, sizeof s->run, n, ids->spill) != n) {
            ids->failed = true;
            return false;
        }
        s->at += n;
        s->nahead = n;
        s->given = 0;
    }
    s->run = s->ahead[s->given++];
    return true;
}

/* Let the first of a heap of n sequences sink to its place. */
static void
sink(struct sequence **heap, size_t n)
{
    struct sequence *s = heap[0];
    size_t i = 0;

    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n
            && heap[child + 1]->run.first < heap[child]->run.first)
            child++;
        if (heap[child]->run.first >= s->run.first)
            break;
        heap[i] = heap[child];
    }
    heap[i] = s;
}

/* Merge the sequences; of each id that two runs hold, *twice has the one
 * whose later line is the first. */
static void
merge(struct vn_ids *ids, struct sequence *all, struct vn_ids_twice *twice)
{
    struct sequence **heap = vn_xcalloc(ids->nspills, sizeof *heap);
    struct vn_ids_run widest = {.first = 0, .last = -1};
    size_t n = 0;

    for (size_t i = 0; i < ids->nspills; i++) {
        all[i].at = i > 0 ? ids->ends[i - 1] : 0;
        all[i].end = ids->ends[i];
        if (!advance(ids, &all[i]))
            continue;
        /* Up to its place. */
        size_t k = n++;

        for (; k > 0 && heap[(k - 1) / 2]->run.first > all[i].run.first;
             k = (k - 1) / 2)
            heap[k] = heap[(k - 1) / 2];
        heap[k] = &all[i];
    }
    while (n > 0) {
        const struct vn_ids_run run = heap[0]->run;

        if (run.first <= widest.last) {
            struct vn_ids_twice found =
                twice_on(run.first, line_of(&run, run.first),
                         line_of(&widest, run.first));

            if (twice->line == 0 || found.line < twice->line)
                *twice = found;
        }
        if (run.last > widest.last)
            widest = run;
        if (!advance(ids, heap[0]))
            heap[0] = heap[--n];
        if (n > 0)
            sink(heap, n);
    }
    free(heap);
}

enum vn_status
vn_ids_end(struct vn_ids *ids, struct vn_ids_twice *twice,
           struct vn_error *err)
{
    struct sequence *all;

    *twice = (struct vn_ids_twice){.line = 0};
    if (ids->nspills == 0)
        return VN_OK;
    spill(ids);
    if (ids->spill != NULL && fflush(ids->spill) == 0 && !ids->failed) {
        all = vn_xcalloc(ids->nspills, sizeof *all);
        merge(ids, all, twice);
        free(all);
    } else
        ids->failed = true;
    if (ids->failed)
        return vn_fail(err, VN_EIO, "temporary file: %s", strerror(errno));
    return VN_OK;
}

void
vn_ids_free(struct vn_ids *ids)
{
    tdestroy(ids->tree, free);
    if (ids->spill != NULL)
        fclose(ids->spill);
    free(ids->ends);
    *ids = (struct vn_ids){.tree = NULL};
}
