/*
 * What changes at known times in the future: how many devices are free from
 * when on, or how many a job is to have.  Steps by rising time, each in force
 * until the next, the last for ever.  Times are in seconds.
 */
#ifndef SIM_POLICY_SHARE_TIMELINE_H
#define SIM_POLICY_SHARE_TIMELINE_H

struct vn_step {
    double at;
    int devices;
};

struct vn_timeline {
    struct vn_step *steps;
    int n;
    int room;
};

/* Start from zeros. */
void vn_timeline_free(struct vn_timeline *line);

/* So many devices from then on, and nothing else. */
void vn_timeline_begin(struct vn_timeline *line, double at, int devices);

void vn_timeline_copy(struct vn_timeline *to, const struct vn_timeline *from);

/* The step that begins at that time, or -1. */
int vn_timeline_find(const struct vn_timeline *line, double at);

/* The last step that begins before that time, or -1. */
int vn_timeline_before(const struct vn_timeline *line, double at);

/* From then to the next step; a step that begins there is overwritten. */
void vn_timeline_set(struct vn_timeline *line, double at, int devices);

/* Begin a step there without changing what is in force. */
void vn_timeline_cut(struct vn_timeline *line, double at);

/* Take so many devices from each step that begins in [from, to). */
void vn_timeline_take(struct vn_timeline *line, double from, double to,
                      int devices);

/* Drop steps that change nothing. */
void vn_timeline_merge(struct vn_timeline *line);

/* The sum of devices x time until `end`. */
double vn_timeline_area(const struct vn_timeline *line, double end);

#endif /* SIM_POLICY_SHARE_TIMELINE_H */
