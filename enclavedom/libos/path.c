/*
 * What of the file system the program may see.
 *
 * A path is opened first as an object (O_PATH), then the kernel is asked where
 * that object is, and this canonical path is held against the roots; what is
 * opened to read or write is that object and no other, so that a path which
 * changes after its check changes nothing.  What does not exist yet is made in
 * a folder that was found in the same way.
 */
#include "config.h"

#include "enclavedom/libos/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

int
os_host(const struct os *os, uint64_t descriptor)
{
    return descriptor < OS_DESCRIPTORS_MAX
               ? os->descriptors->at[descriptor].host
               : -1;
}

/* The lowest number that is free, from `least`; takes host, closed where there
 * is none. */
long
os_descriptor_new(struct os *os, long host, int least, int flags)
{
    if (host < 0)
        return host;
    for (int i = least; i < OS_DESCRIPTORS_MAX; i++)
        if (os->descriptors->at[i].host < 0) {
            os->descriptors->at[i].host = (int) host;
            os->descriptors->at[i].flags = flags;
            return i;
        }
    close((int) host);
    return -EMFILE;
}

static bool
is_within(const char *path, const char *root)
{
    size_t n = strlen(root);

    if (n == 1) /* all of it */
        return true;
    return strncmp(path, root, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

/* Where an object is, canonical; false where that cannot be said. */
static bool
place_of(const struct os *os, int host, char *path)
{
    char link[24];
    ssize_t n;

    snprintf(link, sizeof link, "%d", host);
    n = readlinkat(os->links, link, path, PATH_MAX - 1);
    if (n <= 0 || path[0] != '/')
        return false;
    path[n] = '\0';
    return true;
}

static bool
is_proc(int host)
{
    struct statfs fs;

    return fstatfs(host, &fs) != 0 || fs.f_type == PROC_SUPER_MAGIC;
}

/* Below the folder of a process?  What is there reaches its memory. */
static bool
is_of_process(const char *path)
{
    while ((path = strchr(path, '/')) != NULL) {
        size_t n = strspn(++path, "0123456789");

        if (n > 0 && (path[n] == '/' || path[n] == '\0'))
            return true;
    }
    return false;
}

static bool
is_device(int host)
{
    struct stat st;

    return fstat(host, &st) != 0 || S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode);
}

/* A folder that is allowed does not allow what reaches round the library: a
 * device must be named itself, and of /proc a part of it, where nothing of a
 * process is ever allowed. */
bool
os_path_allows(const struct os *os, int host, enum os_use use)
{
    const struct os_paths *p = os->paths;
    char path[PATH_MAX];
    bool proc = is_proc(host), device = use != OS_SEE && is_device(host);

    if (!place_of(os, host, path) || (proc && is_of_process(path)))
        return false;
    for (int i = 0; i < p->nroots; i++) {
        const char *root = p->roots[i].path;

        if ((use == OS_SEE && is_within(root, path))
            || ((p->roots[i].write || use != OS_WRITE) && is_within(path, root)
                && (!proc || p->roots[i].proc)
                && (!device || strcmp(path, root) == 0)))
            return true;
    }
    return false;
}

/* A path of the program's as one of this process; -errno. */
static long
whole(struct os *os, uint64_t folder, uint64_t path, char *text)
{
    char *own = (char *) os->buffer->bytes, base[PATH_MAX];
    long error = os_take_text(os, own, path, PATH_MAX);
    int host;

    if (error != 0)
        return error;
    if (own[0] == '\0')
        return -ENOENT;
    if (own[0] == '/')
        base[0] = '\0';
    else if ((int) folder == AT_FDCWD)
        strcpy(base, os->paths->here);
    else if ((host = os_host(os, folder)) < 0)
        return -EBADF;
    else if (!place_of(os, host, base))
        return -ENOTDIR;
    if (strlen(base) + 1 + strlen(own) >= PATH_MAX)
        return -ENAMETOOLONG;
    strcpy(text, base);
    if (own[0] != '/')
        strcat(text, "/");
    strcat(text, own);
    return 0;
}

static bool
is_folder(int host)
{
    struct stat st;

    return fstat(host, &st) == 0 && S_ISDIR(st.st_mode);
}

static long
object(struct os *os, const char *text, bool follow, enum os_use use,
       const char *named)
{

    int fd = open(text, O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));

    if (fd < 0)
        return -errno;
    if (os_path_allows(os, fd, use))
        return fd;
    if (use == OS_READ && is_folder(fd)) /* which many programs just try */
        use = OS_SEE;
    close(fd);
    os_refused(os, use, named);
    return -EACCES;
}

long
os_path_object(struct os *os, uint64_t folder, uint64_t path, bool follow)
{
    char text[PATH_MAX];
    long error = whole(os, folder, path, text);

    return error != 0 ? error : object(os, text, follow, OS_SEE, text);
}

/* Split text into the folder, opened where it may be written, and a name. */
static long
parent(struct os *os, char *text, char *name)
{
    char *slash, named[PATH_MAX];
    size_t n = strlen(text);

    while (n > 1 && text[n - 1] == '/')
        text[--n] = '\0';
    slash = strrchr(text, '/');
    if (slash == NULL || slash[1] == '\0' || strlen(slash + 1) > NAME_MAX
        || strcmp(slash + 1, ".") == 0 || strcmp(slash + 1, "..") == 0)
        return -EINVAL;
    strcpy(name, slash + 1);
    strcpy(named, text);
    *slash = '\0';
    return object(os, text[0] == '\0' ? "/" : text, true, OS_WRITE, named);
}

long
os_path_parent(struct os *os, uint64_t folder, uint64_t path, char *name)
{
    char text[PATH_MAX];
    long error = whole(os, folder, path, text);

    return error != 0 ? error : parent(os, text, name);
}

/* Open an object that was found, for what it may be used. */
static long
reopen(const struct os *os, long found, int flags)
{
    char link[24];
    int fd;

    snprintf(link, sizeof link, "%ld", found);
    fd = openat(os->links, link,
                (flags & ~(O_NOFOLLOW | O_CREAT | O_EXCL)) | O_CLOEXEC
                    | O_NOCTTY);
    fd = fd < 0 ? -errno : fd;
    close((int) found);
    return fd;
}

static long
create(struct os *os, char *text, int flags, unsigned mode)
{
    char name[NAME_MAX + 1];
    long folder = parent(os, text, name);
    int fd;

    if (folder < 0)
        return folder;
    fd = openat((int) folder, name,
                flags | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    fd = fd < 0 ? -errno : fd;
    close((int) folder);
    return fd;
}

long
os_path_open(struct os *os, uint64_t folder, uint64_t path, int flags,
             unsigned mode)
{
    bool write = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0;
    char text[PATH_MAX];
    long found = whole(os, folder, path, text);

    if (found != 0)
        return found;
    if ((flags & O_PATH) != 0 || (flags & O_TMPFILE) == O_TMPFILE)
        return -EOPNOTSUPP;
    found = object(os, text, (flags & O_NOFOLLOW) == 0,
                   write ? OS_WRITE : OS_READ, text);
    if (found == -ENOENT && (flags & O_CREAT) != 0)
        return create(os, text, flags, mode);
    if (found >= 0 && (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
        close((int) found);
        return -EEXIST;
    }
    return found < 0 ? found : reopen(os, found, flags);
}

/* The roots. */

static enum vn_status
add_root(struct os *os, const char *path, bool write, bool must,
         struct vn_error *err)
{
    struct os_paths *p = os->paths;
    char real[PATH_MAX];
    struct statfs fs;

    if (realpath(path, real) == NULL)
        return must ? vn_fail(err, VN_EIO, "%s: %s", path, strerror(errno))
                    : VN_OK;
    if (p->nroots == OS_ROOTS_MAX)
        return vn_fail(err, VN_EUSAGE, "more than %d paths are allowed",
                       OS_ROOTS_MAX);
    strcpy(p->roots[p->nroots].path, real);
    p->roots[p->nroots].proc =
        statfs(real, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
    p->roots[p->nroots++].write = write;
    return VN_OK;
}

/* What every program needs, and which no secret is in. */
static const char *const usual[] = {"/usr",
                                    "/bin",
                                    "/lib",
                                    "/lib64",
                                    "/etc/alternatives",
                                    "/etc/group",
                                    "/etc/ld.so.cache",
                                    "/etc/locale.alias",
                                    "/etc/localtime",
                                    "/etc/nsswitch.conf",
                                    "/etc/passwd"};

enum vn_status
os_path_setup(struct os *os, struct vn_error *err)
{
    const struct os_config *c = &os->config;
    enum vn_status status = VN_OK;
    struct stat st;

    os->links = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (os->links < 0)
        return vn_fail(err, VN_EIO, "/proc/self/fd: %s", strerror(errno));
    if (getcwd(os->paths->here, PATH_MAX) == NULL)
        return vn_fail(err, VN_EIO, "no current folder: %s", strerror(errno));
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        add_root(os, usual[i], false, false, NULL);
    add_root(os, "/dev/null", true, false, NULL);
    add_root(os, os->program->path, false, false, NULL);
    /* A word that is a file may be read: it is what the program is given. */
    for (int i = 1; c->words[i] != NULL && status == VN_OK; i++)
        if (stat(c->words[i], &st) == 0 && S_ISREG(st.st_mode))
            status = add_root(os, c->words[i], false, true, err);
    for (int i = 0; c->read != NULL && c->read[i] != NULL && status == VN_OK;
         i++)
        status = add_root(os, c->read[i], false, true, err);
    for (int i = 0; c->write != NULL && c->write[i] != NULL && status == VN_OK;
         i++)
        status = add_root(os, c->write[i], true, true, err);
    return status;
}
