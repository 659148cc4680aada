#include "config.h"

#include "replay/sweep/paper.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/xalloc.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How what stands at a key becomes values of an option. */
enum shape {
    ONE,    /* a scalar */
    EACH,   /* a scalar or a list: the option once for each */
    JOINED, /* a scalar or a list: its words with commas */
    FLAG,   /* true or false */
    NAMED,  /* a mapping: the option once for each, name=value */
    POLICY, /* a scalar or a list, of names or of {name: {option: value}} */
};

enum {
    ASSUME = VN_REQUEST_OPTIONS
};

static const struct {
    const char *key;
    int option;
    enum shape shape;
} keys[] = {
    {"results", VN_REQUEST_RESULTS, ONE},
    {"traces", VN_REQUEST_TRACE, EACH},
    {"generate", VN_REQUEST_GENERATE, EACH},
    {"clusters", VN_REQUEST_CLUSTER, EACH},
    {"policies", VN_REQUEST_POLICY, POLICY},
    {"options", VN_REQUEST_OPTION, NAMED},
    {"loads", VN_REQUEST_LOAD, JOINED},
    {"seeds", VN_REQUEST_SEED, JOINED},
    {"windows", VN_REQUEST_WINDOWS, ONE},
    {"until", VN_REQUEST_UNTIL, ONE},
    {"measure", VN_REQUEST_MEASURE, ONE},
    {"stop-saturated", VN_REQUEST_SATURATED, FLAG},
    {"rho", VN_REQUEST_RHO, FLAG},
    {"keep", VN_REQUEST_KEEP, ONE},
    {"backend", VN_REQUEST_BACKEND, ONE},
    {"limit", VN_REQUEST_LIMIT, EACH},
    {"jobs", VN_REQUEST_JOBS, ONE},
    {"time-limit", VN_REQUEST_TIME_LIMIT, ONE},
    {"memory-limit", VN_REQUEST_MEMORY_LIMIT, ONE},
    {"profiles", ASSUME + VN_ASSUME_PROFILE, EACH},
    {"scaling", ASSUME + VN_ASSUME_SCALING, EACH},
    {"speed", ASSUME + VN_ASSUME_SPEED, ONE},
    {"costs", ASSUME + VN_ASSUME_COSTS, ONE},
    {"compat", ASSUME + VN_ASSUME_COMPAT, ONE},
    {"placement", ASSUME + VN_ASSUME_PLACEMENT, ONE},
    {"faults", ASSUME + VN_ASSUME_FAULTS, ONE},
    {"slow", ASSUME + VN_ASSUME_SLOW, ONE},
    {"statuses", ASSUME + VN_ASSUME_STATUS, JOINED},
    {"predict", ASSUME + VN_ASSUME_PREDICT, EACH},
    {"rho-form", ASSUME + VN_ASSUME_RHO_FORM, ONE},
};

enum {
    KEYS = sizeof keys / sizeof *keys
};

/* Take a value for an option, at a node's place. */
static enum vn_status
take(struct vn_request *r, int key, const struct vn_yaml *node,
     const char *value, struct vn_error *err)
{
    struct vn_error why;
    enum vn_status status;
    char place[PATH_MAX + 64];

    snprintf(place, sizeof place, "%s:%ld:%ld", node->file, node->line,
             node->column);
    free(r->place);
    r->place = vn_xstrdup(place);
    status = vn_request_take(r, keys[key].option,
                             value != NULL ? vn_request_keep(r, value) : NULL,
                             &why);
    if (status != VN_OK && why.file == NULL)
        return vn_yaml_fail(node, err, "%s", why.text);
    if (status != VN_OK)
        return vn_yaml_fail(node, err, "%.100s:%ld:%ld: %.250s", why.file,
                            why.line, why.column, why.text);
    return VN_OK;
}

static enum vn_status
take_scalar(struct vn_request *r, int key, const struct vn_yaml *node,
            struct vn_error *err)
{
    const char *text = NULL;
    enum vn_status status = vn_yaml_as_text(node, keys[key].key, &text, err);

    return status == VN_OK ? take(r, key, node, text, err) : status;
}

/* {name: {option: value}}, as the option's text; the caller's. */
static enum vn_status
policy_text(const struct vn_yaml *node, char **text, struct vn_error *err)
{
    const struct vn_yaml *own = node->n == 1 ? node->items[0] : NULL;
    enum vn_status status = VN_OK;
    size_t size = 0;
    FILE *out;

    if (own == NULL || own->kind != VN_YAML_MAP)
        return vn_yaml_fail(node, err,
                            "expected one policy with its options, as in "
                            "las: {form: reference}");
    out = open_memstream(text, &size);
    fputs(own->key, out);
    for (size_t i = 0; i < own->n && status == VN_OK; i++) {
        const char *value = "";

        status =
            vn_yaml_as_text(own->items[i], own->items[i]->key, &value, err);
        fprintf(out, ":%s=%s", own->items[i]->key, value);
    }
    fclose(out);
    if (status != VN_OK)
        free(*text);
    return status;
}

static enum vn_status
take_policy(struct vn_request *r, int key, const struct vn_yaml *node,
            struct vn_error *err)
{
    enum vn_status status;
    char *text;

    if (node->kind != VN_YAML_MAP)
        return take_scalar(r, key, node, err);
    status = policy_text(node, &text, err);
    if (status != VN_OK)
        return status;
    status = take(r, key, node, text, err);
    free(text);
    return status;
}

/* A list as one value, its words with commas between them. */
static enum vn_status
take_joined(struct vn_request *r, int key, const struct vn_yaml *node,
            struct vn_error *err)
{
    enum vn_status status = VN_OK;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    for (size_t i = 0; i < node->n && status == VN_OK; i++) {
        const char *word = "";

        status = vn_yaml_as_text(node->items[i], keys[key].key, &word, err);
        fprintf(out, "%s%s", i > 0 ? "," : "", word);
    }
    fclose(out);
    if (status == VN_OK)
        status = take(r, key, node, text, err);
    free(text);
    return status;
}

static enum vn_status
take_named(struct vn_request *r, int key, const struct vn_yaml *node,
           struct vn_error *err)
{
    enum vn_status status = VN_OK;

    if (node->kind != VN_YAML_MAP)
        return vn_yaml_fail(node, err,
                            "%s: expected a mapping, as in "
                            "{form: reference}",
                            keys[key].key);
    for (size_t i = 0; i < node->n && status == VN_OK; i++) {
        const struct vn_yaml *item = node->items[i];
        const char *value;
        char word[512];

        status = vn_yaml_as_text(item, item->key, &value, err);
        if (status != VN_OK)
            break;
        snprintf(word, sizeof word, "%s=%s", item->key, value);
        status = take(r, key, item, word, err);
    }
    return status;
}

static enum vn_status
take_key(struct vn_request *r, int key, const struct vn_yaml *node,
         struct vn_error *err)
{
    enum shape shape = keys[key].shape;
    enum vn_status status = VN_OK;
    bool yes = false;

    if (shape == NAMED)
        return take_named(r, key, node, err);
    if (shape == FLAG) {
        status = vn_yaml_as_bool(node, keys[key].key, &yes, err);
        return status == VN_OK && yes ? take(r, key, node, NULL, err) : status;
    }
    if (node->kind != VN_YAML_LIST || shape == ONE)
        return shape == POLICY ? take_policy(r, key, node, err)
                               : take_scalar(r, key, node, err);
    status = vn_yaml_list(node, keys[key].key, 1, VN_REQUEST_WORDS, err);
    if (status == VN_OK && shape == JOINED)
        return take_joined(r, key, node, err);
    for (size_t i = 0; i < node->n && status == VN_OK; i++)
        status = shape == POLICY ? take_policy(r, key, node->items[i], err)
                                 : take_scalar(r, key, node->items[i], err);
    return status;
}

static enum vn_status
check_keys(const struct vn_paper *paper, struct vn_error *err)
{
    const char *names[KEYS + 2] = {NULL};

    for (int i = 0; i < KEYS; i++)
        names[i] = keys[i].key;
    names[KEYS] = "figures";
    return vn_yaml_keys(paper->tree, "an experiment", names, err);
}

/* The file's text and its hash, for the results. */
static enum vn_status
keep_text(const char *path, struct vn_request *r, struct vn_error *err)
{
    char hash[VN_DIGEST_TEXT], *text = NULL;
    struct vn_digest *digest;
    size_t n = 0, got, room = 0;
    FILE *file = fopen(path, "r");

    if (file == NULL)
        return vn_fail(err, VN_EIO, "%s: %s", path, strerror(errno));
    do {
        if (n + 1 >= room) {
            room = 2 * room + 4096;
            text = vn_xrealloc(text, room, 1);
        }
        got = fread(text + n, 1, room - n - 1, file);
        n += got;
    } while (got > 0);
    fclose(file);
    text[n] = '\0';
    digest = vn_digest_begin();
    vn_digest_add_text(digest, text);
    vn_digest_end(digest, hash);
    r->sweep.experiment = vn_request_keep(r, text);
    r->sweep.experiment_hash = vn_request_keep(r, hash);
    free(text);
    return VN_OK;
}

/* A path that an option gave, as it is from everywhere. */
static const char *
fix(struct vn_request *r, const char *path)
{
    char full[PATH_MAX];
    const char *kept;
    size_t n;

    if (path == NULL || path[0] == '/' || getcwd(full, sizeof full) == NULL)
        return path;
    n = strlen(full);
    snprintf(full + n, sizeof full - n, "/%s", path);
    kept = vn_request_keep(r, full);
    return kept;
}

static void
fix_words(struct vn_words *words, bool all)
{
    for (int i = 0; i < words->n; i++) {
        char full[PATH_MAX];

        if ((all || access(words->text[i], F_OK) == 0)
            && realpath(words->text[i], full) != NULL) {
            free(words->text[i]);
            words->text[i] = vn_xstrdup(full);
        }
    }
}

/* Go to the file's folder; paths that options gave stay what they are. */
static enum vn_status
go_to(const char *path, struct vn_request *r, struct vn_paper *paper,
      struct vn_error *err)
{
    const char *slash = strrchr(path, '/');
    struct vn_assumptions *a = &r->sweep.assumptions;
    char *folder;
    int failed;

    paper->name = vn_xstrdup(slash != NULL ? slash + 1 : path);
    if (slash == NULL)
        return VN_OK;
    r->sweep.results = fix(r, r->sweep.results);
    fix_words(&r->traces, true);
    fix_words(&r->clusters, false);
    for (int i = 0; i < a->nprofiles; i++)
        if (access(a->profiles[i], F_OK) == 0)
            a->profiles[i] = fix(r, a->profiles[i]);
    if (a->costs != NULL && access(a->costs, F_OK) == 0)
        a->costs = fix(r, a->costs);
    folder = vn_xstrdup(path);
    folder[slash - path + 1] = '\0';
    failed = chdir(folder);
    free(folder);
    return failed != 0
               ? vn_fail(err, VN_EIO, "%s: cannot go to its folder: %s", path,
                         strerror(errno))
               : VN_OK;
}

enum vn_status
vn_paper_read(const char *path, struct vn_request *r, struct vn_paper *paper,
              struct vn_error *err)
{
    enum vn_status status;

    *paper = (struct vn_paper){NULL};
    if (strcmp(path, "-") == 0)
        return vn_fail(err, VN_EUSAGE,
                       "an experiment is a file, not standard input: paths in "
                       "it are relative to it");
    status = vn_yaml_read(path, &paper->tree, err);
    if (status == VN_OK)
        status = check_keys(paper, err);
    if (status == VN_OK)
        status = keep_text(path, r, err);
    if (status == VN_OK)
        status = go_to(path, r, paper, err);
    for (int i = 0; i < KEYS && status == VN_OK; i++) {
        const struct vn_yaml *node = vn_yaml_at(paper->tree, keys[i].key);
        bool other = (keys[i].option == VN_REQUEST_TRACE
                      && r->given[VN_REQUEST_GENERATE])
                     || (keys[i].option == VN_REQUEST_GENERATE
                         && r->given[VN_REQUEST_TRACE]);

        if (node != NULL && !r->given[keys[i].option] && !other)
            status = take_key(r, i, node, err);
    }
    free(r->place);
    r->place = NULL;
    if (status == VN_OK)
        paper->figures = vn_yaml_at(paper->tree, "figures");
    if (status == VN_OK && paper->figures != NULL)
        status = vn_yaml_list(paper->figures, "figures", 1, 1000, err);
    for (size_t i = 0;
         status == VN_OK && paper->figures != NULL && i < paper->figures->n;
         i++) {
        char **argv = NULL;

        status = vn_paper_figure(paper, i, NULL, NULL, &argv, err);
        free(argv);
    }
    return status;
}

void
vn_paper_free(struct vn_paper *paper)
{
    vn_yaml_free(paper->tree);
    free(paper->name);
    *paper = (struct vn_paper){NULL};
}

enum vn_status
vn_paper_figure(const struct vn_paper *paper, size_t figure, char *program,
                char *results, char ***argv, struct vn_error *err)
{
    static const char *const own[] = {"figure", "output", "options", NULL};
    const struct vn_yaml *node = paper->figures->items[figure], *value,
                         *options;
    static char output[] = "--output";
    enum vn_status status = vn_yaml_keys(node, "a figure", own, err);
    const char *text;
    size_t n = 0;

    if (status != VN_OK)
        return status;
    options = vn_yaml_at(node, "options");
    if (options != NULL)
        status = vn_yaml_list(options, "options", 0, 100, err);
    if (status != VN_OK)
        return status;
    *argv = vn_xcalloc(8 + (options != NULL ? options->n : 0), sizeof **argv);
    (*argv)[n++] = program;
    for (int i = 0; i < 2 && status == VN_OK; i++) {
        status = vn_yaml_need(node, own[i], &value, err);
        if (status == VN_OK)
            status = vn_yaml_as_text(value, own[i], &text, err);
        if (status != VN_OK)
            break;
        if (i == 1) {
            (*argv)[n++] = results;
            (*argv)[n++] = output;
        }
        (*argv)[n++] = value->text;
    }
    for (size_t i = 0; options != NULL && i < options->n && status == VN_OK;
         i++) {
        status = vn_yaml_as_text(options->items[i], "options", &text, err);
        (*argv)[n++] = options->items[i]->text;
    }
    if (status != VN_OK) {
        free(*argv);
        *argv = NULL;
    }
    return status;
}
