/*
 * An experiment file: a sweep and the figures of it, in YAML, to be committed
 * with a paper.
 *
 *     results: paper.db
 *     generate: [--preset philly --jobs 5000]
 *     clusters: [v100:16x8]
 *     policies: [fifo-skip, las: {form: reference}, wfs]
 *     loads: [0.7, 0.9]
 *     seeds: 1:10
 *     figures:
 *       - {figure: jct, output: jct.pdf}
 *
 * A key is an option of `vnreplay run`, or its plural; a list stands for the
 * option given several times, or for its list.  Options given on the command
 * line stand above the file.  Paths are relative to the file: vnreplay goes to
 * its folder.  A mistake is named with its line and column, also where it is
 * found later, as in a cluster that is not there.
 */
#ifndef REPLAY_SWEEP_PAPER_H
#define REPLAY_SWEEP_PAPER_H

#include "base/yaml/yaml.h"
#include "replay/sweep/request.h"

struct vn_paper {
    struct vn_yaml *tree;
    const struct vn_yaml *figures; /* a list, or NULL */
    char *name;                    /* of the file, without its folder */
};

/*
 * Read a file into a request, below what options gave it, and go to its
 * folder. path must outlive err, paper the request.  Release with
 * vn_paper_free().
 */
enum vn_status vn_paper_read(const char *path, struct vn_request *request,
                             struct vn_paper *paper, struct vn_error *err);
void vn_paper_free(struct vn_paper *paper);

/* A figure of it: words for vnplot, ended by NULL; borrowed but for the array
 * and argv[0].  results and program are the first words. */
enum vn_status vn_paper_figure(const struct vn_paper *paper, size_t figure,
                               char *program, char *results, char ***argv,
                               struct vn_error *err);

#endif /* REPLAY_SWEEP_PAPER_H */
