#include "config.h"

#include "base/file.h"
#include "base/rng.h"
#include "base/store/store.h"
#include "t/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *
scratch(const char *name)
{
    static char path[4][512];
    static int next;
    const char *folder = getenv("TMPDIR");

    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/vn-store-%d-%s",
             folder != NULL ? folder : "/tmp", (int) getpid(), name);
    return path[next];
}

static struct vn_store_run
make_run(const char *policy, int64_t seed)
{
    struct vn_store_run run;

    vn_store_blank(VN_STORE_RUN, &run);
    run.kind = "simulated";
    run.state = "done";
    run.trace = "a trace, \"quoted\"";
    run.trace_hash = "77f0";
    run.cluster = "v100:3x8";
    run.policy = policy;
    run.seed = seed;
    run.version = "0.1.0";
    run.host = "here";
    run.wall_us = 4711;
    run.load = 0.7;
    run.jct_mean_us = 2385.25;
    return run;
}

static struct vn_store_job
make_job(int64_t id)
{
    bool starts = id % 3 != 0, ends = id % 3 == 1;

    return (struct vn_store_job){.job_id = id,
                                 .submit_us = 1000 * id + 13,
                                 .start_us = starts ? 1700 * id + 13 : -1,
                                 .finish_us = ends ? 1700 * id + 4724 : -1,
                                 .deadline_us = -1,
                                 .rho = NAN,
                                 .jct_us = ends ? 700 * id + 4711 : -1,
                                 .queue_us = starts ? 700 * id : -1,
                                 .preemptions = 2,
                                 .device_us = 8913 * id,
                                 .devices = id % 4 == 0 ? -1 : id,
                                 .duration_us = id % 5 == 0 ? -1 : 977 * id,
                                 .weight = 0.25 * (double) id,
                                 .user = id % 2 == 0 ? "a user" : NULL,
                                 .state = ends ? "finished" : "left"};
}

/* Write one run with some rows of every table. */
static enum vn_status
write_run(struct vn_store *store, const struct vn_store_run *run, int njobs,
          struct vn_error *err)
{
    char name[VN_STORE_NAME_SIZE];
    enum vn_status status;

    vn_store_run_name(run, name);
    status = vn_store_begin(store, name, err);
    for (int i = njobs; i-- > 0 && status == VN_OK;) {
        struct vn_store_job job = make_job(i);

        status = vn_store_job(store, &job, err);
    }
    if (status == VN_OK)
        status = vn_store_usage(
            store, &(struct vn_store_usage){0, 5, "k80", 977}, err);
    if (status == VN_OK)
        status = vn_store_allocation(
            store,
            &(struct vn_store_allocation){0, 5, 13, "k80", "start", 31, 4},
            err);
    if (status == VN_OK)
        status = vn_store_sample(
            store, &(struct vn_store_sample){0, 0, 60, 3.25, 17}, err);
    if (status == VN_OK) {
        struct vn_store_step step;

        vn_store_blank(VN_STORE_STEP, &step);
        step.step = 3;
        step.loss = 0.693;
        status = vn_store_step(store, &step, err);
    }
    if (status == VN_OK) {
        struct vn_store_device device;

        vn_store_blank(VN_STORE_DEVICE, &device);
        device.device_type = "host";
        device.peak_bytes = 1 << 20;
        status = vn_store_device(store, &device, err);
    }
    if (status == VN_OK)
        status = vn_store_commit(store, run, err);
    return status;
}

static int64_t
count(struct vn_store *store, const char *sql)
{
    struct vn_error err;
    struct vn_rows *rows;
    int64_t n = -2;
    bool more;

    if (vn_store_query(store, sql, &rows, &err) == VN_OK) {
        if (vn_rows_next(rows, &more, &err) == VN_OK && more)
            n = vn_rows_int(rows, 0);
        vn_rows_close(rows);
    }
    return n;
}

/* The jobs of make_job() of which any column came back as another. */
static int
differing(struct vn_store *store, int njobs)
{
    struct vn_error err;
    struct vn_rows *rows;
    bool more = true;
    int n = 0, at = 0;

    vn_store_read_run(store, VN_STORE_JOB, 1, &rows, &err);
    while (vn_rows_next(rows, &more, &err) == VN_OK && more) {
        struct vn_store_job want = make_job(at++), got;

        vn_rows_get(rows, &got);
        n += vn_store_compare(VN_STORE_JOB, &want, &got) != 0;
    }
    vn_rows_close(rows);
    return n + abs(njobs - at);
}

static char *
export_all(struct vn_store *store)
{
    struct vn_error err;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    for (int i = 0; i < VN_STORE_TABLES; i++)
        if (vn_store_export(store, (enum vn_store_table) i, false,
                            VN_STORE_CSV, out, &err)
            != VN_OK)
            diag("%s", err.text);
    fclose(out);
    return text;
}

static void
test_schema(void)
{
    struct vn_store_run a = make_run("fifo", 1), b = a;
    char x[VN_STORE_NAME_SIZE], y[VN_STORE_NAME_SIZE];
    bool documented = true, first = true;

    for (int t = 0; t < VN_STORE_TABLES; t++) {
        const struct vn_store_form *form = &vn_store_forms[t];

        first = first && strcmp(form->columns[0].name, "run_id") == 0;
        for (int i = 0; i < form->ncolumns; i++)
            documented = documented && form->columns[i].help[0] != '\0';
        ok(form->ncolumns <= VN_STORE_COLUMNS_MAX, "%s has room", form->name);
    }
    ok(documented, "every column says what it is");
    ok(first, "every table begins with run_id");
    vn_store_run_name(&a, x);
    b.host = "there";
    b.wall_us = 1;
    b.jct_mean_us = 1;
    b.trace = "the same by another path";
    vn_store_run_name(&b, y);
    is_str(x, y, "a run's name does not depend on place, path or outcome");
    b.seed = 2;
    vn_store_run_name(&b, y);
    ok(strcmp(x, y) != 0, "but on the seed");
    b = a;
    b.options = "quantum=3";
    vn_store_run_name(&b, y);
    ok(strcmp(x, y) != 0, "and on the policy's options");
    b.options = NULL;
    b.window = "quantum=3";
    vn_store_run_name(&a, x);
    vn_store_run_name(&b, y);
    ok(strcmp(x, y) != 0, "a text means something else in another column");
}

static void
test_round_trip(void)
{
    const char *path = scratch("a.db");
    struct vn_store_run run = make_run("fifo", 1), got;
    struct vn_store *store = NULL;
    struct vn_store_job job;
    struct vn_rows *rows;
    struct vn_error err = {0};
    char name[VN_STORE_NAME_SIZE];
    bool has, more;

    vn_store_run_name(&run, name);
    ok(vn_store_open(path, VN_STORE_WRITE, &store, &err) == VN_OK,
       "a file is made (%s)", err.text);
    ok(write_run(store, &run, 100, &err) == VN_OK, "a run is written (%s)",
       err.text);
    ok(vn_store_has(store, name, &has, &err) == VN_OK && has, "it is there");
    ok(vn_store_has(store, "0", &has, &err) == VN_OK && !has,
       "another is not");
    vn_store_read(store, VN_STORE_RUN, NULL, &rows, &err);
    vn_rows_next(rows, &more, &err);
    vn_rows_get(rows, &got);
    is_str(got.name, name, "its row has its name");
    is_str(got.trace, run.trace, "a text comes back");
    ok(got.load == 0.7 && got.jct_mean_us == 2385.25, "reals come back");
    is_int(got.wall_us, 4711, "integers come back");
    ok(got.error == NULL && got.measure_to_us == -1 && isnan(got.utilisation),
       "none comes back as none");
    vn_rows_close(rows);
    vn_store_read(store, VN_STORE_JOB, "WHERE job_id = ?", &rows, &err);
    vn_rows_bind_int(rows, 1, 57);
    vn_rows_next(rows, &more, &err);
    vn_rows_get(rows, &job);
    is_int(job.device_us, INT64_C(8913) * 57, "a job can be asked for");
    is_int(job.start_us, -1, "it never started");
    vn_rows_next(rows, &more, &err);
    ok(!more, "and there is one of it");
    vn_rows_close(rows);
    is_int(differing(store, 100), 0, "each job comes back as it was added");
    is_int(count(store, "SELECT count(*) FROM text WHERE text = 'a user'"), 1,
           "a text that many have is there once");
    is_int(count(store, "SELECT count(*) FROM jobs WHERE user = 'a user' AND "
                        "abs(jct_s * 1e6 - jct_us) < 0.1 AND policy = 'fifo'"),
           -2, "readers' views have seconds, not microseconds");
    is_int(count(store, "SELECT count(*) FROM jobs JOIN job USING (run_id, "
                        "job_id) WHERE abs(jct_s * 1e6 - jct_us) < 0.1 AND "
                        "policy = 'fifo' AND jobs.state = 'finished'"),
           33, "readers' views name the run beside each job");
    is_int(count(store, "SELECT count(*) FROM decisions WHERE to_s = 31e-6 "
                        "AND device_type = 'k80'"),
           1, "and what was decided");
    is_int(count(store, "SELECT jct_mean_s * 1e6 = 2385.25 FROM runs"), 1,
           "and each run");
    ok(write_run(store, &run, 1, &err) == VN_ETHERE
           && strstr(err.text, "already") != NULL,
       "a name is there once: %s", err.text);
    is_int(count(store, "SELECT window IS NULL FROM run"), 1,
           "columns need no quotes in SQL");
    vn_store_close(store);
    unlink(path);
}

static void
test_whole_or_not(void)
{
    const char *path = scratch("b.db");
    struct vn_store_run run = make_run("fifo", 1);
    struct vn_store_job job = make_job(4);
    struct vn_store *store = NULL, *other = NULL;
    struct vn_error err = {0};

    vn_store_open(path, VN_STORE_WRITE, &store, &err);
    ok(vn_store_job(store, &job, &err) == VN_EINVAL,
       "a row belongs to a run: %s", err.text);
    ok(vn_store_commit(store, &run, &err) == VN_EINVAL, "so does a commit: %s",
       err.text);
    vn_store_begin(store, "1", &err);
    ok(vn_store_begin(store, "2", &err) == VN_EINVAL, "one run at a time: %s",
       err.text);
    vn_store_job(store, &job, &err);
    ok(vn_store_job(store, &job, &err) == VN_EINVAL, "a job is there once: %s",
       err.text);
    vn_store_close(store);
    vn_store_open(path, VN_STORE_READ, &other, &err);
    is_int(count(other, "SELECT count(*) FROM job"), 0,
           "what was not committed is not there");
    vn_store_close(other);

    vn_store_open(path, VN_STORE_WRITE, &store, &err);
    run.state = "failed";
    ok(write_run(store, &run, 7, &err) == VN_OK, "a failed run is recorded");
    run.state = "done";
    ok(write_run(store, &run, 8, &err) == VN_OK,
       "and replaced by one that works");
    is_int(count(store, "SELECT count(*) FROM job"), 8, "with all its rows");
    run = make_run(NULL, 3);
    run.kind = NULL;
    ok(write_run(store, &run, 1, &err) == VN_EIO,
       "what must be there must be there: %s", err.text);
    is_int(count(store, "SELECT count(*) FROM job"), 8,
           "a refused run leaves nothing");
    vn_store_close(store);
    unlink(path);
}

static void
test_merge(void)
{
    const char *paths[3] = {scratch("m0.db"), scratch("m1.db"),
                            scratch("m2.db")};
    struct vn_store_run runs[3] = {make_run("fifo", 1), make_run("wfs", 1),
                                   make_run("wfs", 2)};
    struct vn_store *s[3];
    struct vn_error err = {0};
    int64_t added, same;
    char *one, *two;

    for (int i = 0; i < 3; i++)
        vn_store_open(paths[i], VN_STORE_WRITE, &s[i], &err);
    for (int i = 0; i < 3; i++)
        write_run(s[0], &runs[i], 20 + i, &err);
    write_run(s[1], &runs[2], 22, &err);
    write_run(s[2], &runs[1], 21, &err);
    runs[0].host = "elsewhere";
    write_run(s[2], &runs[0], 20, &err);
    ok(vn_store_merge(s[1], s[2], &added, &same, &err) == VN_OK,
       "shards are merged (%s)", err.text);
    is_int(added, 2, "what is new is added");
    ok(vn_store_merge(s[1], s[2], &added, &same, &err) == VN_OK && added == 0
           && same == 2,
       "merging again changes nothing");
    one = export_all(s[0]);
    two = export_all(s[1]);
    is_str(two, one, "the export is the one of a file written at once");
    ok(strstr(one, "elsewhere") == NULL && strstr(one, "4711") == NULL,
       "host and wall time are left out of it");
    free(one);
    free(two);
    runs[0].seed = 9;
    write_run(s[1], &runs[0], 5, &err);
    write_run(s[2], &runs[0], 6, &err);
    ok(vn_store_merge(s[1], s[2], &added, &same, &err) == VN_EINVAL,
       "two results of one run are refused: %s", err.text);
    vn_store_close(s[2]);
    unlink(paths[2]);
    vn_store_open(paths[2], VN_STORE_WRITE, &s[2], &err);
    runs[0].version = "0.0.9";
    write_run(s[2], &runs[0], 5, &err);
    ok(vn_store_merge(s[1], s[2], &added, &same, &err) == VN_EINVAL,
       "results of two versions are refused: %s", err.text);
    for (int i = 0; i < 3; i++) {
        vn_store_close(s[i]);
        unlink(paths[i]);
    }
}

/* Open what is no results file, and expect a message that has `part`. */
static void
refuse(const char *path, enum vn_store_mode mode, const char *part)
{
    struct vn_store *store = NULL;
    struct vn_error err = {0};
    enum vn_status status = vn_store_open(path, mode, &store, &err);

    ok(status != VN_OK && store == NULL && strstr(err.text, part) != NULL,
       "refused: %s", err.text);
    vn_store_close(store);
}

static void
test_refusals(void)
{
    const char *path = scratch("c.db");
    struct vn_store_run run = make_run("fifo", 1);
    struct vn_store *store = NULL;
    struct vn_error err = {0};
    enum vn_status status;
    FILE *f;

    refuse("/nowhere/r.db", VN_STORE_READ, "No such file");
    refuse("/nowhere/r.db", VN_STORE_WRITE, "No such file");
    refuse("/", VN_STORE_READ, "is a directory");
    f = fopen(path, "w");
    fclose(f);
    refuse(path, VN_STORE_READ, "holds no results");
    f = fopen(path, "w");
    fputs("job_id,submit_s\n1,2\n", f);
    for (int i = 0; i < 1000; i++)
        fputs("not a database at all\n", f);
    fclose(f);
    refuse(path, VN_STORE_READ, "is not a results file");
    refuse(path, VN_STORE_WRITE, "is not a results file");
    unlink(path);

    vn_store_open(path, VN_STORE_WRITE, &store, &err);
    write_run(store, &run, 5000, &err);
    vn_store_close(store);
    f = fopen(path, "r+");
    fseek(f, 60, SEEK_SET); /* user_version, 4 bytes, high byte first */
    fwrite("\0\0\0\143", 1, 4, f);
    fclose(f);
    refuse(path, VN_STORE_READ, "is of format 99");
    f = fopen(path, "r+");
    fseek(f, 68, SEEK_SET); /* application_id */
    fwrite("\0\0\0\10", 1, 4, f);
    fclose(f);
    refuse(path, VN_STORE_WRITE, "not a results file");
    unlink(path);

    vn_store_open(path, VN_STORE_WRITE, &store, &err);
    write_run(store, &run, 5000, &err);
    vn_store_close(store);
    f = fopen(path, "r+");
    for (long at = 8192; at < 262144; at += 4096) {
        fseek(f, at, SEEK_SET);
        fwrite("torn torn torn torn", 1, 19, f);
    }
    fclose(f);
    status = vn_store_open(path, VN_STORE_READ, &store, &err);
    for (int i = 0; i < VN_STORE_TABLES && status == VN_OK; i++) {
        FILE *null = fopen("/dev/null", "w");

        status = vn_store_export(store, (enum vn_store_table) i, true,
                                 VN_STORE_CSV, null, &err);
        fclose(null);
    }
    ok(status == VN_EFORMAT && strstr(err.text, "is damaged") != NULL,
       "refused: %s", err.text);
    vn_store_close(store);
    unlink(path);
}

int
main(void)
{
    test_schema();
    test_round_trip();
    test_whole_or_not();
    test_merge();
    test_refusals();
    return done_testing();
}
