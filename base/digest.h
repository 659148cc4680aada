/*
 * Names made of content: a cryptographic hash, SHA-256 (FIPS 180-4) of which
 * the first 128 bits are kept, as 32 hexadecimal digits.
 *
 * Where content names something that may be taken for something else (a run
 * that is there before, a policy from a stranger) this is the hash to use;
 * vn_hash() (base/rng.h) is for detecting change by accident and for random
 * numbers.  The hash is that of Nettle (libnettle, LGPL-3.0+): it needs no set
 * up, keeps its state in the caller's memory, and is called in digest.c alone.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/error.h"

#include <stddef.h>

enum {
    VN_DIGEST_TEXT = 33 /* 32 digits and the end */
};

/* Of content that comes in parts. */
struct vn_digest;

/* Begin one; ended, and released, by vn_digest_end(). */
struct vn_digest *vn_digest_begin(void);
void vn_digest_add(struct vn_digest *digest, const void *bytes, size_t n);

/* The same, of a text with its end, so that "a", "b" differs from "ab". */
void vn_digest_add_text(struct vn_digest *digest, const char *text);
void vn_digest_end(struct vn_digest *digest, char text[VN_DIGEST_TEXT]);

/* Of n bytes at once. */
void vn_digest_bytes(const void *bytes, size_t n, char text[VN_DIGEST_TEXT]);

/* Of a file's bytes; VN_EIO where it cannot be read to its end. */
enum vn_status vn_digest_file(const char *path, char text[VN_DIGEST_TEXT],
                              struct vn_error *err);

#endif /* BASE_DIGEST_H */
