/*
 * Arrays of one's own: an npz, or a folder of npy files.  Values are called
 * x_train, train_images, images or x, labels y_train, train_labels, labels or
 * y, and those of a test x_test, test_images, y_test, test_labels.  Values
 * are [n][row][column], with channels behind or before them (at most 4), or
 * [n][feature]; labels are whole numbers from 0.
 */
#include "config.h"

#include "vnode_exec/data/data.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CHANNELS = 4,
    SIDE = 1 << 16
};

static const char *const names[4][8] = {
    {"x_train", "X_train", "train_x", "train_images", "images", "x", "X",
     NULL},
    {"y_train", "train_y", "train_labels", "labels", "y", NULL},
    {"x_test", "X_test", "test_x", "test_images", NULL},
    {"y_test", "test_y", "test_labels", NULL},
};

/* What is called by the first name that is there; NULL where none is. */
static enum vn_status
find_array(const char *path, bool folder, int which, struct vn_data *data,
           const struct vn_array **array, struct vn_error *err)
{
    *array = NULL;
    for (int i = 0; names[which][i] != NULL && *array == NULL; i++) {
        struct vn_arrays file;
        char full[1024];
        enum vn_status status;

        if (!folder) {
            *array = vn_arrays_find(&data->files[0], names[which][i]);
            continue;
        }
        snprintf(full, sizeof full, "%s/%s.npy", path, names[which][i]);
        if (access(full, F_OK) != 0)
            continue;
        status = vn_arrays_read(full, &file, err);
        if (status != VN_OK)
            return status;
        vn_data_keep(data, &file);
        *array = &data->files[data->nfiles - 1].list[0];
    }
    return VN_OK;
}

/* Of what shape the values are, said by their dimensions. */
static enum vn_status
shape_of(const char *path, const struct vn_array *x, struct vn_shape *s,
         bool *channels_first, struct vn_error *err)
{
    const size_t *d = x->dims;
    char text[128];
    size_t h = 1, w = 1, c = 1;

    *channels_first = false;
    if (x->ndims == 2) {
        c = d[1];
    } else if (x->ndims == 3) {
        h = d[1];
        w = d[2];
    } else if (x->ndims == 4) {
        *channels_first = d[3] > CHANNELS && d[1] <= CHANNELS;
        c = *channels_first ? d[1] : d[3];
        h = *channels_first ? d[2] : d[1];
        w = *channels_first ? d[3] : d[2];
    }
    if (x->ndims < 2 || x->ndims > 4 || d[0] == 0 || h == 0 || w == 0 || c == 0
        || h > SIDE || w > SIDE || c > SIDE || h * w * c > 1 << 28
        || (x->ndims == 4 && c > CHANNELS))
        return vn_fail(err, VN_EFORMAT,
                       "%s: values of %s, expected n images of rows x "
                       "columns, with up to 4 channels behind or before, or n "
                       "rows of features",
                       path, vn_array_shape(x, text));
    s->height = (int) h;
    s->width = (int) w;
    s->channels = (int) c;
    return VN_OK;
}

static enum vn_status
read_part(const char *path, bool folder, bool test, struct vn_data *data,
          struct vn_examples *to, struct vn_error *err)
{
    const struct vn_array *x = NULL, *y = NULL;
    struct vn_shape shape = {0};
    enum vn_status status =
        find_array(path, folder, test ? 2 : 0, data, &x, err);

    if (status == VN_OK && x != NULL)
        status = find_array(path, folder, test ? 3 : 1, data, &y, err);
    if (status != VN_OK || (x == NULL && test))
        return status;
    if (x == NULL || y == NULL)
        return vn_fail(err, VN_EFORMAT, "%s: has no %s, expected %s", path,
                       x == NULL ? "values" : "labels for them",
                       x == NULL ? "x_train, train_images, images or x"
                       : test    ? "y_test or test_labels"
                                 : "y_train, train_labels, labels or y");
    status = shape_of(path, x, &shape, &to->channels_first, err);
    if (status == VN_OK && test
        && (shape.height != data->shape.height
            || shape.width != data->shape.width
            || shape.channels != data->shape.channels))
        return vn_fail(err, VN_EFORMAT,
                       "%s: training examples of %d x %d x %d, test examples "
                       "of %d x %d x %d, expected the same",
                       path, data->shape.height, data->shape.width,
                       data->shape.channels, shape.height, shape.width,
                       shape.channels);
    if (status == VN_OK && y->count != x->dims[0])
        return vn_fail(err, VN_EFORMAT,
                       "%s: %zu examples and %zu labels, expected a label "
                       "for each",
                       path, x->dims[0], y->count);
    if (status != VN_OK)
        return status;
    data->shape = shape;
    to->count = x->dims[0];
    to->values = *x;
    to->labels = *y;
    to->values.owned = to->labels.owned = NULL; /* the files' */
    vn_data_hash(data, x);
    vn_data_hash(data, y);
    return VN_OK;
}

enum vn_status
vn_data_read_arrays(const char *path, struct vn_data *data,
                    struct vn_error *err)
{
    struct vn_arrays file;
    struct stat st;
    bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    enum vn_status status = VN_OK;

    if (!folder) {
        status = vn_arrays_read(path, &file, err);
        if (status != VN_OK)
            return status;
        vn_data_keep(data, &file);
    }
    status = read_part(path, folder, false, data, &data->train, err);
    if (status == VN_OK)
        status = read_part(path, folder, true, data, &data->test, err);
    return status;
}
