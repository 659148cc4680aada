#include "config.h"

#include "sim/output.h"

#include "base/file.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void
vn_records_free(struct vn_records *r)
{
    vn_region_free(r->region, r->all);
    *r = (struct vn_records){0};
}

void
vn_records_add(struct vn_records *r, const struct vn_record *record)
{
    if (r->count == r->allocated) {
        r->allocated = 2 * r->allocated + 256;
        r->all =
            vn_region_realloc(r->region, r->all, r->allocated, sizeof *r->all);
    }
    r->all[r->count++] = *record;
}

static int
compare(const void *a, const void *b)
{
    const struct vn_record *x = a, *y = b;

    return x->id < y->id ? -1 : x->id > y->id;
}

void
vn_records_sort(struct vn_records *r)
{
    if (r->count > 0)
        qsort(r->all, r->count, sizeof *r->all, compare);
}

static void
write_time(FILE *out, vn_time time, char after)
{
    char text[VN_NUMBER_SIZE];

    if (time >= 0)
        fputs(vn_format_time(text, time), out);
    putc(after, out);
}

static void
write_record(FILE *out, const struct vn_record *r)
{
    char why[128];

    fprintf(out, "%" PRId64 ",", r->id);
    write_time(out, r->submit, ',');
    write_time(out, r->start, ',');
    write_time(out, r->finish, ',');
    write_time(out, r->finish >= 0 ? r->finish - r->submit : -1, ',');
    write_time(out, r->start >= 0 ? r->start - r->submit : -1, ',');
    fprintf(out, "%d,%d,", r->preemptions, r->resizes);
    write_time(out, r->device_us, ',');
    fprintf(out, "%d,", r->failures);
    write_time(out, r->overhead_us, ',');
    write_time(out, r->lost_us, ',');
    vn_csv_cell(out, vn_record_why(r, why, sizeof why));
    fprintf(out, ",%s\n", vn_job_state_name(r->state));
}

enum vn_status
vn_records_write(const struct vn_records *r, const char *path,
                 struct vn_error *err)
{
    struct vn_file file;
    enum vn_status status = vn_file_create(&file, path, err);

    if (status != VN_OK)
        return status;
    fputs("job_id,submit_s,start_s,finish_s,jct_s,queue_s,preemptions,"
          "resizes,device_s,failures,overhead_s,lost_s,why,state\n",
          file.stream);
    for (size_t i = 0; i < r->count; i++)
        write_record(file.stream, &r->all[i]);
    return vn_file_commit(&file, err);
}

/* Append, as far as there is room. */
static void
append(char *text, size_t size, const char *format, ...)
{
    size_t n = strlen(text);
    va_list args;

    va_start(args, format);
    vsnprintf(text + n, size - n, format, args);
    va_end(args);
}

void
vn_summary_refusals(const struct vn_summary *s, char *text, size_t size)
{
    text[0] = '\0';
    for (int k = 0; k < VN_REFUSALS; k++) {
        if (s->refused[k] == 0)
            continue;
        append(text, size, "%s%" PRId64 " %s", *text != '\0' ? ", " : "",
               s->refused[k], vn_refusal_name((enum vn_refusal) k));
        for (int i = 0; k == VN_REFUSED_TYPE && i < VN_LACKING_MAX
                        && s->lacking[i] != NULL;
             i++)
            append(text, size, "%s %s", i > 0 ? "" : ":", s->lacking[i]);
    }
}

enum kind {
    TEXT,
    COUNT,
    SECONDS,
    SHARE
};

/* One figure of a summary, as machines get it. */
struct figure {
    const char *name;
    enum kind kind;
    const char *text;
    double value;
};

enum {
    FIGURES = 48
};

const char *
vn_summary_remark(const struct vn_summary *s)
{
    if (s->jobs == 0)
        return "no job arrived";
    if (s->finished == 0 && s->left == 0)
        return "no job can run on this cluster";
    if (s->finished == 0 && s->device_us == 0)
        return "no job was given a device";
    if (s->finished == 0)
        return "no job finished";
    if (s->left > 0)
        return "jobs are left: times are those of the jobs that finished, "
               "and there is no makespan";
    if (s->alike)
        return "recorded jobs: types and placement make no difference to how "
               "fast they go (--speed says otherwise)";
    return NULL;
}

/* A time or number of microseconds, none where it is negative. */
static double
known(vn_time t)
{
    return t >= 0 ? (double) t : NAN;
}

static int
figures(struct figure f[FIGURES], const struct vn_heading *h,
        const struct vn_summary *s, const char *refusals)
{
    int n = 0;

    f[n++] = (struct figure){"trace", TEXT, h->trace, 0};
    f[n++] = (struct figure){"cluster", TEXT, h->cluster, 0};
    f[n++] = (struct figure){"policy", TEXT, h->policy, 0};
    f[n++] = (struct figure){"jobs", COUNT, NULL, (double) s->jobs};
    f[n++] = (struct figure){"finished", COUNT, NULL, (double) s->finished};
    f[n++] = (struct figure){"rejected", COUNT, NULL, (double) s->rejected};
    f[n++] = (struct figure){"left", COUNT, NULL, (double) s->left};
    f[n++] = (struct figure){"declined", COUNT, NULL, (double) s->declined};
    f[n++] =
        (struct figure){"deadlines", COUNT, NULL, (double) s->deadlines.jobs};
    f[n++] = (struct figure){"deadlines_admitted", COUNT, NULL,
                             (double) s->deadlines.admitted};
    f[n++] = (struct figure){"deadlines_met", COUNT, NULL,
                             (double) s->deadlines.met};
    f[n++] = (struct figure){"mean_late_s", SECONDS, NULL,
                             s->deadlines.late_mean_us};
    f[n++] =
        (struct figure){"max_late_s", SECONDS, NULL, s->deadlines.late_max_us};
    f[n++] = (struct figure){"mean_rho", SHARE, NULL, s->rho.mean};
    f[n++] = (struct figure){"worst_rho", SHARE, NULL, s->rho.worst};
    f[n++] = (struct figure){"rho_above_1", SHARE, NULL, s->rho.above};
    f[n++] = (struct figure){"jain_users", SHARE, NULL, s->jain.users};
    f[n++] = (struct figure){"jain_vcs", SHARE, NULL, s->jain.vcs};
    f[n++] = (struct figure){"mean_jct_s", SECONDS, NULL, s->jct.mean};
    f[n++] = (struct figure){"p50_jct_s", SECONDS, NULL, s->jct.p50};
    f[n++] = (struct figure){"p90_jct_s", SECONDS, NULL, s->jct.p90};
    f[n++] = (struct figure){"p99_jct_s", SECONDS, NULL, s->jct.p99};
    f[n++] = (struct figure){"mean_queue_s", SECONDS, NULL, s->queueing.mean};
    f[n++] = (struct figure){"p50_queue_s", SECONDS, NULL, s->queueing.p50};
    f[n++] = (struct figure){"p90_queue_s", SECONDS, NULL, s->queueing.p90};
    f[n++] = (struct figure){"p99_queue_s", SECONDS, NULL, s->queueing.p99};
    f[n++] = (struct figure){"makespan_s", SECONDS, NULL, known(s->makespan)};
    f[n++] = (struct figure){"utilisation", SHARE, NULL, s->utilisation};
    f[n++] = (struct figure){"device_s", SECONDS, NULL, (double) s->device_us};
    f[n++] =
        (struct figure){"preemptions", COUNT, NULL, (double) s->preemptions};
    f[n++] = (struct figure){"resizes", COUNT, NULL, (double) s->resizes};
    f[n++] = (struct figure){"failures", COUNT, NULL, (double) s->failures};
    f[n++] =
        (struct figure){"overhead_s", SECONDS, NULL, (double) s->overhead_us};
    f[n++] = (struct figure){"lost_s", SECONDS, NULL, (double) s->lost_us};
    f[n++] = (struct figure){"events", COUNT, NULL, (double) s->events};
    f[n++] = (struct figure){"wall_s", SECONDS, NULL, h->wall_s * 1e6};
    f[n++] = (struct figure){"cpu_s", SECONDS, NULL, h->cpu_s * 1e6};
    f[n++] =
        (struct figure){"peak_bytes", COUNT, NULL, (double) h->peak_bytes};
    f[n++] = (struct figure){"backend", TEXT, h->backend, 0};
    f[n++] = (struct figure){"remark", TEXT, vn_summary_remark(s), 0};
    f[n++] = (struct figure){"rejected_why", TEXT,
                             s->rejected > 0 ? refusals : NULL, 0};
    f[n++] = (struct figure){"stuck", COUNT, NULL, s->stuck};
    return n;
}

/* none is what stands for a number that is not known. */
static void
print_number(FILE *out, const struct figure *f, const char *none)
{
    char text[VN_NUMBER_SIZE];

    if (isnan(f->value)) {
        fputs(none, out);
        return;
    }
    switch (f->kind) {
    case TEXT:
        break;
    case COUNT:
        fprintf(out, "%.0f", f->value);
        break;
    case SECONDS:
        fputs(vn_format_time(text, (vn_time) llround(f->value)), out);
        break;
    case SHARE:
        fprintf(out, "%.6f", f->value);
        break;
    }
}

static void
print_csv(FILE *out, const struct figure *f, int n)
{
    for (int i = 0; i < n; i++)
        fprintf(out, "%s%c", f[i].name, i + 1 < n ? ',' : '\n');
    for (int i = 0; i < n; i++) {
        if (f[i].kind == TEXT)
            vn_csv_cell(out, f[i].text != NULL ? f[i].text : "");
        else
            print_number(out, &f[i], "");
        putc(i + 1 < n ? ',' : '\n', out);
    }
}

static void
print_json(FILE *out, const struct figure *f, int n)
{
    fputs("{\n", out);
    for (int i = 0; i < n; i++) {
        fprintf(out, "  \"%s\": ", f[i].name);
        if (f[i].text == NULL && f[i].kind == TEXT)
            fputs("null", out);
        else if (f[i].kind == TEXT)
            vn_json_string(out, f[i].text);
        else
            print_number(out, &f[i], "null");
        fputs(i + 1 < n ? ",\n" : "\n}\n", out);
    }
}

static const char *
span(char text[VN_NUMBER_SIZE], double time)
{
    return isnan(time) ? "-" : vn_format_span(text, (vn_time) time);
}

static void
print_spread(FILE *out, const char *name, const struct vn_spread *s)
{
    char mean[VN_NUMBER_SIZE], p50[VN_NUMBER_SIZE], p90[VN_NUMBER_SIZE],
        p99[VN_NUMBER_SIZE];

    fprintf(out, "%-12s %10s %10s %10s %10s\n", name, span(mean, s->mean),
            span(p50, s->p50), span(p90, s->p90), span(p99, s->p99));
}

/* What changes and faults took, where they took anything. */
static void
print_waste(FILE *out, const struct vn_summary *s)
{
    double all = s->device_us > 0 ? (double) s->device_us : 1;

    if (s->failures > 0)
        fprintf(out, "%-12s %" PRId64 "\n", "failures", s->failures);
    if (s->overhead_us > 0)
        fprintf(out, "%-12s %.1f %% of the device time held\n", "overhead",
                100 * (double) s->overhead_us / all);
    if (s->lost_us > 0)
        fprintf(out, "%-12s %.1f %% of the device time held\n", "lost",
                100 * (double) s->lost_us / all);
}

/* Deadlines, where there are any. */
static void
print_deadlines(FILE *out, const struct vn_summary *s)
{
    const struct vn_deadlines *d = &s->deadlines;
    char mean[VN_NUMBER_SIZE], most[VN_NUMBER_SIZE];

    if (s->declined > 0)
        fprintf(out, "%-12s %" PRId64 "\n", "declined", s->declined);
    if (d->jobs == 0)
        return;
    fprintf(out,
            "%-12s %" PRId64 " of %" PRId64 " met, of %" PRId64
            " admitted; %" PRId64 " late",
            "deadlines", d->met, d->jobs, d->admitted, d->late);
    if (d->late > 0)
        fprintf(out, ", by %s in the mean, %s at most",
                vn_format_span(mean, (vn_time) d->late_mean_us),
                vn_format_span(most, (vn_time) d->late_max_us));
    putc('\n', out);
}

/* Fairness between users and virtual clusters, where there are several. */
static void
print_jain(FILE *out, const struct vn_jain *j)
{
    if (isnan(j->users) && isnan(j->vcs))
        return;
    fprintf(out, "%-12s", "jain");
    if (!isnan(j->users))
        fprintf(out, " %.3f over users%s", j->users, isnan(j->vcs) ? "" : ",");
    if (!isnan(j->vcs))
        fprintf(out, " %.3f over virtual clusters", j->vcs);
    putc('\n', out);
}

static void
print_text(FILE *out, const struct vn_heading *h, const struct vn_summary *s)
{
    const char *remark = vn_summary_remark(s);
    char text[VN_NUMBER_SIZE];

    fprintf(out, "%-12s %s\n", "trace", h->trace);
    fprintf(out, "%-12s %s, %d devices\n", "cluster", h->cluster, h->devices);
    fprintf(out, "%-12s %s%s%s\n\n", "policy", h->policy,
            h->backend != NULL ? ", confined by " : "",
            h->backend != NULL ? h->backend : "");
    fprintf(out,
            "%-12s %" PRId64 " finished, %" PRId64 " rejected, %" PRId64
            " left\n",
            "jobs", s->finished, s->rejected, s->left);
    if (s->rejected > 0) {
        char refusals[512];

        vn_summary_refusals(s, refusals, sizeof refusals);
        fprintf(out, "%-12s %s\n", "rejected", refusals);
    }
    if (s->stuck)
        fprintf(out,
                "%-12s nothing could happen any more: the policy gives the "
                "jobs that are left nothing\n",
                "stuck");
    print_deadlines(out, s);
    if (!isnan(s->rho.mean))
        fprintf(out,
                "%-12s %.3f in the mean, %.3f at worst, %.1f %% above 1\n",
                "rho", s->rho.mean, s->rho.worst, 100 * s->rho.above);
    print_jain(out, &s->jain);
    fprintf(out, "%-12s %s\n", "makespan", span(text, known(s->makespan)));
    if (isnan(s->utilisation))
        fprintf(out, "%-12s -\n", "utilisation");
    else
        fprintf(out, "%-12s %.1f %%\n", "utilisation", 100 * s->utilisation);
    fprintf(out, "%-12s %" PRId64 "\n", "preemptions", s->preemptions);
    fprintf(out, "%-12s %" PRId64 "\n", "resizes", s->resizes);
    print_waste(out, s);
    fprintf(out, "%-12s %" PRId64 " in %.3f s, %s\n\n", "events", s->events,
            h->wall_s, vn_format_bytes(text, h->peak_bytes));
    fprintf(out, "%-12s %10s %10s %10s %10s\n", "", "mean", "p50", "p90",
            "p99");
    print_spread(out, "jct", &s->jct);
    print_spread(out, "queueing", &s->queueing);
    if (remark != NULL)
        fprintf(out, "\n%-12s %s\n", "remark", remark);
}

void
vn_summary_print(FILE *out, enum vn_format format,
                 const struct vn_heading *heading,
                 const struct vn_summary *summary)
{
    struct figure f[FIGURES];
    char refusals[512];
    int n;

    vn_summary_refusals(summary, refusals, sizeof refusals);
    n = figures(f, heading, summary, refusals);

    switch (format) {
    case VN_FORMAT_TEXT:
        print_text(out, heading, summary);
        break;
    case VN_FORMAT_CSV:
        print_csv(out, f, n);
        break;
    case VN_FORMAT_JSON:
        print_json(out, f, n);
        break;
    }
}
