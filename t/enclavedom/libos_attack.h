/* What the files of the program share that wants out of the library OS. */
#ifndef T_ENCLAVEDOM_LIBOS_ATTACK_H
#define T_ENCLAVEDOM_LIBOS_ATTACK_H

#include <stdint.h>

enum {
    WON = 0,
    REFUSED = 7,
    PAGE = 4096,
    STACK = 512 << 10 /* for signals, of the library */
};

/* What the library told, or `own` where there is none. */
uint64_t find(const char *name, uint64_t own);
long kernel(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
            uint64_t e, uint64_t f);

/* libos_rights.c: each sets all rights of protection keys. */
int own_code(void);
int own_vectors(void);
int dropped(void);
int read_only(void);
int written_after(void);
int two_mappings(void);
int grown(void);
int across(void);
int rewritten(void);
int pkey_set_of_library(void);
int switch_of_library(void);
int gate_of_library(void);
int back_by_rights(void);
int back_by_vectors(void);

#endif /* T_ENCLAVEDOM_LIBOS_ATTACK_H */
