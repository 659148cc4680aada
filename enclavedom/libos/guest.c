/*
 * The program's memory: which addresses are its own, and how they are reached
 * where it lives in this process.
 */
#include "config.h"

#include "enclavedom/libos/inner.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The first range that ends behind this address. */
static int
find(const struct os_map *m, uint64_t address)
{
    int low = 0, high = m->nranges;

    while (low < high) {
        int middle = (low + high) / 2;

        if (m->ranges[middle].to > address)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

bool
os_is_own(const struct os *os, uint64_t from, uint64_t bytes)
{
    const struct os_map *m = os->map;
    uint64_t to;
    int i;

    if (bytes == 0)
        return true;
    if (__builtin_add_overflow(from, bytes, &to))
        return false;
    i = find(m, from);
    return i < m->nranges && m->ranges[i].from <= from
           && m->ranges[i].to >= to;
}

bool
os_map_room(const struct os *os, uint64_t bytes)
{
    const struct os_map *m = os->map;

    return m->nranges + 2 <= OS_RANGES_MAX
           && (m->most == 0
               || (bytes <= m->most && m->bytes <= m->most - bytes));
}

static void
cut(struct os_map *m, int i, int n, int by)
{
    memmove(m->ranges + i + by, m->ranges + i + n,
            (size_t) (m->nranges - i - n) * sizeof m->ranges[0]);
    m->nranges += by - n;
}

void
os_map_remove(struct os *os, uint64_t from, uint64_t bytes)
{
    struct os_map *m = os->map;
    uint64_t to = from + bytes;
    int i = find(m, from);

    while (i < m->nranges && m->ranges[i].from < to) {
        uint64_t left = m->ranges[i].from, right = m->ranges[i].to;

        m->bytes -= (right < to ? right : to) - (left > from ? left : from);
        if (left < from && right > to) {
            cut(m, i, 1, 2);
            m->ranges[i].from = left;
            m->ranges[i].to = from;
            m->ranges[i + 1].from = to;
            m->ranges[i + 1].to = right;
            return;
        }
        if (left < from)
            m->ranges[i++].to = from;
        else if (right > to)
            m->ranges[i++].from = to;
        else
            cut(m, i, 1, 0);
    }
}

void
os_map_add(struct os *os, uint64_t from, uint64_t bytes)
{
    struct os_map *m = os->map;
    uint64_t to = from + bytes;
    int i;

    os_map_remove(os, from, bytes);
    i = find(m, from);
    m->bytes += bytes;
    if (i > 0 && m->ranges[i - 1].to == from) {
        m->ranges[i - 1].to = to;
        if (i < m->nranges && m->ranges[i].from == to) {
            m->ranges[i - 1].to = m->ranges[i].to;
            cut(m, i, 1, 0);
        }
        return;
    }
    if (i < m->nranges && m->ranges[i].from == to) {
        m->ranges[i].from = from;
        return;
    }
    cut(m, i, 0, 1);
    m->ranges[i].from = from;
    m->ranges[i].to = to;
}

long
os_take(struct os *os, void *to, uint64_t from, size_t bytes)
{
    return os_is_own(os, from, bytes) && os->guest->read(to, from, bytes)
               ? 0
               : -EFAULT;
}

long
os_give(struct os *os, uint64_t to, const void *from, size_t bytes)
{
    return os_is_own(os, to, bytes) && os->guest->write(to, from, bytes)
               ? 0
               : -EFAULT;
}

long
os_take_text(struct os *os, char *to, uint64_t from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        size_t n = ED_PAGE - (from + i) % ED_PAGE;

        n = n < size - i ? n : size - i;
        if (os_take(os, to + i, from + i, n) != 0)
            return -EFAULT;
        for (size_t k = 0; k < n; k++)
            if (to[i + k] == '\0')
                return 0;
        i += n - 1;
    }
    return -ENAMETOOLONG;
}

static bool
read_here(void *to, uint64_t from, size_t bytes)
{
    return os_try_copy(to, (const void *) (uintptr_t) from, bytes);
}

static bool
write_here(uint64_t to, const void *from, size_t bytes)
{
    return os_try_copy((void *) (uintptr_t) to, from, bytes);
}

/* What is mapped for the program bears its key, where there are keys. */
static long
call_here(long number, const uint64_t *a)
{
    int key = os_now->domain->regions[ED_PLUGIN].key;
    long value;

    if (number == SYS_mprotect && key >= 0)
        value = syscall(SYS_pkey_mprotect, a[0], a[1], a[2], key);
    else
        value = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (value == -1)
        return -errno;
    if (number == SYS_mmap && key >= 0
        && syscall(SYS_pkey_mprotect, value, a[1], a[2], key) != 0)
        return -errno;
    return value;
}

const struct os_guest os_guest_here = {.read = read_here,
                                       .write = write_here,
                                       .call = call_here,
                                       .get_fs = os_get_fs_here,
                                       .set_fs = os_set_fs_here,
                                       .direct = true};
