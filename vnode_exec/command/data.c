/*
 * vnexec data: what a data set holds, and hashes by which it is known.
 */
#include "config.h"

#include "vnode_exec/command/command.h"

#include "base/number.h"
#include "base/xalloc.h"
#include "vnode_exec/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
print_list(const char *name, const float *values, int n)
{
    char text[VN_NUMBER_SIZE];

    printf("%-10s ", name);
    for (int i = 0; i < n; i++)
        printf("%s%s", i > 0 ? "," : "",
               vn_format_real(text, (double) values[i]));
    printf("\n");
}

/* How many examples are of each class. */
static void
print_classes(const struct vn_data *d)
{
    size_t *n = vn_xcalloc((size_t) d->shape.classes, sizeof *n);

    for (size_t i = 0; i < d->train.count; i++) {
        size_t row = d->train.rows != NULL ? d->train.rows[i] : i;

        n[(size_t) vn_array_at(&d->train.labels, row)]++;
    }
    printf("%-10s ", "by class");
    for (int c = 0; c < d->shape.classes; c++)
        printf("%s%zu", c > 0 ? "," : "", n[c]);
    printf("\n");
    free(n);
}

static void
print_data(const struct vn_data *d)
{
    const struct vn_shape *s = &d->shape;

    if (s->height > 0)
        printf("%-10s %d x %d x %d\n", "example", s->height, s->width,
               s->channels);
    else
        printf("%-10s %d tokens\n", "example", d->context);
    printf("%-10s %d\n", "classes", s->classes);
    printf("%-10s %zu\n%-10s %zu\n%-10s %zu\n", "training", d->train.count,
           "validation", d->validation.count, "test", d->test.count);
    if (!d->synthetic)
        printf("%-10s %s\n%-10s %016llx\n", "numbers",
               vn_number_name(d->train.values.type), "hash",
               (unsigned long long) d->hash);
    if (d->normal.channels > 0 && d->normal.channels <= 64) {
        print_list("mean", d->normal.mean, d->normal.channels);
        print_list("scale", d->normal.scale, d->normal.channels);
    }
    if (d->train.labels.count > 0 && s->classes <= 64)
        print_classes(d);
}

int
vn_command_data(int argc, char **argv)
{
    static char option[] = "--data";
    char *words[256];
    struct vn_options o;
    struct vn_data data = {0};
    struct vn_error err = {0};
    bool help;
    int n = 0, context = 128;
    enum vn_status status;

    words[n++] = argv[0];
    if (argc > 1 && argv[1][0] != '-')
        words[n++] = option;
    for (int i = 1; i < argc && n < 255; i++)
        words[n++] = argv[i];
    words[n] = NULL;
    status = vn_options_read(n, words, &o, &help, &err);
    if (status == VN_OK && help) {
        printf("usage: vnexec data DATA [options]\n\n"
               "Read a data set and say what it holds.\n\n");
        vn_option_help(stdout, vn_exec_options, vn_exec_noptions);
        return 0;
    }
    for (int i = 0; status == VN_OK && i < o.set.n; i++)
        if (strcmp(o.set.name[i], "context") == 0)
            context = o.set.value[i];
    if (status == VN_OK)
        status = vn_data_open(o.data_name != NULL ? o.data_name : "synthetic",
                              NULL, context, &o.data, &data, &err);
    if (status == VN_OK)
        print_data(&data);
    vn_data_close(&data);
    if (status == VN_OK)
        return 0;
    vn_error_print(stderr, "vnexec", &err);
    return vn_error_exit(&err);
}
