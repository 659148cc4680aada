#include "config.h"

#include "vnode_exec/device/spec.h"

#include "base/machine/machine.h"
#include "base/names.h"
#include "base/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum vn_status
refuse(const char *text, const char *why, struct vn_error *err)
{
    return vn_fail(err, VN_EUSAGE, "--devices: '%s' is wrong, expected %s",
                   text, why);
}

static enum vn_status
no_backend(const char *name, struct vn_error *err)
{
    const char *names[8], *near;
    size_t n = 0;

    if (strcmp(name, "cuda") == 0)
        return vn_fail(err, VN_EDEVICE,
                       "there is no device cuda:0: this program was built "
                       "without CUDA");
    for (; vn_backends[n] != NULL && n < 8; n++)
        names[n] = vn_backends[n]->name;
    near = vn_names_nearest(name, names, n);
    return vn_fail(err, VN_EUSAGE, "no device is called '%s'%s%s%s", name,
                   near != NULL ? "; did you mean '" : "",
                   near != NULL ? near : "", near != NULL ? "'?" : "");
}

/* One part between colons: an attribute or, as the last, the number. */
static enum vn_status
read_part(const char *whole, const char *part, struct vn_spec *spec,
          int64_t *count, struct vn_error *err)
{
    char why[VN_WHY_SIZE];
    const char *wrong;
    int64_t n;

    if (strncmp(part, "cpu=", 4) == 0) {
        wrong = vn_read_int(part + 4, 0, vn_processors() - 1, &n, why);
        if (wrong == NULL)
            spec->cpu = (int) n;
        if (wrong != NULL)
            return vn_fail(err, VN_EUSAGE,
                           "--devices: '%s' is wrong, expected %s: this "
                           "process may use %d processor%s",
                           whole, wrong, vn_processors(),
                           vn_processors() == 1 ? "" : "s");
        return VN_OK;
    }
    if (strncmp(part, "on=", 3) == 0) {
        if (spec->backend->host_memory)
            return refuse(whole, "on= with devices that have numbers", err);
        wrong = vn_read_int(part + 3, 0, VN_SPEC_DEVICES - 1, &n, why);
        if (wrong == NULL)
            spec->on = (int) n;
        return wrong == NULL ? VN_OK : refuse(whole, wrong, err);
    }
    if (strncmp(part, "threads=", 8) == 0) {
        wrong = vn_read_int(part + 8, 1, VN_DEVICE_THREADS, &n, why);
        if (wrong == NULL)
            spec->threads = (int) n;
    } else if (strncmp(part, "slow=", 5) == 0) {
        wrong = vn_read_real(part + 5, 1, 1000, &spec->slow, why);
    } else {
        wrong = vn_read_int(part, 1, VN_SPEC_DEVICES, count, why);
        return wrong == NULL ? VN_OK : refuse(whole, wrong, err);
    }
    if (wrong == NULL) {
        size_t used = strlen(spec->type);

        if (used + strlen(part) + 2 > sizeof spec->type)
            return refuse(whole, "fewer attributes", err);
        snprintf(spec->type + used, sizeof spec->type - used, ":%s", part);
    }
    return wrong == NULL ? VN_OK : refuse(whole, wrong, err);
}

/* How many devices of this backend, numbered as they come, are listed. */
static int
taken(const struct vn_specs *specs, const struct vn_backend *backend)
{
    int n = 0;

    for (int i = 0; i < specs->n; i++)
        n += specs->list[i].backend == backend && specs->list[i].on < 0;
    return n;
}

/* Any number of devices can share the host; others are what they are. */
static enum vn_status
check_ordinal(const struct vn_spec *spec, struct vn_error *err)
{
    const char *why = NULL;
    int have = spec->backend->count(&why);

    if (spec->backend->host_memory || spec->ordinal < have)
        return VN_OK;
    return vn_fail(err, VN_EDEVICE, "there is no device %s:%d: %s",
                   spec->backend->name, spec->ordinal,
                   have > 0 ? "too few are present" : why);
}

static enum vn_status
read_group(const char *text, char *group, struct vn_specs *specs,
           struct vn_error *err)
{
    char *save, *part = strtok_r(group, ":", &save);
    struct vn_spec spec = {.threads = 1, .slow = 1, .cpu = -1, .on = -1};
    int64_t count = 1;
    enum vn_status status = VN_OK;

    if (part == NULL)
        return refuse(text, "TYPE[:ATTRIBUTE=VALUE][:COUNT],...", err);
    spec.backend = vn_backend_find(part);
    if (spec.backend == NULL)
        return no_backend(part, err);
    snprintf(spec.type, sizeof spec.type, "%s", part);
    while (status == VN_OK && (part = strtok_r(NULL, ":", &save)) != NULL)
        status = read_part(text, part, &spec, &count, err);
    if (status != VN_OK)
        return status;
    if (specs->n + count > VN_SPEC_DEVICES)
        return refuse(text, "at most 64 devices", err);
    for (int64_t i = 0; status == VN_OK && i < count; i++) {
        spec.ordinal = spec.on >= 0 ? spec.on : taken(specs, spec.backend);
        status = check_ordinal(&spec, err);
        specs->list[specs->n++] = spec;
    }
    return status;
}

enum vn_status
vn_specs_read(const char *text, struct vn_specs *specs, struct vn_error *err)
{
    char copy[1024], *save, *group;
    enum vn_status status = VN_OK;

    specs->n = 0;
    if (strlen(text) >= sizeof copy)
        return refuse(text, "a shorter list", err);
    snprintf(copy, sizeof copy, "%s", text);
    for (group = strtok_r(copy, ",", &save); group != NULL && status == VN_OK;
         group = strtok_r(NULL, ",", &save))
        status = read_group(text, group, specs, err);
    if (status == VN_OK && specs->n == 0)
        status = refuse(text, "TYPE[:ATTRIBUTE=VALUE][:COUNT],...", err);
    return status;
}

enum vn_status
vn_spec_read(const char *text, int ordinal, struct vn_spec *spec,
             struct vn_error *err)
{
    struct vn_specs specs;
    enum vn_status status = vn_specs_read(text, &specs, err);

    if (status == VN_OK && specs.n != 1)
        status = refuse(text, "one device", err);
    if (status != VN_OK)
        return status;
    *spec = specs.list[0];
    spec->ordinal = spec->on >= 0 ? spec->on : ordinal;
    return check_ordinal(spec, err);
}

struct vn_spec
vn_specs_rank(const struct vn_specs *specs, int i, uint64_t here)
{
    struct vn_spec spec = specs->list[i % specs->n];
    int before = 0;

    if (spec.backend->host_memory || spec.on >= 0)
        return spec;
    for (int j = 0; j < i; j++)
        before += (here >> j & 1) != 0
                  && specs->list[j % specs->n].backend == spec.backend
                  && specs->list[j % specs->n].on < 0;
    spec.ordinal = before % taken(specs, spec.backend);
    return spec;
}
