#include "config.h"

#include "sim/outside/new_policy.h"

#include "base/file.h"
#include "base/option.h"
#include "sim/outside/virtualflow_py.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PATH_SIZE = 128
};

static const char source[] =
    "/* %s: the job that came last is served first, if it fits. */\n"
    "#include <stdlib.h>\n"
    "#include <virtualflow/policy.h>\n"
    "\n"
    "struct state {\n"
    "    int *waiting, n; /* slots of jobs, the newest last */\n"
    "};\n"
    "\n"
    "static void\n"
    "arrive(void *state, const struct vn_view *view, int job)\n"
    "{\n"
    "    struct state *s = state;\n"
    "\n"
    "    (void) view;\n"
    "    s->waiting = realloc(s->waiting, (s->n + 1) * sizeof(int));\n"
    "    s->waiting[s->n++] = job;\n"
    "}\n"
    "\n"
    "static void\n"
    "decide(void *state, const struct vn_view *view, struct vn_answer *a)\n"
    "{\n"
    "    struct state *s = state;\n"
    "    int free = vn_view_free(view, 0), need, job; /* of type 0 */\n"
    "\n"
    "    for (; s->n > 0; s->n--, free -= need) {\n"
    "        job = s->waiting[s->n - 1];\n"
    "        need = vn_view_job(view, job)->devices;\n"
    "        if (need > free)\n"
    "            return;\n"
    "        vn_answer_set(a, job, 0, need);\n"
    "    }\n"
    "}\n"
    "\n"
    "static const struct vn_policy policy = {\n"
    "    .name = \"%s\", .summary = \"last in, first out\", .rigid = true,\n"
    "    .state_size = sizeof(struct state), .arrive = arrive,\n"
    "    .decide = decide};\n"
    "VN_POLICY_EXPORT(policy);\n";

static const char makefile[] =
    "# make, then: vnsim --trace ... --cluster ... --policy ./%s.so\n"
    "CFLAGS = -O2 -Wall -Wextra -fPIC -I%s\n"
    "\n"
    "%s.so: %s.c\n"
    "\t$(CC) $(CPPFLAGS) $(CFLAGS) -shared -o $@ $<\n";

static const char python_source[] =
    "\"\"\"%s: the job that came last is served first, if it fits.\n"
    "\n"
    "    vnsim --trace TRACE --cluster CLUSTER --policy 'exec:python3 "
    "%s/%s.py'\n"
    "\"\"\"\n"
    "\n"
    "import virtualflow\n"
    "\n"
    "\n"
    "class Mine(virtualflow.Policy):\n"
    "    rigid = True  # a job has all the devices that it asks for, or none\n"
    "\n"
    "    def open(self, view):\n"
    "        self.waiting = []  # the newest last\n"
    "\n"
    "    def arrive(self, view, job):\n"
    "        self.waiting.append(job)\n"
    "\n"
    "    def decide(self, view):\n"
    "        free = view.free[0]  # of type 0\n"
    "        while self.waiting and self.waiting[-1].devices <= free:\n"
    "            job = self.waiting.pop()\n"
    "            free -= job.devices\n"
    "            view.set(job, 0, job.devices)\n"
    "\n"
    "\n"
    "virtualflow.run(Mine())\n";

static bool
is_name(const char *name)
{
    size_t n = strlen(name);

    for (const char *p = name; *p != '\0'; p++)
        if (!isalnum((unsigned char) *p) && *p != '_' && *p != '-')
            return false;
    return n > 0 && n <= 40 && isalpha((unsigned char) name[0]);
}

/* Begin a file that is not there yet. */
static enum vn_status
create(const char *folder, const char *name, char path[PATH_SIZE],
       struct vn_file *file, struct vn_error *err)
{
    snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    if (access(path, F_OK) == 0)
        return vn_fail(err, VN_EIO, "%s: %s", path, strerror(EEXIST));
    return vn_file_create(file, path, err);
}

/* Both files, which write() fills, or none of them. */
static enum vn_status
write_files(const char *folder, const char *first, const char *second,
            void (*write)(const char *name, FILE *first, FILE *second),
            struct vn_error *err)
{
    char first_path[PATH_SIZE], second_path[PATH_SIZE];
    struct vn_file first_file = {0}, second_file = {0};
    enum vn_status status;

    status = create(folder, first, first_path, &first_file, err);
    if (status == VN_OK)
        status = create(folder, second, second_path, &second_file, err);
    if (status == VN_OK) {
        write(folder, first_file.stream, second_file.stream);
        status = vn_file_commit(&first_file, err);
        if (status == VN_OK
            && (status = vn_file_commit(&second_file, err)) != VN_OK)
            unlink(first_path);
    }
    vn_file_discard(&first_file);
    vn_file_discard(&second_file);
    return status;
}

static void
write_c(const char *name, FILE *first, FILE *second)
{
    fprintf(first, source, name, name);
    fprintf(second, makefile, name, INCLUDEDIR, name, name);
}

static void
write_python(const char *name, FILE *first, FILE *second)
{
    fprintf(first, python_source, name, name, name);
    for (const char *const *line = virtualflow_py; *line != NULL; line++)
        fputs(*line, second);
}

enum option {
    PYTHON,
    NOPTIONS
};

static const struct vn_option options[] = {
    [PYTHON] = {"python", NULL, "one in Python, for --policy exec:", 0},
};

static enum vn_status
parse(int argc, char **argv, const char **name, bool *python,
      struct vn_error *err)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    const char *value;
    int i;

    *name = NULL;
    *python = false;
    while ((i = vn_args_next(&args, &value, err)) == PYTHON)
        *python = true;
    if (i == VN_ARGS_FAILED)
        return VN_EUSAGE;
    if (i == VN_ARGS_HELP) {
        puts("usage: vnsim new-policy [--python] NAME\n\n"
             "Write NAME/NAME.c, a first policy of your own, and "
             "NAME/Makefile, which\nmakes the shared object that --policy "
             "takes; or NAME/NAME.py, and beside it\nvirtualflow.py, the "
             "module that it is written with.  What is there already is\n"
             "left alone.\n");
        vn_option_help(stdout, options, NOPTIONS);
        puts("\nexample: vnsim new-policy --python mine");
        return VN_OK;
    }
    if (args.nrest != 1 || !is_name(args.rest[0]))
        return vn_fail(
            err, VN_EUSAGE,
            "new-policy: expected one NAME, of letters, digits, '_' "
            "and '-'");
    if (*python && strcmp(args.rest[0], "virtualflow") == 0)
        return vn_fail(err, VN_EUSAGE,
                       "new-policy: 'virtualflow' is the module's name, "
                       "expected another");
    *name = args.rest[0];
    return VN_OK;
}

enum vn_status
vn_new_policy(int argc, char **argv, struct vn_error *err)
{
    const char *name;
    char first[64];
    bool made, python;
    enum vn_status status = parse(argc, argv, &name, &python, err);

    if (status != VN_OK || name == NULL)
        return status;
    made = mkdir(name, 0777) == 0;
    if (!made && errno != EEXIST)
        return vn_fail(err, VN_EIO, "%s: %s", name, strerror(errno));
    snprintf(first, sizeof first, "%s.%s", name, python ? "py" : "c");
    status = write_files(name, first, python ? "virtualflow.py" : "Makefile",
                         python ? write_python : write_c, err);
    if (status != VN_OK && made)
        rmdir(name);
    return status;
}
