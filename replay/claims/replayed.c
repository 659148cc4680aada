#include "config.h"

#include "replay/claims/claims.h"

#include <math.h>
#include <string.h>

/* A claim, and where its numbers stand in what an experiment finds. */
static const struct claim {
    const char *words;
    double published; /* by the paper's abstract; NAN: what the table says */
    const char *experiment;
    const char *table;
    const char *row;
    /* Columns of it; NULL where it has none. */
    const char *paper, *logs, *own, *fitted;
    bool gain; /* a ratio, of which what is over 1 counts */
} claims[] = {
    {"20 jobs: median completion time", -48, "virtualflow-20jobs",
     "9-14-2_20jobs_12jph: wfs against priority, %", "median JCT, s", NULL,
     "measured", "own", "fitted", false},
    {"20 jobs: makespan", NAN, "virtualflow-20jobs",
     "9-14-2_20jobs_12jph: wfs against priority, %", "makespan, s",
     "published", "measured", "own", "fitted", false},
    {"20 jobs, 10 an hour: median time", NAN, "virtualflow-20jobs",
     "9-14_20jobs_10jph: wfs against priority, %", "median JCT, s",
     "published", "measured", "own", "fitted", false},
    {"3 jobs: makespan", NAN, "virtualflow-3jobs",
     "9-12_3jobs: wfs against priority, %", "makespan, s", "published",
     "measured", "own", "fitted", false},
    {"3 jobs: time of the top priority", NAN, "virtualflow-3jobs",
     "9-12_3jobs: wfs against priority, %", "JCT of the top priority, s",
     "published", "measured", "own", "fitted", false},
    {"2 V100 + 8 P100: throughput", 42, "virtualflow-het",
     "What the solver says of each set of devices", "H3: 2 V100 + 8 P100",
     NULL, "measured gain", "predicted gain", NULL, true},
    {"2 V100 + 4 P100: throughput", NAN, "virtualflow-het",
     "What the solver says of each set of devices", "H2: 2 V100 + 4 P100",
     NULL, "measured gain", "predicted gain", NULL, true},
};

enum {
    NCLAIMS = sizeof claims / sizeof *claims
};

static const struct vn_experiment *
find(const char *name)
{
    for (int i = 0; vn_experiments[i] != NULL; i++)
        if (strcmp(vn_experiments[i]->name, name) == 0)
            return vn_experiments[i];
    return NULL;
}

/* A number of the claim's; NAN where the table has none. */
static double
value(const struct vn_findings *found, const struct claim *c,
      const char *column)
{
    double x = column != NULL
                   ? vn_findings_value(found, c->table, c->row, column)
                   : NAN;

    return c->gain ? 100 * (x - 1) : x;
}

enum vn_status
vn_claims_replay(const char *folder, struct vn_paths *paths,
                 struct vn_findings *findings, struct vn_error *err)
{
    static const struct vn_findings_column columns[] = {{"published", 1},
                                                        {"logs", 1},
                                                        {"replayed", 1},
                                                        {"fitted", 1},
                                                        {NULL, 0}};
    struct vn_findings *found = NULL;
    const char *last = NULL;
    enum vn_status status = VN_OK;

    vn_findings_table(findings, "Elasticity and unlike devices, % of change",
                      "claim", columns);
    for (int i = 0; i < NCLAIMS && status == VN_OK; i++) {
        const struct claim *c = &claims[i];
        struct vn_request request = {.experiment = c->experiment,
                                     .data = folder,
                                     .paths = paths,
                                     .first = INT64_MAX};

        if (last == NULL || strcmp(last, c->experiment) != 0) {
            vn_findings_free(found);
            found = vn_findings_alloc();
            status = find(c->experiment)->run(&request, found, err);
            last = c->experiment;
        }
        if (status == VN_OK)
            vn_findings_row(
                findings, c->words,
                (double[]){isnan(c->published) ? value(found, c, c->paper)
                                               : c->published,
                           value(found, c, c->logs), value(found, c, c->own),
                           value(found, c, c->fitted)});
    }
    vn_findings_free(found);
    vn_findings_note(findings, "48 and 42 %% are the abstract's, the other "
                               "published numbers the figures'.");
    vn_findings_note(findings, "logs: what its authors' own runs logged; "
                               "replayed: from their profiles;");
    vn_findings_note(findings, "fitted: from step times fitted to other runs "
                               "of theirs.  All are of V100s");
    vn_findings_note(findings, "and P100s: nothing of this machine is in "
                               "them.");
    return status;
}
