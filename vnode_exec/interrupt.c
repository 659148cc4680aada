#include "config.h"

#include "vnode_exec/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

/* A handler reaches nothing else. */
static volatile sig_atomic_t came;
static volatile sig_atomic_t came_s; /* the monotonic clock's seconds then */

static void
on_signal(int number)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (came == 0) {
        came = number;
        came_s = (sig_atomic_t) now.tv_sec;
    } else if ((sig_atomic_t) now.tv_sec - came_s > 1) {
        signal(number, SIG_DFL);
        raise(number);
    }
}

static void
set(void (*handler)(int))
{
    static const int numbers[] = {SIGTERM, SIGINT};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    struct sigaction old;

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (sigaction(numbers[i], NULL, &old) == 0
            && old.sa_handler != SIG_IGN)
            (void) sigaction(numbers[i], &action, NULL);
}

void
vn_interrupt_catch(void)
{
    came = 0;
    set(on_signal);
}

void
vn_interrupt_release(void)
{
    set(SIG_DFL);
}

int
vn_interrupt(void)
{
    return came;
}
