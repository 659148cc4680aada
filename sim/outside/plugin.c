#include "config.h"

#include "sim/outside/plugin.h"

#include "base/digest.h"
#include "base/xalloc.h"
#include "sim/outside/rules.h"
#include "sim/policy/policies.h"

#include <stdlib.h>
#include <string.h>

enum {
    TEXT_MAX = 200,
    CHOICES_MAX = 32
};

#define MEMORY_DEFAULT ((size_t) 256 << 20)
#define BOOKS_MAX      ((size_t) 4 << 30) /* addresses, not memory */
#define IMAGE_MAX      ((size_t) 64 << 20)
#define STACK_DEFAULT  ((size_t) 1 << 20)

/* What a shared object exports. */
struct exported {
    uint32_t abi;
    uint32_t size;
    const struct vn_policy *policy;
};

struct plugin {
    struct vn_policy policy; /* ours: its functions are those below */
    char *path;
    struct ed_file *file;
    char name[TEXT_MAX + VN_DIGEST_TEXT + 1];
    struct vn_plugin_limits limits;
    struct vn_policy_option options[VN_POLICY_OPTIONS_MAX + 1];
    char *texts; /* all that options point to, one after another */
    size_t ntexts;
    const char *choices[VN_POLICY_OPTIONS_MAX][CHOICES_MAX + 1];
};

/* A plug-in in one engine; in the engine's state. */
struct session {
    const struct plugin *plugin;
    struct ed_domain *domain;
    struct vn_policy inside; /* its functions, where they are in the domain */
    void *state;
    struct vn_api_state *api;
    bool stopped;
    char why[400];
};

bool
vn_plugin_is_path(const char *name)
{
    size_t n = strlen(name);

    return strchr(name, '/') != NULL
           || (n > 3 && strcmp(name + n - 3, ".so") == 0);
}

static const char *
base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static size_t
memory_of(const struct plugin *p)
{
    return p->limits.memory_bytes == 0 ? MEMORY_DEFAULT
                                       : p->limits.memory_bytes;
}

static enum vn_status
make_domain(const struct plugin *p, struct ed_domain **domain,
            struct vn_error *err)
{
    size_t memory = memory_of(p);
    size_t stack =
        p->limits.stack_bytes == 0 ? STACK_DEFAULT : p->limits.stack_bytes;
    const struct ed_region_spec regions[VN_REGIONS] = {
        [VN_REGION_PLUGIN] = {"plug-in", memory + IMAGE_MAX + 4 * stack},
        [VN_REGION_LEDGER] = {"ledger", BOOKS_MAX},
        [VN_REGION_CLUSTER] = {"cluster", BOOKS_MAX},
        [VN_REGION_EVENTS] = {"events", BOOKS_MAX},
        [VN_REGION_ENGINE] = {"engine", BOOKS_MAX},
        [VN_REGION_RESULTS] = {"results", BOOKS_MAX},
        [VN_REGION_RANDOM] = {"random", BOOKS_MAX},
        [VN_REGION_ANSWER] = {"answer",
                              2 * VN_DRAFT_MAX * sizeof(struct vn_grant)},
    };
    const struct ed_config config = {.name = base_name(p->path),
                                     .backend = p->limits.backend,
                                     .regions = regions,
                                     .nregions = VN_REGIONS,
                                     .functions = vn_api,
                                     .nfunctions = vn_api_count,
                                     .stack_bytes = stack,
                                     .heap_bytes = memory,
                                     .limit_us = p->limits.call_us};
    enum vn_status status = ed_open(&config, domain, err);

    if (status != VN_OK)
        return status;
    status = ed_load(*domain, p->file, err);
    if (status != VN_OK) {
        ed_close(*domain);
        *domain = NULL;
    }
    return status;
}

/* The policy that the object exports, copied out of the domain. */
static enum vn_status
fetch_policy(const struct plugin *p, struct ed_domain *d,
             struct vn_policy *policy, struct vn_error *err)
{
    const void *symbol = ed_symbol(d, "vn_plugin");
    struct exported e;
    enum vn_status status;

    if (symbol == NULL)
        return vn_fail(err, VN_EPOLICY,
                       "%s: exports no vn_plugin, expected VN_POLICY_EXPORT() "
                       "of virtualflow/policy.h",
                       p->path);
    if ((status = ed_fetch(d, &e, symbol, sizeof e, err)) != VN_OK)
        return status;
    if (e.abi != VN_POLICY_ABI || e.size != sizeof *policy)
        return vn_fail(err, VN_EPOLICY,
                       "%s: is written for version %u of virtualflow/policy.h"
                       ", expected %d: compile it again",
                       p->path, (unsigned) e.abi, VN_POLICY_ABI);
    if ((status = ed_fetch(d, policy, e.policy, sizeof *policy, err)) != VN_OK)
        return status;
    if (policy->decide == NULL)
        return vn_fail(err, VN_EPOLICY, "%s: has no decide function", p->path);
    if (policy->state_size > memory_of(p))
        return vn_fail(err, VN_EPOLICY,
                       "%s: has a state of %zu bytes, expected at most %zu",
                       p->path, policy->state_size, memory_of(p));
    return VN_OK;
}

/* A text of the plug-in's, kept, and fit to be printed. */
static enum vn_status
keep_text(struct plugin *p, struct ed_domain *d, const char **text,
          struct vn_error *err)
{
    enum {
        ALL = (VN_POLICY_OPTIONS_MAX * (CHOICES_MAX + 3) + 3) * TEXT_MAX
    };
    enum vn_status status;
    char *own;

    if (p->texts == NULL)
        p->texts = vn_xcalloc(ALL, 1);
    own = p->texts + p->ntexts;
    status = ed_fetch_text(d, own, TEXT_MAX, *text, err);
    if (status != VN_OK)
        return status;
    for (const char *c = own; *c != '\0'; c++)
        if (*c < 0x20 || *c > 0x7e)
            return vn_fail(err, VN_EPOLICY,
                           "%s: has a text with unprintable bytes, expected "
                           "ASCII",
                           p->path);
    p->ntexts += strlen(own) + 1;
    *text = own;
    return VN_OK;
}

static enum vn_status
keep_choices(struct plugin *p, struct ed_domain *d, int i,
             struct vn_error *err)
{
    const char *const *from = p->options[i].choices;
    enum vn_status status;
    int n = 0;

    for (;; n++) {
        const char **to = &p->choices[i][n];

        status = ed_fetch(d, to, from + n, sizeof *to, err);
        if (status != VN_OK || *to == NULL)
            break;
        if (n == CHOICES_MAX)
            return vn_fail(err, VN_EPOLICY,
                           "%s: an option has more than %d choices", p->path,
                           CHOICES_MAX);
        if ((status = keep_text(p, d, to, err)) != VN_OK)
            break;
    }
    if (status == VN_OK && n == 0)
        return vn_fail(err, VN_EPOLICY, "%s: an option has no choices",
                       p->path);
    p->options[i].choices = p->choices[i];
    return status;
}

static enum vn_status
keep_options(struct plugin *p, struct ed_domain *d,
             const struct vn_policy_option *from, struct vn_error *err)
{
    enum vn_status status;

    for (int i = 0;; i++) {
        struct vn_policy_option *o = &p->options[i];

        status = ed_fetch(d, o, from + i, sizeof *o, err);
        if (status != VN_OK || o->name == NULL)
            return status;
        if (i == VN_POLICY_OPTIONS_MAX
            || (unsigned) o->kind > VN_OPTION_CHOICE)
            return vn_fail(err, VN_EPOLICY,
                           "%s: has a table of options that has no end or is "
                           "malformed, expected at most %d",
                           p->path, VN_POLICY_OPTIONS_MAX);
        if ((status = keep_text(p, d, &o->name, err)) != VN_OK
            || (status = keep_text(p, d, &o->help, err)) != VN_OK
            || (status = keep_text(p, d, &o->fallback, err)) != VN_OK
            || (o->kind == VN_OPTION_CHOICE
                && (status = keep_choices(p, d, i, err)) != VN_OK))
            return status;
    }
}

/* From here on, the functions of the policy that the engine calls. */

static void
stop(struct session *s, const struct vn_error *err)
{
    if (!s->stopped)
        snprintf(s->why, sizeof s->why, "policy %.380s", err->text);
    s->stopped = true;
}

/* Call a function inside.  A member of s->inside; NULL does nothing. */
static enum vn_status
call(struct session *s, const char *name, const void *code, uint64_t a,
     uint64_t b, uint64_t c, uint64_t *result)
{
    uint64_t args[4] = {(uint64_t) (uintptr_t) s->state, a, b, c};
    struct vn_error err, named;
    enum vn_status status;

    if (code == NULL || s->stopped)
        return VN_OK;
    status = ed_call(s->domain, code, args, 4, result, &err);
    if (status != VN_OK) {
        const char *rest = strchr(err.text, ':');

        vn_fail(&named, status, "%s: in %s()%s", s->plugin->policy.name, name,
                rest == NULL ? "" : rest);
        stop(s, &named);
    }
    return status;
}

static uint64_t
word(const void *p)
{
    return (uint64_t) (uintptr_t) p;
}

/* A plug-in's own refusal to open, if it refuses. */
static enum vn_status
call_open(struct session *s, const struct vn_view *view, const double *values,
          struct vn_error *inside, struct vn_error *err)
{
    struct vn_error said;
    uint64_t result = 0;

    call(s, "open", (const void *) (uintptr_t) s->inside.open, word(view),
         word(values), word(inside), &result);
    if (s->stopped)
        return vn_fail(err, VN_EPOLICY, "%s", s->why);
    if ((uint32_t) result == VN_OK)
        return VN_OK;
    memcpy(&said, inside, sizeof said);
    said.text[sizeof said.text - 1] = '\0';
    return vn_fail(err, VN_EPOLICY, "policy %s does not open: %.300s",
                   s->plugin->policy.name, said.text);
}

/* What the host makes in the plug-in's memory, which counts against its limit:
 * its state first, whose size is the plug-in's own word. */
static enum vn_status
make_memory(struct session *s, double **values, struct vn_error **inside,
            struct vn_error *err)
{
    struct ed_region *own = ed_region(s->domain, VN_REGION_PLUGIN);
    const char *backend = ed_backend_name(ed_domain_backend(s->domain));
    bool copying =
        strcmp(backend, "mpk") == 0 || strcmp(backend, "mprotect") == 0;

    s->state = ed_alloc(own, 1, s->inside.state_size + 1);
    *inside = ed_alloc(own, 1, sizeof **inside);
    *values = ed_alloc(own, VN_POLICY_OPTIONS_MAX, sizeof **values);
    if (copying)
        s->api->copies = ed_alloc(own, VN_COPIES_MAX / VN_COPIES_CHUNK,
                                  sizeof *s->api->copies);
    return s->state == NULL || *inside == NULL || *values == NULL
                   || (copying && s->api->copies == NULL)
               ? vn_fail(err, VN_EPOLICY,
                         "policy %s: its state of %zu bytes does not fit "
                         "into its memory of %zu: expected a smaller one, or "
                         "--limit memory=",
                         s->plugin->policy.name, s->inside.state_size,
                         memory_of(s->plugin))
               : VN_OK;
}

static enum vn_status
plugin_open(void *state, const struct vn_view *view, const double *values,
            struct vn_error *err)
{
    struct session *s = state;
    struct ed_region *drafts = ed_region(view->domain, VN_REGION_ANSWER);
    struct vn_error *inside = NULL;
    double *copied = NULL;
    enum vn_status status;

    *s = (struct session){.domain = view->domain};
    s->api = ed_domain_arg(view->domain);
    s->plugin = s->api->plugin;
    status = fetch_policy(s->plugin, s->domain, &s->inside, err);
    if (status != VN_OK)
        return status;
    s->api->view = view;
    s->api->draft = vn_region_alloc(
        drafts, 1,
        sizeof *s->api->draft + VN_DRAFT_MAX * sizeof(struct vn_grant));
    status = make_memory(s, &copied, &inside, err);
    if (status != VN_OK)
        return status;
    for (int i = 0; s->plugin->options[i].name != NULL; i++)
        copied[i] = values[i];
    status = ed_start(s->domain, err);
    if (status != VN_OK)
        return status;
    return call_open(s, view, copied, inside, err);
}

static void
plugin_close(void *state)
{
    struct session *s = state;

    call(s, "close", (const void *) (uintptr_t) s->inside.close, 0, 0, 0,
         NULL);
}

static void
plugin_arrive(void *state, const struct vn_view *view, int job)
{
    struct session *s = state;

    call(s, "arrive", (const void *) (uintptr_t) s->inside.arrive, word(view),
         (uint64_t) job, 0, NULL);
}

static void
plugin_leave(void *state, const struct vn_view *view, int job)
{
    struct session *s = state;

    call(s, "leave", (const void *) (uintptr_t) s->inside.leave, word(view),
         (uint64_t) job, 0, NULL);
}

/* The draft is copied out, each number once; the engine then checks it. */
static void
plugin_decide(void *state, const struct vn_view *view,
              struct vn_answer *answer)
{
    struct session *s = state;
    volatile struct vn_draft *draft = s->api->draft;
    int n;

    draft->ngrants = 0;
    draft->waking = 0;
    call(s, "decide", (const void *) (uintptr_t) s->inside.decide, word(view),
         word(s->api->draft), 0, NULL);
    if (s->stopped) {
        vn_answer_fail(answer, s->why);
        return;
    }
    n = draft->ngrants;
    if (n < 0 || n > vn_draft_most(s->api)) {
        vn_answer_fail(answer, "the answer's length is forged");
        return;
    }
    for (int i = 0; i < n; i++)
        vn_answer_set(answer, draft->grants[i].slot, draft->grants[i].type,
                      draft->grants[i].devices);
    if (draft->waking)
        vn_answer_wake(answer, draft->wake);
}

static enum vn_status
plugin_enclose(const struct vn_policy *policy, struct ed_domain **domain,
               struct vn_error *err)
{
    const struct plugin *p = (const struct plugin *) policy;
    enum vn_status status = make_domain(p, domain, err);
    struct vn_api_state *api;

    if (status != VN_OK)
        return status;
    /* In the ledger, where all gates may read it, and no plug-in write. */
    api =
        vn_region_alloc(vn_region(*domain, VN_REGION_LEDGER), 1, sizeof *api);
    *api = (struct vn_api_state){.plugin = p, .domain = *domain};
    ed_set_arg(*domain, api);
    return VN_OK;
}

static const struct vn_policy functions = {
    .state_size = sizeof(struct session),
    .open = plugin_open,
    .close = plugin_close,
    .arrive = plugin_arrive,
    .leave = plugin_leave,
    .enclose = plugin_enclose,
    .decide = plugin_decide,
};

/* Name, summary and options, as the object has them. */
static enum vn_status
read_table(struct plugin *p, struct ed_domain *d, struct vn_error *err)
{
    struct vn_policy inside;
    enum vn_status status = fetch_policy(p, d, &inside, err);
    char digest[VN_DIGEST_TEXT];
    const void *bytes;
    size_t size;

    if (status != VN_OK
        || (status = keep_text(p, d, &inside.name, err)) != VN_OK
        || (status = keep_text(p, d, &inside.summary, err)) != VN_OK
        || (inside.knows != NULL
            && (status = keep_text(p, d, &inside.knows, err)) != VN_OK))
        return status;
    /* By the file too, so that results tell a changed policy from the old. */
    bytes = ed_file_bytes(p->file, &size);
    vn_digest_bytes(bytes, size, digest);
    snprintf(p->name, sizeof p->name, "%s@%s", inside.name, digest);
    p->policy = functions;
    p->policy.name = p->name;
    p->policy.summary = inside.summary;
    p->policy.knows = inside.knows;
    p->policy.rigid = inside.rigid;
    p->policy.whole = inside.whole;
    p->policy.late = inside.late;
    p->policy.leases = inside.leases;
    if (inside.options == NULL)
        return VN_OK;
    p->policy.options = p->options;
    return keep_options(p, d, inside.options, err);
}

enum vn_status
vn_plugin_open(const char *path, const struct vn_plugin_limits *limits,
               const struct vn_policy **policy, struct vn_error *err)
{
    struct plugin *p = vn_xcalloc(1, sizeof *p);
    struct ed_domain *d = NULL;
    enum vn_status status;

    p->path = vn_xcalloc(strlen(path) + 1, 1);
    strcpy(p->path, path);
    p->limits = *limits;
    if (p->limits.backend == NULL)
        p->limits.backend = ed_backend_default();
    status = ed_file_open(path, &p->file, err);
    if (status == VN_OK)
        status = make_domain(p, &d, err);
    if (status == VN_OK)
        status = read_table(p, d, err);
    ed_close(d);
    *policy = &p->policy;
    if (status != VN_OK) {
        p->policy.enclose = plugin_enclose; /* one of ours, to be freed */
        vn_plugin_free(&p->policy);
        *policy = NULL;
    }
    return status;
}

void
vn_plugin_free(const struct vn_policy *policy)
{
    struct plugin *p = (struct plugin *) (uintptr_t) policy;

    if (policy == NULL || policy->enclose != plugin_enclose)
        return;
    ed_file_close(p->file);
    free(p->path);
    free(p->texts);
    free(p);
}

const char *
vn_plugin_backend(const struct vn_policy *policy)
{
    if (policy->enclose != plugin_enclose)
        return NULL;
    return ed_backend_name(((const struct plugin *) policy)->limits.backend);
}
