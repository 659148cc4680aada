#include "config.h"

#include "sim/solve.h"

#include "base/file.h"
#include "base/names.h"
#include "base/option.h"
#include "base/xalloc.h"
#include "plan/mix.h"
#include "sim/output.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option {
    MODEL,
    BATCH,
    CLUSTER,
    PROFILE,
    COMM,
    RIVALS,
    FORMAT,
    NOPTIONS
};

/* clang-format off */
static const struct vn_option options[] = {
    [MODEL] = {"model", "NAME", "what is trained, as the profile calls it",
               'm'},
    [BATCH] = {"batch", "N", "the global batch, examples a step", 'b'},
    [CLUSTER] = {"cluster", "FILE|INLINE",
                 "the devices: a table, or as in v100:4,p100:8", 'c'},
    [PROFILE] = {"profile", "FILE", "step times; may be given again", 0},
    [COMM] = {"comm", "TIME", "synchronisation of a step on several devices "
              "[of the profile]", 0},
    [RIVALS] = {"rivals", "N", "print the N next best splits too [4]", 0},
    [FORMAT] = {"format", "text|csv|json", "how to print it [text]", 0},
};
/* clang-format on */

enum {
    PROFILES_MAX = 64,
    RIVALS_MAX = 1000
};

struct question {
    const char *model;
    int64_t batch;
    const char *cluster_words;
    const char *profiles[PROFILES_MAX];
    int nprofiles;
    vn_time comm; /* -1: of the profile */
    int64_t rivals;
    enum vn_format format;

    struct vn_cluster cluster;
    struct vn_profile profile;
    struct vn_mix_question mix;
    int devices[VN_TYPES_MAX];
};

/* The best splits, the first of them the best, and that of one type. */
struct splits {
    struct vn_mix *best;
    int n;
    struct vn_mix alone;
};

static enum vn_status
take(struct question *q, enum option option, const char *value,
     struct vn_error *err)
{
    static const char *const formats[] = {"text", "csv", "json"};
    enum vn_status status = VN_OK;
    int choice;

    switch (option) {
    case MODEL:
        q->model = value;
        break;
    case BATCH:
        return vn_option_int("batch", value, 1, INT64_C(1) << 40, &q->batch,
                             err);
    case CLUSTER:
        q->cluster_words = value;
        break;
    case PROFILE:
        if (q->nprofiles == PROFILES_MAX)
            return vn_fail(err, VN_EUSAGE,
                           "--profile: more than %d, expected fewer",
                           PROFILES_MAX);
        q->profiles[q->nprofiles++] = value;
        break;
    case COMM:
        return vn_option_time("comm", value, 0, VN_TIME_MAX, &q->comm, err);
    case RIVALS:
        return vn_option_int("rivals", value, 0, RIVALS_MAX, &q->rivals, err);
    case FORMAT:
        status = vn_option_choice("format", value, formats, 3, &choice, err);
        q->format = (enum vn_format) choice;
        break;
    case NOPTIONS:
        break;
    }
    return status;
}

/* Read the command line; *done where it asked for help. */
static enum vn_status
parse(int argc, char **argv, struct question *q, bool *done,
      struct vn_error *err)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    enum vn_status status = VN_OK;
    const char *value, *missing;
    int i;

    *done = false;
    while ((i = vn_args_next(&args, &value, err)) >= 0 && status == VN_OK)
        status = take(q, (enum option) i, value, err);
    if (status != VN_OK || i == VN_ARGS_FAILED)
        return VN_EUSAGE;
    if (i == VN_ARGS_HELP) {
        puts("usage: vnsim solve --model NAME --batch N --cluster C --profile "
             "FILE\n\n"
             "Split a global batch over unlike devices so that a step takes "
             "the least time,\nas VirtualFlow does, and print the best split, "
             "its rivals, and what one type\nalone does.\n");
        vn_option_help(stdout, options, NOPTIONS);
        *done = true;
        return VN_OK;
    }
    if (args.nrest > 0)
        return vn_fail(err, VN_EUSAGE, "'%s' is no option (see --help)",
                       args.rest[0]);
    missing = q->model == NULL           ? "model"
              : q->batch == 0            ? "batch"
              : q->cluster_words == NULL ? "cluster"
              : q->nprofiles == 0        ? "profile"
                                         : NULL;
    if (missing != NULL)
        return vn_fail(err, VN_EUSAGE,
                       "no %s given, expected --%s (see vnsim solve --help)",
                       missing, missing);
    return VN_OK;
}

static enum vn_status
find_model(const struct question *q, int *model, struct vn_error *err)
{
    const struct vn_profile *p = &q->profile;
    const char *near;

    *model = vn_profile_model(p, q->model);
    if (*model >= 0)
        return VN_OK;
    near = vn_names_nearest(q->model, (const char *const *) p->models,
                            (size_t) p->nmodels);
    if (near != NULL)
        return vn_fail(err, VN_EUSAGE,
                       "--model: unknown '%.64s', did you mean '%.64s'?",
                       q->model, near);
    return vn_fail(err, VN_EUSAGE,
                   "--model: unknown '%.64s', expected one of the profile's "
                   "%d",
                   q->model, p->nmodels);
}

/* Of splits' virtual nodes the profile must say something. */
static enum vn_status
check_nodes(const struct question *q, struct vn_error *err)
{
    bool whole = false;

    for (int t = 0; t < q->cluster.ntypes; t++) {
        int type = vn_profile_type(&q->profile, q->cluster.types[t].name);
        const struct vn_profile_curve *curve;

        if (type < 0)
            continue;
        curve = vn_profile_curve(&q->profile, q->mix.model, type);
        if (curve->npoints > 0)
            return VN_OK;
        whole = whole || curve->nmappings > 0;
    }
    return vn_fail(err, VN_EUSAGE,
                   "--profile: %s of '%.64s' on any type of the cluster, "
                   "expected a table with batch and step_s, as vnexec profile "
                   "writes it",
                   whole ? "whole mappings, and no virtual nodes," : "nothing",
                   q->model);
}

/* Read the tables, and gather what the solver is asked. */
static enum vn_status
prepare(struct question *q, struct vn_error *err)
{
    const struct vn_cluster *c = &q->cluster;
    enum vn_status status;

    status = vn_cluster_read(q->cluster_words, &q->cluster, err);
    for (int i = 0; i < q->nprofiles && status == VN_OK; i++)
        status = vn_profile_read(q->profiles[i], &q->profile, err);
    if (status == VN_OK)
        status = find_model(q, &q->mix.model, err);
    if (status != VN_OK)
        return status;
    if (c->ntypes > VN_SOLVER_TYPES_MAX)
        return vn_fail(err, VN_EUSAGE,
                       "--cluster: %d device types, expected at most %d",
                       c->ntypes, VN_SOLVER_TYPES_MAX);
    for (int t = 0; t < c->ntypes; t++)
        q->devices[t] = c->types[t].devices;
    q->mix.cluster = c;
    q->mix.profile = &q->profile;
    q->mix.devices = q->devices;
    q->mix.batch = q->batch;
    q->mix.sync_s = q->comm >= 0 ? (double) q->comm * 1e-6 : NAN;
    return check_nodes(q, err);
}

/* "8 x 256", what one device of a type does in a split; "-": nothing. */
static const char *
load_text(char text[64], const struct vn_mix *split, int type)
{
    if (split->vnodes[type] == 0)
        snprintf(text, 64, "-");
    else
        snprintf(text, 64, "%d x %" PRId64, split->vnodes[type],
                 split->batch[type]);
    return text;
}

static void
print_line(const struct question *q, const char *name,
           const struct vn_mix *split)
{
    char text[64];

    printf("%-14s", name);
    for (int t = 0; t < q->cluster.ntypes; t++)
        printf("  %12s", load_text(text, split, t));
    if (isinf(split->step_s))
        printf("  %12s  %12s  %12s\n", "-", "-", "-");
    else
        printf("  %12.6f  %12.6f  %12.2f\n", split->sync_s, split->step_s,
               (double) q->batch / split->step_s);
}

static void
print_verdict(const struct splits *s)
{
    if (s->n == 0) {
        puts("\nNo split of profiled batches makes up this global batch.");
        return;
    }
    if (isinf(s->alone.step_s))
        puts("\nNo type alone can take this global batch.");
    else if (s->alone.step_s <= s->best[0].step_s)
        puts("\nOne type alone is best: use it, and leave the others out.");
    else
        printf("\nThe split is %.3f times as fast as the best type alone.\n",
               s->alone.step_s / s->best[0].step_s);
}

static void
print_text(const struct question *q, const struct splits *s)
{
    char name[32], head[64];

    printf("model         %s\nglobal batch  %" PRId64 "\n\n%-14s", q->model,
           q->batch, "");
    for (int t = 0; t < q->cluster.ntypes; t++) {
        snprintf(head, sizeof head, "%d %.20s", q->cluster.types[t].devices,
                 q->cluster.types[t].name);
        printf("  %12s", head);
    }
    printf("  %12s  %12s  %12s\n", "of it sync, s", "step, s", "examples/s");
    print_line(q, "best", &s->best[0]);
    print_line(q, "one type", &s->alone);
    for (int i = 1; i < s->n; i++) {
        snprintf(name, sizeof name, "rival %d", i);
        print_line(q, name, &s->best[i]);
    }
    puts("\nA type's column says how many virtual nodes of how many examples "
         "each of its\ndevices processes.");
    print_verdict(s);
}

static void
print_csv_rows(const struct question *q, const char *name,
               const struct vn_mix *split)
{
    for (int t = 0; t < q->cluster.ntypes; t++) {
        printf("%s,", name);
        vn_csv_cell(stdout, q->cluster.types[t].name);
        printf(",%d,%d,%" PRId64 ",", q->cluster.types[t].devices,
               split->vnodes[t], split->batch[t]);
        if (isinf(split->step_s))
            puts(",,");
        else
            printf("%.9g,%.9g,%.9g\n", split->step_s,
                   (double) q->batch / split->step_s, split->sync_s);
    }
}

static void
print_csv(const struct question *q, const struct splits *s)
{
    char name[32];

    puts("split,device_type,devices,vnodes,batch,step_s,examples_per_s,"
         "sync_s");
    print_csv_rows(q, "best", &s->best[0]);
    print_csv_rows(q, "alone", &s->alone);
    for (int i = 1; i < s->n; i++) {
        snprintf(name, sizeof name, "rival-%d", i);
        print_csv_rows(q, name, &s->best[i]);
    }
}

static void
print_json_split(const struct question *q, const struct vn_mix *split)
{
    if (isinf(split->step_s)) {
        fputs("null", stdout);
        return;
    }
    printf("{\"step_s\": %.9g, \"sync_s\": %.9g, \"examples_per_s\": %.9g, "
           "\"types\": [",
           split->step_s, split->sync_s, (double) q->batch / split->step_s);
    for (int t = 0; t < q->cluster.ntypes; t++) {
        printf("%s{\"device_type\": ", t > 0 ? ", " : "");
        vn_json_string(stdout, q->cluster.types[t].name);
        printf(", \"devices\": %d, \"vnodes\": %d, \"batch\": %" PRId64 "}",
               q->cluster.types[t].devices, split->vnodes[t], split->batch[t]);
    }
    fputs("]}", stdout);
}

static void
print_json(const struct question *q, const struct splits *s)
{
    fputs("{\"model\": ", stdout);
    vn_json_string(stdout, q->model);
    printf(", \"global_batch\": %" PRId64 ",\n \"best\": ", q->batch);
    print_json_split(q, &s->best[0]);
    fputs(",\n \"alone\": ", stdout);
    print_json_split(q, &s->alone);
    fputs(",\n \"rivals\": [", stdout);
    for (int i = 1; i < s->n; i++) {
        fputs(i > 1 ? ",\n  " : "\n  ", stdout);
        print_json_split(q, &s->best[i]);
    }
    puts("]}");
}

static void
answer(const struct question *q)
{
    int room = (int) q->rivals + 1;
    struct splits s = {.best = vn_xcalloc((size_t) room, sizeof *s.best)};

    s.best[0].step_s = INFINITY;
    s.n = vn_mix_solve(&q->mix, s.best, room);
    s.alone = vn_mix_alone(&q->mix);
    if (q->format == VN_FORMAT_CSV)
        print_csv(q, &s);
    else if (q->format == VN_FORMAT_JSON)
        print_json(q, &s);
    else
        print_text(q, &s);
    free(s.best);
}

enum vn_status
vn_solve_command(int argc, char **argv, struct vn_error *err)
{
    struct question q = {.comm = -1, .rivals = 4};
    enum vn_status status;
    bool done;

    status = parse(argc, argv, &q, &done, err);
    if (status == VN_OK && !done && (status = prepare(&q, err)) == VN_OK)
        answer(&q);
    vn_cluster_free(&q.cluster);
    vn_profile_free(&q.profile);
    return status;
}
