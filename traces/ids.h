/*
 * Does an id stand in two rows?  Told at once, or at the end, in bounded
 * memory.
 *
 * Ids that count up along the lines of a file are one run, so most traces are
 * one or few.  The runs stand in a tree; where it has VN_IDS_RUNS of them they
 * are written in order to a temporary file, and a new tree begins.  At the end
 * those sequences are merged, which shows what stands in two of them.
 */
#ifndef TRACES_IDS_H
#define TRACES_IDS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    VN_IDS_RUNS = 1 << 16 /* in memory, about 6 MiB */
};

/* Ids first to last, on consecutive lines from `line` on. */
struct vn_ids_run {
    int64_t first;
    int64_t last;
    long line;
};

/* Start from zeros; to test the merging, set `most`. */
struct vn_ids {
    void *tree;              /* of runs, which do not overlap */
    struct vn_ids_run *hand; /* the last, which may grow */
    size_t count;            /* of runs in the tree */
    size_t most;             /* of them; 0 is VN_IDS_RUNS */
    int64_t highest;         /* id so far in the tree */
    FILE *spill;
    size_t *ends; /* of each sequence in it, in runs */
    size_t nspills;
    bool failed; /* the temporary file could not be written */
};

/* An id that stands on two lines. */
struct vn_ids_twice {
    int64_t id;
    long line;  /* the later; 0: no id does */
    long other; /* the earlier */
};

/* An id stands on a line, after those told before. */
void vn_ids_add(struct vn_ids *ids, int64_t id, long line,
                struct vn_ids_twice *twice);

/* Those that were not told at once; VN_EIO where the temporary file fails. */
enum vn_status vn_ids_end(struct vn_ids *ids, struct vn_ids_twice *twice,
                          struct vn_error *err);

void vn_ids_free(struct vn_ids *ids);

#endif /* TRACES_IDS_H */
