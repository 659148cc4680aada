/* Descriptors, and what is read and written through them. */
#include "config.h"

#include "enclavedom/libos/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    VECTORS_MAX = 1024
};

static uint64_t
result(long value)
{
    return (uint64_t) (value == -1 ? -errno : value);
}

/* Where the kernel reads or writes a stream: at its own place, or at one. */
static ssize_t
move(bool in, int host, void *bytes, size_t n, int64_t offset)
{
    if (offset >= 0)
        return in ? pread(host, bytes, n, offset)
                  : pwrite(host, bytes, n, offset);
    return in ? read(host, bytes, n) : write(host, bytes, n);
}

/* By copies, where the kernel cannot reach the program's memory for us. */
static long
move_copy(struct os *os, bool in, int host, uint64_t at, size_t n,
          int64_t offset)
{
    size_t done = 0;

    do {
        size_t part =
            n - done < OS_BUFFER_BYTES ? n - done : (size_t) OS_BUFFER_BYTES;
        int64_t where = offset < 0 ? offset : offset + (int64_t) done;
        ssize_t got;

        if (!in && !os->guest->read(os->buffer->bytes, at + done, part))
            return done > 0 ? (long) done : -EFAULT;
        got = move(in, host, os->buffer->bytes, part, where);
        if (got < 0)
            return done > 0 ? (long) done : -errno;
        if (in
            && !os->guest->write(at + done, os->buffer->bytes, (size_t) got))
            return -EFAULT;
        done += (size_t) got;
        if ((size_t) got < part)
            break;
    } while (done < n);
    return (long) done;
}

static long
transfer(struct os *os, bool in, uint64_t descriptor, uint64_t at,
         uint64_t bytes, int64_t offset)
{
    int host = os_host(os, descriptor);
    size_t n = bytes < 0x7ffff000 ? bytes : 0x7ffff000;
    ssize_t got;

    if (host < 0)
        return -EBADF;
    if (!os_is_own(os, at, n))
        return -EFAULT;
    if (!os->guest->direct)
        return move_copy(os, in, host, at, n, offset);
    got = move(in, host, (void *) (uintptr_t) at, n, offset);
    return got < 0 ? -errno : got;
}

uint64_t
os_read(void *arg, const uint64_t *a)
{
    return (uint64_t) transfer(arg, true, a[0], a[1], a[2], -1);
}

uint64_t
os_write(void *arg, const uint64_t *a)
{
    return (uint64_t) transfer(arg, false, a[0], a[1], a[2], -1);
}

uint64_t
os_pread64(void *arg, const uint64_t *a)
{
    return (int64_t) a[3] < 0 ? (uint64_t) -EINVAL
                              : (uint64_t) transfer(arg, true, a[0], a[1],
                                                    a[2], (int64_t) a[3]);
}

uint64_t
os_pwrite64(void *arg, const uint64_t *a)
{
    return (int64_t) a[3] < 0 ? (uint64_t) -EINVAL
                              : (uint64_t) transfer(arg, false, a[0], a[1],
                                                    a[2], (int64_t) a[3]);
}

/* One after another; what was moved before an error counts. */
static long
transfer_all(struct os *os, bool in, const uint64_t *a)
{
    long done = 0;

    if (a[2] > VECTORS_MAX)
        return -EINVAL;
    for (uint64_t i = 0; i < a[2]; i++) {
        struct iovec v;
        long got;

        if (os_take(os, &v, a[1] + i * sizeof v, sizeof v) != 0)
            return done > 0 ? done : -EFAULT;
        if (v.iov_len == 0)
            continue;
        got = transfer(os, in, a[0], (uint64_t) (uintptr_t) v.iov_base,
                       v.iov_len, -1);
        if (got < 0)
            return done > 0 ? done : got;
        done += got;
        if ((size_t) got < v.iov_len)
            break;
    }
    return os_host(os, a[0]) < 0 ? -EBADF : done;
}

uint64_t
os_readv(void *arg, const uint64_t *a)
{
    return (uint64_t) transfer_all(arg, true, a);
}

uint64_t
os_writev(void *arg, const uint64_t *a)
{
    return (uint64_t) transfer_all(arg, false, a);
}

uint64_t
os_lseek(void *arg, const uint64_t *a)
{
    int host = os_host(arg, a[0]);

    return host < 0 ? (uint64_t) -EBADF
                    : result(lseek(host, (off_t) a[1], (int) a[2]));
}

uint64_t
os_fsync(void *arg, const uint64_t *a)
{
    int host = os_host(arg, a[0]);

    return host < 0 ? (uint64_t) -EBADF : result(fsync(host));
}

uint64_t
os_fdatasync(void *arg, const uint64_t *a)
{
    int host = os_host(arg, a[0]);

    return host < 0 ? (uint64_t) -EBADF : result(fdatasync(host));
}

uint64_t
os_ftruncate(void *arg, const uint64_t *a)
{
    int host = os_host(arg, a[0]);

    return host < 0 ? (uint64_t) -EBADF
                    : result(ftruncate(host, (off_t) a[1]));
}

uint64_t
os_fstat(void *arg, const uint64_t *a)
{
    int host = os_host(arg, a[0]);
    struct stat st;

    if (host < 0)
        return (uint64_t) -EBADF;
    if (fstat(host, &st) != 0)
        return result(-1);
    return (uint64_t) os_give(arg, a[1], &st, sizeof st);
}

uint64_t
os_getdents64(void *arg, const uint64_t *a)
{
    struct os *os = arg;
    int host = os_host(os, a[0]);
    size_t n = a[2] < OS_BUFFER_BYTES ? a[2] : (size_t) OS_BUFFER_BYTES;
    long got;

    if (host < 0)
        return (uint64_t) -EBADF;
    if (!os_is_own(os, a[1], n))
        return (uint64_t) -EFAULT;
    got = syscall(SYS_getdents64, host, os->buffer->bytes, n);
    if (got < 0)
        return result(-1);
    return os_give(os, a[1], os->buffer->bytes, (size_t) got) != 0
               ? (uint64_t) -EFAULT
               : (uint64_t) got;
}

/* Nothing here is a terminal or a device. */
uint64_t
os_ioctl(void *arg, const uint64_t *a)
{
    return (uint64_t) (os_host(arg, a[0]) < 0 ? -EBADF : -ENOTTY);
}

static long
duplicate(struct os *os, uint64_t descriptor, int least, int flags)
{
    int host = os_host(os, descriptor);

    if (host < 0)
        return -EBADF;
    if (least < 0 || least >= OS_DESCRIPTORS_MAX)
        return -EINVAL;
    host = fcntl(host, F_DUPFD_CLOEXEC, 3);
    return os_descriptor_new(os, host < 0 ? -errno : host, least, flags);
}

uint64_t
os_dup(void *arg, const uint64_t *a)
{
    return (uint64_t) duplicate(arg, a[0], 0, 0);
}

static long
end(struct os *os, uint64_t descriptor)
{
    int host = os_host(os, descriptor);

    if (host < 0)
        return -EBADF;
    os->descriptors->at[descriptor].host = -1;
    return close(host) == 0 ? 0 : -errno;
}

uint64_t
os_close(void *arg, const uint64_t *a)
{
    return (uint64_t) end(arg, a[0]);
}

uint64_t
os_dup3(void *arg, const uint64_t *a)
{
    struct os *os = arg;

    if (os_host(os, a[0]) < 0 || a[1] >= OS_DESCRIPTORS_MAX)
        return (uint64_t) -EBADF;
    if (a[0] == a[1] || (a[2] & ~(uint64_t) O_CLOEXEC) != 0)
        return (uint64_t) -EINVAL;
    end(os, a[1]);
    return (uint64_t) duplicate(os, a[0], (int) a[1],
                                (a[2] & O_CLOEXEC) != 0 ? FD_CLOEXEC : 0);
}

uint64_t
os_dup2(void *arg, const uint64_t *a)
{
    if (a[0] == a[1])
        return os_host(arg, a[0]) < 0 ? (uint64_t) -EBADF : a[0];
    return os_dup3(arg, (uint64_t[]){a[0], a[1], 0});
}

/* Locks are the kernel's, and the program's alone. */
static long
lock(struct os *os, int host, int command, uint64_t at)
{
    struct flock l;

    if (os_take(os, &l, at, sizeof l) != 0)
        return -EFAULT;
    if (fcntl(host, command, &l) != 0)
        return -errno;
    return command == F_GETLK ? os_give(os, at, &l, sizeof l) : 0;
}

uint64_t
os_fcntl(void *arg, const uint64_t *a)
{
    struct os *os = arg;
    int host = os_host(os, a[0]);

    if (host < 0)
        return (uint64_t) -EBADF;
    switch ((int) a[1]) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        return (uint64_t) duplicate(os, a[0], (int) a[2],
                                    (int) a[1] == F_DUPFD ? 0 : FD_CLOEXEC);
    case F_GETFD:
        return (uint64_t) os->descriptors->at[a[0]].flags;
    case F_SETFD:
        os->descriptors->at[a[0]].flags = (int) a[2] & FD_CLOEXEC;
        return 0;
    case F_GETFL:
        return result(fcntl(host, F_GETFL));
    case F_SETFL:
        return result(
            fcntl(host, F_SETFL, (int) a[2] & (O_APPEND | O_NONBLOCK)));
    case F_GETLK:
    case F_SETLK:
        return (uint64_t) lock(os, host, (int) a[1], a[2]);
    default:
        return (uint64_t) -EINVAL;
    }
}
