#include "config.h"

#include "analysis/gnuplot.h"

#include "base/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SAID_MAX = 4096, /* of what gnuplot says, the last so many bytes */
    NOT_FOUND = 127  /* a shell's status for a program that is not there */
};

void
vn_gnuplot_quote(FILE *out, const char *text, const char *extension)
{
    const char *parts[] = {text, extension};

    putc('\'', out);
    for (int i = 0; i < 2; i++)
        for (const char *c = parts[i]; *c != '\0'; c++) {
            if (*c == '\'')
                putc('\'', out);
            putc((unsigned char) *c < ' ' || *c == 127 ? ' ' : *c, out);
        }
    putc('\'', out);
}

/* The assignments that tell a script where it is being run. */
static char *
make_preset(const char *stem, const char *name)
{
    char *text = NULL, *up;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    up = vn_xcalloc(strlen(stem) + sizeof "../", 1);
    strcat(strcpy(up, "../"), stem);
    fputs("data = ", out);
    vn_gnuplot_quote(out, up, ".csv");
    fputs("; output = ", out);
    vn_gnuplot_quote(out, name, "");
    fclose(out);
    free(up);
    return text;
}

/* The child: gnuplot in the folder made for it, heard through `said`. */
static void
become_gnuplot(const char *work, const char *stem, const char *preset,
               int said)
{
    const char *program = getenv("GNUPLOT");
    int null = open("/dev/null", O_RDWR);
    char *script = vn_xcalloc(strlen(stem) + sizeof "../.gp", 1);

    strcat(strcat(strcpy(script, "../"), stem), ".gp");
    if (program == NULL || program[0] == '\0')
        program = "gnuplot";
    unsetenv("GNUPLOT_FONTPATH");
    setenv("LC_ALL", "C.UTF-8", 1);
    if (null >= 0 && dup2(null, 0) >= 0 && dup2(null, 1) >= 0
        && dup2(said, 2) >= 0 && chdir(work) == 0)
        /* -d: no start-up files, so that a figure is the same for all. */
        execlp(program, program, "-d", "-e", preset, script, (char *) NULL);
    _exit(NOT_FOUND);
}

/* The last SAID_MAX - 1 bytes that come through fd. */
static void
listen_to(int fd, char said[SAID_MAX])
{
    size_t used = 0;
    char bytes[1024];
    ssize_t n;

    while ((n = read(fd, bytes, sizeof bytes)) > 0
           || (n < 0 && errno == EINTR)) {
        size_t keep, got = n > 0 ? (size_t) n : 0;

        keep = used + got < SAID_MAX ? used : SAID_MAX - 1 - got;
        memmove(said, said + used - keep, keep);
        memcpy(said + keep, bytes, got);
        used = keep + got;
    }
    said[used] = '\0';
}

/* Run it, and wait; its exit status, or -1 where it was ended by a signal. */
static enum vn_status
execute(const char *work, const char *stem, const char *name,
        char said[SAID_MAX], int *how, struct vn_error *err)
{
    char *preset = make_preset(stem, name);
    enum vn_status status = VN_OK;
    int ends[2], state = 0;
    pid_t pid;

    fflush(NULL);
    if (pipe(ends) != 0) {
        free(preset);
        return vn_fail(err, VN_EIO, "cannot run gnuplot: %s", strerror(errno));
    }
    pid = fork();
    if (pid == 0)
        become_gnuplot(work, stem, preset, ends[1]);
    close(ends[1]);
    if (pid < 0)
        status =
            vn_fail(err, VN_EIO, "cannot run gnuplot: %s", strerror(errno));
    else {
        listen_to(ends[0], said);
        while (waitpid(pid, &state, 0) < 0 && errno == EINTR)
            continue;
    }
    close(ends[0]);
    free(preset);
    *how = WIFEXITED(state) ? WEXITSTATUS(state) : -1;
    return status;
}

/* How a file ends that was written to its end, by its name's. */
static const struct {
    const char *extension;
    const char *end;
} ends[] = {
    {".pdf", "%%EOF"},     {".svg", "</svg>"},     {".png", "IEND"},
    {".eps", "%%Trailer"}, {".tex", "\\endgroup"},
};

/* Is a file whole?  gnuplot does not notice what a full disk refuses. */
static bool
is_whole(const char *path)
{
    const char *dot = strrchr(path, '.'), *end = "";
    char tail[128] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    ssize_t n = -1;

    for (size_t i = 0; dot != NULL && i < sizeof ends / sizeof *ends; i++)
        if (strcmp(dot, ends[i].extension) == 0)
            end = ends[i].end;
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0 && fsync(fd) == 0) {
        off_t from = st.st_size - (off_t) sizeof tail + 1;

        n = pread(fd, tail, sizeof tail - 1, from > 0 ? from : 0);
    }
    if (fd >= 0)
        close(fd);
    return n > 0 && memmem(tail, (size_t) n, end, strlen(end)) != NULL;
}

/* Is there room for more?  If not, the last that was written may be cut, and
 * some formats have no end that could be missed. */
static bool
has_room(const char *folder)
{
    static const char block[4096];
    size_t size = strlen(folder) + sizeof "/room-XXXXXX";
    char *path = vn_xcalloc(size, 1);
    bool room;
    int fd;

    snprintf(path, size, "%s/room-XXXXXX", folder);
    fd = mkostemp(path, O_CLOEXEC);
    room = fd >= 0 && write(fd, block, sizeof block) == sizeof block
           && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
        unlink(path);
    }
    free(path);
    return room;
}

/* Fail where a file in the folder is cut. */
static enum vn_status
check_whole(const char *folder, struct vn_error *err)
{
    enum vn_status status = VN_OK;
    struct dirent *entry;
    DIR *files;

    if (!has_room(folder))
        return vn_fail(err, VN_EIO, "cannot write %s: %s", folder,
                       strerror(errno));
    files = opendir(folder);
    while (files != NULL && status == VN_OK
           && (entry = readdir(files)) != NULL) {
        size_t size = strlen(folder) + strlen(entry->d_name) + 2;
        char *path;

        if (entry->d_name[0] == '.')
            continue;
        path = vn_xcalloc(size, 1);
        snprintf(path, size, "%s/%s", folder, entry->d_name);
        if (!is_whole(path))
            status = vn_fail(err, VN_EIO, "gnuplot did not write all of %s",
                             entry->d_name);
        free(path);
    }
    if (files != NULL)
        closedir(files);
    return status;
}

/* Did it draw?  *said becomes its first complaint. */
static enum vn_status
judge(char *said, int how, const char *drawn, const char *stem,
      struct vn_error *err)
{
    char *done = strstr(said, "done\n"), *line = said, *end;
    struct stat st;

    if (how == NOT_FOUND)
        return vn_fail(err, VN_EUNSUP,
                       "gnuplot is not there (Debian's package is "
                       "gnuplot-nox); %s.gp and %s.csv are left to draw from",
                       stem, stem);
    if (how == 0 && done != NULL && stat(drawn, &st) == 0 && st.st_size > 0)
        return VN_OK;
    /* Past blank lines and the carets that point at a place. */
    while (*line == '\n' || *line == ' ' || *line == '^' || *line == '\t')
        line++;
    end = strchr(line, '\n');
    if (end != NULL)
        *end = '\0';
    return vn_fail(err, VN_EIO, "gnuplot did not draw %s.gp: %s", stem,
                   *line != '\0' && line != done ? line : "it said nothing");
}

/* Move what is in one folder to another, or drop it. */
static enum vn_status
empty(const char *from, const char *to, struct vn_error *err)
{
    enum vn_status status = VN_OK;
    DIR *folder = opendir(from);
    struct dirent *entry;

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        char *old, *new;
        size_t size = strlen(from) + strlen(entry->d_name) + 2;

        if (strcmp(entry->d_name, ".") == 0
            || strcmp(entry->d_name, "..") == 0)
            continue;
        size += to != NULL ? strlen(to) : 0;
        old = vn_xcalloc(size, 1);
        new = vn_xcalloc(size, 1);
        snprintf(old, size, "%s/%s", from, entry->d_name);
        snprintf(new, size, "%s/%s", to != NULL ? to : "", entry->d_name);
        if (to == NULL)
            unlink(old);
        else if (rename(old, new) != 0 && status == VN_OK)
            status = vn_fail(err, VN_EIO, "cannot write %s: %s", new,
                             strerror(errno));
        free(old);
        free(new);
    }
    if (folder != NULL)
        closedir(folder);
    return status;
}

enum vn_status
vn_gnuplot_run(const char *folder, const char *stem, const char *name,
               struct vn_error *err)
{
    size_t size = strlen(folder) + strlen(name) + sizeof "/.plot-XXXXXX/";
    char *work = vn_xcalloc(size, 1), *drawn = vn_xcalloc(size, 1),
         *said = vn_xcalloc(SAID_MAX, 1);
    enum vn_status status;
    int how = -1;

    snprintf(work, size, "%s/.plot-XXXXXX", folder);
    if (mkdtemp(work) == NULL)
        status = vn_fail(err, VN_EIO, "cannot write to %s: %s", folder,
                         strerror(errno));
    else {
        snprintf(drawn, size, "%s/%s", work, name);
        status = execute(work, stem, name, said, &how, err);
        if (status == VN_OK)
            status = judge(said, how, drawn, stem, err);
        if (status == VN_OK)
            status = check_whole(work, err);
        if (status == VN_OK)
            status = empty(work, folder, err);
        empty(work, NULL, err);
        rmdir(work);
    }
    free(work);
    free(drawn);
    free(said);
    return status;
}
