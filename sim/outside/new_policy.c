#include "config.h"

#include "sim/outside/new_policy.h"

#include "base/file.h"
#include "base/option.h"

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

/* Both files, or none of them. */
static enum vn_status
write_files(const char *name, struct vn_error *err)
{
    char own[64], source_path[PATH_SIZE], make_path[PATH_SIZE];
    struct vn_file source_file = {0}, make_file = {0};
    enum vn_status status;

    snprintf(own, sizeof own, "%s.c", name);
    status = create(name, own, source_path, &source_file, err);
    if (status == VN_OK)
        status = create(name, "Makefile", make_path, &make_file, err);
    if (status == VN_OK) {
        fprintf(source_file.stream, source, name, name);
        fprintf(make_file.stream, makefile, name, INCLUDEDIR, name, name);
        status = vn_file_commit(&source_file, err);
        if (status == VN_OK
            && (status = vn_file_commit(&make_file, err)) != VN_OK)
            unlink(source_path);
    }
    vn_file_discard(&source_file);
    vn_file_discard(&make_file);
    return status;
}

static enum vn_status
parse(int argc, char **argv, const char **name, struct vn_error *err)
{
    struct vn_args args = vn_args_begin(argc, argv, NULL, 0);
    const char *value;
    int i = vn_args_next(&args, &value, err);

    *name = NULL;
    if (i == VN_ARGS_FAILED)
        return VN_EUSAGE;
    if (i == VN_ARGS_HELP) {
        puts("usage: vnsim new-policy NAME\n\n"
             "Write NAME/NAME.c, a first policy of your own, and "
             "NAME/Makefile, which makes the\nshared object that --policy "
             "takes.  What is there already is left alone.\n");
        vn_option_help(stdout, NULL, 0);
        return VN_OK;
    }
    if (args.nrest != 1 || !is_name(args.rest[0]))
        return vn_fail(
            err, VN_EUSAGE,
            "new-policy: expected one NAME, of letters, digits, '_' "
            "and '-'");
    *name = args.rest[0];
    return VN_OK;
}

enum vn_status
vn_new_policy(int argc, char **argv, struct vn_error *err)
{
    const char *name;
    enum vn_status status = parse(argc, argv, &name, err);
    bool made;

    if (status != VN_OK || name == NULL)
        return status;
    made = mkdir(name, 0777) == 0;
    if (!made && errno != EEXIST)
        return vn_fail(err, VN_EIO, "%s: %s", name, strerror(errno));
    status = write_files(name, err);
    if (status != VN_OK && made)
        rmdir(name);
    return status;
}
