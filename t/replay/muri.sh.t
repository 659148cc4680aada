#!/bin/sh
# vnreplay experiment muri: every job as in Muri's simulator, where its results
# are at hand, cases by hand, and what is said of input that is wrong.
. "$(dirname "$0")/../tap.sh"
bin=$TOP_BUILDDIR/vnreplay
field=${VN_SHARED_DATA:-$TOP_SRCDIR/../shared/data}/field/muri
case $field in /*) ;; *) field=$PWD/$field ;; esac
cd "$tmp" || exit 1

mkdir -p own/few own/shared own/queues
cat > own/overhead.csv << 'END'
gpus,model,overhead_s
2,m,5
END
cat > own/few/workload.csv << 'END'
job_id,gpus,submit_ms,iterations,model,iteration_ms
0,2,0,100,m,1000
1,1,10000,20,m,1000
END
run() { "$bin" experiment muri --data own "$@" --jobs jobs.csv > out; }
row() { grep "^$1," jobs.csv | cut -d, -f2-; }
run --case few --policy shortest-gpu --cluster v100:1x2
ok $? "two jobs on two devices"
# Job 0 has 10 s, of which 5 are lost, waits until job 1 has had 20.3 s, and
# takes the other 96.5 s.
is "$(row 0)" "0.000000,0.000000,126.800000,126.800000,20.300000,106.500000" \
    "the longer one is stopped, and pays"
is "$(row 1)" "10.000000,10.000000,30.300000,20.300000,0.000000,20.300000" \
    "for the shorter one"
run --case few --policy shortest --cluster v100:2x1 && grep -q '^0,.*,126.8' jobs.csv
ok $? "a job wider than a node goes over several"
run --case few --policy shortest --first 1 --cluster v100:1x2
is "$(row 0)" "0.000000,0.000000,101.500000,101.500000,0.000000,101.500000" \
    "--first"

# At each event, as when job 4 comes, what runs loses up to 10 s, the overhead
# of what is not in the table: 1 s then, 10 s when job 2 ends.
# Job 2 shares a device with job 0, of whose iterations one of its own takes
# two: its first stage waits for the second of that, and its second begins in
# the gap and ends in the next.
cat > own/shared/workload.csv << 'END'
job_id,gpus,submit_ms,iterations,model,iteration_ms,resource0_ms,resource1_ms,resource2_ms,priority
0,1,0,10,m,10000,2,6,2,0
1,1,0,100,m,10000,2,6,2,1
2,1,0,3,m,8000,4,4,0,1
3,1,0,3,m,8000,4,4,0,1
4,2,1000,1,m,1000,1,1,1,0
END
run --case shared --policy antman --cluster v100:1x2
ok $? "jobs of two kinds on two devices"
is "$(row 0 | cut -d, -f3)" "112.500000" "a guaranteed job is held up by events alone"
is "$(row 2 | cut -d, -f3)" "61.900000" "what shares with it is"
is "$(row 3 | cut -d, -f2)" "61.900000" "a device is shared by two at most"
# It keeps the device that is free, and waits for the other.
is "$(row 4 | cut -d, -f2,3)" "112.500000,113.515000" \
    "a wide guaranteed job waits for the rest of its devices"

# dlas-gpu: job 0 leaves its queue at 3250 device seconds, for job 1.
cat > own/queues/workload.csv << 'END'
job_id,gpus,submit_ms,iterations,model,iteration_ms
0,2,0,4000,n,1000
1,1,1000,100,n,1000
END
run --case queues --policy dlas-gpu --cluster v100:1x2
is "$(row 1)" \
    "1.000000,1625.000000,1726.500000,1725.500000,1624.000000,101.500000" \
    "what has had much goes behind what has had little"

wrong() { # what is said, name, words of the command
    said=$1 name=$2
    shift 2
    "$@" > "$tmp/out" 2>&1
    status=$?
    test "$status" -eq 1 -o "$status" -eq 2 && grep -q -e "$said" "$tmp/out"
    ok $? "$name"
}
few() { "$bin" experiment muri --data own --case few "$@"; }
wrong "policy: unknown 'antmen'.*antman" "an unknown policy" \
    few --policy antmen
wrong "resource0_ms" "antman without stages" few --policy antman
wrong "workload.csv:2:3: .*at most 1" "a job wider than the cluster" \
    few --policy shortest --cluster v100:1x1
wrong "workload.csv:2:3: antman has no rule" "a wide job under antman" \
    few --policy antman --cluster v100:2x1
wrong "unlike nodes" "nodes that are not alike" \
    few --policy shortest --cluster v100:1x8,v100:1x4
wrong "takes no --option" "an option" \
    few --policy shortest --option skip=no
mkdir own/bad
sed 's/,100,m,/,0,m,/' own/few/workload.csv > own/bad/workload.csv
wrong "workload.csv:2:7: " "a job of no iterations" \
    "$bin" experiment muri --data own --case bad --policy shortest
rm own/overhead.csv
wrong "overhead.csv" "no overheads" few --policy shortest

test -d "$field" || skip "every job of Muri's cases" "no results at hand"
for case in "$field"/*/; do
    test -d "$case" || continue
    case=$(basename "$case")
    for policy in shortest-gpu antman shortest dlas-gpu; do
        if ! test -e "$field/$case/$policy.csv"; then
            skip "$case, $policy" "no results at hand"
            continue
        fi
        "$bin" experiment muri --data "$field" --case "$case" \
            --policy $policy --format csv > out
        grep "all of them" out > all
        # as many the same as there are
        awk -F, '{ v[NR] = $NF } END { exit !(v[1] > 0 && v[1] == v[2]) }' all
        ok $? "$case, $policy: every job"
    done
done
done_testing
