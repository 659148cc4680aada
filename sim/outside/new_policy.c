#include "config.h"

#include "sim/outside/new_policy.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

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

static FILE *
create(const char *name, const char *file, char *path, size_t size,
       struct vn_error *err)
{
    FILE *out;

    snprintf(path, size, "%s/%s", name, file);
    out = fopen(path, "wx");
    if (out == NULL)
        vn_fail(err, VN_EIO, "%s: %s", path, strerror(errno));
    return out;
}

static enum vn_status
finish(FILE *out, const char *path, struct vn_error *err)
{
    if (fclose(out) == 0)
        return VN_OK;
    return vn_fail(err, VN_EIO, "%s: %s", path, strerror(errno));
}

enum vn_status
vn_new_policy(int nwords, char **words, struct vn_error *err)
{
    char path[128], file[64];
    const char *name = nwords == 1 ? words[0] : "";
    enum vn_status status;
    FILE *out;

    if (!is_name(name))
        return vn_fail(
            err, VN_EUSAGE,
            "new-policy: expected one NAME, of letters, digits, '_' "
            "and '-'");
    if (mkdir(name, 0777) != 0 && errno != EEXIST)
        return vn_fail(err, VN_EIO, "%s: %s", name, strerror(errno));
    snprintf(file, sizeof file, "%s.c", name);
    out = create(name, file, path, sizeof path, err);
    if (out == NULL)
        return VN_EIO;
    fprintf(out, source, name, name);
    status = finish(out, path, err);
    if (status != VN_OK)
        return status;
    out = create(name, "Makefile", path, sizeof path, err);
    if (out == NULL)
        return VN_EIO;
    fprintf(out, makefile, name, INCLUDEDIR, name, name);
    return finish(out, path, err);
}
