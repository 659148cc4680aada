/*
 * Traces: tables of jobs in order of submission.
 *
 *     job_id,submit_s,duration_s,devices                     recorded jobs
 *     job_id,submit_s,model,global_batch,vnodes,steps        modelled jobs
 *
 * with the optional columns devices (of a modelled job: the most it can use;
 * default vnodes), min_devices, max_devices, weight (default: the priority
 * where that is above 0, else 1), priority (default 0), deadline_s, user, vc,
 * device_type, and of hosts whose devices are shared device_milli (thousandths
 * of the one device it asks for, default 1000), cpu_milli, memory_mib (default
 * 0), and predicted_s (how long it was predicted to run on the devices asked
 * for; by default not known), status (how the log says that it ended:
 * completed, failed, killed or unknown, which it is where empty), and name
 * (its own; every one that differs is kept in memory).  Both kinds
 * may stand in one trace: a row with a model is a modelled job.  Rows must be
 * in order of submit_s; among rows of the same submit_s any order will do, and
 * jobs come out by id.  So a trace of any length is read in little memory; an
 * id that stands there twice is refused when the second is read or, in a long
 * trace whose ids are in no order, at its end (traces/ids.h).  Times are
 * seconds from the trace's own origin, at least 0; a remark "# origin: ..."
 * says which moment that was.
 */
#ifndef TRACES_TRACE_H
#define TRACES_TRACE_H

#include "base/error.h"
#include "base/file.h"
#include "plan/job.h"
#include "traces/trace_row.h"

#include <stdbool.h>

struct vn_trace;

/* Open a trace; path ("-": standard input) is kept. */
enum vn_status vn_trace_open(const char *path, struct vn_trace **trace,
                             struct vn_error *err);

/* The same, from a stream, which is taken; name is for messages, and kept. */
enum vn_status vn_trace_read(FILE *in, const char *name,
                             struct vn_trace **trace, struct vn_error *err);

void vn_trace_close(struct vn_trace *trace);

/* The next job, in order of (submit, id); *more is false at the end. */
enum vn_status vn_trace_next(struct vn_trace *trace, struct vn_job *job,
                             bool *more, struct vn_error *err);

/* The names met so far; borrowed, and still growing. */
const struct vn_trace_names *vn_trace_names(const struct vn_trace *trace);

/* A remark of the trace's head ("origin"), or NULL; borrowed for the moment.
 */
const char *vn_trace_remark(const struct vn_trace *trace, const char *key);

/* The share of the file read so far, 0 to 1, or 0 where it is not known. */
double vn_trace_share(const struct vn_trace *trace);

/*
 * Write a trace.  Give the jobs in order of (submit, id); a column that no
 * job needs is left out, for which the jobs are looked at first, all of them.
 * remarks, ended by NULL and each "key: value", stand at the head.
 */
enum vn_status vn_trace_write(const char *path, const char *const *remarks,
                              const struct vn_job *jobs, size_t njobs,
                              const struct vn_trace_names *names,
                              struct vn_error *err);

/* The same, to a stream, whose errors are the caller's to look for. */
void vn_trace_print(FILE *out, const char *const *remarks,
                    const struct vn_job *jobs, size_t njobs,
                    const struct vn_trace_names *names);

/*
 * The same, job by job, of any number of jobs.  Of a new writer expect a job
 * with each column that will be needed, then write the head, then the jobs.
 * names may grow until the jobs that use them are put.
 */
struct vn_trace_writer {
    FILE *out;
    const struct vn_trace_names *names;
    unsigned columns; /* a bit for each */
};

struct vn_trace_writer vn_trace_writer(FILE *out,
                                       const struct vn_trace_names *names);
void vn_trace_expect(struct vn_trace_writer *writer, const struct vn_job *job);
void vn_trace_head(struct vn_trace_writer *writer, const char *const *remarks);
void vn_trace_put(struct vn_trace_writer *writer, const struct vn_job *job);

/*
 * A hash of what a job is, whatever file and order of columns it came from,
 * chained through hash; start with 0.
 */
uint64_t vn_trace_hash(uint64_t hash, const struct vn_job *job,
                       const struct vn_trace_names *names);

/* The same, of all jobs of the trace at path. */
enum vn_status vn_trace_hash_file(const char *path, uint64_t *hash,
                                  struct vn_error *err);

/* Order by (submit, id); for qsort. */
int vn_trace_compare(const void *a, const void *b);

#endif /* TRACES_TRACE_H */
