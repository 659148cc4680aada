/*
 * Between the reader of applications' tables (application_read.c) and the rows
 * of each of them.  To add a table, write its columns and the function of a
 * row, and name it in the list of application_read.c.
 */
#ifndef PLAN_ADAPTIVE_APPLICATION_READ_H
#define PLAN_ADAPTIVE_APPLICATION_READ_H

#include "base/table.h"
#include "plan/adaptive/application.h"

/* The columns that every table begins with. */
enum {
    VN_READ_TYPE,
    VN_READ_APPLICATION,
    VN_READ_OWN
};

#define VN_READ_LEAD                                                \
    [VN_READ_TYPE] = {"gpu_type", false}, [VN_READ_APPLICATION] = { \
                                              "application", true}

enum {
    VN_READ_BATCH_MAX = 1 << 30
};

/* What is being read. */
struct vn_reading {
    struct vn_applications *to;
    const char *path;
    struct vn_table *t;
    bool typed;                   /* it has the column gpu_type */
    struct vn_application *a;     /* of the row in hand */
    struct vn_application_on *on; /* NULL where the table names no type */

    /* The batch whose epochs are being read. */
    struct vn_application *whose;
    struct vn_application_batch *batch;
};

/* Fail where the number in this column is not the next one, `next`. */
enum vn_status vn_read_next(struct vn_reading *reading, int column,
                            int64_t next, struct vn_error *err);

struct vn_read_table {
    const char *name; /* of its file, without .csv */
    const struct vn_column *columns;
    int ncolumns;
    bool optional;
    bool by_type; /* it says what holds of one type of device */
    enum vn_status (*row)(struct vn_reading *reading, struct vn_error *err);
    enum vn_status (*end)(struct vn_reading *reading, struct vn_error *err);
};

extern const struct vn_read_table vn_read_placements;
extern const struct vn_read_table vn_read_scalability;
extern const struct vn_read_table vn_read_points;
extern const struct vn_read_table vn_read_tetrahedra;
extern const struct vn_read_table vn_read_faces;
extern const struct vn_read_table vn_read_validation;
extern const struct vn_read_table vn_read_progress;

#endif /* PLAN_ADAPTIVE_APPLICATION_READ_H */
