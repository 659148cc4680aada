#include "config.h"

#include "sim/place/hosts.h"

bool
vn_ask_shares(const struct vn_ask *ask)
{
    return ask->devices == 1 && ask->milli < VN_MILLI;
}

int64_t
vn_ask_milli(const struct vn_ask *ask)
{
    return (int64_t) ask->devices * ask->milli;
}

bool
vn_ask_same(const struct vn_ask *a, const struct vn_ask *b)
{
    return a->cpu_milli == b->cpu_milli && a->memory_mib == b->memory_mib
           && a->devices == b->devices && a->milli == b->milli
           && a->types == b->types;
}

struct vn_host
vn_host(int64_t cpu_milli, int64_t memory_mib, int devices, int type)
{
    struct vn_host host = {.cpu_milli = cpu_milli,
                           .memory_mib = memory_mib,
                           .devices = devices,
                           .type = type,
                           .cpu_left = cpu_milli,
                           .memory_left = memory_mib,
                           .version = 1};

    for (int d = 0; d < devices; d++)
        host.milli_left[d] = VN_MILLI;
    return host;
}

int64_t
vn_host_left(const struct vn_host *host)
{
    int64_t left = 0;

    for (int d = 0; d < host->devices; d++)
        left += host->milli_left[d];
    return left;
}

bool
vn_host_allows(const struct vn_host *host, const struct vn_ask *ask)
{
    if (ask->types == 0)
        return true;
    return host->type >= 0 && (ask->types >> host->type & 1) != 0;
}

bool
vn_host_fits(const struct vn_host *host, const struct vn_ask *ask)
{
    int missing = ask->devices;

    if (host->cpu_left < ask->cpu_milli || host->memory_left < ask->memory_mib)
        return false;
    if (missing == 0)
        return true;
    if (!vn_host_allows(host, ask))
        return false;
    for (int d = 0; d < host->devices && missing > 0; d++)
        missing -= host->milli_left[d] >= ask->milli;
    return missing == 0;
}

int
vn_host_best_fit(const struct vn_host *host, const struct vn_ask *ask)
{
    int best = -1;

    for (int d = 0; d < host->devices; d++)
        if (host->milli_left[d] >= ask->milli
            && (best < 0 || host->milli_left[d] < host->milli_left[best]))
            best = d;
    return best;
}

static void
change(struct vn_host *host, const struct vn_ask *ask, const int *devices,
       int sign)
{
    host->cpu_left -= sign * ask->cpu_milli;
    host->memory_left -= sign * ask->memory_mib;
    for (int i = 0; i < ask->devices; i++)
        host->milli_left[devices[i]] -= sign * ask->milli;
    if (ask->devices == 0)
        host->jobs_without += sign;
    else
        host->jobs[vn_ask_shares(ask) ? 0 : ask->devices] += sign;
    host->version++;
}

void
vn_host_take(struct vn_host *host, const struct vn_ask *ask,
             const int *devices)
{
    change(host, ask, devices, 1);
}

void
vn_host_give(struct vn_host *host, const struct vn_ask *ask,
             const int *devices)
{
    change(host, ask, devices, -1);
}
