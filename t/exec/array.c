/* Arrays in others' files: read, written, and refused. */
#include "config.h"

#include "base/xalloc.h"
#include "t/tap.h"
#include "vnode_exec/array/array.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file of bytes in a folder of its own; to be unlinked. */
static void
write_bytes(const char *path, const void *bytes, size_t n)
{
    FILE *out = fopen(path, "wb");

    if (out == NULL || fwrite(bytes, 1, n, out) != n || fclose(out) != 0)
        exit(1);
}

/* The message for a file, "fine" where it is read. */
static void
check_bytes(const char *what, const char *path, const void *bytes, size_t n,
            const char *message)
{
    struct vn_arrays a;
    struct vn_error err = {0};
    char got[500] = "fine";

    write_bytes(path, bytes, n);
    if (vn_arrays_read(path, &a, &err) == VN_OK) {
        vn_arrays_free(&a);
    } else if (err.line > 0) {
        snprintf(got, sizeof got, "%ld:%ld: %s", err.line, err.column,
                 err.text);
    } else {
        const char *at = strstr(err.text, ": ");

        snprintf(got, sizeof got, "%s", at != NULL ? at + 2 : err.text);
    }
    is_str(got, message, "%s", what);
}

static void
check_npy(const char *what, const char *path, const char *head, size_t bytes,
          const char *message)
{
    size_t length = strlen(head), n = 10 + length + bytes;
    unsigned char *all = vn_xcalloc(n, 1);

    memcpy(all, "\x93NUMPY\x01", 8);
    all[8] = (unsigned char) length;
    memcpy(all + 10, head, length);
    check_bytes(what, path, all, n, message);
    free(all);
}

static void
check_tensors(const char *what, const char *path, const char *head,
              size_t bytes, const char *message)
{
    size_t length = strlen(head), n = 8 + length + bytes;
    unsigned char *all = vn_xcalloc(n, 1);

    all[0] = (unsigned char) (length & 255);
    all[1] = (unsigned char) (length >> 8);
    memcpy(all + 8, head, length);
    check_bytes(what, path, all, n, message);
    free(all);
}

static void
check_refused(const char *path)
{
    check_bytes("an empty file", path, "", 0,
                "holds no arrays that are known, expected npy, npz or "
                "safetensors");
    check_bytes("a text", path, "hello, world", 12,
                "holds no arrays that are known, expected npy, npz or "
                "safetensors");
    check_bytes("a mark alone", path, "\x93NUMPY", 6, "is no npy");
    check_bytes("a head that is cut off", path, "\x93NUMPY\1\0\x70\0{'descr",
                17, "ends inside its head");
    check_npy("nothing in a head", path, "{}", 0,
              "numbers of type unknown, expected integers or floats in "
              "little-endian order");
    check_npy("big-endian numbers", path, "{'descr': '>f4', 'shape': (2,)}", 8,
              "numbers of type '>f4', ', expected integers or floats in "
              "little-endian order");
    check_npy("no shape", path, "{'descr': '<f4', 'fortran_order': False}", 8,
              "a head without a shape, expected one such as (60000, 28, 28)");
    check_npy("a shape of words", path, "{'descr': '<f4', 'shape': (a,)}", 8,
              "a shape that is none, expected one such as (60000, 28, 28)");
    check_npy("too many dimensions", path,
              "{'descr': '<f4', 'shape': (1,1,1,1,1,1,1,1,1)}", 8,
              "more than 8 dimensions, expected fewer");
    check_npy("too many numbers", path,
              "{'descr': '<f4', 'shape': (99999999,99999999)}", 8,
              "more than 2^48 numbers, expected fewer");
    check_npy("columns one after another", path,
              "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1)}", 8,
              "columns lie one after another, expected rows "
              "(numpy.ascontiguousarray)");
    check_npy("too few numbers", path, "{'descr': '<f4', 'shape': (3,)}", 8,
              "ends after 2 of 3 numbers");
    check_npy("too many bytes", path, "{'descr': '<f4', 'shape': (1,)}", 8,
              "4 bytes stand behind its numbers");
    check_npy("as many as there should be", path,
              "{'descr': '<f4', 'shape': (1, 2)}", 8, "fine");
}

static void
check_refused_tensors(const char *path)
{
    static const struct {
        const char *what, *head, *message;
    } cases[] = {
        {"a tensor",
         "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],"
         "\"data_offsets\":[0,8]}}",
         "fine"},
        {"a head that is no JSON", "{\"a\":}",
         "1:14: unexpected token near '}', expected the JSON of a "
         "safetensors' head"},
        {"a name that is there twice", "{\"a\":1,\"a\":2}",
         "1:18: duplicate object key near '\"a\"', expected the JSON of a "
         "safetensors' head"},
        {"a type that is not read", "{\"a\":{\"dtype\":\"BF16\"}}",
         "tensor 'a' has another dtype, expected F32 or such (bfloat16 and "
         "float8 are not read)"},
        {"no shape", "{\"a\":{\"dtype\":\"F32\"}}",
         "tensor 'a' has no shape of up to 8 dimensions"},
        {"a shape of words", "{\"a\":{\"dtype\":\"F32\",\"shape\":[\"x\"]}}",
         "tensor 'a' has no shape of whole numbers"},
        {"too many numbers",
         "{\"a\":{\"dtype\":\"F32\",\"shape\":[1000000000,"
         "1000000000]}}",
         "tensor 'a' has more than 2^48 numbers"},
        {"a place outside",
         "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],"
         "\"data_offsets\":[4,12]}}",
         "tensor 'a' lies outside the file"},
        {"other bytes than the shape's",
         "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}",
         "tensor 'a' has other bytes than its shape says"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_tensors(cases[i].what, path, cases[i].head, 8, cases[i].message);
    check_bytes("a head longer than the file", path, "\xff\0\0\0\0\0\0\0{}",
                10, "ends inside its head, or is no safetensors");
    check_bytes("an archive that is cut off", path, "PK\3\4\24\0\0\0", 8,
                "is no whole npz: Not a zip archive");
}

static void
open_sample(const char *name, struct vn_arrays *a)
{
    struct vn_error err = {0};
    char *path = data_path(name);

    if (vn_arrays_read(path, a, &err) != VN_OK)
        ok(false, "%s: %s", name, err.text);
    free(path);
}

/* What numpy and safetensors wrote. */
static void
check_samples(void)
{
    struct vn_arrays a;
    const struct vn_array *x;
    float three[3];
    char text[128];

    open_sample("array/small.npy", &a);
    is_str(vn_array_shape(&a.list[0], text), "2 x 3 x 4", "an npy's shape");
    ok(vn_array_at(&a.list[0], 0) == -5 && vn_array_at(&a.list[0], 23) == 18,
       "its numbers");
    vn_array_floats(&a.list[0], 4, 3, three);
    ok(three[0] == -1 && three[2] == 1, "some of them as floats");
    vn_arrays_free(&a);
    open_sample("array/half.npy", &a);
    ok(vn_array_at(&a.list[0], 1) == -0.5
           && vn_array_at(&a.list[0], 2) == 65504
           && vn_array_at(&a.list[0], 3) == 0x1p-24
           && vn_array_at(&a.list[0], 4) == 1.5,
       "numbers of 16 bits");
    vn_arrays_free(&a);
    open_sample("array/stored.npz", &a);
    x = vn_arrays_find(&a, "x");
    ok(a.n == 2 && x != NULL && vn_array_at(x, 3) == 4, "an npz");
    ok(vn_array_at(vn_arrays_find(&a, "y"), 2) == 7, "both of its arrays");
    vn_arrays_free(&a);
    open_sample("array/packed.npz", &a);
    x = vn_arrays_find(&a, "y");
    ok(a.n == 2 && x != NULL && vn_array_at(x, 4) == 4, "a packed npz");
    vn_arrays_free(&a);
    open_sample("array/small.safetensors", &a);
    x = vn_arrays_find(&a, "a.weight");
    ok(a.n == 3 && x != NULL && x->dims[1] == 3 && vn_array_at(x, 5) == 5,
       "a safetensors");
    ok(vn_array_at(vn_arrays_find(&a, "a.bias"), 1) == -2
           && vn_array_at(vn_arrays_find(&a, "n"), 0) == 3,
       "and numbers of its other types");
    ok(vn_arrays_find(&a, "b") == NULL, "what it has not");
    vn_arrays_free(&a);
}

/* Written and read again. */
static void
check_written(const char *path)
{
    const size_t dims[2] = {2, 3};
    const struct vn_array_note note = {"format", "pt"};
    struct vn_arrays a = {.n = 0}, b;
    struct vn_error err = {0};
    float *x = vn_xcalloc(6, sizeof *x);

    for (int i = 0; i < 6; i++)
        x[i] = (float) i / 3;
    vn_arrays_add(&a, "x.weight", 2, dims, x);
    is_int(vn_arrays_write(path, &a, &note, 1, &err), VN_OK, "%s is written",
           strrchr(path, '.'));
    is_int(vn_arrays_read(path, &b, &err), VN_OK, "and read");
    ok(b.n == 1 && strcmp(b.list[0].name, "x.weight") == 0
           && b.list[0].dims[0] == 2 && b.list[0].dims[1] == 3
           && memcmp(b.list[0].bytes, x, 6 * sizeof *x) == 0,
       "with the same name, shape and numbers");
    vn_arrays_free(&a);
    vn_arrays_free(&b);
    unlink(path);
}

int
main(void)
{
    char folder[] = "/tmp/vn-array-XXXXXX", path[64];
    struct vn_arrays none = {.n = 0};
    struct vn_error err = {0};

    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/x", folder);
    check_refused(path);
    check_refused_tensors(path);
    unlink(path);
    check_samples();
    snprintf(path, sizeof path, "%s/x.npz", folder);
    check_written(path);
    snprintf(path, sizeof path, "%s/x.safetensors", folder);
    check_written(path);
    is_int(vn_arrays_write("x.bin", &none, NULL, 0, &err), VN_EUSAGE,
           "another end of a name");
    is_str(err.text,
           "x.bin: what is it to be? expected a name that ends in "
           ".safetensors or .npz",
           "is refused");
    is_int(vn_arrays_read("/nowhere", &none, &err), VN_EIO,
           "a file that is not there");
    rmdir(folder);
    return done_testing();
}
