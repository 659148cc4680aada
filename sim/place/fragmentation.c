#include "config.h"

#include "sim/place/fragmentation.h"

#include "base/xalloc.h"

#include <stdlib.h>

/* What makes two requests the same usual one, most significant first. */
static int
compare_asks(const struct vn_ask *a, const struct vn_ask *b)
{
    if (a->cpu_milli != b->cpu_milli)
        return a->cpu_milli < b->cpu_milli ? -1 : 1;
    if (a->milli != b->milli)
        return a->milli < b->milli ? -1 : 1;
    if (a->devices != b->devices)
        return a->devices < b->devices ? -1 : 1;
    return (a->types > b->types) - (a->types < b->types);
}

static int
by_ask(const void *a, const void *b)
{
    return compare_asks(&((const struct vn_usual *) a)->ask,
                        &((const struct vn_usual *) b)->ask);
}

/* By count, which stands in share, then by request, both descending. */
static int
by_count(const void *a, const void *b)
{
    const struct vn_usual *x = a, *y = b;

    if (x->share != y->share)
        return x->share > y->share ? -1 : 1;
    return -compare_asks(&x->ask, &y->ask);
}

struct vn_usual *
vn_usual_alloc(const struct vn_ask *asks, size_t n, double cover, int *count)
{
    struct vn_usual *usual = vn_xcalloc(n, sizeof *usual);
    double total = (double) n, covered = 0;
    size_t distinct = 0;
    int kept = 0;

    for (size_t i = 0; i < n; i++)
        usual[i] = (struct vn_usual){asks[i], 1};
    qsort(usual, n, sizeof *usual, by_ask);
    for (size_t i = 0; i < n; i++)
        if (distinct > 0
            && compare_asks(&usual[distinct - 1].ask, &usual[i].ask) == 0)
            usual[distinct - 1].share++;
        else
            usual[distinct++] = usual[i];
    qsort(usual, distinct, sizeof *usual, by_count);
    while ((size_t) kept < distinct && covered < cover * total) {
        covered += usual[kept].share;
        usual[kept++].share /= total;
    }
    if ((size_t) kept < distinct)
        for (int i = 0; i < kept; i++)
            usual[i].share /= covered / total;
    *count = kept;
    return usual;
}

void
vn_fragments(const struct vn_host *host, const struct vn_usual *usual,
             int count, double parts[VN_FRAGMENTS])
{
    double all = (double) vn_host_left(host);

    for (int i = 0; i < VN_FRAGMENTS; i++)
        parts[i] = 0;
    for (int i = 0; i < count; i++) {
        const struct vn_ask *ask = &usual[i].ask;
        bool cpu = host->cpu_left >= ask->cpu_milli;
        int64_t small = 0;
        int fit = 0;

        if (ask->devices == 0) {
            parts[cpu ? VN_FRAGMENT_NO_DEVICE_ASKED
                      : VN_FRAGMENT_NO_DEVICE_NO_CPU] += usual[i].share * all;
            continue;
        }
        if (!vn_host_allows(host, ask)) {
            parts[VN_FRAGMENT_WRONG_TYPE] += usual[i].share * all;
            continue;
        }
        for (int d = 0; d < host->devices; d++)
            if (host->milli_left[d] >= ask->milli)
                fit++;
            else
                small += host->milli_left[d];
        if (fit < ask->devices) {
            parts[cpu ? VN_FRAGMENT_LACKS_DEVICE : VN_FRAGMENT_LACKS_BOTH] +=
                usual[i].share * all;
        } else if (!cpu) {
            parts[VN_FRAGMENT_LACKS_CPU] += usual[i].share * all;
        } else {
            parts[VN_FRAGMENT_LACKS_DEVICE] += usual[i].share * (double) small;
            parts[VN_FRAGMENT_NONE] += usual[i].share * (all - (double) small);
        }
    }
}

double
vn_fragmentation(const double parts[VN_FRAGMENTS])
{
    double sum = 0;

    for (int i = 0; i < VN_FRAGMENTS; i++)
        if (i != VN_FRAGMENT_NONE)
            sum += parts[i];
    return sum;
}
