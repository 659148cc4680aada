#!/bin/sh
# vnreplay experiment pollux: jobs whose batch adapts, held to the artifact's
# own results, where they are at hand.
. "$(dirname "$0")/../tap.sh"
bin=$TOP_BUILDDIR/vnreplay
data=${VN_SHARED_DATA-/nowhere}/pollux
cd "$tmp" || exit 1
if ! test -d "$data"; then
    ok 0 "vnreplay experiment pollux # SKIP no tables of Pollux' artifact here"
    done_testing
    exit
fi
pollux() { # workload, policy, option ...
    workload=$1
    policy=$2
    shift 2
    "$bin" experiment pollux --data "$data" --workload "$workload" \
        --policy "$policy" "$@"
}
for load in 0.5 1.0 1.5 2.0; do
    for w in 1 3 5 7; do
        for policy in tiresias optimus; do
            pollux ${load}_w$w $policy --jobs jobs.csv > out
            awk -F, -v p="$policy" '
                FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
                FNR == NR { want[$1] = $(at[p "_jct_s"]); n++; next }
                $(at["jct_s"]) == want[$1] { same++ }
                END { exit !(n > 0 && same == n) }' \
                "$data/expected_shipped/load_${load}_w$w.csv" jobs.csv
            ok $? "$policy, ${load}_w$w: every completion time is the shipped"
        done
    done
done
for run in tiresias_1.0_w1 tiresias_1.0_w3 optimus_1.0_w1; do
    pollux "${run#*_}" "${run%%_*}" --events events.csv --jobs jobs.csv > out
    # Progress is a sum of many numbers: to its last digits alone.
    cut -d, -f1-7 events.csv > have
    cut -d, -f1-7 "$data/expected_own/$run.events.csv" | diff - have > out
    ok $? "$run: every change of nodes and batch"
    cut -d, -f1,3,4,5,6 jobs.csv > have
    cut -d, -f1,4,5,6,7 "$data/expected_own/$run.jobs.csv" \
        | sed '1s/first_alloc_s/start_s/' | diff - have > out
    ok $? "$run: every start, end and restart"
done
pollux 1.0_w1 optimus-oracle --jobs oracle.csv > out
cmp -s oracle.csv jobs.csv
ok $? "optimus-oracle is optimus"
pollux small7 optimus --cluster 2x4 --first 3 --jobs jobs.csv --rounds r.csv \
    > out
is "$(cut -d, -f1 jobs.csv | tr '\n' ' ')" "job cifar10-0 ncf-2 cifar10-4 " \
    "the first jobs alone"
is "$(head -n 3 r.csv | tr '\n' ' ')" \
    "time_s,active_jobs,used_gpus,objective 60,0,, 120,1,8, " "rounds"
pollux small7 optimus --cluster 2x4 > a
pollux small7 optimus --cluster 2x4 | cmp -s - a
ok $? "the same run, the same bytes"

# What is wrong with a workload is said at its place.
mkdir mine mine/workloads
refused() { # workload's rows, message, option ...
    printf 'job,application,submit_s,num_replicas,batch_size\n%s\n' "$1" \
        > mine/workloads/x.csv
    want=$2
    shift 2
    "$bin" experiment pollux --data mine --base "$data" --workload x \
        --policy tiresias --jobs none.csv "$@" > out 2>&1
    is "$? $(cat out)" "1 vnreplay: $want" "$want"
    test ! -e none.csv
    ok $? "... and nothing is written"
}
x=mine/workloads/x.csv
refused a,brt,0,1,12 \
    "$x:2:3: 'brt' is no application of the tables; did you mean 'bert'?"
refused a,bert,-1,1,12 \
    "$x:2:8: submit_s is '-1', expected a number from 0 to 1000000000"
refused a,bert,0,0,12 \
    "$x:2:10: num_replicas is '0', expected a whole number from 1 to 1024"
refused a,bert,0,1,11 \
    "$x:2:12: batch_size is '11', expected a whole number from 12 to 384"
refused "a,bert,0,1,12
a,bert,0,1,12" \
    "$x:3:1: job is 'a', expected a name that is not there yet"
refused ,bert,0,1,12 "$x:2:1: job is '', expected a name"
refused "" "$x: no jobs"
refused a,bert,0,65,384 \
    "job a asks for 65 devices, expected at most the 64 of the cluster"
refused a,bert,0,1,12 \
    "$data/cluster.csv: no cluster '3y', expected one of its names or \
NODESxDEVICES" --cluster 3y
echo application,v0,v1,v2,v3 > mine/interp_tets.csv
echo application,num_nodes,num_replicas,local_bsz,step_time_s,sync_time_s \
    > mine/interp_faces.csv
refused a,bert,0,48,384 \
    "job a: no step time of 'bert' with 8 examples on each of 48 devices, 48 \
nodes: the tables do not reach so far" --cluster 48x1
done_testing
