/*
 * Command lines: one table of options for each command, from which parsing,
 * --help and the check against the manual page are made.
 *
 *     static const struct vn_option options[] = {
 *         [TRACE] = {"trace", "FILE", "the jobs, '-' for standard input"},
 *         ...
 *     };
 *     while ((i = vn_args_next(&args, &value, err)) >= 0)
 *         switch (i) { case TRACE: ... }
 *     if (i == VN_ARGS_FAILED) ...
 *     then args.rest[0..nrest) are the words that are not options
 */
#ifndef BASE_OPTION_H
#define BASE_OPTION_H

#include "base/error.h"
#include "base/number.h"

#include <stdbool.h>

struct vn_option {
    const char *name; /* without the dashes */
    const char *arg;  /* what its argument is, NULL where it takes none */
    const char *help; /* one line; a default stands in brackets at the end */
    char letter;      /* a short form, or 0 */
};

enum {
    VN_ARGS_END = -1,    /* no more options */
    VN_ARGS_FAILED = -2, /* err says why; the status is VN_EUSAGE */
    VN_ARGS_HELP = -3    /* --help or -h was given */
};

struct vn_args {
    const struct vn_option *options;
    int noptions;
    char **rest; /* once vn_args_next() said VN_ARGS_END */
    int nrest;

    /* private */
    int argc;
    char **argv;
    bool started;
};

/* Read argv[1..argc), whose order is changed: options come first. */
struct vn_args vn_args_begin(int argc, char **argv,
                             const struct vn_option *options, int noptions);

/*
 * The index of the next option, and its argument (NULL where it takes none),
 * or one of the negative numbers above.  A name may be cut where it stays
 * unique.  An unknown one fails and names the nearest.  Not for two threads.
 */
int vn_args_next(struct vn_args *args, const char **value,
                 struct vn_error *err);

/*
 * Read all options.  say() answers those that only print, VN_ARGS_HELP among
 * them, after which *done is true; take() gets the others.  Fails with
 * VN_EUSAGE where an option is none or was refused.
 */
typedef bool vn_args_say(int option);
typedef enum vn_status vn_args_take(void *arg, int option, const char *value,
                                    struct vn_error *err);
enum vn_status vn_args_all(struct vn_args *args, vn_args_say *say,
                           vn_args_take *take, void *arg, bool *done,
                           struct vn_error *err);

/* Fail with "--NAME: 'VALUE' is wrong, expected WHY" and VN_EUSAGE. */
enum vn_status vn_args_refuse(struct vn_error *err, const char *name,
                              const char *value, const char *why);

/* The table as --help shows it, two columns that line up, within 80. */
void vn_option_help(FILE *out, const struct vn_option *options, int noptions);

/*
 * The length of the first word of a list with commas.  A file whose name has
 * commas is one word: of several that begin the list, the longest.  So is a
 * command, `exec:` or `libos:`, whatever stands in it: it ends the list.
 */
size_t vn_list_word(const char *list);

/* One of several names: its index, or fail as vn_args_refuse() does. */
enum vn_status vn_option_choice(const char *name, const char *value,
                                const char *const *choices, int n, int *choice,
                                struct vn_error *err);

/* A number, time or size from min to max (base/number.h), or fail so too. */
enum vn_status vn_option_int(const char *name, const char *value, int64_t min,
                             int64_t max, int64_t *to, struct vn_error *err);
enum vn_status vn_option_real(const char *name, const char *value, double min,
                              double max, double *to, struct vn_error *err);
enum vn_status vn_option_time(const char *name, const char *value, vn_time min,
                              vn_time max, vn_time *to, struct vn_error *err);

/*
 * A load: what is asked for as a share of what there is, where 0.9 is 90 %.
 * Who writes 90 did not mean ninety clusters.
 */
#define VN_LOAD_MAX    10.0
#define VN_LOAD_WANTED "a share of the cluster, where 0.9 is 90 %, up to 10"

enum vn_status vn_option_bytes(const char *name, const char *value,
                               int64_t min, int64_t max, int64_t *to,
                               struct vn_error *err);

#endif /* BASE_OPTION_H */
