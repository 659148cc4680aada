#include "config.h"

#include "base/store/origin.h"

#include "base/version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* One word, in quotes where a shell would see more in it. */
static void
quote(FILE *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_./:,=@%+-";

    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        fputs(word, out);
        return;
    }
    putc('\'', out);
    for (; *word != '\0'; word++)
        if (*word == '\'')
            fputs("'\\''", out);
        else
            putc(*word, out);
    putc('\'', out);
}

/* The words of this process, each ended by a NUL; NULL where unknown. */
static char *
read_command(void)
{
    FILE *in = fopen("/proc/self/cmdline", "r"), *out;
    char *text = NULL, *word = NULL;
    size_t size = 0, room = 0;
    const char *blank = "";

    if (in == NULL)
        return NULL;
    out = open_memstream(&text, &size);
    while (getdelim(&word, &room, '\0', in) > 0) {
        fputs(blank, out);
        quote(out, word);
        blank = " ";
    }
    fclose(out);
    fclose(in);
    free(word);
    if (size > 0)
        return text;
    free(text);
    return NULL;
}

void
vn_origin_take(struct vn_origin *origin, struct vn_store_run *run)
{
    time_t now = time(NULL);
    struct tm utc;

    *origin = (struct vn_origin){.command = read_command()};
    if (gmtime_r(&now, &utc) != NULL)
        strftime(origin->date, sizeof origin->date, "%Y-%m-%dT%H:%M:%SZ",
                 &utc);
    gethostname(origin->host, sizeof origin->host - 1);
    run->version = vn_sources();
    run->commit = vn_commit();
    run->command = origin->command;
    run->date = origin->date[0] != '\0' ? origin->date : NULL;
    run->host = origin->host[0] != '\0' ? origin->host : NULL;
}

void
vn_origin_free(struct vn_origin *origin)
{
    free(origin->command);
    origin->command = NULL;
}
