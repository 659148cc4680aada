/*
 * What of the program itself is not to change: its code, the gates among it,
 * its constants, and what relocation filled in, tables of functions and the
 * GOT among it.  The linker has these read-only (-z relro -z now); mseal()
 * (Linux 6.10) lets them be unmapped, mapped over or opened by nobody.
 */
#include "config.h"

#include "enclavedom/backend/backend.h"

#include <link.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

static void
seal(uintptr_t from, uintptr_t to)
{
    const uintptr_t page = ED_PAGE - 1;

    from &= ~page;
    to &= ~page;
    if (from < to)
        syscall(SYS_mseal, from, to - from, 0);
}

/* The first object is the program; libraries may yet be unloaded. */
static int
seal_object(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void) size, (void) arg;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t from = info->dlpi_addr + p->p_vaddr;

        if (p->p_type == PT_GNU_RELRO)
            seal(from, from + p->p_memsz);
        else if (p->p_type == PT_LOAD && (p->p_flags & PF_W) == 0)
            seal(from, from + p->p_memsz + ED_PAGE - 1);
    }
    return 1;
}

void
ed_seal_regions(const struct ed_domain *d)
{
    seal((uintptr_t) d->arena, (uintptr_t) d->arena + d->arena_bytes);
}

void
ed_seal_program(void)
{
    dl_iterate_phdr(seal_object, NULL);
}
