/*
 * A set of names, each with a small number: 0, 1, 2, ... in order of first
 * appearance.  What a trace repeats on every row (models, users, virtual
 * clusters) is kept as such a number.
 */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

#include <stddef.h>

struct vn_names {
    char **text; /* text[number], owned */
    int count;
    int *slots; /* an open hash table of number + 1; 0 is free */
    int nslots;
};

/* Start from (struct vn_names) {0}; release what it holds. */
void vn_names_free(struct vn_names *names);

/* The number of a name, added if it is new. */
int vn_names_add(struct vn_names *names, const char *text);

/* The number of a name, or -1. */
int vn_names_find(const struct vn_names *names, const char *text);

/*
 * Of n names, the one nearest to text by edit distance, or NULL where none
 * is near enough (a third of its length, at least one) to have been meant.
 * Entries of names may be NULL; the result is borrowed from it.
 */
const char *vn_names_nearest(const char *text, const char *const *names,
                             size_t n);

/*
 * How much two texts have in common: twice the characters that match, over the
 * characters of both; matches are the longest common substring and, to its
 * left and right, those of what is left (Ratcliff and Obershelp, 1988).  The
 * same as the ratio of Python's difflib.SequenceMatcher for texts below 200
 * characters; of longer ones only so many are looked at.  0 to 1; of equal
 * lengths of matches the first in a, then in b, counts.
 */
enum {
    VN_LIKENESS_SIZE = 200
};
double vn_likeness(const char *a, const char *b);

#endif /* BASE_NAMES_H */
