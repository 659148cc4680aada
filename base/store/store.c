#include "config.h"

#include "base/store/store.h"

#include "base/names.h"
#include "base/store/schema_sql.h"
#include "base/xalloc.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    APPLICATION_ID = 0x564e5246, /* "VNRF" in the file's header */
    BUSY_MS = 60000
};

struct vn_store {
    sqlite3 *db;
    char *path;
    char name[VN_STORE_NAME_SIZE]; /* of the run begun */
    int64_t run_id;                /* of the run begun, else 0 */
    sqlite3_stmt *insert[VN_STORE_TABLES];

    /* Texts that were used, and their numbers in the table of texts. */
    struct vn_names texts;
    int64_t *text_ids;
};

struct vn_rows {
    struct vn_store *store;
    sqlite3_stmt *stmt;
    const struct vn_store_form *form; /* NULL of a query */
};

/* What SQLite says of the last call, as a sentence with the file's name. */
static enum vn_status
fail(struct vn_store *store, struct vn_error *err)
{
    const char *why = sqlite3_errmsg(store->db);

    switch (sqlite3_errcode(store->db)) {
    case SQLITE_NOTADB:
        return vn_fail(err, VN_EFORMAT, "%s: is not a results file",
                       store->path);
    case SQLITE_CORRUPT:
    case SQLITE_ERROR: /* a table or column that should be there is not */
    case SQLITE_MISMATCH:
        return vn_fail(err, VN_EFORMAT, "%s: is damaged: %s", store->path,
                       why);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return vn_fail(err, VN_EIO, "%s: is in use by another program",
                       store->path);
    default:
        return vn_fail(err, VN_EIO, "%s: %s", store->path, why);
    }
}

static enum vn_status
run_sql(struct vn_store *store, const char *sql, struct vn_error *err)
{
    if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return fail(store, err);
    return VN_OK;
}

/* The one number that a statement yields; *value is kept if it yields none. */
static enum vn_status
number(struct vn_store *store, const char *sql, int64_t *value,
       struct vn_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc;

    if (sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL) != SQLITE_OK)
        return fail(store, err);
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        *value = sqlite3_column_int64(stmt, 0);
    else if (rc != SQLITE_DONE) {
        fail(store, err);
        sqlite3_finalize(stmt);
        return VN_EIO;
    }
    sqlite3_finalize(stmt);
    return VN_OK;
}

static enum vn_status
create(struct vn_store *store, struct vn_error *err)
{
    enum vn_status status = VN_OK;
    char *sql = vn_xcalloc(VN_STORE_SQL_SIZE, 1);

    status = run_sql(store, vn_store_sql_texts, err);
    for (int i = 0; i < VN_STORE_TABLES && status == VN_OK; i++) {
        vn_store_sql_create(sql, (enum vn_store_table) i);
        status = run_sql(store, sql, err);
    }
    if (status == VN_OK)
        status = run_sql(store, vn_store_sql_views, err);
    if (status == VN_OK) {
        snprintf(sql, VN_STORE_SQL_SIZE,
                 "PRAGMA application_id = %d; PRAGMA user_version = %d",
                 APPLICATION_ID, VN_STORE_FORMAT);
        status = run_sql(store, sql, err);
    }
    free(sql);
    return status;
}

/* What the file says it is; blank where nothing was ever written to it. Within
 * a transaction, since another process may be making it. */
static enum vn_status
identify(struct vn_store *store, bool *blank, struct vn_error *err)
{
    int64_t application = 0, format = 0, objects = 0;
    enum vn_status status;

    status = number(store, "PRAGMA application_id", &application, err);
    if (status == VN_OK)
        status = number(store, "PRAGMA user_version", &format, err);
    if (status == VN_OK)
        status =
            number(store, "SELECT count(*) FROM sqlite_schema", &objects, err);
    *blank = application == 0 && objects == 0;
    if (status != VN_OK || *blank)
        return status;
    if (application != APPLICATION_ID)
        return vn_fail(err, VN_EFORMAT,
                       "%s: is an SQLite database, but not a results file",
                       store->path);
    if (format != VN_STORE_FORMAT)
        return vn_fail(err, VN_EFORMAT,
                       "%s: is of format %lld, this version reads format %d",
                       store->path, (long long) format, VN_STORE_FORMAT);
    return VN_OK;
}

/* Accept a results file, and make one of a blank file that is to be written;
 * of several processes at it one does, and the others find it done. */
static enum vn_status
prepare(struct vn_store *store, enum vn_store_mode mode, struct vn_error *err)
{
    bool blank = false;
    enum vn_status status = run_sql(store, "BEGIN", err);

    if (status == VN_OK)
        status = identify(store, &blank, err);
    sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
    if (status != VN_OK || !blank)
        return status;
    if (mode == VN_STORE_READ)
        return vn_fail(err, VN_EFORMAT, "%s: holds no results", store->path);
    status = run_sql(store, "BEGIN IMMEDIATE", err);
    if (status == VN_OK)
        status = identify(store, &blank, err);
    if (status == VN_OK && blank)
        status = create(store, err);
    if (status == VN_OK)
        status = run_sql(store, "COMMIT", err);
    return status;
}

enum vn_status
vn_store_open(const char *path, enum vn_store_mode mode,
              struct vn_store **store, struct vn_error *err)
{
    /* Reading may have to undo what a killed writer left, so not READONLY;
     * SQLite itself falls back to that where the file is write-protected. */
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX
                | (mode == VN_STORE_WRITE ? SQLITE_OPEN_CREATE : 0);
    struct vn_store *s = vn_xcalloc(1, sizeof *s);
    enum vn_status status;
    struct stat st;

    *store = NULL;
    s->path = strcpy(vn_xcalloc(strlen(path) + 1, 1), path);
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        status = vn_fail(err, VN_EIO, "%s: is a directory", path);
    else if (sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK)
        status = vn_fail(err, VN_EIO, "%s: %s", path,
                         sqlite3_system_errno(s->db) != 0
                             ? strerror(sqlite3_system_errno(s->db))
                             : sqlite3_errmsg(s->db));
    else {
        sqlite3_busy_timeout(s->db, BUSY_MS);
        status = run_sql(s, "PRAGMA cache_size = -32768", err);
        if (status == VN_OK)
            status = prepare(s, mode, err);
    }
    if (status != VN_OK)
        vn_store_close(s);
    else
        *store = s;
    return status;
}

static void
forget_texts(struct vn_store *store)
{
    vn_names_free(&store->texts);
    store->texts = (struct vn_names){0};
    free(store->text_ids);
    store->text_ids = NULL;
}

void
vn_store_close(struct vn_store *store)
{
    if (store == NULL)
        return;
    vn_store_rollback(store);
    for (int i = 0; i < VN_STORE_TABLES; i++)
        sqlite3_finalize(store->insert[i]);
    sqlite3_close(store->db);
    forget_texts(store);
    free(store->path);
    free(store);
}

const char *
vn_store_path(const struct vn_store *store)
{
    return store->path;
}

enum vn_status
vn_store_find(struct vn_store *store, const char *name, int64_t *run_id,
              bool *failed, struct vn_error *err)
{
    struct vn_rows *rows;
    enum vn_status status;
    bool more = false;

    *run_id = 0;
    *failed = false;
    status = vn_store_query(store,
                            "SELECT run_id, state IN ('failed', 'limited') "
                            "FROM run WHERE name = ?",
                            &rows, err);
    if (status != VN_OK)
        return status;
    vn_rows_bind_text(rows, 1, name);
    status = vn_rows_next(rows, &more, err);
    if (status == VN_OK && more) {
        *run_id = vn_rows_int(rows, 0);
        *failed = vn_rows_int(rows, 1) == 1;
    }
    vn_rows_close(rows);
    return status;
}

enum vn_status
vn_store_has(struct vn_store *store, const char *name, bool *has,
             struct vn_error *err)
{
    int64_t run_id;
    bool failed;
    enum vn_status status = vn_store_find(store, name, &run_id, &failed, err);

    *has = run_id != 0 && !failed;
    return status;
}

static enum vn_status
remove_run(struct vn_store *store, int64_t run_id, struct vn_error *err)
{
    char *sql = vn_xcalloc(VN_STORE_SQL_SIZE, 1);
    enum vn_status status = VN_OK;

    for (int i = 0; i < VN_STORE_TABLES && status == VN_OK; i++) {
        vn_store_sql_delete(sql, (enum vn_store_table) i, run_id);
        status = run_sql(store, sql, err);
    }
    free(sql);
    return status;
}

enum vn_status
vn_store_begin(struct vn_store *store, const char *name, struct vn_error *err)
{
    enum vn_status status;
    int64_t run_id = 0;
    bool failed = false;

    if (store->run_id != 0)
        return vn_fail(err, VN_EINVAL, "%s: a run is being written already",
                       store->path);
    status = run_sql(store, "BEGIN IMMEDIATE", err);
    if (status != VN_OK)
        return status;
    status = vn_store_find(store, name, &run_id, &failed, err);
    if (status == VN_OK && run_id != 0 && !failed)
        status = vn_fail(err, VN_ETHERE, "%s: there is a run %s already",
                         store->path, name);
    if (status == VN_OK && failed)
        status = remove_run(store, run_id, err);
    run_id = 1;
    if (status == VN_OK)
        status = number(store, "SELECT coalesce(max(run_id), 0) + 1 FROM run",
                        &run_id, err);
    if (status != VN_OK) {
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
        return status;
    }
    store->run_id = run_id;
    snprintf(store->name, sizeof store->name, "%s", name);
    return VN_OK;
}

static enum vn_status
prepare_insert(struct vn_store *store, enum vn_store_table table,
               struct vn_error *err)
{
    char *sql = vn_xcalloc(VN_STORE_SQL_SIZE, 1);
    int rc;

    vn_store_sql_insert(sql, table);
    rc = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
                            &store->insert[table], NULL);
    free(sql);
    return rc == SQLITE_OK ? VN_OK : fail(store, err);
}

/* The number of a text in the file, which is given one where it has none. */
static enum vn_status
find_text(struct vn_store *store, const char *text, int64_t *id,
          struct vn_error *err)
{
    static const char *const statements[] = {
        "INSERT OR IGNORE INTO text (text) VALUES (?)",
        "SELECT text_id FROM text WHERE text = ?"};
    int known = store->texts.count, at = vn_names_add(&store->texts, text);

    if (at < known) {
        *id = store->text_ids[at];
        return VN_OK;
    }
    store->text_ids = vn_xrealloc(store->text_ids, (size_t) known + 1,
                                  sizeof *store->text_ids);
    for (int i = 0; i < 2; i++) {
        sqlite3_stmt *stmt = NULL;
        int rc = sqlite3_prepare_v2(store->db, statements[i], -1, &stmt, NULL);

        if (rc == SQLITE_OK) {
            sqlite3_bind_text(stmt, 1, text, -1, SQLITE_STATIC);
            rc = sqlite3_step(stmt);
        }
        if (rc == SQLITE_ROW)
            *id = store->text_ids[at] = sqlite3_column_int64(stmt, 0);
        if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
            fail(store, err);
            sqlite3_finalize(stmt);
            forget_texts(store);
            return VN_EIO;
        }
        sqlite3_finalize(stmt);
    }
    return VN_OK;
}

/* Bind the columns of a row that are texts kept once. */
static enum vn_status
bind_texts(struct vn_store *store, sqlite3_stmt *stmt,
           const struct vn_store_form *form, const void *row,
           struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (int i = 1; i < form->ncolumns && status == VN_OK; i++) {
        const struct vn_store_column *c = &form->columns[i];
        const char *text;
        int64_t id = 0;

        if ((c->flags & VN_STORE_CODED) == 0 || vn_store_is_none(c, row))
            continue;
        memcpy(&text, (const char *) row + c->offset, sizeof text);
        status = find_text(store, text, &id, err);
        if (status == VN_OK)
            sqlite3_bind_int64(stmt, i + 1, id);
    }
    return status;
}

static void
bind(sqlite3_stmt *stmt, int at, const struct vn_store_column *c,
     const void *row)
{
    const void *from = (const char *) row + c->offset;

    if (vn_store_is_none(c, row))
        sqlite3_bind_null(stmt, at);
    else if (c->type == VN_STORE_INTEGER) {
        int64_t value;

        memcpy(&value, from, sizeof value);
        sqlite3_bind_int64(stmt, at, value);
    } else if (c->type == VN_STORE_REAL) {
        double value;

        memcpy(&value, from, sizeof value);
        sqlite3_bind_double(stmt, at, value);
    } else {
        const char *value;

        memcpy(&value, from, sizeof value);
        sqlite3_bind_text(stmt, at, value, -1, SQLITE_STATIC);
    }
}

/* Insert a row whose first columns are given by the store itself. */
static enum vn_status
insert(struct vn_store *store, enum vn_store_table table, const void *row,
       struct vn_error *err)
{
    const struct vn_store_form *form = &vn_store_forms[table];
    enum vn_status status = VN_OK;
    sqlite3_stmt *stmt;

    if (store->insert[table] == NULL)
        status = prepare_insert(store, table, err);
    if (status != VN_OK)
        return status;
    stmt = store->insert[table];
    for (int i = 1; i < form->ncolumns; i++)
        bind(stmt, i + 1, &form->columns[i], row);
    if ((status = bind_texts(store, stmt, form, row, err)) != VN_OK)
        return status;
    sqlite3_bind_int64(stmt, 1, store->run_id);
    if (table == VN_STORE_RUN)
        sqlite3_bind_text(stmt, 2, store->name, -1, SQLITE_STATIC);
    if (sqlite3_step(stmt) != SQLITE_DONE) {
        int code = sqlite3_extended_errcode(store->db);

        if (code == SQLITE_CONSTRAINT_PRIMARYKEY)
            status =
                vn_fail(err, VN_EINVAL, "%s: two rows of %s with the same key",
                        store->path, form->name);
        else
            status = fail(store, err);
    }
    sqlite3_reset(stmt);
    return status;
}

enum vn_status
vn_store_add(struct vn_store *store, enum vn_store_table table,
             const void *row, struct vn_error *err)
{
    if (store->run_id == 0 || table == VN_STORE_RUN)
        return vn_fail(err, VN_EINVAL, "%s: no run is being written",
                       store->path);
    return insert(store, table, row, err);
}

#define ADD(member, table)                                                \
    enum vn_status vn_store_##member(struct vn_store *store,              \
                                     const struct vn_store_##member *row, \
                                     struct vn_error *err)                \
    {                                                                     \
        return vn_store_add(store, table, row, err);                      \
    }
ADD(job, VN_STORE_JOB)
ADD(usage, VN_STORE_USAGE)
ADD(allocation, VN_STORE_ALLOCATION)
ADD(sample, VN_STORE_SAMPLE)
ADD(step, VN_STORE_STEP)
ADD(device, VN_STORE_DEVICE)
#undef ADD

enum vn_status
vn_store_commit(struct vn_store *store, const struct vn_store_run *run,
                struct vn_error *err)
{
    enum vn_status status;

    if (store->run_id == 0)
        return vn_fail(err, VN_EINVAL, "%s: no run is being written",
                       store->path);
    status = insert(store, VN_STORE_RUN, run, err);
    if (status == VN_OK)
        status = run_sql(store, "COMMIT", err);
    if (status != VN_OK)
        vn_store_rollback(store);
    store->run_id = 0;
    return status;
}

void
vn_store_rollback(struct vn_store *store)
{
    if (store->run_id == 0)
        return;
    sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    store->run_id = 0;
    forget_texts(store); /* their numbers are free again */
}

enum vn_status
vn_store_query(struct vn_store *store, const char *sql, struct vn_rows **rows,
               struct vn_error *err)
{
    sqlite3_stmt *stmt = NULL;

    *rows = NULL;
    if (sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL) != SQLITE_OK)
        return fail(store, err);
    *rows = vn_xcalloc(1, sizeof **rows);
    (*rows)->store = store;
    (*rows)->stmt = stmt;
    return VN_OK;
}

enum vn_status
vn_store_read(struct vn_store *store, enum vn_store_table table,
              const char *tail, struct vn_rows **rows, struct vn_error *err)
{
    char *sql = vn_xcalloc(VN_STORE_SQL_SIZE, 1);
    enum vn_status status;

    vn_store_sql_select(sql, table, tail);
    status = vn_store_query(store, sql, rows, err);
    if (status == VN_OK)
        (*rows)->form = &vn_store_forms[table];
    free(sql);
    return status;
}

enum vn_status
vn_store_read_run(struct vn_store *store, enum vn_store_table table,
                  int64_t run_id, struct vn_rows **rows, struct vn_error *err)
{
    char *tail = vn_xcalloc(VN_STORE_SQL_SIZE, 1);
    enum vn_status status;

    vn_store_sql_of_run(tail, table);
    status = vn_store_read(store, table, tail, rows, err);
    if (status == VN_OK)
        vn_rows_bind_int(*rows, 1, run_id);
    free(tail);
    return status;
}

void
vn_rows_bind_int(struct vn_rows *rows, int at, int64_t value)
{
    sqlite3_bind_int64(rows->stmt, at, value);
}

void
vn_rows_bind_text(struct vn_rows *rows, int at, const char *value)
{
    sqlite3_bind_text(rows->stmt, at, value, -1, SQLITE_TRANSIENT);
}

enum vn_status
vn_rows_next(struct vn_rows *rows, bool *more, struct vn_error *err)
{
    int rc = sqlite3_step(rows->stmt);

    *more = rc == SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? VN_OK
                                                 : fail(rows->store, err);
}

int64_t
vn_rows_int(struct vn_rows *rows, int column)
{
    if (sqlite3_column_type(rows->stmt, column) == SQLITE_NULL)
        return -1;
    return sqlite3_column_int64(rows->stmt, column);
}

double
vn_rows_real(struct vn_rows *rows, int column)
{
    if (sqlite3_column_type(rows->stmt, column) == SQLITE_NULL)
        return NAN;
    return sqlite3_column_double(rows->stmt, column);
}

const char *
vn_rows_text(struct vn_rows *rows, int column)
{
    return (const char *) sqlite3_column_text(rows->stmt, column);
}

int
vn_rows_columns(struct vn_rows *rows)
{
    return sqlite3_column_count(rows->stmt);
}

const char *
vn_rows_title(struct vn_rows *rows, int column)
{
    return sqlite3_column_name(rows->stmt, column);
}

enum vn_store_type
vn_rows_type(struct vn_rows *rows, int column)
{
    switch (sqlite3_column_type(rows->stmt, column)) {
    case SQLITE_INTEGER:
        return VN_STORE_INTEGER;
    case SQLITE_FLOAT:
        return VN_STORE_REAL;
    default:
        return VN_STORE_TEXT;
    }
}

void
vn_rows_get(struct vn_rows *rows, void *row)
{
    for (int i = 0; i < rows->form->ncolumns; i++) {
        const struct vn_store_column *c = &rows->form->columns[i];
        char *to = (char *) row + c->offset;

        if (c->type == VN_STORE_INTEGER) {
            int64_t value = vn_rows_int(rows, i);

            memcpy(to, &value, sizeof value);
        } else if (c->type == VN_STORE_REAL) {
            double value = vn_rows_real(rows, i);

            memcpy(to, &value, sizeof value);
        } else {
            const char *value = vn_rows_text(rows, i);

            memcpy(to, &value, sizeof value);
        }
    }
}

void
vn_rows_close(struct vn_rows *rows)
{
    if (rows == NULL)
        return;
    sqlite3_finalize(rows->stmt);
    free(rows);
}
