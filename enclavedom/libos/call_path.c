/* Calls that name a path. */
#include "config.h"

#include "enclavedom/libos/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HERE ((uint64_t) AT_FDCWD)

static uint64_t
open_path(struct os *os, uint64_t folder, uint64_t path, uint64_t flags,
          uint64_t mode)
{
    long host =
        os_path_open(os, folder, path, (int) flags, (unsigned) mode & 0777);

    return (uint64_t) os_descriptor_new(
        os, host, 0, (flags & O_CLOEXEC) != 0 ? FD_CLOEXEC : 0);
}

uint64_t
os_open(void *arg, const uint64_t *a)
{
    return open_path(arg, HERE, a[0], a[1], a[2]);
}

uint64_t
os_openat(void *arg, const uint64_t *a)
{
    return open_path(arg, a[0], a[1], a[2], a[3]);
}

/* Of a path; with an empty one, of a descriptor. */
static long
state(struct os *os, uint64_t folder, uint64_t path, int flags,
      struct stat *st)
{
    long fd;
    char first;

    if ((flags & AT_EMPTY_PATH) != 0 && os_take(os, &first, path, 1) == 0
        && first == '\0') {
        int host = os_host(os, folder);

        return host < 0 ? -EBADF : (fstat(host, st) == 0 ? 0 : -errno);
    }
    fd = os_path_object(os, folder, path, (flags & AT_SYMLINK_NOFOLLOW) == 0);
    if (fd < 0)
        return fd;
    fstat((int) fd, st);
    close((int) fd);
    return 0;
}

static uint64_t
give_state(struct os *os, uint64_t folder, uint64_t path, int flags,
           uint64_t to)
{
    struct stat st;
    long error = state(os, folder, path, flags, &st);

    return (uint64_t) (error != 0 ? error : os_give(os, to, &st, sizeof st));
}

uint64_t
os_stat(void *arg, const uint64_t *a)
{
    return give_state(arg, HERE, a[0], 0, a[1]);
}

uint64_t
os_lstat(void *arg, const uint64_t *a)
{
    return give_state(arg, HERE, a[0], AT_SYMLINK_NOFOLLOW, a[1]);
}

uint64_t
os_newfstatat(void *arg, const uint64_t *a)
{
    return give_state(arg, a[0], a[1], (int) a[3], a[2]);
}

static uint64_t
access_path(struct os *os, uint64_t folder, uint64_t path, int mode)
{
    long fd = os_path_object(os, folder, path, true), error = 0;

    if (fd < 0)
        return (uint64_t) fd;
    if ((mode & W_OK) != 0 && !os_path_allows(os, (int) fd, OS_WRITE))
        error = -EACCES;
    else if (mode != F_OK && !os_path_allows(os, (int) fd, OS_READ))
        error = -EACCES;
    else if (faccessat((int) fd, "", mode, AT_EMPTY_PATH) != 0)
        error = -errno;
    close((int) fd);
    return (uint64_t) error;
}

uint64_t
os_access(void *arg, const uint64_t *a)
{
    return access_path(arg, HERE, a[0], (int) a[1]);
}

uint64_t
os_faccessat(void *arg, const uint64_t *a)
{
    return access_path(arg, a[0], a[1], (int) a[2]);
}

uint64_t
os_faccessat2(void *arg, const uint64_t *a)
{
    return access_path(arg, a[0], a[1], (int) a[2]);
}

static uint64_t
read_link(struct os *os, uint64_t folder, uint64_t path, uint64_t to,
          uint64_t bytes)
{
    char text[PATH_MAX];
    ssize_t n;
    long fd;

    if (os_take_text(os, text, path, sizeof text) == 0
        && strcmp(text, "/proc/self/exe") == 0) {
        n = (ssize_t) strlen(os->program->path);
        memcpy(text, os->program->path, (size_t) n);
    } else {
        fd = os_path_object(os, folder, path, false);
        if (fd < 0)
            return (uint64_t) fd;
        n = readlinkat((int) fd, "", text, sizeof text);
        n = n < 0 ? (errno == ENOENT ? -EINVAL : -errno) : n;
        close((int) fd);
    }
    if (n < 0)
        return (uint64_t) n;
    n = (uint64_t) n < bytes ? n : (ssize_t) bytes;
    return os_give(os, to, text, (size_t) n) != 0 ? (uint64_t) -EFAULT
                                                  : (uint64_t) n;
}

uint64_t
os_readlink(void *arg, const uint64_t *a)
{
    return read_link(arg, HERE, a[0], a[1], a[2]);
}

uint64_t
os_readlinkat(void *arg, const uint64_t *a)
{
    return read_link(arg, a[0], a[1], a[2], a[3]);
}

static uint64_t
remove_path(struct os *os, uint64_t folder, uint64_t path, int flags)
{
    char name[NAME_MAX + 1];
    long fd = os_path_parent(os, folder, path, name), error;

    if (fd < 0)
        return (uint64_t) fd;
    error = unlinkat((int) fd, name, flags) == 0 ? 0 : -errno;
    close((int) fd);
    return (uint64_t) error;
}

uint64_t
os_unlink(void *arg, const uint64_t *a)
{
    return remove_path(arg, HERE, a[0], 0);
}

uint64_t
os_unlinkat(void *arg, const uint64_t *a)
{
    return remove_path(arg, a[0], a[1], (int) a[2] & AT_REMOVEDIR);
}

uint64_t
os_rmdir(void *arg, const uint64_t *a)
{
    return remove_path(arg, HERE, a[0], AT_REMOVEDIR);
}

static uint64_t
make_folder(struct os *os, uint64_t folder, uint64_t path, uint64_t mode)
{
    char name[NAME_MAX + 1];
    long fd = os_path_parent(os, folder, path, name), error;

    if (fd < 0)
        return (uint64_t) fd;
    error = mkdirat((int) fd, name, (mode_t) mode & 0777) == 0 ? 0 : -errno;
    close((int) fd);
    return (uint64_t) error;
}

uint64_t
os_mkdir(void *arg, const uint64_t *a)
{
    return make_folder(arg, HERE, a[0], a[1]);
}

uint64_t
os_mkdirat(void *arg, const uint64_t *a)
{
    return make_folder(arg, a[0], a[1], a[2]);
}

static uint64_t
move_path(struct os *os, uint64_t from_folder, uint64_t from,
          uint64_t to_folder, uint64_t to)
{
    char old[NAME_MAX + 1], new[NAME_MAX + 1];
    long source = os_path_parent(os, from_folder, from, old), target, error;

    if (source < 0)
        return (uint64_t) source;
    target = os_path_parent(os, to_folder, to, new);
    if (target < 0)
        error = target;
    else {
        error =
            renameat((int) source, old, (int) target, new) == 0 ? 0 : -errno;
        close((int) target);
    }
    close((int) source);
    return (uint64_t) error;
}

uint64_t
os_rename(void *arg, const uint64_t *a)
{
    return move_path(arg, HERE, a[0], HERE, a[1]);
}

uint64_t
os_renameat(void *arg, const uint64_t *a)
{
    return move_path(arg, a[0], a[1], a[2], a[3]);
}

uint64_t
os_getcwd(void *arg, const uint64_t *a)
{
    struct os *os = arg;
    size_t n = strlen(os->paths->here) + 1;

    if (a[1] < n)
        return (uint64_t) -ERANGE;
    return os_give(os, a[0], os->paths->here, n) != 0 ? (uint64_t) -EFAULT : n;
}

uint64_t
os_chdir(void *arg, const uint64_t *a)
{
    struct os *os = arg;
    char link[24], place[PATH_MAX];
    struct stat st;
    long fd = os_path_object(os, HERE, a[0], true);
    ssize_t n;

    if (fd < 0)
        return (uint64_t) fd;
    snprintf(link, sizeof link, "%ld", fd);
    n = readlinkat(os->links, link, place, sizeof place - 1);
    if (fstat((int) fd, &st) != 0 || !S_ISDIR(st.st_mode) || n <= 0)
        n = -ENOTDIR;
    else {
        memcpy(os->paths->here, place, (size_t) n);
        os->paths->here[n] = '\0';
    }
    close((int) fd);
    return (uint64_t) (n < 0 ? n : 0);
}
