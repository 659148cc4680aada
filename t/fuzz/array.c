/* Any bytes as npy, npz or safetensors: arrays that lie inside, or a word. */
#include "config.h"

#include "t/fuzz/fuzz.h"
#include "vnode_exec/array/array.h"

#include <math.h>
#include <sys/mman.h>
#include <unistd.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vn_error err = {0};
    struct vn_arrays arrays;
    char path[32];
    int fd = memfd_create("input", 0);
    double sum = 0;
    enum vn_status status;

    FUZZ_CHECK(fd >= 0 && write(fd, data, size) == (ssize_t) size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    status = vn_arrays_read(path, &arrays, &err);
    if (status != VN_OK)
        FUZZ_CHECK((status == VN_EFORMAT || status == VN_EIO)
                   && err.text[0] != '\0');
    for (int i = 0; status == VN_OK && i < arrays.n; i++) {
        const struct vn_array *a = &arrays.list[i];

        FUZZ_CHECK(a->ndims <= VN_ARRAY_DIMS && a->type < VN_NUMBERS);
        for (size_t k = 0; k < a->count; k++)
            sum += isnan(vn_array_at(a, k)) ? 1 : 0;
    }
    FUZZ_CHECK(sum >= 0);
    if (status == VN_OK)
        vn_arrays_free(&arrays);
    close(fd);
    return 0;
}
