/*
 * The init of a machine that does nothing but test: it runs the tests that
 * are in /t, and every built-in policy as a plug-in under mpk, and ends the
 * machine with what came of it (qemu's isa-debug-exit).
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int
run(const char *const argv[])
{
    int how = -1;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        execv(argv[0], (char *const *) (size_t) argv);
        perror(argv[0]);
        _exit(127);
    }
    waitpid(pid, &how, 0);
    return how;
}

static int
same(const char *a, const char *b)
{
    FILE *f = fopen(a, "rb"), *g = fopen(b, "rb");
    int c = 0, d = 0;

    while (f != NULL && g != NULL && c == d && c != EOF) {
        c = getc(f);
        d = getc(g);
    }
    return f != NULL && g != NULL && c == d;
}

/* A policy as it is built in, and as a plug-in: the same bytes? */
static int
policy(const char *name, const char *file)
{
    char path[64];
    const char *built_in[] = {"/vnsim",   "-t", "/trace.csv", "-c",
                              "v100:1x8", "-p", name,         "-j",
                              "/a.csv",   NULL};
    const char *plug_in[] = {"/vnsim",   "-t", "/trace.csv", "-c",
                             "v100:1x8", "-p", path,         "--backend",
                             "mpk",      "-j", "/b.csv",     NULL};
    int good;

    snprintf(path, sizeof path, "/t/%s.so", file);
    good = run(built_in) == 0 && run(plug_in) == 0 && same("/a.csv", "/b.csv");
    printf("%s - %s as a plug-in under mpk gives the same bytes\n",
           good ? "ok" : "not ok", name);
    return !good;
}

int
main(void)
{
    static const char *const tests[] = {"/t/enclave.t", "/t/attack.t",
                                        "/t/after.t",   "/t/scan.t",
                                        "/t/escape.t",  "/t/libos.t"};
    static const char *const policies[][2] = {
        {"fifo", "fifo"}, {"fifo-skip", "fifo_skip"},
        {"sjf", "sjf"},   {"srtf", "srtf"},
        {"las", "las"},   {"priority", "priority"},
        {"wfs", "wfs"}};
    int failed = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    mkdir("/proc", 0755);
    mkdir("/tmp", 01777);
    if (mount("proc", "/proc", "proc", 0, NULL) != 0)
        perror("/proc");
    for (int i = 0; i < 6; i++) {
        const char *argv[] = {tests[i], NULL};

        printf("# %s\n", tests[i]);
        failed += run(argv) != 0;
    }
    puts("# policies");
    for (int i = 0; i < 7; i++)
        failed += policy(policies[i][0], policies[i][1]);
    printf("# %d failed\n", failed);
    fflush(stdout);
    sync();
    if (ioperm(0xf4, 1, 1) == 0)
        outb(failed == 0 ? 1 : 2, 0xf4);
    reboot(RB_POWER_OFF);
    return 1;
}
