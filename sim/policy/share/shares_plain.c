/* The rule of sim/policy/share/shares.h, word for word. */
#include "config.h"

#include "sim/policy/share/shares.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>

int64_t
vn_shares_weight(double weight)
{
    int64_t millionths = llround(weight * 1e6);

    return millionths > 0 ? millionths : 1;
}

int
vn_shares_level(int64_t x)
{
    return 63 - __builtin_clzll((unsigned long long) x);
}

int
vn_shares_fair(int spare, int64_t weight, __int128 sum)
{
    __int128 whole = (__int128) spare * weight / sum;

    return whole > 1 ? 1 << vn_shares_level((int64_t) whole) : 1;
}

/*
 * The plain form, word for word.  What the header calls free is spare here.
 */

/* A job's place among those to be halved: the lightest first. */
struct light {
    int64_t weight;
    int job;
};

static int
compare_light(const void *a, const void *b)
{
    const struct light *x = a, *y = b;

    if (x->weight != y->weight)
        return x->weight < y->weight ? -1 : 1;
    return x->job - y->job;
}

/* Halve until the shares of those in U fit; they can, since n <= spare. */
static void
halve(int spare, int n, const struct light *light, const bool *in, int *share)
{
    int64_t sum = 0;

    for (int i = 0; i < n; i++)
        sum += in[i] ? share[i] : 0;
    for (int i = 0; i < n && sum > spare; i++) {
        int job = light[i].job;

        while (in[job] && sum > spare && share[job] > 1) {
            share[job] /= 2;
            sum -= share[job];
        }
    }
}

static void
double_up(int spare, int n, const struct light *light, const int *demand,
          int *share)
{
    for (int end = n, start; end > 0; end = start) {
        for (start = end - 1;
             start > 0 && light[start - 1].weight == light[end - 1].weight;)
            start--;
        for (int i = start; i < end; i++) {
            int job = light[i].job;

            while (spare >= share[job] && 2 * share[job] <= demand[job]) {
                spare -= share[job];
                share[job] *= 2;
            }
        }
    }
}

void
vn_shares_plain(int devices, int n, const int64_t *weight, const int *demand,
                int *share)
{
    bool *in = vn_xcalloc((size_t) n, sizeof *in); /* of U */
    struct light *light = vn_xcalloc((size_t) n, sizeof *light);
    int spare = devices, left = n;

    for (int i = 0; i < n; i++) {
        in[i] = true;
        light[i] = (struct light){weight[i], i};
    }
    qsort(light, (size_t) n, sizeof *light, compare_light);
    while (left > 0) {
        int before = left, room = spare;
        __int128 sum = 0;

        for (int i = 0; i < n; i++)
            sum += in[i] ? weight[i] : 0;
        for (int i = 0; i < n; i++)
            if (in[i])
                share[i] = vn_shares_fair(spare, weight[i], sum);
        halve(spare, n, light, in, share);
        for (int i = 0; i < n; i++)
            if (in[i] && share[i] >= demand[i]) {
                share[i] = demand[i];
                room -= demand[i];
                in[i] = false;
                left--;
            }
        if (left == before)
            for (int i = 0; i < n; i++)
                room -= in[i] ? share[i] : 0;
        spare = room;
        if (left == before)
            break;
    }
    double_up(spare, n, light, demand, share);
    free(light);
    free(in);
}
