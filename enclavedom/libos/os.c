/* A run: tables, paths, program, and into it. */
#include "config.h"

#include "enclavedom/libos/inner.h"

#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    NSTREAMS = 3,
    ROOM = 4096 /* beside a table */
};

#define TWICE(type) (2 * sizeof(type) + ROOM) /* blocks are powers of two */

static enum vn_status
open_domain(struct os *os, struct vn_error *err)
{
    static const struct ed_region_spec regions[OS_TABLES] = {
        [OS_GUEST] = {"program's own", 4 << 20},
        [OS_DESCRIPTORS] = {"descriptors", TWICE(struct os_descriptors)},
        [OS_PATHS] = {"paths", TWICE(struct os_paths)},
        [OS_MAP] = {"map", TWICE(struct os_map)},
        [OS_PROCESS] = {"process", TWICE(struct os_process)},
        [OS_ACCOUNTS] = {"accounts", TWICE(struct os_accounts)},
        [OS_PROGRAM] = {"program", TWICE(struct os_program)},
        [OS_BUFFER] = {"buffer", TWICE(struct os_buffer)}};
    struct ed_config config = {.name = os->config.words[0],
                               .backend = os->config.backend,
                               .regions = regions,
                               .nregions = OS_TABLES,
                               .functions = os_calls,
                               .nfunctions = os_ncalls,
                               .arg = os,
                               .stack_bytes = 1 << 16};
    enum vn_status status = ed_backend_probe(config.backend, err);

    /* There the tables stay in this process, and need no protection. */
    if (status == VN_OK && strcmp(config.backend->name, "process") == 0)
        status = ed_backend_find("none", &config.backend, err);
    if (status != VN_OK)
        return status;
    return ed_open(&config, &os->domain, err);
}

static void *
table(struct os *os, int region, size_t bytes)
{
    return ed_alloc(ed_region(os->domain, region), 1, bytes);
}

static enum vn_status
make_tables(struct os *os, struct vn_error *err)
{
    os->descriptors = table(os, OS_DESCRIPTORS, sizeof *os->descriptors);
    os->paths = table(os, OS_PATHS, sizeof *os->paths);
    os->map = table(os, OS_MAP, sizeof *os->map);
    os->process = table(os, OS_PROCESS, sizeof *os->process);
    os->accounts = table(os, OS_ACCOUNTS, sizeof *os->accounts);
    os->program = table(os, OS_PROGRAM, sizeof *os->program);
    os->buffer = table(os, OS_BUFFER, sizeof *os->buffer);
    if (os->descriptors == NULL || os->paths == NULL || os->map == NULL
        || os->process == NULL || os->accounts == NULL || os->program == NULL
        || os->buffer == NULL)
        return vn_fail(err, VN_EIO, "no memory for the tables");
    os->map->most = os->config.memory_bytes;
    os->process->virtual_time = os->config.time == OS_TIME_VIRTUAL;
    os->process->seeded = os->config.seeded;
    os->process->seed = os->config.seed;
    return VN_OK;
}

/* The streams, and nothing else that may be open here. */
static enum vn_status
open_streams(struct os *os, struct vn_error *err)
{
    for (int i = 0; i < OS_DESCRIPTORS_MAX; i++)
        os->descriptors->at[i].host = -1;
    for (int i = 0; i < NSTREAMS; i++) {
        int host = fcntl(i, F_DUPFD_CLOEXEC, NSTREAMS);

        if (host < 0 && errno != EBADF)
            return vn_fail(err, VN_EIO, "cannot take a stream: %s",
                           strerror(errno));
        os->descriptors->at[i].host = host;
    }
    return VN_OK;
}

static enum vn_status
set_up(struct os *os, struct vn_error *err)
{
    enum vn_status status;

    if (os->config.backend == NULL)
        os->config.backend = ed_backend_default();
    if (os->config.backend == NULL)
        return vn_fail(err, VN_EUNSUP, "nothing here confines a program");
    status = open_domain(os, err);
    if (status != VN_OK || (status = make_tables(os, err)) != VN_OK
        || (status =
                os_image_find(os->config.words[0], os->program->path, err))
               != VN_OK)
        return status;
    snprintf(os->program->name, sizeof os->program->name, "%s",
             os->config.words[0]);
    if ((status = os_path_setup(os, err)) != VN_OK
        || (status = open_streams(os, err)) != VN_OK)
        return status;
    if ((status = os_report_open(os, err)) != VN_OK)
        return status;
    os_now = os;
    return os_image_load(os, err);
}

/* Why a program is stopped, with the call that it was in. */
static enum vn_status
explain(const struct os *os, struct vn_error *err)
{
    const char *backend = os->config.backend->name;
    struct vn_error said;
    char *by;

    os->domain->live->violation = os->violation;
    ed_explain(os->domain, &said);
    os->domain->live->violation.kind = ED_NONE;
    by = strstr(said.text, " (stopped by");
    if (by != NULL)
        *by = '\0';
    return vn_fail(err, VN_EPOLICY, "%s (stopped by %s%s)", said.text, backend,
                   os->violation.own ? "; by its own account" : "");
}

static void
tear_down(struct os *os)
{
    const struct os_descriptors *d = os->descriptors;

    for (int i = 0; d != NULL && i < OS_DESCRIPTORS_MAX; i++)
        if (d->at[i].host >= NSTREAMS)
            close(d->at[i].host);
    if (os->links > 0)
        close(os->links);
    for (int i = 0; os->map != NULL && i < os->map->nranges; i++)
        munmap((void *) (uintptr_t) os->map->ranges[i].from,
               os->map->ranges[i].to - os->map->ranges[i].from);
    if (os->config.bare || !os->began) /* keys are refused, now, and go with
                                           the process */
        ed_close(os->domain);
    os_now = NULL;
    free(os);
}

enum vn_status
os_run(const struct os_config *config, struct os_outcome *outcome,
       struct vn_error *err)
{
    struct os *os = vn_xcalloc(1, sizeof *os);
    enum vn_status status, reported;
    bool remote;

    os->config = *config;
    os->guest = &os_guest_here;
    os->serve = os_serve;
    status = set_up(os, err);
    remote =
        status == VN_OK && strcmp(os->config.backend->name, "process") == 0;
    os->began = status == VN_OK;
    if (status == VN_OK)
        status = remote ? os_enter_remote(os, err) : os_enter(os, err);
    if (status == VN_OK && os->violated)
        status = explain(os, err);
    else if (status == VN_OK && os->why[0] != '\0')
        status = vn_fail(err, VN_EPOLICY, "%s: %s (stopped by %s)",
                         os->program->name, os->why, os->config.backend->name);
    *outcome = (struct os_outcome){os->status, os->calls};
    reported =
        os->map == NULL ? VN_OK : os_report(os, status == VN_OK ? err : NULL);
    tear_down(os);
    return status != VN_OK ? status : reported;
}
