#include "config.h"

#include "base/table.h"
#include "t/tap.h"

#include <string.h>

enum {
    A,
    B,
    C,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [A] = {"alpha", true}, [B] = {"beta_s", true}, [C] = {"gamma", false}};

/* clang-format off: a case reads as text, then message with its place. */
static const struct {
    const char *what;
    const char *text;
    const char *message; /* "line:column: text", NULL where it is read */
    bool headerless;
} cases[] = {
    {"rows, in any order of columns", "beta_s,alpha\n1.5,2\n", NULL, false},
    {"a byte order mark, CRLF, blanks, comments, empty lines",
     "\xef\xbb\xbf# note: x\r\nalpha,beta_s\r\n\r\n# more\r\n 1 , 2.5 \r\n",
     NULL, false},
    {"no newline at the end", "alpha,beta_s\n1,2", NULL, false},
    {"a column nobody knows", "alpha,beta_s,remark\n1,2,\"x,\ny\"\n3,4,z\n",
     NULL, false},
    {"no header in a file without one", "1,2\n3,4,5\n", NULL, true},
    {"a file without a header", "",
     "1:1: no header, expected a line with the columns' names (alpha, ...)",
     false},
    {"comments only", "# x\n",
     "2:1: no header, expected a line with the columns' names (alpha, ...)",
     false},
    {"a required column that is not there", "alpha\n1\n",
     "1:1: no column 'beta_s', expected it in the header", false},
    {"semicolons", "alpha;beta_s;remark\n1;2;x,y\n", NULL, false},
    {"tabs", "alpha\tbeta_s\tremark\n1\t2\t\n", NULL, false},
    {"bars", "alpha|beta_s|remark\n1|2|a,b,c\n", NULL, false},
    {"commas, though a name has semicolons",
     "alpha,beta_s,\"a;b;c;d\"\n1,2,x\n", NULL, false},
    {"semicolons without a header", "1;2\n3;4;5\n", NULL, true},
    {"a bad cell between semicolons", "alpha;beta_s\n1;2\n3;x\n",
     "3:3: beta_s is 'x', expected seconds, of at least 0", false},
    {"a column that looks like one that is there",
     "alpha,beta_s,alpah,beta\n1,2,3,4\n", NULL, false},
    {"the same before it", "alpah,alpha,beta_s\n1,2,3\n", NULL, false},
    {"whole numbers with a point", "alpha,beta_s\n1.0,2.0\n", NULL, false},
    {"a part", "alpha,beta_s\n1.5,2.0\n",
     "2:1: alpha is '1.5', expected a whole number from 0 to 99", false},
    {"a misspelt column", "alpha,beta\n1,2\n",
     "1:7: unknown column 'beta', did you mean 'beta_s'?", false},
    {"a column twice", "alpha,beta_s,alpha\n1,2,3\n",
     "1:14: column 'alpha' is there twice", false},
    {"a short row", "alpha,beta_s\n1,2\n3\n",
     "3:1: a row of 1 cells, expected 2", false},
    {"a long row", "alpha,beta_s\n1,2,3\n",
     "2:1: a row of 3 cells, expected 2 as in the header", false},
    {"a short row of a file without a header", "1\n",
     "1:1: a row of 1 cells, expected 2 or more", true},
    {"a word for a number", "alpha,beta_s\n1,2\nx7,3\n",
     "3:1: alpha is 'x7', expected a whole number from 0 to 99", false},
    {"a number out of range", "alpha,beta_s\n1,2\n100,3\n",
     "3:1: alpha is '100', expected a whole number of at most 99", false},
    {"an empty cell", "alpha,beta_s\n1,\n",
     "2:3: empty beta_s, expected seconds, of at least 0", false},
    {"newlines inside quotes are lines",
     "alpha,beta_s,remark\n1,2,\"a\nb\"\n3,x,c\n",
     "4:3: beta_s is 'x', expected seconds, of at least 0", false},
    {"a cell's column is that of its quote", "alpha,beta_s\n1,\"x\"\n",
     "2:3: beta_s is 'x', expected seconds, of at least 0", false},
    {"a quote that is never closed", "alpha,beta_s\n1,\"2\n3,4\n",
     "2:1: a quoted cell is never closed", false},
    {"a quote inside a cell", "alpha,beta_s\n1,2\"3\n",
     "2:4: a quote inside a cell, expected it doubled or at the cell's ends",
     false},
    {"a carriage return inside a line", "alpha,beta_s\n1,2\r3,4\n",
     "2:1: a carriage return inside a line, expected it before a newline or "
     "inside quotes",
     false},
};
/* clang-format on */

static enum vn_status
read_all(FILE *in, bool headerless, int *rows, struct vn_error *err)
{
    struct vn_table_form form = {
        .columns = columns, .ncolumns = NCOLUMNS, .headerless = headerless};
    struct vn_table *t;
    enum vn_status status = vn_table_read(in, "x.csv", &form, &t, err);
    bool more;

    *rows = 0;
    while (status == VN_OK && (status = vn_table_next(t, &more, err)) == VN_OK
           && more) {
        int64_t a;
        vn_time b;

        ++*rows;
        status = vn_table_int(t, A, 0, 99, &a, err);
        if (status == VN_OK)
            status = vn_table_time(t, B, 0, VN_TIME_MAX, &b, err);
    }
    vn_table_close(t);
    return status;
}

static void
check_values(void)
{
    static const char text[] =
        "# origin: first\n# origin: 2017-10-09\nalpha,beta_s,gamma\n7,0.5,\n"
        "8,1k,3\n";
    FILE *in = fmemopen((char *) text, sizeof text - 1, "r");
    struct vn_table_form form = {.columns = columns, .ncolumns = NCOLUMNS};
    struct vn_table *t;
    struct vn_error err;
    double real;
    int64_t n;
    vn_time b;
    bool more;

    vn_table_read(in, "x.csv", &form, &t, &err);
    is_str(vn_table_remark(t, "origin"), "2017-10-09", "a remark, the last");
    ok(vn_table_remark(t, "orig") == NULL, "by its whole name");
    ok(vn_table_next(t, &more, &err) == VN_OK && more, "a row");
    ok(vn_table_has(t, C) && vn_table_empty(t, C), "an empty cell is seen");
    ok(vn_table_time(t, B, 0, VN_TIME_MAX, &b, &err) == VN_OK && b == 500000,
       "a time");
    is_int(vn_table_line(t), 4, "the line of the row");
    is_int(vn_table_width(t), 3, "its cells");
    ok(vn_table_next(t, &more, &err) == VN_OK && more, "the next row");
    ok(vn_table_real(t, C, 0, 9, &real, &err) == VN_OK && real == 3,
       "a number");
    ok(vn_table_bytes(t, B, 0, 9999, &n, &err) == VN_OK && n == 1000, "bytes");
    is_int(vn_table_real(t, B, 0, 9, &real, &err), VN_EFORMAT, "no number");
    is_str(err.text, "beta_s is '1k', expected a number from 0 to 9",
           "and why");
    is_int(vn_table_bytes(t, C, 10, 20, &n, &err), VN_EFORMAT,
           "too few bytes");
    is_int(err.column, 6, "at its cell");
    vn_table_close(t);
    fclose(in);
}

static void
check_streams(void)
{
    static const char nul[] = "alpha,beta_s\n1,\0002\n";
    FILE *in = fmemopen((char *) nul, sizeof nul - 1, "r");
    struct vn_table_form form = {.columns = columns, .ncolumns = NCOLUMNS};
    struct vn_table *t;
    struct vn_error err;
    int rows;

    is_int(read_all(in, false, &rows, &err), VN_EFORMAT, "a NUL byte");
    is_str(err.text, "a NUL byte, expected text", "is refused");
    ok(err.line == 2 && err.column == 3, "where it stands");
    fclose(in);
    is_int(vn_table_open("/nowhere", &form, &t, &err), VN_EIO,
           "a file that is not there");
    is_str(err.text, "/nowhere: No such file or directory", "is said");
}

int
main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        FILE *in =
            *cases[i].text != '\0'
                ? fmemopen((char *) cases[i].text, strlen(cases[i].text), "r")
                : fopen("/dev/null", "r");
        struct vn_error err = {0};
        char got[512];
        int rows;

        if (read_all(in, cases[i].headerless, &rows, &err) == VN_OK)
            ok(cases[i].message == NULL && rows > 0, "%s", cases[i].what);
        else {
            snprintf(got, sizeof got, "%ld:%ld: %s", err.line, err.column,
                     err.text);
            is_str(got, cases[i].message != NULL ? cases[i].message : "fine",
                   "%s", cases[i].what);
        }
        fclose(in);
    }
    check_values();
    check_streams();
    return done_testing();
}
