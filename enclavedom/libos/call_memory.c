/* Memory: the program's addresses, and none of this process's. */
#include "config.h"

#include "enclavedom/libos/inner.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGES(n) (((n) + ED_PAGE - 1) & ~(uint64_t) (ED_PAGE - 1))

/* What mmap() is asked for, as far as it is served: a mapping that grows by
 * itself (MAP_GROWSDOWN) would be memory that nobody counts. */
enum {
    KINDS = MAP_SHARED | MAP_PRIVATE,
    PLACES = MAP_FIXED | MAP_FIXED_NOREPLACE,
    PASSED = KINDS | PLACES | MAP_ANONYMOUS | MAP_NORESERVE | MAP_POPULATE,
    IGNORED = MAP_HUGETLB | MAP_LOCKED | MAP_STACK | MAP_DENYWRITE
              | MAP_EXECUTABLE | MAP_NONBLOCK | MAP_32BIT,
    RIGHTS = PROT_READ | PROT_WRITE | PROT_EXEC
};

/* A fixed address must be free, or the program's already; which other
 * addresses are taken the kernel knows (MAP_FIXED_NOREPLACE).  The lowest are
 * nobody's: what is wrong in this process would be read there. */
static long
place(struct os *os, uint64_t *flags, uint64_t at, uint64_t bytes)
{
    if ((*flags & PLACES) == 0)
        return 0;
    if (at < OS_LEAST_ADDRESS)
        return -EPERM;
    if ((*flags & MAP_FIXED) != 0 && !os_is_own(os, at, bytes))
        *flags = (*flags & ~(uint64_t) MAP_FIXED) | MAP_FIXED_NOREPLACE;
    return 0;
}

/* A file's bytes into memory that was mapped for them. */
static long
fill(struct os *os, uint64_t at, uint64_t bytes, int host, uint64_t offset)
{
    for (uint64_t done = 0; done < bytes;) {
        uint64_t n = bytes - done;
        ssize_t got;

        n = n < OS_BUFFER_BYTES ? n : OS_BUFFER_BYTES;
        got = pread(host, os->buffer->bytes, n, (off_t) (offset + done));
        if (got < 0)
            return -errno;
        if (got == 0)
            return 0;
        if (!os->guest->write(at + done, os->buffer->bytes, (size_t) got))
            return -EFAULT;
        done += (uint64_t) got;
    }
    return 0;
}

/* In another process a private file is memory that is filled from it. */
static long
map_copy(struct os *os, const uint64_t *args, int host)
{
    uint64_t all[OS_CALL_ARGS];
    long at, error;

    memcpy(all, args, sizeof all);
    if ((args[3] & MAP_SHARED) != 0)
        return -ENODEV;
    all[2] = PROT_READ | PROT_WRITE;
    all[3] |= MAP_ANONYMOUS;
    all[4] = (uint64_t) -1;
    all[5] = 0;
    at = os->guest->call(SYS_mmap, all);
    if (at < 0)
        return at;
    error = fill(os, (uint64_t) at, args[1], host, args[5]);
    if (error == 0 && args[2] != all[2])
        error = os->guest->call(
            SYS_mprotect,
            (uint64_t[OS_CALL_ARGS]){(uint64_t) at, args[1], args[2]});
    return error == 0 ? at : error;
}

/* What was there may be gone: then it is not the program's either. */
static void
lose(struct os *os, uint64_t at, uint64_t bytes)
{
    os->guest->call(SYS_munmap, (uint64_t[OS_CALL_ARGS]){at, bytes});
    os_map_remove(os, at, bytes);
}

static long
map(struct os *os, const uint64_t *args)
{
    uint64_t all[OS_CALL_ARGS], bytes = PAGES(args[1]);
    bool file = (args[3] & MAP_ANONYMOUS) == 0;
    int host = -1;
    long at, error;

    memcpy(all, args, sizeof all);
    if (args[1] == 0 || bytes < args[1] || args[0] % ED_PAGE != 0)
        return -EINVAL;
    if ((args[2] & ~(uint64_t) RIGHTS) != 0
        || (args[3] & ~(uint64_t) (PASSED | IGNORED)) != 0
        || (args[3] & KINDS) == 0 || (args[3] & KINDS) == KINDS)
        return -EINVAL;
    if ((args[2] & (PROT_WRITE | PROT_EXEC)) == (PROT_WRITE | PROT_EXEC)
        || (file && (args[2] & PROT_EXEC) != 0 && (args[3] & MAP_SHARED) != 0))
        return -EACCES;
    if (file && (host = os_host(os, args[4])) < 0)
        return -EBADF;
    if (!os_map_room(os, bytes))
        return -ENOMEM;
    if ((error = place(os, &all[3], args[0], bytes)) != 0)
        return error;
    if (args[0] < OS_LEAST_ADDRESS)
        all[0] = 0; /* a hint */
    all[3] &= PASSED;
    all[4] = (uint64_t) host;
    if (file && !os->guest->direct)
        at = map_copy(os, all, host);
    else
        at = os->guest->call(SYS_mmap, all);
    if (at >= 0 && (uint64_t) at + bytes <= (uint64_t) 1 << 47)
        os_map_add(os, (uint64_t) at, bytes);
    else if ((all[3] & MAP_FIXED) != 0)
        lose(os, args[0], bytes);
    return at == -EEXIST ? -ENOMEM : at;
}

uint64_t
os_mmap(void *arg, const uint64_t *args)
{
    return (uint64_t) map(arg, args);
}

uint64_t
os_munmap(void *arg, const uint64_t *args)
{
    struct os *os = arg;
    uint64_t bytes = PAGES(args[1]);
    long error;

    if (args[0] % ED_PAGE != 0 || bytes == 0 || bytes < args[1])
        return (uint64_t) -EINVAL;
    if (!os_is_own(os, args[0], bytes) || !os_map_room(os, 0))
        return (uint64_t) -EPERM;
    error =
        os->guest->call(SYS_munmap, (uint64_t[OS_CALL_ARGS]){args[0], bytes});
    if (error == 0)
        os_map_remove(os, args[0], bytes);
    return (uint64_t) error;
}

uint64_t
os_mprotect(void *arg, const uint64_t *args)
{
    struct os *os = arg;

    if (args[0] % ED_PAGE != 0 || PAGES(args[1]) < args[1])
        return (uint64_t) -EINVAL;
    if (!os_is_own(os, args[0], PAGES(args[1])))
        return (uint64_t) -EPERM;
    if ((args[2] & ~(uint64_t) RIGHTS) != 0)
        return (uint64_t) -EINVAL;
    if ((args[2] & (PROT_WRITE | PROT_EXEC)) == (PROT_WRITE | PROT_EXEC))
        return (uint64_t) -EACCES;
    return (uint64_t) os->guest->call(SYS_mprotect, args);
}

uint64_t
os_mremap(void *arg, const uint64_t *args)
{
    struct os *os = arg;
    uint64_t old = PAGES(args[1]), bytes = PAGES(args[2]);
    uint64_t all[OS_CALL_ARGS];
    long at;

    memcpy(all, args, sizeof all);
    if (args[0] % ED_PAGE != 0 || old == 0 || bytes == 0
        || (args[3] & ~(uint64_t) MREMAP_MAYMOVE) != 0)
        return (uint64_t) -EINVAL; /* to a place of its choice: not served */
    if (!os_is_own(os, args[0], old))
        return (uint64_t) -EPERM;
    if (bytes > old && !os_map_room(os, bytes - old))
        return (uint64_t) -ENOMEM;
    at = os->guest->call(SYS_mremap, all);
    if (at >= 0 && (uint64_t) at + bytes <= (uint64_t) 1 << 47) {
        os_map_remove(os, args[0], old);
        os_map_add(os, (uint64_t) at, bytes);
    }
    return (uint64_t) at;
}

uint64_t
os_madvise(void *arg, const uint64_t *args)
{
    struct os *os = arg;

    if (args[0] % ED_PAGE != 0 || PAGES(args[1]) < args[1])
        return (uint64_t) -EINVAL;
    if (!os_is_own(os, args[0], PAGES(args[1])))
        return (uint64_t) -EPERM;
    if (args[2] != MADV_DONTNEED && args[2] != MADV_FREE)
        return 0; /* advice */
    return (uint64_t) os->guest->call(SYS_madvise, args);
}

/* The break lies in a range that was kept for it; beyond its end there is no
 * more, and the C library turns to mmap(). */
uint64_t
os_brk(void *arg, const uint64_t *args)
{
    struct os *os = arg;
    struct os_process *p = os->process;

    if (args[0] < p->break_base || args[0] > p->break_end)
        return p->break_now;
    if (args[0] < p->break_now) { /* what comes back is zero again */
        uint64_t from = PAGES(args[0]), to = PAGES(p->break_now);

        if (to > from && os_is_own(os, from, to - from))
            os->guest->call(SYS_madvise, (uint64_t[OS_CALL_ARGS]){
                                             from, to - from, MADV_DONTNEED});
    }
    p->break_now = args[0];
    return p->break_now;
}

/* One thread: nobody is woken, and who would wait would wait for ever. */
uint64_t
os_futex(void *arg, const uint64_t *args)
{
    int operation =
        (int) args[1] & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
    uint32_t word;

    if (os_take(arg, &word, args[0], sizeof word) != 0)
        return (uint64_t) -EFAULT;
    if (operation == FUTEX_WAKE || operation == FUTEX_WAKE_BITSET)
        return 0;
    if (operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET)
        return (uint64_t) (word != (uint32_t) args[2] ? -EAGAIN
                           : args[3] != 0             ? -ETIMEDOUT
                                                      : -EDEADLK);
    return (uint64_t) -ENOSYS;
}
