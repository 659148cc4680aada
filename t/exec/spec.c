/* Which devices the ranks of several machines take. */
#include "config.h"

#include "t/tap.h"
#include "vnode_exec/device/spec.h"

static const struct vn_backend elsewhere = {.name = "elsewhere"};
static const struct vn_backend other = {.name = "other"};
static const struct vn_backend near = {.name = "near", .host_memory = true};

/* A list of one letter a device, and the ordinals that its ranks take. */
static const struct {
    const char *name, *devices;
    int ranks;
    uint64_t here;
    int want[8];
} cases[] = {
    {"one machine", "eee", 3, 0x7, {0, 1, 2}},
    {"more ranks than devices", "ee", 5, 0x1f, {0, 1, 0, 1, 0}},
    {"two machines, rank after rank: the second",
     "ee",
     4,
     0xc,
     {-1, -1, 0, 1}},
    {"two machines, in turns: the first", "eeee", 4, 0x5, {0, -1, 1, -1}},
    {"two machines, in turns: the second", "eeee", 4, 0xa, {-1, 0, -1, 1}},
    {"a list of one device", "e", 4, 0xf, {0, 0, 0, 0}},
    {"two kinds", "eoeo", 8, 0xfc, {-1, -1, 0, 0, 1, 1, 0, 0}},
    {"the host's are what the list says",
     "nen",
     6,
     0x38,
     {-1, -1, -1, 0, 0, 1}},
    {"two seats on one device", "ssee", 6, 0x3f, {5, 5, 0, 1, 5, 5}},
    {"two machines of four", "eeee", 8, 0xf0, {-1, -1, -1, -1, 0, 1, 2, 3}},
};

int
main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vn_specs specs = {.n = 0};
        int taken[3] = {0, 0, 0}, wrong = 0;

        for (const char *p = cases[i].devices; *p != '\0'; p++) {
            int kind = *p == 'o' ? 1 : *p == 'n' ? 2 : 0;
            bool seat = *p == 's';

            specs.list[specs.n++] =
                (struct vn_spec){.backend = kind == 0   ? &elsewhere
                                            : kind == 1 ? &other
                                                        : &near,
                                 .ordinal = seat ? 5 : taken[kind]++,
                                 .on = seat ? 5 : -1};
        }
        for (int rank = 0; rank < cases[i].ranks; rank++)
            if ((cases[i].here >> rank & 1) != 0) {
                struct vn_spec got =
                    vn_specs_rank(&specs, rank, cases[i].here);

                wrong += got.ordinal != cases[i].want[rank]
                         || got.backend != specs.list[rank % specs.n].backend;
            }
        ok(wrong == 0, "%s", cases[i].name);
    }
    return done_testing();
}
