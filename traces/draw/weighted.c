#include "config.h"

#include "traces/draw/weighted.h"

#include "base/number.h"
#include "base/option.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void
vn_weighted_free(struct vn_weighted *mix)
{
    free(mix->parts);
    *mix = (struct vn_weighted){0};
}

void
vn_weighted_add(struct vn_weighted *mix, double value, double share)
{
    if (mix->parts == NULL)
        mix->parts = vn_xcalloc(VN_WEIGHTED_MAX, sizeof *mix->parts);
    mix->parts[mix->n++] = (struct vn_part){value, share, 0};
}

bool
vn_weighted_count(struct vn_weighted *mix, double value)
{
    for (int i = 0; i < mix->n; i++)
        if (mix->parts[i].value == value) {
            mix->parts[i].share++;
            return true;
        }
    if (mix->n == VN_WEIGHTED_MAX)
        return false;
    vn_weighted_add(mix, value, 1);
    return true;
}

static int
compare(const void *a, const void *b)
{
    const struct vn_part *x = a, *y = b;

    return x->value < y->value ? -1 : x->value > y->value;
}

void
vn_weighted_order(struct vn_weighted *mix)
{
    if (mix->n > 0)
        qsort(mix->parts, (size_t) mix->n, sizeof *mix->parts, compare);
}

void
vn_weighted_settle(struct vn_weighted *mix)
{
    double sum = 0, below = 0;

    vn_weighted_order(mix);
    for (int i = 0; i < mix->n; i++)
        sum += mix->parts[i].share;
    for (int i = 0; i < mix->n; i++) {
        mix->parts[i].share /= sum;
        mix->parts[i].below = below;
        below += mix->parts[i].share;
    }
}

double
vn_weighted_at(const struct vn_weighted *mix, double u)
{
    int low = 0, high = mix->n;

    while (high - low > 1) {
        int middle = (low + high) / 2;

        if (mix->parts[middle].below <= u)
            low = middle;
        else
            high = middle;
    }
    return mix->parts[low].value;
}

/* One part, "VALUE" or "VALUE:SHARE", which is cut up. */
static bool
read_part(char *word, const struct vn_weighted_form *form, double *value,
          double *share)
{
    char *colon = strchr(word, ':'), why[VN_WHY_SIZE];

    *share = 1;
    if (colon != NULL) {
        *colon++ = '\0';
        if (vn_read_real(colon, 1e-9, 1e9, share, why) != NULL)
            return false;
    }
    if (form->names != NULL) {
        *value = vn_names_add(form->names, word);
        return *word != '\0';
    }
    return vn_read_real(word, form->min, form->max, value, why) == NULL
           && !(form->whole && *value != floor(*value));
}

static enum vn_status
refuse(const char *text, const struct vn_weighted_form *form,
       struct vn_error *err)
{
    char a[VN_NUMBER_SIZE], b[VN_NUMBER_SIZE], want[160];

    if (form->names != NULL)
        return vn_args_refuse(err, form->option, text,
                              "NAME:SHARE,..., as in a:0.7,b:0.3");
    snprintf(want, sizeof want,
             "VALUE:SHARE,..., as in 1:0.7,2:0.3, of %s from %s to %s",
             form->whole ? "whole numbers" : "numbers",
             vn_format_real(a, form->min), vn_format_real(b, form->max));
    return vn_args_refuse(err, form->option, text, want);
}

enum vn_status
vn_weighted_read(struct vn_weighted *mix, const char *text,
                 const struct vn_weighted_form *form, struct vn_error *err)
{
    double value, share;
    const char *p = text;

    vn_weighted_free(mix);
    for (bool more = true; more;) {
        size_t n = strcspn(p, ",");
        char word[128];

        if (mix->n == VN_WEIGHTED_MAX)
            return vn_args_refuse(err, form->option, text,
                                  "at most 1024 parts");
        if (n >= sizeof word)
            return refuse(text, form, err);
        memcpy(word, p, n);
        word[n] = '\0';
        if (!read_part(word, form, &value, &share))
            return refuse(text, form, err);
        for (int i = 0; i < mix->n; i++)
            if (mix->parts[i].value == value)
                return refuse(text, form, err);
        vn_weighted_add(mix, value, share);
        more = p[n] == ',';
        p += n + more;
    }
    vn_weighted_settle(mix);
    return VN_OK;
}
