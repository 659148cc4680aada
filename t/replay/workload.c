/*
 * A workload is kept from processes that are forked, which are plug-ins', and
 * stays the program's; once it is released its memory is like any other.
 */
#include "config.h"

#include "replay/sweep/workload.h"
#include "t/tap.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    NJOBS = 5000
};

/* Can a process that is forked now read the job? */
static bool
is_seen(const struct vn_job *job)
{
    pid_t pid;
    int how = 0;

    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        signal(SIGSEGV, SIG_DFL);
        _exit(*(const volatile int64_t *) &job->id == 0);
    }
    waitpid(pid, &how, 0);
    return WIFEXITED(how);
}

static const char *
write_trace(char *path)
{
    int fd = mkstemp(path);
    FILE *out = fdopen(fd, "w");

    fputs("job_id,submit_s,duration_s,devices\n", out);
    for (int i = 0; i < NJOBS; i++)
        fprintf(out, "%d,%d,%d,1\n", i + 1, 3 * i, 100 + i % 7);
    fclose(out);
    return path;
}

int
main(void)
{
    char path[] = "/tmp/vn-workload-XXXXXX";
    struct vn_trace_data data;
    struct vn_workload w;
    struct vn_error err;
    int64_t sum = 0;

    if (vn_trace_data_read(write_trace(path), &data, &err) != VN_OK)
        skip_all("%s", err.text);
    unlink(path);
    ok(is_seen(&data.jobs[NJOBS / 2]), "a trace is seen by other processes");
    vn_workload_cut(&data, 1, 2, &w);
    ok(!is_seen(&data.jobs[NJOBS / 2]), "until workloads are cut of it");
    ok(is_seen(&w.jobs[NJOBS / 4]), "these are seen");
    vn_workload_withhold(&w);
    ok(!is_seen(&w.jobs[NJOBS / 4]), "until they are withheld");
    for (size_t i = 0; i < w.njobs; i++)
        sum += w.jobs[i].id;
    is_int(sum, (int64_t) NJOBS / 2 * (NJOBS + NJOBS / 2 + 1) / 2,
           "the program has its jobs all the same");
    vn_workload_free(&w);
    vn_trace_data_free(&data);
    for (int i = 0; i < 20; i++) {
        struct vn_job *jobs =
            calloc(NJOBS / 20 * (size_t) (i + 1), sizeof *jobs);

        if (!is_seen(&jobs[NJOBS / 40 * (i + 1)]))
            sum = 0;
        free(jobs);
    }
    ok(sum != 0, "and memory that was theirs is like any other");
    return done_testing();
}
