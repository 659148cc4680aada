/*
 * An initramfs, on standard output: the files that are named, NAME=PATH, with
 * the directories on the way, as the kernel reads them (cpio, "newc").
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
pad(size_t n)
{
    while (n++ % 4 != 0)
        putchar(0);
}

static void
entry(const char *name, unsigned mode, const char *data, size_t size)
{
    static unsigned inode;

    printf("070701%08x%08x%08x%08x%08x%08x%08lx%08x%08x%08x%08x%08lx%08x",
           ++inode, mode, 0, 0, 1, 0, (unsigned long) size, 0, 0, 0, 0,
           (unsigned long) strlen(name) + 1, 0);
    fwrite(name, 1, strlen(name) + 1, stdout);
    pad(110 + strlen(name) + 1);
    fwrite(data, 1, size, stdout);
    pad(size);
}

static void
directories(const char *name)
{
    char path[4096];

    for (const char *p = strchr(name, '/'); p != NULL;
         p = strchr(p + 1, '/')) {
        snprintf(path, sizeof path, "%.*s", (int) (p - name), name);
        entry(path, 040755, "", 0);
    }
}

static int
file(const char *name, const char *path)
{
    FILE *in = fopen(path, "rb");
    char *data = NULL;
    size_t size = 0, n = 0;

    if (in == NULL) {
        perror(path);
        return 1;
    }
    do {
        size += n;
        data = realloc(data, size + 65536);
        if (data == NULL)
            return 1;
        n = fread(data + size, 1, 65536, in);
    } while (n > 0);
    fclose(in);
    directories(name);
    entry(name, 0100755, data, size);
    free(data);
    return 0;
}

int
main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        char *path = strchr(argv[i], '=');

        if (path == NULL)
            return 2;
        *path = '\0';
        if (file(argv[i], path + 1) != 0)
            return 1;
    }
    entry("TRAILER!!!", 0, "", 0);
    return fflush(stdout) == 0 ? 0 : 1;
}
