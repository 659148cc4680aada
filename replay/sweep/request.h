/*
 * A sweep as it is asked for: what traces, recipes, clusters, policies, loads
 * and seeds there are, and what is common to all runs.
 *
 *     enum option { REQUEST, OWN = VN_REQUEST_OPTIONS, ..., ASSUMED, ... };
 *     options[] = {VN_REQUEST_ROWS, [OWN] = ..., VN_ASSUMPTION_ROWS};
 *
 * It comes of options, of an experiment file (replay/sweep/paper.h), or of
 * both, where options stand above the file.
 */
#ifndef REPLAY_SWEEP_REQUEST_H
#define REPLAY_SWEEP_REQUEST_H

#include "replay/sweep/generate.h"
#include "replay/sweep/sweep.h"

enum vn_request_option {
    VN_REQUEST_TRACE,
    VN_REQUEST_GENERATE,
    VN_REQUEST_SEED,
    VN_REQUEST_LOAD,
    VN_REQUEST_CLUSTER,
    VN_REQUEST_POLICY,
    VN_REQUEST_OPTION,
    VN_REQUEST_BACKEND,
    VN_REQUEST_LIMIT,
    VN_REQUEST_WINDOWS,
    VN_REQUEST_UNTIL,
    VN_REQUEST_MEASURE,
    VN_REQUEST_SATURATED,
    VN_REQUEST_RHO,
    VN_REQUEST_KEEP,
    VN_REQUEST_RESULTS,
    VN_REQUEST_JOBS,
    VN_REQUEST_TIME_LIMIT,
    VN_REQUEST_MEMORY_LIMIT,
    VN_REQUEST_OPTIONS
};

/* clang-format off */
#define VN_REQUEST_ROWS                                                      \
    {"trace", "FILE,...", "traces; may be given again", 't'},                \
    {"generate", "RECIPE", "draw traces, as in '--preset philly --jobs "     \
     "5000'; again", 'g'},                                                   \
    {"seed", "LIST", "a replicate of each recipe for each seed, as in 1:10 " \
     "[1]", 's'},                                                            \
    {"load", "LIST", "of each cluster that recipes ask for, as in 0.5:1:0.1",\
     'l'},                                                                   \
    {"cluster", "FILE,...|INLINE", "tables, or one inline "                  \
     "(v100:16x8,p100:4x4); again", 'c'},                                    \
    {"policy", "NAME,...", "policies, las:form=reference with options; "     \
     "'all' [fifo]", 'p'},                                                   \
    {"option", "NAME=VALUE", "an option of every policy that knows it; "     \
     "again", 'o'},                                                          \
    {"backend", "NAME", "what confines a policy's FILE.so: mpk, process, "   \
     "mprotect, none", 0},                                                   \
    {"limit", "TIME|NAME=VALUE,...", "what a policy from outside may use, "  \
     "as of vnsim; again", 0},                                               \
    {"windows", "N", "cut each trace in N replicates of as many jobs [1]",   \
     'w'},                                                                   \
    {"until", "TIME", "stop each run before this time", 0},                  \
    {"measure", "FROM:TO|auto", "means of the jobs submitted then; auto "    \
     "cuts the warm-up", 0},                                                 \
    {"stop-saturated", NULL, "stop a run whose queue only grows", 0},        \
    {"rho", NULL, "measure finish-time fairness", 0},                        \
    {"keep", "run|jobs|samples|all", "of each run: its summary, jobs too, "  \
     "the cluster over time too, or allocations too [samples]", 0},          \
    {"results", "FILE", "the results file, made or added to", 'r'},          \
    {"jobs", "N", "runs at a time [one a processor]", 'j'},                  \
    {"time-limit", "TIME", "give a run up that takes longer", 0},            \
    {"memory-limit", "SIZE", "give a run up that takes more, as in 4G", 0}
/* clang-format on */

enum {
    VN_REQUEST_WORDS = 1000
};

/* The scaling that recorded jobs have beside linear, under elastic policies,
 * where none was asked for: on 20 devices about half of linear, far enough
 * from it to tell. */
extern const char vn_request_second[];

/* Words of a list, and where in a file each stands, if in one. */
struct vn_words {
    char *text[VN_REQUEST_WORDS];
    char *place[VN_REQUEST_WORDS];
    int n;
};

struct vn_request {
    struct vn_words traces;
    struct vn_words recipes;
    struct vn_range seeds;
    struct vn_range loads;
    struct vn_words clusters;
    struct vn_words predictions;
    struct vn_words policies;
    struct vn_words options; /* of policies */
    struct vn_words scalings;
    bool second; /* of these the second was not asked for */
    int64_t windows;
    struct vn_sweep sweep;

    bool given[VN_REQUEST_OPTIONS + VN_ASSUMPTIONS];
    char *place;  /* "paper.yaml:3:5", while a file is being taken, or NULL */
    char **texts; /* that the sweep borrows and are ours */
    int ntexts;
};

/* Defaults.  Release with vn_request_free(). */
void vn_request_begin(struct vn_request *request);
void vn_request_free(struct vn_request *request);

/* Take an option, whose value is kept, by its number in VN_REQUEST_ROWS; or an
 * assumption, by its number behind VN_REQUEST_OPTIONS. */
enum vn_status vn_request_take(struct vn_request *request, int option,
                               const char *value, struct vn_error *err);

/* Was anything given, from which runs follow? */
bool vn_request_is_empty(const struct vn_request *request);

/*
 * Read clusters, policies and assumptions, and see that nothing is missing;
 * command names whose --help tells more.  Whether results are named is left to
 * the command.
 */
enum vn_status vn_request_open(struct vn_request *request, const char *command,
                               struct vn_error *err);

/* A text to be kept for as long as the request. */
char *vn_request_keep(struct vn_request *request, const char *text);

#endif /* REPLAY_SWEEP_REQUEST_H */
