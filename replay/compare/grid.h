/*
 * A table in print, with a row a policy, that fits a page of 80 columns: what
 * does not stand beside the policies' names stands below, under them again.
 *
 *     struct vn_grid grid = vn_grid_begin(labels, npolicies, 2);
 *     vn_grid_set(&grid, -1, 0, "title");         row -1 holds the titles
 *     vn_grid_set(&grid, p, 0, "%.2f", x);
 *     vn_grid_end(&grid);                         prints and releases it
 */
#ifndef REPLAY_COMPARE_GRID_H
#define REPLAY_COMPARE_GRID_H

struct vn_grid {
    const char *const *labels; /* borrowed */
    int rows;
    int columns;

    /* private */
    char **cells; /* [(row + 1) x columns + column] */
};

struct vn_grid vn_grid_begin(const char *const *labels, int rows, int columns);

/* Fill a cell; those that are never filled are empty. */
void vn_grid_set(struct vn_grid *grid, int row, int column, const char *format,
                 ...) __attribute__((__format__(printf, 4, 5)));

/* Print it on standard output, from row `from` on, and release it. */
void vn_grid_end(struct vn_grid *grid, int from);

/* Print a text in lines that fit the page; those that it has are kept. */
void vn_grid_say(const char *text);

#endif /* REPLAY_COMPARE_GRID_H */
