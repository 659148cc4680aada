/*
 * An extension that a program imports (t/enclavedom/extension.c): it sums what
 * it is given, asks the program for a total, and, where it is told to, takes
 * what it was not given.
 */
#include <stddef.h>
#include <stdint.h>

uint64_t total(uint64_t unused); /* of the program, behind a gate */

uint64_t
sum(const int64_t *numbers, size_t n)
{
    uint64_t all = 0;

    for (size_t i = 0; i < n; i++)
        all += (uint64_t) numbers[i];
    return all;
}

uint64_t
ask(uint64_t unused)
{
    return total(unused);
}

uint64_t
steal(const volatile int64_t *from)
{
    return (uint64_t) *from;
}

uint64_t
spoil(volatile int64_t *at, int64_t value)
{
    *at = value;
    return 0;
}
