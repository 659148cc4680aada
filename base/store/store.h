/*
 * The results file: one SQLite database, shared by all programs.
 *
 *     vn_store_open("R.db", VN_STORE_WRITE, &store, err);
 *     vn_store_begin(store, name, err);
 *     vn_store_add(store, VN_STORE_JOB, &job, err);  ... any table, any order
 *     vn_store_commit(store, &run, err);
 *     vn_store_close(store);
 *
 * A run is written in one transaction: it is in the file whole or not at all,
 * whatever becomes of the program or the machine.  Several processes may
 * write to one file on a local disk; each waits for the other's transaction.
 * A file on NFS is nobody's to share: write one a machine and merge them.
 *
 * base/store/schema.h has the rows and their columns.  This is the only module
 * that calls SQLite.  A store is for one thread; after fork() open another.
 */
#ifndef BASE_STORE_STORE_H
#define BASE_STORE_STORE_H

#include "base/error.h"
#include "base/store/schema.h"

enum vn_store_mode {
    VN_STORE_READ, /* an existing file */
    VN_STORE_WRITE /* made where there is none */
};

struct vn_store;

#define VN_STORE_MEMORY ":memory:"

/*
 * Open a results file; with VN_STORE_MEMORY as its path one that is nowhere
 * but in memory.  Fails with a message that names path where there is
 * none, where it is something else, damaged or of another format.
 */
enum vn_status vn_store_open(const char *path, enum vn_store_mode mode,
                             struct vn_store **store, struct vn_error *err);

/* Close; a run that was begun and not committed is dropped. */
void vn_store_close(struct vn_store *store);

/* The path it was opened with; borrowed. */
const char *vn_store_path(const struct vn_store *store);

/* The number of the run of that name, 0 where there is none, and whether it
 * failed. */
enum vn_status vn_store_find(struct vn_store *store, const char *name,
                             int64_t *run_id, bool *failed,
                             struct vn_error *err);

/* Whether a run of that name is there, in a state other than failed. */
enum vn_status vn_store_has(struct vn_store *store, const char *name,
                            bool *has, struct vn_error *err);

/*
 * Begin to write a run.  One of the same name that failed is replaced; any
 * other is VN_ETHERE: another process may have written it since one looked.
 * Waits up to a minute for another process's transaction.
 */
enum vn_status vn_store_begin(struct vn_store *store, const char *name,
                              struct vn_error *err);

/*
 * Add a row of any table but run to the run begun; run_id is ignored.  Rows
 * come fastest in order of their primary columns.  Two with equal primary
 * columns are an error.
 */
enum vn_status vn_store_add(struct vn_store *store, enum vn_store_table table,
                            const void *row, struct vn_error *err);

/* The same, with the row's type checked. */
enum vn_status vn_store_job(struct vn_store *store,
                            const struct vn_store_job *row,
                            struct vn_error *err);
enum vn_status vn_store_usage(struct vn_store *store,
                              const struct vn_store_usage *row,
                              struct vn_error *err);
enum vn_status vn_store_allocation(struct vn_store *store,
                                   const struct vn_store_allocation *row,
                                   struct vn_error *err);
enum vn_status vn_store_sample(struct vn_store *store,
                               const struct vn_store_sample *row,
                               struct vn_error *err);
enum vn_status vn_store_step(struct vn_store *store,
                             const struct vn_store_step *row,
                             struct vn_error *err);
enum vn_status vn_store_device(struct vn_store *store,
                               const struct vn_store_device *row,
                               struct vn_error *err);

/*
 * Write the run's own row and make all of it permanent.  run_id and name are
 * ignored: the name is the one given to vn_store_begin().
 */
enum vn_status vn_store_commit(struct vn_store *store,
                               const struct vn_store_run *run,
                               struct vn_error *err);

/* Drop the run begun; nothing where there is none. */
void vn_store_rollback(struct vn_store *store);

/* Rows being read. */
struct vn_rows;

/*
 * Read a table's rows, all columns, to be had by vn_rows_get(); tail is SQL
 * to follow "SELECT ... FROM table", NULL for canonical order.  Values for
 * its '?' are bound by the functions below, counted from 1.
 */
enum vn_status vn_store_read(struct vn_store *store, enum vn_store_table table,
                             const char *tail, struct vn_rows **rows,
                             struct vn_error *err);

/* The rows of one run, in canonical order. */
enum vn_status vn_store_read_run(struct vn_store *store,
                                 enum vn_store_table table, int64_t run_id,
                                 struct vn_rows **rows, struct vn_error *err);

/* Any one SELECT, its columns to be had by number, from 0. */
enum vn_status vn_store_query(struct vn_store *store, const char *sql,
                              struct vn_rows **rows, struct vn_error *err);

void vn_rows_bind_int(struct vn_rows *rows, int at, int64_t value);
void vn_rows_bind_text(struct vn_rows *rows, int at, const char *value);

/* The next row; *more is false after the last. */
enum vn_status vn_rows_next(struct vn_rows *rows, bool *more,
                            struct vn_error *err);

/* Fill row, a struct of the table of vn_store_read(); its texts are borrowed
 * until the next row. */
void vn_rows_get(struct vn_rows *rows, void *row);

/* A column of the row in hand: none is -1, NAN or NULL; texts are borrowed
 * until the next row. */
int64_t vn_rows_int(struct vn_rows *rows, int column);
double vn_rows_real(struct vn_rows *rows, int column);
const char *vn_rows_text(struct vn_rows *rows, int column);

/* How many columns there are; the name of one, borrowed, and what it holds in
 * the row in hand, none being a text. */
int vn_rows_columns(struct vn_rows *rows);
const char *vn_rows_title(struct vn_rows *rows, int column);
enum vn_store_type vn_rows_type(struct vn_rows *rows, int column);

void vn_rows_close(struct vn_rows *rows);

/*
 * Add every run of `from` that `into` has not.  Fails, with nothing of the
 * run in question added, where two runs of one name differ in anything but
 * host and wall time, or where the files were written by different versions.
 */
enum vn_status vn_store_merge(struct vn_store *into, struct vn_store *from,
                              int64_t *added, int64_t *same,
                              struct vn_error *err);

/*
 * Whether a table of run a, in one store, is that of run b in another, but
 * for the columns of the place.
 */
enum vn_status vn_store_same(struct vn_store *into, int64_t a,
                             struct vn_store *from, int64_t b,
                             enum vn_store_table table, bool *same,
                             struct vn_error *err);

enum vn_store_format {
    VN_STORE_CSV,
    VN_STORE_JSON /* an array with an object for each row */
};

/*
 * Write a table in canonical order, which depends on what is in the
 * runs and not on when or where they ran: a run is known by its name, and
 * with `all` false the columns of the place (host, wall time) are left out.
 */
enum vn_status vn_store_export(struct vn_store *store,
                               enum vn_store_table table, bool all,
                               enum vn_store_format format, FILE *out,
                               struct vn_error *err);

/* The views for readers (base/store/schema_sql.h), and in what order their
 * rows of one run stand. */
enum vn_store_view_number {
    VN_STORE_VIEW_RUNS,
    VN_STORE_VIEW_JOBS,
    VN_STORE_VIEW_DECISIONS,
    VN_STORE_VIEWS
};

struct vn_store_view {
    const char *name;
    const char *order;
};

extern const struct vn_store_view vn_store_views[VN_STORE_VIEWS];

/* The same of one of them; runs stand in order of their names. */
enum vn_status vn_store_export_view(struct vn_store *store,
                                    enum vn_store_view_number view,
                                    enum vn_store_format format, FILE *out,
                                    struct vn_error *err);

#endif /* BASE_STORE_STORE_H */
