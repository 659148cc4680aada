/*
 * The program's memory: which addresses are its own, and how they are reached
 * where it lives in this process.
 */
#include "config.h"

#include "enclavedom/libos/inner.h"
#include "enclavedom/scan.h"

#include <emmintrin.h>
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

/*
 * Under keys no code of the program's may set rights: WRPKRU and XRSTOR, at
 * any offset, become an instruction that cannot be run (UD2).  The C library
 * has both, in pkey_set() and in the resolver of names that are bound late,
 * which are then not to be called.  Bytes that came about by chance go too.
 *
 * What is run is therefore memory of no file: a copy, which was looked through
 * and cannot be written.  A page of a file's would change with the file, come
 * back as it was (MADV_DONTNEED), or grow into what nobody looked at.
 */
/* Where may one begin in the next 16 bytes, of 17?  Two bytes of it say so. */
static unsigned
beginnings(const unsigned char *p)
{
    __m128i first = _mm_loadu_si128((const __m128i *) (const void *) p);
    __m128i second = _mm_loadu_si128((const __m128i *) (const void *) (p + 1));
    __m128i either =
        _mm_or_si128(_mm_cmpeq_epi8(second, _mm_set1_epi8(0x01)),
                     _mm_cmpeq_epi8(second, _mm_set1_epi8((char) 0xae)));

    return (unsigned) _mm_movemask_epi8(
        _mm_and_si128(_mm_cmpeq_epi8(first, _mm_set1_epi8(0x0f)), either));
}

const char *
os_sets_rights(const unsigned char *code, size_t bytes, size_t *at)
{
    for (size_t i = 0; i + 3 <= bytes; i++) {
        const char *name;

        while (i + 17 <= bytes && beginnings(code + i) == 0)
            i += 16;
        if (i + 3 > bytes)
            break;
        name = ed_forbidden(code + i, 3, at);
        if (name != NULL && *at == 0
            && (strcmp(name, "WRPKRU") == 0 || strcmp(name, "XRSTOR") == 0)) {
            *at = i;
            return name;
        }
    }
    return NULL;
}

int
os_disarm(unsigned char *code, size_t bytes)
{
    static const unsigned char ud2[] = {0x0f, 0x0b, 0x90};
    size_t at;
    int n = 0;

    for (size_t i = 0;
         i < bytes && os_sets_rights(code + i, bytes - i, &at) != NULL;
         i += at + 1, n++)
        memcpy(code + i + at, ud2, sizeof ud2);
    return n;
}

bool
os_code_meets(const unsigned char *left, const unsigned char *right)
{
    const unsigned char both[4] = {left[0], left[1], right[0], right[1]};
    size_t at;

    return os_sets_rights(both, sizeof both, &at) != NULL;
}

/* Does an instruction that sets rights lie across this address? */
static bool
lies_across(uint64_t address)
{
    unsigned char left[2], right[2];

    return os_now->copies && read_here(left, address - 2, 2)
           && read_here(right, address, 2) && os_code_meets(left, right);
}

/* Whole pages of the program's, given its key, to be read and run. */
static long
settle(unsigned char *code, uint64_t bytes, int key)
{
    os_now->disarmed += os_disarm(code, bytes);
    return syscall(SYS_pkey_mprotect, code, bytes, PROT_READ | PROT_EXEC, key)
                   == 0
               ? 0
               : -ENOMEM;
}

static long
look_at_seams(uint64_t at, uint64_t bytes, int key)
{
    if (!lies_across(at) && !lies_across(at + bytes))
        return 0;
    syscall(SYS_pkey_mprotect, at, bytes, PROT_READ, key);
    return -EACCES;
}

/* Memory that is to be run: a copy takes its place. */
static long
make_runnable(uint64_t at, uint64_t bytes, int key)
{
    unsigned char *copy;
    long error;

    if (syscall(SYS_pkey_mprotect, at, bytes, PROT_READ, key) != 0)
        return -errno;
    copy = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (copy == MAP_FAILED)
        return -ENOMEM;
    /* Pages behind the end of a file cannot be read, and stay zero. */
    if (!read_here(copy, at, bytes))
        for (uint64_t i = 0; i < bytes; i += ED_PAGE)
            read_here(copy + i, at + i, ED_PAGE);
    error = settle(copy, bytes, key);
    if (error == 0
        && mremap(copy, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, at)
               == MAP_FAILED)
        error = -ENOMEM;
    if (error != 0)
        munmap(copy, bytes);
    return error != 0 ? error : look_at_seams(at, bytes, key);
}

/* A file that is to be run: read, and not mapped. */
static long
map_code(const uint64_t *a, uint64_t bytes, int key)
{
    int flags = ((int) a[3] & ~(MAP_SHARED | MAP_NORESERVE)) | MAP_PRIVATE
                | MAP_ANONYMOUS | MAP_POPULATE;
    unsigned char *p = mmap((void *) (uintptr_t) a[0], bytes,
                            PROT_READ | PROT_WRITE, flags, -1, 0);
    size_t done = 0;
    ssize_t got = 1;
    long error;

    if (p == MAP_FAILED)
        return -errno;
    while ((a[3] & MAP_ANONYMOUS) == 0 && done < a[1] && got > 0) {
        got = pread((int) a[4], p + done, a[1] - done, (off_t) (a[5] + done));
        done += got > 0 ? (size_t) got : 0;
    }
    error = got < 0 ? -errno : settle(p, bytes, key);
    if (error == 0)
        error = look_at_seams((uint64_t) (uintptr_t) p, bytes, key);
    if (error != 0)
        munmap(p, bytes);
    return error != 0 ? error : (long) p;
}

/* What is mapped for the program bears its key, where there are keys; and it
 * can be run only once it was looked through. */
static long
call_keyed(long number, const uint64_t *a, int key)
{
    uint64_t at = a[0], bytes = (a[1] + ED_PAGE - 1) & ~(uint64_t) 4095;
    bool run = (a[2] & PROT_EXEC) != 0;
    long value = 0, error;

    if (number == SYS_mmap && run)
        return map_code(a, bytes, key);
    if (run)
        return make_runnable(at, bytes, key);
    if (number == SYS_mmap) {
        value = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
        if (value == -1)
            return -errno;
        at = (uint64_t) value;
    }
    if (syscall(SYS_pkey_mprotect, at, bytes, a[2], key) == 0)
        return value;
    error = -errno;
    if (number == SYS_mmap)
        munmap((void *) at, bytes);
    return error;
}

/* Code that is moved has new neighbours. */
static long
move_keyed(const uint64_t *a)
{
    long value = syscall(SYS_mremap, a[0], a[1], a[2], a[3]);
    uint64_t bytes = (a[2] + ED_PAGE - 1) & ~(uint64_t) 4095;

    if (value == -1)
        return -errno;
    if (lies_across((uint64_t) value) || lies_across((uint64_t) value + bytes))
        os_stop(os_now, "moved code to where it would set rights");
    return value;
}

static long
call_here(long number, const uint64_t *a)
{
    int key = os_now->domain->regions[ED_PLUGIN].key;
    long value;

    if (key > 0 && (number == SYS_mmap || number == SYS_mprotect))
        return call_keyed(number, a, key);
    if (key > 0 && number == SYS_mremap)
        return move_keyed(a);
    value = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    return value == -1 ? -errno : value;
}

const struct os_guest os_guest_here = {.read = read_here,
                                       .write = write_here,
                                       .call = call_here,
                                       .get_fs = os_get_fs_here,
                                       .set_fs = os_set_fs_here,
                                       .direct = true};
