#include "config.h"

#include "base/digest.h"

#include "base/file.h"
#include "base/xalloc.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>

struct vn_digest {
    struct sha256_ctx state;
};

struct vn_digest *
vn_digest_begin(void)
{
    struct vn_digest *d = vn_xcalloc(1, sizeof *d);

    sha256_init(&d->state);
    return d;
}

void
vn_digest_add(struct vn_digest *d, const void *bytes, size_t n)
{
    sha256_update(&d->state, n, bytes);
}

void
vn_digest_add_text(struct vn_digest *d, const char *text)
{
    vn_digest_add(d, text, strlen(text) + 1);
}

void
vn_digest_end(struct vn_digest *d, char text[VN_DIGEST_TEXT])
{
    unsigned char bytes[SHA256_DIGEST_SIZE];

    sha256_digest(&d->state, sizeof bytes, bytes);
    for (int i = 0; i < VN_DIGEST_TEXT / 2; i++)
        snprintf(text + 2 * i, 3, "%02x", (unsigned) bytes[i]);
    free(d);
}

void
vn_digest_bytes(const void *bytes, size_t n, char text[VN_DIGEST_TEXT])
{
    struct vn_digest *d = vn_digest_begin();

    vn_digest_add(d, bytes, n);
    vn_digest_end(d, text);
}

enum vn_status
vn_digest_file(const char *path, char text[VN_DIGEST_TEXT],
               struct vn_error *err)
{
    struct vn_digest *d;
    unsigned char block[16384];
    enum vn_status status;
    FILE *in;
    size_t n;

    status = vn_file_open(path, &in, err);
    if (status != VN_OK)
        return status;
    d = vn_digest_begin();
    while ((n = fread(block, 1, sizeof block, in)) > 0)
        vn_digest_add(d, block, n);
    if (ferror(in))
        status =
            vn_fail(err, VN_EIO, "%s: cannot read: %s", path, strerror(errno));
    vn_file_close(in);
    vn_digest_end(d, text);
    return status;
}
