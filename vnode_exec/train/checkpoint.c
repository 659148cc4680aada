#include "config.h"

#include "vnode_exec/train/checkpoint.h"

#include "base/file.h"
#include "base/rng.h"
#include "base/xalloc.h"
#include "vnode_exec/train/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char magic[16] = "virtualflow ck2\n";
static const char old_magic[16] = "virtualflow ck1\n";

/* Little-endian on every machine that this runs on. */
struct head {
    char magic[16];
    int64_t step;
    int64_t nparams, nvectors, vector;
    int64_t text, model; /* bytes of each */
    int64_t channels;    /* means and as many scales */
    double best;
    int64_t since;
};

enum {
    TEXT_ROOM = 984 /* bytes at least that the text has behind the head, so
                     * that the floats lie where older versions had them */
};

/* A head, the text behind it, and what stands behind the floats. */
struct front {
    struct head head;
    const char *text, *model;
    const float *mean, *scale;
};

static uint64_t
hash_of(const struct front *f, const struct vn_state *state)
{
    size_t channels = (size_t) f->head.channels * sizeof(float);
    uint64_t hash = vn_hash(0, &f->head, sizeof f->head);

    hash = vn_hash(hash, f->text, (size_t) f->head.text);
    hash = vn_hash(hash, f->model, (size_t) f->head.model);
    hash = vn_hash(hash, f->mean, channels);
    hash = vn_hash(hash, f->scale, channels);
    hash = vn_hash(hash, state->scales,
                   (size_t) f->head.nparams * sizeof(double));
    for (int i = 0; i < f->head.nvectors; i++)
        hash = vn_hash(hash, state->vectors[i],
                       (size_t) f->head.vector * sizeof(float));
    return hash;
}

enum vn_status
vn_checkpoint_write(const char *path, const struct vn_checkpoint_of *of,
                    struct vn_error *err)
{
    const struct vn_state *state = of->state;
    struct front f = {.head = {.step = state->step,
                               .nparams = of->graph->nparams,
                               .nvectors = state->nvectors,
                               .vector = (int64_t) of->graph->vector,
                               .text = (int64_t) strlen(of->text),
                               .model = (int64_t) of->model->size,
                               .channels = of->normal->channels,
                               .best = of->best,
                               .since = of->since},
                      .text = of->text,
                      .model = of->model->text,
                      .mean = of->normal->mean,
                      .scale = of->normal->scale};
    size_t channels = (size_t) f.head.channels;
    struct vn_file file;
    uint64_t hash;
    enum vn_status status = vn_file_create(&file, path, err);

    if (status != VN_OK)
        return status;
    memcpy(f.head.magic, magic, sizeof magic);
    hash = hash_of(&f, state);
    fwrite(&f.head, sizeof f.head, 1, file.stream);
    fwrite(f.text, 1, (size_t) f.head.text, file.stream);
    for (int64_t i = f.head.text; i < TEXT_ROOM; i++)
        putc('\0', file.stream);
    fwrite(state->scales, sizeof(double), (size_t) f.head.nparams,
           file.stream);
    for (int i = 0; i < state->nvectors; i++)
        fwrite(state->vectors[i], sizeof(float), (size_t) f.head.vector,
               file.stream);
    fwrite(f.model, 1, (size_t) f.head.model, file.stream);
    if (channels > 0) {
        fwrite(f.mean, sizeof(float), channels, file.stream);
        fwrite(f.scale, sizeof(float), channels, file.stream);
    }
    fwrite(&hash, sizeof hash, 1, file.stream);
    return vn_file_commit(&file, err);
}

static enum vn_status
compare_texts(const char *path, const char *have, const char *want,
              struct vn_error *err)
{
    struct vn_text_difference d;

    if (!vn_text_differs(have, want, &d))
        return VN_OK;
    return vn_fail(err, VN_EINVAL, "%s: was trained with %s, not %s", path,
                   d.have[0] != '\0' ? d.have : "less",
                   d.want[0] != '\0' ? d.want : "that");
}

static enum vn_status
fail_cut(const char *path, struct vn_error *err)
{
    return vn_fail(err, VN_EFORMAT, "%s: is cut off, or goes on too long",
                   path);
}

/* Bytes of scales and floats, and of what stands between them and the hash. */
static long
floats_bytes(const struct head *head)
{
    return (long) (head->nparams * (int64_t) sizeof(double)
                   + head->nvectors * head->vector * (int64_t) sizeof(float));
}

static long
tail_bytes(const struct head *head)
{
    return (long) (head->model + 2 * head->channels * (int64_t) sizeof(float));
}

static enum vn_status
read_state(FILE *in, const char *path, const struct front *f,
           struct vn_state *state, uint64_t *digest, struct vn_error *err)
{
    const struct head *head = &f->head;
    uint64_t hash = 0;
    size_t n = (size_t) head->vector;
    bool whole =
        fread(state->scales, sizeof(double), (size_t) head->nparams, in)
        == (size_t) head->nparams;

    for (int i = 0; whole && i < head->nvectors; i++)
        whole = fread(state->vectors[i], sizeof(float), n, in) == n;
    whole = whole && fseek(in, tail_bytes(head), SEEK_CUR) == 0
            && fread(&hash, sizeof hash, 1, in) == 1 && getc(in) == EOF;
    if (!whole)
        return fail_cut(path, err);
    if (hash != hash_of(f, state))
        return vn_fail(err, VN_EFORMAT,
                       "%s: is damaged: its hash is not that "
                       "of its contents",
                       path);
    *digest = 0;
    for (int i = 0; i < head->nvectors; i++)
        *digest = vn_hash(*digest, state->vectors[i], n * sizeof(float));
    state->step = head->step;
    return VN_OK;
}

static enum vn_status
read_head(FILE *in, const char *path, struct head *head, struct vn_error *err)
{
    bool whole = fread(head, sizeof *head, 1, in) == 1;

    if (whole && memcmp(head->magic, old_magic, sizeof old_magic) == 0)
        return vn_fail(err, VN_EFORMAT,
                       "%s: is a checkpoint of an older version, which holds "
                       "no model",
                       path);
    if (!whole || memcmp(head->magic, magic, sizeof magic) != 0
        || head->step < 0 || head->nparams < 1
        || head->nparams > VN_GRAPH_PARAMS || head->nvectors < 1
        || head->nvectors > 3 || head->vector < 1 || head->vector > 1 << 30
        || head->text < 0 || head->text >= VN_CHECKPOINT_TEXT
        || head->model < 1 || head->model > VN_YAML_BYTES || head->channels < 0
        || head->channels > 1 << 16)
        return vn_fail(err, VN_EFORMAT, "%s: this is no checkpoint", path);
    return VN_OK;
}

/* Memory of our own, where the caller lends none. */
static void
make_state(const struct head *head, struct vn_state *state)
{
    state->nvectors = (int) head->nvectors;
    state->scales = vn_xcalloc((size_t) head->nparams, sizeof(double));
    for (int i = 0; i < state->nvectors; i++)
        state->vectors[i] = vn_xcalloc((size_t) head->vector, sizeof(float));
}

/* The zeros behind a short text. */
static bool
skip_room(FILE *in, const struct head *head)
{
    for (int64_t i = head->text; i < TEXT_ROOM; i++)
        if (getc(in) != '\0')
            return false;
    return true;
}

static enum vn_status
read_front(FILE *in, const char *path, struct head *head,
           struct vn_checkpoint *c, struct vn_error *err)
{
    enum vn_status status = read_head(in, path, head, err);
    size_t channels;
    long floats;

    if (status != VN_OK)
        return status;
    channels = (size_t) head->channels;
    c->normal.channels = (int) head->channels;
    c->normal.mean = vn_xcalloc(channels, sizeof *c->normal.mean);
    c->normal.scale = vn_xcalloc(channels, sizeof *c->normal.scale);
    c->best = head->best;
    c->since = head->since;
    c->step = head->step;
    c->nparams = (int) head->nparams;
    c->nvectors = (int) head->nvectors;
    c->vector = head->vector;
    c->model_size = (size_t) head->model;
    c->model = vn_xcalloc(c->model_size + 1, 1);
    if (fread(c->text, 1, (size_t) head->text, in) != (size_t) head->text
        || !skip_room(in, head) || (floats = ftell(in)) < 0
        || fseek(in, floats_bytes(head), SEEK_CUR) != 0
        || fread(c->model, 1, c->model_size, in) != c->model_size
        || fread(c->normal.mean, sizeof(float), channels, in) != channels
        || fread(c->normal.scale, sizeof(float), channels, in) != channels
        || fseek(in, floats, SEEK_SET) != 0)
        return fail_cut(path, err);
    return VN_OK;
}

static enum vn_status
check_sizes(const char *path, const struct vn_checkpoint *c,
            const struct vn_graph *graph, const struct vn_state *state,
            struct vn_error *err)
{
    return c->nparams == graph->nparams && c->nvectors == state->nvectors
                   && c->vector == (int64_t) graph->vector
               ? VN_OK
               : vn_fail(err, VN_EINVAL, "%s: is of another model", path);
}

enum vn_status
vn_checkpoint_read(const char *path, const char *text,
                   const struct vn_graph *graph, struct vn_checkpoint *c,
                   struct vn_state *state, struct vn_error *err)
{
    struct head head;
    FILE *in;
    enum vn_status status = vn_file_open(path, &in, err);

    *c = (struct vn_checkpoint){.step = 0};
    if (status != VN_OK)
        return status;
    status = read_front(in, path, &head, c, err);
    if (status == VN_OK && text != NULL)
        status = compare_texts(path, c->text, text, err);
    if (status == VN_OK && state != NULL)
        status = check_sizes(path, c, graph, state, err);
    if (status == VN_OK) {
        struct front f = {head, c->text, c->model, c->normal.mean,
                          c->normal.scale};

        if (state == NULL)
            make_state(&head, state = &c->state);
        status = read_state(in, path, &f, state, &c->digest, err);
    }
    vn_file_close(in);
    return status;
}

enum vn_status
vn_checkpoint_fill(const char *path, const struct vn_checkpoint *c,
                   const struct vn_graph *graph, struct vn_state *state,
                   struct vn_error *err)
{
    enum vn_status status = check_sizes(path, c, graph, state, err);

    if (status != VN_OK)
        return status;
    state->step = c->step;
    memcpy(state->scales, c->state.scales,
           (size_t) c->nparams * sizeof *state->scales);
    for (int i = 0; i < state->nvectors; i++)
        memcpy(state->vectors[i], c->state.vectors[i],
               (size_t) c->vector * sizeof(float));
    return VN_OK;
}

void
vn_checkpoint_options(const struct vn_checkpoint *c,
                      struct vn_model_options *options)
{
    const char *at = c->text;

    options->n = 0;
    while (options->n < VN_MODEL_OPTIONS
           && (at = strstr(at, "option.")) != NULL) {
        char *name = options->name[options->n];

        at += strlen("option.");
        if (sscanf(at, "%23[a-z_]=%d", name, &options->value[options->n]) == 2)
            options->n++;
    }
}

void
vn_checkpoint_free(struct vn_checkpoint *c)
{
    free(c->model);
    vn_normal_free(&c->normal);
    free(c->state.scales);
    for (int i = 0; i < c->state.nvectors; i++)
        free(c->state.vectors[i]);
    *c = (struct vn_checkpoint){.step = 0};
}

void
vn_checkpoint_value(const struct vn_checkpoint *checkpoint, const char *name,
                    char *value, size_t size)
{
    vn_text_value(checkpoint->text, name, value, size);
}
