/*
 * The emulation of CUDA that the other tests stand on: barriers and shuffles
 * do what CUDA's do, a race shows when the order changes, and threads that
 * do not all come to a barrier are found.
 */
#define VN_CUDA_HOST

#include "config.h"

#include "vnode_exec/device/cuda/cuda.h"

#include <sys/wait.h>
#include <unistd.h>

extern "C" {
#include "t/tap.h"
}

enum {
    BLOCKS = 3,
    THREADS = 96
};

/* Each block turns its numbers round, through shared memory. */
static __global__ void
turn(const int *from, int *to)
{
    __shared__ int all[THREADS];
    unsigned i = blockIdx.x * blockDim.x;

    all[threadIdx.x] = from[i + threadIdx.x];
    __syncthreads();
    to[i + threadIdx.x] = all[blockDim.x - 1 - threadIdx.x];
}

/* The same without the barrier. */
static __global__ void
race(const int *from, int *to)
{
    __shared__ int all[THREADS];
    unsigned i = blockIdx.x * blockDim.x;

    all[threadIdx.x] = from[i + threadIdx.x];
    to[i + threadIdx.x] = all[blockDim.x - 1 - threadIdx.x];
}

/* Warps' sums by shuffles, then all of them by an atomic. */
static __global__ void
add_up(const int *from, unsigned long long *to)
{
    int x = from[blockIdx.x * blockDim.x + threadIdx.x];
    int same = __shfl_xor_sync(VN_CUDA_ALL, x, 1);

    same = __shfl_xor_sync(VN_CUDA_ALL, same, 1);
    for (unsigned w = VN_CUDA_WARP / 2; w > 0; w /= 2)
        x += __shfl_down_sync(VN_CUDA_ALL, x, w);
    x = __shfl_sync(VN_CUDA_ALL, x, 0);
    if (threadIdx.x % VN_CUDA_WARP == 5)
        atomicAdd(to, (unsigned long long) x);
    if (same != from[blockIdx.x * blockDim.x + threadIdx.x])
        atomicAdd(to, 1000000ULL);
}

static __global__ void
half_a_barrier()
{
    if (threadIdx.x < 40)
        __syncthreads();
}

static __global__ void
half_a_shuffle()
{
    if (threadIdx.x % VN_CUDA_WARP < 7)
        __shfl_xor_sync(VN_CUDA_ALL, 1, 1);
}

static __global__ void
part_of_a_warp()
{
    __shfl_xor_sync(0xffU, 1, 1);
}

static __global__ void
one_another()
{
    if (threadIdx.x < VN_CUDA_WARP / 2)
        __syncthreads();
    else
        __shfl_xor_sync(VN_CUDA_ALL, 1, 1);
}

template <typename... P, typename... A>
static void
run(void (*kernel)(P...), A... arguments)
{
    vn_emulation::launch(BLOCKS, THREADS, [=] { kernel(arguments...); });
}

/* Does the kernel end the program, with that message? */
static bool
stops(void (*kernel)(), const char *message)
{
    int ends[2], status = 0;
    char text[200] = "";
    ssize_t n;
    pid_t pid;

    if (pipe(ends) != 0)
        return false;
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        dup2(ends[1], 2);
        run(kernel);
        _exit(0);
    }
    close(ends[1]);
    n = read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    waitpid(pid, &status, 0);
    text[n > 0 ? n : 0] = '\0';
    diag("%.60s", text);
    return !WIFEXITED(status) && strstr(text, message) != NULL;
}

/* Results with VN_CUDA_HOST_ORDER as asked, which is read once: in a child. */
static int
turned(const char *order, void (*kernel)(const int *, int *))
{
    int status = 0;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        static int from[BLOCKS * THREADS], to[BLOCKS * THREADS];
        int wrong = 0;

        setenv("VN_CUDA_HOST_ORDER", order, 1);
        for (int i = 0; i < BLOCKS * THREADS; i++)
            from[i] = i * i + 1;
        run(kernel, (const int *) from, (int *) to);
        for (int i = 0; i < BLOCKS * THREADS; i++)
            wrong +=
                to[i]
                != from[i / THREADS * THREADS + THREADS - 1 - i % THREADS];
        _exit(wrong > 0);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int
main(void)
{
    static const char *const orders[] = {"up", "down", "mixed"};
    static int from[BLOCKS * THREADS];
    unsigned long long sum = 0, want = 0;
    int races = 0;

    for (int i = 0; i < 3; i++) {
        ok(turned(orders[i], turn) == 0, "a barrier, threads in order %s",
           orders[i]);
        races += turned(orders[i], race) != 0;
    }
    ok(races > 0, "without the barrier some order gives other results");
    for (int i = 0; i < BLOCKS * THREADS; i++) {
        from[i] = i * 7 - 11;
        want += (unsigned long long) from[i];
    }
    run(add_up, (const int *) from, &sum);
    ok(sum == want, "shuffles and atomics");
    ok(stops(half_a_barrier, "a barrier that other threads do not reach"),
       "a barrier that some threads do not reach is found");
    ok(stops(half_a_shuffle, "a shuffle that other lanes do not reach"),
       "so is a shuffle");
    ok(stops(part_of_a_warp, "a shuffle of part of a warp"),
       "a shuffle is a whole warp's");
    ok(stops(one_another, "threads wait for each other"),
       "and threads that wait for each other are");
    return done_testing();
}
