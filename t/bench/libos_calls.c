/*
 * What system calls cost, as lmbench measures them: the best of several
 * rounds, in microseconds, one line a kind.  It is run natively and under the
 * library OS by t/bench/libos.sh.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    CALLS = 400,
    ROUNDS = 15,
    PAGES = 256,
    PAGE = 4096
};

static int null, zero;
static const char *own;
static char bytes[PAGE];

static double
clock_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec * 1e6 + (double) t.tv_nsec * 1e-3;
}

static long
do_null(void)
{
    return syscall(SYS_getpid);
}

static long
do_read(void)
{
    return pread(zero, bytes, 1, 0);
}

static long
do_read_page(void)
{
    return pread(zero, bytes, PAGE, 0);
}

static long
do_write(void)
{
    return write(null, bytes, 1);
}

static long
do_stat(void)
{
    struct stat st;

    return stat(own, &st);
}

static long
do_fstat(void)
{
    struct stat st;

    return fstat(zero, &st);
}

static long
do_open(void)
{
    int fd = open(own, O_RDONLY);

    return fd < 0 ? fd : close(fd);
}

static long
do_map(void)
{
    void *p = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return p == MAP_FAILED ? -1 : munmap(p, 16 * PAGE);
}

/* Of memory that is there, a page of it. */
static double
fault_us(void)
{
    volatile char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    double start = clock_us();

    if (p == MAP_FAILED)
        return -1;
    for (int i = 0; i < PAGES; i++)
        p[i * PAGE] = 1;
    start = (clock_us() - start) / PAGES;
    munmap((void *) (size_t) p, PAGES * PAGE);
    return start;
}

static const struct {
    const char *name;
    long (*call)(void);
} kinds[] = {{"null", do_null},           {"read-1", do_read},
             {"read-4096", do_read_page}, {"write-1", do_write},
             {"stat", do_stat},           {"fstat", do_fstat},
             {"open-close", do_open},     {"mmap-munmap", do_map}};

int
main(int argc, char **argv)
{
    double best = 1e9;

    (void) argc;
    own = argv[0];
    null = open("/dev/null", O_WRONLY);
    zero = open(own, O_RDONLY);
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        double least = 1e9;

        if (kinds[k].call() < 0) {
            printf("%s -\n", kinds[k].name);
            continue;
        }
        for (int r = 0; r < ROUNDS; r++) {
            double start = clock_us(), took;

            for (int i = 0; i < CALLS; i++)
                kinds[k].call();
            took = (clock_us() - start) / CALLS;
            least = took < least ? took : least;
        }
        printf("%s %.3f\n", kinds[k].name, least);
    }
    for (int r = 0; r < ROUNDS; r++) {
        double took = fault_us();

        best = took < best ? took : best;
    }
    printf("page-fault %.3f\n", best);
    return 0;
}
