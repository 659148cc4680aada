#include "config.h"

#include "base/error.h"

#include <stdarg.h>

const char *
vn_status_text(enum vn_status status)
{
    static const char *const text[] = {
#define X(name, text) text,
        VN_STATUS_MAP(X)
#undef X
    };

    return text[status];
}

enum vn_status
vn_fail(struct vn_error *err, enum vn_status status, const char *format, ...)
{
    va_list args;

    if (err != NULL) {
        *err = (struct vn_error){.status = status};
        va_start(args, format);
        vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
    }
    return status;
}

enum vn_status
vn_fail_at(struct vn_error *err, const char *file, long line, long column,
           const char *format, ...)
{
    va_list args;

    if (err != NULL) {
        *err = (struct vn_error){.status = VN_EFORMAT,
                                 .file = file,
                                 .line = line,
                                 .column = column};
        va_start(args, format);
        vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
    }
    return VN_EFORMAT;
}

static void
print_safely(FILE *out, const char *text)
{
    for (const unsigned char *p = (const unsigned char *) text; *p; p++)
        if (*p < 0x20 || *p == 0x7f)
            fprintf(out, "\\x%02x", *p);
        else
            putc(*p, out);
}

void
vn_error_print(FILE *out, const char *program, const struct vn_error *err)
{
    if (program != NULL)
        fprintf(out, "%s: ", program);
    if (err->file != NULL) {
        print_safely(out, err->file);
        fprintf(out, ":%ld:%ld: ", err->line, err->column);
    }
    print_safely(out, err->text);
    putc('\n', out);
}

int
vn_error_exit(const struct vn_error *err)
{
    return err->status == VN_EUSAGE ? 2 : 1;
}
