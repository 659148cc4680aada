#include "config.h"

#include "vnode_exec/train/probe.h"

#include "vnode_exec/device/host/host.h"

#include <stdlib.h>
#include <time.h>

enum {
    ROWS = 24, /* of a */
    INNER = 48,
    COLS = 48,
    PRODUCTS = 24, /* one after another */
    LINE = 64      /* of the cache, bytes */
};

struct vn_probe {
    struct vn_device *dev;
    /* 18 KiB, on lines of their own: how they lie would show */
    _Alignas(LINE) float a[ROWS * INNER];
    _Alignas(LINE) float b[INNER * COLS];
    _Alignas(LINE) float c[ROWS * COLS];
};

enum vn_status
vn_probe_open(struct vn_probe **probe, struct vn_error *err)
{
    struct vn_probe *p = aligned_alloc(LINE, sizeof *p);
    struct vn_device_options options = {.threads = 1, .cpu = -1};
    enum vn_status status;

    if (p == NULL)
        abort();
    status = vn_host_open(&options, &p->dev, err);
    if (status != VN_OK) {
        free(p);
        p = NULL;
    } else {
        for (int i = 0; i < ROWS * INNER; i++)
            p->a[i] = (float) (i % 7) / 8;
        for (int i = 0; i < INNER * COLS; i++)
            p->b[i] = (float) (i % 5) / 8;
    }
    *probe = p;
    return status;
}

void
vn_probe_close(struct vn_probe *p)
{
    if (p == NULL)
        return;
    p->dev->backend->close(p->dev);
    free(p);
}

static double
thread_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

double
vn_probe_time(struct vn_probe *p)
{
    static const struct vn_gemm product = {.m = ROWS,
                                           .n = COLS,
                                           .k = INNER,
                                           .outer = 1,
                                           .inner = 1,
                                           .a_row = INNER,
                                           .a_col = 1,
                                           .b_row = COLS,
                                           .b_col = 1,
                                           .c_row = COLS};
    double start = thread_clock();

    for (int i = 0; i < PRODUCTS; i++)
        p->dev->backend->gemm(p->dev, &product, p->a, p->b, p->c);
    return thread_clock() - start;
}
