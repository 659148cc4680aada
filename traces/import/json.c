/*
 * jansson has no reader of one element after another, but it can be told to
 * stop behind a value; the brackets and commas of the outer array are then
 * ours.  It is fed one byte at a time, so that it takes none too many and
 * lines can be counted.
 */
#include "config.h"

#include "traces/import/json.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

struct reader {
    FILE *in;
    long line;
    long column; /* of the byte last read */
    int held;    /* a byte to be given before the others, or EOF */
};

static int
next_byte(struct reader *r)
{
    int c = getc_unlocked(r->in);

    r->column++;
    if (c == '\n') {
        r->line++;
        r->column = 0;
    }
    return c;
}

/* For jansson. */
static size_t
feed(void *buffer, size_t size, void *arg)
{
    struct reader *r = arg;
    int c = r->held != EOF ? r->held : next_byte(r);

    (void) size;
    r->held = EOF;
    if (c == EOF)
        return 0;
    *(char *) buffer = (char) c;
    return 1;
}

/* The next byte that is not blank, nor of a byte order mark. */
static int
next_token(struct reader *r)
{
    int c;

    do
        c = next_byte(r);
    while (c == ' ' || c == '\t' || c == '\r' || c == '\n'
           || (r->line == 1 && r->column <= 3
               && (c == 0xef || c == 0xbb || c == 0xbf)));
    return c;
}

static enum vn_status
unexpected(const struct vn_import *im, const struct reader *r, int c,
           const char *what, struct vn_error *err)
{
    if (c == EOF && ferror(r->in))
        return vn_file_failed(im->file, err);
    if (c == EOF)
        return vn_fail_at(err, im->file, r->line, r->column,
                          "the end of the file, expected %s", what);
    return vn_fail_at(err, im->file, r->line, r->column, "'%c', expected %s",
                      c, what);
}

static enum vn_status
read_object(struct vn_import *im, struct reader *r, vn_import_object_fn *fn,
            struct vn_error *err)
{
    long line = r->line;
    enum vn_status status;
    json_error_t why;
    json_t *object;

    r->held = '{';
    object = json_load_callback(
        feed, r, JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &why);
    if (object == NULL && ferror(r->in))
        return unexpected(im, r, EOF, "", err);
    if (object == NULL)
        return vn_fail_at(err, im->file, r->line, r->column, "%s", why.text);
    im->rows++;
    status = fn(im, object, line, err);
    json_decref(object);
    return status;
}

enum vn_status
vn_import_json(struct vn_import *im, vn_import_object_fn *fn,
               struct vn_error *err)
{
    struct reader r = {.in = im->in, .line = 1, .held = EOF};
    enum vn_status status = VN_OK;
    int c = next_token(&r);

    if (c != '[')
        return unexpected(im, &r, c, "'[', an array of jobs", err);
    c = next_token(&r);
    while (status == VN_OK && c != ']') {
        if (c != '{')
            return unexpected(im, &r, c, "'{', a job", err);
        status = read_object(im, &r, fn, err);
        if (status != VN_OK)
            return status;
        c = next_token(&r);
        if (c != ',' && c != ']')
            return unexpected(im, &r, c, "',' or ']'", err);
        if (c == ',') {
            c = next_token(&r);
            if (c != '{')
                return unexpected(im, &r, c, "'{', a job", err);
        }
    }
    c = next_token(&r);
    if (c != EOF || ferror(im->in))
        return unexpected(im, &r, c, "the end of the file", err);
    return status;
}

enum vn_status
vn_import_json_lacks(const struct vn_import *im, const char *key, long line,
                     struct vn_error *err)
{
    return vn_fail_at(err, im->file, line, 1, "a job without %s", key);
}

static const json_t *
member(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_null(value) ? NULL : value;
}

enum vn_status
vn_import_json_int(const struct vn_import *im, const json_t *object,
                   const char *key, long line, int64_t min, int64_t max,
                   int64_t *value, bool *found, struct vn_error *err)
{
    const json_t *number = member(object, key);

    *found = number != NULL;
    if (number == NULL)
        return VN_OK;
    *value = json_integer_value(number);
    if (json_is_real(number)
        && json_real_value(number) == trunc(json_real_value(number))
        && fabs(json_real_value(number)) < 0x1p62)
        *value = (int64_t) json_real_value(number);
    else if (!json_is_integer(number))
        *value = min - 1;
    if (*value >= min && *value <= max)
        return VN_OK;
    if (*value > max)
        return vn_fail_at(err, im->file, line, 1,
                          "%s of this job is too large, expected at most "
                          "%" PRId64,
                          key, max);
    return vn_fail_at(err, im->file, line, 1,
                      "%s of this job is wrong, expected a whole number from "
                      "%" PRId64 " to %" PRId64,
                      key, min, max);
}

enum vn_status
vn_import_json_real(const struct vn_import *im, const json_t *object,
                    const char *key, long line, double min, double max,
                    double *value, bool *found, struct vn_error *err)
{
    const json_t *number = member(object, key);

    *found = number != NULL;
    if (number == NULL)
        return VN_OK;
    *value = json_number_value(number);
    if (json_is_number(number) && *value >= min && *value <= max)
        return VN_OK;
    if (*value > max)
        return vn_fail_at(err, im->file, line, 1,
                          "%s of this job is too large, expected at most %g",
                          key, max);
    return vn_fail_at(err, im->file, line, 1,
                      "%s of this job is wrong, expected a number from %g to "
                      "%g",
                      key, min, max);
}

enum vn_status
vn_import_json_text(const struct vn_import *im, const json_t *object,
                    const char *key, long line, const char **value,
                    struct vn_error *err)
{
    const json_t *text = member(object, key);

    *value = json_string_value(text);
    if (text == NULL || *value != NULL)
        return VN_OK;
    return vn_fail_at(err, im->file, line, 1,
                      "%s of this job is wrong, expected a text", key);
}
