#include "config.h"

#include "base/machine/machine.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
vn_processors(void)
{
    cpu_set_t set;

    /* The first thread's: others may be pinned. */
    if (sched_getaffinity(getpid(), sizeof set, &set) != 0)
        return 1;
    return CPU_COUNT(&set);
}

/* The number in a file; false where it holds none ("max"). */
static bool
read_number(const char *path, int64_t *number)
{
    FILE *in = fopen(path, "r");
    long long n;
    bool got = in != NULL && fscanf(in, "%lld", &n) == 1;

    if (in != NULL)
        fclose(in);
    if (got)
        *number = n;
    return got;
}

/* The least of the limits of a group and those above it, at most so much. */
static int64_t
limit_of(const char *folder, char *group, const char *file, int64_t most)
{
    char path[1024];
    int64_t n;

    for (;;) {
        char *slash = strrchr(group, '/');

        snprintf(path, sizeof path, "%s%s/%s", folder, group, file);
        if (read_number(path, &n) && n > 0 && n < most)
            most = n;
        if (slash == NULL)
            return most;
        *slash = '\0';
    }
}

int64_t
vn_memory_bytes(const char *root)
{
    int64_t bytes = (int64_t) sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    char path[256], line[512], folder[300];
    FILE *in;

    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    in = fopen(path, "r");
    while (in != NULL && fgets(line, sizeof line, in) != NULL) {
        char *group = strrchr(line, ':');
        bool second = strncmp(line, "0::", 3) == 0;

        line[strcspn(line, "\n")] = '\0';
        if (group == NULL || !(second || strstr(line, ":memory:") != NULL))
            continue;
        group++;
        if (strcmp(group, "/") == 0)
            group[0] = '\0';
        snprintf(folder, sizeof folder, "%s/sys/fs/cgroup%s", root,
                 second ? "" : "/memory");
        bytes =
            limit_of(folder, group,
                     second ? "memory.max" : "memory.limit_in_bytes", bytes);
    }
    if (in != NULL)
        fclose(in);
    return bytes;
}
