/*
 * The runs of a results file in memory, and which of them belong together.
 *
 * A *group* is of runs that differ in policy and replicate only: one trace,
 * one cluster, one set of assumptions.  A *replicate* is one draw of what is
 * random or one window of the trace; the runs of one replicate replayed the
 * same jobs (common random numbers), so policies are paired by it.
 */
#ifndef ANALYSIS_RUNS_H
#define ANALYSIS_RUNS_H

#include "base/store/store.h"

/*
 * What the runs of a group have in common: columns of run by which assumptions
 * are named and, where a file is named, told apart.  A new assumption is a row
 * here.
 */
struct vn_assumed {
    const char *name;
    const char *hash; /* of what is named, or NULL */
    bool named;       /* the name counts, not the content alone */
};

extern const struct vn_assumed vn_assumed[]; /* ended by a NULL name */

struct vn_runs {
    struct vn_store_run *all; /* texts owned */
    int n;
    int failed; /* runs that failed or were given up; not among `all` */
};

/* Read all runs that did not fail.  Release with vn_runs_free(). */
enum vn_status vn_runs_read(struct vn_store *store, struct vn_runs *runs,
                            struct vn_error *err);

void vn_runs_free(struct vn_runs *runs);

/* Is the run of that number among them? */
bool vn_runs_have(const struct vn_runs *runs, int64_t run_id);

/* Release the texts of one of them. */
void vn_run_free(struct vn_store_run *run);

/* The policy and its options, "las form=reference"; the caller's. */
char *vn_run_label(const struct vn_store_run *run);

/* The runs of a group by policy and replicate; all belong to a vn_runs. */
struct vn_group {
    const struct vn_store_run *first; /* for what all have in common */
    const struct vn_store_run **runs; /* [policy x nreplicates + replicate] */
    char **labels;                    /* of policies: "las form=reference" */
    int npolicies;
    int nreplicates;
    int incomplete; /* replicates left out: some policy has no run of it */
    int repeated;   /* left out: the same as another, for all their seeds */
};

struct vn_groups {
    struct vn_group *all;
    int n;
};

/*
 * Sort runs into groups; those of no policy, such as that of a plan, belong to
 * none.  The policy named `baseline` (a label, or the name
 * of a policy; NULL for none) stands first in its group, the others by name.
 * Labels have the digest of a plug-in only where two are of one name.
 * With `pool`, runs of different traces are replicates of one experiment;
 * without, one trace, or a window or draw of it, that was not the same jobs in
 * all of them is an error: the groups are to be released all the same.
 * Puts runs->all in another order, and needs it while the groups are in use.
 */
enum vn_status vn_groups_make(struct vn_runs *runs, const char *baseline,
                              bool pool, struct vn_groups *groups,
                              struct vn_error *err);

void vn_groups_free(struct vn_groups *groups);

/* Leave digests of plug-ins out of labels where nothing is confused by it. */
void vn_groups_shorten(struct vn_groups *groups);

/*
 * Call a policy otherwise: words are "NAME=TEXT", NAME a label or a policy's
 * name.  Fails with VN_EUSAGE where they are not, where no group has such a
 * policy, or where two in one group would then be called alike.
 */
enum vn_status vn_groups_label(struct vn_groups *groups, const char *words,
                               struct vn_error *err);

/* Order of what the runs of a group have in common: 0 within a group. */
int vn_runs_compare(const struct vn_store_run *a,
                    const struct vn_store_run *b);

/* Do the runs of two groups differ in their scaling, and in nothing else? */
bool vn_runs_differ_in_scaling(const struct vn_store_run *a,
                               const struct vn_store_run *b);

/*
 * Drop the groups of which another with this scaling differs in that alone;
 * how many.
 */
int vn_groups_prefer_scaling(struct vn_groups *groups, const char *scaling);

/* The run of a policy and replicate. */
const struct vn_store_run *vn_group_run(const struct vn_group *group,
                                        int policy, int replicate);

/* Whether a label is of the baseline: all of it, or its policy's name, that
 * of a plug-in with its digest or without. */
bool vn_group_is(const char *label, const char *baseline);

#endif /* ANALYSIS_RUNS_H */
