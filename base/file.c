#include "config.h"

#include "base/file.h"

#include "base/gzip.h"
#include "base/rng.h"
#include "base/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Open what is there and no regular file: it is not ours to replace. */
static enum vn_status
open_in_place(struct vn_file *file, const struct stat *st,
              struct vn_error *err)
{
    if (S_ISDIR(st->st_mode))
        errno = EISDIR;
    else
        file->stream = fopen(file->path, "w");
    if (file->stream == NULL)
        return vn_fail(err, VN_EIO, "cannot write %s: %s", file->path,
                       strerror(errno));
    return VN_OK;
}

static void
forget(struct vn_file *file)
{
    free(file->temporary);
    free(file->target);
    *file = (struct vn_file){0};
}

/* What is put behind a path to make a temporary's name. */
#define PART ".vnpart-XXXXXX"

/* Does a name in a folder look like a temporary of the file called base? */
static bool
is_part_of(const char *name, const char *base)
{
    size_t n = strlen(base), fixed = sizeof PART - sizeof "XXXXXX";

    return strlen(name) == n + sizeof PART - 1 && strncmp(name, base, n) == 0
           && strncmp(name + n, PART, fixed) == 0;
}

/* A temporary that nobody holds a lock on has lost its writer. */
static void
remove_orphan(int folder, const char *name)
{
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        (void) unlinkat(folder, name, 0);
    close(fd);
}

static void
remove_orphans(const char *target)
{
    const char *slash = strrchr(target, '/');
    const char *base = slash != NULL ? slash + 1 : target;
    char *folder = vn_xstrdup(target);
    struct dirent *entry;
    DIR *dir;

    folder[base - target] = '\0';
    dir = opendir(folder[0] != '\0' ? folder : ".");
    free(folder);
    if (dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL)
        if (is_part_of(entry->d_name, base))
            remove_orphan(dirfd(dir), entry->d_name);
    closedir(dir);
}

/*
 * Make the temporary and lock it.  Another who looks for orphans may have
 * locked and removed it in between: then it has no name any more, and the
 * next is tried.
 */
static int
open_part(struct vn_file *file)
{
    size_t size = strlen(file->target) + sizeof PART;
    struct stat st;
    int fd;

    free(file->temporary);
    file->temporary = vn_xcalloc(size, 1);
    do {
        snprintf(file->temporary, size, "%s" PART, file->target);
        fd = mkostemp(file->temporary, O_CLOEXEC);
        if (fd < 0)
            return -1;
        (void) flock(fd, LOCK_EX); /* where there are locks */
        if (fstat(fd, &st) != 0 || st.st_nlink > 0)
            return fd;
        close(fd);
    } while (true);
}

enum vn_status
vn_file_create(struct vn_file *file, const char *path, struct vn_error *err)
{
    mode_t mask = umask(0);
    struct stat st;
    int fd;

    umask(mask);
    *file = (struct vn_file){.path = path};
    if (strcmp(path, "-") == 0) {
        file->stream = stdout;
        return VN_OK;
    }
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return open_in_place(file, &st, err);
    file->target = realpath(path, NULL);
    if (file->target == NULL)
        file->target = vn_xstrdup(path);
    remove_orphans(file->target);
    fd = open_part(file);
    if (fd < 0 || fchmod(fd, 0666 & ~mask) != 0
        || (file->stream = fdopen(fd, "w")) == NULL) {
        vn_fail(err, VN_EIO, "cannot write %s: %s", path, strerror(errno));
        if (fd >= 0) {
            close(fd);
            unlink(file->temporary);
        }
        forget(file);
        return VN_EIO;
    }
    return VN_OK;
}

static enum vn_status
cannot_write(const struct vn_file *file, struct vn_error *err)
{
    return vn_fail(err, VN_EIO, "cannot write %s: %s",
                   file->stream == stdout ? "standard output" : file->path,
                   strerror(errno));
}

/* All that was written is on the disk, under its temporary name. */
static enum vn_status
settle(struct vn_file *file, struct vn_error *err)
{
    if (fflush(file->stream) != 0 || ferror(file->stream)
        || (file->temporary != NULL && fsync(fileno(file->stream)) != 0))
        return cannot_write(file, err);
    return VN_OK;
}

/* Then it gets its own name. */
static enum vn_status
put(struct vn_file *file, struct vn_error *err)
{
    if (file->temporary != NULL && rename(file->temporary, file->target) != 0)
        return cannot_write(file, err);
    free(file->temporary);
    file->temporary = NULL;
    return VN_OK;
}

enum vn_status
vn_file_place(struct vn_file *file, struct vn_error *err)
{
    enum vn_status status = settle(file, err);

    return status == VN_OK ? put(file, err) : status;
}

/* Close it, once it is in its place. */
static enum vn_status
end(struct vn_file *file, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    if (file->stream != stdout) {
        /* Some file systems only say now that there was no room. */
        if (fclose(file->stream) != 0)
            status = vn_fail(err, VN_EIO, "cannot write %s: %s", file->path,
                             strerror(errno));
        file->stream = NULL;
    }
    return status;
}

enum vn_status
vn_file_commit(struct vn_file *file, struct vn_error *err)
{
    return vn_file_commit_all(file, 1, err);
}

enum vn_status
vn_file_commit_all(struct vn_file *files, int n, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (int i = 0; i < n && status == VN_OK; i++)
        status = settle(&files[i], err);
    for (int i = 0; i < n && status == VN_OK; i++)
        status = put(&files[i], err);
    for (int i = 0; i < n && status == VN_OK; i++)
        status = end(&files[i], err);
    for (int i = 0; i < n; i++)
        vn_file_discard(&files[i]);
    return status;
}

enum vn_status
vn_file_folder(const char *name, char **folder, struct vn_error *err)
{
    const char *base = getenv("TMPDIR");
    size_t size;

    if (base == NULL || base[0] == '\0')
        base = "/tmp";
    size = strlen(base) + strlen(name) + sizeof "/-XXXXXX";
    *folder = vn_xcalloc(size, 1);
    snprintf(*folder, size, "%s/%s-XXXXXX", base, name);
    if (mkdtemp(*folder) != NULL)
        return VN_OK;
    free(*folder);
    *folder = NULL;
    return vn_fail(err, VN_EIO, "cannot write to %s: %s", base,
                   strerror(errno));
}

enum vn_status
vn_file_check(const char *path, struct vn_error *err)
{
    struct vn_file file;
    struct stat st;
    enum vn_status status;

    /* A pipe would wait for its reader, and hear an end. */
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return access(path, W_OK) == 0
                   ? VN_OK
                   : vn_fail(err, VN_EIO, "cannot write %s: %s", path,
                             strerror(errno));
    status = vn_file_create(&file, path, err);
    if (status == VN_OK)
        vn_file_discard(&file);
    return status;
}

bool
vn_file_installed(const char *name, char *path, size_t size)
{
    char own[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);
    int length;

    own[n > 0 ? n : 0] = '\0';
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(own, '/');

        if (slash == NULL)
            return false;
        *slash = '\0';
    }
    length = snprintf(path, size, "%s/share/" PACKAGE "/%s", own, name);
    return length > 0 && (size_t) length < size && access(path, R_OK) == 0;
}

int
vn_file_end_output(const char *program, int status)
{
    bool before = ferror(stdout) != 0;

    errno = 0;
    if ((fflush(stdout) == 0 && !before) || status != 0)
        return status;
    fprintf(stderr, "%s: cannot write standard output: %s\n", program,
            errno != 0 ? strerror(errno) : "not all was taken");
    return 1;
}

void
vn_file_discard(struct vn_file *file)
{
    if (file->stream != NULL && file->stream != stdout)
        fclose(file->stream);
    if (file->temporary != NULL)
        unlink(file->temporary);
    forget(file);
}

enum vn_status
vn_file_open(const char *path, FILE **stream, struct vn_error *err)
{
    struct stat st;

    if (strcmp(path, "-") == 0) {
        *stream = stdin;
        return VN_OK;
    }
    *stream = fopen(path, "r");
    if (*stream == NULL)
        return vn_fail(err, VN_EIO, "%s: %s", path, strerror(errno));
    if (fstat(fileno(*stream), &st) == 0 && S_ISDIR(st.st_mode)) {
        fclose(*stream);
        *stream = NULL;
        return vn_fail(err, VN_EIO, "%s: is a directory", path);
    }
    return VN_OK;
}

enum vn_status
vn_file_bytes(const char *path, size_t most, char **bytes, size_t *n,
              struct vn_error *err)
{
    size_t room = 1 << 12;
    FILE *in;
    enum vn_status status = vn_file_open(path, &in, err);

    *bytes = NULL;
    *n = 0;
    if (status != VN_OK)
        return status;
    do {
        room *= 2;
        *bytes = vn_xrealloc(*bytes, room, 1);
        *n += fread(*bytes + *n, 1, room - *n, in);
    } while (*n == room && *n <= most);
    if (ferror(in))
        status = vn_file_failed(path, err);
    vn_file_close(in);
    if (status != VN_OK) {
        free(*bytes);
        *bytes = NULL;
    }
    return status;
}

enum vn_status
vn_file_failed(const char *name, struct vn_error *err)
{
    return vn_fail(err, VN_EIO, "%s: %s", name,
                   errno == EBADMSG ? "its compressed data is damaged, or cut "
                                      "off"
                                    : strerror(errno));
}

/* What else people compress texts with, by the first bytes. */
static const struct {
    const char *name;
    const char *mark;
    size_t length;
} compressions[] = {
    {"bzip2", "BZh", 3},
    {"xz", "\xfd\x37zXZ", 5},
    {"zstd", "\x28\xb5\x2f\xfd", 4},
    {"zip", "PK\x03\x04", 4},
    {"7z", "7z\xbc\xaf\x27\x1c", 6},
};

/* Refuse what begins like one of those; a pipe is not looked at. */
static enum vn_status
refuse_compressed(const char *path, FILE *in, struct vn_error *err)
{
    char head[8] = "";
    size_t n;

    if (fseek(in, 0, SEEK_SET) != 0)
        return VN_OK;
    n = fread(head, 1, sizeof head, in);
    rewind(in);
    for (size_t i = 0; i < sizeof compressions / sizeof *compressions; i++)
        if (n >= compressions[i].length
            && memcmp(head, compressions[i].mark, compressions[i].length) == 0)
            return vn_fail(err, VN_EFORMAT,
                           "%s: is compressed by %s, expected text, or text "
                           "compressed by gzip",
                           path, compressions[i].name);
    return VN_OK;
}

enum vn_status
vn_file_open_text(const char *path, FILE **stream, struct vn_error *err)
{
    enum vn_status status = vn_file_open(path, stream, err);
    FILE *in = *stream;
    int first;

    if (status != VN_OK)
        return status;
    if (in != stdin)
        status = refuse_compressed(path, in, err);
    /* No text begins with this byte. */
    first = status == VN_OK ? getc(in) : EOF;
    if (first != EOF)
        ungetc(first, in);
    if (first == 0x1f) {
        in = vn_gzip_read(in);
        if (in == NULL)
            status = vn_file_failed(path, err);
        else
            *stream = in;
    }
    if (status != VN_OK) {
        vn_file_close(*stream);
        *stream = NULL;
    }
    return status;
}

void
vn_file_close(FILE *stream)
{
    if (stream != NULL && stream != stdin)
        fclose(stream);
}

enum vn_status
vn_file_hash(const char *path, uint64_t *hash, struct vn_error *err)
{
    enum vn_status status;
    char bytes[65536];
    FILE *in = NULL;
    size_t n;

    *hash = 0;
    status = vn_file_open(path, &in, err);
    if (status != VN_OK)
        return status;
    while ((n = fread(bytes, 1, sizeof bytes, in)) > 0)
        *hash = vn_hash(*hash, bytes, n);
    if (ferror(in))
        status = vn_fail(err, VN_EIO, "%s: %s", path, strerror(errno));
    vn_file_close(in);
    return status;
}

void
vn_csv_cell(FILE *out, const char *text)
{
    size_t n = strlen(text);

    if (n > 0 && strpbrk(text, ",\"\r\n#") == NULL && text[0] != ' '
        && text[n - 1] != ' ' && strchr(text, '\t') == NULL)
        fputs(text, out);
    else if (n > 0) {
        putc('"', out);
        for (; *text != '\0'; text++) {
            if (*text == '"')
                putc('"', out);
            putc(*text, out);
        }
        putc('"', out);
    }
}

/* The length of the UTF-8 sequence at p, 0 if it is none. */
static int
utf8_length(const unsigned char *p)
{
    int n = p[0] < 0x80                   ? 1
            : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
            : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
            : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
                                          : 0;

    for (int i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

void
vn_json_string(FILE *out, const char *text)
{
    const unsigned char *p = (const unsigned char *) text;

    putc('"', out);
    while (*p != '\0') {
        int n = utf8_length(p);

        if (*p == '"' || *p == '\\')
            fprintf(out, "\\%c", *p);
        else if (*p < 0x20)
            fprintf(out, "\\u%04x", *p);
        else if (n == 0)
            fputs("\\ufffd", out);
        else
            fwrite(p, 1, (size_t) n, out);
        p += n > 0 ? n : 1;
    }
    putc('"', out);
}
