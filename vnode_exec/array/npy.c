/*
 * numpy's npy: a mark, a version, the length of a head, and the head, a Python
 * dictionary of descr, fortran_order and shape; then the numbers (numpy's
 * documentation, numpy.lib.format).
 */
#include "config.h"

#include "vnode_exec/array/array.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *descr;
    enum vn_number type;
} types[] = {
    {"|u1", VN_U8},  {"|i1", VN_I8},  {"|b1", VN_BOOL}, {"<u2", VN_U16},
    {"<i2", VN_I16}, {"<u4", VN_U32}, {"<i4", VN_I32},  {"<u8", VN_U64},
    {"<i8", VN_I64}, {"<f2", VN_F16}, {"<f4", VN_F32},  {"<f8", VN_F64},
};

enum {
    NTYPES = sizeof types / sizeof *types,
    HEAD = 1 << 16 /* bytes at most */
};

/* What stands behind 'key': in a head, or NULL. */
static const char *
value_of(const char *head, const char *key)
{
    const char *at = strstr(head, key);

    if (at == NULL)
        return NULL;
    at += strlen(key);
    while (*at == ' ' || *at == ':')
        at++;
    return at;
}

static enum vn_status
read_shape(const char *at, const char *where, struct vn_array *a,
           struct vn_error *err)
{
    if (at == NULL || *at++ != '(')
        return vn_fail(err, VN_EFORMAT,
                       "%s: a head without a shape, expected one such as "
                       "(60000, 28, 28)",
                       where);
    while (*at != ')') {
        size_t n = 0, digits = 0;

        if (a->ndims == VN_ARRAY_DIMS)
            return vn_fail(err, VN_EFORMAT,
                           "%s: more than %d dimensions, expected fewer",
                           where, VN_ARRAY_DIMS);
        for (; isdigit((unsigned char) *at) && digits < 18; digits++)
            n = 10 * n + (size_t) (*at++ - '0');
        while (*at == ' ')
            at++;
        if (digits == 0 || (*at != ',' && *at != ')'))
            return vn_fail(err, VN_EFORMAT,
                           "%s: a shape that is none, expected one such as "
                           "(60000, 28, 28)",
                           where);
        a->dims[a->ndims++] = n;
        while (*at == ',' || *at == ' ')
            at++;
    }
    if (!vn_array_counted(a))
        return vn_fail(err, VN_EFORMAT,
                       "%s: more than 2^48 numbers, expected fewer", where);
    return VN_OK;
}

static enum vn_status
read_type(const char *at, const char *where, struct vn_array *a,
          struct vn_error *err)
{
    for (int i = 0; at != NULL && i < NTYPES; i++)
        if (strncmp(at + 1, types[i].descr, 3) == 0
            && (at[4] == '\'' || at[4] == '"')) {
            a->type = types[i].type;
            return VN_OK;
        }
    return vn_fail(err, VN_EFORMAT,
                   "%s: numbers of type %.8s, expected integers or floats in "
                   "little-endian order",
                   where, at != NULL ? at : "unknown");
}

enum vn_status
vn_npy_parse(const unsigned char *bytes, size_t size, const char *where,
             struct vn_array *a, struct vn_error *err)
{
    static const char cut[] = "%s: ends inside its head";
    size_t length, start = 10;
    char head[HEAD];
    const char *order;
    enum vn_status status;

    if (size < 12 || memcmp(bytes, "\x93NUMPY", 6) != 0)
        return vn_fail(err, VN_EFORMAT, "%s: is no npy", where);
    length = (size_t) bytes[8] | (size_t) bytes[9] << 8;
    if (bytes[6] > 1) {
        length |= (size_t) bytes[10] << 16 | (size_t) bytes[11] << 24;
        start = 12;
    }
    if (length >= sizeof head || length > size - start)
        return vn_fail(err, VN_EFORMAT, cut, where);
    memcpy(head, bytes + start, length);
    head[length] = '\0';
    a->ndims = 0;
    status = read_type(value_of(head, "'descr'"), where, a, err);
    if (status == VN_OK)
        status = read_shape(value_of(head, "'shape'"), where, a, err);
    if (status != VN_OK)
        return status;
    order = value_of(head, "'fortran_order'");
    if (order != NULL && strncmp(order, "True", 4) == 0 && a->ndims > 1)
        return vn_fail(err, VN_EFORMAT,
                       "%s: columns lie one after another, expected rows "
                       "(numpy.ascontiguousarray)",
                       where);
    if (a->count > (size - start - length) / vn_number_size(a->type))
        return vn_fail(
            err, VN_EFORMAT, "%s: ends after %zu of %zu numbers", where,
            (size - start - length) / vn_number_size(a->type), a->count);
    if (a->count * vn_number_size(a->type) < size - start - length)
        return vn_fail(
            err, VN_EFORMAT, "%s: %zu bytes stand behind its numbers", where,
            size - start - length - a->count * vn_number_size(a->type));
    a->bytes = bytes + start + length;
    return VN_OK;
}

size_t
vn_npy_head(const struct vn_array *a, unsigned char head[256])
{
    const char *descr = "<f4";
    char text[240];
    size_t n, total;

    for (int i = 0; i < NTYPES; i++)
        if (types[i].type == a->type)
            descr = types[i].descr;
    n = (size_t) snprintf(text, sizeof text,
                          "{'descr': '%s', 'fortran_order': False, 'shape': (",
                          descr);
    for (int i = 0; i < a->ndims; i++)
        n += (size_t) snprintf(text + n, sizeof text - n, "%zu,%s", a->dims[i],
                               i + 1 < a->ndims ? " " : "");
    n += (size_t) snprintf(text + n, sizeof text - n, "), }");
    total = (10 + n + 1 + 63) / 64 * 64;
    memset(head, ' ', total);
    memcpy(head, "\x93NUMPY\x01", 7);
    head[7] = 0;
    head[8] = (unsigned char) ((total - 10) & 255);
    head[9] = (unsigned char) ((total - 10) >> 8);
    memcpy(head + 10, text, n);
    head[total - 1] = '\n';
    return total;
}
