#!/bin/sh
# vnreplay experiment pcs: every job as in PCS' simulator, where its results
# are at hand, and what is said of input that is wrong.
. "$(dirname "$0")/../tap.sh"
bin=$TOP_BUILDDIR/vnreplay
field=${VN_SHARED_DATA:-$TOP_SRCDIR/../shared/data}/field/pcs
case $bin in /*) ;; *) bin=$PWD/$bin ;; esac
case $field in /*) ;; *) field=$PWD/$field ;; esac
cd "$tmp" || exit 1

mkdir -p own/two_g4_models own/two_g4_linear
cat > own/two_g4_models/workload.csv << 'END'
job_id,submit_s,service_s,demand,model
0,0,100,2,m
1,10,60,4,m
END
cp own/two_g4_models/workload.csv own/two_g4_linear/
cat > own/speedups.csv << 'END'
model,gpus,speedup
m,1,1
m,2,1.6
m,3,2
m,4,2.4
END
run() { "$bin" experiment pcs --data own --case two_g4_models "$@"; }
# Two of four devices each: 1.6 of work a second; job 0 ends at 100/1.6.
run --policy fifo --jobs fifo.csv > out
ok $? "two jobs in order"
grep -q '^0,0.000000,0.000000,62.500000,62.500000,' fifo.csv
ok $? "the first has what it asks for"
grep -q '^1,10.000000,10.000000,47.500000,37.500000,' fifo.csv
ok $? "the second what is left, at the speed of that"
"$bin" experiment pcs --data own --case two_g4_linear --policy fifo \
    --jobs linear.csv > /dev/null
grep -q '^0,0.000000,0.000000,50.000000,' linear.csv
ok $? "a linear case needs no speeds"
run --policy fifo --cluster a100:1x6 --jobs wide.csv > /dev/null
grep -q '^1,10.000000,10.000000,35.000000,' wide.csv
ok $? "--cluster overrides the case's name"
run --policy fifo --first 1 | grep -q 'job_id\|finish_s  *62.500'
ok $? "only the first"
grep -q 'There is no own/two_g4_models/fifo.csv' out
ok $? "it says that there is nothing to hold it against"
run --policy themis --option every=7 --jobs a.csv > /dev/null &&
    run --policy themis7 --jobs b.csv > /dev/null && cmp a.csv b.csv
ok $? "themis7 is themis every 7 s"

says 2 "unknown 'fifa', did you mean 'fifo'" "a policy it has not" \
    run --policy fifa
says 2 "has no option 'evry', did you mean 'every'" "an option it has not" \
    run --policy themis --option evry=5
says 2 "experiment pcs needs --case" "no case" \
    "$bin" experiment pcs --data own --policy fifo
says 2 "experiment pcs needs --data" "no data" \
    "$bin" experiment pcs --case two_g4_models --policy fifo
says 2 "experiment pcs takes no --curve" "a file it does not write" \
    run --policy fifo --curve c.csv
mkdir -p own/plain && cp own/two_g4_models/workload.csv own/plain/
says 2 "'plain' does not say how many devices" "a case without devices" \
    "$bin" experiment pcs --data own --case plain --policy fifo
sed 's/,4,m/,5,m/' own/two_g4_linear/workload.csv \
    > own/two_g4_models/workload.csv
says 1 "workload.csv:3:11: speedups.csv has no 'm' on 5 devices" \
    "a demand that was not measured" run --policy fifo --jobs none.csv
test ! -e none.csv
ok $? "nothing is written then"
says 1 "own/nowhere_g4_linear/workload.csv" "a case that is not there" \
    "$bin" experiment pcs --data own --case nowhere_g4_linear --policy fifo

found=0
for expected in "$field"/*_g*/[a-z]*.csv; do
    test -f "$expected" || continue
    policy=$(basename "$expected" .csv)
    test "$policy" != workload || continue
    case=$(basename "$(dirname "$expected")")
    "$bin" experiment pcs --data "$field" --case "$case" --policy "$policy" \
        --jobs jobs.csv > out && cmp jobs.csv "$expected"
    ok $? "$case under $policy: every job, to the microsecond"
    found=1
done
test $found = 1 || skip "PCS' results" "none at hand"
done_testing
