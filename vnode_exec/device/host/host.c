/*
 * The host's processor: memory, threads, and the choice among the tables that
 * table.c makes for each instruction set.
 */
#include "config.h"

#include "base/machine/machine.h"
#include "base/number.h"
#include "base/xalloc.h"
#include "vnode_exec/device/host/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    HUGE_PAGE = 1 << 21
};

#if defined __x86_64__
static const struct vn_backend *
best_table(void)
{
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl"))
        return &vn_host_v4;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &vn_host_v3;
    return &vn_host_base;
}
#else
static const struct vn_backend *
best_table(void)
{
    return &vn_host_base;
}
#endif

int
vn_host_count(const char **why)
{
    *why = NULL;
    return vn_processors();
}

void
vn_host_describe(int ordinal, char *text, size_t size)
{
    const struct vn_backend *table = best_table();
    int64_t bytes = (int64_t) sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    int64_t ours = vn_memory_bytes("");
    char memory[VN_NUMBER_SIZE], held[VN_NUMBER_SIZE + 40] = "";

    (void) ordinal;
    if (ours < bytes)
        snprintf(held, sizeof held, ", %s for this control group",
                 vn_format_bytes(memory, ours));
    snprintf(text, size, "processor, %s kernels, %s of memory in all%s",
             table == &vn_host_v4   ? "AVX-512"
             : table == &vn_host_v3 ? "AVX2"
                                    : "portable",
             vn_format_bytes(memory, bytes), held);
}

enum vn_status
vn_host_open(const struct vn_device_options *options, struct vn_device **dev,
             struct vn_error *err)
{
    struct vn_host *host;

    if (options->threads < 1 || options->threads > VN_DEVICE_THREADS)
        return vn_fail(err, VN_EINVAL, "host: %d threads", options->threads);
    host = vn_xcalloc(1, sizeof *host);
    host->device.backend = best_table();
    host->device.options = *options;
    host->team = vn_team_alloc(options->threads, options->cpu);
    host->work = vn_xcalloc((size_t) options->threads, sizeof *host->work);
    *dev = &host->device;
    return VN_OK;
}

void
vn_host_close(struct vn_device *dev)
{
    struct vn_host *host = (struct vn_host *) dev;

    vn_team_free(host->team);
    for (int i = 0; i < dev->options.threads; i++)
        free(host->work[i]);
    free(host->work);
    free(host);
}

enum vn_status
vn_host_alloc(struct vn_device *dev, size_t bytes, void **p,
              struct vn_error *err)
{
    size_t alignment = bytes >= HUGE_PAGE ? HUGE_PAGE : 256;

    (void) dev;
    if (posix_memalign(p, alignment, bytes) != 0) {
        char text[VN_NUMBER_SIZE];

        return vn_fail(err, VN_EDEVMEM, "host: no room for %s",
                       vn_format_bytes(text, (int64_t) bytes));
    }
    /* Rows of matrices lie pages apart: fewer, larger pages if we may. */
    if (bytes >= HUGE_PAGE)
        (void) madvise(*p, bytes, MADV_HUGEPAGE);
    memset(*p, 0, bytes);
    return VN_OK;
}

void
vn_host_free(struct vn_device *dev, void *p, size_t bytes)
{
    (void) dev, (void) bytes;
    free(p);
}

enum vn_status
vn_host_sync(struct vn_device *dev, struct vn_error *err)
{
    (void) dev, (void) err;
    return VN_OK;
}

void
vn_host_copy(struct vn_device *dev, size_t bytes, const void *from, void *to)
{
    (void) dev;
    memcpy(to, from, bytes);
}

void
vn_host_zero(struct vn_device *dev, size_t bytes, void *p)
{
    (void) dev;
    memset(p, 0, bytes);
}

float *
vn_host_work(struct vn_device *dev, int thread)
{
    return ((struct vn_host *) dev)->work[thread];
}

void
vn_host_reserve(struct vn_device *dev, size_t n)
{
    struct vn_host *host = (struct vn_host *) dev;
    size_t threads = (size_t) dev->options.threads;

    if (n <= host->work_size)
        return;
    for (size_t i = 0; i < threads; i++) {
        free(host->work[i]);
        if (posix_memalign((void **) &host->work[i], 256, n * sizeof(float))
            != 0)
            abort();
    }
    dev->used += (int64_t) ((n - host->work_size) * threads * sizeof(float));
    dev->peak = dev->used > dev->peak ? dev->used : dev->peak;
    host->work_size = n;
}

void
vn_host_run(struct vn_device *dev, vn_team_fn fn, void *arg)
{
    vn_team_run(((struct vn_host *) dev)->team, fn, arg);
}

struct shared {
    const struct vn_host_job *job;
    vn_host_range_fn fn;
    size_t n, grain;
};

static void
shared_thread(void *arg, int thread, int threads)
{
    const struct shared *s = arg;
    size_t from, to;

    vn_team_share(s->n, s->grain, thread, threads, &from, &to);
    if (from < to)
        s->fn(s->job, from, to);
}

void
vn_host_share(struct vn_device *dev, size_t n, size_t grain,
              vn_host_range_fn fn, const struct vn_host_job *job)
{
    struct shared s = {job, fn, n, grain > 0 ? grain : 1};

    vn_host_run(dev, shared_thread, &s);
}

size_t
vn_host_rows_grain(size_t width)
{
    return VN_HOST_GRAIN / (width + 1) + 1;
}

size_t
vn_host_group_end(size_t c, size_t to)
{
    return c + VN_HOST_GROUP < to ? c + VN_HOST_GROUP : to;
}

const struct vn_backend vn_backend_host = {
    .name = "host",
    .host_memory = true,
    .count = vn_host_count,
    .describe = vn_host_describe,
    .open = vn_host_open,
};
