#include "config.h"

#include "enclavedom/libos/inner.h"

#include <errno.h>
#include <sys/syscall.h>

#define ROW(name, rights) {#name, (rights), os_##name},
const struct ed_function os_calls[] = {OS_CALLS(ROW) ROW(other, A_W)};
const int os_ncalls = sizeof os_calls / sizeof os_calls[0];

#define NUMBER(name, rights) SYS_##name,
static const int numbers[] = {OS_CALLS(NUMBER)};

enum {
    NSERVED = sizeof numbers / sizeof numbers[0]
};

int
os_call_row(uint64_t number)
{
    static short rows[OS_NUMBERS_MAX]; /* 1 more; filled at the first call */

    if (rows[numbers[0]] == 0)
        for (int i = 0; i < NSERVED; i++)
            rows[numbers[i]] = (short) (i + 1);
    return number < OS_NUMBERS_MAX && rows[number] > 0 ? rows[number] - 1
                                                       : NSERVED;
}

int
os_call_number(int row)
{
    return row < NSERVED ? numbers[row] : -1;
}

/* All that are not served: counted, and the kernel's word for it. */
uint64_t
os_other(void *arg, const uint64_t *args)
{
    struct os *os = arg;
    uint64_t number = args[OS_CALL_ARGS];
    const char *name = os_number_name((int) number);
    char text[64];

    if (number < OS_NUMBERS_MAX)
        os->accounts->unserved[number]++;
    if (os->config.strict && os_reaches_out(number)) {
        snprintf(text, sizeof text, "may not call %s",
                 name == NULL ? "that" : name);
        os_stop(os, text);
    }
    return (uint64_t) -ENOSYS;
}
