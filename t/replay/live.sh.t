#!/bin/sh
# vnreplay live: the policies of the simulator drive executors.
. "$(dirname "$0")/../tap.sh"
cd "$TOP_BUILDDIR" || exit 1
cat > "$tmp/trace" <<END
job_id,submit_s,model,global_batch,vnodes,steps,devices
1,0,mlp,64,8,120,2
2,0.5,mlp,48,4,40,2
END
cat > "$tmp/profile" <<END
model,device_type,batch,step_s,peak_bytes,update_s,parameters
mlp,host,1,0.002,13000000,0.001,669706
mlp,host,32,0.006,13200000,0.001,669706
END
live() { # results, more options
    results=$1
    shift
    ./vnreplay live --trace "$tmp/trace" --cluster host:2 --profile \
        "$tmp/profile" --results "$tmp/$results" "$@" > "$tmp/out" 2>&1
}
digests() { # of the table that live prints
    awk '$1 ~ /^[0-9]+$/ { print $1, $8 }' "$tmp/out"
}
for job in "1 64 8 120" "2 48 4 40"; do
    # shellcheck disable=SC2086
    set -- $job
    ./vnexec run -m mlp --batch "$2" --vnodes "$3" --steps "$4" \
        --seed $(($1 + 1)) --no-eval --quiet --digest "$4" \
        | sed "s/.*digest /$1 /"
done > "$tmp/want"
for policy in fifo srtf wfs; do
    live r.db --policy $policy
    ok $? "$policy: jobs are trained to their ends"
    digests > "$tmp/got"
    test -s "$tmp/want" && cmp "$tmp/got" "$tmp/want" >> "$tmp/out" 2>&1
    ok $? "$policy: to the digests of the same jobs alone on one device"
done
./vnreplay export --table allocation "$tmp/r.db" > "$tmp/out" 2>&1
grep -q ',host,shrink,' "$tmp/out" && grep -q ',host,resume,' "$tmp/out"
ok $? "allocations are in the results, with preemptions and resizes"
./vnreplay export --table step "$tmp/r.db" > "$tmp/out" 2>&1
test "$(wc -l < "$tmp/out")" -eq 481
ok $? "and each step of each job"
./vnreplay export --table run "$tmp/r.db" > "$tmp/out" 2>&1
test "$(grep -c ',measured,done,' "$tmp/out")" -eq 3
ok $? "as measured runs"
live r.db --policy fifo
test $? -eq 2 && grep -q "holds this run already" "$tmp/out"
ok $? "says: holds this run already"

# Kill the first executor of a run once it has trained a while.
./vnreplay live --trace "$tmp/trace" --cluster host:2 --profile \
    "$tmp/profile" --results "$tmp/k.db" --checkpoint-every 5 \
    --folder "$tmp/jobs" > "$tmp/out" 2>&1 &
pid=$!
for _ in $(seq 300); do
    test -e "$tmp/jobs/1.checkpoint" && break
    sleep 0.02
done
kill -9 "$(pgrep -P $pid | head -n 1)"
wait $pid
ok $? "an executor dies, and the run goes on"
grep -q "job 1: its executor died (signal 9); it goes on from step" \
    "$tmp/out"
ok $? "and says so"
digests > "$tmp/got"
cmp "$tmp/got" "$tmp/want" >> "$tmp/out" 2>&1
ok $? "to the same digests"

./vnreplay live --trace "$tmp/trace" --cluster host:2 --profile \
    "$tmp/profile" --results "$tmp/i.db" --policy wfs > "$tmp/out" 2>&1 &
pid=$!
sleep 0.5
children=$(pgrep -P $pid)
kill -TERM $pid
wait $pid
test $? -eq 1 && grep -q "interrupted" "$tmp/out"
ok $? "a run that is interrupted ends"
alive=0
for child in $children; do
    kill -0 "$child" 2> /dev/null && alive=1
done
test -n "$children" && test $alive -eq 0
ok $? "with its executors"
./vnreplay export --table run "$tmp/i.db" > "$tmp/out" 2>&1
grep -q ',measured,stopped,' "$tmp/out"
ok $? "and what was done is kept"

refuses() { # what it says, options
    message=$1
    shift
    ./vnreplay live "$@" > "$tmp/out" 2>&1
    test $? -ne 0 && grep -q -e "$message" "$tmp/out"
    ok $? "says: $message"
}
printf 'job_id,submit_s,duration_s,devices\n1,0,5,1\n' > "$tmp/recorded"
base="--cluster host:2 --results $tmp/x.db --profile $tmp/profile"
# shellcheck disable=SC2086
{
    refuses "no --trace given" $base
    refuses "no --cluster given" --trace "$tmp/trace" --results "$tmp/x.db"
    refuses "no --results given" --trace "$tmp/trace" --cluster host:2
    refuses "job 1 is a recorded one" $base --trace "$tmp/recorded"
    refuses "expected vnexec" $base --trace "$tmp/trace" --vnexec "$tmp/none"
    refuses "expected NAME=OPTIONS" $base --trace "$tmp/trace" --model x
    TMPDIR=$tmp refuses "executor refused (exit status 2); its log is" $base \
        --trace "$tmp/trace" --model "mlp=--model nomodel"
    log=$(sed -n 's/.*its log is //p' "$tmp/out")
    test "$(grep -c nomodel "$log")" -eq 1
    ok $? "the log is there, and the executor was not asked again"
    refuses "'more' is no option" $base --trace "$tmp/trace" more
    refuses "time-scale" $base --trace "$tmp/trace" --time-scale 0
    refuses "none/jobs: No such file" $base --trace "$tmp/trace" \
        --folder "$tmp/none/jobs"
}
done_testing
