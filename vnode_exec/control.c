#include "config.h"

#include "vnode_exec/control.h"

#include "base/number.h"
#include "base/xalloc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

struct vn_control {
    const char *path; /* NULL: an open socket was given */
    int listening;    /* -1 with an open socket */
    int client;       /* -1: none */
    bool ended;       /* the open socket's other end is closed */
    char line[VN_REQUEST_SIZE];
    size_t used;
    bool overlong; /* the rest of this line is passed over */
};

static const char *const verbs[] = {
    [VN_REQUEST_STATUS] = "status", [VN_REQUEST_REPORT] = "report",
    [VN_REQUEST_RESIZE] = "resize", [VN_REQUEST_CHECKPOINT] = "checkpoint",
    [VN_REQUEST_STOP] = "stop",
};

/* What stands there is ours to replace only if it is a socket. */
static enum vn_status
make_room(const char *path, struct vn_error *err)
{
    struct stat info;

    if (lstat(path, &info) != 0)
        return VN_OK;
    if (!S_ISSOCK(info.st_mode))
        return vn_fail(err, VN_EIO,
                       "%s: is there and no socket, expected a new path",
                       path);
    if (unlink(path) != 0)
        return vn_fail(err, VN_EIO, "%s: %s", path, strerror(errno));
    return VN_OK;
}

static enum vn_status
listen_at(struct vn_control *c, const char *path, struct vn_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    enum vn_status status;

    if (strlen(path) >= sizeof address.sun_path)
        return vn_fail(err, VN_EUSAGE,
                       "--control: '%s' is too long, expected at most %zu "
                       "bytes",
                       path, sizeof address.sun_path - 1);
    status = make_room(path, err);
    if (status != VN_OK)
        return status;
    memcpy(address.sun_path, path, strlen(path) + 1);
    c->listening =
        socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (c->listening < 0
        || bind(c->listening, (struct sockaddr *) &address, sizeof address)
               != 0)
        return vn_fail(err, VN_EIO, "%s: %s", path, strerror(errno));
    c->path = path;
    if (listen(c->listening, 4) != 0)
        return vn_fail(err, VN_EIO, "%s: %s", path, strerror(errno));
    return VN_OK;
}

/* A client that does not read is not waited for longer than this. */
static void
set_patience(int fd)
{
    struct timeval second = {.tv_sec = 1};

    (void) setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
}

static enum vn_status
take_open(struct vn_control *c, const char *where, struct vn_error *err)
{
    char why[VN_WHY_SIZE];
    int64_t fd = -1;
    const char *wrong = vn_read_int(where + 3, 3, 1 << 20, &fd, why);
    struct stat info;

    if (wrong != NULL || fstat((int) fd, &info) != 0
        || !S_ISSOCK(info.st_mode))
        return vn_fail(err, VN_EUSAGE,
                       "--control: '%s' is wrong, expected the number of an "
                       "open socket",
                       where);
    c->client = (int) fd;
    set_patience(c->client);
    return VN_OK;
}

enum vn_status
vn_control_open(const char *where, struct vn_control **control,
                struct vn_error *err)
{
    struct vn_control *c = vn_xcalloc(1, sizeof *c);
    enum vn_status status;

    c->listening = c->client = -1;
    status = strncmp(where, "fd:", 3) == 0 ? take_open(c, where, err)
                                           : listen_at(c, where, err);
    if (status != VN_OK) {
        vn_control_close(c);
        c = NULL;
    }
    *control = c;
    return status;
}

void
vn_control_close(struct vn_control *c)
{
    if (c == NULL)
        return;
    if (c->client >= 0)
        close(c->client);
    if (c->listening >= 0)
        close(c->listening);
    if (c->path != NULL)
        unlink(c->path);
    free(c);
}

static void
hang_up(struct vn_control *c)
{
    close(c->client);
    c->client = -1;
    c->used = 0;
    c->overlong = false;
    c->ended = c->listening < 0;
}

void
vn_control_say(struct vn_control *c, const char *format, ...)
{
    char text[2048];
    va_list args;
    size_t n;
    int wrote;

    if (c == NULL || c->client < 0)
        return;
    va_start(args, format);
    wrote = vsnprintf(text, sizeof text - 1, format, args);
    va_end(args);
    n = wrote < 0                          ? 0
        : (size_t) wrote > sizeof text - 2 ? sizeof text - 2
                                           : (size_t) wrote;
    text[n++] = '\n';
    for (size_t at = 0; at < n;) {
        ssize_t sent = send(c->client, text + at, n - at, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0) {
            hang_up(c);
            return;
        }
        at += (size_t) sent;
    }
}

/* A line as a request; what is none is answered. */
static bool
understand(struct vn_control *c, struct vn_request *request)
{
    size_t n = strcspn(c->line, " \t\r");
    const char *arg = c->line + n + strspn(c->line + n, " \t");

    if (c->line[0] == '\0')
        return false;
    for (int i = 0; i < (int) (sizeof verbs / sizeof *verbs); i++)
        if (strlen(verbs[i]) == n && strncmp(verbs[i], c->line, n) == 0) {
            request->verb = (enum vn_request_verb) i;
            snprintf(request->arg, sizeof request->arg, "%.*s",
                     (int) strcspn(arg, "\r"), arg);
            return true;
        }
    vn_control_say(c,
                   "error '%.*s' is no request, expected status, report, "
                   "resize, checkpoint or stop",
                   (int) (n < 40 ? n : 40), c->line);
    return false;
}

/* One more byte of what the client sends; does it end a request? */
static bool
take_byte(struct vn_control *c, char byte, struct vn_request *request)
{
    bool overlong = c->overlong;

    if (byte != '\n') {
        if (c->used + 1 < sizeof c->line)
            c->line[c->used++] = byte == '\0' ? '?' : byte;
        else
            c->overlong = true;
        return false;
    }
    c->line[c->used] = '\0';
    c->used = 0;
    c->overlong = false;
    if (overlong) {
        vn_control_say(c, "error a line of more than %d bytes",
                       VN_REQUEST_SIZE - 2);
        return false;
    }
    return understand(c, request);
}

bool
vn_control_next(struct vn_control *c, struct vn_request *request)
{
    if (c == NULL)
        return false;
    if (c->client < 0 && c->listening >= 0) {
        c->client = accept(c->listening, NULL, NULL);
        if (c->client >= 0)
            set_patience(c->client);
    }
    while (c->client >= 0) {
        char byte;
        ssize_t n = recv(c->client, &byte, 1, MSG_DONTWAIT);

        if (n == 1) {
            if (take_byte(c, byte, request))
                return true;
        } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
            hang_up(c);
        } else if (errno == EAGAIN) {
            return false;
        }
    }
    if (c->ended) { /* once */
        c->ended = false;
        *request = (struct vn_request){.verb = VN_REQUEST_STOP};
        return true;
    }
    return false;
}
