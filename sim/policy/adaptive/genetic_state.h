/*
 * What a search consists of, for the files that carry it out.
 *
 * A state is a row of words for each job, and in it a byte for each node;
 * bytes are numbered from the least, and those behind the last node are 0.
 */
#ifndef SIM_POLICY_ADAPTIVE_GENETIC_STATE_H
#define SIM_POLICY_ADAPTIVE_GENETIC_STATE_H

#include "sim/policy/adaptive/genetic.h"

enum {
    VN_GENETIC_STATES = 100,
    VN_GENETIC_BOTH = 2 * VN_GENETIC_STATES,
    VN_GENETIC_SET = 1024 /* places of a hash table of BOTH */
};

struct vn_genetic_member {
    uint64_t *state;
    uint64_t hash;
    struct vn_genetic_value value;
    double crowding;
};

/* What so many nodes and devices are to a job. */
struct vn_genetic_cell {
    double speedup; /* -1: not yet asked */
    double stays;   /* 1 / (s + 0.001) where its row is the present one */
    double moves;   /* ... and where it is not */
};

struct vn_genetic {
    const struct vn_genetic_problem *problem; /* of the run in hand */
    struct vn_rng *rng;
    int width; /* words of a row */
    int nnodes;
    int njobs;
    int all;         /* devices of all nodes */
    uint64_t *words; /* of all states */
    uint64_t *present;
    struct vn_genetic_member members[VN_GENETIC_BOTH]; /* those that live are
                                                          the first */
    int nmembers;
    struct vn_genetic_cell *cells; /* of each job, [nodes][devices] */
    size_t *cell;                  /* [njobs]: its first */
    short set[VN_GENETIC_SET];     /* members by hash; -1: none */
    int *pick;      /* room for an order of nodes, or of states */
    uint32_t *used; /* [nnodes in whole words] */
};

/* The byte of a node in a row. */
int vn_genetic_entry(const uint64_t *row, int node);
void vn_genetic_set_entry(uint64_t *row, int node, int devices);

/* The sum of the bytes of a row, and how many are not 0. */
int vn_genetic_row(const struct vn_genetic *g, const uint64_t *row,
                   int *nodes);

/* Change a child as chance has it. */
void vn_genetic_mutate(struct vn_genetic *g, uint64_t *state);

/* Make it one that may be. */
void vn_genetic_mend(struct vn_genetic *g, uint64_t *state);

/* Of n members those that live on come first; others are room for children. */
void vn_genetic_survive(struct vn_genetic *g, int n);

#endif /* SIM_POLICY_ADAPTIVE_GENETIC_STATE_H */
