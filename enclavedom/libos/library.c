/*
 * The code that this process itself runs: its program and its libraries.
 *
 * The C library and its loader hold instructions that set rights (pkey_set(),
 * the resolver of names that are bound late), which a program under the
 * library OS could jump to.  Nobody needs them here: they become undefined
 * before it begins.  In the program's own file only gates have them, each with
 * its check.
 */
#include "config.h"

#include "enclavedom/libos/inner.h"

#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>

/* Make what is at p undefined; at most in two pages. */
static bool
disarm_at(unsigned char *p)
{
    const uintptr_t page = ED_PAGE - 1;
    uintptr_t from = (uintptr_t) p & ~page;
    size_t bytes = (((uintptr_t) p + 2) | page) + 1 - from;

    if (mprotect((void *) from, bytes, PROT_READ | PROT_WRITE) != 0)
        return false;
    os_disarm(p, 3);
    return mprotect((void *) from, bytes, PROT_READ | PROT_EXEC) == 0;
}

static bool
disarm_segment(unsigned char *code, size_t bytes, int *n)
{
    size_t at;

    for (size_t i = 0;
         i < bytes && os_sets_rights(code + i, bytes - i, &at) != NULL;
         i += at + 1, ++*n)
        if (!disarm_at(code + i + at))
            return false;
    return true;
}

/* The first object is the program; one without a file is the kernel's. */
static int
disarm_object(struct dl_phdr_info *info, size_t size, void *arg)
{
    const void *vdso = (const void *) getauxval(AT_SYSINFO_EHDR);
    int **n = arg;
    bool first = *n == NULL;

    (void) size;
    if (first)
        *n = n[1];
    if (first || (const void *) info->dlpi_addr == vdso)
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];

        if (p->p_type == PT_LOAD && (p->p_flags & PF_X) != 0
            && !disarm_segment(
                (unsigned char *) (info->dlpi_addr + p->p_vaddr), p->p_memsz,
                *n))
            return 1;
    }
    return 0;
}

bool
os_disarm_library(int *n)
{
    int *state[2] = {NULL, n}; /* nothing was looked at; where to count */

    *n = 0;
    return dl_iterate_phdr(disarm_object, state) == 0;
}

struct texts {
    struct os_text *all;
    int n, most;
};

static int
find_text(struct dl_phdr_info *info, size_t size, void *arg)
{
    static const uintptr_t page = ED_PAGE - 1;
    uintptr_t call = (uintptr_t) mmap; /* of the C library */
    struct texts *t = arg;
    bool first = t->n == 0;

    (void) size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t from = (info->dlpi_addr + p->p_vaddr) & ~page;
        uintptr_t to =
            ((info->dlpi_addr + p->p_vaddr + p->p_memsz) | page) + 1;

        if (p->p_type == PT_LOAD && (p->p_flags & PF_X) != 0 && t->n < t->most
            && (first || (call >= from && call < to)))
            t->all[t->n++] = (struct os_text){from, to};
    }
    return 0;
}

int
os_library_text(struct os_text *texts, int most)
{
    struct texts t = {texts, 0, most};

    dl_iterate_phdr(find_text, &t);
    return t.n;
}
