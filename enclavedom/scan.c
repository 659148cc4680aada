#include "config.h"

#include "enclavedom/scan.h"

#include "enclavedom/backend/backend.h"

#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE_MAX_FILE (UINT64_C(64) << 20)

static bool
copy_bytes(int from, int to, size_t size)
{
    char buffer[65536];

    while (size > 0) {
        ssize_t n = read(from, buffer, sizeof buffer);

        if (n <= 0 || (size_t) n > size || write(to, buffer, (size_t) n) != n)
            return false;
        size -= (size_t) n;
    }
    return read(from, buffer, 1) == 0;
}

/* A sealed copy of a file, mapped. */
static enum vn_status
copy_file(const char *path, int from, int to, struct ed_file *file,
          struct vn_error *err)
{
    struct stat st;
    void *p;

    if (from < 0 || to < 0 || fstat(from, &st) != 0)
        return vn_fail(err, VN_EIO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode) || (uint64_t) st.st_size > SIZE_MAX_FILE
        || (size_t) st.st_size < sizeof(Elf64_Ehdr))
        return vn_fail(err, VN_EFORMAT,
                       "%s: is no shared object, expected an ELF file of at "
                       "most 64 MiB",
                       path);
    if (!copy_bytes(from, to, (size_t) st.st_size))
        return vn_fail(err, VN_EIO, "%s: changed while it was read", path);
    if (fcntl(to, F_ADD_SEALS,
              F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)
            != 0
        || (p = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_PRIVATE, to, 0))
               == MAP_FAILED)
        return vn_fail(err, VN_EIO, "%s: cannot be sealed: %s", path,
                       strerror(errno));
    file->bytes = p;
    file->size = (size_t) st.st_size;
    return VN_OK;
}

enum vn_status
ed_file_open(const char *path, struct ed_file **file, struct vn_error *err)
{
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int to = from < 0
                 ? -1
                 : memfd_create("plug-in", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    struct ed_file *f = vn_xcalloc(1, sizeof *f);
    enum vn_status status = copy_file(path, from, to, f, err);

    *file = NULL;
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    f->path = strcpy(vn_xcalloc(strlen(path) + 1, 1), path);
    if (status == VN_OK)
        *file = f;
    else
        ed_file_close(f);
    return status;
}

void
ed_file_close(struct ed_file *f)
{
    if (f == NULL)
        return;
    if (f->bytes != NULL)
        munmap((void *) (uintptr_t) f->bytes, f->size);
    free(f->path);
    free(f);
}

const void *
ed_file_bytes(const struct ed_file *f, size_t *size)
{
    *size = f->size;
    return f->bytes;
}

static enum vn_status
malformed(const struct ed_object *o, const char *what, struct vn_error *err)
{
    return vn_fail(err, VN_EFORMAT, "%s: %s", o->path, what);
}

const unsigned char *
ed_object_at(const struct ed_object *o, uint64_t address, uint64_t bytes)
{
    for (int i = 0; i < o->nloads; i++) {
        uint64_t at = address - o->loads[i].p_vaddr;

        if (address >= o->loads[i].p_vaddr && at <= o->loads[i].p_filesz
            && bytes <= o->loads[i].p_filesz - at)
            return o->bytes + o->loads[i].p_offset + at;
    }
    return NULL;
}

/* The name of the forbidden instruction that begins here, of n bytes. */
static const char *
forbidden_here(const unsigned char *p, size_t n)
{
    if (n < 2)
        return NULL;
    if (p[0] == 0xcd && p[1] == 0x80)
        return "INT 80";
    if (p[0] != 0x0f)
        return NULL;
    if (p[1] == 0x05)
        return "SYSCALL";
    if (p[1] == 0x34)
        return "SYSENTER";
    if (n < 3)
        return NULL;
    if (p[1] == 0x01 && p[2] == 0xef)
        return "WRPKRU";
    if (p[1] != 0xae)
        return NULL;
    if ((p[2] >> 3 & 7) == 5 && p[2] >> 6 != 3)
        return "XRSTOR";
    if ((p[2] >> 3 & 7) >= 2 && (p[2] >> 3 & 7) <= 3 && p[2] >> 6 == 3)
        return "WRFSBASE or WRGSBASE";
    return NULL;
}

const char *
ed_forbidden(const unsigned char *code, size_t bytes, size_t *at)
{
    for (size_t i = 0; i < bytes; i++) {
        const char *name = forbidden_here(code + i, bytes - i);

        if (name != NULL) {
            *at = i;
            return name;
        }
    }
    return NULL;
}

static enum vn_status
add_segment(struct ed_object *o, const Elf64_Phdr *p, struct vn_error *err)
{
    uint64_t page = ED_PAGE - 1;

    if (o->nloads == ED_SEGMENTS_MAX)
        return malformed(o, "has more than 16 segments, expected fewer", err);
    if (p->p_offset > o->size || p->p_filesz > o->size - p->p_offset
        || p->p_filesz > p->p_memsz || p->p_vaddr > SIZE_MAX_FILE
        || p->p_memsz > SIZE_MAX_FILE)
        return malformed(o, "has a segment outside the file", err);
    if (o->confine && (p->p_flags & (PF_W | PF_X)) == (PF_W | PF_X))
        return vn_fail(err, VN_EPOLICY,
                       "%s: has a segment that is writable and executable, "
                       "expected one or the other",
                       o->path);
    if (p->p_vaddr < o->span)
        return malformed(o,
                         "has segments that share pages, expected each on "
                         "pages of its own (-z separate-code)",
                         err);
    o->loads[o->nloads++] = *p;
    o->span = (p->p_vaddr + p->p_memsz + page) & ~page;
    return VN_OK;
}

static enum vn_status
read_segments(struct ed_object *o, const Elf64_Ehdr *h, Elf64_Phdr *dynamic,
              struct vn_error *err)
{
    enum vn_status status = VN_OK;

    if (h->e_phentsize != sizeof(Elf64_Phdr) || h->e_phnum > 64
        || h->e_phoff > o->size
        || h->e_phnum * sizeof(Elf64_Phdr) > o->size - h->e_phoff)
        return malformed(o, "has no valid table of segments", err);
    for (int i = 0; i < h->e_phnum && status == VN_OK; i++) {
        Elf64_Phdr p;

        memcpy(&p, o->bytes + h->e_phoff + (size_t) i * sizeof p, sizeof p);
        if (p.p_type == PT_LOAD && p.p_memsz > 0)
            status = add_segment(o, &p, err);
        else if (p.p_type == PT_DYNAMIC)
            *dynamic = p;
        else if (p.p_type == PT_TLS && p.p_memsz > 0)
            status =
                malformed(o, "has thread-local variables, expected none", err);
        else if (p.p_type == PT_GNU_STACK && (p.p_flags & PF_X) != 0
                 && o->confine)
            status = vn_fail(err, VN_EPOLICY,
                             "%s: wants an executable stack, expected not",
                             o->path);
    }
    if (status == VN_OK && (o->nloads == 0 || dynamic->p_type != PT_DYNAMIC))
        return malformed(o, "is no shared object (gcc -shared -fPIC)", err);
    return status;
}

/* One entry of the dynamic section. */
static enum vn_status
take_entry(struct ed_object *o, const Elf64_Dyn *e, struct vn_error *err)
{
    uint64_t v = e->d_un.d_val;

    switch (e->d_tag) {
    case DT_TEXTREL:
        v = DF_TEXTREL;
        /* fall through */
    case DT_FLAGS:
        if ((v & DF_TEXTREL) != 0 && o->confine)
            return vn_fail(err, VN_EPOLICY,
                           "%s: has text relocations, expected code compiled "
                           "with -fPIC",
                           o->path);
        if ((v & DF_STATIC_TLS) != 0)
            return malformed(o, "has thread-local variables, expected none",
                             err);
        return VN_OK;
    case DT_SYMTAB:
        o->dynsym = v;
        return VN_OK;
    case DT_STRTAB:
        o->dynstr = v;
        return VN_OK;
    case DT_STRSZ:
        o->strsz = v;
        return VN_OK;
    case DT_RELA:
        o->rela[0] = v;
        return VN_OK;
    case DT_RELASZ:
        o->relasz[0] = v;
        return VN_OK;
    case DT_JMPREL:
        o->rela[1] = v;
        return VN_OK;
    case DT_PLTRELSZ:
        o->relasz[1] = v;
        return VN_OK;
    case DT_INIT:
        o->init = v;
        return VN_OK;
    case DT_INIT_ARRAY:
        o->init_array = v;
        return VN_OK;
    case DT_INIT_ARRAYSZ:
        o->init_arraysz = v;
        return VN_OK;
    case DT_REL:
    case DT_RELR:
        return malformed(o,
                         "has relocations of a kind that is not read, "
                         "expected RELA",
                         err);
    default:
        return VN_OK;
    }
}

/* Are these bytes of the object there, with these rights? */
static bool
lies(const struct ed_object *o, uint64_t address, uint64_t bytes, Elf64_Word p)
{
    for (int i = 0; i < o->nloads; i++)
        if (address >= o->loads[i].p_vaddr
            && address - o->loads[i].p_vaddr <= o->loads[i].p_filesz
            && bytes <= o->loads[i].p_filesz - (address - o->loads[i].p_vaddr))
            return (o->loads[i].p_flags & p) == p;
    return false;
}

/* The symbol table has no length of its own: it ends where the names begin,
 * as every linker lays them out, or at the end of its segment. */
static uint64_t
count_symbols(const struct ed_object *o)
{
    for (int i = 0; i < o->nloads; i++) {
        const Elf64_Phdr *l = &o->loads[i];
        uint64_t end = l->p_vaddr + l->p_filesz;

        if (o->dynsym < l->p_vaddr || o->dynsym >= end)
            continue;
        if (o->dynstr > o->dynsym && o->dynstr < end)
            end = o->dynstr;
        return (end - o->dynsym) / sizeof(Elf64_Sym);
    }
    return 0;
}

static enum vn_status
read_dynamic(struct ed_object *o, const Elf64_Phdr *dynamic,
             struct vn_error *err)
{
    enum vn_status status = VN_OK;
    const unsigned char *p =
        ed_object_at(o, dynamic->p_vaddr, dynamic->p_filesz);
    Elf64_Dyn e;

    if (p == NULL || !lies(o, dynamic->p_vaddr, dynamic->p_filesz, PF_R))
        return malformed(o, "has a dynamic section outside its segments", err);
    for (uint64_t at = 0; at + sizeof e <= dynamic->p_filesz; at += sizeof e) {
        memcpy(&e, p + at, sizeof e);
        if (e.d_tag == DT_NULL)
            break;
        if ((status = take_entry(o, &e, err)) != VN_OK)
            return status;
    }
    o->nsymbols = count_symbols(o);
    if (o->nsymbols == 0 || o->strsz == 0
        || !lies(o, o->dynsym, o->nsymbols * sizeof(Elf64_Sym), PF_R)
        || !lies(o, o->dynstr, o->strsz, PF_R)
        || (p = ed_object_at(o, o->dynstr, o->strsz)) == NULL
        || p[o->strsz - 1] != '\0')
        return malformed(o, "has no valid table of symbols", err);
    for (int i = 0; i < 2; i++)
        if (o->relasz[i] > 0
            && (!lies(o, o->rela[i], o->relasz[i], PF_R)
                || o->relasz[i] % sizeof(Elf64_Rela) != 0))
            return malformed(o, "has no valid table of relocations", err);
    if (o->init_arraysz > 0
        && (!lies(o, o->init_array, o->init_arraysz, PF_R)
            || o->init_arraysz % 8 != 0))
        return malformed(o, "has no valid table of constructors", err);
    if (o->init != 0 && !lies(o, o->init, 1, PF_X))
        return malformed(o, "has a constructor that is no code of its", err);
    return VN_OK;
}

enum vn_status
ed_scan(const char *path, const unsigned char *bytes, size_t size,
        bool confine, struct ed_object *o, struct vn_error *err)
{
    enum vn_status status;
    Elf64_Phdr dynamic = {0};
    Elf64_Ehdr h;

    *o = (struct ed_object){
        .path = path, .bytes = bytes, .size = size, .confine = confine};
    if (size < sizeof h)
        return malformed(o, "is too short, expected a shared object", err);
    memcpy(&h, bytes, sizeof h);
    if (memcmp(h.e_ident, ELFMAG, SELFMAG) != 0
        || h.e_ident[EI_CLASS] != ELFCLASS64
        || h.e_ident[EI_DATA] != ELFDATA2LSB || h.e_machine != EM_X86_64
        || h.e_type != ET_DYN)
        return malformed(o,
                         "is no shared object for x86-64 (gcc -shared "
                         "-fPIC)",
                         err);
    status = read_segments(o, &h, &dynamic, err);
    return status == VN_OK ? read_dynamic(o, &dynamic, err) : status;
}
