/*
 * What a results file holds: the tables, their rows as C structs, and every
 * column with its unit and meaning.
 *
 * The table of columns in schema.c is the one description: base/store/store.c
 * creates the file from it and moves rows between SQLite and the structs
 * below by it, exports follow its order, and `vnreplay schema` prints it.
 *
 * To add a column, add a member to the struct and a line to the table, and
 * count VN_STORE_FORMAT up.
 *
 * Members are int64_t, double or const char *, and named as their columns.
 * Where a column is optional, "none" is -1, NAN or NULL; vn_store_blank()
 * sets those.  Times are simulated (or, of a measured run, real) microseconds
 * since the start of the run's trace.
 */
#ifndef BASE_STORE_SCHEMA_H
#define BASE_STORE_SCHEMA_H

#include "base/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    VN_STORE_FORMAT = 8,                 /* PRAGMA user_version */
    VN_STORE_NAME_SIZE = VN_DIGEST_TEXT, /* of a run's name */
    VN_STORE_COLUMNS_MAX = 128
};

enum vn_store_table {
    VN_STORE_RUN,
    VN_STORE_JOB,
    VN_STORE_USAGE,
    VN_STORE_ALLOCATION,
    VN_STORE_SAMPLE,
    VN_STORE_STEP,
    VN_STORE_DEVICE,
    VN_STORE_TABLES
};

enum vn_store_type {
    VN_STORE_INTEGER, /* int64_t */
    VN_STORE_REAL,    /* double */
    VN_STORE_TEXT     /* const char *, UTF-8 */
};

enum {
    VN_STORE_OPTIONAL = 1 << 0, /* may be NULL */
    VN_STORE_PLACE = 1 << 1,    /* of the machine: not in canonical exports */
    VN_STORE_KEY = 1 << 2,      /* run: enters its name */
    VN_STORE_PRIMARY = 1 << 3,  /* names the row, with the run */
    VN_STORE_CODED = 1 << 4     /* the text is kept once in the file */
};

struct vn_store_column {
    const char *name;
    enum vn_store_type type;
    int flags;
    size_t offset; /* in the row's struct */
    const char *unit;
    const char *help;

    /*
     * Of a column that is not kept as it is, SQL: where it can be told from
     * others, how, by `load` alone; where what is kept is smaller, also
     * how that follows from the row that is added (its columns behind ':'), by
     * `keep`, and under which name it is kept.
     */
    const char *load;
    const char *keep;
    const char *kept;
};

/*
 * A table; its first column is always run_id, which base/store/store.c sets.
 * One with columns that are not kept as they are is a view of a table NAME_row
 * (base/store/schema_sql.h).
 */
struct vn_store_form {
    const char *name;
    const char *help;
    size_t row_size;
    int ncolumns;
    const struct vn_store_column *columns;
};

extern const struct vn_store_form vn_store_forms[VN_STORE_TABLES];

struct vn_store_run {
    int64_t run_id;
    const char *name;
    const char *kind;
    const char *state;
    const char *error;
    const char *trace;
    const char *trace_hash;
    const char *window;
    const char *cluster;
    const char *cluster_hash;
    const char *profile;
    const char *profile_hash;
    const char *policy;
    const char *options;
    const char *options_hash;
    const char *plugin;
    const char *backend;
    const char *limits;
    int64_t seed;
    double load;
    const char *compat;
    const char *scaling;
    const char *scaling_hash;
    const char *costs;
    const char *costs_hash;
    const char *placement;
    const char *faults;
    const char *slow;
    const char *slow_hash;
    const char *predict;
    const char *rho_form;
    int64_t until_us;
    const char *stop;
    const char *statuses;
    const char *measure;
    int64_t measure_from_us;
    int64_t measure_to_us;
    const char *kept;
    const char *remark;
    const char *version;
    const char *commit;
    const char *experiment;
    const char *experiment_hash;
    const char *command;
    const char *date;
    const char *host;
    int64_t wall_us;
    int64_t devices;
    int64_t events;
    int64_t jobs;
    int64_t finished;
    int64_t rejected;
    const char *rejected_why;
    int64_t unfinished;
    int64_t unmeasured;
    int64_t declined;
    int64_t deadlines;
    int64_t deadlines_admitted;
    int64_t deadlines_met;
    double late_mean_us;
    double late_max_us;
    double present_mean;
    double rho_mean;
    double rho_worst;
    double rho_above;
    double jain_users;
    double jain_vcs;
    int64_t makespan_us;
    double utilisation;
    int64_t device_us;
    int64_t preemptions;
    int64_t resizes;
    int64_t failures;
    int64_t overhead_us;
    int64_t lost_us;
    double jct_mean_us;
    double jct_p50_us;
    double jct_p90_us;
    double jct_p99_us;
    double queue_mean_us;
    double queue_p50_us;
    double queue_p90_us;
    double queue_p99_us;
    double preempted_mean_us;
};

struct vn_store_job {
    int64_t run_id;
    int64_t job_id;
    int64_t submit_us;
    int64_t start_us;
    int64_t finish_us;
    int64_t deadline_us;
    double rho;
    int64_t jct_us;
    int64_t queue_us;
    int64_t preemptions;
    int64_t resizes;
    int64_t failures;
    int64_t device_us;
    int64_t overhead_us;
    int64_t lost_us;
    int64_t preempted_us;
    int64_t devices;
    int64_t duration_us;
    int64_t whole_us;
    double weight;
    const char *vc;
    const char *user;
    const char *type;
    const char *model;
    const char *status;
    const char *why;
    const char *state;
};

struct vn_store_usage {
    int64_t run_id;
    int64_t job_id;
    const char *device_type;
    int64_t device_us;
};

struct vn_store_allocation {
    int64_t run_id;
    int64_t job_id;
    int64_t from_us;
    const char *device_type;
    const char *kind;
    int64_t to_us;
    int64_t devices;
};

struct vn_store_sample {
    int64_t run_id;
    int64_t from_us;
    int64_t to_us;
    double held;
    double waiting;
};

struct vn_store_step {
    int64_t run_id;
    int64_t job_id;
    int64_t step;
    int64_t start_us;
    int64_t step_us;
    int64_t devices;
    int64_t vnodes;
    int64_t examples;
    double loss;
    double accuracy;
    int64_t load_us;
    int64_t compute_us;
    int64_t sync_us;
    int64_t update_us;
    int64_t resize_us;
    const char *digest;
};

struct vn_store_device {
    int64_t run_id;
    int64_t device;
    const char *device_type;
    const char *name;
    int64_t emulated;
    int64_t vnodes;
    int64_t examples;
    int64_t memory_bytes;
    int64_t peak_bytes;
    int64_t busy_us;
};

/* Set every column of a row to none where it is optional, else to 0. */
void vn_store_blank(enum vn_store_table table, void *row);

/* The column of that name, or -1. */
int vn_store_column_find(enum vn_store_table table, const char *name);

/*
 * The name of a run: a digest of every column marked VN_STORE_KEY, that is of
 * the contents of all its inputs, its configuration and the sources of the
 * program.
 */
void vn_store_run_name(const struct vn_store_run *run,
                       char name[VN_STORE_NAME_SIZE]);

/*
 * Order of two rows by the columns that are not of the place and not run_id:
 * negative, 0 or positive.  none comes first.
 */
int vn_store_compare(enum vn_store_table table, const void *a, const void *b);

/* Order of one column of two rows; none comes first. */
int vn_store_compare_column(const struct vn_store_column *column,
                            const void *a, const void *b);

/* Whether a column of a row is none. */
bool vn_store_is_none(const struct vn_store_column *column, const void *row);

#endif /* BASE_STORE_SCHEMA_H */
