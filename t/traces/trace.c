#include "config.h"

#include "base/number.h"
#include "t/tap.h"
#include "traces/trace.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* clang-format off: a case reads as text, then its jobs or what is said. */
static const struct {
    const char *what;
    const char *text;
    const char *want;
} cases[] = {
    {"recorded jobs",
     "job_id,submit_s,duration_s,devices\n3,0,10,1\n4,1.5,20,8\n",
     "3@0:10x1 4@1.5:20x8"},
    {"jobs of one instant come by id",
     "job_id,submit_s,duration_s,devices\n9,0,1,1\n2,5,1,1\n1,5,1,1\n7,5,1,"
     "1\n8,6,1,1\n",
     "9@0:1x1 1@5:1x1 2@5:1x1 7@5:1x1 8@6:1x1"},
    {"no jobs", "job_id,submit_s,duration_s,devices\n", ""},
    {"modelled jobs",
     "job_id,submit_s,model,global_batch,vnodes,steps\n1,0,bert,64,8,100\n2,9,"
     "resnet,128,4,50\n",
     "1@0:bert/64/8/100 2@9:resnet/128/4/50"},
    {"both kinds",
     "job_id,submit_s,duration_s,devices,model,global_batch,vnodes,steps\n1,0,"
     "5,2,,,,\n2,0,,4,bert,64,8,10\n",
     "1@0:5x2 2@0:bert/64/8/10"},
    {"rows out of order",
     "job_id,submit_s,duration_s,devices\n1,5,1,1\n2,4,1,1\n",
     "3:3: submit_s is before the row above, expected rows in order of time "
     "(sort them with: vntrace import --from trace)"},
    {"an id twice in an instant",
     "job_id,submit_s,duration_s,devices\n1,5,1,1\n1,5,1,1\n",
     "3:1: job_id 1 is that of line 2 too, expected one of its own"},
    {"an id twice in an instant, with another between",
     "job_id,submit_s,duration_s,devices\n1,5,1,1\n3,5,1,1\n1,5,1,1\n"
     "4,6,1,1\n",
     "4:1: job_id 1 is that of line 2 too, expected one of its own"},
    {"neither kind", "job_id,submit_s\n1,5\n",
     "1:1: neither duration_s and devices nor model, expected one of them in "
     "the header"},
    {"a duration of nothing", "job_id,submit_s,duration_s,devices\n1,5,0,1\n",
     "2:5: duration_s is '0', expected seconds, of at least 0.000001"},
    {"no devices", "job_id,submit_s,duration_s,devices\n1,5,1,0\n",
     "2:7: devices is '0', expected a whole number from 1 to 10000000"},
    {"too much work", "job_id,submit_s,duration_s,devices\n1,5,9e9,10000\n",
     "2:5: duration_s x devices is too large, expected less than 4.6e12 "
     "device-seconds"},
    {"too many virtual nodes",
     "job_id,submit_s,model,global_batch,vnodes,steps\n1,0,bert,4,8,100\n",
     "2:12: vnodes is 8, expected at most the global batch, 4"},
    {"a negative id", "job_id,submit_s,duration_s,devices\n-1,5,1,1\n",
     "2:1: job_id is '-1', expected a whole number of at least 0"},
    {"min_devices above devices",
     "job_id,submit_s,duration_s,devices,min_devices\n1,5,1,2,3\n",
     "2:9: min_devices is '3', expected a whole number of at most 2"},
    {"max_devices below devices",
     "job_id,submit_s,duration_s,devices,max_devices\n1,5,1,2,1\n",
     "2:9: max_devices is '1', expected a whole number from 2 to 10000000"},
    {"a weight of nothing",
     "job_id,submit_s,duration_s,devices,weight\n1,5,1,2,0\n",
     "2:9: weight is '0', expected a number from 1e-09 to 1000000000"},
    {"a priority that is no number",
     "job_id,submit_s,duration_s,devices,priority\n1,5,1,2,high\n",
     "2:9: priority is 'high', expected a number from -1000000000 to "
     "1000000000"},
    {"a prediction of nothing",
     "job_id,submit_s,duration_s,devices,predicted_s\n1,5,1,2,0\n",
     "2:9: predicted_s is '0', expected seconds, of at least 0.000001"},
    {"an end of no kind",
     "job_id,submit_s,duration_s,devices,status\n1,5,1,2,done\n",
     "2:9: status is 'done', expected completed, failed, killed or unknown"},
    {"a misspelt column",
     "job_id,submit_s,duration_s,devices,wieght\n1,5,1,2,1\n",
     "1:36: unknown column 'wieght', did you mean 'weight'?"},
};
/* clang-format on */

static char path[] = "/tmp/vn-trace-XXXXXX";

static void
write_text(const char *text)
{
    FILE *f = fopen(path, "w");

    fputs(text, f);
    fclose(f);
}

/* The jobs of a trace in one line, or its error. */
static void
describe(char *got, size_t size)
{
    struct vn_trace *t = NULL;
    struct vn_error err = {0};
    struct vn_job job;
    char a[VN_NUMBER_SIZE], b[VN_NUMBER_SIZE];
    bool more;
    enum vn_status status = vn_trace_open(path, &t, &err);

    *got = '\0';
    while (status == VN_OK
           && (status = vn_trace_next(t, &job, &more, &err)) == VN_OK
           && more) {
        size_t n = strlen(got);

        if (n > 0)
            got[n++] = ' ';
        if (vn_job_is_modelled(&job))
            snprintf(got + n, size - n, "%lld@%s:%s/%lld/%d/%lld",
                     (long long) job.id, vn_format_time(a, job.submit),
                     vn_trace_names(t)->models.text[job.model],
                     (long long) job.global_batch, job.vnodes,
                     (long long) job.steps);
        else
            snprintf(got + n, size - n, "%lld@%s:%sx%d", (long long) job.id,
                     vn_format_time(a, job.submit),
                     vn_format_time(b, job.duration), job.devices);
    }
    if (status != VN_OK)
        snprintf(got, size, "%ld:%ld: %s", err.line, err.column, err.text);
    vn_trace_close(t);
}

/* What is written is read back as it was, column by column. */
static void
check_round_trip(void)
{
    static const char text[] =
        "# origin: 2020-09-09\n"
        "job_id,submit_s,duration_s,devices,model,global_batch,vnodes,steps,"
        "min_devices,max_devices,weight,priority,deadline_s,user,vc,"
        "device_type,predicted_s,status,name\n"
        "1,0,66,4,,,,,2,8,2.5,10,100,\"ann, the "
        "first\",vc1,v100,70,killed,run 1\n"
        "2,0.25,,4,bert,64,8,1050,1,4,5,5,,,,,,,\n";
    static const char *const remarks[] = {"origin: 2020-09-09", NULL};
    struct vn_trace *t = NULL;
    struct vn_job jobs[2];
    struct vn_error err;
    char back[1024] = "";
    bool more;
    FILE *f;

    write_text(text);
    ok(vn_trace_open(path, &t, &err) == VN_OK
           && vn_trace_next(t, &jobs[0], &more, &err) == VN_OK && more
           && vn_trace_next(t, &jobs[1], &more, &err) == VN_OK && more,
       "a trace with every column");
    is_str(vn_trace_remark(t, "origin"), "2020-09-09", "and its origin");
    ok(jobs[0].weight == 2.5 && jobs[0].priority == 10
           && jobs[0].deadline == 100 * VN_SECOND && jobs[0].min_devices == 2
           && jobs[0].max_devices == 8 && jobs[0].user == 0
           && jobs[1].user == -1 && jobs[1].weight == 5
           && jobs[1].deadline == -1 && jobs[0].predicted == 70 * VN_SECOND
           && jobs[1].predicted == -1 && jobs[0].outcome == VN_OUTCOME_KILLED
           && jobs[1].outcome == VN_OUTCOME_UNKNOWN && jobs[0].name == 0
           && jobs[1].name == -1,
       "with what is optional");
    ok(vn_trace_write(path, remarks, jobs, 2, vn_trace_names(t), &err)
           == VN_OK,
       "is written");
    f = fopen(path, "r");
    ok(fread(back, 1, sizeof back - 1, f) > 0, "and there");
    fclose(f);
    is_str(back, text, "as it was");
    is_int(vn_trace_write("/nowhere/t.csv", NULL, jobs, 2, vn_trace_names(t),
                          &err),
           VN_EIO, "a folder that is not there");
    vn_trace_close(t);
}

int
main(void)
{
    struct vn_trace *t;
    struct vn_error err;

    close(mkstemp(path));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char got[1024];

        write_text(cases[i].text);
        describe(got, sizeof got);
        is_str(got, cases[i].want, "%s", cases[i].what);
    }
    check_round_trip();
    unlink(path);
    is_int(vn_trace_open("/nowhere", &t, &err), VN_EIO,
           "a trace that is not there");
    return done_testing();
}
