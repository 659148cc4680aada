/*
 * Devices as they are asked for: `host:2`, `host:1,host:slow=2.5:1`,
 * `host:threads=2`, `cuda:2`: a backend's name, what makes the type, and how
 * many of it.  `host:cpu=1` says which processor, and makes no other type;
 * nor does `cuda:on=0:2`, two seats on the first GPU.
 */
#ifndef VNODE_EXEC_DEVICE_SPEC_H
#define VNODE_EXEC_DEVICE_SPEC_H

#include "vnode_exec/device/device.h"

enum {
    VN_SPEC_DEVICES = 64 /* of a job */
};

/* One device. */
struct vn_spec {
    const struct vn_backend *backend;
    int ordinal; /* among the backend's */
    int threads;
    double slow; /* emulated: it takes this many times as long; 1: as it is */
    int cpu;     /* processor of its first thread; -1: the next */
    int on;      /* the ordinal that was asked for; -1: the next */
    char type[48]; /* "host", "host:threads=2", "host:slow=2.5" */
};

struct vn_specs {
    struct vn_spec list[VN_SPEC_DEVICES];
    int n;
};

/* Read such a text.  Fails where a backend has too few devices, saying why. */
enum vn_status vn_specs_read(const char *text, struct vn_specs *specs,
                             struct vn_error *err);

/* One such device, without a number of them: the ordinal-th of its kind. */
enum vn_status vn_spec_read(const char *text, int ordinal,
                            struct vn_spec *spec, struct vn_error *err);

/*
 * What rank i of MPI runs on: its type is that of entry i of the list, which
 * goes round; devices that are not the host's are counted over the ranks of
 * its machine, given as bits, so that each machine's begin with its first.
 */
struct vn_spec vn_specs_rank(const struct vn_specs *specs, int i,
                             uint64_t here);

#endif /* VNODE_EXEC_DEVICE_SPEC_H */
