#include "config.h"

#include "vnode_exec/train.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>

const char *const vn_optimizer_names[2] = {"sgd", "adamw"};
const char *const vn_schedule_names[3] = {"constant", "cosine", "steps"};

void
vn_train_split(struct vn_train *t)
{
    free(t->first);
    t->first = vn_xcalloc((size_t) t->vnodes + 1, sizeof *t->first);
    for (int i = 0; i < t->vnodes; i++)
        t->first[i + 1] =
            t->first[i] + t->batch / t->vnodes + (i < t->batch % t->vnodes);
}

int64_t
vn_train_largest(const struct vn_train *t)
{
    int64_t most = 0;

    for (int i = 0; i < t->vnodes; i++) {
        int64_t n = t->first[i + 1] - t->first[i];

        most = n > most ? n : most;
    }
    return most;
}

double
vn_train_rate(const struct vn_train *t, int64_t step)
{
    double done;

    if (step < t->warmup)
        return t->rate * (double) (step + 1) / (double) t->warmup;
    if (t->steps <= t->warmup)
        return t->rate;
    done = (double) (step - t->warmup) / (double) (t->steps - t->warmup);
    switch (t->schedule) {
    case VN_COSINE:
        return t->rate * 0.5 * (1 + cos(3.14159265358979323846 * done));
    case VN_STEPS:
        return t->rate * (done < 0.5 ? 1 : done < 0.75 ? 0.1 : 0.01);
    case VN_CONSTANT:
        break;
    }
    return t->rate;
}

int
vn_train_states(const struct vn_train *t)
{
    return t->optimizer == VN_ADAMW ? 2 : 1;
}
