#include "config.h"

#include "plan/speed.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* One "NAME=NUMBER"; *named counts types that the cluster has. */
static enum vn_status
read_one(char *word, const struct vn_cluster *c, struct vn_speeds *s,
         bool *types, struct vn_error *err)
{
    char why[VN_WHY_SIZE], *equals = strrchr(word, '=');
    const char *wrong;
    double x;
    bool spread;
    int type;

    if (equals == NULL || equals == word)
        return vn_fail(err, VN_EUSAGE,
                       "--speed: '%.64s', expected TYPE=SPEED,... or spread=X",
                       word);
    *equals = '\0';
    spread = strcmp(word, "spread") == 0;
    wrong = vn_read_real(equals + 1, spread ? 1 : 1e-6, 1e6, &x, why);
    if (wrong != NULL)
        return vn_fail(err, VN_EUSAGE,
                       "--speed: '%.64s' of %.64s, expected %s", equals + 1,
                       word, wrong);
    type = vn_cluster_type(c, word);
    if (spread)
        s->spread = x;
    else if (type >= 0)
        s->of[type] = x;
    *types = *types || !spread;
    return VN_OK;
}

enum vn_status
vn_speeds_read(const char *words, const struct vn_cluster *c,
               struct vn_speeds *s, struct vn_error *err)
{
    char *copy = vn_xstrdup(words != NULL ? words : ""), *rest = copy, *word;
    enum vn_status status = VN_OK;
    bool types = false;

    *s = (struct vn_speeds){.spread = 1};
    while (words != NULL && status == VN_OK
           && (word = strsep(&rest, ",")) != NULL)
        status = read_one(word, c, s, &types, err);
    free(copy);
    s->unlike = s->spread != 1;
    for (int t = 0; t < c->ntypes && status == VN_OK; t++) {
        if (types && s->of[t] == 0)
            status = vn_fail(err, VN_EUSAGE,
                             "--speed: no speed of '%.64s', expected one of "
                             "each type of the cluster",
                             c->types[t].name);
        s->of[t] = types ? s->of[t] : 1;
        s->unlike = s->unlike || s->of[t] != 1;
    }
    return status;
}
