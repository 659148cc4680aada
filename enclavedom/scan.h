/*
 * Reading plug-ins: ELF shared objects for x86-64, believed in nothing.
 *
 * ed_scan() checks all of an object's tables that the loader uses, so that
 * the loader need not, and, where asked to, refuses what could take rights;
 * code is looked through once it is laid out, as it would be run: see
 * ed_load().
 */
#ifndef ENCLAVEDOM_SCAN_H
#define ENCLAVEDOM_SCAN_H

#include "base/error.h"

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ED_SEGMENTS_MAX = 16
};

struct ed_object {
    const char *path;
    const unsigned char *bytes; /* the whole file */
    size_t size;
    bool confine;
    Elf64_Phdr loads[ED_SEGMENTS_MAX]; /* in order of address, checked */
    int nloads;
    uint64_t span; /* addresses are in [0, span), whole pages */

    /* Of the dynamic section, as addresses; 0 where there is none. */
    uint64_t dynsym, dynstr, strsz, nsymbols;
    uint64_t rela[2], relasz[2]; /* of data, and of calls */
    uint64_t init, init_array, init_arraysz;
};

/* Check an object; confine says that what could take rights is refused. */
enum vn_status ed_scan(const char *path, const unsigned char *bytes,
                       size_t size, bool confine, struct ed_object *object,
                       struct vn_error *err);

/* The name of the first forbidden instruction in code, at any offset, and
 * where it begins; NULL where there is none. */
const char *ed_forbidden(const unsigned char *code, size_t bytes, size_t *at);

/* The file's bytes at an address, if all of them are in one segment. */
const unsigned char *ed_object_at(const struct ed_object *object,
                                  uint64_t address, uint64_t bytes);

#endif /* ENCLAVEDOM_SCAN_H */
