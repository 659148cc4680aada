/*
 * The init of a machine that does nothing but test: it runs the tests that
 * are in /t, every built-in policy as a plug-in under mpk, and programs under
 * the library OS with all that lies below it, and ends the machine with what
 * came of it (qemu's isa-debug-exit).
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
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* Run it, its output into a file where there is one. */
static int
run_into(const char *const argv[], const char *out)
{
    int how = -1;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        if (out != NULL && freopen(out, "w", stdout) == NULL)
            _exit(126);
        execv(argv[0], (char *const *) (size_t) argv);
        perror(argv[0]);
        _exit(127);
    }
    waitpid(pid, &how, 0);
    return how;
}

static int
run(const char *const argv[])
{
    return run_into(argv, NULL);
}

/* What comes, and the time since the machine started. */
static void
begin(const char *what)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    printf("# %s, after %ld s\n", what, (long) t.tv_sec);
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

enum {
    WORDS_MAX = 8,
    REFUSED = 7
};

/* A program under the library OS gives what it gives without it. */
static int
guest(const char *name, const char *const words[])
{
    const char *argv[WORDS_MAX + 8] = {"/enclavedom/enclavedom", "run",
                                       "--backend", "mpk", "--"};
    int native = run_into(words, "/a.csv"), good;

    for (int i = 0; words[i] != NULL; i++)
        argv[5 + i] = words[i];
    good = run_into(argv, "/b.csv") == native && same("/a.csv", "/b.csv");
    printf("%s - %s under the library OS gives the same\n",
           good ? "ok" : "not ok", name);
    return !good;
}

static int
attack(const char *name)
{
    const char *argv[] = {"/enclavedom/enclavedom",
                          "run",
                          "--backend",
                          "mpk",
                          "--show-tables",
                          "--allow-write",
                          "/w",
                          "--",
                          "/t/libos_attack",
                          name,
                          NULL};
    int how = run_into(argv, "/a.csv");
    int good = WIFEXITED(how)
               && (WEXITSTATUS(how) == REFUSED || WEXITSTATUS(how) == 1);

    printf("%s - %s is stopped\n", good ? "ok" : "not ok", name);
    return !good;
}

static int
evil(void)
{
    const char *argv[] = {"/enclavedom/enclavedom",
                          "run",
                          "--strict",
                          "--backend",
                          "mpk",
                          "--",
                          "/usr/bin/python3",
                          "/t/evil.py",
                          "write",
                          NULL};
    int good =
        WEXITSTATUS(run(argv)) == 1 && access("/tmp/vn-evil", F_OK) != 0;

    printf("%s - evil.py is stopped\n", good ? "ok" : "not ok");
    return !good;
}

static int
guests(void)
{
    static const char *const attacks[] = {"own-code",
                                          "own-vectors",
                                          "dropped",
                                          "read-only",
                                          "written-after",
                                          "two-mappings",
                                          "grown",
                                          "across",
                                          "pkey-set-of-library",
                                          "back-by-rights",
                                          "back-by-vectors",
                                          "gate-of-library",
                                          "selector",
                                          "mprotect-of-library",
                                          "flags"};
    const char *shell[] = {"/bin/busybox", "sh", "-c",
                           "n=0; while [ $n -lt 9 ]; do echo $n; "
                           "n=$((n + 1)); done",
                           NULL};
    const char *list[] = {"/bin/busybox", "ls", "/usr/lib", NULL};
    const char *python[] = {"/usr/bin/python3", "-c",
                            "import json, heapq\n"
                            "print(json.dumps(heapq.nsmallest(2, [3, 1, 2])))",
                            NULL};
    int failed = 0;

    mkdir("/w", 0700);
    if (chdir("/w") != 0)
        return 1;
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++)
        failed += attack(attacks[i]);
    if (access("/bin/busybox", X_OK) == 0)
        failed += guest("busybox sh", shell) + guest("busybox ls", list);
    else
        puts("ok - busybox # SKIP it is not here");
    if (access("/usr/bin/python3", X_OK) == 0)
        failed += guest("python3", python) + evil();
    else
        puts("ok - python3 # SKIP it is not here");
    return failed;
}

int
main(void)
{
    static const char *const tests[] = {
        "/t/enclave.t", "/t/attack.t", "/t/after.t",    "/t/scan.t",
        "/t/escape.t",  "/t/libos.t",  "/t/extension.t"};
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
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        const char *argv[] = {tests[i], NULL};

        begin(tests[i]);
        failed += run(argv) != 0;
    }
    begin("policies");
    for (int i = 0; i < 7; i++)
        failed += policy(policies[i][0], policies[i][1]);
    begin("programs");
    failed += guests();
    begin("end");
    printf("# %d failed\n", failed);
    fflush(stdout);
    tcdrain(STDOUT_FILENO); /* or the end of it is lost */
    sync();
    if (ioperm(0xf4, 1, 1) == 0)
        outb(failed == 0 ? 1 : 2, 0xf4);
    reboot(RB_POWER_OFF);
    return 1;
}
