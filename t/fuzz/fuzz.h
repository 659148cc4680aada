/*
 * Fuzz targets: t/fuzz/NAME.c hands any bytes to one reader and checks what
 * every answer must satisfy, with FUZZ_CHECK.
 *
 * Configured with --enable-fuzzing, libFuzzer makes the bytes, without end:
 * `make fuzz` runs every target for FUZZ_SECONDS.  Otherwise t/fuzz/main.c
 * does: `make check` replays every file under t/data, and a fixed count of
 * mutations of each, the same ones every time.
 */
#ifndef T_FUZZ_FUZZ_H
#define T_FUZZ_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The target; always 0.  Named by libFuzzer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for every input; libFuzzer and t/fuzz/main.c notice abort().
 */
#define FUZZ_CHECK(condition)                                                 \
    do {                                                                      \
        if (!(condition)) {                                                   \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, \
                    #condition);                                              \
            abort();                                                          \
        }                                                                     \
    } while (0)

#endif /* T_FUZZ_FUZZ_H */
