/*
 * JSON logs: an array of objects, read one object at a time, so that a log of
 * any length takes little memory and each object has its line.
 */
#ifndef TRACES_IMPORT_JSON_H
#define TRACES_IMPORT_JSON_H

#include "traces/import/import.h"

struct json_t; /* jansson's */

/* One object, which begins at the line; true values of it are the job's. */
typedef enum vn_status vn_import_object_fn(struct vn_import *im,
                                           const struct json_t *object,
                                           long line, struct vn_error *err);

/* Read im->in, an array, and give each of its objects to fn, in order. */
enum vn_status vn_import_json(struct vn_import *im, vn_import_object_fn *fn,
                              struct vn_error *err);

/*
 * A member as a whole number of [min, max], *found false where there is none
 * or it is null; one of another kind or outside is an error.
 */
enum vn_status vn_import_json_int(const struct vn_import *im,
                                  const struct json_t *object, const char *key,
                                  long line, int64_t min, int64_t max,
                                  int64_t *value, bool *found,
                                  struct vn_error *err);

/* The same of any number, and of a text, which is borrowed. */
enum vn_status vn_import_json_real(const struct vn_import *im,
                                   const struct json_t *object,
                                   const char *key, long line, double min,
                                   double max, double *value, bool *found,
                                   struct vn_error *err);
enum vn_status vn_import_json_text(const struct vn_import *im,
                                   const struct json_t *object,
                                   const char *key, long line,
                                   const char **value, struct vn_error *err);

/* Fail at an object for want of a member. */
enum vn_status vn_import_json_lacks(const struct vn_import *im,
                                    const char *key, long line,
                                    struct vn_error *err);

#endif /* TRACES_IMPORT_JSON_H */
