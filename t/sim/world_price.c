#include "config.h"

#include "t/sim/world.h"

#include <math.h>

double
world_contention(const struct world *world, int model, int type, int k)
{
    const int models[] = {model, model, 2, 2}, types[] = {type, 3, type, 3};

    for (int i = 0; i < 4; i++) {
        const double *row = world->crowds[models[i]][types[i]];
        int low = 1, high = 2;

        while (high < WORLD_BUSY && (row[high] == 0 || high < k)) {
            low = row[high] > 0 ? high : low;
            high++;
        }
        if (high < WORLD_BUSY && k > 1) {
            double from = low == 1 ? 1 : row[low];

            return from + (row[high] - from) * (k - low) / (high - low);
        }
        if (low > 1 && k > 1)
            return row[low];
    }
    return 1;
}

double
world_step_s(const struct world *world, const struct vn_job *job, int model,
             const int *works)
{
    int type = -1, n = 0, batch = 0;
    const struct world_curve *curve;

    for (int t = 0; t < world->cluster.ntypes; t++)
        if (works[t] > 0) {
            if (n > 0)
                return INFINITY;
            n = works[t];
            type = world->cluster.types[t].name[0] - 'a';
        }
    if (n == 0 || model + type > 2)
        return INFINITY;
    curve = &world->curves[model][type];
    while (INT64_C(1) << batch < job->global_batch / job->vnodes)
        batch++;
    return world_contention(world, model, type, n)
           * ((job->vnodes + n - 1) / n * curve->step_s[batch]
              + curve->update_s);
}
