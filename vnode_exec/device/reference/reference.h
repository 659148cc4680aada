/*
 * The reference: plain loops that *define* each operation and the order of
 * its sums.  Slow, on one thread, and open to training like any other
 * backend, which then gives the bits that the others must give.
 *
 * The operations stand in reference/NAME.c, by families as in host/NAME.c.
 */
#ifndef VNODE_EXEC_DEVICE_REFERENCE_REFERENCE_H
#define VNODE_EXEC_DEVICE_REFERENCE_REFERENCE_H

#include "vnode_exec/device/device.h"

/*
 * The sum down the rows of column c of a[row] * b[row], b being 1 where it
 * is NULL, less `from` on each side.
 */
double vn_reference_down(size_t rows, size_t cols, size_t c, const float *a,
                         float a_from, const float *b, float b_from);

/* An operation of the table (device.h). */
#define VN_REFERENCE_OPERATION(name) \
    __typeof__(*((const struct vn_backend *) 0)->name) vn_reference_##name

VN_REFERENCE_OPERATION(gemm);
VN_REFERENCE_OPERATION(conv_forward);
VN_REFERENCE_OPERATION(conv_backward_data);
VN_REFERENCE_OPERATION(conv_backward_weights);
VN_REFERENCE_OPERATION(column_sum);
VN_REFERENCE_OPERATION(batchnorm_forward);
VN_REFERENCE_OPERATION(batchnorm_infer);
VN_REFERENCE_OPERATION(batchnorm_backward);
VN_REFERENCE_OPERATION(layernorm_forward);
VN_REFERENCE_OPERATION(layernorm_backward);
VN_REFERENCE_OPERATION(softmax_forward);
VN_REFERENCE_OPERATION(softmax_backward);
VN_REFERENCE_OPERATION(gelu_forward);
VN_REFERENCE_OPERATION(gelu_backward);
VN_REFERENCE_OPERATION(relu_backward);
VN_REFERENCE_OPERATION(add);
VN_REFERENCE_OPERATION(pool_forward);
VN_REFERENCE_OPERATION(pool_backward);
VN_REFERENCE_OPERATION(embed_forward);
VN_REFERENCE_OPERATION(embed_backward);
VN_REFERENCE_OPERATION(cross_entropy);
VN_REFERENCE_OPERATION(accumulate);
VN_REFERENCE_OPERATION(accumulate_fast);
VN_REFERENCE_OPERATION(update);
VN_REFERENCE_OPERATION(gather);
VN_REFERENCE_OPERATION(advance);

#endif /* VNODE_EXEC_DEVICE_REFERENCE_REFERENCE_H */
