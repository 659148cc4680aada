#include "config.h"

#include "replay/experiment/allocation.h"

#include "base/xalloc.h"

#include <stdlib.h>

typedef double parts[VN_FRAGMENTS];

/* The sum over all hosts. */
static void
add_up(const parts *of, int nhosts, double *sum)
{
    for (int k = 0; k < VN_FRAGMENTS; k++)
        sum[k] = 0;
    for (int h = 0; h < nhosts; h++)
        for (int k = 0; k < VN_FRAGMENTS; k++)
            sum[k] += of[h][k];
}

void
vn_allocate(const struct vn_score *score, const struct vn_host *hosts,
            int nhosts, const struct vn_outlook *outlook, uint64_t seed,
            const struct vn_ask *asks, const int *order, int n,
            vn_allocation_fn tell, void *arg)
{
    struct vn_place *place =
        vn_place_alloc(score, hosts, nhosts, outlook, seed);
    const struct vn_host *now = vn_place_hosts(place);
    parts *of = vn_xcalloc((size_t) nhosts, sizeof *of);
    int devices[VN_HOST_DEVICES];
    struct vn_allocation a = {.devices = devices};
    bool *used = vn_xcalloc((size_t) nhosts, sizeof *used);

    for (int h = 0; h < nhosts; h++)
        vn_fragments(&now[h], outlook->usual, outlook->nusual, of[h]);
    for (int i = 0; i < n; i++) {
        const struct vn_ask *ask = &asks[order != NULL ? order[i] : i];

        a.job = order != NULL ? order[i] : i;
        a.arrived_milli += vn_ask_milli(ask);
        a.host = vn_place_take(place, ask, devices);
        if (a.host >= 0) {
            a.used_milli += vn_ask_milli(ask);
            vn_fragments(&now[a.host], outlook->usual, outlook->nusual,
                         of[a.host]);
            if (!used[a.host]) {
                used[a.host] = true;
                a.used_hosts++;
                a.used_devices += now[a.host].devices;
            }
        }
        add_up(of, nhosts, a.parts);
        tell(arg, &a);
    }
    free(used);
    free(of);
    vn_place_free(place);
}
