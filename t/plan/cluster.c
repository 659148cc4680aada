#include "config.h"

#include "plan/cluster.h"
#include "t/tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* clang-format off: a case reads as text, then what is said of it. */
static const struct {
    const char *text;
    const char *summary; /* type:devices/nodes ..., or NULL */
    const char *message;
} inlines[] =
    {
        {"v100:16x8,p100:4x4", "v100:128 p100:16 = 144 on 20", NULL},
        {"x:7", "x:7 = 7 on 1", NULL},
        {"a:2x8,b:1x4,a:1x2", "a:18 b:4 = 22 on 4", NULL},
        {"host:2,host:slow=2.5:1", "host:2 host:slow=2.5:1 = 3 on 2", NULL},
        {"host:slow=2.5:threads=2:3x2", "host:slow=2.5:threads=2:6 = 6 on 3",
         NULL},
        {"host:slow=2", NULL,
         "cluster 'host:slow=2': at byte 1, expected type:nodes x devices, as "
         "in v100:16x8,p100:4x4"},
        {"v100:16x", NULL,
         "cluster 'v100:16x': at byte 9, expected type:nodes x devices, as in "
         "v100:16x8,p100:4x4"},
        {"v100:0x8", NULL,
         "cluster 'v100:0x8': at byte 7, expected type:nodes x devices, as in "
         "v100:16x8,p100:4x4"},
        {":4", NULL,
         "cluster ':4': at byte 1, expected type:nodes x devices, as in "
         "v100:16x8,p100:4x4"},
        {"a b:4", NULL,
         "cluster 'a b:4': at byte 1, expected type:nodes x devices, as in "
         "v100:16x8,p100:4x4"},
        {"a:4,", NULL,
         "cluster 'a:4,': at byte 5, expected type:nodes x devices, as in "
         "v100:16x8,p100:4x4"},
        {"a:10000000x1024", NULL,
         "cluster 'a:10000000x1024': more than 10000000 devices, expected "
         "fewer"},
        {"a:99999999999999999999x1", NULL,
         "cluster 'a:99999999999999999999x1': at byte 3, expected type:nodes "
         "x devices, as in v100:16x8,p100:4x4"},
},
  tables[] = {
      {"device_type,nodes,devices_per_node\nv100,16,8\np100,4,4\n",
       "v100:128 p100:16 = 144 on 20", NULL},
      {"nodes,devices_per_node,device_type,memory_bytes,mtbf_s\n2,8,a,16e9,"
       "3600\n1,2,a,16e9,3600\n",
       "a:18 = 18 on 3", NULL},
      {"device_type,nodes,devices_per_node\n", NULL,
       "no nodes, expected a row for each device type"},
      {"device_type,nodes,devices_per_node\na/b,1,1\n", NULL,
       "2:1: 'a/b' is no device type, expected a name without blanks, quotes, "
       "',' and '/', and ':' only as in host:slow=2"},
      {"device_type,nodes,devices_per_node\nhost:slow=2.5,1,1\n",
       "host:slow=2.5:1 = 1 on 1", NULL},
      {"device_type,nodes,devices_per_node\na:b,1,1\n", NULL,
       "2:1: 'a:b' is no device type, expected a name without blanks, quotes, "
       "',' and '/', and ':' only as in host:slow=2"},
      {"sn,cpu_milli,memory_mib,gpu,model\nn0,64000,262144,2,P100\n"
       "n1,64000,262144,2,P100\nn2,64000,262144,0,\nn3,1,1,8,V100M32\n",
       "P100:4 V100M32:8 = 12 on 3", NULL},
      {"num_switch,num_node_p_switch,num_gpu_p_node,num_cpu_p_node,"
       "mem_p_node\n2,16,4,128,254\n",
       "gpu:128 = 128 on 32", NULL},
      {"num_switch,num_node_p_switch,num_gpu_p_node\n0,16,4\n", NULL,
       "2:1: num_switch is '0', expected a whole number from 1 to 1048576"},
      {"device_type,nodes,devices_per_node\na,1,0\n", NULL,
       "2:5: devices_per_node is '0', expected a whole number from 1 to 1024"},
      {"device_type,nodes,devices_per_node\na,10000000,8\n", NULL,
       "2:3: more than 10000000 devices, expected fewer"},
      {"device_type,nodes,devices_per_node,latency_s\na,1,1,-1\n", NULL,
       "2:7: latency_s is '-1', expected a number from 0 to 1e+18"},
      {"device_type,nodes,devices_per_node,memory_bytes\na,1,1,5\na,1,2,6\n",
       NULL, "3:7: memory_bytes of 'a' is not what an earlier row says"},
};
/* clang-format on */

static void
check(const char *name, const char *what, const char *summary,
      const char *message)
{
    struct vn_cluster c;
    struct vn_error err = {0};
    char got[512] = "";

    if (vn_cluster_read(name, &c, &err) == VN_OK) {
        for (int i = 0; i < c.ntypes; i++)
            snprintf(got + strlen(got), sizeof got - strlen(got), "%s:%d ",
                     c.types[i].name, c.types[i].devices);
        snprintf(got + strlen(got), sizeof got - strlen(got), "= %d on %d",
                 c.devices, c.nodes);
        is_str(got, summary != NULL ? summary : "refused", "%s", what);
        is_int(vn_cluster_type(&c, c.types[0].name), 0, "its first type");
        is_int(vn_cluster_type(&c, "none"), -1, "a type that is not there");
        vn_cluster_free(&c);
        return;
    }
    if (err.line > 0)
        snprintf(got, sizeof got, "%ld:%ld: %s", err.line, err.column,
                 err.text);
    else if (strncmp(err.text, name, strlen(name)) == 0
             && strchr(name, '/') != NULL)
        snprintf(got, sizeof got, "%s", err.text + strlen(name) + 2);
    else
        snprintf(got, sizeof got, "%s", err.text);
    is_str(got, message != NULL ? message : "fine", "%s", what);
}

int
main(void)
{
    for (size_t i = 0; i < sizeof inlines / sizeof inlines[0]; i++)
        check(inlines[i].text, inlines[i].text, inlines[i].summary,
              inlines[i].message);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char path[] = "/tmp/vn-cluster-XXXXXX";
        FILE *f = fdopen(mkstemp(path), "w");

        fputs(tables[i].text, f);
        fclose(f);
        check(path, "a table", tables[i].summary, tables[i].message);
        unlink(path);
    }
    check("/nowhere", "a table that is not there", NULL,
          "No such file or directory");
    return done_testing();
}
