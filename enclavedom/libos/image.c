/*
 * The loader: a static, static-PIE or dynamic program, with its interpreter,
 * and the stack that it begins with.  Files are believed in nothing: sizes are
 * checked, and the kernel says which addresses are free.
 */
#include "config.h"

#include "enclavedom/libos/inner.h"

#include "base/rng.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    SEGMENTS_MAX = 32,
    WORDS_BYTES = 1 << 20, /* of words and environment, at most */
    STACK_BYTES = 8 << 20,
    BREAK_BYTES = 64 << 20,
    WORDS_MAX = 4096
};

#define SPAN_MAX (UINT64_C(1) << 32)
#define PAGE     ((uint64_t) ED_PAGE)
#define DOWN(n)  ((n) & ~(PAGE - 1))
#define UP(n)    DOWN((n) + PAGE - 1)

struct image {
    Elf64_Ehdr head;
    Elf64_Phdr segments[SEGMENTS_MAX];
    uint64_t low, high; /* of its addresses */
    uint64_t bias;      /* what was added to them */
    uint64_t table;     /* of segments, where it lies in memory */
    char interpreter[PATH_MAX];
};

static enum vn_status
wrong(const char *path, const char *what, struct vn_error *err)
{
    return vn_fail(err, VN_EFORMAT, "%s: %s", path, what);
}

static bool
is_program(int fd, Elf64_Ehdr *h)
{
    return pread(fd, h, sizeof *h, 0) == sizeof *h
           && memcmp(h->e_ident, ELFMAG, SELFMAG) == 0
           && h->e_ident[EI_CLASS] == ELFCLASS64
           && h->e_ident[EI_DATA] == ELFDATA2LSB && h->e_machine == EM_X86_64
           && (h->e_type == ET_EXEC || h->e_type == ET_DYN);
}

static enum vn_status
check_segment(struct image *m, const char *path, const Elf64_Phdr *p,
              off_t size, struct vn_error *err)
{
    uint64_t end;

    if (p->p_filesz > p->p_memsz || p->p_memsz > SPAN_MAX
        || p->p_offset > (uint64_t) size
        || p->p_filesz > (uint64_t) size - p->p_offset
        || p->p_vaddr % PAGE != p->p_offset % PAGE
        || __builtin_add_overflow(p->p_vaddr, p->p_memsz, &end)
        || end >= UINT64_C(1) << 46
        || (m->head.e_type == ET_EXEC && p->p_vaddr < OS_LEAST_ADDRESS))
        return wrong(path, "has a segment outside the file", err);
    if ((p->p_flags & (PF_W | PF_X)) == (PF_W | PF_X))
        return wrong(path,
                     "has a segment that is writable and executable, expected "
                     "one or the other",
                     err);
    m->low = DOWN(p->p_vaddr) < m->low ? DOWN(p->p_vaddr) : m->low;
    m->high = UP(end) > m->high ? UP(end) : m->high;
    if (m->head.e_phoff >= p->p_offset
        && m->head.e_phoff - p->p_offset < p->p_filesz)
        m->table = p->p_vaddr + (m->head.e_phoff - p->p_offset);
    return VN_OK;
}

static enum vn_status
read_image(struct image *m, const char *path, int fd, struct vn_error *err)
{
    enum vn_status status = VN_OK;
    struct stat st;
    size_t bytes;

    memset(m, 0, sizeof *m);
    m->low = UINT64_MAX;
    if (fstat(fd, &st) != 0 || !is_program(fd, &m->head))
        return wrong(path, "is no program for x86-64 (ELF)", err);
    bytes = (size_t) m->head.e_phnum * sizeof m->segments[0];
    if (m->head.e_phentsize != sizeof m->segments[0]
        || m->head.e_phnum > SEGMENTS_MAX
        || pread(fd, m->segments, bytes, (off_t) m->head.e_phoff)
               != (ssize_t) bytes)
        return wrong(path, "has no valid table of segments", err);
    for (int i = 0; i < m->head.e_phnum && status == VN_OK; i++) {
        const Elf64_Phdr *p = &m->segments[i];

        if (p->p_type == PT_LOAD && p->p_memsz > 0)
            status = check_segment(m, path, p, st.st_size, err);
        else if (p->p_type == PT_INTERP
                 && (p->p_filesz >= sizeof m->interpreter
                     || pread(fd, m->interpreter, p->p_filesz,
                              (off_t) p->p_offset)
                            != (ssize_t) p->p_filesz))
            status = wrong(path, "names no valid interpreter", err);
    }
    if (status == VN_OK && (m->low >= m->high || m->high - m->low > SPAN_MAX))
        return wrong(path, "has no segments, or too large ones", err);
    return status;
}

static long
map(struct os *os, uint64_t at, uint64_t bytes, int protection, int flags,
    int fd, uint64_t offset)
{
    const uint64_t args[OS_CALL_ARGS] = {at,
                                         bytes,
                                         (uint64_t) protection,
                                         (uint64_t) flags,
                                         (uint64_t) (int64_t) fd,
                                         offset};

    (void) os;
    return os_guest_here.call(SYS_mmap, args);
}

/* The end of a file's last page is zero where memory goes on. */
static bool
map_segment(struct os *os, const struct image *m, const Elf64_Phdr *p, int fd)
{
    int protection = (p->p_flags & PF_R ? PROT_READ : 0)
                     | (p->p_flags & PF_W ? PROT_WRITE : 0)
                     | (p->p_flags & PF_X ? PROT_EXEC : 0);
    uint64_t from = m->bias + p->p_vaddr, file = from + p->p_filesz;
    uint64_t end = UP(from + p->p_memsz), rest = UP(file);
    int flags = MAP_PRIVATE | MAP_FIXED;

    if (p->p_filesz > 0
        && map(os, DOWN(from), file - DOWN(from), protection, flags, fd,
               DOWN(p->p_offset))
               < 0)
        return false;
    if (p->p_filesz == 0)
        rest = DOWN(from);
    else if (rest > file && p->p_memsz > p->p_filesz
             && (p->p_flags & PF_W) != 0)
        memset((void *) (uintptr_t) file, 0, rest - file);
    return end <= rest
           || map(os, rest, end - rest, protection, flags | MAP_ANONYMOUS, -1,
                  0)
                  >= 0;
}

static enum vn_status
map_image(struct os *os, struct image *m, const char *path, int fd,
          struct vn_error *err)
{
    bool fixed = m->head.e_type == ET_EXEC;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
                | (fixed ? MAP_FIXED_NOREPLACE : 0);
    uint64_t span = m->high - m->low;
    long at = map(os, fixed ? m->low : 0, span, PROT_NONE, flags, -1, 0);

    if (at < 0)
        return vn_fail(err, VN_EIO, "%s: its addresses are taken: %s", path,
                       strerror((int) -at));
    m->bias = (uint64_t) at - m->low;
    for (int i = 0; i < m->head.e_phnum; i++)
        if (m->segments[i].p_type == PT_LOAD && m->segments[i].p_memsz > 0
            && !map_segment(os, m, &m->segments[i], fd))
            return vn_fail(err, VN_EIO, "%s: cannot be mapped: %s", path,
                           strerror(errno));
    os_map_add(os, (uint64_t) at, span);
    return VN_OK;
}

static enum vn_status
load(struct os *os, struct image *m, const char *path, struct vn_error *err)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    enum vn_status status;

    if (fd < 0)
        return vn_fail(err, VN_EIO, "%s: %s", path, strerror(errno));
    if (os_path_allows(os, fd, OS_READ))
        status = read_image(m, path, fd, err);
    else
        status = vn_fail(err, VN_EPOLICY,
                         "%s: an interpreter that it may not read", path);
    if (status == VN_OK)
        status = map_image(os, m, path, fd, err);
    close(fd);
    return status;
}

/* The stack grows down from here. */
struct stack {
    uint64_t at, low;
    bool full;
};

static uint64_t
push(struct stack *s, const void *bytes, size_t n)
{
    if (s->full || n > s->at - s->low - WORDS_MAX * sizeof(uint64_t)) {
        s->full = true;
        return 0;
    }
    s->at -= n;
    memcpy((void *) (uintptr_t) s->at, bytes, n);
    return s->at;
}

static uint64_t
push_text(struct stack *s, const char *text)
{
    return push(s, text, strlen(text) + 1);
}

struct words {
    uint64_t all[WORDS_MAX];
    int n;
};

static void
add(struct words *w, uint64_t word)
{
    if (w->n < WORDS_MAX)
        w->all[w->n++] = word;
}

static void
add_pair(struct words *w, uint64_t type, uint64_t value)
{
    add(w, type);
    add(w, value);
}

/* 16 bytes for the C library, of the seed where there is one. */
static uint64_t
push_random(struct os *os, struct stack *s)
{
    uint64_t bytes[2] = {vn_mix64(os->config.seed ^ 0x5eed),
                         vn_mix64(os->config.seed ^ 0x5eee)};

    if (!os->config.seeded && getrandom(bytes, sizeof bytes, 0) < 0)
        bytes[0] = 1;
    return push(s, bytes, sizeof bytes);
}

static void
add_auxiliary(struct os *os, struct words *w, struct stack *s,
              const struct image *m, const struct image *interpreter,
              uint64_t name)
{
    add_pair(w, AT_PHDR, m->bias + m->table);
    add_pair(w, AT_PHENT, sizeof(Elf64_Phdr));
    add_pair(w, AT_PHNUM, m->head.e_phnum);
    add_pair(w, AT_PAGESZ, ED_PAGE);
    add_pair(w, AT_BASE, interpreter == NULL ? 0 : interpreter->bias);
    add_pair(w, AT_FLAGS, 0);
    add_pair(w, AT_ENTRY, m->bias + m->head.e_entry);
    for (uint64_t t = AT_UID; t <= AT_EGID; t++)
        add_pair(w, t, 1000);
    add_pair(w, AT_SECURE, 0);
    add_pair(w, AT_CLKTCK, 100);
    add_pair(w, AT_HWCAP, getauxval(AT_HWCAP));
    add_pair(w, AT_HWCAP2, getauxval(AT_HWCAP2));
    add_pair(w, AT_MINSIGSTKSZ, getauxval(AT_MINSIGSTKSZ));
    add_pair(w, AT_RANDOM, push_random(os, s));
    add_pair(w, AT_PLATFORM, push_text(s, "x86_64"));
    add_pair(w, AT_EXECFN, name);
    /* The clock without a call, but where time is the library's. */
    if (os->config.time == OS_TIME_REAL)
        add_pair(w, AT_SYSINFO_EHDR, getauxval(AT_SYSINFO_EHDR));
    add_pair(w, AT_NULL, 0);
}

/* "ENCLAVEDOM_TABLES=descriptors:ADDRESS,...", and where code is that an
 * attacker would like to find, for tests. */
static uint64_t
push_tables(const struct os *os, struct stack *s)
{
    const void *all[OS_TABLES] = {[OS_DESCRIPTORS] = os->descriptors,
                                  [OS_PATHS] = os->paths,
                                  [OS_MAP] = os->map,
                                  [OS_PROCESS] = os->process,
                                  [OS_ACCOUNTS] = os->accounts,
                                  [OS_PROGRAM] = os->program,
                                  [OS_BUFFER] = os->buffer};
    const struct {
        const char *name;
        const void *address;
    } code[] = {{"pkey_set", (const void *) (uintptr_t) pkey_set},
                {"mprotect", (const void *) (uintptr_t) mprotect},
                {"ed_set_pkru", (const void *) (uintptr_t) ed_set_pkru},
                {"gate", ed_gate_address(0)},
                {"crossing", os_crossing_begin},
                {"stack", os_signal_stack()},
                {"selector", os_selector()},
                {"name", (const void *) getauxval(AT_EXECFN)}};
    char text[800] = "ENCLAVEDOM_TABLES=";

    for (int i = OS_DESCRIPTORS; i < OS_TABLES; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s:%p,",
                 os_table_name(i), all[i]);
    for (size_t i = 0; i < sizeof code / sizeof code[0]; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s:%p,",
                 code[i].name, code[i].address);
    return push_text(s, text);
}

static enum vn_status
fill_stack(struct os *os, struct stack *s, const struct image *m,
           const struct image *interpreter, struct vn_error *err)
{
    const struct os_config *c = &os->config;
    static struct words w;
    uint64_t name = push_text(s, os->program->path);
    int n = 0;

    w.n = 0;
    while (c->words[n] != NULL)
        n++;
    add(&w, (uint64_t) n);
    for (int i = 0; i < n; i++)
        add(&w, push_text(s, c->words[i]));
    add(&w, 0);
    for (int i = 0; c->environment != NULL && c->environment[i] != NULL; i++)
        add(&w, push_text(s, c->environment[i]));
    /* The resolver of names that are bound late sets rights (guest.c). */
    if (os->domain->regions[ED_PLUGIN].key > 0)
        add(&w, push_text(s, "LD_BIND_NOW=1"));
    if (c->tell_tables)
        add(&w, push_tables(os, s));
    add(&w, 0);
    add_auxiliary(os, &w, s, m, interpreter, name);
    if (s->full || w.n >= WORDS_MAX)
        return vn_fail(err, VN_EUSAGE,
                       "the words and the environment take more than %d KiB",
                       WORDS_BYTES >> 10);
    s->at = (s->at - (uint64_t) w.n * 8) & ~UINT64_C(15);
    memcpy((void *) (uintptr_t) s->at, w.all, (size_t) w.n * 8);
    os->stack = s->at;
    return VN_OK;
}

static enum vn_status
make_stack(struct os *os, const struct image *m,
           const struct image *interpreter, struct vn_error *err)
{
    long at = map(os, 0, STACK_BYTES + PAGE, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    struct stack s;

    if (at < 0 || mprotect((void *) at, PAGE, PROT_NONE) != 0)
        return vn_fail(err, VN_EIO, "no memory for a stack");
    os_map_add(os, (uint64_t) at + PAGE, STACK_BYTES);
    /* Whose end is told from other faults (signal.c). */
    os->domain->stack = (unsigned char *) (uintptr_t) at + PAGE + STACK_BYTES;
    os->domain->stack_bytes = STACK_BYTES;
    s = (struct stack){.at = (uint64_t) at + PAGE + STACK_BYTES,
                       .low =
                           (uint64_t) at + PAGE + STACK_BYTES - WORDS_BYTES};
    return fill_stack(os, &s, m, interpreter, err);
}

static enum vn_status
make_break(struct os *os, struct vn_error *err)
{
    struct os_process *p = os->process;
    long at = map(os, 0, BREAK_BYTES, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (at < 0)
        return vn_fail(err, VN_EIO, "no memory for a break");
    p->break_base = p->break_now = (uint64_t) at;
    p->break_end = (uint64_t) at + BREAK_BYTES;
    os_map_add(os, (uint64_t) at, BREAK_BYTES);
    return VN_OK;
}

/* Where code of one segment, run to its end, would go on in another. */
static bool
has_seam(const struct image *a, const Elf64_Phdr *p, const struct image *b,
         const Elf64_Phdr *q)
{
    uint64_t end = UP(a->bias + p->p_vaddr + p->p_memsz);

    return p->p_type == PT_LOAD && (p->p_flags & PF_X) != 0
           && q->p_type == PT_LOAD && (q->p_flags & PF_X) != 0
           && p->p_memsz > 0 && q->p_memsz > 0
           && end == DOWN(b->bias + q->p_vaddr)
           && os_code_meets((const unsigned char *) (uintptr_t) end - 2,
                            (const unsigned char *) (uintptr_t) end);
}

static enum vn_status
check_seams(const struct image *program, const struct image *interpreter,
            struct vn_error *err)
{
    const struct image *all[2] = {program, interpreter};
    int n = interpreter == NULL ? 1 : 2;

    for (int a = 0; a < n; a++)
        for (int b = 0; b < n; b++)
            for (int i = 0; i < all[a]->head.e_phnum; i++)
                for (int j = 0; j < all[b]->head.e_phnum; j++)
                    if (has_seam(all[a], &all[a]->segments[i], all[b],
                                 &all[b]->segments[j]))
                        return vn_fail(err, VN_EPOLICY,
                                       "an instruction that sets rights lies "
                                       "across two segments");
    return VN_OK;
}

enum vn_status
os_image_load(struct os *os, struct vn_error *err)
{
    static struct image program, interpreter;
    enum vn_status status = load(os, &program, os->program->path, err);
    bool dynamic = program.interpreter[0] != '\0';

    os->domain->live->function = -1;
    if (status == VN_OK && dynamic)
        status = load(os, &interpreter, program.interpreter, err);
    if (status == VN_OK && os->domain->regions[ED_PLUGIN].key > 0)
        status = check_seams(&program, dynamic ? &interpreter : NULL, err);
    if (status == VN_OK)
        status = make_break(os, err);
    if (status == VN_OK)
        status = make_stack(os, &program, dynamic ? &interpreter : NULL, err);
    if (status != VN_OK)
        return status;
    os->entry = dynamic ? interpreter.bias + interpreter.head.e_entry
                        : program.bias + program.head.e_entry;
    return VN_OK;
}

static bool
is_elf(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    Elf64_Ehdr head;
    bool is = fd >= 0 && is_program(fd, &head);

    if (fd >= 0)
        close(fd);
    return is;
}

enum vn_status
os_image_find(const char *name, char *path, struct vn_error *err)
{
    const char *at = getenv("PATH");
    char candidate[PATH_MAX];

    if (strchr(name, '/') != NULL) {
        if (realpath(name, path) == NULL)
            return vn_fail(err, VN_EIO, "%s: %s", name, strerror(errno));
        return is_elf(path)
                   ? VN_OK
                   : wrong(name, "is no program for x86-64 (ELF)", err);
    }
    for (at = at == NULL ? "/usr/bin:/bin" : at; *at != '\0';) {
        size_t n = strcspn(at, ":");

        if (snprintf(candidate, sizeof candidate, "%.*s/%s", (int) n, at, name)
                < (int) sizeof candidate
            && realpath(candidate, path) != NULL && is_elf(path))
            return VN_OK;
        at += n + (at[n] == ':');
    }
    return vn_fail(err, VN_EIO,
                   "%s: no program of this name in PATH is for x86-64 (ELF)",
                   name);
}
