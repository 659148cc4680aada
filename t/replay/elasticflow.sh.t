#!/bin/sh
# vnreplay experiment elasticflow: every job as in ElasticFlow's simulator,
# where its results are at hand, small cases by hand, and wrong input.
. "$(dirname "$0")/../tap.sh"
bin=$TOP_BUILDDIR/vnreplay
field=${VN_SHARED_DATA:-$TOP_SRCDIR/../shared/data}/field/elasticflow
case $bin in /*) ;; *) bin=$PWD/$bin ;; esac
case $field in /*) ;; *) field=$PWD/$field ;; esac
cd "$tmp" || exit 1

mkdir -p own/two
cat > own/throughputs_T4.csv << 'END'
model,batch,gpus,iterations_per_s
m,64,1,1
m,64,2,1.8
m,64,4,3
m,64,8,nan
END
# Two jobs on 4 devices: the first needs 2 of them from now on to be in time.
cat > own/two/workload.csv << 'END'
job_id,submit_s,iterations,model,deadline_s,batch,gpus,duration_s
0,0,900,m,600,64,1,900
1,0,300,m,9000,64,1,300
2,0,6000,m,1000,64,1,6000
END
run() {
    "$bin" experiment elasticflow --data own --case two --cluster T4:1x4 "$@"
}
finish() { awk -F, -v id="$1" '$1 == id { print $4 }' jobs.csv; }
# All have 4 devices after another: 900 / 3, then what is in order of deadline.
run --policy edf --jobs jobs.csv > out
ok $? "earliest deadline first"
test "$(finish 0)" = 300.0
ok $? "the first has all it can use"
test "$(finish 2)" = 2300.0
ok $? "nobody is declined, however late"
run --policy ef-accessctrl --jobs jobs.csv > /dev/null
test "$(grep -c '^[012],0,,,,0,,$' jobs.csv)" = 3
ok $? "of those that come together all are declined, or none"
grep -v '^2,' own/two/workload.csv > w.csv && cp w.csv own/two/workload.csv
run --policy ef-accessctrl --jobs jobs.csv > /dev/null
awk -F, 'NR > 1 && $6 != 1 { exit 1 }' jobs.csv
ok $? "without the one that cannot be met both are in time"
run --policy dlas-gpu --jobs jobs.csv > /dev/null
test "$(finish 0)" = 904.0
ok $? "dlas-gpu goes by durations, and finds what the start cost at the next event"
grep -q 'There is no own/two/edf.csv' out
ok $? "it says that there is nothing to hold it against"
for policy in edf edf-accessctrl ef ef-accessctrl dlas-gpu; do
    run --policy $policy --jobs a.csv > /dev/null
    run --policy $policy --jobs b.csv > /dev/null
    cmp a.csv b.csv
    ok $? "$policy: the same twice"
done

says 2 "unknown 'eff'" "a policy it has not" run --policy eff
says 2 "slot is 'x'" "a slot that is none" run --policy ef --option slot=x
says 2 "expected nodes that are alike" "a cluster of two kinds" \
    "$bin" experiment elasticflow --data own --case two --policy ef \
    --cluster T4:1x4,T4:1x8
sed 's/,m,600/,n,600/' w.csv > own/two/workload.csv
says 1 "workload.csv:2:9: no throughputs of 'n'" "an unknown model" \
    run --policy ef --jobs none.csv
sed 's/,64,1,900/,64,5,900/' w.csv > own/two/workload.csv
says 1 "workload.csv:2:18: gpus is '5'" "more than there are" run --policy ef
test ! -e none.csv
ok $? "nothing is written then"
cp w.csv own/two/workload.csv
printf 'm,64,1,1\n' >> own/throughputs_T4.csv
says 1 "are not by rising gpus" "throughputs in disorder" run --policy ef

found=0
for expected in "$field"/*/[a-z]*.csv; do
    test -f "$expected" || continue
    policy=$(basename "$expected" .csv)
    test "$policy" != workload || continue
    case=$(basename "$(dirname "$expected")")
    "$bin" experiment elasticflow --data "$field" --case "$case" \
        --policy "$policy" --jobs jobs.csv > out && cmp jobs.csv "$expected"
    ok $? "$case under $policy: every job"
    found=1
done
test $found = 1 || skip "ElasticFlow's results" "none at hand"
done_testing
