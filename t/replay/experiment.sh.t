#!/bin/sh
# vnreplay experiment: what was published beside what is obtained.
. "$(dirname "$0")/../tap.sh"
bin=$TOP_BUILDDIR/vnreplay
data=$TOP_SRCDIR/replay/experiments
cd "$tmp" || exit 1
value() { # file, table, row, column
    awk -v t="$2" -v r="$3" -v c="$4" '
        { line = $0; gsub(/"[^"]*"/, "", line) }
        index($0, t) && index($0, r) && index($0, c) {
            sub(/.*,/, ""); print; exit }' "$1"
}
within() { # a, b, tolerance, name
    awk -v a="$1" -v b="$2" -v e="$3" \
        'BEGIN { exit !(a != "" && b != "" && a - b <= e && b - a <= e) }'
    ok $? "$4 ($1, $2)"
}

"$bin" experiment virtualflow-3jobs --data "$data" --format csv > 3.csv
ok $? "the 3 jobs on 4 devices"
gains="9-12_3jobs: wfs against priority"
for row in "makespan, s" "JCT of the top priority, s" "utilisation, %"; do
    published=$(value 3.csv "$gains" "$row" ",published")
    for column in measured own fitted; do
        within "$(value 3.csv "$gains" "$row" ",$column")" "$published" 6 \
            "$row: $column, and published"
    done
done
"$bin" experiment virtualflow-20jobs --data "$data" --format csv > 20.csv
ok $? "the 20 jobs on 8 devices"
gains="9-14-2_20jobs_12jph: wfs against priority"
for row in "makespan, s" "median queueing, s" "utilisation, %"; do
    published=$(value 20.csv "$gains" "$row" ",published")
    for column in own fitted; do
        within "$(value 20.csv "$gains" "$row" ",$column")" "$published" 6 \
            "$row: $column, and published"
    done
done
# With a run's own step times and overheads only the policy is left to err.
for run in 9-12_3jobs 9-13_3jobs 9-9_3jobs; do
    for policy in wfs priority; do
        within "$(value 3.csv "$run under $policy," "mean JCT" '"error, %"')" \
            0 0.5 "$run under $policy: mean JCT, per cent off"
    done
done
"$bin" experiment virtualflow-3jobs --data "$data" > 3.txt
test "$(grep -c 'own: all [0-9]* decisions are the measured ones' 3.txt)" = 6
ok $? "every decision of the runs of 3 jobs, in order"
"$bin" experiment virtualflow-20jobs --data "$data" > 20.txt
grep -q 'own: all 32 decisions are the measured ones' 20.txt
ok $? "every decision of a run of 20 jobs under wfs"
"$bin" experiment virtualflow-20jobs --data "$data" | cmp -s - 20.txt
ok $? "the same run, the same bytes"
"$bin" experiment virtualflow-3jobs --data "$data" --format json > 3.json
python3 -c 'import json; json.load(open("3.json"))' 2> /dev/null \
    || { command -v python3 > /dev/null && false; }
ok $? "JSON"
# The authors' form gives every published average, to its rounding.
"$bin" experiment virtualflow-gavel-ht --data "$data" --format csv > ht.csv
for rate in 1 3 5 7 9 11; do
    for mode in gavel gavel-ht; do
        within "$(value ht.csv 'Average JCT' ",$rate," "$mode: authors")" \
            "$(value ht.csv 'Average JCT' ",$rate," "$mode: published")" 0.51 \
            "$mode at $rate jobs/h: the authors' form, and published"
    done
done
# Job by job against Gavel's own simulator.
"$bin" experiment gavel-artifact --data "$data" > artifact.txt
grep -Eq 'gavel-fifo-perf +5350.663 +5350.663 +0.00 +15 +15 ' artifact.txt
ok $? "every job of artifact_evaluation under gavel-fifo-perf"
grep -Eq 'gavel-fifo-perf +40257.935 +40257.935 +0.00 +100 +100 ' artifact.txt
ok $? "every job of minimize_makespan under gavel-fifo-perf"
"$bin" experiment virtualflow-het --data "$data" --format csv > het.csv
ok $? "the solver of heterogeneous splits"
table="ResNet-50, a global batch of 8192"
for row in H1a H1b H1c H2a H2b H2c H2d H3; do
    within "$(value het.csv "$table" ",$row," ",predicted,")" \
        "$(value het.csv "$table" ",$row," "authors' solver")" 0.1 \
        "$row: its prediction is the authors'"
done
table="Throughputs in the authors' Gavel"
for row in k80:16,v100:1 k80:16,p100:5 "transformer on v100:4,p100:8" \
    "resnet50 on v100:4,p100:8"; do
    within "$(value het.csv "$table" "$row" ",difference,")" 0 0.01 \
        "$row: the published throughput"
done
within "$(value het.csv "What the solver says" "H1:" "predicted gain")" 1 0 \
    "two V100s alone beat them with two P100s"
within "$(value het.csv "What the solver says" "H3:" "measured gain")" 1.424 \
    0.001 "the published gain"
"$bin" experiment virtualflow-het --data "$data" \
    | grep -q 'On H1: .* the solver uses the V100s alone'
ok $? "and it is said"
says 0 "virtualflow-3jobs " "a list" "$bin" experiment --list
says 0 "usage: vnreplay experiment" "help" "$bin" experiment --help
says 2 "no experiment given (see --list)" "none given" "$bin" experiment
says 2 "more than one experiment" "two given" "$bin" experiment a b
says 2 "unknown 'virtualflow-3job', did you mean 'virtualflow-3jobs'" \
    "a misspelt one" "$bin" experiment virtualflow-3job
says 2 "csx" "a misspelt format" "$bin" experiment virtualflow-3jobs \
    --format csx
says 2 "experiment virtualflow-3jobs takes no --case" "an option of others" \
    "$bin" experiment virtualflow-3jobs --case x
says 2 "experiment virtualflow-het takes no --curve" "likewise" \
    "$bin" experiment virtualflow-het --curve x
says 2 "first" "a count that is none" \
    "$bin" experiment virtualflow-het --first 0
says 1 "nowhere/virtualflow/9-12_3jobs.csv" "no tables" \
    "$bin" experiment virtualflow-3jobs --data nowhere
cp -r "$data" damaged
echo "9-12_3jobs,wfs,99,1,2,3" >> damaged/virtualflow/measured.csv
says 1 "measured.csv:[0-9]*:16: job_id is '99'" \
    "a damaged table" "$bin" experiment virtualflow-3jobs --data damaged
done_testing
