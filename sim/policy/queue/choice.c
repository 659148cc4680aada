#include "config.h"

#include "sim/policy/queue/choice.h"

const char *const vn_yes_no[] = {"yes", "no", NULL};

bool
vn_tick_waits(vn_time tick, const struct vn_view *view,
              struct vn_answer *answer)
{
    vn_time now = vn_view_now(view);

    if (tick == 0 || now % tick == 0)
        return false;
    vn_answer_wake(answer, (now / tick + 1) * tick);
    return true;
}
