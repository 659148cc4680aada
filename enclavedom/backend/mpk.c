/*
 * Memory protection keys (Intel PKU).
 *
 * Each region has a key; those that every rule treats alike have one together,
 * since a process has only 15.  Everything else, the monitor and the program's
 * own data among it, has key 0, which the plug-in may read and not write; in
 * the plug-in's own region it may do as it likes.  A signal's frame is
 * therefore written where the plug-in may not write, which Linux does
 * from 6.12 on.
 */
#include "config.h"

#include "enclavedom/backend/backend.h"

#include <cpuid.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#define ALL_CLOSED UINT32_C(0x55555554) /* every key but 0 */
#define ZERO_READ  UINT32_C(2)          /* key 0 may not be written */

static enum vn_status
mpk_probe(struct vn_error *err)
{
    unsigned a, b, c = 0, d;
    int major = 0, minor = 0, key;
    struct utsname name;

    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (c >> 4 & 1) == 0)
        return vn_fail(err, VN_EUNSUP,
                       "mpk: this processor, or its kernel, has no protection "
                       "keys (OSPKE)");
    key = pkey_alloc(0, 0);
    if (key < 0)
        return vn_fail(err, VN_EUNSUP, "mpk: no protection key: %s",
                       strerror(errno));
    pkey_free(key);
    uname(&name);
    if (sscanf(name.release, "%d.%d", &major, &minor) != 2
        || major * 1000 + minor < 6012)
        return vn_fail(err, VN_EUNSUP,
                       "mpk: Linux %d.%d writes signal frames with the "
                       "plug-in's rights, expected 6.12 or later",
                       major, minor);
    return VN_OK;
}

/* Does every function have the same rights to both regions? */
static bool
are_alike(const struct ed_domain *d, int a, int b)
{
    for (int f = 0; f < d->config.nfunctions; f++) {
        uint32_t rights = d->config.functions[f].rights;

        if ((rights >> (2 * a) & 3) != (rights >> (2 * b) & 3))
            return false;
    }
    return true;
}

/* The key of a region: that of the first that is like it, or a new one. */
static int
key_for(const struct ed_domain *d, int region)
{
    for (int i = ED_PLUGIN + 1; i < region; i++)
        if (are_alike(d, i, region))
            return d->regions[i].key;
    return pkey_alloc(0, 0);
}

static enum vn_status
mpk_open(struct ed_domain *d, struct vn_error *err)
{
    for (int i = 0; i < d->config.nregions; i++) {
        struct ed_region *r = &d->regions[i];

        r->key = key_for(d, i);
        if (r->key < 0
            || pkey_mprotect(r->base, r->bytes, PROT_READ | PROT_WRITE, r->key)
                   != 0)
            return vn_fail(err, VN_EUNSUP,
                           "mpk: no protection key for region '%s': %s",
                           r->name, strerror(errno));
    }
    return VN_OK;
}

static void
mpk_close(struct ed_domain *d)
{
    /* Pages first: a key that is given away again must tag nothing. */
    if (d->arena != NULL)
        munmap(d->arena, d->arena_bytes);
    d->arena = NULL;
    for (int i = 0; i < d->config.nregions; i++) {
        int key = d->regions[i].base != NULL ? d->regions[i].key : 0;

        for (int j = 0; j < i; j++)
            key = d->regions[j].key == key ? 0 : key;
        if (key > 0)
            pkey_free(key);
    }
}

/* The register for these rights to regions, key 0 as in `zero`. */
static uint32_t
pkru(const struct ed_domain *d, uint32_t rights, uint32_t zero)
{
    uint32_t value = ALL_CLOSED | zero;

    for (int i = 0; i < d->config.nregions; i++) {
        uint32_t right = rights >> (2 * i) & 3;
        int shift = 2 * d->regions[i].key;

        if (right != 0)
            value &= ~(UINT32_C(3) << shift);
        if (right == 1)
            value |= UINT32_C(2) << shift;
    }
    return value;
}

static void
set(uint32_t value)
{
    ed_monitor.now_pkru = value;
    ed_set_pkru(value);
}

static void
mpk_enter(struct ed_domain *d)
{
    ed_monitor.keyed = 1;
    ed_monitor.gate = (void *) (uintptr_t) ed_gate_keyed;
    set(0); /* a thread that was not here before has its keys closed */
    ed_monitor.plugin_pkru = pkru(d, ED_RW(ED_PLUGIN), ZERO_READ);
    ed_monitor.now_pkru = ed_monitor.plugin_pkru;
    ed_selector = 1;
}

static void
mpk_leave(struct ed_domain *d)
{
    (void) d;
    ed_selector = 0;
    set(0);
    ed_monitor.keyed = 0;
}

static void
mpk_grant(struct ed_domain *d, uint32_t rights)
{
    set(pkru(d, rights, 0));
}

static void
mpk_revoke(struct ed_domain *d)
{
    (void) d;
    set(0);
    ed_monitor.now_pkru = ed_monitor.plugin_pkru;
}

const struct ed_backend ed_backend_mpk = {
    .name = "mpk",
    .summary = "memory protection keys: rules at the cost of a register",
    .confines = true,
    .handlers = true,
    .probe = mpk_probe,
    .open = mpk_open,
    .close = mpk_close,
    .enter = mpk_enter,
    .leave = mpk_leave,
    .grant = mpk_grant,
    .revoke = mpk_revoke,
};
