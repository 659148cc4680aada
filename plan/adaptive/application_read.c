/* The tables of applications, in the order in which they are read. */
#include "config.h"

#include "plan/adaptive/application_read.h"

#include "base/file.h"
#include "base/rng.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const double seconds_max = 1e9;

enum vn_status
vn_read_next(struct vn_reading *r, int column, int64_t next,
             struct vn_error *err)
{
    int64_t number;
    enum vn_status status =
        vn_table_int(r->t, column, 0, INT64_MAX, &number, err);

    if (status == VN_OK && number != next)
        return vn_table_fail(r->t, column, err,
                             "number %lld is out of order, expected %lld",
                             (long long) number, (long long) next);
    return status;
}

/* Find what a row is of. */
static enum vn_status
find_row(struct vn_reading *r, const struct vn_read_table *f,
         struct vn_error *err)
{
    const char *name = vn_table_text(r->t, VN_READ_APPLICATION);
    const char *type = r->typed ? vn_table_text(r->t, VN_READ_TYPE) : "";
    int i = vn_names_find(&r->to->names, name), t;

    if (i < 0)
        return vn_table_fail(r->t, VN_READ_APPLICATION, err,
                             "unknown application '%.64s', expected one of "
                             "applications.csv",
                             name);
    r->a = &r->to->of[i];
    r->on = NULL;
    if (!f->by_type)
        return VN_OK;
    t = vn_names_find(&r->to->types, type);
    if (t < 0 || r->a->on[t].surface == NULL)
        return vn_table_fail(
            r->t, r->typed ? VN_READ_TYPE : VN_READ_APPLICATION, err,
            "no '%.64s' on devices '%.64s', expected one of "
            "applications.csv",
            name, type);
    r->on = &r->a->on[t];
    return VN_OK;
}

enum {
    INIT = VN_READ_OWN,
    MAX_BATCH,
    MIN_LOCAL,
    MAX_LOCAL,
    MAX_EPOCHS,
    LAST_EPOCH,
    RESCALE,
    NAPPLICATION
};

static const struct vn_column application_columns[] = {
    VN_READ_LEAD,
    [INIT] = {"init_batch_size", true},
    [MAX_BATCH] = {"max_batch_size", true},
    [MIN_LOCAL] = {"min_local_bsz", true},
    [MAX_LOCAL] = {"max_local_bsz", true},
    [MAX_EPOCHS] = {"max_epochs", true},
    [LAST_EPOCH] = {"last_epoch_index", true},
    [RESCALE] = {"rescale_s", false}};

/* Where the row in hand goes: an application, new or known, on a type. */
static enum vn_status
place_application(struct vn_reading *r, struct vn_application **a, int *type,
                  struct vn_error *err)
{
    struct vn_applications *to = r->to;
    const char *name = vn_table_text(r->t, VN_READ_APPLICATION);
    int known = to->types.count, i;

    if (name[0] == '\0' || (r->typed && vn_table_empty(r->t, VN_READ_TYPE)))
        return vn_table_fail(
            r->t, name[0] == '\0' ? VN_READ_APPLICATION : VN_READ_TYPE, err,
            "empty, expected a name");
    *type = vn_names_add(&to->types,
                         r->typed ? vn_table_text(r->t, VN_READ_TYPE) : "");
    i = vn_names_add(&to->names, name);
    if (i == to->nof) {
        to->of = vn_xrealloc(to->of, (size_t) i + 1, sizeof *to->of);
        to->of[i] = (struct vn_application){.name = to->names.text[i]};
        to->of[i].on =
            vn_xcalloc((size_t) to->types.count, sizeof *to->of[i].on);
        to->nof++;
    }
    for (int k = 0; k < to->nof && to->types.count > known; k++) {
        to->of[k].on = vn_xrealloc(to->of[k].on, (size_t) to->types.count,
                                   sizeof *to->of[k].on);
        to->of[k].on[known] = (struct vn_application_on){0};
    }
    *a = &to->of[i];
    if ((*a)->on[*type].surface != NULL)
        return vn_table_fail(r->t, VN_READ_APPLICATION, err,
                             "'%.64s' is there twice", name);
    (*a)->on[*type].surface = vn_surface_alloc();
    return VN_OK;
}

static enum vn_status
application_row(struct vn_reading *r, struct vn_error *err)
{
    struct vn_table *t = r->t;
    struct vn_application *a = NULL, old;
    struct vn_application_on *on;
    enum vn_status status;
    int64_t epochs, last;
    int type = 0;

    if ((status = place_application(r, &a, &type, err)) != VN_OK)
        return status;
    on = &a->on[type];
    on->restart_s = NAN;
    old = *a;
    if ((status =
             vn_table_int(t, INIT, 1, VN_READ_BATCH_MAX, &a->init_batch, err))
        || (status = vn_table_int(t, MAX_BATCH, a->init_batch,
                                  VN_READ_BATCH_MAX, &a->max_batch, err))
        || (status = vn_table_int(t, MIN_LOCAL, 1, VN_READ_BATCH_MAX,
                                  &on->min_local, err))
        || (status = vn_table_int(t, MAX_LOCAL, on->min_local,
                                  VN_READ_BATCH_MAX, &on->max_local, err))
        || (status =
                vn_table_int(t, MAX_EPOCHS, 1, VN_EPOCHS_MAX, &epochs, err))
        || (status = vn_table_int(t, LAST_EPOCH, 0, epochs - 1, &last, err))
        || (!vn_table_empty(t, RESCALE)
            && (status = vn_table_real(t, RESCALE, 0, seconds_max,
                                       &on->restart_s, err))))
        return status;
    a->nepochs = (int) last + 1;
    if (old.nepochs > 0
        && (old.nepochs != a->nepochs || old.init_batch != a->init_batch
            || old.max_batch != a->max_batch))
        return vn_table_fail(t, INIT, err,
                             "batches and epochs of '%.64s' differ from those "
                             "on another type, expected the same",
                             a->name);
    return VN_OK;
}

static const struct vn_read_table applications = {
    .name = "applications",
    .columns = application_columns,
    .ncolumns = NAPPLICATION,
    .row = application_row,
};

static const struct vn_read_table *const tables[] = {
    &applications,       &vn_read_placements, &vn_read_scalability,
    &vn_read_points,     &vn_read_tetrahedra, &vn_read_faces,
    &vn_read_validation, &vn_read_progress,   NULL};

/* A path, kept with what is read. */
static const char *
keep_path(struct vn_applications *to, const char *path)
{
    int i = vn_names_add(&to->paths, path);

    return to->paths.text[i];
}

/* The path of a table that is there, or NULL. */
static const char *
find_table(struct vn_applications *to, const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + sizeof "/.csv";
    char *path = vn_xcalloc(size, 1);
    const char *found = NULL;

    snprintf(path, size, "%s/%s.csv", folder, name);
    if (access(path, F_OK) == 0)
        found = keep_path(to, path);
    free(path);
    return found;
}

static enum vn_status
read_table(struct vn_applications *to, const char *path,
           const struct vn_read_table *table, struct vn_error *err)
{
    struct vn_table_form form = {.columns = table->columns,
                                 .ncolumns = table->ncolumns};
    struct vn_reading r = {.to = to, .path = path};
    enum vn_status status = vn_table_open(path, &form, &r.t, err);
    uint64_t hash = 0;
    bool more = true;

    if (status == VN_OK) {
        r.typed = vn_table_has(r.t, VN_READ_TYPE);
        status = vn_file_hash(path, &hash, err);
    }
    to->hash = vn_hash(to->hash, &hash, sizeof hash);
    while (status == VN_OK
           && (status = vn_table_next(r.t, &more, err)) == VN_OK && more
           && (table == &applications
               || (status = find_row(&r, table, err)) == VN_OK))
        status = table->row(&r, err);
    if (status == VN_OK && table->end != NULL)
        status = table->end(&r, err);
    vn_table_close(r.t);
    return status;
}

/* Read the tables of the list, NULL behind the last, from either folder. */
static enum vn_status
read_tables(struct vn_applications *to, const char *folder, const char *base,
            const struct vn_read_table *const *list, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (; *list != NULL && status == VN_OK; list++) {
        const char *path = find_table(to, folder, (*list)->name);

        if (path == NULL && base != NULL)
            path = find_table(to, base, (*list)->name);
        if (path != NULL)
            status = read_table(to, path, *list, err);
        else if (!(*list)->optional)
            status = vn_fail(err, VN_EIO,
                             "%s: no %s.csv, expected the tables of "
                             "applications",
                             folder, (*list)->name);
    }
    return status;
}

/* Do these tables name no types? */
static bool
untyped(const struct vn_applications *as)
{
    return as->types.count == 1 && as->types.text[0][0] == '\0';
}

/* Say the place in the text: the error outlives the paths. */
static void
keep_place(struct vn_error *err)
{
    char text[sizeof err->text];

    if (err == NULL || err->file == NULL)
        return;
    snprintf(text, sizeof text, "%s:%ld:%ld: %.256s", err->file, err->line,
             err->column, err->text);
    memcpy(err->text, text, sizeof text);
    err->file = NULL;
}

/* Take the faces of base for types that have the same points and no faces. */
static enum vn_status
borrow_faces(struct vn_applications *to, const char *base,
             struct vn_error *err)
{
    static const struct vn_read_table *const list[] = {
        &applications, &vn_read_points, &vn_read_faces, NULL};
    struct vn_applications other = {0};
    enum vn_status status = read_tables(&other, base, NULL, list, err);

    for (int i = 0; status == VN_OK && untyped(&other) && i < to->nof; i++) {
        const struct vn_application *a =
            vn_applications_find(&other, to->of[i].name);

        for (int t = 0; a != NULL && t < to->types.count; t++) {
            struct vn_surface *s = to->of[i].on[t].surface;

            if (s != NULL && vn_surface_faces(s) == 0
                && vn_surface_alike(s, a->on[0].surface))
                vn_surface_copy_faces(s, a->on[0].surface);
        }
    }
    if (status != VN_OK)
        keep_place(err);
    vn_applications_free(&other);
    return status;
}

static enum vn_status
make_ready(struct vn_applications *as, const char *path, struct vn_error *err)
{
    for (int i = 0; i < as->nof; i++)
        for (int t = 0; t < as->types.count; t++) {
            struct vn_surface *s = as->of[i].on[t].surface;
            long twice = s != NULL ? vn_surface_ready(s) : 0;

            if (twice > 0)
                return vn_fail_at(err, path, twice, 1,
                                  "this placement of '%.64s' is there twice "
                                  "at this batch",
                                  as->of[i].name);
        }
    return VN_OK;
}

static enum vn_status
read_all(const char *folder, const char *base, struct vn_applications *as,
         struct vn_error *err)
{
    enum vn_status status = read_tables(as, folder, base, tables, err);
    const char *path;

    if (status == VN_OK && base != NULL && !untyped(as)
        && find_table(as, base, applications.name) != NULL)
        status = borrow_faces(as, base, err);
    if (status != VN_OK)
        return status;
    path = find_table(as, folder, vn_read_placements.name);
    if (path == NULL)
        path = find_table(as, base, vn_read_placements.name);
    return make_ready(as, path, err);
}

enum vn_status
vn_applications_read(const char *folder, const char *base,
                     struct vn_applications *as, struct vn_error *err)
{
    enum vn_status status = read_all(folder, base, as, err);

    if (status != VN_OK) {
        keep_place(err);
        vn_applications_free(as);
    }
    return status;
}

enum vn_status
vn_applications_open(const char *words, struct vn_applications *as,
                     struct vn_error *err)
{
    const char *colon = strrchr(words, ':');
    char *folder;
    enum vn_status status;

    if (colon == NULL || access(words, F_OK) == 0)
        return vn_applications_read(words, NULL, as, err);
    folder = vn_xstrdup(words);
    folder[colon - words] = '\0';
    status = vn_applications_read(folder, colon + 1, as, err);
    free(folder);
    return status;
}
