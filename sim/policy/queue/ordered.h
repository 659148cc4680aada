/*
 * Jobs in an order of the policy's own, with the sum of a size over any
 * beginning of it: "how many devices do the jobs before this one take?" and
 * "which is the first that takes more than there are?", each in O(log n).
 *
 * A treap (Aragon and Seidel 1989) whose priorities are a hash of the job's
 * number, so that its shape is the same in every run.
 */
#ifndef SIM_POLICY_QUEUE_ORDERED_H
#define SIM_POLICY_QUEUE_ORDERED_H

#include <stdbool.h>
#include <stdint.h>

/* Keys are compared first by major, then by minor, and are unique. */
struct vn_key {
    int64_t major;
    int64_t minor;
};

struct vn_ordered_node;

struct vn_ordered {
    struct vn_ordered_node *nodes; /* by job */
    int allocated;
    int root;
    int count;
};

/* Is a before b? */
bool vn_key_before(struct vn_key a, struct vn_key b);

/* Start from (struct vn_ordered) {.root = -1}. */
void vn_ordered_free(struct vn_ordered *set);

/* Add a job that is not there; size > 0. */
void vn_ordered_add(struct vn_ordered *set, int job, struct vn_key key,
                    int size);

/* Take away a job that is there. */
void vn_ordered_remove(struct vn_ordered *set, int job);

/* The key of a job that is there. */
struct vn_key vn_ordered_key(const struct vn_ordered *set, int job);

/* The sum of the sizes of all, and of those before key. */
int64_t vn_ordered_total(const struct vn_ordered *set);
int64_t vn_ordered_before(const struct vn_ordered *set, struct vn_key key);

/*
 * The first job whose size, with those of all before it, makes more than
 * limit, or -1.
 */
int vn_ordered_over(const struct vn_ordered *set, int64_t limit);

#endif /* SIM_POLICY_QUEUE_ORDERED_H */
