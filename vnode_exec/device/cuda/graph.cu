/* What is asked again and again, recorded once as a graph of kernels. */
#include "vnode_exec/device/cuda/cuda.h"

extern "C" {
#include "base/xalloc.h"
}

/*
 * A graph of kernels, and the scratch memory that they were given: once that
 * has moved they are no longer good.
 */
struct noted {
    cudaGraphExec_t graph;
    void *scratch;
};

bool
vn_cuda_record(struct vn_device *dev)
{
    struct vn_cuda *d = vn_cuda(dev);

    if (d->no_graphs || d->status != VN_OK)
        return false;
    if (vn_cuda_check(d,
                      cudaStreamBeginCapture(d->compute,
                                             cudaStreamCaptureModeThreadLocal),
                      "recording"))
        return true;
    d->no_graphs = true;
    d->status = VN_OK;
    return false;
}

/* What cannot be recorded is no failure: it is done call by call. */
void *
vn_cuda_recorded(struct vn_device *dev)
{
    struct vn_cuda *d = vn_cuda(dev);
    struct noted *n = (struct noted *) vn_xcalloc(1, sizeof *n);
    cudaGraph_t graph = NULL;

    if (vn_cuda_check(d, cudaStreamEndCapture(d->compute, &graph), "recording")
        && d->status == VN_OK)
        vn_cuda_check(d, cudaGraphInstantiate(&n->graph, graph, 0),
                      "recording");
    if (graph != NULL)
        (void) cudaGraphDestroy(graph);
    n->scratch = d->scratch;
    if (d->status == VN_OK)
        return n;
    d->no_graphs = true;
    d->status = VN_OK;
    free(n);
    return NULL;
}

bool
vn_cuda_replay(struct vn_device *dev, void *noted)
{
    struct vn_cuda *d = vn_cuda(dev);
    const struct noted *n = (const struct noted *) noted;

    if (n->scratch != d->scratch)
        return false;
    if (d->status == VN_OK)
        vn_cuda_check(d, cudaGraphLaunch(n->graph, d->compute),
                      "what was recorded");
    return true;
}

void
vn_cuda_forget(struct vn_device *dev, void *noted)
{
    struct vn_cuda *d = vn_cuda(dev);
    struct noted *n = (struct noted *) noted;

    (void) cudaStreamSynchronize(d->compute);
    (void) cudaGraphExecDestroy(n->graph);
    free(n);
}
