#include "config.h"

#include "plan/adaptive/goodput.h"

#include <math.h>

enum {
    CANDIDATES = 50
};

static const double hair = 1e-8; /* of a time, and of a number of examples */

double
vn_goodput_accumulate_s(const struct vn_goodput_model *m, double atomic)
{
    return m->alpha_c + m->beta_c * atomic;
}

static double
network_s(const struct vn_goodput_model *m, int nodes, int replicas)
{
    double more = fmax(replicas - 2, hair);

    if (nodes > 1)
        return m->alpha_n + m->beta_n * more;
    if (replicas > 1)
        return m->alpha_r + m->beta_r * more;
    return hair + hair * more;
}

static double
joined_s(const struct vn_goodput_model *m, double accumulate, double network)
{
    return pow(pow(accumulate, m->gamma) + pow(network, m->gamma),
               1 / m->gamma);
}

double
vn_goodput_last_s(const struct vn_goodput_model *m, int nodes, int replicas,
                  double atomic)
{
    return joined_s(m, vn_goodput_accumulate_s(m, atomic),
                    network_s(m, nodes, replicas));
}

static struct vn_goodput
evaluate(const struct vn_goodput_model *m, struct vn_gradient gradient,
         double init_batch, double network, int replicas, double atomic,
         int accumulate)
{
    double a = vn_goodput_accumulate_s(m, atomic),
           batch = replicas * atomic * (accumulate + 1),
           scale = batch / init_batch;
    struct vn_goodput g = {
        .throughput = batch / (accumulate * a + joined_s(m, a, network)),
        .efficiency = vn_gradient_gain(gradient, scale) / scale};

    g.goodput = g.throughput * g.efficiency;
    return g;
}

struct vn_goodput
vn_goodput_of(const struct vn_goodput_model *m, struct vn_gradient gradient,
              int64_t init_batch, int nodes, int replicas, struct vn_cut cut)
{
    return evaluate(m, gradient, (double) init_batch,
                    network_s(m, nodes, replicas), replicas,
                    (double) cut.atomic, cut.accumulate);
}

/* Number k of a geometric sequence from low to high, as numpy has it. */
static double
candidate(double low, double high, int k)
{
    double from = log10(low);

    if (k == 0)
        return low;
    if (k == CANDIDATES - 1)
        return high;
    return pow(10, k * ((log10(high) - from) / (CANDIDATES - 1)) + from);
}

static float
single_candidate(float low, float high, int k)
{
    float from = log10f(low);
    float step = (log10f(high) - from) / (CANDIDATES - 1);
    float part = (float) k * step;

    if (k == 0)
        return low;
    if (k == CANDIDATES - 1)
        return high;
    return powf(10, part + from);
}

/* Cut a batch of `local` examples a device, which need be no whole number. */
static struct vn_cut
cut_local(const struct vn_batch_limits *limits, int replicas, double local)
{
    struct vn_cut cut = {
        .accumulate =
            (int) ceil(local / (double) limits->max_local - hair) - 1};

    if (cut.accumulate < 1 && replicas == 1
        && local > (double) limits->init + hair)
        cut.accumulate = 1;
    if (cut.accumulate < 0)
        cut.accumulate = 0;
    cut.atomic = (int64_t) ceil(local / (cut.accumulate + 1) - hair);
    return cut;
}

double
vn_goodput_best(const struct vn_goodput_model *m, struct vn_gradient gradient,
                const struct vn_batch_limits *limits, int nodes, int replicas,
                struct vn_cut *best)
{
    double low = fmax((double) limits->init,
                      (double) limits->min_local * replicas),
           high = (double) limits->max, most = 0,
           network = network_s(m, nodes, replicas);
    struct vn_cut last = {-1, 0}, found = {0, 0};

    for (int k = 0; k < CANDIDATES; k++) {
        struct vn_cut cut =
            limits->single
                ? cut_local(limits, replicas,
                            single_candidate((float) low, (float) high, k)
                                / (float) replicas)
                : cut_local(limits, replicas,
                            candidate(low, high, k) / replicas);
        double goodput;

        if (k == 0)
            found = cut;
        if (cut.atomic == last.atomic && cut.accumulate == last.accumulate)
            continue;
        last = cut;
        if (cut.atomic < limits->min_local || cut.atomic > limits->max_local)
            continue;
        goodput = evaluate(m, gradient, (double) limits->init, network,
                           replicas, (double) cut.atomic, cut.accumulate)
                      .goodput;
        if (goodput > most) {
            most = goodput;
            found = cut;
        }
    }
    if (best != NULL)
        *best = found;
    return most;
}
