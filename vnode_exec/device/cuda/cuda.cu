/* NVIDIA GPUs: devices, memory and streams; cuda.h says how it is built. */
#include "vnode_exec/device/cuda/arena.h"

extern "C" {
#include "base/number.h"
#include "base/xalloc.h"
}

enum {
    MARGIN = 32 /* of what is free this part is left to CUDA and to scratch */
};

static int
cuda_count(const char **why)
{
    int n = 0, version = 0;
    cudaError_t e = cudaGetDeviceCount(&n);

    *why = NULL;
    if (e == cudaSuccess && n > 0)
        return n;
    (void) cudaGetLastError();
    if (cudaDriverGetVersion(&version) != cudaSuccess || version == 0)
        *why = "no driver";
    else if (e == cudaErrorInsufficientDriver)
        *why = "the driver is too old for this program's CUDA";
    else if (e == cudaSuccess || e == cudaErrorNoDevice)
        *why =
            "there is a driver and no GPU, or CUDA_VISIBLE_DEVICES hides it";
    else
        *why = cudaGetErrorString(e);
    return 0;
}

/*
 * Has the program code for devices of that capability?  Code of a lower minor
 * version will do, and PTX, which there is of the last one, for later ones.
 * To ask a device itself would make a context on it.
 */
static bool
compiled_for(int major, int minor)
{
    static const long codes[] = {VN_CUDA_CODES};
    long last = 0;

    for (long code : codes) {
        if (code / 100 == major && code / 10 % 10 <= minor)
            return true;
        last = code;
    }
    return last <= 100 * major + 10 * minor;
}

/* To ask whether a device can run the program's code. */
__global__ void
nothing_kernel()
{
}

/* What keeps the thread's device from running the program's kernels. */
static cudaError_t
find_code(bool *none)
{
    struct cudaFuncAttributes ignored;
    cudaError_t e = cudaFuncGetAttributes(&ignored, nothing_kernel);

    (void) cudaGetLastError();
    *none = e == cudaErrorNoKernelImageForDevice
            || e == cudaErrorInvalidDeviceFunction
            || e == cudaErrorUnsupportedPtxVersion;
    return e;
}

static void
cuda_describe(int ordinal, char *text, size_t size)
{
    struct cudaDeviceProp p;
    char memory[VN_NUMBER_SIZE];
    int driver = 0, clock = 0, memory_clock = 0;

    if (cudaGetDeviceProperties(&p, ordinal) != cudaSuccess) {
        snprintf(text, size, "it does not answer");
        return;
    }
    (void) cudaDriverGetVersion(&driver);
    (void) cudaDeviceGetAttribute(&clock, cudaDevAttrClockRate, ordinal);
    (void) cudaDeviceGetAttribute(&memory_clock, cudaDevAttrMemoryClockRate,
                                  ordinal);
    snprintf(
        text, size,
        "%s, %s, compute capability %d.%d, %d multiprocessors at up to "
        "%d MHz, %d-bit memory at %d MHz, driver for CUDA %d.%d%s",
        p.name, vn_format_bytes(memory, (int64_t) p.totalGlobalMem), p.major,
        p.minor, p.multiProcessorCount, clock / 1000, p.memoryBusWidth,
        memory_clock / 1000, driver / 1000, driver % 1000 / 10,
        compiled_for(p.major, p.minor) ? ""
                                       : "; this program has no code for it");
}

struct vn_cuda *
vn_cuda(struct vn_device *dev)
{
    struct vn_cuda *d = (struct vn_cuda *) dev;

    vn_cuda_check(d, cudaSetDevice(dev->options.ordinal), "the device");
    return d;
}

bool
vn_cuda_check(struct vn_cuda *d, cudaError_t e, const char *what)
{
    if (e == cudaSuccess)
        return true;
    (void) cudaGetLastError(); /* or the next launch would have it */
    vn_cuda_fail(d, e == cudaErrorMemoryAllocation ? VN_EDEVMEM : VN_EDEVICE,
                 what, cudaGetErrorString(e));
    return false;
}

void
vn_cuda_fail(struct vn_cuda *d, enum vn_status status, const char *what,
             const char *why)
{
    if (d->status == VN_OK)
        d->status = vn_fail(&d->err, status, "cuda:%d: %s: %s",
                            d->device.options.ordinal, what, why);
}

unsigned
vn_cuda_blocks(size_t n, size_t each)
{
    return (unsigned) ((n + each - 1) / each);
}

/* Report what failed, once. */
static enum vn_status
report(struct vn_cuda *d, struct vn_error *err)
{
    enum vn_status status = d->status;

    if (status != VN_OK)
        *err = d->err;
    d->status = VN_OK;
    return status;
}

static void
cuda_close(struct vn_device *dev)
{
    struct vn_cuda *d = vn_cuda(dev);

    if (d->compute != NULL)
        (void) cudaStreamSynchronize(d->compute);
    vn_cublas_close(d->blas);
    vn_arena_free(d->arena);
    for (int i = 0; i < VN_DEVICE_MARKS; i++)
        if (d->marks[i] != NULL)
            (void) cudaEventDestroy(d->marks[i]);
    if (d->uploaded != NULL)
        (void) cudaEventDestroy(d->uploaded);
    if (d->ahead != NULL)
        (void) cudaStreamDestroy(d->ahead);
    if (d->compute != NULL)
        (void) cudaStreamDestroy(d->compute);
    free(d);
}

/* A device that this program was not compiled for fails here, not later. */
static bool
has_code(struct vn_cuda *d, const struct cudaDeviceProp *p)
{
    bool none;
    cudaError_t e = find_code(&none);
    char what[100];

    if (!none)
        return vn_cuda_check(d, e, "opening it");
    snprintf(what, sizeof what,
             "this program has no code for compute capability %d.%d (see "
             "configure's --with-cuda-arch)",
             p->major, p->minor);
    vn_cuda_fail(d, VN_EDEVICE, what, cudaGetErrorString(e));
    return false;
}

/* Streams, events and what is known of the device. */
static void
prepare(struct vn_cuda *d)
{
    struct cudaDeviceProp p = {};
    const char *what = "opening it";

    if (vn_cuda_check(
            d, cudaGetDeviceProperties(&p, d->device.options.ordinal), what)
        && has_code(d, &p)
        && vn_cuda_check(
            d, cudaStreamCreateWithFlags(&d->compute, cudaStreamNonBlocking),
            what)
        && vn_cuda_check(
            d, cudaStreamCreateWithFlags(&d->ahead, cudaStreamNonBlocking),
            what)
        && vn_cuda_check(
            d, cudaEventCreateWithFlags(&d->uploaded, cudaEventDisableTiming),
            what))
        for (int i = 0; i < VN_DEVICE_MARKS; i++)
            vn_cuda_check(
                d, cudaEventCreateWithFlags(&d->marks[i], cudaEventDefault),
                what);
    d->processors = p.multiProcessorCount;
}

/* Without a limit it is what there is, when cuBLAS has taken its part. */
static void
limit_to_free(struct vn_cuda *d)
{
    size_t left = 0, total = 0;

    if (d->device.options.limit == 0
        && vn_cuda_check(d, cudaMemGetInfo(&left, &total), "opening it"))
        d->device.options.limit = (int64_t) (left - left / MARGIN);
}

static enum vn_status
cuda_open(const struct vn_device_options *options, struct vn_device **dev,
          struct vn_error *err)
{
    struct vn_cuda *d = (struct vn_cuda *) vn_xcalloc(1, sizeof *d);
    enum vn_status status;

    d->device.backend = &vn_backend_cuda;
    d->device.options = *options;
    d->arena = vn_arena_alloc();
    if (vn_cuda(&d->device)->status == VN_OK)
        prepare(d);
    if (options->fast && d->status == VN_OK) {
        d->blas = vn_cublas_open(d);
        d->device.products =
            d->blas != NULL ? "cuBLAS"
                            : "our own kernels, since cuBLAS did not open";
    }
    if (d->status == VN_OK)
        limit_to_free(d);
    status = report(d, err);
    if (status != VN_OK) {
        cuda_close(&d->device);
        return status;
    }
    *dev = &d->device;
    return VN_OK;
}

/* Scratch is no longer needed once the device is idle. */
static void
drop_scratch(struct vn_cuda *d)
{
    if (d->scratch == NULL)
        return;
    vn_cuda_check(d, cudaStreamSynchronize(d->compute), "memory");
    vn_arena_give(d->arena, d->scratch);
    d->device.used -= (int64_t) d->scratch_size;
    d->device.own -= (int64_t) d->scratch_size;
    d->scratch = NULL;
    d->scratch_size = 0;
}

static enum vn_status
cuda_alloc(struct vn_device *dev, size_t bytes, void **p, struct vn_error *err)
{
    struct vn_cuda *d = vn_cuda(dev);
    cudaError_t e = vn_arena_take(d->arena, bytes, p);

    if (e == cudaErrorMemoryAllocation) {
        (void) cudaGetLastError(); /* the device stays usable */
        drop_scratch(d);
        e = vn_arena_take(d->arena, bytes, p);
    }
    if (e == cudaErrorMemoryAllocation) {
        char text[VN_NUMBER_SIZE];

        (void) cudaGetLastError();
        return vn_fail(err, VN_EDEVMEM, "cuda:%d: no room for %s",
                       dev->options.ordinal,
                       vn_format_bytes(text, (int64_t) bytes));
    }
    if (vn_cuda_check(d, e, "memory")
        && vn_cuda_check(d, cudaMemsetAsync(*p, 0, bytes, d->compute),
                         "memory"))
        vn_cuda_check(d, cudaStreamSynchronize(d->compute), "memory");
    return report(d, err);
}

static void
cuda_free(struct vn_device *dev, void *p, size_t bytes)
{
    struct vn_cuda *d = vn_cuda(dev);

    (void) bytes;
    vn_cuda_check(d, cudaStreamSynchronize(d->compute), "memory");
    vn_cuda_check(d, cudaStreamSynchronize(d->ahead), "memory");
    vn_arena_give(d->arena, p);
}

/*
 * Memory of the backend's own: counted, but not held to a limit that was
 * reckoned without it.
 */
enum vn_status
vn_cuda_take(struct vn_cuda *d, size_t bytes, void **p, struct vn_error *err)
{
    enum vn_status status = cuda_alloc(&d->device, bytes, p, err);

    if (status == VN_OK) {
        d->device.used += (int64_t) bytes;
        d->device.own += (int64_t) bytes;
        if (d->device.used > d->device.peak)
            d->device.peak = d->device.used;
    }
    return status;
}

void *
vn_cuda_scratch(struct vn_cuda *d, size_t bytes)
{
    if (d->status != VN_OK)
        return NULL;
    if (bytes <= d->scratch_size)
        return d->scratch;
    drop_scratch(d);
    d->status = vn_cuda_take(d, bytes, &d->scratch, &d->err);
    if (d->status != VN_OK)
        return NULL;
    d->scratch_size = bytes;
    return d->scratch;
}

static enum vn_status
cuda_host_alloc(struct vn_device *dev, size_t bytes, void **p,
                struct vn_error *err)
{
    struct vn_cuda *d = vn_cuda(dev);

    if (vn_cuda_check(d, cudaHostAlloc(p, bytes, cudaHostAllocDefault),
                      "memory of the host"))
        memset(*p, 0, bytes);
    return report(d, err);
}

static void
cuda_host_free(struct vn_device *dev, void *p)
{
    vn_cuda_check(vn_cuda(dev), cudaFreeHost(p), "memory of the host");
}

static enum vn_status
cuda_sync(struct vn_device *dev, struct vn_error *err)
{
    struct vn_cuda *d = vn_cuda(dev);

    vn_cuda_check(d, cudaStreamSynchronize(d->compute), "what it was asked");
    if (d->sent_ahead)
        vn_cuda_check(d, cudaStreamSynchronize(d->ahead), "what it was asked");
    d->sent_ahead = false;
    return report(d, err);
}

static void
cuda_upload(struct vn_device *dev, size_t bytes, const void *from, void *to)
{
    struct vn_cuda *d = vn_cuda(dev);

    vn_cuda_check(
        d,
        cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, d->compute),
        "a copy to it");
}

static void
cuda_upload_ahead(struct vn_device *dev, size_t bytes, const void *from,
                  void *to)
{
    struct vn_cuda *d = vn_cuda(dev);

    d->sent_ahead = true;
    if (vn_cuda_check(
            d,
            cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, d->ahead),
            "a copy to it"))
        vn_cuda_check(d, cudaEventRecord(d->uploaded, d->ahead),
                      "a copy to it");
}

static void
cuda_await_uploads(struct vn_device *dev)
{
    struct vn_cuda *d = vn_cuda(dev);

    vn_cuda_check(d, cudaStreamWaitEvent(d->compute, d->uploaded, 0),
                  "a copy to it");
}

static void
cuda_download(struct vn_device *dev, size_t bytes, const void *from, void *to)
{
    struct vn_cuda *d = vn_cuda(dev);

    vn_cuda_check(
        d,
        cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, d->compute),
        "a copy from it");
}

static void
cuda_copy(struct vn_device *dev, size_t bytes, const void *from, void *to)
{
    struct vn_cuda *d = vn_cuda(dev);

    vn_cuda_check(
        d,
        cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, d->compute),
        "a copy");
}

static void
cuda_zero(struct vn_device *dev, size_t bytes, void *p)
{
    struct vn_cuda *d = vn_cuda(dev);

    vn_cuda_check(d, cudaMemsetAsync(p, 0, bytes, d->compute), "zeroing");
}

/*
 * Let a device read a peer's memory itself, where the two are connected for
 * it; copies between others go through the host.
 */
static void
befriend(struct vn_cuda *d, int peer)
{
    int can = 0;

    if ((d->peers >> peer & 1) != 0)
        return;
    d->peers |= UINT64_C(1) << peer;
    if (cudaDeviceCanAccessPeer(&can, d->device.options.ordinal, peer)
            == cudaSuccess
        && can != 0)
        (void) cudaDeviceEnablePeerAccess(peer, 0);
    (void) cudaGetLastError(); /* that it was enabled before */
}

void
vn_cuda_from_peer(struct vn_cuda *d, struct vn_device *peer, size_t bytes,
                  const void *from, void *to)
{
    befriend(d, peer->options.ordinal);
    vn_cuda_check(d,
                  cudaMemcpyPeerAsync(to, d->device.options.ordinal, from,
                                      peer->options.ordinal, bytes,
                                      d->compute),
                  "a copy between devices");
}

static void
cuda_peer_copy(struct vn_device *dev, struct vn_device *peer, size_t bytes,
               const void *from, void *to)
{
    vn_cuda_from_peer(vn_cuda(dev), peer, bytes, from, to);
}

static void
cuda_mark(struct vn_device *dev, int which)
{
    struct vn_cuda *d = vn_cuda(dev);

    vn_cuda_check(d, cudaEventRecord(d->marks[which], d->compute), "a mark");
}

static double
cuda_between(struct vn_device *dev, int from, int to)
{
    struct vn_cuda *d = vn_cuda(dev);
    float ms = 0;

    vn_cuda_check(d, cudaEventElapsedTime(&ms, d->marks[from], d->marks[to]),
                  "a mark");
    return 1e-3 * (double) ms;
}

const struct vn_backend vn_backend_cuda = {
    .name = "cuda",
    .host_memory = false,
    .count = cuda_count,
    .describe = cuda_describe,
    .open = cuda_open,
    .close = cuda_close,
    .alloc = cuda_alloc,
    .free = cuda_free,
    .host_alloc = cuda_host_alloc,
    .host_free = cuda_host_free,
    .sync = cuda_sync,
    .upload = cuda_upload,
    .upload_ahead = cuda_upload_ahead,
    .await_uploads = cuda_await_uploads,
    .download = cuda_download,
    .copy = cuda_copy,
    .zero = cuda_zero,
    .peer_add = vn_cuda_peer_add,
    .peer_copy = cuda_peer_copy,
    .mark = cuda_mark,
    .between = cuda_between,
    .record = vn_cuda_record,
    .recorded = vn_cuda_recorded,
    .replay = vn_cuda_replay,
    .forget = vn_cuda_forget,
    .gather = vn_cuda_gather,
    .advance = vn_cuda_advance,
    .gemm = vn_cuda_gemm,
    .conv_forward = vn_cuda_conv_forward,
    .conv_backward_data = vn_cuda_conv_backward_data,
    .conv_backward_weights = vn_cuda_conv_backward_weights,
    .column_sum = vn_cuda_column_sum,
    .batchnorm_forward = vn_cuda_batchnorm_forward,
    .batchnorm_infer = vn_cuda_batchnorm_infer,
    .batchnorm_backward = vn_cuda_batchnorm_backward,
    .layernorm_forward = vn_cuda_layernorm_forward,
    .layernorm_backward = vn_cuda_layernorm_backward,
    .softmax_forward = vn_cuda_softmax_forward,
    .softmax_backward = vn_cuda_softmax_backward,
    .gelu_forward = vn_cuda_gelu_forward,
    .gelu_backward = vn_cuda_gelu_backward,
    .relu_backward = vn_cuda_relu_backward,
    .add = vn_cuda_add,
    .pool_forward = vn_cuda_pool_forward,
    .pool_backward = vn_cuda_pool_backward,
    .embed_forward = vn_cuda_embed_forward,
    .embed_backward = vn_cuda_embed_backward,
    .cross_entropy = vn_cuda_cross_entropy,
    .accumulate = vn_cuda_accumulate,
    .accumulate_fast = vn_cuda_accumulate_fast,
    .gemm_sum = vn_cuda_gemm_sum,
    .update = vn_cuda_update,
};
