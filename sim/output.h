/* What vnsim writes of a run: its summary, and the table of jobs. */
#ifndef SIM_OUTPUT_H
#define SIM_OUTPUT_H

#include "sim/engine/engine.h"

#include <stdio.h>

/* Records of jobs, as they end; start from (struct vn_records) {.region}. */
struct vn_records {
    struct ed_region *region; /* where, as of sim/api/memory.h */
    struct vn_record *all;
    size_t count;
    size_t allocated;
};

void vn_records_free(struct vn_records *records);
void vn_records_add(struct vn_records *records,
                    const struct vn_record *record);

/* Put them in order of id. */
void vn_records_sort(struct vn_records *records);

/*
 * Write job_id,submit_s,start_s,finish_s,jct_s,queue_s,preemptions,resizes,
 * device_s,failures,overhead_s,lost_s,why,state to path, in the order they
 * stand in; a time that is not there is an empty cell.
 */
enum vn_status vn_records_write(const struct vn_records *records,
                                const char *path, struct vn_error *err);

enum vn_format {
    VN_FORMAT_TEXT,
    VN_FORMAT_CSV,
    VN_FORMAT_JSON
};

/* What a summary is of. */
struct vn_heading {
    const char *trace;
    const char *cluster;
    const char *policy;
    const char *backend; /* that confines it, or NULL */
    int devices;
    double wall_s;      /* of the whole run */
    double cpu_s;       /* of the process so far */
    int64_t peak_bytes; /* of its memory */
};

/* How many jobs were rejected for which reason, as in "1 too large, 2 no such
 * device type: h100", into size bytes; "" where none was. */
void vn_summary_refusals(const struct vn_summary *summary, char *text,
                         size_t size);

/* What a reader must know of a summary's numbers, or NULL; constant. */
const char *vn_summary_remark(const struct vn_summary *summary);

/*
 * Print a summary, what is not known as "-", an empty cell or null; CSV is a
 * header and one row, JSON one object.
 */
void vn_summary_print(FILE *out, enum vn_format format,
                      const struct vn_heading *heading,
                      const struct vn_summary *summary);

#endif /* SIM_OUTPUT_H */
