#include "config.h"

#include "vnode_exec/train/checkpoint.h"

#include "base/file.h"
#include "base/rng.h"
#include "base/xalloc.h"
#include "vnode_exec/train/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char magic[16] = "virtualflow ck1\n";

/* Little-endian on every machine that this runs on. */
struct head {
    char magic[16];
    int64_t step;
    int64_t nparams, nvectors, vector;
    char text[VN_CHECKPOINT_TEXT];
};

static uint64_t
hash_of(const struct head *head, const struct vn_state *state)
{
    uint64_t hash = vn_hash(0, head, sizeof *head);

    hash =
        vn_hash(hash, state->scales, (size_t) head->nparams * sizeof(double));
    for (int i = 0; i < head->nvectors; i++)
        hash = vn_hash(hash, state->vectors[i],
                       (size_t) head->vector * sizeof(float));
    return hash;
}

enum vn_status
vn_checkpoint_write(const char *path, const char *text,
                    const struct vn_graph *graph, const struct vn_state *state,
                    struct vn_error *err)
{
    struct head head = {.step = state->step,
                        .nparams = graph->nparams,
                        .nvectors = state->nvectors,
                        .vector = (int64_t) graph->vector};
    struct vn_file file;
    uint64_t hash;
    enum vn_status status = vn_file_create(&file, path, err);

    if (status != VN_OK)
        return status;
    memcpy(head.magic, magic, sizeof magic);
    snprintf(head.text, sizeof head.text, "%s", text);
    hash = hash_of(&head, state);
    fwrite(&head, sizeof head, 1, file.stream);
    fwrite(state->scales, sizeof(double), (size_t) graph->nparams,
           file.stream);
    for (int i = 0; i < state->nvectors; i++)
        fwrite(state->vectors[i], sizeof(float), graph->vector, file.stream);
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
read_state(FILE *in, const char *path, const struct head *head,
           struct vn_state *state, uint64_t *digest, struct vn_error *err)
{
    uint64_t hash = 0;
    size_t n = (size_t) head->vector;
    bool whole =
        fread(state->scales, sizeof(double), (size_t) head->nparams, in)
        == (size_t) head->nparams;

    for (int i = 0; whole && i < head->nvectors; i++)
        whole = fread(state->vectors[i], sizeof(float), n, in) == n;
    whole = whole && fread(&hash, sizeof hash, 1, in) == 1 && getc(in) == EOF;
    if (!whole)
        return vn_fail(err, VN_EFORMAT, "%s: is cut off, or goes on too long",
                       path);
    if (hash != hash_of(head, state))
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

/* Read into memory of our own where the caller lends none. */
static enum vn_status
read_body(FILE *in, const char *path, const struct head *head,
          struct vn_state *state, uint64_t *digest, struct vn_error *err)
{
    struct vn_state own = {.nvectors = (int) head->nvectors};
    enum vn_status status;

    if (state != NULL)
        return read_state(in, path, head, state, digest, err);
    own.scales = vn_xcalloc((size_t) head->nparams, sizeof(double));
    for (int i = 0; i < own.nvectors; i++)
        own.vectors[i] = vn_xcalloc((size_t) head->vector, sizeof(float));
    status = read_state(in, path, head, &own, digest, err);
    for (int i = 0; i < own.nvectors; i++)
        free(own.vectors[i]);
    free(own.scales);
    return status;
}

enum vn_status
vn_checkpoint_read(const char *path, const char *text,
                   const struct vn_graph *graph,
                   struct vn_checkpoint *checkpoint, struct vn_state *state,
                   struct vn_error *err)
{
    struct head head;
    FILE *in;
    enum vn_status status = vn_file_open(path, &in, err);

    if (status != VN_OK)
        return status;
    if (fread(&head, sizeof head, 1, in) != 1
        || memcmp(head.magic, magic, sizeof magic) != 0 || head.nparams < 1
        || head.nparams > VN_GRAPH_PARAMS || head.nvectors < 1
        || head.nvectors > 3 || head.vector < 1 || head.vector > 1 << 30
        || memchr(head.text, '\0', sizeof head.text) == NULL)
        status = vn_fail(err, VN_EFORMAT, "%s: this is no checkpoint", path);
    if (status == VN_OK && text != NULL)
        status = compare_texts(path, head.text, text, err);
    if (status == VN_OK && state != NULL
        && (head.nparams != graph->nparams || head.nvectors != state->nvectors
            || head.vector != (int64_t) graph->vector))
        status = vn_fail(err, VN_EINVAL, "%s: is of another model", path);
    if (status == VN_OK) {
        *checkpoint = (struct vn_checkpoint){.step = head.step,
                                             .nparams = (int) head.nparams,
                                             .nvectors = (int) head.nvectors,
                                             .vector = head.vector};
        memcpy(checkpoint->text, head.text, sizeof head.text);
        status = read_body(in, path, &head, state, &checkpoint->digest, err);
    }
    vn_file_close(in);
    return status;
}

void
vn_checkpoint_value(const struct vn_checkpoint *checkpoint, const char *name,
                    char *value, size_t size)
{
    vn_text_value(checkpoint->text, name, value, size);
}
