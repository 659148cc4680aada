/*
 * vnexec model: a model file, checked against data and shown: its layers,
 * what they hold and ask for, and the memory by the number of virtual nodes.
 */
#include "config.h"

#include "vnode_exec/command/command.h"

#include "base/number.h"
#include "vnode_exec/job.h"
#include "vnode_exec/model/build.h"
#include "vnode_exec/train/replica.h"

#include <stdio.h>
#include <string.h>

enum {
    NODES = 1 << 12 /* virtual nodes at most in the table */
};

/* Multiplications and additions of a layer's products, forward, an example. */
static double
flops_of(const struct vn_graph *g, const struct vn_node *n)
{
    double rows = (double) n->rows;

    if (n->heads > 0) /* two products of rows x rows; half of each is needed */
        return 2 * rows * (rows + 1) * (double) n->width;
    if (n->params[0] < 0 || g->params[n->params[0]].kind != VN_WEIGHT
        || strcmp(n->layer->name, "embedding") == 0)
        return 0;
    return 2 * rows * (double) g->params[n->params[0]].size;
}

/* A layer's name is what its first parameter's has before the dot. */
static void
name_of(const struct vn_graph *g, const struct vn_node *n, char name[48])
{
    const char *full = n->params[0] >= 0 ? g->params[n->params[0]].name : "";
    const char *dot = strrchr(full, '.');

    snprintf(name, 48, "%.*s", dot != NULL ? (int) (dot - full) : 0, full);
}

static void
print_layers(const struct vn_graph *g)
{
    double flops = 0;

    printf("%-22s  %-14s  %-20s  %12s  %12s\n", "name", "layer", "gives",
           "parameters", "Mflop");
    for (int i = 0; i < g->nnodes; i++) {
        const struct vn_node *n = &g->nodes[i];
        size_t parameters = 0;
        char name[48], shape[64];

        for (int j = 0; j < VN_LAYER_PARAMS; j++)
            if (n->params[j] >= 0 && !n->transposed
                && g->params[n->params[j]].kind != VN_STATISTIC)
                parameters += g->params[n->params[j]].size;
        name_of(g, n, name);
        flops += flops_of(g, n);
        printf("%-22s  %-14s  %-20s  %12zu  %12.6f\n", name, n->layer->name,
               vn_build_shape(n, shape), parameters, 1e-6 * flops_of(g, n));
    }
    printf("%-22s  %-14s  %-20s  %12zu  %12.6f\n\n", "all", "", "",
           g->parameters, 1e-6 * flops);
}

/* Memory of one device that runs all nodes of the batch, by their number. */
static void
print_memory(const struct vn_exec_job *job)
{
    const struct vn_train *t = &job->options->train;
    const struct vn_spec *spec = &job->stages.list[0].specs.list[0];
    char bytes[VN_NUMBER_SIZE];

    printf("batch %lld, %s\n%8s  %10s  %12s\n", (long long) t->batch,
           vn_optimizer_names[t->optimizer], "vnodes", "examples", "memory");
    for (int64_t nodes = 1; nodes <= t->batch && nodes <= NODES; nodes *= 2) {
        int64_t largest = (t->batch + nodes - 1) / nodes;

        printf(
            "%8lld  %10lld  %12s\n", (long long) nodes, (long long) largest,
            vn_format_bytes(bytes, vn_replica_bytes(spec->backend, job->graph,
                                                    t, (int) largest, true)));
    }
}

static enum vn_status
show(struct vn_exec_job *job, struct vn_error *err)
{
    const struct vn_model *m = job->model;

    (void) err;
    printf("%s%s%s\n", m->name, m->summary[0] != '\0' ? ": " : "", m->summary);
    for (int i = 0; i < m->options.n; i++)
        printf("%s%s %d%s", i == 0 ? "options: " : ", ", m->options.name[i],
               m->options.value[i], i + 1 == m->options.n ? "\n" : "");
    printf("\n");
    print_layers(job->graph);
    print_memory(job);
    return VN_OK;
}

int
vn_command_model(int argc, char **argv)
{
    static char option[] = "--model", nodes[] = "--vnodes=1";
    char *words[256];
    int n = 0;

    /* One node, unless more are asked for; the model may stand alone. */
    words[n++] = argv[0];
    words[n++] = nodes;
    if (argc > 1 && (argv[1][0] != '-' || argv[1][1] == '\0'))
        words[n++] = option;
    for (int i = 1; i < argc && n < 255; i++)
        words[n++] = argv[i];
    words[n] = NULL;
    return vn_exec_job_command(
        n, words,
        "usage: vnexec model MODEL [options]\n\n"
        "Check a model against data (--data), and show its layers and what "
        "they need.\n",
        show);
}
