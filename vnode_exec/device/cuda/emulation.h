/*
 * CUDA on the host's processor, as much of it as the CUDA backend uses.
 *
 * The backend's sources are compiled a second time with this header in place
 * of CUDA's (emulation.cc), so that every kernel runs where there is no GPU,
 * under sanitizers and debuggers too.  It is for checking: nothing here is
 * fast, and no installed program contains it.
 *
 * A grid's blocks run one after another.  A block's threads run one after
 * another as well, each until it ends or comes to a barrier or a shuffle,
 * where it waits until all that must come have come; it is then a coroutine
 * with a stack of its own.  A barrier that some thread of the block, or of
 * the warp, never reaches is reported, and the program aborted.  What
 * environment variables ask for:
 *
 *   VN_CUDA_HOST_ORDER    up, down or mixed: the order of threads and of
 *                         blocks; a result that depends on it is a race
 *   VN_CUDA_HOST_DEVICES  devices there are [4]
 *   VN_CUDA_HOST_MEMORY   bytes each of them has [1 GiB]
 *   VN_CUDA_HOST_FAIL     the runtime call, counted from 1, that fails
 *   VN_CUDA_HOST_CODE     0: the program has no code for the devices [1]
 *   VN_CUDA_HOST_COPY     microseconds that a copy to a device takes [0]
 *   VN_CUDA_HOST_COUNTS   a file that says at the end how many kernels were
 *                         launched one by one, how many graphs, and how often
 *                         the host waited for a stream
 *
 * Shared variables are static in the thread that runs the block.  What is
 * asked of a stream is done at once; the time that copies would take passes on
 * the stream's own clock, for which events, kernels and whoever synchronises
 * wait.
 */
#ifndef VNODE_EXEC_DEVICE_CUDA_EMULATION_H
#define VNODE_EXEC_DEVICE_CUDA_EMULATION_H

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif
#include <ucontext.h>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __shared__      static thread_local
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))

struct dim3 {
    unsigned x, y, z;
};

inline thread_local dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace vn_emulation {

enum {
    WARP = 32,
    STACK = 256 << 10 /* sanitizers make frames large */
};

enum state {
    NEW,
    READY,
    AT_BARRIER,
    AT_SHUFFLE,
    DONE
};

/*
 * A coroutine: it runs threads until one of them waits.  It begins as a
 * context of its own; from then on it is left and entered by the compiler's
 * setjmp, which takes no system call.
 */
struct fiber {
    ucontext_t context;
    std::unique_ptr<char[]> stack;
    void *at[5];
    void *shadow; /* of its stack, for the address sanitizer */
    bool begun;
};

struct lane {
    enum state state;
    fiber *at; /* where it waits */
};

/* The block that runs; one for each thread of the program. */
struct block {
    const std::function<void()> *body;
    std::vector<lane> lanes;
    std::vector<unsigned> order;
    std::vector<std::unique_ptr<fiber>> fibers;
    std::vector<fiber *> idle;
    std::vector<uint64_t> given; /* to a shuffle, by parity and lane */
    std::vector<unsigned> parity;
    void *scheduler[5];
    void *shadow;
    const void *stack; /* the scheduler's, for the address sanitizer */
    size_t stack_size;
    fiber *running;
    unsigned now; /* the thread */
    size_t started;
};

inline thread_local block here;

[[noreturn]] inline void
stop(const char *what)
{
    fprintf(stderr, "block %u, thread %u: %s\n", blockIdx.x, threadIdx.x,
            what);
    abort();
}

inline void
become(unsigned thread)
{
    here.now = thread;
    threadIdx = {thread, 0, 0};
}

/* Tell the address sanitizer of a change of stacks, before and after. */
#ifdef __SANITIZE_ADDRESS__
inline void
change(void **shadow, const void *stack, size_t size)
{
    __sanitizer_start_switch_fiber(shadow, stack, size);
}

inline void
changed(void *shadow, const void **from, size_t *size)
{
    __sanitizer_finish_switch_fiber(shadow, from, size);
}
#else
inline void
change(void **, const void *, size_t)
{
}

inline void
changed(void *, const void **, size_t *)
{
}
#endif

/* Enter a fiber, from the scheduler. */
__attribute__((noinline)) inline void
enter(fiber *f)
{
    here.running = f;
    change(&here.shadow, f->stack.get(), STACK);
    if (__builtin_setjmp(here.scheduler) != 0) {
        changed(here.shadow, nullptr, nullptr);
        return;
    }
    if (f->begun)
        __builtin_longjmp(f->at, 1);
    f->begun = true;
    setcontext(&f->context);
}

/* Leave the fiber for the scheduler, until it is entered again. */
__attribute__((noinline)) inline void
leave(fiber *f)
{
    change(&f->shadow, here.stack, here.stack_size);
    if (__builtin_setjmp(f->at) == 0)
        __builtin_longjmp(here.scheduler, 1);
    changed(f->shadow, &here.stack, &here.stack_size);
}

/* Threads that have not begun, one after another until one waits. */
inline void
fiber_main()
{
    changed(nullptr, &here.stack, &here.stack_size);
    for (;;) {
        while (here.started < here.order.size()) {
            unsigned thread = here.order[here.started++];

            become(thread);
            here.lanes[thread].state = READY;
            (*here.body)();
            here.lanes[here.now].state = DONE;
        }
        here.idle.push_back(here.running);
        leave(here.running);
    }
}

inline fiber *
idle_fiber()
{
    fiber *f;

    if (!here.idle.empty()) {
        f = here.idle.back();
        here.idle.pop_back();
        return f;
    }
    here.fibers.push_back(std::make_unique<fiber>());
    f = here.fibers.back().get();
    f->stack = std::make_unique<char[]>(STACK);
    getcontext(&f->context);
    f->context.uc_stack.ss_sp = f->stack.get();
    f->context.uc_stack.ss_size = STACK;
    makecontext(&f->context, fiber_main, 0);
    return f;
}

/* The thread that runs waits. */
inline void
wait(enum state what)
{
    unsigned thread = here.now;
    fiber *f = here.running;

    here.lanes[thread].state = what;
    here.lanes[thread].at = f;
    leave(f);
    become(thread);
}

/* May the threads [from, to), all of them at `what` or done, go on? */
inline bool
release(size_t from, size_t to, enum state what)
{
    size_t there = 0, done = 0;

    for (size_t i = from; i < to; i++) {
        there += here.lanes[i].state == what;
        done += here.lanes[i].state == DONE;
    }
    if (there == 0 || there + done < to - from)
        return false;
    if (done > 0)
        stop(what == AT_BARRIER ? "a barrier that other threads do not reach"
                                : "a shuffle that other lanes do not reach");
    for (size_t i = from; i < to; i++)
        here.lanes[i].state = READY;
    return true;
}

inline void
run_block()
{
    size_t n = here.lanes.size();

    for (lane &l : here.lanes)
        l = {NEW, nullptr};
    here.started = 0;
    while (here.started < n)
        enter(idle_fiber());
    for (;;) {
        bool any = release(0, n, AT_BARRIER), waits = false;

        for (size_t i = 0; i < n; i += WARP)
            any = release(i, i + WARP < n ? i + WARP : n, AT_SHUFFLE) || any;
        for (unsigned i : here.order) {
            waits = waits || here.lanes[i].state != DONE;
            if (here.lanes[i].state == READY)
                enter(here.lanes[i].at);
        }
        if (!waits)
            return;
        if (!any)
            stop("threads wait for each other");
    }
}

/* The i-th of n in the order that the environment asks for. */
inline size_t
nth(size_t i, size_t n)
{
    static const char *const asked = getenv("VN_CUDA_HOST_ORDER");
    size_t step = n / 2 + 1;

    if (asked == nullptr || strcmp(asked, "up") == 0)
        return i;
    if (strcmp(asked, "down") == 0)
        return n - 1 - i;
    while (n > 1 && std::gcd(step, n) != 1)
        step++;
    return (i * step + n / 3) % n;
}

inline void
launch(unsigned blocks, unsigned threads, const std::function<void()> &body)
{
    gridDim = {blocks, 1, 1};
    blockDim = {threads, 1, 1};
    here.body = &body;
    here.lanes.resize(threads);
    here.order.resize(threads);
    here.given.resize(2 * threads);
    here.parity.assign(threads, 0);
    for (unsigned i = 0; i < threads; i++)
        here.order[i] = (unsigned) nth(i, threads);
    for (unsigned i = 0; i < blocks; i++) {
        blockIdx = {(unsigned) nth(i, blocks), 0, 0};
        run_block();
    }
}

/* What the lane `from` of this warp gives to a shuffle. */
template <typename T>
inline T
shuffle(unsigned mask, T x, unsigned from)
{
    unsigned me = here.now, n = (unsigned) here.lanes.size();
    uint64_t *slots = &here.given[here.parity[me] * n];
    unsigned there = me / WARP * WARP + from;
    T y;

    if (mask != 0xffffffffU)
        stop("a shuffle of part of a warp");
    here.parity[me] ^= 1;
    memcpy(&slots[me], &x, sizeof x);
    wait(AT_SHUFFLE);
    memcpy(&y, &slots[there < n ? there : me], sizeof y);
    return y;
}

} /* namespace vn_emulation */

inline void
__syncthreads()
{
    vn_emulation::wait(vn_emulation::AT_BARRIER);
}

inline void
__syncwarp(unsigned mask)
{
    vn_emulation::shuffle(mask, 0, 0);
}

template <typename T>
inline T
__shfl_sync(unsigned mask, T x, int from)
{
    return vn_emulation::shuffle(mask, x, (unsigned) from % 32);
}

template <typename T>
inline T
__shfl_down_sync(unsigned mask, T x, unsigned by)
{
    unsigned lane = threadIdx.x % 32;

    return vn_emulation::shuffle(mask, x, lane + by < 32 ? lane + by : lane);
}

template <typename T>
inline T
__shfl_xor_sync(unsigned mask, T x, int by)
{
    return vn_emulation::shuffle(mask, x, threadIdx.x % 32 ^ (unsigned) by);
}

template <typename T>
inline T
atomicAdd(T *to, T x)
{
    T before = *to;

    *to = before + x;
    return before;
}

template <typename T>
inline T
atomicMax(T *to, T x)
{
    T before = *to;

    *to = x > before ? x : before;
    return before;
}

/* The runtime. */
enum cudaError_t {
    cudaSuccess = 0,
    cudaErrorMemoryAllocation = 2,
    cudaErrorInsufficientDriver = 35,
    cudaErrorNoDevice = 100,
    cudaErrorInvalidDeviceFunction = 98,
    cudaErrorNoKernelImageForDevice = 209,
    cudaErrorUnsupportedPtxVersion = 222,
    cudaErrorPeerAccessAlreadyEnabled = 704,
    cudaErrorLaunchFailure = 719
};
enum cudaMemcpyKind {
    cudaMemcpyHostToDevice,
    cudaMemcpyDeviceToHost,
    cudaMemcpyDeviceToDevice
};
enum cudaDeviceAttr {
    cudaDevAttrClockRate,
    cudaDevAttrMemoryClockRate
};
enum {
    cudaStreamNonBlocking = 1,
    cudaEventDisableTiming = 2,
    cudaEventDefault = 0,
    cudaHostAllocDefault = 0
};
struct cudaDeviceProp {
    char name[256];
    size_t totalGlobalMem;
    int major, minor, multiProcessorCount, memoryBusWidth;
};
struct cudaFuncAttributes {
    size_t sharedSizeBytes;
};
/* What a stream was asked while it was recorded. */
typedef std::vector<std::function<void()>> *cudaGraph_t, *cudaGraphExec_t;
enum cudaStreamCaptureMode {
    cudaStreamCaptureModeThreadLocal = 1
};
/* The time of a stream's end, nanoseconds, and its record, if it is taken. */
struct CUstream_st {
    int64_t end;
    cudaGraph_t record;
};
typedef struct CUstream_st *cudaStream_t;
typedef int64_t *cudaEvent_t; /* its time */

namespace vn_emulation {

enum {
    DEVICES = 64
};

struct machine {
    std::mutex lock;
    size_t used[DEVICES];
    std::vector<std::pair<void *, std::pair<int, size_t>>> pieces;
    std::atomic<long> calls;
    std::atomic<long> launches, graphs, synchronisations;

    ~machine()
    {
        const char *path = getenv("VN_CUDA_HOST_COUNTS");
        FILE *out = path != nullptr ? fopen(path, "w") : nullptr;

        if (out == nullptr)
            return;
        fprintf(out, "launches %ld\ngraphs %ld\nsynchronisations %ld\n",
                launches.load(), graphs.load(), synchronisations.load());
        fclose(out);
    }
};

inline machine all;
inline thread_local int current;

inline long
asked(const char *name, long otherwise)
{
    const char *text = getenv(name);

    return text != nullptr ? atol(text) : otherwise;
}

/* Is it this call's turn to fail? */
inline cudaError_t
turn(cudaError_t how)
{
    static const long fails = asked("VN_CUDA_HOST_FAIL", 0);

    return ++all.calls == fails ? how : cudaSuccess;
}

inline cudaError_t
turn()
{
    return turn(cudaErrorLaunchFailure);
}

inline size_t
memory()
{
    static const size_t bytes =
        (size_t) asked("VN_CUDA_HOST_MEMORY", 1L << 30);

    return bytes;
}

inline int64_t
now()
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t) t.tv_sec * 1000000000 + t.tv_nsec;
}

/* When what was asked of a stream is done. */
inline int64_t
end_of(cudaStream_t stream)
{
    int64_t t = now();

    return stream != nullptr && stream->end > t ? stream->end : t;
}

inline void
await(cudaStream_t stream)
{
    int64_t left = end_of(stream) - now();
    struct timespec t = {(time_t) (left / 1000000000),
                         (long) (left % 1000000000)};

    if (left > 0)
        nanosleep(&t, nullptr);
}

/* A kernel, or what a library does: now, or whenever the record is run. */
inline void
ask(cudaStream_t stream, const std::function<void()> &what)
{
    if (stream->record != nullptr) {
        stream->record->push_back(what);
        return;
    }
    await(stream);
    all.launches++;
    what();
}

} /* namespace vn_emulation */

inline const char *
cudaGetErrorString(cudaError_t e)
{
    return e == cudaErrorMemoryAllocation ? "out of memory"
           : e == cudaErrorNoDevice       ? "no CUDA-capable device"
           : e == cudaErrorNoKernelImageForDevice
               ? "no kernel image is available for execution on the device"
               : "unspecified launch failure";
}

inline cudaError_t
cudaGetDeviceCount(int *n)
{
    *n = (int) vn_emulation::asked("VN_CUDA_HOST_DEVICES", 4);
    return *n > 0 ? cudaSuccess : cudaErrorNoDevice;
}

inline cudaError_t
cudaDriverGetVersion(int *version)
{
    *version = 13000;
    return cudaSuccess;
}

inline cudaError_t
cudaGetDeviceProperties(cudaDeviceProp *p, int)
{
    *p = {"host emulation", vn_emulation::memory(), 9, 0, 2, 64};
    return vn_emulation::turn();
}

inline cudaError_t
cudaDeviceGetAttribute(int *value, cudaDeviceAttr, int)
{
    *value = 1000000;
    return cudaSuccess;
}

inline cudaError_t
cudaSetDevice(int device)
{
    vn_emulation::current = device;
    return cudaSuccess;
}

inline cudaError_t
cudaGetLastError()
{
    return vn_emulation::turn();
}

inline cudaError_t
cudaFuncGetAttributes(cudaFuncAttributes *attributes, void (*)())
{
    *attributes = {};
    return vn_emulation::asked("VN_CUDA_HOST_CODE", 1) == 0
               ? cudaErrorNoKernelImageForDevice
               : vn_emulation::turn();
}

inline cudaError_t
cudaMemGetInfo(size_t *left, size_t *total)
{
    std::lock_guard<std::mutex> hold(vn_emulation::all.lock);

    *total = vn_emulation::memory();
    *left = *total - vn_emulation::all.used[vn_emulation::current];
    return vn_emulation::turn();
}

inline cudaError_t
cudaMalloc(void **p, size_t bytes)
{
    vn_emulation::machine &m = vn_emulation::all;
    int device = vn_emulation::current;
    std::lock_guard<std::mutex> hold(m.lock);

    if (bytes > vn_emulation::memory() - m.used[device]
        || vn_emulation::turn() != cudaSuccess
        || posix_memalign(p, 256, bytes) != 0)
        return cudaErrorMemoryAllocation;
    memset(*p, 0xff, bytes); /* NaN: it is nobody's zero */
    m.used[device] += bytes;
    m.pieces.push_back({*p, {device, bytes}});
    return cudaSuccess;
}

inline cudaError_t
cudaFree(void *p)
{
    vn_emulation::machine &m = vn_emulation::all;
    std::lock_guard<std::mutex> hold(m.lock);

    for (size_t i = 0; i < m.pieces.size(); i++)
        if (m.pieces[i].first == p) {
            m.used[m.pieces[i].second.first] -= m.pieces[i].second.second;
            m.pieces[i] = m.pieces.back();
            m.pieces.pop_back();
            break;
        }
    free(p);
    return cudaSuccess;
}

inline cudaError_t
cudaHostAlloc(void **p, size_t bytes, unsigned)
{
    cudaError_t e = vn_emulation::turn(cudaErrorMemoryAllocation);

    if (e != cudaSuccess)
        return e;
    *p = malloc(bytes);
    if (*p == nullptr)
        return cudaErrorMemoryAllocation;
    memset(*p, 0xff, bytes);
    return cudaSuccess;
}

inline cudaError_t
cudaFreeHost(void *p)
{
    free(p);
    return cudaSuccess;
}

inline cudaError_t
cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind,
                cudaStream_t stream)
{
    cudaError_t e = vn_emulation::turn();

    if (e != cudaSuccess)
        return e;
    if (stream->record != nullptr) {
        stream->record->push_back([=] { memmove(to, from, bytes); });
        return e;
    }
    memmove(to, from, bytes);
    if (kind == cudaMemcpyHostToDevice)
        stream->end = vn_emulation::end_of(stream)
                      + 1000 * vn_emulation::asked("VN_CUDA_HOST_COPY", 0);
    return e;
}

inline cudaError_t
cudaMemcpyPeerAsync(void *to, int, const void *from, int, size_t bytes,
                    cudaStream_t)
{
    cudaError_t e = vn_emulation::turn();

    if (e == cudaSuccess)
        memmove(to, from, bytes);
    return e;
}

inline cudaError_t
cudaMemsetAsync(void *p, int value, size_t bytes, cudaStream_t stream)
{
    cudaError_t e = vn_emulation::turn();

    if (e == cudaSuccess && stream->record != nullptr)
        stream->record->push_back([=] { memset(p, value, bytes); });
    else if (e == cudaSuccess)
        memset(p, value, bytes);
    return e;
}

inline cudaError_t
cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned)
{
    *stream = new CUstream_st{0, nullptr};
    return vn_emulation::turn();
}

inline cudaError_t
cudaStreamDestroy(cudaStream_t stream)
{
    delete stream;
    return cudaSuccess;
}

inline cudaError_t
cudaStreamSynchronize(cudaStream_t stream)
{
    if (stream->record != nullptr)
        vn_emulation::stop("a stream that is recorded is waited for");
    vn_emulation::all.synchronisations++;
    vn_emulation::await(stream);
    return vn_emulation::turn();
}

inline cudaError_t
cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode)
{
    cudaError_t e = vn_emulation::turn();

    if (e == cudaSuccess)
        stream->record = new std::vector<std::function<void()>>;
    return e;
}

inline cudaError_t
cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph)
{
    *graph = stream->record;
    stream->record = nullptr;
    return vn_emulation::turn();
}

inline cudaError_t
cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph,
                     unsigned long long)
{
    cudaError_t e = vn_emulation::turn();

    if (e == cudaSuccess)
        *exec = new std::vector<std::function<void()>>(*graph);
    return e;
}

inline cudaError_t
cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream)
{
    cudaError_t e = vn_emulation::turn();

    if (e != cudaSuccess)
        return e;
    vn_emulation::await(stream);
    vn_emulation::all.graphs++;
    for (const std::function<void()> &what : *exec)
        what();
    return e;
}

inline cudaError_t
cudaGraphDestroy(cudaGraph_t graph)
{
    delete graph;
    return cudaSuccess;
}

inline cudaError_t
cudaGraphExecDestroy(cudaGraphExec_t exec)
{
    delete exec;
    return cudaSuccess;
}

inline cudaError_t
cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned)
{
    stream->end = *event > stream->end ? *event : stream->end;
    return vn_emulation::turn();
}

inline cudaError_t
cudaEventCreateWithFlags(cudaEvent_t *event, unsigned)
{
    *event = new int64_t(0);
    return vn_emulation::turn();
}

inline cudaError_t
cudaEventDestroy(cudaEvent_t event)
{
    delete event;
    return cudaSuccess;
}

inline cudaError_t
cudaEventRecord(cudaEvent_t event, cudaStream_t stream)
{
    *event = vn_emulation::end_of(stream);
    return vn_emulation::turn();
}

inline cudaError_t
cudaEventElapsedTime(float *ms, cudaEvent_t from, cudaEvent_t to)
{
    *ms = (float) (1e-6 * (double) (*to - *from));
    return vn_emulation::turn();
}

inline cudaError_t
cudaDeviceCanAccessPeer(int *can, int, int)
{
    *can = 1;
    return vn_emulation::turn();
}

inline cudaError_t
cudaDeviceEnablePeerAccess(int, unsigned)
{
    return cudaErrorPeerAccessAlreadyEnabled;
}

#endif /* VNODE_EXEC_DEVICE_CUDA_EMULATION_H */
