#include "config.h"

#include "replay/experiment/openb.h"

#include "base/table.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define COVER 0.95 /* of the originals, by the usual requests */

enum host_column {
    HOST_NAME,
    HOST_NUMBER,
    HOST_CPU,
    HOST_MEMORY,
    HOST_DEVICES,
    HOST_MODEL,
    HOST_COLUMNS
};

static const struct vn_column host_columns[] = {
    [HOST_NAME] = {"name", false},    [HOST_NUMBER] = {"sn", true},
    [HOST_CPU] = {"cpu_milli", true}, [HOST_MEMORY] = {"memory_mib", true},
    [HOST_DEVICES] = {"gpu", true},   [HOST_MODEL] = {"model", true},
};

enum pod_column {
    POD_NAME,
    POD_POD,
    POD_CPU,
    POD_MEMORY,
    POD_DEVICES,
    POD_MILLI,
    POD_SPEC,
    POD_COLUMNS
};

static const struct vn_column pod_columns[] = {
    [POD_NAME] = {"name", false},      [POD_POD] = {"pod", false},
    [POD_CPU] = {"cpu_milli", true},   [POD_MEMORY] = {"memory_mib", true},
    [POD_DEVICES] = {"num_gpu", true}, [POD_MILLI] = {"gpu_milli", true},
    [POD_SPEC] = {"gpu_spec", false},
};

/* The number of a type, whose name is a cell or, of several, a part of it. */
static enum vn_status
type_number(struct vn_openb *o, struct vn_table *t, int column,
            const char *name, int *type, struct vn_error *err)
{
    *type = vn_names_add(&o->types, name);
    if (*type >= VN_HOST_TYPES_MAX)
        return vn_table_fail(t, column, err,
                             "more than %d models of devices, expected fewer",
                             VN_HOST_TYPES_MAX);
    return VN_OK;
}

static enum vn_status
read_host(struct vn_openb *o, struct vn_table *t, struct vn_error *err)
{
    int column = vn_table_has(t, HOST_NAME) ? HOST_NAME : HOST_NUMBER;
    int64_t cpu, memory, devices;
    enum vn_status status;
    int type = -1;

    if ((status = vn_table_int(t, HOST_CPU, 0, INT32_MAX, &cpu, err))
        || (status = vn_table_int(t, HOST_MEMORY, 0, INT32_MAX, &memory, err))
        || (status = vn_table_int(t, HOST_DEVICES, 0, VN_HOST_DEVICES,
                                  &devices, err)))
        return status;
    if (devices > 0)
        status = type_number(o, t, HOST_MODEL, vn_table_text(t, HOST_MODEL),
                             &type, err);
    if (status != VN_OK)
        return status;
    if ((o->nhosts & (o->nhosts - 1)) == 0) {
        size_t room = o->nhosts > 0 ? 2 * (size_t) o->nhosts : 1;

        o->hosts = vn_xrealloc(o->hosts, room, sizeof *o->hosts);
        o->host_names =
            vn_xrealloc(o->host_names, room, sizeof *o->host_names);
    }
    o->hosts[o->nhosts] = vn_host(cpu, memory, (int) devices, type);
    o->host_names[o->nhosts++] = vn_xstrdup(vn_table_text(t, column));
    o->devices += devices;
    return VN_OK;
}

/* "V100M16|V100M32", or nothing. */
static enum vn_status
read_spec(struct vn_openb *o, struct vn_table *t, struct vn_ask *ask,
          struct vn_error *err)
{
    char *spec = vn_xstrdup(vn_table_text(t, POD_SPEC)), *rest = spec;
    enum vn_status status = VN_OK;
    const char *name;
    int type;

    while (status == VN_OK && (name = strsep(&rest, "|")) != NULL)
        if (*name != '\0') {
            status = type_number(o, t, POD_SPEC, name, &type, err);
            if (status == VN_OK)
                ask->types |= UINT64_C(1) << type;
        }
    free(spec);
    return status;
}

static enum vn_status
read_pod(struct vn_openb *o, struct vn_table *t, struct vn_error *err)
{
    int column = vn_table_has(t, POD_POD) ? POD_POD : POD_NAME;
    const char *name = vn_table_text(t, column);
    int64_t devices, milli = 0;
    struct vn_ask ask = {0};
    enum vn_status status;

    if (*name == '\0')
        return vn_table_fail(t, vn_table_has(t, column) ? column : -1, err,
                             "no name of a pod, expected one in the column "
                             "pod or name");
    if ((status = vn_table_int(t, POD_CPU, 0, INT32_MAX, &ask.cpu_milli, err))
        || (status = vn_table_int(t, POD_MEMORY, 0, INT32_MAX, &ask.memory_mib,
                                  err))
        || (status = vn_table_int(t, POD_DEVICES, 0, VN_HOST_DEVICES, &devices,
                                  err)))
        return status;
    if (devices > 0
        && ((status = vn_table_int(t, POD_MILLI, devices > 1 ? VN_MILLI : 1,
                                   VN_MILLI, &milli, err))
            || (status = read_spec(o, t, &ask, err))))
        return status;
    ask.devices = (int) devices;
    ask.milli = (int) milli;
    if ((o->npods & (o->npods - 1)) == 0) {
        size_t room = o->npods > 0 ? 2 * (size_t) o->npods : 1;

        o->asks = vn_xrealloc(o->asks, room, sizeof *o->asks);
        o->pod_names = vn_xrealloc(o->pod_names, room, sizeof *o->pod_names);
    }
    o->asks[o->npods] = ask;
    o->pod_names[o->npods++] = vn_xstrdup(name);
    if (strstr(name, "-tuned-") == NULL)
        o->originals = o->npods;
    return VN_OK;
}

static enum vn_status
read_rows(const char *path, const struct vn_column *columns, int ncolumns,
          enum vn_status (*row)(struct vn_openb *, struct vn_table *,
                                struct vn_error *),
          struct vn_openb *o, struct vn_error *err)
{
    struct vn_table_form form = {.columns = columns, .ncolumns = ncolumns};
    struct vn_table *t = NULL;
    enum vn_status status = vn_table_open(path, &form, &t, err);
    bool more;

    while (status == VN_OK && (status = vn_table_next(t, &more, err)) == VN_OK
           && more)
        status = row(o, t, err);
    vn_table_close(t);
    return status;
}

struct named {
    char *name;
    struct vn_host host;
};

static int
by_name(const void *a, const void *b)
{
    return strcmp(((const struct named *) a)->name,
                  ((const struct named *) b)->name);
}

static void
sort_hosts(struct vn_openb *o)
{
    struct named *named = vn_xcalloc((size_t) o->nhosts, sizeof *named);

    for (int i = 0; i < o->nhosts; i++)
        named[i] = (struct named){o->host_names[i], o->hosts[i]};
    qsort(named, (size_t) o->nhosts, sizeof *named, by_name);
    for (int i = 0; i < o->nhosts; i++) {
        o->host_names[i] = named[i].name;
        o->hosts[i] = named[i].host;
    }
    free(named);
}

enum vn_status
vn_openb_read(const char *hosts, const char *pods, struct vn_openb *o,
              struct vn_error *err)
{
    enum vn_status status;

    *o = (struct vn_openb){0};
    if ((status =
             read_rows(hosts, host_columns, HOST_COLUMNS, read_host, o, err))
        || (status =
                read_rows(pods, pod_columns, POD_COLUMNS, read_pod, o, err)))
        return status;
    if (o->devices == 0)
        return vn_fail(err, VN_EFORMAT, "%s: no devices, expected some",
                       hosts);
    if (o->npods == 0)
        return vn_fail(err, VN_EFORMAT, "%s: no pods, expected some", pods);
    sort_hosts(o);
    o->usual =
        vn_usual_alloc(o->asks, (size_t) o->originals, COVER, &o->nusual);
    return VN_OK;
}

void
vn_openb_free(struct vn_openb *o)
{
    for (int i = 0; i < o->nhosts; i++)
        free(o->host_names[i]);
    for (int i = 0; i < o->npods; i++)
        free(o->pod_names[i]);
    free(o->host_names);
    free(o->hosts);
    free(o->pod_names);
    free(o->asks);
    free(o->usual);
    vn_names_free(&o->types);
    *o = (struct vn_openb){0};
}
