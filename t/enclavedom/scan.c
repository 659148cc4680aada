/*
 * What is read of a plug-in's file, and what is refused before any of its
 * code runs: forbidden instructions wherever they lie, text relocations,
 * segments that are writable and executable; and a file that changes
 * meanwhile. Each has its control: under `none` it is laid out, and its
 * constructor runs.
 */
#include "config.h"

#include "base/rng.h"
#include "base/xalloc.h"
#include "enclavedom/backend/backend.h"
#include "t/tap.h"

#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * A shared object by hand, at file offsets equal to addresses: tables, code,
 * more code, data.  Its constructor sets `flag`, and returns.
 */
enum {
    PAGE = 4096,
    TABLES = 0,
    CODE = PAGE,
    CODE_BYTES = 2 * PAGE,
    MORE = CODE + CODE_BYTES,
    DATA = MORE + PAGE,
    SIZE = DATA + PAGE,
    FLAG = DATA,
    ARRAY = DATA + 64,
    NAMES = 0x600,
    SYMBOLS = 0x500,
    RELOCATIONS = 0x700,
    DYNAMIC = 0x800,
    LAST = CODE_BYTES /* of the first segment of code, at its end */
};

struct shape {
    const char *name;
    unsigned char bytes[8];
    int nbytes;
    int at;           /* address */
    int hole;         /* the first segment of code has so many bytes fewer at
                         its beginning; 0 for none */
    unsigned flags;   /* of the second segment of code; 0: read, execute */
    int textrel;      /* a relocation of code: 1 unsaid, 2 said */
    const char *said; /* NULL: nothing is wrong with it */
    int hidden;       /* the segment of data, or 2 of tables, has no rights */
};

/* clang-format off */
static const struct shape shapes[] = {
    {"plain code", {0x90}, 1, CODE + 100, 0, 0, 0, NULL},
    {"LFENCE, which is much like XRSTOR", {0x0f, 0xae, 0xe8}, 3, CODE + 100, 0, 0, 0, NULL},
    {"XSAVE", {0x0f, 0xae, 0x27}, 3, CODE + 100, 0, 0, 0, NULL},
    {"RDPKRU", {0x0f, 0x01, 0xee}, 3, CODE + 100, 0, 0, 0, NULL},
    {"WRPKRU in data", {0x0f, 0x01, 0xef}, 3, DATA + 200, 0, 0, 0, NULL},
    {"WRPKRU", {0x0f, 0x01, 0xef}, 3, CODE + 96, 0, 0, 0, "holds WRPKRU at address 0x1060"},
    {"WRPKRU in a constant", {0xb8, 0x0f, 0x01, 0xef, 0x00}, 5, CODE + 97, 0, 0, 0, "holds WRPKRU at address 0x1062"},
    {"XRSTOR", {0x0f, 0xae, 0x2f}, 3, CODE + 101, 0, 0, 0, "holds XRSTOR at address 0x1065"},
    {"XRSTOR64 with a displacement", {0x48, 0x0f, 0xae, 0x6f, 0x40}, 5, CODE + 101, 0, 0, 0, "holds XRSTOR at address 0x1066"},
    {"SYSCALL", {0x0f, 0x05}, 2, CODE + 103, 0, 0, 0, "holds SYSCALL at address 0x1067"},
    {"SYSENTER", {0x0f, 0x34}, 2, CODE + 103, 0, 0, 0, "holds SYSENTER at address 0x1067"},
    {"INT 80", {0xcd, 0x80}, 2, CODE + 103, 0, 0, 0, "holds INT 80 at address 0x1067"},
    {"WRFSBASE", {0xf3, 0x0f, 0xae, 0xd0}, 4, CODE + 103, 0, 0, 0, "holds WRFSBASE or WRGSBASE at address 0x1068"},
    {"WRPKRU across two pages", {0x0f, 0x01, 0xef}, 3, CODE + PAGE - 1, 0, 0, 0, "holds WRPKRU at address 0x1fff"},
    {"WRPKRU across two segments", {0x0f, 0x01, 0xef}, 3, MORE - 2, 0, 0, 0, "holds WRPKRU at address 0x2ffe"},
    {"SYSCALL across two segments", {0x0f, 0x05}, 2, MORE - 1, 0, 0, 0, "holds SYSCALL at address 0x2fff"},
    {"SYSCALL behind a segment of one byte", {0x0f, 0x05}, 2, MORE - 1, LAST - 1, 0, 0, "holds SYSCALL at address 0x2fff"},
    {"SYSCALL at the end of the last page", {0x0f, 0x05}, 2, DATA - 2, 0, 0, 0, "holds SYSCALL at address 0x3ffe"},
    {"a segment to write and execute", {0x90}, 1, CODE + 100, 0, PF_R | PF_W | PF_X, 0, "has a segment that is writable and executable, expected one or the other"},
    {"text relocations", {0x90}, 1, CODE + 100, 0, 0, 2, "has text relocations, expected code compiled with -fPIC"},
    {"constructors where nothing may be read", {0x90}, 1, CODE + 100, 0, 0, 0, "has no valid table of constructors", 1},
    {"tables where nothing may be read", {0x90}, 1, CODE + 100, 0, 0, 0, "has a dynamic section outside its segments", 2},
    {"text relocations, unsaid", {0x90}, 1, CODE + 100, 0, 0, 1, "has a relocation of what is not writable, at 0x1080"},
};
/* clang-format on */

static void
put(unsigned char *object, size_t at, const void *what, size_t bytes)
{
    memcpy(object + at, what, bytes);
}

static void
put_segments(unsigned char *o, const struct shape *s)
{
    const Elf64_Phdr all[] = {
        {PT_LOAD, s->hidden == 2 ? 0 : PF_R, TABLES, TABLES, TABLES, PAGE,
         PAGE, PAGE},
        {PT_LOAD, PF_R | PF_X, CODE + (Elf64_Off) s->hole,
         CODE + (Elf64_Addr) s->hole, 0, CODE_BYTES - (Elf64_Xword) s->hole,
         CODE_BYTES - (Elf64_Xword) s->hole, PAGE},
        {PT_LOAD, s->flags != 0 ? s->flags : PF_R | PF_X, MORE, MORE, MORE,
         PAGE, PAGE, PAGE},
        {PT_LOAD, s->hidden == 1 ? PF_W : PF_R | PF_W, DATA, DATA, DATA, PAGE,
         PAGE, PAGE},
        {PT_DYNAMIC, PF_R, DYNAMIC, DYNAMIC, DYNAMIC, 256, 256, 8},
    };
    Elf64_Ehdr h = {
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_DYN,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_phoff = sizeof h,
        .e_ehsize = sizeof h,
        .e_phentsize = sizeof all[0],
        .e_phnum = sizeof all / sizeof all[0]};

    put(o, 0, &h, sizeof h);
    put(o, sizeof h, all, sizeof all);
}

static void
put_tables(unsigned char *o, const struct shape *s)
{
    const Elf64_Sym symbols[] = {
        {0}, {1, ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT), 0, 4, FLAG, 4}};
    const Elf64_Rela relocations[] = {
        {ARRAY, ELF64_R_INFO(0, R_X86_64_RELATIVE), MORE + 16},
        {CODE + 128, ELF64_R_INFO(0, R_X86_64_RELATIVE), FLAG}};
    const Elf64_Dyn entries[] = {
        {DT_SYMTAB, {SYMBOLS}},
        {DT_STRTAB, {NAMES}},
        {DT_STRSZ, {6}},
        {DT_RELA, {RELOCATIONS}},
        {DT_RELASZ, {sizeof relocations[0] * (s->textrel != 0 ? 2 : 1)}},
        {DT_INIT_ARRAY, {ARRAY}},
        {DT_INIT_ARRAYSZ, {8}},
        {DT_FLAGS, {s->textrel == 2 ? DF_TEXTREL : 0}},
        {DT_NULL, {0}}};

    /* Sizes of symbols that end where their names begin. */
    put(o, NAMES - sizeof symbols, symbols, sizeof symbols);
    put(o, NAMES, "\0flag", 6);
    put(o, RELOCATIONS, relocations, sizeof relocations);
    put(o, DYNAMIC, entries, sizeof entries);
    put(o, DYNAMIC + offsetof(Elf64_Dyn, d_un),
        &(uint64_t){NAMES - sizeof symbols}, 8);
}

static void
build(unsigned char *o, const struct shape *s)
{
    /* movl $1, flag(%rip); ret: at MORE + 16. */
    const int32_t distance = FLAG - (MORE + 16 + 10);
    unsigned char code[] = {0xc7, 0x05, 0, 0, 0, 0, 1, 0, 0, 0, 0xc3};

    memset(o, 0, SIZE);
    memset(o + CODE, 0x90, CODE_BYTES + PAGE);
    put_segments(o, s);
    put_tables(o, s);
    memcpy(code + 2, &distance, sizeof distance);
    put(o, MORE + 16, code, sizeof code);
    put(o, (size_t) s->at, s->bytes, (size_t) s->nbytes);
}

static void
write_file(const char *path, const unsigned char *o, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0 || pwrite(fd, o, size, 0) != (ssize_t) size
        || ftruncate(fd, (off_t) size) != 0)
        abort();
    close(fd);
}

static struct ed_domain *
make(const struct ed_backend *backend)
{
    static const struct ed_region_spec specs[] = {{"plug-in", 4 << 20}};
    struct ed_config config = {.name = "scan",
                               .backend = backend,
                               .regions = specs,
                               .nregions = 1,
                               .stack_bytes = 1 << 16};
    struct vn_error err;
    struct ed_domain *d;

    if (ed_open(&config, &d, &err) != VN_OK)
        abort();
    return d;
}

/* Load a file; *flag is what its constructor left, and *kept the bytes at an
 * address of it. */
static enum vn_status
load(const struct ed_backend *backend, const struct ed_file *file, int *flag,
     struct vn_error *err)
{
    struct ed_domain *d = make(backend);
    enum vn_status status = ed_load(d, file, err);

    *flag = 0;
    if (status == VN_OK && (status = ed_start(d, err)) == VN_OK)
        status = ed_fetch(d, flag, ed_symbol(d, "flag"), sizeof *flag, err);
    ed_close(d);
    return status;
}

static void
try_shape(const struct ed_backend *backend, const struct shape *s,
          const char *path)
{
    bool none = strcmp(ed_backend_name(backend), "none") == 0;
    unsigned char object[SIZE];
    struct vn_error err = {.text = ""};
    struct ed_file *file = NULL;
    enum vn_status status;
    int flag = 0;

    build(object, s);
    write_file(path, object, SIZE);
    status = ed_file_open(path, &file, &err);
    if (status == VN_OK)
        status = load(backend, file, &flag, &err);
    ed_file_close(file);
    if (s->hidden != 0) /* malformed, and said so under all */
        ok(status == VN_EFORMAT && flag == 0
               && strstr(err.text, s->said) != NULL,
           "%s: %s are refused: %s", ed_backend_name(backend), s->name,
           err.text);
    else if (none || s->said == NULL)
        ok(status == VN_OK && flag == 1, "%s: %s is loaded, and runs%s%s",
           ed_backend_name(backend), s->name, status == VN_OK ? "" : ": ",
           status == VN_OK ? "" : err.text);
    else
        ok(status == VN_EPOLICY && flag == 0
               && strstr(err.text, s->said) != NULL,
           "%s: %s is refused: %s", ed_backend_name(backend), s->name,
           status == VN_OK ? "not" : err.text);
}

/* A file that is another once it was read. */
static void
change(const struct ed_backend *backend, const char *path)
{
    unsigned char good[SIZE], evil[SIZE];
    struct vn_error err;
    struct ed_file *file;
    int flag;

    build(good, &shapes[0]);
    build(evil, &shapes[5]);
    write_file(path, good, SIZE);
    if (ed_file_open(path, &file, &err) != VN_OK)
        abort();
    write_file(path, evil, SIZE);
    ok(load(backend, file, &flag, &err) == VN_OK && flag == 1,
       "%s: a file that changed after it was read is what it was",
       ed_backend_name(backend));
    ed_file_close(file);
    if (ed_file_open(path, &file, &err) != VN_OK)
        abort();
    ok(load(backend, file, &flag, &err) == VN_EPOLICY && flag == 0,
       "%s: and is refused when it is read again", ed_backend_name(backend));
    ed_file_close(file);
}

struct flicker {
    const char *path;
    atomic_bool end;
};

/* Make the file good and evil by turns, a part at a time. */
static void *
flicker(void *arg)
{
    struct flicker *f = arg;
    unsigned char objects[2][SIZE];
    int fd = open(f->path, O_WRONLY | O_CLOEXEC);

    build(objects[0], &shapes[0]);
    build(objects[1], &shapes[5]);
    for (unsigned i = 0; !atomic_load(&f->end); i++)
        if (pwrite(fd, objects[i & 1] + CODE, 512, CODE) != 512)
            abort();
    close(fd);
    return NULL;
}

/* Is it never loaded with what is refused?  Both are to be seen. */
static void
race(const struct ed_backend *backend, const char *path)
{
    struct flicker f = {.path = path};
    static const unsigned char evil[] = {0x0f, 0x01, 0xef};
    bool confined = strcmp(ed_backend_name(backend), "none") != 0;
    int loaded = 0, refused = 0, slipped = 0;
    struct vn_error err;
    pthread_t thread;

    atomic_init(&f.end, false);
    pthread_create(&thread, NULL, flicker, &f);
    for (int i = 0;
         i < 300 || (confined && i < 20000 && (loaded == 0 || refused == 0));
         i++) {
        struct ed_domain *d;
        struct ed_file *file;

        if (ed_file_open(path, &file, &err) != VN_OK)
            abort();
        d = make(backend);
        if (ed_load(d, file, &err) != VN_OK)
            refused++;
        else {
            const unsigned char *flag = ed_symbol(d, "flag");

            loaded++;
            slipped += memcmp(flag - FLAG + CODE + 96, evil, 3) == 0;
        }
        ed_close(d);
        ed_file_close(file);
    }
    atomic_store(&f.end, true);
    pthread_join(thread, NULL);
    if (!confined)
        ok(refused == 0 && slipped > 0,
           "none: a file that changes meanwhile is loaded with %d of %d evil",
           slipped, loaded);
    else
        ok(slipped == 0 && loaded > 0 && refused > 0,
           "%s: a file that changes meanwhile: %d loaded, %d refused",
           ed_backend_name(backend), loaded, refused);
}

/* Change a few bytes, most often where the tables are; or cut it short. */
static size_t
mutate(unsigned char *object, size_t size, struct vn_rng *rng)
{
    static const size_t ends[] = {0x200, 0xa00};
    uint64_t n = 1 + vn_rng_below(rng, 5);

    if (vn_rng_below(rng, 20) == 0)
        return 64 + vn_rng_below(rng, size - 64);
    for (; n > 0; n--) {
        uint64_t where = vn_rng_below(rng, 4);
        size_t end = where < 2 && ends[where] < size ? ends[where] : size;
        size_t at = vn_rng_below(rng, end - 8);
        uint64_t word = vn_rng_bits(rng) >> vn_rng_below(rng, 64);

        if (where == 3)
            memcpy(object + (at & ~(size_t) 7), &word, sizeof word);
        else
            object[at] = (unsigned char) word;
    }
    return size;
}

/* All that is read of an object, but run nothing. */
static bool
read_object(const struct ed_backend *backend, const char *path)
{
    struct ed_domain *d = make(backend);
    struct ed_file *file = NULL;
    struct vn_error err;
    char text[64];
    bool loaded = ed_file_open(path, &file, &err) == VN_OK
                  && ed_load(d, file, &err) == VN_OK;

    if (loaded && ed_protect_image(d, true, &err) == VN_OK) {
        const char *names[] = {"flag", "vn_plugin", "nothing"};

        for (int i = 0; i < 3; i++) {
            const char *p = ed_symbol(d, names[i]);

            if (p != NULL)
                ed_fetch_text(d, text, sizeof text, p, &err);
        }
        for (uint64_t i = 0; i < d->image.init_arraysz; i++)
            text[0] =
                *(volatile char *) (d->image.base + d->image.init_array + i);
    }
    ed_file_close(file);
    ed_close(d);
    return loaded;
}

/* Files that are cut short or damaged anywhere: an error, or a load. */
static void
damage(const struct ed_backend *backend, const char *path, int runs,
       const unsigned char *from, size_t size)
{
    const uint64_t seed = 20261123;
    struct vn_rng rng = vn_rng_stream(seed, 1, 0);
    unsigned char *object = vn_xcalloc(size, 1);
    int loaded = 0;

    for (int i = 0; i < runs; i++) {
        size_t cut;

        memcpy(object, from, size);
        cut = mutate(object, size, &rng);
        write_file(path, object, cut);
        loaded += read_object(backend, path);
    }
    free(object);
    ok(loaded > 0 && loaded < runs - runs / 20,
       "%s: of %d damaged files (seed %d) %d are loaded and %d refused",
       ed_backend_name(backend), runs, (int) seed, loaded, runs - loaded);
}

/* `scan.t RUNS FILE...`: so many of each of these. */
static int
damage_files(int argc, char **argv, const char *path)
{
    const struct ed_backend *backend;
    struct vn_error err;

    if (ed_backend_find("mprotect", &backend, &err) != VN_OK)
        return 1;
    for (int i = 2; i < argc; i++) {
        const unsigned char *bytes;
        struct ed_file *file;
        size_t size;

        if (ed_file_open(argv[i], &file, &err) != VN_OK) {
            diag("%s", err.text);
            return 1;
        }
        diag("%s", argv[i]);
        bytes = ed_file_bytes(file, &size);
        damage(backend, path, atoi(argv[1]), bytes, size);
        ed_file_close(file);
    }
    unlink(path);
    return done_testing();
}

int
main(int argc, char **argv)
{
    unsigned char object[SIZE];
    char path[] = "/tmp/vn-scan-XXXXXX";
    int fd = mkstemp(path);

#ifdef VN_COVERAGE
    skip_all("the coverage counters are writes of their own, inside");
#endif
    if (fd < 0)
        abort();
    close(fd);
    if (argc > 2)
        return damage_files(argc, argv, path);
    for (int i = 0; ed_backends[i] != NULL; i++) {
        const struct ed_backend *b = ed_backends[i];
        struct vn_error err;

        if (ed_backend_probe(b, &err) != VN_OK) {
            ok(true, "%s # SKIP %s", ed_backend_name(b), err.text);
            continue;
        }
        for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++)
            try_shape(b, &shapes[k], path);
        if (strcmp(ed_backend_name(b), "none") != 0)
            change(b, path);
        race(b, path);
        build(object, &shapes[0]);
        damage(b, path, 2000, object, sizeof object);
    }
    unlink(path);
    return done_testing();
}
