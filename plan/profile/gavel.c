/*
 * Gavel's table of throughputs (Narayanan et al., OSDI'20), JSON:
 *
 *     {"v100": {"('ResNet-18 (batch size 16)', 2)": {"null": 9.5, ...}, ...},
 *      "v100_unconsolidated": {...}, ...}
 *
 * steps a second of a job type at a scale factor, alone ("null") or beside
 * another job type (passed over: here devices are not shared).  Of a type
 * "T_unconsolidated" the devices stand on several nodes.  0 means that it does
 * not run.
 */
#include "config.h"

#include "plan/profile/format.h"

#include "base/file.h"
#include "plan/job.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Take "('NAME', N)" apart; false if it is not so. */
static bool
read_key(const char *key, char *model, size_t size, int *devices)
{
    const char *end = strstr(key, "', ");
    long n;
    char *rest;

    if (strncmp(key, "('", 2) != 0 || end == NULL
        || (size_t) (end - key - 2) >= size)
        return false;
    memcpy(model, key + 2, (size_t) (end - key - 2));
    model[end - key - 2] = '\0';
    n = strtol(end + 3, &rest, 10);
    *devices = (int) n;
    return n >= 1 && n <= VN_DEVICES_MAX && strcmp(rest, ")") == 0;
}

/* A mapping that holds what is known of this many devices. */
static struct vn_profile_mapping *
mapping_of(struct vn_profile_curve *c, int devices)
{
    vn_profile_add_mapping(
        c, (struct vn_profile_mapping){
               .devices = devices, .step_s = NAN, .spread_step_s = NAN});
    for (int i = 0; i < c->nmappings; i++)
        if (c->mappings[i].devices == devices)
            return &c->mappings[i];
    return NULL;
}

static enum vn_status
read_type(const char *path, struct vn_profile *p, const char *type, json_t *of,
          struct vn_error *err)
{
    static const char suffix[] = "_unconsolidated";
    size_t n = strlen(type), m = sizeof suffix - 1;
    bool spread = n > m && strcmp(type + n - m, suffix) == 0;
    char name[64], model[256];
    const char *key;
    json_t *value;

    if (!json_is_object(of) || n >= sizeof name)
        return vn_fail(err, VN_EFORMAT,
                       "%s: '%.64s' holds no job types, expected an object of "
                       "them",
                       path, type);
    strcpy(name, type);
    if (spread)
        name[n - m] = '\0';
    json_object_foreach(of, key, value)
    {
        json_t *alone = json_object_get(value, "null");
        struct vn_profile_mapping *mapping;
        int devices;

        if (!read_key(key, model, sizeof model, &devices))
            return vn_fail(err, VN_EFORMAT,
                           "%s: %.32s: '%.64s', expected ('MODEL', DEVICES)",
                           path, type, key);
        if (!json_is_number(alone) || json_number_value(alone) < 0)
            return vn_fail(
                err, VN_EFORMAT,
                "%s: %.32s: %.64s: no throughput \"null\", expected "
                "steps a second",
                path, type, key);
        if (json_number_value(alone) == 0)
            continue;
        mapping = mapping_of(vn_profile_entry(p, model, name), devices);
        *(spread ? &mapping->spread_step_s : &mapping->step_s) =
            1 / json_number_value(alone);
    }
    return VN_OK;
}

static bool
claims(const char *path)
{
    size_t n = strlen(path);

    return n > 5 && strcmp(path + n - 5, ".json") == 0;
}

static enum vn_status
read_gavel(const char *path, struct vn_profile *p, struct vn_error *err)
{
    enum vn_status status;
    json_error_t wrong;
    FILE *in;
    json_t *root, *of;
    const char *type;

    status = vn_file_open_text(path, &in, err);
    if (status != VN_OK)
        return status;
    root = json_loadf(in, 0, &wrong);
    vn_file_close(in);
    if (root == NULL)
        return vn_fail_at(err, path, wrong.line, wrong.column,
                          "%s, expected Gavel's table of throughputs",
                          wrong.text);
    if (!json_is_object(root))
        status = vn_fail(err, VN_EFORMAT,
                         "%s: no object, expected one of device types", path);
    json_object_foreach(root, type, of) if (status == VN_OK) status =
        read_type(path, p, type, of, err);
    json_decref(root);
    return status;
}

const struct vn_profile_format vn_profile_gavel = {claims, read_gavel};
