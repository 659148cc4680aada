/* How slow a host was: from probes to slowdowns and to a table. */
#include "config.h"

#include "base/names.h"
#include "plan/contention.h"
#include "replay/live/host_speed.h"
#include "t/tap.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    fputs(text, f);
    fclose(f);
}

static bool
near(double a, double b)
{
    return fabs(a - b) < 1e-9;
}

/* The probe takes 50 us, 60 beside another; on y half of that. */
static void
read_profile(const char *path, struct vn_profile *p)
{
    struct vn_error err = {0};

    write_file(path, "model,device_type,batch,step_s,probe_s,probe_power\n"
                     "net,x,1,0.001,0.00005,\n"
                     "net,y,1,0.001,0.000025,\n"
                     "half,x,1,0.001,0.00005,0.5\n"
                     "deaf,x,1,0.001,0.00005,0\n"
                     "other,x,1,0.001,,\n");
    ok(vn_profile_read(path, p, &err) == VN_OK, "a profile with a probe");
    write_file(path, "model,device_type,busy,slowdown,probe_slowdown\n"
                     "net,x,2,1.5,1.2\n");
    ok(vn_profile_read(path, p, &err) == VN_OK, "and a crowd");
    unlink(path);
}

static void
check_slowdowns(const struct vn_profile *p)
{
    int net = vn_profile_model(p, "net"), x = vn_profile_type(p, "x");
    int other = vn_profile_model(p, "other");

    ok(near(vn_host_slowdown(p, net, x, 1, 0.0001), 2),
       "twice the probe is twice as slow");
    ok(near(vn_host_slowdown(p, net, x, 2, 0.00006), 1),
       "what the devices do to each other is not the host's");
    ok(near(vn_host_slowdown(p, vn_profile_model(p, "half"), x, 1, 0.0002), 2),
       "four times the probe, to the power of a half");
    ok(near(vn_host_slowdown(p, vn_profile_model(p, "half"), x, 1, 0.0000125),
            0.5),
       "a quarter of it likewise: faster than the profile");
    ok(near(vn_host_slowdown(p, vn_profile_model(p, "deaf"), x, 1, 0.0002), 1),
       "a power of 0 is one");
    ok(near(vn_host_slowdown(p, net, x, 1, 0), 1), "no probe, nothing known");
    ok(near(vn_host_slowdown(p, other, x, 1, 0.0001), 1),
       "nor without the profile's");
    ok(near(vn_host_slowdown(p, -1, x, 1, 0.0001), 1)
           && near(vn_host_slowdown(p, net, -1, 1, 0.0001), 1),
       "nor without a profile");
}

/* The table of a run of probes, in text. */
static void
write_host(const struct vn_profile *p, struct vn_live_probe *probes, int n,
           const char *path, char *text, size_t size)
{
    struct vn_live live = {.probes = probes, .nprobes = n, .end = 350000};
    struct vn_trace_names names = {.models = {.count = 0}};
    struct vn_workload w = {.names = &names};
    char x[] = "x", y[] = "y";
    struct vn_device_type types[] = {{.name = x, .devices = 2},
                                     {.name = y, .devices = 1}};
    struct vn_cluster cluster = {.types = types, .ntypes = 2, .devices = 3};
    struct vn_error err = {0};
    bool known;
    FILE *f;

    vn_names_add(&names.models, "net");
    vn_names_add(&names.models, "half");
    text[0] = '\0';
    is_int(vn_host_write(&live, &w, &cluster, p, path, &known, &err), VN_OK,
           "a live run's probes");
    is_int(known, n > 0, "as a table, if there are any");
    f = fopen(path, "r");
    if (f != NULL) {
        text[fread(text, 1, size - 1, f)] = '\0';
        fclose(f);
        unlink(path);
    }
    if (n > 0)
        ok(vn_host_write(&live, &w, &cluster, p, "/nonexistent/host.csv",
                         &known, &err)
               != VN_OK,
           "one that cannot be written is an error");
    vn_names_free(&names.models);
}

#define HEAD "device_type,device,from_s,to_s,slowdown\n"

static void
check_tables(const struct vn_profile *p, const char *path)
{
    struct vn_job net = {.model = 0}, half = {.model = 1};
    /* x 0: nothing, then 1 and 3 times as long, then faster than the profile;
     * y 0, whose probe takes half as long, twice as slow throughout; device 7
     * is none, nor is -1. */
    struct vn_live_probe probes[] = {
        {.time = 110000, .job = &net, .device = 0, .busy = 1, .s = 0.00005},
        {.time = 190000, .job = &net, .device = 0, .busy = 1, .s = 0.00015},
        {.time = 200000, .job = &net, .device = 0, .busy = 1, .s = 0.00004},
        {.time = 0, .job = &net, .device = 2, .busy = 1, .s = 0.00005},
        {.time = 0, .job = &net, .device = 7, .busy = 1, .s = 1},
        {.time = 0, .job = &net, .device = -1, .busy = 1, .s = 1},
    };
    /* The power of a mean, not the mean of powers: (4 + 9 + 5)^(1/2) / 3^(1/2)
     * is sqrt(6). */
    struct vn_live_probe noisy[] = {
        {.time = 0, .job = &half, .device = 0, .busy = 1, .s = 0.0002},
        {.time = 1, .job = &half, .device = 0, .busy = 1, .s = 0.00045},
        {.time = 2, .job = &half, .device = 0, .busy = 1, .s = 0.00025},
    };
    char text[2000];

    write_host(p, probes, 6, path, text, sizeof text);
    is_str(text,
           HEAD "x,0,0.00,0.10,2.000000\nx,0,0.10,0.20,2.000000\n"
                "x,0,0.20,0.30,0.800000\nx,0,0.30,0.40,0.800000\n"
                "x,0,0.40,1000000.00,1.600000\n"
                /* never probed: as the others in that time */
                "x,1,0.00,0.10,2.000000\nx,1,0.10,0.20,2.000000\n"
                "x,1,0.20,0.30,0.800000\nx,1,0.30,0.40,0.800000\n"
                "x,1,0.40,1000000.00,1.700000\n"
                "y,0,0.00,0.10,2.000000\ny,0,0.10,0.20,2.000000\n"
                "y,0,0.20,0.30,2.000000\ny,0,0.30,0.40,2.000000\n"
                "y,0,0.40,1000000.00,2.000000\n",
           "means of each span, held until the next probe; faster ones too; "
           "behind the end as in the mean");
    write_host(p, noisy, 3, path, text, sizeof text);
    ok(strstr(text, HEAD "x,0,0.00,0.10,2.449490\n") == text,
       "a model's power is taken of the mean");
    write_host(p, NULL, 0, path, text, sizeof text);
    ok(text[0] == '\0' && access(path, F_OK) != 0,
       "without probes there is no table");
}

int
main(void)
{
    char path[] = "/tmp/vn-host-XXXXXX";
    struct vn_profile p = {.models = NULL};
    int fd = mkstemp(path);

    close(fd);
    read_profile(path, &p);
    check_slowdowns(&p);
    check_tables(&p, path);
    vn_profile_free(&p);
    unlink(path);
    return done_testing();
}
