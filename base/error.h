/*
 * How functions of this tree report failure.
 *
 * A function that can fail returns enum vn_status and takes, last, a struct
 * vn_error in which it writes what a person needs to hear.  Libraries neither
 * print nor exit: main() prints one line from vn_error_print() and exits with
 * vn_error_exit().
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdio.h>

#define VN_STATUS_MAP(X)                     \
    X(OK, "success")                         \
    X(EINVAL, "invalid argument")            \
    X(EUSAGE, "wrong usage")                 \
    X(EFORMAT, "malformed input")            \
    X(EIO, "input or output error")          \
    X(EPOLICY, "policy error")               \
    X(EDEVICE, "device error")               \
    X(EDEVMEM, "out of device memory")       \
    X(EUNSUP, "not supported by this build") \
    X(ETHERE, "there already")

enum vn_status {
#define X(name, text) VN_##name,
    VN_STATUS_MAP(X)
#undef X
};

/* Where and why.  file is borrowed and may be NULL; line 0 means no line. */
struct vn_error {
    enum vn_status status;
    const char *file;
    long line;
    long column;
    char text[400];
};

/* What a status means, in lower case and without a full stop. */
const char *vn_status_text(enum vn_status status);

/*
 * Fill err, which may be NULL, and return status, so that failing is one
 * statement: return vn_fail(err, VN_EIO, "%s: %s", path, strerror(errno));
 * A text that does not fit is cut.
 */
enum vn_status vn_fail(struct vn_error *err, enum vn_status status,
                       const char *format, ...)
    __attribute__((__format__(printf, 3, 4)));

/*
 * The same, at a place in an input file; the status is VN_EFORMAT.  line and
 * column count from 1, the column in bytes.  file must outlive err.
 */
enum vn_status vn_fail_at(struct vn_error *err, const char *file, long line,
                          long column, const char *format, ...)
    __attribute__((__format__(printf, 5, 6)));

/*
 * Print "program: file:line:column: text" or "program: text", and a newline.
 * program may be NULL; bytes that are not printable are shown as \xHH, so
 * that a malformed file cannot write to a terminal.
 */
void vn_error_print(FILE *out, const char *program,
                    const struct vn_error *err);

/* The exit status of a program that ends with err: 2 for VN_EUSAGE, else 1. */
int vn_error_exit(const struct vn_error *err);

#endif /* BASE_ERROR_H */
