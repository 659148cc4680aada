/*
 * Tables of what another program computes, read where they are at hand: under
 * VN_SHARED_DATA.  A test that cannot have them says aloud that it skips.
 */
#ifndef T_VECTORS_H
#define T_VECTORS_H

#include <stdbool.h>

struct vectors;

/*
 * The table at this path under VN_SHARED_DATA; columns are names with commas
 * between.  NULL, and a check skipped in the name of `says`, where it is not
 * there.
 */
struct vectors *vectors_open(const char *path, const char *columns,
                             const char *says);
void vectors_close(struct vectors *vectors);

/* The next row; false at the end, or at an error, which fails a check. */
bool vectors_next(struct vectors *vectors);
long vectors_line(const struct vectors *vectors);

/* Cell of a column, by its number in `columns`. */
const char *vectors_text(const struct vectors *vectors, int column);
double vectors_real(const struct vectors *vectors, int column);
int vectors_int(const struct vectors *vectors, int column);

#endif /* T_VECTORS_H */
