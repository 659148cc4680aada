/* Likeness of texts: what Python's difflib (3.11) says of the same. */
#include "config.h"

#include "base/names.h"
#include "t/tap.h"

#include <string.h>

int
main(void)
{
    static const struct {
        const char *a, *b;
        double ratio;
    } said[] = {
        {"train-resnet-1", "train-resnet-2", 0.9285714285714286},
        {"abcd", "bcde", 0.75},
        {"private Thread currentThread;",
         "private volatile Thread currentThread;", 0.8656716417910447},
        {"", "", 1},
        {"a", "", 0},
        {"bert", "other", 0.4444444444444444},
        {"abxcd", "abcdx", 0.8},
        {"qabxcd", "abycdf", 0.6666666666666666},
        {"tide", "diet", 0.25},
        {"diet", "tide", 0.5},
    };
    char a[400], b[400];

    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        is_near(vn_likeness(said[i].a, said[i].b), said[i].ratio, 1e-15,
                "'%s' and '%s'", said[i].a, said[i].b);
    memset(a, 'x', sizeof a - 1);
    a[sizeof a - 1] = '\0';
    strcpy(b, a);
    b[VN_LIKENESS_SIZE] = 'y';
    is_near(vn_likeness(a, b), 1, 0, "of long texts the beginning counts");
    return done_testing();
}
