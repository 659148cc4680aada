/*
 * safetensors: the length of a head (64 bits), the head in JSON, which says
 * of each tensor type, shape and where its bytes lie behind the head; then
 * the bytes (github.com/huggingface/safetensors, "Format").
 */
#include "config.h"

#include "vnode_exec/array/array.h"

#include "base/file.h"
#include "base/xalloc.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEAD = 100 << 20 /* bytes at most, as the library has it */
};

static const char *const types[VN_NUMBERS] = {
    [VN_U8] = "U8",   [VN_I8] = "I8",   [VN_BOOL] = "BOOL", [VN_U16] = "U16",
    [VN_I16] = "I16", [VN_U32] = "U32", [VN_I32] = "I32",   [VN_U64] = "U64",
    [VN_I64] = "I64", [VN_F16] = "F16", [VN_F32] = "F32",   [VN_F64] = "F64",
};

static enum vn_status
fail_tensor(const char *path, const char *name, const char *why,
            struct vn_error *err)
{
    return vn_fail(err, VN_EFORMAT, "%s: tensor '%.64s' %s", path, name, why);
}

static enum vn_status
read_tensor(const char *path, const char *name, const json_t *entry,
            const unsigned char *data, size_t size, struct vn_array *a,
            struct vn_error *err)
{
    const char *type = json_string_value(json_object_get(entry, "dtype"));
    const json_t *shape = json_object_get(entry, "shape");
    const json_t *offsets = json_object_get(entry, "data_offsets");
    json_int_t from = json_integer_value(json_array_get(offsets, 0));
    json_int_t to = json_integer_value(json_array_get(offsets, 1));
    int number = 0;

    while (type != NULL && number < VN_NUMBERS
           && strcmp(type, types[number]) != 0)
        number++;
    if (type == NULL || number == VN_NUMBERS)
        return fail_tensor(path, name,
                           "has another dtype, expected F32 or such (bfloat16 "
                           "and float8 are not read)",
                           err);
    if (strlen(name) >= sizeof a->name)
        return fail_tensor(path, name, "has a longer name than 127 bytes",
                           err);
    if (!json_is_array(shape) || json_array_size(shape) > VN_ARRAY_DIMS)
        return fail_tensor(path, name, "has no shape of up to 8 dimensions",
                           err);
    snprintf(a->name, sizeof a->name, "%s", name);
    a->type = (enum vn_number) number;
    a->ndims = (int) json_array_size(shape);
    for (int i = 0; i < a->ndims; i++) {
        const json_t *dim = json_array_get(shape, (size_t) i);

        if (!json_is_integer(dim) || json_integer_value(dim) < 0)
            return fail_tensor(path, name, "has no shape of whole numbers",
                               err);
        a->dims[i] = (size_t) json_integer_value(dim);
    }
    if (!vn_array_counted(a))
        return fail_tensor(path, name, "has more than 2^48 numbers", err);
    if (json_array_size(offsets) != 2 || from < 0 || to < from
        || (size_t) to > size)
        return fail_tensor(path, name, "lies outside the file", err);
    if ((size_t) (to - from) != a->count * vn_number_size(a->type))
        return fail_tensor(path, name, "has other bytes than its shape says",
                           err);
    a->bytes = data + from;
    return VN_OK;
}

enum vn_status
vn_safetensors_read(const char *path, const unsigned char *bytes, size_t size,
                    struct vn_arrays *arrays, struct vn_error *err)
{
    uint64_t length = 0;
    json_t *head, *entry;
    json_error_t why;
    const char *name;
    enum vn_status status = VN_OK;

    for (int i = 0; i < 8; i++)
        length |= (uint64_t) bytes[i] << 8 * i;
    if (length > HEAD || length > size - 8)
        return vn_fail(err, VN_EFORMAT,
                       "%s: ends inside its head, or is no safetensors", path);
    head = json_loadb((const char *) bytes + 8, (size_t) length,
                      JSON_REJECT_DUPLICATES, &why);
    if (head == NULL)
        return vn_fail_at(err, path, why.line, why.column + 8,
                          "%s, expected the JSON of a safetensors' head",
                          why.text);
    if (!json_is_object(head) || json_object_size(head) > VN_ARRAYS)
        status = vn_fail(err, VN_EFORMAT,
                         "%s: a head that is no mapping of up to %d tensors",
                         path, VN_ARRAYS);
    else
        json_object_foreach(head, name, entry)
        {
            if (strcmp(name, "__metadata__") != 0)
                status = read_tensor(path, name, entry, bytes + 8 + length,
                                     size - 8 - (size_t) length,
                                     vn_arrays_more(arrays), err);
            if (status != VN_OK)
                break;
        }
    json_decref(head);
    return status;
}

static json_t *
tensor_json(const struct vn_array *a, size_t from)
{
    json_t *shape = json_array();
    size_t size = a->count * vn_number_size(a->type);

    for (int i = 0; i < a->ndims; i++)
        json_array_append_new(shape, json_integer((json_int_t) a->dims[i]));
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", types[a->type], "shape",
                     shape, "data_offsets", (json_int_t) from,
                     (json_int_t) (from + size));
}

enum vn_status
vn_safetensors_write(const char *path, const struct vn_arrays *arrays,
                     const struct vn_array_note *notes, int nnotes,
                     struct vn_error *err)
{
    json_t *head = json_object(), *about = json_object();
    unsigned char length[8];
    struct vn_file file;
    char *text;
    size_t from = 0, n;
    enum vn_status status;

    for (int i = 0; i < nnotes; i++)
        json_object_set_new(about, notes[i].name, json_string(notes[i].text));
    json_object_set_new(head, "__metadata__", about);
    for (int i = 0; i < arrays->n; i++) {
        const struct vn_array *a = &arrays->list[i];

        json_object_set_new(head, a->name, tensor_json(a, from));
        from += a->count * vn_number_size(a->type);
    }
    text = json_dumps(head, JSON_COMPACT);
    json_decref(head);
    status = vn_file_create(&file, path, err);
    if (status == VN_OK) {
        /* Numbers begin at a multiple of 8. */
        n = (strlen(text) + 7) / 8 * 8;
        for (int i = 0; i < 8; i++)
            length[i] = (unsigned char) (n >> 8 * i & 255);
        fwrite(length, 1, sizeof length, file.stream);
        fprintf(file.stream, "%-*s", (int) n, text);
        for (int i = 0; i < arrays->n; i++)
            fwrite(arrays->list[i].bytes, vn_number_size(arrays->list[i].type),
                   arrays->list[i].count, file.stream);
        status = vn_file_commit(&file, err);
    }
    free(text);
    return status;
}
