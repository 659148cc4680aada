#!/bin/sh
# Tables of applications, from an import to a replay, by hand: an application
# `net`, whose initial batch is 8.  At a batch of 16 a step of its two epochs
# is worth 10 / 5.5 and 9 / 5 of one, so 40 and 50 of these are 22 and 27.8
# steps, 50 in all; one device takes it in two parts, 0.557 and 0.547 s.
. "$(dirname "$0")/../tap.sh"
vntrace=$TOP_BUILDDIR/vntrace
vnsim=$TOP_BUILDDIR/vnsim
tables=$TOP_SRCDIR/t/data/adaptive
cd "$tmp" || exit 1

printf 'job,application,submit_s,num_replicas,batch_size\na,net,5,1,16\n' \
    > workload.csv
"$vntrace" import --from pollux workload.csv --adaptive "$tables" -q \
    -o trace.csv 2> out
is "$(grep -v '^#' trace.csv)" \
    "job_id,submit_s,devices,model,global_batch,vnodes,steps,max_devices
0,0,1,net,16,8,50,8" "steps of a batch, and devices that a job may grow to"
"$vntrace" import --from sia workload.csv --adaptive "$tables" -q | grep -v \# \
    | diff - trace.csv | grep -q '^> [^#]'
test $? -ne 0
ok $? "Sia's workloads likewise"
mean() { # trace, cluster, option ...
    t=$1
    c=$2
    shift 2
    "$vnsim" -t "$t" -c "$c" "$@" --format csv | awk -F, '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        NR == 2 { printf "%.3f", $at["mean_jct_s"] }'
}
is "$(mean trace.csv any:1 --profile "$tables" -p fifo)" 55.214 \
    "50 steps of 1.104 s, on a type that no table names"
# At its initial batch 90 steps of 0.557 s do, as much as 49.8 of 1.007 s.
is "$(mean trace.csv any:1 --profile "adapt=$tables" -p fifo)" 50.367 \
    "where the batch adapts, 50 steps as long as the best batch makes them"
sed 's/,net,/,nte,/' workload.csv > bad.csv
"$vntrace" import --from pollux bad.csv --adaptive "$tables" 2> out
is "$? $(cat out)" "1 vntrace import: bad.csv:2:3: 'nte' is no application of \
the tables; did you mean 'net'?" "an unknown application is refused"
sed 's/,16$/,65/' workload.csv > bad.csv
"$vntrace" import --from pollux bad.csv --adaptive "$tables" 2> out
is "$? $(cat out)" "1 vntrace import: bad.csv:2:11: a batch of 65 lies \
outside of those measured of 'net'" "a batch beyond the statistics, too"
"$vntrace" import --from swf bad.csv --adaptive "$tables" 2> out
is "$? $(cat out)" "2 vntrace import: --adaptive: the format swf names no \
applications, expected pollux or sia" "a format without applications, too"
sed 's/submit_s/when/' workload.csv > bad.csv
"$vntrace" import --from pollux bad.csv --adaptive "$tables" 2> out
is "$? $(cat out)" "1 vntrace import: bad.csv:2:1: no time of submission, \
expected the column time or submit_s" "a workload without times, too"
"$vnsim" -t trace.csv -c any:1 --profile "$tables" --profile "$tables" 2> out
is "$? $(cat out)" "2 vnsim: profile '$tables': there are tables of \
applications already, expected one folder of them" "two folders of tables, too"
mkdir mine
sed 's/,0.9,/,0.009,/' "$tables/placements.csv" > mine/placements.csv
"$vnsim" -t trace.csv -c any:1 --profile "mine:$tables" 2> out
is "$? $(cat out)" "1 vnsim: mine/placements.csv:3:16: sync_time_s is '0.01', \
expected a number of at most 0.009" "what is wrong in a table has its place"

# Tiresias: at 60 the first has had 60 of the 20 device-seconds and makes room
# for the second, at 120 likewise; at 180 the second has waited as long as it
# ran and is first again, which puts the end of the first off from 260 to 320.
printf 'job_id,submit_s,duration_s,devices\n0,0,200,1\n1,30,500,1\n' > two.csv
is "$(mean two.csv x:1 -p tiresias -o limits=20)" 485.000 \
    "tiresias: queues by service"
is "$(mean two.csv x:1 -p tiresias -o limits=20 -o starve=1)" 515.000 \
    "tiresias: who starves is first again"
for limits in 20/10 0 x 1/2/3/4/5/6/7/8; do
    "$vnsim" -t two.csv -c x:1 -p tiresias -o limits=$limits 2> out
    is "$? $(cat out)" "2 vnsim: policy tiresias: limits is '$limits', \
expected at most 7 rising numbers with '/' between" "limits=$limits is refused"
done

# What policies go by is part of a comparison.
"$TOP_BUILDDIR/vnreplay" run --trace two.csv --cluster x:1 --results k.db \
    --scaling linear --policy fifo,srtf,srtf:error=0.5,sjf:error=0.5,optimus > out 2>&1
"$TOP_BUILDDIR/vnreplay" compare k.db | sed -n '/go by$/,/^$/{/^$/!p;}' > out
is "$(cat out)" "beyond what jobs ask for, policies go by
  nothing: fifo
  learned step times, steps: optimus
  predicted durations: sjf error=0.5, srtf error=0.5
  durations: srtf" "truths, predictions and what is learned"

# Pollux and Sia by the name that holds, one table of them and others, and the
# rankings that hang on what is assumed of recorded jobs.
"$vnsim" -t trace.csv -c any:1 --profile "adapt=$tables" -p pollux-fixed > out 2>&1
is "$(head -n 1 out) $(grep '^policy' out)" "vnsim: pollux-fixed is pollux here: \
batches adapt by --profile adapt=TABLES policy       pollux" "batches that adapt"
for p in pollux sia; do
    is "$(mean trace.csv any:1 --profile "adapt=$tables" -p $p)" \
        "$(mean trace.csv any:1 --profile "adapt=$tables" -p fifo -c any:1)" \
        "$p: one job on one device"
done
printf 'job_id,submit_s,duration_s,devices,min_devices\n1,0,100,4,1\n2,1,100,4,1
3,70,900,1,1\n' > few.csv
"$TOP_BUILDDIR/vnreplay" run --trace few.csv --cluster v:4 --results p.db \
    --policy fifo,wfs,tiresias,pollux,sia > out 2>&1
is "$(sed -n '/is pollux-fixed/p; /x 2 scalings$/p' out)" \
    "vnreplay: pollux is pollux-fixed here: batches are fixed without --profile \
adapt=TABLES
10 runs into p.db: 1 trace x 1 window x 1 cluster x 5 policies x 2 scalings" \
    "recorded jobs under elastic policies, under two scalings"
"$TOP_BUILDDIR/vnreplay" compare p.db > out
is "$(grep -c '^of 2 experiments number [12], with scaling=' out) $(tail -n 3 out)" \
    "2   pollux-fixed before fifo under amdahl:0.05, behind it under linear
  wfs before fifo under amdahl:0.05, behind it under linear
  wfs before pollux-fixed under amdahl:0.05, behind it under linear" \
    "the rankings that flip"
is "$(grep -c '^no policy here changes a job.s batch (the originals of pollux-fixed, sia-fixed do)$' out)" \
    2 "which policies change a job's batch"

shared=${VN_SHARED_DATA-/nowhere}/pollux
if test -d "$shared"; then
    "$vntrace" import --from pollux "$shared/workloads/1.0_w1.csv" \
        --adaptive "$shared" -q -o w1.csv
    for policy in fifo srtf las wfs; do
        "$vnsim" -t w1.csv -c gpu:16x4 --profile "$shared" -p $policy > out
        grep -q '160 finished' out
        ok $? "$policy runs all jobs of a workload"
    done
else
    ok 0 "a workload of Pollux' artifact # SKIP it is not here"
fi
done_testing
