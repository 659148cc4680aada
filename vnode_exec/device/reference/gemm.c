/* The reference: products of matrices. */
#include "config.h"

#include "vnode_exec/device/reference/reference.h"

#include "vnode_exec/device/formula.h"

static void
gemm_one(const struct vn_gemm *g, const float *a, const float *b, float *c,
         const float *addend)
{
    for (int i = 0; i < g->m; i++) {
        for (int j = 0; j < g->n; j++) {
            float acc = 0, *to = &c[i * g->c_row + j];

            if (g->triangle == VN_LOWER_C && j > i)
                continue;
            for (int k = 0; k < g->k; k++)
                acc = VN_FMAF(a[i * g->a_row + k * g->a_col],
                              b[k * g->b_row + j * g->b_col], acc);
            if (g->bias != NULL)
                acc += g->bias[j];
            if (g->add)
                acc += *to;
            if (addend != NULL)
                acc += addend[i * g->c_row + j];
            *to = g->relu && !(acc > 0) ? 0 : acc;
        }
    }
}

void
vn_reference_gemm(struct vn_device *dev, const struct vn_gemm *g,
                  const float *a, const float *b, float *c)
{
    (void) dev;
    for (int o = 0; o < g->outer; o++)
        for (int i = 0; i < g->inner; i++) {
            ptrdiff_t at = o * g->c_outer + i * g->c_inner;

            gemm_one(g, a + o * g->a_outer + i * g->a_inner,
                     b + o * g->b_outer + i * g->b_inner, c + at,
                     g->addend != NULL ? g->addend + at : NULL);
        }
}
