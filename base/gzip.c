#include "config.h"

#include "base/gzip.h"

#include "base/xalloc.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <zlib.h>

struct gzip {
    FILE *in;
    z_stream z;
    bool inside; /* a member: its end has not been seen */
    unsigned char bytes[65536];
};

/* More bytes for the decoder; 0 at the end of the file, -1 where it fails. */
static int
refill(struct gzip *g)
{
    if (g->z.avail_in > 0)
        return 1;
    g->z.next_in = g->bytes;
    g->z.avail_in = (uInt) fread(g->bytes, 1, sizeof g->bytes, g->in);
    if (g->z.avail_in > 0)
        return 1;
    return ferror(g->in) ? -1 : 0;
}

/* Several members may follow each other; zlib checks the sum of each. */
static ssize_t
read_some(void *cookie, char *out, size_t size)
{
    struct gzip *g = cookie;

    g->z.next_out = (unsigned char *) out;
    g->z.avail_out = (uInt) size;
    while (g->z.avail_out == size) {
        int more = refill(g), code;

        if (more < 0)
            return -1;
        if (more == 0 && !g->inside)
            return 0;
        code = more == 0 ? Z_BUF_ERROR : inflate(&g->z, Z_NO_FLUSH);
        if (code != Z_OK && code != Z_STREAM_END) {
            errno = EBADMSG;
            return -1;
        }
        g->inside = code != Z_STREAM_END;
        if (!g->inside)
            inflateReset(&g->z);
    }
    return (ssize_t) (size - g->z.avail_out);
}

static int
close_all(void *cookie)
{
    struct gzip *g = cookie;
    int failed = g->in != stdin ? fclose(g->in) : 0;

    inflateEnd(&g->z);
    free(g);
    return failed;
}

FILE *
vn_gzip_read(FILE *in)
{
    struct gzip *g = vn_xcalloc(1, sizeof *g);
    FILE *stream = NULL;

    g->in = in;
    g->inside = true;
    /* 15 bits of window; 16 says that it is gzip. */
    if (inflateInit2(&g->z, 15 + 16) == Z_OK)
        stream = fopencookie(
            g, "r",
            (cookie_io_functions_t){.read = read_some, .close = close_all});
    if (stream == NULL) {
        inflateEnd(&g->z);
        free(g);
        errno = ENOMEM;
    }
    return stream;
}
