#!/bin/sh
# vnreplay experiment sia, and pollux under pollux: jobs whose batch adapts,
# beside the artifacts' own runs where they are at hand.
. "$(dirname "$0")/../tap.sh"
bin=$TOP_BUILDDIR/vnreplay
shared=${VN_SHARED_DATA-/nowhere}
cd "$tmp" || exit 1
if ! test -d "$shared/sia" || ! test -d "$shared/pollux"; then
    ok 0 "vnreplay experiment sia # SKIP no tables of the artifacts here"
    done_testing
    exit
fi
sia() { # option ...
    "$bin" experiment sia --data "$shared/sia" --workload philly_w1 \
        --policy sia "$@"
}
pollux() { # option ...
    "$bin" experiment pollux --data "$shared/pollux" --policy pollux "$@"
}

sia --cluster hetero --first 40 --jobs jobs.csv --events events.csv \
    --rounds rounds.csv > out
ok $? "sia runs"
sia --first 4 | grep -q "^  Published (SOSP'23, abstract): on clusters of 44 to 64 devices"
ok $? "beside what was published"
is "$(head -n 1 jobs.csv)" "job,submit_s,start_s,finish_s,jct_s,restarts" \
    "the columns of jobs"
is "$(head -n 1 events.csv)" \
    "$(head -n 1 "$shared/sia/expected_own/sia_hetero_philly_w1_first40.events.csv")" \
    "the columns of events"
is "$(head -n 1 rounds.csv)" \
    "$(head -n 1 "$shared/sia/expected_own/sia_hetero_philly_w1_first40.rounds.csv")" \
    "the columns of rounds"
is "$(awk -F, 'NR > 1 && $4 > $3 && $3 >= $2' jobs.csv | wc -l | tr -d ' ')" \
    40 "forty jobs start after they are submitted, and end after that"
awk -F'[,:;]' 'NR > 1 { for (i = 3; i < NF; i += 2) {
        most = $i == "aws" ? 24 : $i == "rtx" ? 24 : 16
        if ($(i + 1) ~ /^[0-9]+$/ && $(i + 1) > most) bad = 1 } }
    END { exit bad }' rounds.csv
ok $? "no round gives more devices than there are"
# Its ties spread the mean; the artifact's run lies in what they make of it.
seeds=6
test -z "${VN_BRIEF-}" || seeds=2
sia --first 40 -o seeds=$seeds --format csv > seeds
awk -F, -v seeds=$seeds '/mean JCT/ { n++; if (!l || $NF < l) l = $NF; if ($NF > m) m = $NF }
    END { exit !(n == seeds && l > 1766.6 * 0.8 && m < 1766.6 * 1.2 && l < m) }' \
    seeds
ok $? "means over orders of ties are within a fifth of the artifact's run"
sia --cluster hetero --first 8 > a
sia --first 8 | cmp -s - a
ok $? "the same run, the same bytes; the first cluster is hetero"

sia --cluster none > out 2>&1
is "$?: $(tail -n 1 out)" \
    "1: vnreplay: $shared/sia/clusters.csv: no cluster 'none', expected one of its names" \
    "an unknown cluster"
sia -o seeds=2 --jobs x.csv > out 2>&1
is "$?: $(tail -n 1 out)" \
    "2: vnreplay: --jobs, --events and --rounds are of one run, not of seeds=2" \
    "tables of several runs"
sia --policy pollux > out 2>&1
is $? 2 "a policy that is not Sia's"
mkdir bad
ln -s "$shared"/sia/* bad/
ln -s "$shared/pollux" pollux
rm bad/clusters.csv
echo "cluster,gpu_type,nodes,gpus_per_node,max_profiled_nodes
x,h100,1,8,1" > bad/clusters.csv
"$bin" experiment sia --data bad --workload philly_w1 --policy sia > out 2>&1
is "$?: $(tail -n 1 out)" \
    "1: vnreplay: bad/clusters.csv:2:3: gpu_type is 'h100', expected one of the applications' tables" \
    "an unknown type of device"

# Pollux: a run of seven jobs on two nodes.
pollux --workload small7 --cluster 2x4 --jobs jobs.csv > out
awk -F, 'FNR == NR { want[$1] = $6; next }
    FNR > 1 && ($5 / want[$1] > 1.1 || $5 / want[$1] < 0.9) { bad = 1 }
    END { exit bad }' \
    "$shared/pollux/expected_own/pollux_small7_seed0.jobs.csv" jobs.csv
ok $? "pollux: every job within a tenth of the artifact's"
pollux --workload small7 --cluster 2x4 > a
pollux --workload small7 --cluster 2x4 -o seed=1 | cmp -s - a
ok $? "the same seed, the same bytes"
pollux --workload small7 --cluster 2x4 -o seeds=3 | grep -q "of 3 seeds"
ok $? "several seeds, and an interval"
pollux --workload small7,0.5_w1 --cluster 2x4 --first 6 -o seeds=2 > out
is "$(sed -n '/^all workloads/,$p' out | awk 'NF == 5 && /_w1/ { print NF, $1 }
    NF == 2 && /small7/ { print NF, $1 }')" "2 small7
5 0.5_w1" "several workloads, beside theirs where they are known"
pollux --workload 0.5_w1,0.5_w3 --first 3 -o seeds=2 | grep -q \
    'over 2 workloads of log(ours / theirs), theirs a single run each: .*%, 95 % \[.*\]\.$'
ok $? "and the interval over them"
pollux --workload small7,0.5_w1 --jobs x.csv > out 2>&1
is "$? $(cat out)" "2 vnreplay: --jobs, --events and --rounds are of one \
workload, expected no ','" "of which no one table is written"
pollux --workload small7 --cluster 2x4 -o seeds=3 --rounds x.csv > out 2>&1
is $? 2 "but no table of several runs"
done_testing
