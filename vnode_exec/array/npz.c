/*
 * numpy's npz: a ZIP archive of npy files, NAME.npy each, by libzip
 * (BSD licence).  Written without compression and without times.
 */
#include "config.h"

#include "vnode_exec/array/array.h"

#include "base/file.h"
#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

static enum vn_status
fail_zip(const char *path, const char *why, struct vn_error *err)
{
    return vn_fail(err, VN_EFORMAT, "%s: is no whole npz: %s", path, why);
}

/* An entry's bytes, which its array owns. */
static enum vn_status
read_entry(zip_t *zip, zip_uint64_t i, const char *path,
           struct vn_arrays *arrays, struct vn_error *err)
{
    struct vn_array *a;
    zip_file_t *in;
    zip_stat_t st;
    char where[512];
    zip_int64_t n;

    if (zip_stat_index(zip, i, 0, &st) != 0
        || (in = zip_fopen_index(zip, i, 0)) == NULL)
        return fail_zip(path, zip_strerror(zip), err);
    snprintf(where, sizeof where, "%s: %s", path, st.name);
    /* Deflate makes at most 1032 bytes of one. */
    if (st.size > 1040 * (st.comp_size + 64)) {
        zip_fclose(in);
        return fail_zip(path, "an entry larger than it can be", err);
    }
    a = vn_arrays_more(arrays);
    a->owned = vn_xcalloc((size_t) st.size + 1, 1);
    n = zip_fread(in, a->owned, st.size);
    if (zip_fclose(in) != 0 || n != (zip_int64_t) st.size)
        return fail_zip(where, "an entry is cut off or damaged", err);
    n = (zip_int64_t) strlen(st.name);
    if (n > 4 && strcmp(st.name + n - 4, ".npy") == 0)
        n -= 4;
    snprintf(a->name, sizeof a->name, "%.*s", (int) n, st.name);
    return vn_npy_parse(a->owned, (size_t) st.size, where, a, err);
}

enum vn_status
vn_npz_read(const char *path, const unsigned char *bytes, size_t size,
            struct vn_arrays *arrays, struct vn_error *err)
{
    enum vn_status status = VN_OK;
    zip_error_t why;
    zip_source_t *source;
    zip_t *zip;
    zip_int64_t n;

    zip_error_init(&why);
    source = zip_source_buffer_create(bytes, size, 0, &why);
    zip = source != NULL
              ? zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &why)
              : NULL;
    if (zip == NULL) {
        status = fail_zip(path, zip_error_strerror(&why), err);
        zip_source_free(source);
        zip_error_fini(&why);
        return status;
    }
    n = zip_get_num_entries(zip, 0);
    if (n > VN_ARRAYS)
        status = fail_zip(path, "more than 8192 arrays", err);
    for (zip_int64_t i = 0; status == VN_OK && i < n; i++)
        status = read_entry(zip, (zip_uint64_t) i, path, arrays, err);
    zip_discard(zip);
    zip_error_fini(&why);
    return status;
}

/* Add an array; its bytes go to parts, to be freed behind the writing. */
static bool
add_entry(zip_t *zip, const struct vn_array *a, unsigned char **part)
{
    unsigned char head[256];
    size_t n = vn_npy_head(a, head);
    size_t size = a->count * vn_number_size(a->type);
    zip_source_t *source;
    zip_int64_t i;
    char name[160];

    *part = vn_xcalloc(n + size, 1);
    memcpy(*part, head, n);
    memcpy(*part + n, a->bytes, size);
    snprintf(name, sizeof name, "%s.npy", a->name);
    source = zip_source_buffer(zip, *part, n + size, 0);
    if (source == NULL)
        return false;
    i = zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8);
    if (i < 0) {
        zip_source_free(source);
        return false;
    }
    return zip_set_file_compression(zip, (zip_uint64_t) i, ZIP_CM_STORE, 0)
               == 0
           && zip_file_set_dostime(zip, (zip_uint64_t) i, 0, 0x21, 0) == 0;
}

/* The archive that was closed, to a file. */
static enum vn_status
write_source(zip_source_t *source, const char *path, struct vn_error *err)
{
    struct vn_file file;
    char piece[1 << 14];
    zip_int64_t n = -1;
    enum vn_status status = vn_file_create(&file, path, err);

    if (status != VN_OK)
        return status;
    if (zip_source_open(source) == 0) {
        while ((n = zip_source_read(source, piece, sizeof piece)) > 0)
            fwrite(piece, 1, (size_t) n, file.stream);
        zip_source_close(source);
    }
    if (n < 0) {
        vn_file_discard(&file);
        return vn_fail(err, VN_EIO, "%s: cannot be made", path);
    }
    return vn_file_commit(&file, err);
}

enum vn_status
vn_npz_write(const char *path, const struct vn_arrays *arrays,
             struct vn_error *err)
{
    unsigned char **parts = vn_xcalloc((size_t) arrays->n + 1, sizeof *parts);
    enum vn_status status = VN_OK;
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_t *zip = source != NULL
                     ? zip_open_from_source(source, ZIP_TRUNCATE, NULL)
                     : NULL;
    bool good = zip != NULL;

    if (zip != NULL)
        zip_source_keep(source);
    for (int i = 0; good && i < arrays->n; i++)
        good = add_entry(zip, &arrays->list[i], &parts[i]);
    if (zip != NULL && (!good || zip_close(zip) != 0)) {
        good = false;
        zip_discard(zip);
    }
    status = good ? write_source(source, path, err)
                  : vn_fail(err, VN_EIO, "%s: cannot be made", path);
    zip_source_free(source);
    for (int i = 0; i < arrays->n; i++)
        free(parts[i]);
    free(parts);
    return status;
}
