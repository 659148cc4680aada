#include "config.h"

#include "replay/live/layout.h"

#include "base/machine/machine.h"
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* Text that grows, as long as it fits. */
struct words {
    char *text;
    size_t used, size;
    bool cut;
};

static void __attribute__((__format__(printf, 2, 3)))
say(struct words *w, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(w->text + w->used, w->size - w->used, format, args);
    va_end(args);
    w->used += n > 0 ? (size_t) n : 0;
    if (w->used >= w->size) {
        w->used = w->size - 1;
        w->cut = true;
    }
}

/* The solver's split of devices of several types; false: there is none. */
static bool
split(const struct vn_layout *l, const struct vn_task *task, const char *model,
      struct vn_mix *mix)
{
    struct vn_mix_question question = {.cluster = l->cluster,
                                       .profile = l->profile,
                                       .devices = task->devices,
                                       .batch = task->job->global_batch,
                                       .sync_s = NAN};
    int types = 0;

    for (int t = 0; t < l->cluster->ntypes; t++)
        types += task->devices[t] > 0;
    if (types < 2 || l->profile == NULL)
        return false;
    question.model = vn_profile_model(l->profile, model);
    return question.model >= 0 && vn_mix_solve(&question, mix, 1) == 1;
}

int
vn_layout_cpu(int device)
{
    return device % vn_processors();
}

int
vn_layout_write(const struct vn_layout *l, const struct vn_task *task,
                const char *model, char *text, size_t size, int *device)
{
    struct words w = {.text = text, .size = size};
    struct vn_mix mix;
    bool mixed = split(l, task, model, &mix);
    int n = 0;

    text[0] = '\0';
    for (int t = 0; t < l->cluster->ntypes; t++)
        for (int i = 0; i < task->devices[t]; i++)
            if (!mixed || mix.vnodes[t] > 0) {
                device[n] = l->offset[t]
                            + vn_fleet_device(task->fleet, task->slot, t, i);
                say(&w, "%s%s:cpu=%d", n > 0 ? "," : "",
                    l->cluster->types[t].name, vn_layout_cpu(device[n]));
                n++;
            }
    for (int t = 0, k = 0; t < l->cluster->ntypes && mixed; t++)
        for (int i = 0; i < task->devices[t] && mix.vnodes[t] > 0; i++)
            say(&w, "%s%dx%" PRId64, k++ > 0 ? "," : " ", mix.vnodes[t],
                mix.batch[t]);
    return w.cut ? -1 : n;
}
