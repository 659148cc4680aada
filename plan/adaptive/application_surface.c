/* The tables of measured step times. */
#include "config.h"

#include "plan/adaptive/application_read.h"

#include <string.h>

static const double seconds_max = 1e9;

/* The time of a step, in the two columns from `step` on. */
static enum vn_status
read_step(struct vn_reading *r, int step, struct vn_step *time,
          struct vn_error *err)
{
    enum vn_status status =
        vn_table_real(r->t, step, 1e-9, seconds_max, &time->step_s, err);

    if (status == VN_OK)
        status =
            vn_table_real(r->t, step + 1, 0, time->step_s, &time->sync_s, err);
    return status;
}

enum {
    PLACEMENT = VN_READ_OWN,
    PLACEMENT_BATCH,
    PLACEMENT_STEP,
    PLACEMENT_SYNC,
    NPLACEMENT
};

static const struct vn_column placement_columns[] = {
    VN_READ_LEAD, [PLACEMENT] = {"placement", true},
    [PLACEMENT_BATCH] = {"local_bsz", true},
    [PLACEMENT_STEP] = {"step_time_s", true},
    [PLACEMENT_SYNC] = {"sync_time_s", true}};

static enum vn_status
placement_row(struct vn_reading *r, struct vn_error *err)
{
    const char *text = vn_table_text(r->t, PLACEMENT);
    size_t n = strlen(text);
    struct vn_step time;
    enum vn_status status;
    int placement[18] = {0};
    int64_t batch;

    if (n < 1 || n > 18 || strspn(text, "123456789") != n)
        return vn_table_fail(r->t, PLACEMENT, err,
                             "placement is '%.64s', expected the number of "
                             "devices on each node, a digit from 1 to 9 each",
                             text);
    for (size_t i = 0; i < n; i++)
        placement[i] = text[i] - '0';
    if ((status = vn_table_int(r->t, PLACEMENT_BATCH, 1, VN_READ_BATCH_MAX,
                               &batch, err))
        || (status = read_step(r, PLACEMENT_STEP, &time, err)))
        return status;
    vn_surface_add_placement(r->on->surface,
                             vn_surface_key(placement, (int) n), batch, time,
                             vn_table_line(r->t));
    return VN_OK;
}

enum {
    ID = VN_READ_OWN, /* of interp_points alone */
    NODES,
    REPLICAS,
    LOCAL,
    STEP,
    SYNC,
    NPOINT
};

static const struct vn_column point_columns[] = {
    VN_READ_LEAD,
    [ID] = {"id", true},
    [NODES] = {"num_nodes", true},
    [REPLICAS] = {"num_replicas", true},
    [LOCAL] = {"local_bsz", true},
    [STEP] = {"step_time_s", true},
    [SYNC] = {"sync_time_s", true}};

static const struct vn_column query_columns[] = {
    VN_READ_LEAD,
    [ID] = {"id", false},
    [NODES] = {"num_nodes", true},
    [REPLICAS] = {"num_replicas", true},
    [LOCAL] = {"local_bsz", true},
    [STEP] = {"step_time_s", true},
    [SYNC] = {"sync_time_s", true}};

static enum vn_status
read_point(struct vn_reading *r, struct vn_surface_point *point,
           struct vn_error *err)
{
    enum vn_status status;
    int64_t nodes, replicas;

    if ((status = vn_table_int(r->t, NODES, 1, VN_SURFACE_NODES, &nodes, err))
        || (status = vn_table_int(r->t, REPLICAS, nodes, VN_SURFACE_REPLICAS,
                                  &replicas, err))
        || (status = vn_table_int(r->t, LOCAL, 1, VN_READ_BATCH_MAX,
                                  &point->batch, err)))
        return status;
    point->nodes = (int) nodes;
    point->replicas = (int) replicas;
    return read_step(r, STEP, &point->time, err);
}

static enum vn_status
scalability_row(struct vn_reading *r, struct vn_error *err)
{
    struct vn_surface_point point;
    enum vn_status status = read_point(r, &point, err);

    if (status == VN_OK)
        vn_surface_add_scalability(r->on->surface, point);
    return status;
}

static enum vn_status
vertex_row(struct vn_reading *r, struct vn_error *err)
{
    int64_t next = vn_surface_vertices(r->on->surface);
    struct vn_surface_point point;
    enum vn_status status = vn_read_next(r, ID, next, err);

    if (status == VN_OK && (status = read_point(r, &point, err)) == VN_OK)
        vn_surface_add_vertex(r->on->surface, point);
    return status;
}

static enum vn_status
face_row(struct vn_reading *r, struct vn_error *err)
{
    struct vn_surface_point point;
    enum vn_status status = read_point(r, &point, err);

    if (status == VN_OK)
        vn_surface_add_face(r->on->surface, point);
    return status;
}

enum {
    VERTEX = VN_READ_OWN,
    NTETRAHEDRON = VERTEX + 4
};

static const struct vn_column tetrahedron_columns[] = {
    VN_READ_LEAD, [VERTEX] = {"v0", true}, [VERTEX + 1] = {"v1", true},
    [VERTEX + 2] = {"v2", true}, [VERTEX + 3] = {"v3", true}};

static enum vn_status
tetrahedron_row(struct vn_reading *r, struct vn_error *err)
{
    int last = vn_surface_vertices(r->on->surface) - 1, vertex[4];

    for (int k = 0; k < 4; k++) {
        enum vn_status status;
        int64_t id;

        if (last < 0)
            return vn_table_fail(r->t, VERTEX + k, err,
                                 "'%.64s' has no points in interp_points.csv",
                                 r->a->name);
        status = vn_table_int(r->t, VERTEX + k, 0, last, &id, err);
        if (status != VN_OK)
            return status;
        vertex[k] = (int) id;
    }
    /* A flat one holds nothing that its neighbours do not. */
    vn_surface_add_tetrahedron(r->on->surface, vertex);
    return VN_OK;
}

const struct vn_read_table vn_read_placements = {
    .name = "placements",
    .columns = placement_columns,
    .ncolumns = NPLACEMENT,
    .by_type = true,
    .row = placement_row,
};

const struct vn_read_table vn_read_scalability = {
    .name = "scalability",
    .columns = query_columns,
    .ncolumns = NPOINT,
    .optional = true,
    .by_type = true,
    .row = scalability_row,
};

const struct vn_read_table vn_read_points = {
    .name = "interp_points",
    .columns = point_columns,
    .ncolumns = NPOINT,
    .optional = true,
    .by_type = true,
    .row = vertex_row,
};

const struct vn_read_table vn_read_tetrahedra = {
    .name = "interp_tets",
    .columns = tetrahedron_columns,
    .ncolumns = NTETRAHEDRON,
    .optional = true,
    .by_type = true,
    .row = tetrahedron_row,
};

const struct vn_read_table vn_read_faces = {
    .name = "interp_faces",
    .columns = query_columns,
    .ncolumns = NPOINT,
    .optional = true,
    .by_type = true,
    .row = face_row,
};
