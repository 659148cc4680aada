#!/bin/sh
# vnreplay live: the policies of the simulator drive executors.
cd "${TOP_BUILDDIR:-.}" || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
n=0
result() { # pass or fail as status, name
    n=$((n + 1))
    if test "$1" -eq 0; then echo "ok $n - $2"; else
        echo "not ok $n - $2"
        sed 's/^/# /' "$dir/out"
    fi
}
cat > "$dir/trace" <<END
job_id,submit_s,model,global_batch,vnodes,steps,devices
1,0,mlp,64,8,120,2
2,0.5,mlp,48,4,40,2
END
cat > "$dir/profile" <<END
model,device_type,batch,step_s,peak_bytes,update_s,parameters
mlp,host,1,0.002,13000000,0.001,669706
mlp,host,32,0.006,13200000,0.001,669706
END
live() { # results, more options
    results=$1
    shift
    ./vnreplay live --trace "$dir/trace" --cluster host:2 --profile \
        "$dir/profile" --results "$dir/$results" "$@" > "$dir/out" 2>&1
}
digests() { # of the table that live prints
    awk '$1 ~ /^[0-9]+$/ { print $1, $8 }' "$dir/out"
}
for job in "1 64 8 120" "2 48 4 40"; do
    # shellcheck disable=SC2086
    set -- $job
    ./vnexec run -m mlp --batch "$2" --vnodes "$3" --steps "$4" \
        --seed $(($1 + 1)) --no-eval --quiet --digest "$4" \
        | sed "s/.*digest /$1 /"
done > "$dir/want"
for policy in fifo srtf wfs; do
    live r.db --policy $policy
    result $? "$policy: jobs are trained to their ends"
    digests > "$dir/got"
    test -s "$dir/want" && cmp "$dir/got" "$dir/want" >> "$dir/out" 2>&1
    result $? "$policy: to the digests of the same jobs alone on one device"
done
./vnreplay export --table allocation "$dir/r.db" > "$dir/out" 2>&1
grep -q ',host,shrink,' "$dir/out" && grep -q ',host,resume,' "$dir/out"
result $? "allocations are in the results, with preemptions and resizes"
./vnreplay export --table step "$dir/r.db" > "$dir/out" 2>&1
test "$(wc -l < "$dir/out")" -eq 481
result $? "and each step of each job"
./vnreplay export --table run "$dir/r.db" > "$dir/out" 2>&1
test "$(grep -c ',measured,done,' "$dir/out")" -eq 3
result $? "as measured runs"
live r.db --policy fifo
test $? -eq 2 && grep -q "holds this run already" "$dir/out"
result $? "says: holds this run already"

# Kill the first executor of a run once it has trained a while.
./vnreplay live --trace "$dir/trace" --cluster host:2 --profile \
    "$dir/profile" --results "$dir/k.db" --checkpoint-every 5 \
    --folder "$dir/jobs" > "$dir/out" 2>&1 &
pid=$!
for _ in $(seq 300); do
    test -e "$dir/jobs/1.checkpoint" && break
    sleep 0.02
done
kill -9 "$(pgrep -P $pid | head -n 1)"
wait $pid
result $? "an executor dies, and the run goes on"
grep -q "job 1: its executor died (signal 9); it goes on from step" \
    "$dir/out"
result $? "and says so"
digests > "$dir/got"
cmp "$dir/got" "$dir/want" >> "$dir/out" 2>&1
result $? "to the same digests"

./vnreplay live --trace "$dir/trace" --cluster host:2 --profile \
    "$dir/profile" --results "$dir/i.db" --policy wfs > "$dir/out" 2>&1 &
pid=$!
sleep 0.5
children=$(pgrep -P $pid)
kill -TERM $pid
wait $pid
test $? -eq 1 && grep -q "interrupted" "$dir/out"
result $? "a run that is interrupted ends"
alive=0
for child in $children; do
    kill -0 "$child" 2> /dev/null && alive=1
done
test -n "$children" && test $alive -eq 0
result $? "with its executors"
./vnreplay export --table run "$dir/i.db" > "$dir/out" 2>&1
grep -q ',measured,stopped,' "$dir/out"
result $? "and what was done is kept"

refuses() { # what it says, options
    message=$1
    shift
    ./vnreplay live "$@" > "$dir/out" 2>&1
    test $? -ne 0 && grep -q -e "$message" "$dir/out"
    result $? "says: $message"
}
printf 'job_id,submit_s,duration_s,devices\n1,0,5,1\n' > "$dir/recorded"
base="--cluster host:2 --results $dir/x.db --profile $dir/profile"
# shellcheck disable=SC2086
{
    refuses "no --trace given" $base
    refuses "no --cluster given" --trace "$dir/trace" --results "$dir/x.db"
    refuses "no --results given" --trace "$dir/trace" --cluster host:2
    refuses "job 1 is a recorded one" $base --trace "$dir/recorded"
    refuses "expected vnexec" $base --trace "$dir/trace" --vnexec "$dir/none"
    refuses "expected NAME=OPTIONS" $base --trace "$dir/trace" --model x
    refuses "executor died 4 times; its log is" $base --trace "$dir/trace" \
        --model "mlp=--model nomodel" --folder "$dir/jobs"
    refuses "'more' is no option" $base --trace "$dir/trace" more
    refuses "time-scale" $base --trace "$dir/trace" --time-scale 0
    refuses "none/jobs: No such file" $base --trace "$dir/trace" \
        --folder "$dir/none/jobs"
}
echo "1..$n"
