#include "config.h"

#include "enclavedom/backend/backend.h"

#include "base/option.h"
#include "base/xalloc.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern const struct ed_backend ed_backend_mpk;
extern const struct ed_backend ed_backend_process;
extern const struct ed_backend ed_backend_mprotect;
extern const struct ed_backend ed_backend_none;

const struct ed_backend *const ed_backends[] = {
    &ed_backend_mpk, &ed_backend_process, &ed_backend_mprotect,
    &ed_backend_none, NULL};

static pthread_mutex_t entrance = PTHREAD_MUTEX_INITIALIZER;

/* The number of this thread, which a system call is asked for once. */
static int
own_thread(void)
{
    if (ed_own_thread == 0)
        ed_own_thread = (int) syscall(SYS_gettid);
    return ed_own_thread;
}

const char *
ed_backend_name(const struct ed_backend *b)
{
    return b->name;
}

const char *
ed_backend_summary(const struct ed_backend *b)
{
    return b->summary;
}

enum vn_status
ed_backend_probe(const struct ed_backend *b, struct vn_error *err)
{
    return b->probe == NULL ? VN_OK : b->probe(err);
}

const struct ed_backend *
ed_backend_default(void)
{
    for (int i = 0; ed_backends[i] != &ed_backend_mprotect; i++)
        if (ed_backend_probe(ed_backends[i], NULL) == VN_OK)
            return ed_backends[i];
    return NULL;
}

enum vn_status
ed_backend_find(const char *name, const struct ed_backend **backend,
                struct vn_error *err)
{
    const char *names[8];
    enum vn_status status;
    int n = 0, choice;

    for (; ed_backends[n] != NULL; n++)
        names[n] = ed_backends[n]->name;
    status = vn_option_choice("backend", name, names, n, &choice, err);
    if (status == VN_OK)
        *backend = ed_backends[choice];
    return status;
}

/* The guard below a plug-in's stack, as large as the stack. */
static enum vn_status
open_stack(struct ed_domain *d, struct vn_error *err)
{
    struct ed_region *r = &d->regions[ED_PLUGIN];
    size_t bytes = d->config.stack_bytes;

    bytes = bytes == 0 ? 1 << 20 : (bytes + ED_PAGE - 1) / ED_PAGE * ED_PAGE;
    if (2 * bytes + ED_HUGE > r->bytes)
        return vn_fail(err, VN_EINVAL,
                       "region '%s' has %zu bytes, expected at least %zu, for "
                       "the stack",
                       r->name, r->bytes, 2 * bytes + ED_HUGE);
    d->stack = r->base + r->bytes;
    d->stack_bytes = bytes;
    r->most = r->bytes - 2 * bytes;
    ((struct ed_heap *) r->base)->limit = r->most;
    return VN_OK;
}

enum vn_status
ed_open(const struct ed_config *config, struct ed_domain **domain,
        struct vn_error *err)
{
    struct ed_domain *d = mmap(NULL, ED_DOMAIN_BYTES, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    enum vn_status status;

    *domain = NULL;
    if (d == MAP_FAILED)
        return vn_fail(err, VN_EIO, "cannot make a domain: %s",
                       strerror(errno));
    d->live = vn_xcalloc(1, sizeof *d->live);
    d->config = *config;
    snprintf(d->name, sizeof d->name, "%s", config->name);
    d->config.name = d->name;
    d->backend =
        config->backend != NULL ? config->backend : ed_backend_default();
    if (d->config.limit_us == 0)
        d->config.limit_us = 1000000;
    d->live->function = -1;
    if (d->backend == NULL)
        status = vn_fail(err, VN_EUNSUP,
                         "nothing here confines a plug-in: no protection keys "
                         "and no seccomp");
    else if (config->nregions < 1 || config->nregions > ED_REGIONS_MAX
             || config->nfunctions > ED_FUNCTIONS_MAX)
        status = vn_fail(err, VN_EINVAL,
                         "%d regions and %d functions, expected 1 to %d and "
                         "at most %d",
                         config->nregions, config->nfunctions, ED_REGIONS_MAX,
                         ED_FUNCTIONS_MAX);
    else if ((status = ed_backend_probe(d->backend, err)) == VN_OK
             && (status = ed_regions_open(d, err)) == VN_OK
             && (status = open_stack(d, err)) == VN_OK
             && d->backend->open != NULL)
        status = d->backend->open(d, err);
    if (status != VN_OK) {
        ed_close(d);
        return status;
    }
    ed_domains_add(d);
    *domain = d;
    return VN_OK;
}

void
ed_close(struct ed_domain *d)
{
    if (d == NULL)
        return;
    mprotect(d, ED_DOMAIN_BYTES, PROT_READ | PROT_WRITE);
    ed_domains_remove(d);
    if (d->backend != NULL && d->backend->close != NULL)
        d->backend->close(d);
    if (d->arena != NULL)
        ed_regions_close(d);
    free(d->live);
    munmap(d, ED_DOMAIN_BYTES);
}

struct ed_region *
ed_region(struct ed_domain *d, int number)
{
    return &d->regions[number];
}

const struct ed_backend *
ed_domain_backend(const struct ed_domain *d)
{
    return d->backend;
}

void
ed_set_arg(struct ed_domain *d, void *arg)
{
    d->config.arg = arg;
}

void *
ed_domain_arg(const struct ed_domain *d)
{
    return d->config.arg;
}

struct ed_violation
ed_violated(const struct ed_domain *d)
{
    return d->live->violation;
}

enum vn_status
ed_explain(const struct ed_domain *d, struct vn_error *err)
{
    return d->live->violation.kind == ED_NONE ? VN_OK : ed_report(d, err);
}

static enum vn_status
call_address(struct ed_domain *d, uint64_t address, struct vn_error *err)
{
    return address == 0
               ? VN_OK
               : ed_call(d, d->image.base + address, NULL, 0, NULL, err);
}

/* Close what lies between the most that the heap may be, and the stack.  What
 * the program has made there before counts. */
static enum vn_status
close_rest(struct ed_domain *d, struct vn_error *err)
{
    struct ed_region *r = &d->regions[ED_PLUGIN];
    size_t end = r->bytes - d->stack_bytes;

    ed_limit_heap(d);
    if (mprotect(r->base + r->most, end - r->most, PROT_NONE) != 0)
        return vn_fail(err, VN_EIO, "cannot guard a stack: %s",
                       strerror(errno));
    return VN_OK;
}

/* From now on what runs inside may write where it may. */
static void
mark_dirty(struct ed_domain *d)
{
    d->regions[ED_PLUGIN].dirty = true;
    for (int i = 0; i < d->config.nfunctions && d->backend->shared; i++)
        for (int r = 0; r < d->config.nregions; r++)
            if ((d->config.functions[i].rights >> (2 * r) & 3) == 3)
                d->regions[r].dirty = true;
}

enum vn_status
ed_start(struct ed_domain *d, struct vn_error *err)
{
    enum vn_status status = close_rest(d, err);
    uint64_t entry;

    if (status != VN_OK)
        return status;
    if ((status = ed_protect_image(d, !d->backend->shared, err)) != VN_OK
        || (d->backend->start != NULL
            && (status = d->backend->start(d, err)) != VN_OK))
        return status;
    d->started = true;
    mark_dirty(d);
    if (d->backend->confines) {
        ed_seal_program();
        mprotect(d, ED_DOMAIN_BYTES, PROT_READ);
    }
    status = call_address(d, d->image.init, err);
    for (uint64_t i = 0; i < d->image.init_arraysz / 8 && status == VN_OK;
         i++) {
        memcpy(&entry, d->image.base + d->image.init_array + 8 * i, 8);
        if (entry != 0 && entry != UINT64_MAX)
            status = ed_call(d, (const void *) (uintptr_t) entry, NULL, 0,
                             NULL, err);
    }
    return status;
}

/* The control words of SSE and x87, which a jump out of a handler leaves as
 * the kernel has them at the beginning of one. */
struct control {
    uint32_t mxcsr;
    uint16_t x87;
};

static struct control
get_control(void)
{
    struct control c;

    __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(c.mxcsr), "=m"(c.x87));
    return c;
}

static void
set_control(const struct control *c)
{
    __asm__ volatile("ldmxcsr %0\n\tfninit\n\tfldcw %1"
                     :
                     : "m"(c->mxcsr), "m"(c->x87));
}

/* A call within this process.  Runs with the entrance locked. */
static enum vn_status
call_here(struct ed_domain *d, const void *code, const uint64_t *args,
          uint64_t *result)
{
    const struct control control = get_control();
    uint64_t value;

    ed_monitor.domain = d;
    ed_monitor.gate = (void *) (uintptr_t) ed_gate_plain;
    ed_monitor.late = 0;
    ed_monitor.thread_pointer = NULL;
    if (!d->backend->handlers) {
        ed_monitor.state = ED_INSIDE;
        *result = ((uint64_t(*)(uint64_t, uint64_t, uint64_t, uint64_t)) code)(
            args[0], args[1], args[2], args[3]);
        ed_monitor.state = ED_OUTSIDE;
        return VN_OK;
    }
    ed_monitor.thread = own_thread();
    ed_signals_enter();
    ed_monitor.violation = (struct ed_violation){0};
    if (sigsetjmp(d->live->recover, 0) == 0) {
        d->backend->enter(d);
        ed_monitor.state = ED_INSIDE;
        value = ed_switch(d->stack, code, args);
        ed_monitor.state = ED_OUTSIDE;
        d->backend->leave(d);
        *result = value;
    } else {
        set_control(&control);
        ed_monitor.state = ED_OUTSIDE;
        d->backend->leave(d);
        ed_signals_arm();
        d->live->violation = ed_monitor.violation;
        d->live->function = -1;
    }
    ed_monitor.thread = 0;
    return d->live->violation.kind == ED_NONE ? VN_OK : VN_EPOLICY;
}

enum vn_status
ed_call(struct ed_domain *d, const void *code, const uint64_t *args, int n,
        uint64_t *result, struct vn_error *err)
{
    uint64_t all[ED_ARGS_MAX] = {0}, value = 0;
    enum vn_status status = VN_OK;

    if (d->live->violation.kind != ED_NONE || !d->started || n > ED_ARGS_MAX)
        return d->live->violation.kind != ED_NONE
                   ? ed_report(d, err)
                   : vn_fail(err, VN_EINVAL, "%s is not started", d->name);
    for (int i = 0; i < n; i++)
        all[i] = args[i];
    if (d->backend->call != NULL)
        status = d->backend->call(d, code, all, &value, err);
    else {
        int thread = own_thread();

        if (d->backend->handlers) {
            ed_signals_open();
            if ((status = ed_signals_thread(err)) != VN_OK)
                return status;
        }
        if (ed_monitor.state != ED_OUTSIDE && ed_monitor.thread == thread)
            return vn_fail(err, VN_EINVAL, "%s is called from a gate",
                           d->name);
        pthread_mutex_lock(&entrance);
        if (d->backend->handlers)
            ed_signals_limit(d->config.limit_us);
        status = call_here(d, code, all, &value);
        ed_monitor.domain = NULL;
        pthread_mutex_unlock(&entrance);
    }
    if (d->live->violation.kind != ED_NONE)
        return ed_report(d, err);
    if (result != NULL)
        *result = value;
    return status;
}

void
ed_copy_in(struct ed_domain *d, void *to, const void *from, size_t bytes)
{
    if (d->backend->confines
        && !ed_contains(&d->regions[ED_PLUGIN], from, bytes))
        ed_refuse(d, (uint64_t) (uintptr_t) from);
    memcpy(to, from, bytes);
}

void
ed_copy_out(struct ed_domain *d, void *to, const void *from, size_t bytes)
{
    if (d->backend->confines
        && !ed_contains(&d->regions[ED_PLUGIN], to, bytes))
        ed_refuse(d, (uint64_t) (uintptr_t) to);
    memcpy(to, from, bytes);
}

/* Not where a segment of its image has no right to be read. */
static bool
may_be_read(const struct ed_domain *d, const void *from, size_t bytes)
{
    uintptr_t at = (uintptr_t) from - (uintptr_t) d->image.base;

    for (int i = 0; i < d->image.nsegments; i++) {
        const struct ed_segment *s = &d->image.segments[i];

        if ((s->protection & PROT_READ) == 0 && bytes > 0
            && (uintptr_t) from >= (uintptr_t) d->image.base
            && at < s->address + s->bytes && at + bytes > s->address)
            return false;
    }
    return true;
}

enum vn_status
ed_fetch(struct ed_domain *d, void *to, const void *from, size_t bytes,
         struct vn_error *err)
{
    const struct ed_region *r = &d->regions[ED_PLUGIN];

    if (!ed_contains(r, from, bytes)
        || (uintptr_t) from + bytes > (uintptr_t) r->base + r->most
        || !may_be_read(d, from, bytes))
        return vn_fail(err, VN_EPOLICY,
                       "%s: what is at %p is not its own, expected %zu bytes "
                       "of its image or memory",
                       d->name, from, bytes);
    memcpy(to, from, bytes);
    return VN_OK;
}

enum vn_status
ed_fetch_text(struct ed_domain *d, char *to, size_t size, const char *from,
              struct vn_error *err)
{
    for (size_t i = 0; i < size; i++) {
        enum vn_status status = ed_fetch(d, to + i, from + i, 1, err);

        if (status != VN_OK || to[i] == '\0')
            return status;
    }
    return vn_fail(err, VN_EPOLICY,
                   "%s: a text is too long, expected at most "
                   "%zu bytes",
                   d->name, size - 1);
}
