/*
 * The loader of plug-ins.
 *
 * dlopen() would run constructors before anything is confined, bind names to
 * whatever the program holds, and leave its own machinery within reach; so an
 * object is laid out in the plug-in's region here.  Its names are bound at
 * once, to gates, to the runtime of plug-ins (runtime.c), or to itself.
 */
#include "config.h"

#include "enclavedom/backend/backend.h"
#include "enclavedom/scan.h"

#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>

static const char *
name_of(const struct ed_object *o, uint32_t name)
{
    return name < o->strsz
               ? (const char *) ed_object_at(o, o->dynstr, o->strsz) + name
               : "";
}

static bool
symbol_at(const struct ed_object *o, uint64_t i, Elf64_Sym *s)
{
    const unsigned char *p =
        ed_object_at(o, o->dynsym, o->nsymbols * sizeof *s);

    if (p == NULL || i >= o->nsymbols)
        return false;
    memcpy(s, p + i * sizeof *s, sizeof *s);
    return true;
}

static void *
find_gate(const struct ed_domain *d, const char *name)
{
    for (int i = 0; i < d->config.nfunctions; i++)
        if (strcmp(d->config.functions[i].name, name) == 0)
            return ed_gate_address(i);
    return NULL;
}

/* What a name stands for in *value. */
static enum vn_status
bind(const struct ed_domain *d, const struct ed_object *o, uint64_t i,
     uint64_t *value, struct vn_error *err)
{
    const char *name;
    Elf64_Sym s;
    void *p;

    if (!symbol_at(o, i, &s))
        return vn_fail(err, VN_EFORMAT, "%s: has no symbol %" PRIu64, o->path,
                       i);
    if (ELF64_ST_TYPE(s.st_info) == STT_GNU_IFUNC
        || ELF64_ST_TYPE(s.st_info) == STT_TLS)
        return vn_fail(err, VN_EFORMAT,
                       "%s: '%.64s' is %s, expected a plain function or "
                       "variable",
                       o->path, name_of(o, s.st_name),
                       ELF64_ST_TYPE(s.st_info) == STT_TLS
                           ? "a thread-local variable"
                           : "chosen when it is loaded (an IFUNC)");
    if (s.st_shndx != SHN_UNDEF) {
        *value = (uint64_t) (uintptr_t) d->image.base + s.st_value;
        return VN_OK;
    }
    name = name_of(o, s.st_name);
    p = find_gate(d, name);
    if (p == NULL)
        p = ed_runtime(d->backend, name);
    if (p == NULL && i != 0 && ELF64_ST_BIND(s.st_info) != STB_WEAK)
        return vn_fail(err, VN_EPOLICY,
                       "%s: calls '%.64s', which a plug-in may not under %s",
                       o->path, name, d->backend->name);
    *value = (uint64_t) (uintptr_t) p;
    return VN_OK;
}

/* Is [address, + 8) in a segment that may be written?  Text may be, where
 * nothing is confined. */
static bool
is_writable(const struct ed_object *o, uint64_t address)
{
    for (int i = 0; i < o->nloads; i++)
        if (((o->loads[i].p_flags & PF_W) != 0 || !o->confine)
            && address >= o->loads[i].p_vaddr && o->loads[i].p_memsz >= 8
            && address - o->loads[i].p_vaddr <= o->loads[i].p_memsz - 8)
            return true;
    return false;
}

static enum vn_status
relocate(struct ed_domain *d, const struct ed_object *o, const Elf64_Rela *r,
         struct vn_error *err)
{
    enum vn_status status = VN_OK;
    uint64_t value = 0;

    switch (ELF64_R_TYPE(r->r_info)) {
    case R_X86_64_NONE:
        return VN_OK;
    case R_X86_64_RELATIVE:
        value = (uint64_t) (uintptr_t) d->image.base + (uint64_t) r->r_addend;
        break;
    case R_X86_64_64:
        status = bind(d, o, ELF64_R_SYM(r->r_info), &value, err);
        value += (uint64_t) r->r_addend;
        break;
    case R_X86_64_GLOB_DAT:
    case R_X86_64_JUMP_SLOT:
        status = bind(d, o, ELF64_R_SYM(r->r_info), &value, err);
        break;
    default:
        return vn_fail(err, VN_EFORMAT,
                       "%s: has a relocation of type %u, which is not read",
                       o->path, (unsigned) ELF64_R_TYPE(r->r_info));
    }
    if (status != VN_OK)
        return status;
    if (!is_writable(o, r->r_offset))
        return vn_fail(err, VN_EPOLICY,
                       "%s: has a relocation of what is not writable, at "
                       "0x%" PRIx64,
                       o->path, (uint64_t) r->r_offset);
    memcpy(d->image.base + r->r_offset, &value, sizeof value);
    return VN_OK;
}

static void
lay_out(struct ed_domain *d, const struct ed_object *o)
{
    uint64_t page = ED_PAGE - 1;

    for (int i = 0; i < o->nloads; i++) {
        const Elf64_Phdr *l = &o->loads[i];
        uint64_t from = l->p_vaddr & ~page;

        memcpy(d->image.base + l->p_vaddr, o->bytes + l->p_offset,
               l->p_filesz);
        d->image.segments[d->image.nsegments++] = (struct ed_segment){
            .address = from,
            .bytes = ((l->p_vaddr + l->p_memsz + page) & ~page) - from,
            .protection = (l->p_flags & PF_R ? PROT_READ : 0)
                          | (l->p_flags & PF_W ? PROT_WRITE : 0)
                          | (l->p_flags & PF_X ? PROT_EXEC : 0)};
    }
}

static enum vn_status
place(struct ed_domain *d, const struct ed_object *o, struct vn_error *err)
{
    struct ed_region *r = &d->regions[ED_PLUGIN];
    struct ed_heap *heap = (struct ed_heap *) r->base;
    enum vn_status status = VN_OK;

    if (heap->used != r->least || o->span > r->most - r->least)
        return vn_fail(err, VN_EFORMAT,
                       "%s: takes %" PRIu64 " bytes, expected at most %zu",
                       o->path, o->span, r->most - heap->used);
    d->image = (struct ed_image){.base = r->base + heap->used,
                                 .bytes = o->span,
                                 .dynsym = o->dynsym,
                                 .dynstr = o->dynstr,
                                 .strsz = o->strsz,
                                 .nsymbols = o->nsymbols,
                                 .init = o->init,
                                 .init_array = o->init_array,
                                 .init_arraysz = o->init_arraysz};
    heap->used += o->span;
    r->least = heap->used;
    ed_limit_heap(d);
    lay_out(d, o);
    for (int t = 0; t < 2; t++)
        for (uint64_t at = 0; at < o->relasz[t] && status == VN_OK;
             at += sizeof(Elf64_Rela)) {
            Elf64_Rela rela;

            memcpy(&rela, ed_object_at(o, o->rela[t] + at, sizeof rela),
                   sizeof rela);
            status = relocate(d, o, &rela, err);
        }
    return status;
}

/*
 * Look through executable pages as they would be run: neighbours are one run,
 * since an instruction may lie across them, and nothing writes to them after
 * relocation.
 */
static enum vn_status
scan_code(const struct ed_domain *d, const char *path, struct vn_error *err)
{
    const struct ed_image *m = &d->image;
    uint64_t from = 0, bytes = 0;

    for (int i = 0; i <= m->nsegments; i++) {
        const struct ed_segment *s = &m->segments[i];
        bool code =
            i < m->nsegments && (s->protection & PROT_EXEC) == PROT_EXEC;
        const char *name;
        size_t at;

        if (code && bytes > 0 && s->address == from + bytes) {
            bytes += s->bytes;
            continue;
        }
        name = bytes == 0 ? NULL : ed_forbidden(m->base + from, bytes, &at);
        if (name != NULL)
            return vn_fail(err, VN_EPOLICY,
                           "%s: holds %s at address 0x%" PRIx64
                           ", expected code without it at any offset",
                           path, name, from + at);
        from = code ? s->address : 0;
        bytes = code ? s->bytes : 0;
    }
    return VN_OK;
}

enum vn_status
ed_load(struct ed_domain *d, const struct ed_file *f, struct vn_error *err)
{
    bool confine = d->backend->confines;
    struct ed_object object;
    enum vn_status status;

    if (d->started || d->image.base != NULL)
        return vn_fail(err, VN_EINVAL, "%s: %s is already loaded", f->path,
                       d->name);
    /* Pages that are read would be pages that are run. */
    if (confine && (personality(0xffffffff) & READ_IMPLIES_EXEC) != 0)
        return vn_fail(err, VN_EUNSUP,
                       "%s: all memory is executable here "
                       "(READ_IMPLIES_EXEC), expected only code",
                       f->path);
    status = ed_scan(f->path, f->bytes, f->size, confine, &object, err);
    if (status == VN_OK)
        status = place(d, &object, err);
    if (status == VN_OK && confine)
        status = scan_code(d, f->path, err);
    return status;
}

/* Names and symbols lie in segments that are only read once it is started;
 * before that nothing of the plug-in has run. */
void *
ed_symbol(const struct ed_domain *d, const char *name)
{
    const struct ed_image *m = &d->image;
    size_t length = strlen(name) + 1;

    for (uint64_t i = 1; i < m->nsymbols; i++) {
        Elf64_Sym s;

        memcpy(&s, m->base + m->dynsym + i * sizeof s, sizeof s);
        if (s.st_shndx != SHN_UNDEF && s.st_name < m->strsz
            && length <= m->strsz - s.st_name && s.st_value < m->bytes
            && memcmp(m->base + m->dynstr + s.st_name, name, length) == 0)
            return m->base + s.st_value;
    }
    return NULL;
}
