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

/* Two devices of one type; the probe takes 50 us, 60 beside another. */
static void
read_profile(const char *path, struct vn_profile *p)
{
    struct vn_error err = {0};

    write_file(path, "model,device_type,batch,step_s,probe_s,probe_power\n"
                     "net,x,1,0.001,0.00005,\n"
                     "half,x,1,0.001,0.00005,0.5\n"
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
    ok(near(vn_host_slowdown(p, net, x, 1, 0), 1), "no probe, nothing known");
    ok(near(vn_host_slowdown(p, other, x, 1, 0.0001), 1),
       "nor without the profile's");
    ok(near(vn_host_slowdown(p, -1, x, 1, 0.0001), 1)
           && near(vn_host_slowdown(p, net, -1, 1, 0.0001), 1),
       "nor without a profile");
}

/* Device 1 is probed twice in the third tenth of a second, and in the fifth;
 * device 0 is at its fastest, and device 7 is none. */
static void
check_table(const struct vn_profile *p, const char *path)
{
    struct vn_job job = {.model = 0};
    struct vn_live_probe probes[] = {
        {.time = 210000, .job = &job, .device = 1, .busy = 1, .s = 0.0001},
        {.time = 250000, .job = &job, .device = 0, .busy = 1, .s = 0.00005},
        {.time = 290000, .job = &job, .device = 1, .busy = 1, .s = 0.0002},
        {.time = 400000, .job = &job, .device = 1, .busy = 1, .s = 0.000075},
        {.time = 400000, .job = &job, .device = 7, .busy = 1, .s = 1},
    };
    struct vn_live live = {.probes = probes, .nprobes = 5, .end = 450000};
    struct vn_trace_names names = {.models = {.count = 0}};
    struct vn_workload w = {.names = &names};
    char x[] = "x";
    struct vn_device_type type = {.name = x, .devices = 2};
    struct vn_cluster cluster = {.types = &type, .ntypes = 1, .devices = 2};
    struct vn_error err = {0};
    char text[400] = "";
    bool known;
    FILE *f;

    vn_names_add(&names.models, "net");
    ok(vn_host_write(&live, &w, &cluster, p, path, &known, &err) == VN_OK
           && known,
       "a live run's probes as a table");
    f = fopen(path, "r");
    if (f != NULL) {
        text[fread(text, 1, sizeof text - 1, f)] = '\0';
        fclose(f);
    }
    is_str(text,
           "device_type,device,from_s,to_s,slowdown\n"
           "x,1,0.00,0.10,3.000000\nx,1,0.10,0.20,3.000000\n"
           "x,1,0.20,0.30,3.000000\nx,1,0.30,0.40,3.000000\n"
           "x,1,0.40,0.50,1.500000\n",
           "means of each span, held until the next probe");
    unlink(path);
    live.nprobes = 0;
    ok(vn_host_write(&live, &w, &cluster, p, path, &known, &err) == VN_OK
           && !known && access(path, F_OK) != 0,
       "without probes there is no table");
    live.nprobes = 1;
    ok(vn_host_write(&live, &w, &cluster, p, "/nonexistent/host.csv", &known,
                     &err)
           != VN_OK,
       "a table that cannot be written is an error");
    vn_names_free(&names.models);
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
    check_table(&p, path);
    vn_profile_free(&p);
    unlink(path);
    return done_testing();
}
