/* Each policy's rule, as short replays that show it. */
#include "config.h"

#include "sim/api/prediction.h"
#include "sim/engine/engine.h"
#include "t/sim/script.h"
#include "t/tap.h"

#include <math.h>
#include <string.h>

/* clang-format off: a case reads as policy, cluster, jobs (submit, duration,
 * devices, priority, type) and their starts and finishes. */
static const struct {
    const char *what;
    const char *policy;
    const char *option;
    const char *cluster;
    struct script_job jobs[8];
    const char *want;
} cases[] = {
    {"the head of the line blocks",
     "fifo",
     NULL,
     "x:8",
     {{0, 10, 4}, {1, 10, 8}, {2, 5, 2}},
     "0-10 10-20 20-25"},
    {"what does not fit is passed over",
     "fifo-skip",
     NULL,
     "x:8",
     {{0, 10, 4}, {1, 10, 8}, {2, 5, 2}},
     "0-10 10-20 2-7"},
    {"an end frees devices before an arrival of that instant is seen",
     "fifo",
     NULL,
     "x:2",
     {{0, 10, 2}, {10, 5, 2}},
     "0-10 10-15"},
    {"the shortest goes first, without preemption",
     "sjf",
     NULL,
     "x:2",
     {{0, 10, 2}, {1, 9, 2}, {2, 3, 2}},
     "0-10 13-22 10-13"},
    {"the shortest that does not fit is passed over",
     "sjf",
     NULL,
     "x:8",
     {{0, 20, 6}, {1, 5, 4}, {2, 9, 2}},
     "0-20 20-25 2-11"},
    {"or blocks those behind it",
     "sjf",
     "skip=no",
     "x:8",
     {{0, 20, 6}, {1, 5, 4}, {2, 9, 2}},
     "0-20 20-25 20-29"},
    {"what has most left is put out, and passed over",
     "srtf",
     NULL,
     "x:8",
     {{0, 20, 6}, {1, 10, 4}, {2, 30, 2}},
     "0-30 1-11 2-32"},
    {"or blocks those behind it",
     "srtf",
     "skip=no",
     "x:8",
     {{0, 20, 6}, {1, 10, 4}, {2, 30, 2}},
     "0-30 1-11 11-41"},
    {"which one that fits on another type does not",
     "srtf",
     "skip=no",
     "a:2,b:3",
     {{0, 20, 2}, {1, 5, 2, 0, "a"}, {2, 30, 1}},
     "0-20 1-6 2-32"},
    {"one that runs and stands behind is put out",
     "srtf",
     "skip=no",
     "x:8",
     {{0, 50, 2}, {0, 30, 5}, {1, 20, 4}},
     "0-70 0-50 1-21"},
    {"the first queue's head blocks those behind it",
     "las",
     "skip=no",
     "x:8",
     {{0, 10, 6}, {0, 10, 4}, {0, 10, 2}},
     "0-10 10-20 10-20"},
    {"and puts out what runs in the queues below",
     "las",
     "skip=no",
     "x:8",
     {{0, 4000, 2}, {2000, 100, 6}, {2010, 100, 4}},
     "0-4090 2000-2100 2100-2200"},
    {"and one that fits on another type does not block",
     "las",
     "skip=no",
     "a:2,b:3",
     {{0, 4000, 2}, {2000, 100, 2, 0, "a"}, {2010, 100, 1}},
     "0-4000 2000-2100 2010-2110"},
    {"the head of the least service blocks",
     "srsf",
     "skip=no",
     "x:8",
     {{0, 20, 6}, {1, 10, 4}, {2, 100, 2}},
     "0-30 1-11 11-111"},
    {"nothing starts between ticks",
     "fifo",
     "tick=7",
     "x:2",
     {{0, 10, 2}, {1, 5, 1}, {15, 5, 1}},
     "0-10 14-19 21-26"},
    {"nor is anything put out",
     "srtf",
     "tick=7",
     "x:2",
     {{0, 20, 2}, {1, 5, 2}},
     "0-27 7-12"},
    {"equal durations go in order of arrival",
     "sjf",
     NULL,
     "x:1",
     {{0, 5, 1}, {1, 4, 1}, {2, 4, 1}},
     "0-5 5-9 9-13"},
    {"the least time x devices goes first, and blocks the others",
     "qssf",
     NULL,
     "x:8",
     {{0, 10, 6}, {1, 4, 4}, {2, 9, 1}, {3, 17, 1}},
     "0-10 10-14 2-11 10-27"},
    {"the shortest remaining time preempts",
     "srtf",
     NULL,
     "x:2",
     {{0, 10, 2}, {4, 3, 2}, {5, 9, 2}},
     "0-13 4-7 13-22"},
    {"one that runs keeps its devices from an equal newcomer",
     "srtf",
     NULL,
     "x:2",
     {{0, 10, 2}, {4, 6, 2}},
     "0-10 10-16"},
    {"least service first: a newcomer preempts the demoted",
     "las",
     NULL,
     "x:2",
     {{0, 4000, 1}, {0, 4000, 1}, {3900, 100, 2}},
     "0-4100 0-4100 3900-4000"},
    {"service counts devices: demoted at 3250 device-seconds",
     "las",
     NULL,
     "x:4",
     {{0, 1000, 4}, {812, 50, 1}, {812, 50, 3}},
     "0-1050 812.5-862.5 812.5-862.5"},
    {"a limit of one's own",
     "las",
     "first=100",
     "x:1",
     {{0, 300, 1}, {50, 20, 1}},
     "0-320 100-120"},
    {"the highest priority is next, and blocks",
     "priority",
     NULL,
     "x:4",
     {{0, 10, 4, 1}, {1, 10, 1, 1}, {2, 10, 4, 9}},
     "0-10 20-30 10-20"},
    {"a lone job gets all it asks for",
     "wfs",
     NULL,
     "x:4",
     {{0, 10, 4, 1}},
     "0-10"},
    {"equals share, and the rest grows when one ends",
     "wfs",
     NULL,
     "x:4",
     {{0, 10, 4, 1}, {0, 10, 4, 1}},
     "0-20 0-20"},
    {"shares follow weights: 2 of 4 until the end of the first",
     "wfs",
     NULL,
     "x:4",
     {{0, 10, 2, 3}, {0, 10, 4, 1}},
     "0-10 0-15"},
    {"who has had enough makes room at the next tick",
     "tiresias",
     "limits=20",
     "x:2",
     {{0, 100, 2}, {5, 30, 2}},
     "0-160 60-90"},
    {"between ticks nothing starts",
     "tiresias",
     "tick=25",
     "x:2",
     {{0, 10, 2}, {26, 30, 1}, {30, 10, 1}},
     "0-10 50-80 50-60"},
    {"who is likely to end soon goes on, until it has had more than any",
     "tiresias",
     "index=gittins",
     "x:1",
     {{0, 100, 1}, {1, 300, 1}, {130, 90, 1}},
     "0-100 120-540 240-330"},
    {"each device goes where it saves the most time",
     "optimus-oracle",
     NULL,
     "x:4",
     {{0, 10, 2}, {0, 40, 4}},
     "0-20 0-45"},
    {"a program of configurations, and what is free waits for a round",
     "sia-fixed",
     NULL,
     "x:4",
     {{0, 10, 2}, {0, 40, 4}},
     "0-10 0-70"},
    {"a change must be worth its restart",
     "sia-fixed",
     "restart=599",
     "x:4",
     {{0, 10, 2}, {0, 400, 4}, {1, 500, 2}},
     "0-10 0-730 60-560"},
    {"in rounds, and what is free goes to who is there",
     "pollux-fixed",
     NULL,
     "x:4",
     {{0, 10, 2}, {0, 40, 4}},
     "0-10 0-70"},
    {"one makes room for a newcomer whose age is worth a start, and grows "
     "again after it",
     "pollux-fixed",
     NULL,
     "x:4",
     {{0, 400, 4}, {1, 400, 4}},
     "0-740 60-820"},
    {"what a job has not shown it is not given devices for",
     "optimus",
     NULL,
     "x:4",
     {{0, 10, 2}, {0, 40, 4}},
     "0-20 0-55"},
    {"a job that cannot use less than its least waits for it",
     "wfs",
     NULL,
     "x:4",
     {{0, 10, 4, 1, NULL, 1}, {0, 10, 4, 1, NULL, 4}},
     "0-20 20-30"},
    {"more than the cluster has is rejected",
     "fifo",
     NULL,
     "x:4",
     {{0, 10, 5}, {1, 10, 4}},
     "x 1-11"},
    {"a type that is not there is rejected",
     "sjf",
     NULL,
     "x:4",
     {{0, 10, 1, 0, "y"}, {1, 10, 4}},
     "x 1-11"},
    {"the first type with room",
     "fifo",
     NULL,
     "a:2,b:4",
     {{0, 10, 2}, {0, 10, 2}, {0, 10, 2}, {0, 10, 2}},
     "0-10 0-10 0-10 10-20"},
    {"no job spans types",
     "fifo",
     NULL,
     "a:2,b:4",
     {{0, 10, 5}, {0, 10, 4}},
     "x 0-10"},
    {"a type asked for",
     "fifo-skip",
     NULL,
     "a:2,b:4",
     {{0, 10, 2, 0, "a"}, {0, 10, 2, 0, "a"}, {0, 10, 2}},
     "0-10 10-20 0-10"},
    {"preempted from one type, moved to another",
     "srtf",
     NULL,
     "a:2,b:2",
     {{0, 20, 2}, {0, 30, 2}, {5, 10, 2, 0, "a"}},
     "0-20 0-40 5-15"},
    {"equals take turns, and devices stay idle to the round's end",
     "gavel",
     NULL,
     "x:1",
     {{0, 400, 1}, {0, 400, 1}},
     "0-760 360-1120"},
    {"one that comes waits for the next round",
     "gavel",
     "round=100",
     "x:2",
     {{5, 150, 1}, {30, 20, 1}, {480, 10, 1}},
     "5-155 105-125 480-490"},
    {"the heavier is owed more",
     "gavel",
     "round=10",
     "x:1",
     {{0, 40, 1, 3}, {0, 40, 1, 1}},
     "0-50 10-80"},
    {"whoever fits runs in what is left",
     "gavel",
     "round=10",
     "x:3",
     {{0, 20, 2}, {0, 20, 2}, {0, 40, 1}},
     "0-30 10-40 0-40"},
    {"the longer job is owed more of the time",
     "makespan",
     "round=10",
     "x:1",
     {{0, 90, 1}, {0, 10, 1}},
     "0-100 10-20"},
    {"who is late against an equal part of the cluster is next",
     "finish-time-fairness",
     "round=10",
     "x:1",
     {{0, 30, 1}, {0, 10, 1}},
     "0-40 10-20"},
    {"first in, first out on the first type by name of equals",
     "gavel-fifo-perf",
     NULL,
     "b:1,a:1",
     {{0, 100, 1}, {0, 50, 1}, {0, 30, 1}},
     "0-100 0-50 100-130"},
    {"one that does not fit blocks those behind it",
     "gavel-fifo",
     "form=exact",
     "a:2",
     {{0, 400, 1}, {0, 100, 2}, {0, 100, 1}},
     "0-400 720-820 1080-1180"},
    {"least service over two types",
     "las",
     NULL,
     "a:1,b:1",
     {{0, 4000, 1}, {0, 4000, 1}, {3300, 100, 1, 0, "b"}},
     "0-4000 0-4100 3300-3400"},
    {"the type where the share is worth most",
     "wfs",
     NULL,
     "a:2,b:2",
     {{0, 10, 4, 1}, {0, 10, 2, 1}},
     "0-20 0-10"},
    {"shares on each of two types",
     "wfs",
     NULL,
     "a:2,b:1",
     {{0, 10, 2, 1, "a"}, {0, 10, 2, 1, "a"}, {0, 10, 1, 1}},
     "0-20 0-20 0-10"},
    {"a line that is blocked does not hold up another",
     "wfs",
     NULL,
     "a:1,b:1",
     {{0, 10, 1, 9, "a"}, {1, 10, 1, 5, "a"}, {2, 10, 1, 1, "b"}},
     "0-10 10-20 2-12"},
    {"no recorded job borrows",
     "wfs-ht",
     NULL,
     "a:2,b:2",
     {{0, 10, 4, 1}, {0, 10, 2, 1}},
     "0-20 0-10"},
    {"the least time x devices preempts",
     "srsf",
     NULL,
     "x:4",
     {{0, 10, 4}, {1, 4, 1}},
     "0-14 1-5"},
    {"max-min: equal jobs have equal parts",
     "fair",
     NULL,
     "x:8",
     {{0, 10, 8}, {0, 10, 8}},
     "0-20 0-20"},
    {"and what one cannot use goes to the others",
     "fair",
     NULL,
     "x:8",
     {{0, 10, 2}, {0, 6, 8}},
     "0-10 0-8"},
    {"afs: where all scale alike, equal parts",
     "afs",
     NULL,
     "x:8",
     {{0, 10, 8}, {0, 20, 8}},
     "0-20 0-30"},
    {"themis: the one that has waited longest for its part goes first",
     "themis",
     "every=0",
     "x:8",
     {{0, 10, 8}, {5, 10, 8}},
     "0-10 10-20"},
    /* At 10 the short one has waited for longer, against what it is. */
    {"themis: what is leased is not taken before the lease ends",
     "themis",
     "auction=yes every=10",
     "x:8",
     {{0, 20, 8}, {1, 10, 8}},
     "0-30 10-20"},
    {"themis: what is free in between is auctioned at once",
     "themis",
     "auction=yes every=100",
     "x:8",
     {{0, 20, 8}, {1, 10, 8}},
     "0-20 20-30"},
    /* Two bid and win two devices each; alone one would have four and be done
     * twice as fast, so that each keeps one, and what they pay is the third's.
     * At 24 two are free; of two jobs one bids, alone, for the three it lacks
     * but one, at 32 the other has all. */
    {"themis: what bidders pay goes to those that did not bid",
     "themis",
     "auction=yes filter=0.5",
     "x:4",
     {{0, 12, 4, 0, NULL, 1}, {0, 12, 4, 0, NULL, 1}, {0, 12, 4, 0, NULL, 1}},
     "0-32 0-36 0-24"},
    {"gandiva-fair: equal time, in rounds",
     "gandiva-fair",
     "round=10",
     "x:2",
     {{0, 20, 2}, {0, 20, 2}},
     "0-30 10-40"},
    {"edf: the earliest deadline has all that it can use",
     "edf",
     NULL,
     "x:4",
     {{0, 20, 4}, {5, 10, 4, 0, NULL, 0, 40}, {6, 5, 2, 0, NULL, 0, 20}},
     "0-32.5 5-17.5 6-11"},
    {"edf: jobs that may run on any type are spread over all of them",
     "edf",
     NULL,
     "a:2,b:2,c:2",
     {{0, 10, 2}, {0, 10, 2}, {0, 10, 2}, {1, 10, 2}},
     "0-10 0-10 0-10 10-20"},
    {"edf-admission: what would make somebody late is declined",
     "edf-admission",
     NULL,
     "x:4",
     {{0, 20, 4, 0, NULL, 0, 25},
      {5, 10, 4, 0, NULL, 0, 20},
      {5, 4, 4, 0, NULL, 0, 10}},
     "0-24 no 5-9"},
    {"and what has no deadline never is",
     "edf-admission",
     NULL,
     "x:4",
     {{0, 20, 4, 0, NULL, 0, 25}, {5, 10, 4}},
     "0-20 20-30"},
    {"elasticflow: as few devices as a deadline needs, the rest to others",
     "elasticflow",
     "slot=1",
     "x:4",
     {{0, 10, 4, 0, NULL, 0, 41}, {0, 10, 4, 0, NULL, 0, 21}},
     "0-20 0-20"},
    {"elasticflow: without a deadline a job gets what is spare",
     "elasticflow",
     "slot=1",
     "x:4",
     {{0, 10, 4, 0, NULL, 0, 11}, {0, 10, 4}},
     "0-10 10-20"},
    {"elasticflow-admission declines what cannot be met",
     "elasticflow-admission",
     "slot=1",
     "x:4",
     {{0, 10, 4, 0, NULL, 0, 12},
      {0, 10, 4, 0, NULL, 0, 12},
      {0, 10, 4, 0, NULL, 0, 24}},
     "0-10 no 10-20"},
};
/* clang-format on */

enum {
    WORDS = 4,
    TEXT = 64
};

/* Options, apart; how many. */
static int
split(const char *options, char text[TEXT], const char *words[WORDS])
{
    int n = 0;

    snprintf(text, TEXT, "%s", options != NULL ? options : "");
    for (char *word = strtok(text, " "); word != NULL && n < WORDS;
         word = strtok(NULL, " "))
        words[n++] = word;
    return n;
}

static void
check(size_t i)
{
    struct script script = {.jobs = cases[i].jobs};
    const struct vn_policy *policy;
    double values[VN_POLICY_OPTIONS_MAX];
    char text[TEXT];
    const char *words[WORDS];
    int nwords = split(cases[i].option, text, words);
    struct vn_cluster cluster;
    struct vn_engine_config config;
    struct vn_engine *engine = NULL;
    struct vn_error err = {0};
    char got[512];

    vn_cluster_read(cases[i].cluster, &cluster, &err);
    if (vn_policy_find(cases[i].policy, &policy, &err) == VN_OK
        && vn_policy_configure(policy, words, nwords, values, &err) == VN_OK) {
        config = script_config(&script, &cluster, policy, values);
        if (vn_engine_alloc(&config, &engine, &err) == VN_OK)
            vn_engine_run(engine, &err);
    }
    script_describe(&script, got, sizeof got);
    is_str(err.status == VN_OK ? got : err.text, cases[i].want, "%s: %s",
           cases[i].policy, cases[i].what);
    vn_engine_free(engine);
    vn_cluster_free(&cluster);
}

/* clang-format off: a case reads as policy, option, and what is said. */
static const struct {
    const char *policy;
    const char *option;
    const char *message;
} wrong[] = {
    {"fifp", "", "--policy: unknown 'fifp', did you mean 'fifo'?"},
    {"las", "first", "--option: 'first' has no value, expected NAME=VALUE"},
    {"las", "frist=1",
     "policy las has no option 'frist', did you mean 'first'?"},
    {"las", "zebra=1", "policy las has no option 'zebra' (see --policies)"},
    {"fifo", "first=1", "policy fifo has no option 'first' (see --policies)"},
    {"las", "first=x",
     "policy las: first is 'x', expected a number from 1e-06 to "
     "1000000000000"},
    {"las", "form=exat", "--form: unknown 'exat', did you mean 'exact'?"},
    {"las", "second=1",
     "policy las: second is 1, expected at least first, 3250"},
    {"themis", "auction=yes every=0",
     "policy themis: every is 0, expected the time of a lease where auction "
     "is yes"},
    {"themis", "filter=2",
     "policy themis: filter is '2', expected a number of at most 1"},
    {"wfs-ht", "gain=0.5",
     "policy wfs-ht: gain is '0.5', expected a number from 1 to 1000"},
};
/* clang-format on */

static void
check_wrong(size_t i)
{
    struct script script = {.jobs = cases[0].jobs};
    char text[TEXT];
    const char *words[WORDS];
    int nwords = split(wrong[i].option, text, words);
    const struct vn_policy *policy;
    double values[VN_POLICY_OPTIONS_MAX];
    struct vn_cluster cluster;
    struct vn_engine_config config;
    struct vn_engine *engine = NULL;
    struct vn_error err = {0};

    vn_cluster_read("a:1,b:1", &cluster, &err);
    if (vn_policy_find(wrong[i].policy, &policy, &err) == VN_OK
        && vn_policy_configure(policy, words, nwords, values, &err) == VN_OK) {
        config = script_config(&script, &cluster, policy, values);
        vn_engine_alloc(&config, &engine, &err);
    }
    is_str(err.text, wrong[i].message, "%s %s is refused", wrong[i].policy,
           wrong[i].option != NULL ? wrong[i].option : "on two types");
    vn_engine_free(engine);
    vn_cluster_free(&cluster);
}

/* Errors of predictions: logarithms that are normal, and the same each time.
 */
static void
check_prediction(void)
{
    enum {
        MANY = 20000
    };
    double sum = 0, squares = 0;
    bool none = true, again = true;

    for (uint64_t i = 0; i < MANY; i++) {
        double f = vn_prediction_factor(0.7, i), z = log(f) / 0.7;

        sum += z;
        squares += z * z;
        none = none && vn_prediction_factor(0, i) == 1;
        again = again && vn_prediction_factor(0.7, i) == f;
    }
    ok(none && again, "a prediction without error is the truth, and one with "
                      "it the same again");
    is_near(sum / MANY, 0, 0.03, "its logarithm is right on the average");
    is_near(squares / MANY, 1, 0.04, "... and as far off as was asked for");
}

int
main(void)
{
    check_prediction();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check(i);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        check_wrong(i);
    return done_testing();
}
