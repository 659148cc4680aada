#include "config.h"

#include "base/names.h"

#include "base/rng.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

void
vn_names_free(struct vn_names *names)
{
    for (int i = 0; i < names->count; i++)
        free(names->text[i]);
    free(names->text);
    free(names->slots);
    *names = (struct vn_names){0};
}

/* The slot that holds text, or the free one where it would go. */
static int
slot_of(const struct vn_names *names, const char *text)
{
    uint64_t hash = vn_hash(0, text, strlen(text));
    int mask = names->nslots - 1, i = (int) (hash & (uint64_t) mask);

    while (names->slots[i] != 0
           && strcmp(names->text[names->slots[i] - 1], text) != 0)
        i = (i + 1) & mask;
    return i;
}

static void
grow(struct vn_names *names)
{
    names->nslots = names->nslots > 0 ? 2 * names->nslots : 16;
    free(names->slots);
    names->slots = vn_xcalloc((size_t) names->nslots, sizeof *names->slots);
    names->text =
        vn_xrealloc(names->text, (size_t) names->nslots, sizeof *names->text);
    for (int i = 0; i < names->count; i++)
        names->slots[slot_of(names, names->text[i])] = i + 1;
}

int
vn_names_add(struct vn_names *names, const char *text)
{
    int slot;

    if (2 * names->count >= names->nslots)
        grow(names);
    slot = slot_of(names, text);
    if (names->slots[slot] == 0) {
        size_t size = strlen(text) + 1;

        names->text[names->count] = vn_xcalloc(size, 1);
        memcpy(names->text[names->count], text, size);
        names->slots[slot] = ++names->count;
    }
    return names->slots[slot] - 1;
}

int
vn_names_find(const struct vn_names *names, const char *text)
{
    return names->count > 0 ? names->slots[slot_of(names, text)] - 1 : -1;
}

enum {
    NEAREST_MAX = 63 /* longer texts are not guessed at */
};

/*
 * The optimal string alignment distance: insertions, deletions, changes, and
 * swaps of neighbours count one each.  Both texts at most NEAREST_MAX.
 */
static size_t
distance(const char *a, const char *b)
{
    size_t rows[3][NEAREST_MAX + 1], n = strlen(b), i = 0;

    for (size_t j = 0; j <= n; j++)
        rows[0][j] = j;
    for (; a[i] != '\0'; i++) {
        size_t *now = rows[(i + 1) % 3], *last = rows[i % 3];

        now[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t best = last[j] + (a[i] != b[j]);

            if (now[j] + 1 < best)
                best = now[j] + 1;
            if (last[j + 1] + 1 < best)
                best = last[j + 1] + 1;
            if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j]
                && rows[(i + 2) % 3][j - 1] + 1 < best)
                best = rows[(i + 2) % 3][j - 1] + 1;
            now[j + 1] = best;
        }
    }
    return rows[i % 3][n];
}

const char *
vn_names_nearest(const char *text, const char *const *names, size_t n)
{
    const char *best = NULL;
    size_t least = 0;

    if (strlen(text) > NEAREST_MAX)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t length, far;

        if (names[i] == NULL || (length = strlen(names[i])) > NEAREST_MAX)
            continue;
        far = distance(text, names[i]);
        if (far <= (length < 6 ? 1 : length / 3)
            && (best == NULL || far < least)) {
            best = names[i];
            least = far;
        }
    }
    return best;
}

/* Characters of a and b that match. */
static int
match(const char *a, int na, const char *b, int nb)
{
    int best = 0, at = 0, in = 0;
    int run[2][VN_LIKENESS_SIZE + 1] = {{0}};

    /* run[.][j]: how far a and b agree up to a[i] and b[j - 1]. */
    for (int i = 0; i < na; i++) {
        const int *before = run[i % 2];
        int *now = run[(i + 1) % 2];

        for (int j = 1; j <= nb; j++) {
            now[j] = a[i] == b[j - 1] ? before[j - 1] + 1 : 0;
            if (now[j] > best) {
                best = now[j];
                at = i + 1 - best;
                in = j - best;
            }
        }
    }
    if (best == 0)
        return 0;
    return best + match(a, at, b, in)
           + match(a + at + best, na - at - best, b + in + best,
                   nb - in - best);
}

double
vn_likeness(const char *a, const char *b)
{
    int na = (int) strnlen(a, VN_LIKENESS_SIZE),
        nb = (int) strnlen(b, VN_LIKENESS_SIZE);

    return na + nb > 0 ? 2.0 * match(a, na, b, nb) / (na + nb) : 1;
}
