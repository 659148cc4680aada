/*
 * Threads on processors.  A pinned thread holds a socket whose name, in the
 * kernel's own space of names, is its processor's: nobody else can take that
 * name meanwhile, it leaves no file, and it goes with its process, however
 * that ends.
 */
#include "config.h"

#include "base/machine/machine.h"
#include "vnode_exec/device/host/team.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Take a processor's name: false where another has it. */
static bool
claim(int processor, int *fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t size = (socklen_t) sizeof address.sun_family + 1;
    bool taken = false;

    size +=
        (socklen_t) snprintf(address.sun_path + 1, sizeof address.sun_path - 1,
                             "virtualflow processor %d", processor);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd >= 0 && bind(*fd, (struct sockaddr *) &address, size) != 0) {
        taken = errno == EADDRINUSE;
        close(*fd);
        *fd = -1;
    }
    return !taken; /* without such names each is on its own */
}

/* The kernel's number of the cpu-th processor of a set. */
static int
number_of(const cpu_set_t *set, int cpu)
{
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, set) && cpu-- == 0)
            return i;
    return -1;
}

struct vn_pin
vn_pin_thread(int cpu, bool exactly)
{
    struct vn_pin pin = {.cpu = -1, .claim = -1};
    cpu_set_t all, one;
    int n;

    if (cpu < 0 || sched_getaffinity(getpid(), sizeof all, &all) != 0)
        return pin;
    n = CPU_COUNT(&all);
    for (int i = 0; i < (exactly ? 1 : n); i++) {
        int processor = number_of(&all, (cpu + i) % n);

        if (!claim(processor, &pin.claim) && !exactly)
            continue;
        CPU_ZERO(&one);
        CPU_SET(processor, &one);
        /* Where it is refused the thread runs on, less steadily. */
        if (pthread_setaffinity_np(pthread_self(), sizeof one, &one) == 0)
            pin.cpu = (cpu + i) % n;
        return pin;
    }
    /* It may have been made by one that is pinned. */
    (void) pthread_setaffinity_np(pthread_self(), sizeof all, &all);
    return pin;
}

void
vn_unpin(struct vn_pin *pin)
{
    if (pin->claim >= 0)
        close(pin->claim);
    *pin = (struct vn_pin){.cpu = -1, .claim = -1};
}
