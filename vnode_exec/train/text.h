/*
 * A job in words: lines of NAME=VALUE that say all that its result depends on.
 * Checkpoints carry it, and ranks of MPI compare theirs.
 */
#ifndef VNODE_EXEC_TRAIN_TEXT_H
#define VNODE_EXEC_TRAIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A line that two texts do not share, "" where one has none. */
struct vn_text_difference {
    char have[128], want[128];
};

/* The value of a name, "" where the text has none. */
void vn_text_value(const char *text, const char *name, char *value,
                   size_t size);

/*
 * The first difference of two texts; false where there is none.  The names of
 * data and model do not count where their hashes are the same.
 */
bool vn_text_differs(const char *have, const char *want,
                     struct vn_text_difference *difference);

#endif /* VNODE_EXEC_TRAIN_TEXT_H */
