#include "config.h"

#include "vnode_exec/train/train.h"

#include <math.h>

const char *const vn_optimizer_names[2] = {"sgd", "adamw"};
const char *const vn_schedule_names[3] = {"constant", "cosine", "steps"};

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
