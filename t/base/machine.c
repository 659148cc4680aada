/* What a process may use, in machines of files. */
#include "config.h"

#include "base/machine/machine.h"
#include "t/tap.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void
put(const char *root, const char *path, const char *text)
{
    char command[600];
    FILE *f;

    snprintf(command, sizeof command, "mkdir -p $(dirname %s%s)", root, path);
    if (system(command) != 0)
        exit(1);
    snprintf(command, sizeof command, "%s%s", root, path);
    f = fopen(command, "w");
    fputs(text, f);
    fclose(f);
}

static void
check_memory(void)
{
    char root[] = "/tmp/vn-machine-XXXXXX", command[64];
    int64_t all = (int64_t) sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);

    ok(mkdtemp(root) != NULL, "a folder");
    is_int(vn_memory_bytes(root), all, "no groups: all there is");
    put(root, "/proc/self/cgroup", "0::/a/b\n");
    put(root, "/sys/fs/cgroup/a/b/memory.max", "max\n");
    is_int(vn_memory_bytes(root), all, "a group without a limit");
    put(root, "/sys/fs/cgroup/a/memory.max", "1048576\n");
    is_int(vn_memory_bytes(root), 1048576, "the group above has one");
    put(root, "/sys/fs/cgroup/a/b/memory.max", "4096\n");
    is_int(vn_memory_bytes(root), 4096, "its own is less");
    put(root, "/sys/fs/cgroup/a/b/memory.max", "9000000000000000000\n");
    put(root, "/sys/fs/cgroup/a/memory.max", "max\n");
    is_int(vn_memory_bytes(root), all, "more than there is is what there is");
    put(root, "/proc/self/cgroup", "0::/\n");
    put(root, "/sys/fs/cgroup/memory.max", "8192\n");
    is_int(vn_memory_bytes(root), 8192, "a container's own root");
    put(root, "/proc/self/cgroup",
        "5:cpu:/x\n4:memory:/job/1\n1:name=systemd:/y\n");
    put(root, "/sys/fs/cgroup/memory/job/1/memory.limit_in_bytes", "12288\n");
    is_int(vn_memory_bytes(root), 12288, "the first kind of groups");
    snprintf(command, sizeof command, "rm -r %s", root);
    is_int(system(command), 0, "gone");
}

static void
check_processors(void)
{
    cpu_set_t set, one;
    int first = 0;

    sched_getaffinity(0, sizeof set, &set);
    is_int(vn_processors(), CPU_COUNT(&set), "processors");
    while (!CPU_ISSET(first, &set))
        first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    sched_setaffinity(0, sizeof one, &one);
    is_int(vn_processors(), 1, "those of the process alone");
}

int
main(void)
{
    check_memory();
    check_processors();
    return done_testing();
}
