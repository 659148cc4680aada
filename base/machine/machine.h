/*
 * What of the machine this process may use.
 */
#ifndef BASE_MACHINE_MACHINE_H
#define BASE_MACHINE_MACHINE_H

#include <stdint.h>

/* Processors, at least 1. */
int vn_processors(void);

/*
 * Bytes of memory: the machine's, or fewer where the process's control group
 * or one above it is held to that.  root is where /proc and /sys stand, "" but
 * in a test.
 */
int64_t vn_memory_bytes(const char *root);

#endif /* BASE_MACHINE_MACHINE_H */
