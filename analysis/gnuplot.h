/*
 * Running gnuplot, which reports errors less well than it draws.
 *
 * What gnuplot 5.4 does, and how it is met here:
 * - it goes on after an error, and may leave an empty file: the exit status,
 *   the word "done" at the script's end and a file that is not empty are all
 *   required;
 * - where `set output` fails the figure goes to standard output: that is
 *   /dev/null, and it draws in a folder made for it;
 * - backticks in double quotes run commands: names stand in single quotes,
 *   where nothing but the quote is special;
 * - LaTeX terminals write two files of one name: all that is in the folder is
 *   moved at the end.
 */
#ifndef ANALYSIS_GNUPLOT_H
#define ANALYSIS_GNUPLOT_H

#include "base/error.h"

/*
 * Write text and extension as one gnuplot string, quotes included.  Control
 * characters, which no string can hold, become blanks.
 */
void vn_gnuplot_quote(FILE *out, const char *text, const char *extension);

/*
 * Run folder/stem.gp, which reads folder/stem.csv, and put what it draws, as
 * `name`, in the folder.  The environment's GNUPLOT names the program,
 * "gnuplot" in PATH otherwise.  Fails with VN_EUNSUP where there is none, and
 * with VN_EIO and the first of its words where it fails.
 */
enum vn_status vn_gnuplot_run(const char *folder, const char *stem,
                              const char *name, struct vn_error *err);

#endif /* ANALYSIS_GNUPLOT_H */
