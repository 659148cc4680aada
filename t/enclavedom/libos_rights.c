/* Attacks that set rights of protection keys, by code of the program's own, of
 * the library's, and of pages that were not looked at. */
#include "config.h"

#include "t/enclavedom/libos_attack.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Rights: code that sets them all, and what is gained by it. */

static const unsigned char setter[] = {0x31, 0xc0, 0x31, 0xc9,
                                       0x31, 0xd2, /* xor eax, ecx, edx */
                                       0x0f, 0x01, 0xef, /* wrpkru */
                                       0xc3};            /* ret */

__attribute__((__noinline__, __aligned__(4096))) static void
own_setter(void)
{
    __asm__ volatile("wrpkru" : : "a"(0), "c"(0), "d"(0) : "memory");
}

static uint64_t area[512] __attribute__((__aligned__(64)));

/* Only rights, which are zero in an area that holds none of them. */
__attribute__((__noinline__)) static void
own_xrstor(void)
{
    __asm__ volatile("xrstor (%0)"
                     :
                     : "r"(area), "a"(0x200), "d"(0)
                     : "memory");
}

static int
gained(void)
{
    volatile uint64_t *table = (void *) find("paths", 0);
    uint32_t rights, high;

    __asm__ volatile("rdpkru" : "=a"(rights), "=d"(high) : "c"(0));
    if (rights != 0)
        return REFUSED;
    if (table != NULL)
        *table = *table;
    return WON;
}

static int
run(const void *code)
{
    ((void (*)(void))(uintptr_t) code)();
    return gained();
}

int
own_code(void)
{
    own_setter();
    return gained();
}

int
own_vectors(void)
{
    own_xrstor();
    return gained();
}

/* A page of a file comes back as it was. */
int
dropped(void)
{
    uintptr_t page = (uintptr_t) own_setter & ~(uintptr_t) (PAGE - 1);

    madvise((void *) page, PAGE, MADV_DONTNEED);
    own_setter();
    return gained();
}

static int
make_file(const unsigned char *code, size_t n, int pages)
{
    int fd = open("code", O_RDWR | O_CREAT | O_TRUNC, 0600);

    if (fd < 0 || ftruncate(fd, pages * PAGE) != 0
        || pwrite(fd, code, n, (pages - 1) * PAGE) != (ssize_t) n)
        exit(3);
    return fd;
}

static void *
try_map(void *at, size_t bytes, int rights, int flags, int fd)
{
    void *p = mmap(at, bytes, rights, flags, fd, 0);

    return p == MAP_FAILED ? at : p; /* it may be there nevertheless */
}

int
read_only(void)
{
    int fd;
    void *hint = (void *) UINT64_C(0x500000000000);

    close(make_file(setter, sizeof setter, 1));
    fd = open("code", O_RDONLY);
    return run(try_map(hint, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd));
}

int
written_after(void)
{
    const unsigned char plain = 0xc3;
    int fd = make_file(&plain, 1, 1);
    void *p = try_map(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd);

    if (p == NULL || pwrite(fd, setter, sizeof setter, 0) < 0)
        return REFUSED;
    return run(p);
}

int
two_mappings(void)
{
    const unsigned char plain = 0xc3;
    int fd = make_file(&plain, 1, 1);
    void *w = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    void *x = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);

    if (w == MAP_FAILED || x == MAP_FAILED
        || mprotect(x, PAGE, PROT_READ | PROT_EXEC) != 0)
        return REFUSED;
    memcpy(w, setter, sizeof setter);
    return run(x);
}

int
grown(void)
{
    int fd = make_file(setter, sizeof setter, 4);
    unsigned char *p =
        mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

    if (p == MAP_FAILED)
        return REFUSED;
    p = mremap(p, PAGE, 4 * PAGE, MREMAP_MAYMOVE);
    return p == MAP_FAILED ? REFUSED : run(p + 3 * PAGE);
}

/* One half of an instruction in each of two pages. */
int
across(void)
{
    unsigned char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        return REFUSED;
    memcpy(p + PAGE - 8, setter, sizeof setter);
    if (mprotect(p, PAGE, PROT_READ | PROT_EXEC) != 0)
        return REFUSED;
    mprotect(p + PAGE, PAGE, PROT_READ | PROT_EXEC);
    return run(p + PAGE - 8);
}

int
rewritten(void)
{
    unsigned char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED || mprotect(p, PAGE, PROT_READ | PROT_EXEC) != 0
        || mprotect(p, PAGE, PROT_READ | PROT_WRITE) != 0)
        return REFUSED;
    memcpy(p, setter, sizeof setter);
    mprotect(p, PAGE, PROT_READ | PROT_EXEC);
    return run(p);
}

int
pkey_set_of_library(void)
{
    uint64_t at = find("pkey_set", (uint64_t) (uintptr_t) pkey_set);

    for (int key = 0; key < 16; key++)
        ((int (*)(int, unsigned)) at)(key, 0);
    return gained();
}

int
switch_of_library(void)
{
    uint64_t at = find("ed_set_pkru", 0);

    if (at == 0)
        return WON;
    ((void (*)(uint32_t)) at)(0);
    return gained();
}

int
gate_of_library(void)
{
    uint64_t at = find("gate", 0);

    if (at == 0)
        return WON;
    ((void (*)(uint64_t, uint64_t)) at)(find("paths", 0), 0);
    return gained();
}

/* To the n-th place that sets rights on the way back to the program. */
static int
into_crossing(unsigned char second, unsigned char third)
{
    const unsigned char *at = (const void *) find("crossing", 0);
    uint64_t rights;

    if (at == NULL)
        return WON;
    while (at[0] != 0x0f || at[1] != second || at[2] != third)
        at++;
    rights = second == 0xae ? 0x200 : 0;
    __asm__ volatile("jmp *%0"
                     :
                     : "r"(at), "S"(area), "a"(rights), "c"(0), "d"(0)
                     : "memory");
    return gained();
}

int
back_by_rights(void)
{
    return into_crossing(0x01, 0xef);
}

/* Goes on where the last call came back, with the program's rights. */
int
back_by_vectors(void)
{
    static volatile int again;

    kernel(SYS_getpid, 0, 0, 0, 0, 0, 0);
    if (again++ > 0)
        return gained();
    return into_crossing(0xae, 0x2e);
}
