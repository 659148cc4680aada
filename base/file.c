#include "config.h"

#include "base/file.h"

#include "base/rng.h"
#include "base/xalloc.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
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

enum vn_status
vn_file_create(struct vn_file *file, const char *path, struct vn_error *err)
{
    mode_t mask = umask(0);
    struct stat st;
    size_t size;
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
    size = strlen(file->target) + sizeof ".XXXXXX";
    file->temporary = vn_xcalloc(size, 1);
    snprintf(file->temporary, size, "%s.XXXXXX", file->target);
    fd = mkstemp(file->temporary);
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

enum vn_status
vn_file_commit(struct vn_file *file, struct vn_error *err)
{
    enum vn_status status = VN_OK;
    bool failed = fflush(file->stream) != 0 || ferror(file->stream);

    if (!failed && file->temporary != NULL)
        failed = fsync(fileno(file->stream)) != 0
                 || rename(file->temporary, file->target) != 0;
    if (failed)
        status =
            vn_fail(err, VN_EIO, "cannot write %s: %s",
                    file->stream == stdout ? "standard output" : file->path,
                    strerror(errno));
    if (!failed && file->temporary != NULL) {
        free(file->temporary);
        file->temporary = NULL;
    }
    vn_file_discard(file);
    return status;
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
