/* What an import did with the rows it read, for people and for programs. */
#include "config.h"

#include "traces/import/import.h"

#include <inttypes.h>

static const char *const fates[] = {
    [VN_DROPPED] = "dropped",
    [VN_REPAIRED] = "repaired",
    [VN_LEFT_OUT] = "left out",
};

static void
report_text(FILE *out, const struct vn_import *im)
{
    fprintf(out, "%s: %zu job%s of %" PRId64 " row%s\n", im->file, im->njobs,
            im->njobs == 1 ? "" : "s", im->rows, im->rows == 1 ? "" : "s");
    for (int i = 0; i < im->nnotes; i++) {
        const struct vn_import_note *note = &im->notes[i];

        fprintf(out, "%s: %s %" PRId64 ": %s", im->file, fates[note->fate],
                note->count, note->why);
        if (note->line > 0)
            fprintf(out, " (first in line %ld)", note->line);
        putc('\n', out);
    }
}

static void
report_csv(FILE *out, const struct vn_import *im)
{
    fprintf(out, "what,count,first_line,why\nrows,%" PRId64 ",,\njobs,%zu,,\n",
            im->rows, im->njobs);
    for (int i = 0; i < im->nnotes; i++) {
        const struct vn_import_note *note = &im->notes[i];

        fprintf(out, "%s,%" PRId64 ",", fates[note->fate], note->count);
        if (note->line > 0)
            fprintf(out, "%ld", note->line);
        putc(',', out);
        vn_csv_cell(out, note->why);
        putc('\n', out);
    }
}

static void
report_json(FILE *out, const struct vn_import *im)
{
    fputs("{\"file\": ", out);
    vn_json_string(out, im->file);
    fprintf(out, ", \"rows\": %" PRId64 ", \"jobs\": %zu, \"notes\": [",
            im->rows, im->njobs);
    for (int i = 0; i < im->nnotes; i++) {
        const struct vn_import_note *note = &im->notes[i];

        fprintf(out,
                "%s\n  {\"what\": \"%s\", \"count\": %" PRId64
                ", \"first_line\": ",
                i > 0 ? "," : "", fates[note->fate], note->count);
        if (note->line > 0)
            fprintf(out, "%ld", note->line);
        else
            fputs("null", out);
        fputs(", \"why\": ", out);
        vn_json_string(out, note->why);
        putc('}', out);
    }
    fprintf(out, "%s]}\n", im->nnotes > 0 ? "\n" : "");
}

void
vn_import_report(FILE *out, const struct vn_import *im,
                 enum vn_import_format format)
{
    static void (*const report[])(FILE *, const struct vn_import *) = {
        [VN_IMPORT_TEXT] = report_text,
        [VN_IMPORT_CSV] = report_csv,
        [VN_IMPORT_JSON] = report_json,
    };

    report[format](out, im);
}
