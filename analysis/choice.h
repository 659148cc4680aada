/*
 * Which runs of a results file are meant.
 *
 *     vn_choice_add(&choice, "costs=none", err);   --where, any column of run
 *     vn_choice_keep(&choice, &runs, path, err);
 *
 * A name that no run has is an error with the nearest one.
 */
#ifndef ANALYSIS_CHOICE_H
#define ANALYSIS_CHOICE_H

#include "analysis/runs.h"

enum {
    VN_CHOICE_MAX = 32
};

struct vn_choice {
    int column[VN_CHOICE_MAX]; /* of the table run */
    const char *value[VN_CHOICE_MAX];
    bool pattern[VN_CHOICE_MAX]; /* the value is one, as of a shell */
    int n;
};

/* Add "COLUMN=VALUE", which is kept: as exports write it, "none" for nothing.
 * Fails with VN_EUSAGE, where there is no such column with the nearest. */
enum vn_status vn_choice_add(struct vn_choice *choice, const char *words,
                             struct vn_error *err);

/* The same of a column that there is. */
enum vn_status vn_choice_column(struct vn_choice *choice, const char *column,
                                const char *value, struct vn_error *err);

/* The same by a pattern, as a shell matches files' names: "*2020*". */
enum vn_status vn_choice_pattern(struct vn_choice *choice, const char *column,
                                 const char *pattern, struct vn_error *err);

/*
 * Keep the runs that were chosen; path is the file they are from.  Fails where
 * no run has a value, or where none has all.
 */
enum vn_status vn_choice_keep(const struct vn_choice *choice,
                              struct vn_runs *runs, const char *path,
                              struct vn_error *err);

/* Keep the runs of the policies in a list with commas, each a policy's name,
 * one with its options, or a pattern of such.  Fails where one of them has no
 * run. */
enum vn_status vn_choice_policies(const char *list, struct vn_runs *runs,
                                  const char *path, struct vn_error *err);

/* Fail where no run is under this policy. */
enum vn_status vn_choice_check(const char *policy, const struct vn_runs *runs,
                               const char *path, struct vn_error *err);

/* A column of a run as exports write it, "none" for nothing; the caller's. */
char *vn_choice_text(const struct vn_store_run *run, int column);

/*
 * What tells a group from the others, as words for --where: "costs=none,
 * placement=spread", "" where nothing does; the caller's.
 */
char *vn_choice_differences(const struct vn_groups *groups, int group);

#endif /* ANALYSIS_CHOICE_H */
