#include "config.h"

#include "vnode_exec/train/stage.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* Numbers between commas, as many as devices; false where they are not. */
static bool
read_counts(const char *text, int devices, int vnodes, int counts[])
{
    int64_t sum = 0;

    for (int n = 0; n < devices; n++) {
        char *end;
        long count = strtol(text, &end, 10);

        if (end == text || count < 0 || count > vnodes
            || *end != (n + 1 < devices ? ',' : '\0'))
            return false;
        counts[n] = (int) count;
        sum += count;
        text = end + 1;
    }
    return sum == vnodes;
}

static enum vn_status
count_nodes(const char *mapping, int devices, int vnodes, int counts[],
            struct vn_error *err)
{
    if (mapping != NULL && !read_counts(mapping, devices, vnodes, counts))
        return vn_fail(err, VN_EUSAGE,
                       "--mapping: '%s' is wrong, expected %d numbers of "
                       "nodes whose sum is %d",
                       mapping, devices, vnodes);
    if (mapping != NULL)
        return VN_OK;
    if (devices > vnodes)
        return vn_fail(err, VN_EUSAGE,
                       "%d virtual nodes cannot keep %d devices busy", vnodes,
                       devices);
    for (int i = 0; i < devices; i++)
        counts[i] = vnodes / devices + (i < vnodes % devices);
    return VN_OK;
}

bool
vn_stage_sized(const char *mapping)
{
    return mapping != NULL && strchr(mapping, 'x') != NULL;
}

/* "2x24" or "0" of a device; where it ends, NULL where it is neither. */
static const char *
read_load(const char *text, int64_t batch, int64_t *nodes, int64_t *examples)
{
    char *end;

    *nodes = strtoll(text, &end, 10);
    *examples = 0;
    if (end == text || *nodes < 0 || *nodes > batch)
        return NULL;
    if (*nodes == 0)
        return end;
    if (*end != 'x')
        return NULL;
    text = end + 1;
    *examples = strtoll(text, &end, 10);
    return end == text || *examples < 1 || *examples > batch / *nodes ? NULL
                                                                      : end;
}

/* Nodes of the sizes that a mapping says. */
static enum vn_status
map_sized(const struct vn_train *train, int devices, const char *mapping,
          struct vn_stage *stage, struct vn_error *err)
{
    int64_t nodes, examples, sum = 0;
    const char *text = mapping;
    size_t room = (size_t) train->batch;

    stage->first = vn_xcalloc(room + 1, sizeof *stage->first);
    stage->owner = vn_xcalloc(room, sizeof *stage->owner);
    for (int d = 0; d < devices && text != NULL; d++) {
        text = read_load(text, train->batch - sum, &nodes, &examples);
        for (int64_t i = 0; text != NULL && i < nodes; i++) {
            stage->owner[stage->vnodes++] = d;
            stage->first[stage->vnodes] = sum += examples;
        }
        if (text != NULL && *text++ != (d + 1 < devices ? ',' : '\0'))
            text = NULL;
    }
    if (text != NULL && sum == train->batch)
        return VN_OK;
    return vn_fail(err, VN_EUSAGE,
                   "--mapping: '%s' is wrong, expected for each of %d devices "
                   "0 or nodes x examples, as in 2x24, %lld examples in all",
                   mapping, devices, (long long) train->batch);
}

enum vn_status
vn_stage_map(const struct vn_train *train, const struct vn_specs *specs,
             int devices, const char *mapping, struct vn_stage *stage,
             struct vn_error *err)
{
    int counts[VN_SPEC_DEVICES], n = train->vnodes, at = 0;
    enum vn_status status;

    stage->specs = *specs;
    stage->devices = devices;
    if (vn_stage_sized(mapping))
        return map_sized(train, devices, mapping, stage, err);
    status = count_nodes(mapping, devices, n, counts, err);
    if (status != VN_OK)
        return status;
    stage->vnodes = n;
    stage->first = vn_xcalloc((size_t) n + 1, sizeof *stage->first);
    stage->owner = vn_xcalloc((size_t) n, sizeof *stage->owner);
    for (int i = 0; i < n; i++)
        stage->first[i + 1] =
            stage->first[i] + train->batch / n + (i < train->batch % n);
    for (int d = 0; d < devices; d++)
        for (int i = 0; i < counts[d]; i++)
            stage->owner[at++] = d;
    return VN_OK;
}

void
vn_stage_free(struct vn_stage *s)
{
    free(s->first);
    free(s->owner);
    s->first = NULL;
    s->owner = NULL;
}

void
vn_stage_copy(const struct vn_stage *from, struct vn_stage *to)
{
    size_t n = (size_t) from->vnodes;

    *to = *from;
    to->first = vn_xcalloc(n + 1, sizeof *to->first);
    to->owner = vn_xcalloc(n, sizeof *to->owner);
    memcpy(to->first, from->first, (n + 1) * sizeof *to->first);
    memcpy(to->owner, from->owner, n * sizeof *to->owner);
}

int64_t
vn_stage_largest(const struct vn_stage *s, int device)
{
    int64_t most = 0;

    for (int i = 0; i < s->vnodes; i++) {
        int64_t n = s->first[i + 1] - s->first[i];

        if ((device < 0 || s->owner[i] == device) && n > most)
            most = n;
    }
    return most;
}

bool
vn_stage_alike(const struct vn_stage *a, const struct vn_stage *b)
{
    return a->vnodes == b->vnodes
           && memcmp(a->first, b->first,
                     ((size_t) a->vnodes + 1) * sizeof *a->first)
                  == 0;
}

void
vn_stage_drop(struct vn_stage *s, const bool alive[], int devices)
{
    int64_t examples[VN_SPEC_DEVICES] = {0};

    for (int i = 0; i < s->vnodes; i++)
        examples[s->owner[i]] += s->first[i + 1] - s->first[i];
    for (int i = 0; i < s->vnodes; i++) {
        int best = -1;

        if (alive[s->owner[i]])
            continue;
        for (int d = 0; d < devices; d++)
            if (alive[d] && (best < 0 || examples[d] < examples[best]))
                best = d;
        s->owner[i] = best;
        examples[best] += s->first[i + 1] - s->first[i];
    }
}

struct vn_stage *
vn_stages_add(struct vn_stages *s)
{
    s->list = vn_xrealloc(s->list, (size_t) s->n + 1, sizeof *s->list);
    s->list[s->n] = (struct vn_stage){.from_step = 0};
    return &s->list[s->n++];
}

void
vn_stages_free(struct vn_stages *s)
{
    for (int i = 0; i < s->n; i++)
        vn_stage_free(&s->list[i]);
    free(s->list);
    *s = (struct vn_stages){0};
}
