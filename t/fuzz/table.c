/* Any bytes as a table, in each of the forms that readers use. */
#include "config.h"

#include "base/table.h"
#include "t/fuzz/fuzz.h"

#include <string.h>

static const struct vn_column columns[] = {
    {"job_id", true},
    {"submit_s", true},
    {"duration_s", false},
    {"devices", false},
};

enum {
    NCOLUMNS = sizeof columns / sizeof *columns
};

/* A cell is text of its own, and the readers of numbers keep their bounds. */
static void
check_row(struct vn_table *t)
{
    struct vn_error err;
    int64_t n;
    double x;
    vn_time time;

    for (int c = 0; c < NCOLUMNS; c++) {
        const char *text = vn_table_text(t, c);

        FUZZ_CHECK(vn_table_empty(t, c) == (strlen(text) == 0));
        if (vn_table_int(t, c, -5, 7000, &n, &err) == VN_OK)
            FUZZ_CHECK(n >= -5 && n <= 7000);
        if (vn_table_real(t, c, -0.5, 1e9, &x, &err) == VN_OK)
            FUZZ_CHECK(x >= -0.5 && x <= 1e9);
        if (vn_table_time(t, c, 0, VN_TIME_MAX, &time, &err) == VN_OK)
            FUZZ_CHECK(time >= 0 && time <= VN_TIME_MAX);
        else
            FUZZ_CHECK(err.line >= vn_table_line(t) && err.column > 0);
        if (vn_table_bytes(t, c, 1, INT64_C(1) << 50, &n, &err) == VN_OK)
            FUZZ_CHECK(n >= 1 && n <= INT64_C(1) << 50);
    }
}

static void
read_all(FILE *in, const struct vn_table_form *form)
{
    struct vn_error err = {0};
    struct vn_table *table;
    enum vn_status status;
    bool more;
    long line = 0;

    status = vn_table_read(in, "input", form, &table, &err);
    if (status == VN_OK) {
        while ((status = vn_table_next(table, &more, &err)) == VN_OK && more) {
            FUZZ_CHECK(vn_table_line(table) > line);
            line = vn_table_line(table);
            check_row(table);
        }
        vn_table_remark(table, "origin");
        vn_table_close(table);
    }
    if (status != VN_OK)
        FUZZ_CHECK(status == err.status && err.line > 0 && err.column > 0
                   && err.text[0] != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct vn_table_form forms[] = {
        {.columns = columns, .ncolumns = NCOLUMNS},
        {.columns = columns, .ncolumns = NCOLUMNS, .ragged = true},
        {.columns = columns, .ncolumns = NCOLUMNS, .headerless = true},
        {.columns = columns,
         .ncolumns = NCOLUMNS,
         .delimiter = '\t',
         .headerless = true,
         .no_comments = true},
    };

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        FILE *in = fmemopen((void *) (uintptr_t) data, size, "r");

        FUZZ_CHECK(in != NULL);
        read_all(in, &forms[i]);
        fclose(in);
    }
    return 0;
}
