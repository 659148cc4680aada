#!/bin/sh
# vnreplay experiment lucid: every job as in Lucid's simulator, where its
# results are at hand, and as second by second by its rules.
. "$(dirname "$0")/../tap.sh"
bin=$TOP_BUILDDIR/vnreplay
field=${VN_SHARED_DATA:-$TOP_SRCDIR/../shared/data}/field/lucid
plain=$TOP_SRCDIR/t/replay/lucid_plain.py
case $field in /*) ;; *) field=$PWD/$field ;; esac
cd "$tmp" || exit 1

mkdir -p own/few_n1 own/drawn_n3
cat > own/few_n1/workload.csv << 'END'
job_id,submit_s,duration_s,gpu_num,predicted_s
0,0,100,6,100
1,1,50,4,50
2,2,10,2,900
3,3,10,1,10
END
run() { "$bin" experiment lucid --data own --case few_n1 "$@"; }
starts() { run --jobs jobs.csv "$@" > out && cut -d, -f3 jobs.csv |
    sed 1d | paste -sd ' ' -; }
is "$(starts --policy fifo)" "0 100 100 100" "the first of the queue blocks"
is "$(starts --policy fifo --option skip=yes)" "0 100 2 12" \
    "or is passed over"
is "$(starts --policy sjf)" "0 100 2 12" "the shortest first"
# In second 2 jobs 1 and 2 wait, and only 2 came: by predicted device seconds
# 1 is first; in second 3 the new 3 is.
is "$(starts --policy qssf)" "0 100 100 3" "by what was predicted"
is "$(starts --policy srtf)" "0 1 2 3" "what has least left, first"
# Stopped in second 1 with 99 s left, it pays 40 s, goes on when job 1 is seen
# to have ended, in second 52, and is seen to have ended itself a second late.
is "$(sed -n 2p jobs.csv)" "0,0,0,192,192,51,1" "and what it costs to stop"
is "$(starts --policy tiresias)" "0 120 60 120" "at whole minutes"
is "$(starts --policy fifo --cluster v100:2x8)" "0 1 2 3" \
    "--cluster overrides the case's name"
mkdir own/split_n2
cat > own/split_n2/workload.csv << 'END'
job_id,submit_s,duration_s,gpu_num
0,0,100,5
1,1,100,5
2,2,10,5
END
split() { "$bin" experiment lucid --data own --case split_n2 --policy fifo \
    --jobs jobs.csv "$@" > out && sed -n 4p jobs.csv; }
is "$(split)" "2,2,100,110,108,98,0" \
    "no job is split that fits into a node"
is "$(split --option placement=any)" "2,2,2,12,10,0,0" \
    "unless any devices will do"
is "$(starts --policy fifo --first 2)" "0 100" "--first"

# Where python is, a year of seconds one by one.
awk 'BEGIN { srand(7)
    print "job_id,submit_s,duration_s,gpu_num,predicted_s"
    split("1 1 1 2 3 4 6 8 8 12 16 19 24", wide, " ")
    for (i = 0; i < 150; i++) {
        t += int(rand() * 30); d = 3 + int(exp(rand() * 8))
        print i "," t "," d "," wide[1 + int(rand() * 13)] "," \
            int(d * rand() * 2)
    } }' > own/drawn_n3/workload.csv
# The cluster simulator's own fifo under strict placement starts each job then.
strictly() { # workload, nodes, jobs of the experiment
    sed '1s/gpu_num/devices/' "$1" | cut -d, -f1-4 > strict.csv
    "$TOP_BUILDDIR/vnsim" -t strict.csv -c "v100:$2x8" -p fifo \
        --placement strict -j strict.out > /dev/null &&
        sed 1d strict.out | cut -d, -f1,3,4 | sort > a
    sed 1d "$3" | cut -d, -f1,3,4 | sort | diff a - > out
}
"$bin" experiment lucid --data own --case drawn_n3 --policy fifo \
    --jobs jobs.csv > /dev/null
strictly own/drawn_n3/workload.csv 3 jobs.csv
ok $? "vnsim --placement strict: fifo, every job"
for policy in fifo sjf qssf srtf tiresias; do
    if ! command -v python3 > /dev/null; then
        skip "$policy, second by second" "no python3"
        continue
    fi
    "$bin" experiment lucid --data own --case drawn_n3 --policy $policy \
        --jobs jobs.csv > /dev/null
    cut -d, -f1,3,4,7 jobs.csv | sed 1d > a
    python3 "$plain" own/drawn_n3/workload.csv $policy 3 > b
    diff a b > out
    ok $? "$policy: 150 jobs as second by second"
done

wrong() { # what is said, name, words of the command
    said=$1 name=$2
    shift 2
    "$@" > "$tmp/out" 2>&1
    status=$?
    test "$status" -eq 1 -o "$status" -eq 2 && grep -q -e "$said" "$tmp/out"
    ok $? "$name"
}
wrong "policy: unknown 'sfj'.*sjf" "an unknown policy" run --policy sfj
wrong "option 'skp'\|unknown.*skp\|skp" "an unknown option" \
    run --policy fifo --option skp=no
wrong "does not say how many nodes" "a case that names no nodes" \
    "$bin" experiment lucid --data own --case few --policy fifo
wrong "unlike nodes" "nodes that are not alike" \
    run --policy fifo --cluster v100:1x8,v100:1x4
bad() { "$bin" experiment lucid --data own --case bad_n1 --policy "$1"; }
mkdir own/bad_n1
sed 's/,6,100$/,9,100/' own/few_n1/workload.csv > own/bad_n1/workload.csv
wrong "workload.csv:2:9: .*at most 8" "a job wider than the cluster" bad fifo
sed 's/,100,6/,0,6/' own/few_n1/workload.csv > own/bad_n1/workload.csv
wrong "workload.csv:2:5: .*from 1" "a job of no duration" bad fifo
cut -d, -f1-4 own/few_n1/workload.csv > own/bad_n1/workload.csv
wrong "workload.csv:2:.*predicted_s" "no prediction, under qssf" bad qssf
bad fifo > out
ok $? "which fifo has no need of"

test -d "$field" || skip "every job of Lucid's cases" "no results at hand"
for case in "$field"/*/; do
    test -d "$case" || continue
    case=$(basename "$case")
    for policy in fifo sjf qssf srtf tiresias; do
        if ! test -e "$field/$case/$policy.csv"; then
            skip "$case, $policy" "no results at hand"
            continue
        fi
        "$bin" experiment lucid --data "$field" --case "$case" \
            --policy $policy --jobs jobs.csv > out
        cmp jobs.csv "$field/$case/$policy.csv" >> out
        ok $? "$case, $policy: every job"
    done
    strictly "$field/$case/workload.csv" "${case##*_n}" "$field/$case/fifo.csv"
    ok $? "$case: fifo under strict placement, every job"
done
done_testing
