/* Names made of content, against the examples of FIPS 180-4 (NIST). */
#include "config.h"

#include "base/digest.h"
#include "t/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *text;
    const char *digest;
} cases[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb924"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039"},
};

static void
of_files(void)
{
    char path[] = "/tmp/digest-XXXXXX", text[VN_DIGEST_TEXT] = "";
    struct vn_error err = {.text = ""};
    int fd = mkstemp(path);
    ssize_t n = write(fd, "abc", 3);

    ok(n == 3 && vn_digest_file(path, text, &err) == VN_OK
           && strcmp(text, cases[1].digest) == 0,
       "a file's is that of its bytes");
    close(fd);
    unlink(path);
    ok(vn_digest_file(path, text, &err) == VN_EIO
           && strstr(err.text, path) != NULL,
       "one that is not there is said to be: %s", err.text);
    ok(vn_digest_file("/tmp", text, &err) != VN_OK, "a folder has none: %s",
       err.text);
}

int
main(void)
{
    char text[VN_DIGEST_TEXT], other[VN_DIGEST_TEXT];
    struct vn_digest *d;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vn_digest_bytes(cases[i].text, strlen(cases[i].text), text);
        ok(strcmp(text, cases[i].digest) == 0, "'%s': %s", cases[i].text,
           text);
    }
    d = vn_digest_begin();
    vn_digest_add(d, "a", 1);
    vn_digest_add(d, "bc", 2);
    vn_digest_end(d, text);
    ok(strcmp(text, cases[1].digest) == 0, "in parts it is the same");
    d = vn_digest_begin();
    vn_digest_add_text(d, "a");
    vn_digest_add_text(d, "bc");
    vn_digest_end(d, text);
    d = vn_digest_begin();
    vn_digest_add_text(d, "ab");
    vn_digest_add_text(d, "c");
    vn_digest_end(d, other);
    ok(strcmp(text, other) != 0, "of texts it tells where one ends");
    of_files();
    return done_testing();
}
