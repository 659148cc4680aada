/*
 * The policy API: which function may touch what, as it is meant to be; a rule
 * that grows, or a function that is new, fails here until it is put down.
 * And the installed header lays things out as the tree does.
 */
#include "config.h"

#include "sim/outside/rules.h"
#include "t/tap.h"

#include <stdlib.h>
#include <string.h>

#define L ED_R(VN_REGION_LEDGER)
#define C ED_R(VN_REGION_CLUSTER)
#define A ED_RW(VN_REGION_ANSWER)
#define P ED_RW(VN_REGION_PLUGIN)

/* clang-format off */
static const struct {
    const char *name;
    uint32_t rights;
} meant[] = {
    {"vn_view_now",       L},
    {"vn_view_types",     L},
    {"vn_view_devices",   L | C},
    {"vn_view_free",      L | C},
    {"vn_view_job",       L | P},
    {"vn_view_order",     L},
    {"vn_view_type",      L},
    {"vn_view_runs",      L},
    {"vn_view_step_s",    L | ED_R(VN_REGION_PLUGIN)},
    {"vn_view_step_ns",   L},
    {"vn_view_size",      L | C},
    {"vn_view_mix_s",     L | ED_R(VN_REGION_PLUGIN)},
    {"vn_view_goodput",   L | ED_R(VN_REGION_PLUGIN)},
    {"vn_view_steps",     L},
    {"vn_view_held",      L | C},
    {"vn_view_held_all",  L},
    {"vn_view_remaining", L},
    {"vn_view_executed",  L},
    {"vn_view_attained",  L},
    {"vn_answer_set",     L | A},
    {"vn_answer_wake",    L | A},
};
/* clang-format on */

int
main(void)
{
    int n = sizeof meant / sizeof meant[0];
    uint32_t all = 0;

    is_int(vn_api_count, n, "as many functions as are put down here");
    for (int i = 0; i < vn_api_count && i < n; i++) {
        is_str(vn_api[i].name, meant[i].name, "%s is one", meant[i].name);
        is_int(vn_api[i].rights, meant[i].rights, "%s has its rule",
               meant[i].name);
    }
    for (int i = 0; i < vn_api_count; i++)
        all |= vn_api[i].rights;
    ok((all
        & (ED_RW(VN_REGION_EVENTS) | ED_RW(VN_REGION_ENGINE)
           | ED_RW(VN_REGION_RESULTS) | ED_RW(VN_REGION_RANDOM)))
           == 0,
       "no function touches events, engine, results or random numbers");
    is_int(all, L | C | A | P, "and none writes the books");
    return done_testing();
}
