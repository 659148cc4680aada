#include "config.h"

#include "replay/claims/claims.h"

#include "base/file.h"
#include "base/progress.h"
#include "base/store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SAID = 8192,
    WORDS = 40,
    PATH = 64
};

/* Numbers of virtual nodes, and what they are mapped to. */
static const int vnodes[] = {4, 8};
static const char *const mappings[] = {"host:1", "host:2", "host:4",
                                       "host:slow=2:1,host:1"};

enum {
    NVNODES = sizeof vnodes / sizeof *vnodes,
    NMAPPINGS = sizeof mappings / sizeof *mappings
};

/* What one training gave. */
struct training {
    char digest[32];
    double accuracy;  /* of the test, % */
    double predicted; /* MiB of a device */
    double peak;
};

/* Run the executor, and what it says; words end with NULL. */
static enum vn_status
execute(const char *program, const char *const *words, char said[SAID],
        struct vn_error *err)
{
    size_t used = 0;
    int ends[2], state = 0;
    ssize_t n;
    pid_t pid;

    fflush(NULL);
    if (pipe(ends) != 0 || (pid = fork()) < 0)
        return vn_fail(err, VN_EIO, "cannot run %s: %s", program,
                       strerror(errno));
    if (pid == 0) {
        if (dup2(ends[1], 1) >= 0 && dup2(ends[1], 2) >= 0)
            execv(program, (char *const *) (uintptr_t) words);
        _exit(127);
    }
    close(ends[1]);
    while ((n = read(ends[0], said + used, SAID - 1 - used)) > 0
           || (n < 0 && errno == EINTR))
        used += n > 0 ? (size_t) n : 0;
    said[used] = '\0';
    close(ends[0]);
    while (waitpid(pid, &state, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(state) && WEXITSTATUS(state) == 0)
        return VN_OK;
    said[strcspn(said, "\n")] = '\0';
    return vn_fail(err, VN_EIO, "%s %s failed: %.200s", program, words[1],
                   said);
}

/* The number behind words in what was said; NAN where they are not there. */
static double
number_behind(const char *said, const char *words)
{
    const char *at = strstr(said, words);

    return at != NULL ? strtod(at + strlen(words), NULL) : NAN;
}

/* MiB of "8.7 MiB", "900 KiB" or "1.2 GiB". */
static double
size_behind(const char *said, const char *words)
{
    const char *at = strstr(said, words);
    double size;
    char *unit;

    if (at == NULL)
        return NAN;
    size = strtod(at + strlen(words), &unit);
    return strncmp(unit, " GiB", 4) == 0   ? size * 1024
           : strncmp(unit, " KiB", 4) == 0 ? size / 1024
                                           : size;
}

/* The most memory that a device of the results' one run used at once, MiB. */
static enum vn_status
read_peak(const char *path, double *mib, struct vn_error *err)
{
    struct vn_store *store = NULL;
    struct vn_rows *rows = NULL;
    bool more;
    enum vn_status status = vn_store_open(path, VN_STORE_READ, &store, err);

    if (status == VN_OK)
        status = vn_store_query(store, "SELECT max(peak_bytes) FROM device",
                                &rows, err);
    if (status == VN_OK)
        status = vn_rows_next(rows, &more, err);
    if (status == VN_OK)
        *mib = (double) vn_rows_int(rows, 0) / 1048576;
    vn_rows_close(rows);
    vn_store_close(store);
    return status;
}

static enum vn_status
train(const struct vn_claims_effort *e, int v, const char *mapping,
      int64_t seed, const char *folder, struct training *t,
      struct vn_error *err)
{
    char nodes[16], steps[24], number[24], results[PATH], checkpoint[PATH],
        said[SAID];
    const char *digest;
    enum vn_status status;

    snprintf(nodes, sizeof nodes, "%d", v);
    snprintf(steps, sizeof steps, "%" PRId64, e->steps);
    snprintf(number, sizeof number, "%" PRId64, seed);
    snprintf(results, sizeof results, "%s/r.db", folder);
    snprintf(checkpoint, sizeof checkpoint, "%s/checkpoint", folder);
    unlink(results);
    unlink(checkpoint);
    status = execute(
        e->vnexec,
        (const char *[WORDS]){
            e->vnexec,   "run",      "--model", e->model,       "--data",
            e->data,     "--batch",  "64",      "--vnodes",     nodes,
            "--devices", mapping,    "--steps", steps,          "--seed",
            number,      "--digest", steps,     "--checkpoint", checkpoint,
            "--results", results,    NULL},
        said, err);
    if (status != VN_OK)
        return status;
    digest = strstr(said, "digest ");
    if (digest == NULL)
        return vn_fail(err, VN_EIO, "%s run gave no digest", e->vnexec);
    snprintf(t->digest, sizeof t->digest, "%.16s", digest + strlen("digest "));
    t->accuracy = number_behind(said, "accuracy ");
    t->predicted = size_behind(said, "device memory for it: ");
    return read_peak(results, &t->peak, err);
}

/* The classes that a device gives; two devices must give the same bytes. */
static enum vn_status
infer(const struct vn_claims_effort *e, const char *folder, const char *device,
      uint64_t *hash, struct vn_error *err)
{
    char checkpoint[PATH], output[PATH], said[SAID];
    enum vn_status status;

    snprintf(checkpoint, sizeof checkpoint, "%s/checkpoint", folder);
    snprintf(output, sizeof output, "%s/classes", folder);
    status =
        execute(e->vnexec,
                (const char *[WORDS]){e->vnexec, "predict", checkpoint,
                                      "--data", e->data, "--devices", device,
                                      "--all", "--output", output, NULL},
                said, err);
    if (status == VN_OK)
        status = vn_file_hash(output, hash, err);
    unlink(output);
    return status;
}

/* All seeds under every mapping, for one number of virtual nodes. */
static enum vn_status
try_vnodes(const struct vn_claims_effort *e, int v, const char *folder,
           struct vn_progress *progress, int *done, struct vn_findings *f,
           double memory[2], int *differed, struct vn_error *err)
{
    double least = INFINITY, most = -INFINITY;
    int equal = 0, different = 0;
    enum vn_status status = VN_OK;
    char label[64];

    for (int64_t seed = 1; seed <= e->seeds && status == VN_OK; seed++) {
        struct training first = {.accuracy = NAN}, t;

        for (int m = 0; m < NMAPPINGS && status == VN_OK; m++) {
            vn_progress_show(progress, (*done)++,
                             (double) (NVNODES * NMAPPINGS * e->seeds),
                             mappings[m]);
            status = train(e, v, mappings[m], seed, folder, &t, err);
            if (status != VN_OK)
                break;
            if (m == 0)
                first = t;
            else if (strcmp(first.digest, t.digest) == 0)
                equal++;
            else
                different++;
            least = fmin(least, t.accuracy);
            most = fmax(most, t.accuracy);
            memory[0] = t.predicted;
            memory[1] = fmax(m == 0 && seed == 1 ? 0 : memory[1], t.peak);
        }
    }
    *differed += different;
    snprintf(label, sizeof label, "%s, %d virtual nodes", e->model, v);
    if (status == VN_OK)
        vn_findings_row(f, label,
                        (double[]){(double) e->seeds, NMAPPINGS, equal,
                                   different, least, most});
    return status;
}

static enum vn_status
measure(const struct vn_claims_effort *e, const char *folder,
        struct vn_findings *f, int *differed, struct vn_error *err)
{
    static const struct vn_findings_column trained[] = {
        {"seeds", 0},       {"mappings", 0},          {"with equal bits", 0},
        {"with others", 0}, {"accuracy least, %", 2}, {"most, %", 2},
        {NULL, 0}};
    static const struct vn_findings_column needed[] = {{"predicted, MiB", 2},
                                                       {"measured, MiB", 2},
                                                       {"error, %", 1},
                                                       {NULL, 0}};
    static const struct vn_findings_column classed[] = {
        {"devices", 0}, {"with equal bits", 0}, {NULL, 0}};
    struct vn_progress progress = vn_progress_begin("training", true);
    double memory[NVNODES][2];
    uint64_t hash[2] = {0, 1};
    enum vn_status status = VN_OK;
    int done = 0;

    vn_findings_table(f, "Convergence, measured here", "training", trained);
    for (int i = 0; i < NVNODES && status == VN_OK; i++)
        status = try_vnodes(e, vnodes[i], folder, &progress, &done, f,
                            memory[i], differed, err);
    vn_progress_end(&progress);
    if (status != VN_OK)
        return status;
    vn_findings_note(f,
                     "%" PRId64 " steps of 64 examples of %s on host:1, "
                     "host:2, host:4, and a",
                     e->steps, e->data);
    vn_findings_note(f, "device half as fast beside another; bits are those "
                        "of all parameters.");
    vn_findings_table(f, "Memory of a device, measured here", "training",
                      needed);
    for (int i = 0; i < NVNODES; i++) {
        char label[64];

        snprintf(label, sizeof label, "%s, %d virtual nodes", e->model,
                 vnodes[i]);
        vn_findings_row(f, label,
                        (double[]){memory[i][0], memory[i][1],
                                   100 * (memory[i][0] / memory[i][1] - 1)});
    }
    status = infer(e, folder, "host", &hash[0], err);
    if (status == VN_OK)
        status = infer(e, folder, "reference", &hash[1], err);
    if (status == VN_OK) {
        *differed += hash[0] != hash[1];
        vn_findings_table(f, "Inference, measured here", "checkpoint",
                          classed);
        vn_findings_row(f, e->model,
                        (double[]){2, hash[0] == hash[1] ? 2 : 1});
        vn_findings_note(f, "All probabilities of all test examples, by the "
                            "host's kernels and by plain loops.");
    }
    return status;
}

enum vn_status
vn_claims_measure(const struct vn_claims_effort *e,
                  struct vn_findings *findings, int *differed,
                  struct vn_error *err)
{
    char *folder, path[PATH];
    static const char *const left[] = {"r.db", "checkpoint", "classes"};
    enum vn_status status;

    *differed = 0;
    if (access(e->vnexec, X_OK) != 0)
        return vn_fail(err, VN_EIO, "%s: %s, expected vnexec (see --vnexec)",
                       e->vnexec, strerror(errno));
    status = vn_file_folder("vnclaims", &folder, err);
    if (status != VN_OK)
        return status;
    status = measure(e, folder, findings, differed, err);
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, left[i]);
        unlink(path);
    }
    rmdir(folder);
    free(folder);
    return status;
}
