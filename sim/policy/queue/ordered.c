#include "config.h"

#include "sim/policy/queue/ordered.h"

#include "base/rng.h"
#include "base/xalloc.h"

#include <stdlib.h>

struct vn_ordered_node {
    struct vn_key key;
    int64_t sum; /* of the sizes of the subtree */
    uint32_t priority;
    int size;
    int left;
    int right;
};

bool
vn_key_before(struct vn_key a, struct vn_key b)
{
    return a.major < b.major || (a.major == b.major && a.minor < b.minor);
}

void
vn_ordered_free(struct vn_ordered *set)
{
    free(set->nodes);
    *set = (struct vn_ordered){.root = -1};
}

static int64_t
sum_of(const struct vn_ordered *set, int job)
{
    return job >= 0 ? set->nodes[job].sum : 0;
}

static void
add_up(struct vn_ordered *set, int job)
{
    struct vn_ordered_node *node = &set->nodes[job];

    node->sum =
        node->size + sum_of(set, node->left) + sum_of(set, node->right);
}

/* Split the subtree into what is before key and the rest. */
static void
split(struct vn_ordered *set, int root, struct vn_key key, int *left,
      int *right)
{
    struct vn_ordered_node *node;

    if (root < 0) {
        *left = *right = -1;
        return;
    }
    node = &set->nodes[root];
    if (vn_key_before(node->key, key)) {
        *left = root;
        split(set, node->right, key, &node->right, right);
    } else {
        *right = root;
        split(set, node->left, key, left, &node->left);
    }
    add_up(set, root);
}

/* Join two subtrees, all of left before all of right. */
static int
join(struct vn_ordered *set, int left, int right)
{
    if (left < 0 || right < 0)
        return left < 0 ? right : left;
    if (set->nodes[left].priority > set->nodes[right].priority) {
        set->nodes[left].right = join(set, set->nodes[left].right, right);
        add_up(set, left);
        return left;
    }
    set->nodes[right].left = join(set, left, set->nodes[right].left);
    add_up(set, right);
    return right;
}

void
vn_ordered_add(struct vn_ordered *set, int job, struct vn_key key, int size)
{
    struct vn_ordered_node *node;
    int *link = &set->root;

    if (job >= set->allocated) {
        set->allocated = 2 * set->allocated + 64;
        if (set->allocated <= job)
            set->allocated = job + 1;
        set->nodes = vn_xrealloc(set->nodes, (size_t) set->allocated,
                                 sizeof *set->nodes);
    }
    node = &set->nodes[job];
    *node = (struct vn_ordered_node){
        .key = key,
        .priority = (uint32_t) vn_mix64((uint64_t) job + 1),
        .size = size,
        .sum = size,
        .left = -1,
        .right = -1};
    set->count++;
    while (*link >= 0 && set->nodes[*link].priority >= node->priority) {
        struct vn_ordered_node *at = &set->nodes[*link];

        at->sum += size;
        link = vn_key_before(at->key, key) ? &at->right : &at->left;
    }
    split(set, *link, key, &node->left, &node->right);
    add_up(set, job);
    *link = job;
}

void
vn_ordered_remove(struct vn_ordered *set, int job)
{
    struct vn_key key = set->nodes[job].key;
    int *link = &set->root, size = set->nodes[job].size;

    while (*link != job) {
        struct vn_ordered_node *at = &set->nodes[*link];

        at->sum -= size;
        link = vn_key_before(at->key, key) ? &at->right : &at->left;
    }
    *link = join(set, set->nodes[job].left, set->nodes[job].right);
    set->count--;
}

struct vn_key
vn_ordered_key(const struct vn_ordered *set, int job)
{
    return set->nodes[job].key;
}

int64_t
vn_ordered_total(const struct vn_ordered *set)
{
    return sum_of(set, set->root);
}

int64_t
vn_ordered_before(const struct vn_ordered *set, struct vn_key key)
{
    int64_t sum = 0;
    int at = set->root;

    while (at >= 0) {
        const struct vn_ordered_node *node = &set->nodes[at];

        if (vn_key_before(node->key, key)) {
            sum += node->size + sum_of(set, node->left);
            at = node->right;
        } else
            at = node->left;
    }
    return sum;
}

int
vn_ordered_over(const struct vn_ordered *set, int64_t limit)
{
    int at = set->root, found = -1;

    if (sum_of(set, at) <= limit)
        return -1;
    while (at >= 0) {
        const struct vn_ordered_node *node = &set->nodes[at];
        int64_t with = sum_of(set, node->left) + node->size;

        if (with > limit) {
            found = at;
            at = node->left;
        } else {
            limit -= with;
            at = node->right;
        }
    }
    return found;
}
