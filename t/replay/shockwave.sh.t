#!/bin/sh
# vnreplay experiment shockwave: shares of rounds by hand, the published run
# as far as the table of jobs tells it, and wrong input.
. "$(dirname "$0")/../tap.sh"
bin=$TOP_BUILDDIR/vnreplay
field=${VN_SHARED_DATA:-$TOP_SRCDIR/../shared/data}/field/shockwave
case $bin in /*) ;; *) bin=$PWD/$bin ;; esac
case $field in /*) ;; *) field=$PWD/$field ;; esac
cd "$tmp" || exit 1

mkdir -p own/three
cat > own/three/workload.csv << 'END'
job_id,job_type,total_steps,gpus,submit_s,mode,duration_s
0,a,240,1,0,static,240
1,b,240,1,0,static,240
2,c,120,2,0,static,120
END
run() {
    "$bin" experiment shockwave --data own --case three --cluster v100:2 "$@"
}
run --policy gandiva_fair --jobs jobs.csv --rounds rounds.csv > out
ok $? "three jobs on two devices"
test "$(tail -n +2 rounds.csv | tr '\n' ' ')" = "0,0 0,1 1,2 2,0 2,1 "
ok $? "one that waited for a round is owed the next, however wide"
grep -q '^2,0,240.000000,240.000000,,$' jobs.csv
ok $? "and ends after it; what is not known is empty"
sed 's/,2,0,static,120/,2,0,static,60/' own/three/workload.csv > w.csv
cp w.csv own/three/workload.csv
run --policy max_sum_throughput --jobs jobs.csv --rounds rounds.csv > out
ok $? "the most throughput"
says 2 "unknown 'gandiva_fare', did you mean 'gandiva_fair'" \
    "a policy it has not" run --policy gandiva_fare
says 1 "workload.csv:4:9: gpus is '2'" "wider than the cluster" \
    "$bin" experiment shockwave --data own --case three --cluster v100:1 \
    --policy gandiva_fair
says 1 "no step of the job fits into a round" "a round shorter than a step" \
    run --policy gandiva_fair --option round=0.01
if test -f "$field/tacc32/gandiva_fair.csv"; then
    "$bin" experiment shockwave --data "$field" --case tacc32 \
        --policy gandiva_fair --jobs jobs.csv --rounds rounds.csv > out
    awk -F, 'NR == FNR { if (FNR > 1 && $1 <= 9) want[$1 "," $2] = 1; next }
        FNR > 1 && $1 <= 9 { n++; same += ($1 "," $2) in want }
        END { exit !(n == same && n == 55) }' \
        "$field/tacc32/rounds_gandiva_fair.csv" rounds.csv
    ok $? "the first ten rounds run the same jobs"
else
    skip "Shockwave's run" "none at hand"
fi
done_testing
