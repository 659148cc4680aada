#!/bin/sh
# vnreplay validate --plan and --split: one job's plan and splits over unlike
# devices, priced and executed.  Bounds are generous, as machines that run
# tests are busy; what is printed as predicted is held to sums by hand.
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
cat > "$dir/plan" <<END
job_id,from_step,device_type,device,vnode_first,vnode_count,batch
7,0,host,0,0,6,8
7,20,host,0,0,4,8
7,20,host:slow=2,0,4,2,8
7,40,host,0,0,6,8
END
cat > "$dir/nodes" <<END
model,device_type,batch,step_s,peak_bytes,update_s
mlp,host,8,0.001,0,0.0005
mlp,host,16,0.0015,0,0.0005
mlp,host,32,0.003,0,0.0005
mlp,host:slow=2,8,0.002,0,0.001
mlp,host:slow=2,16,0.003,0,0.001
mlp,host:slow=2,32,0.006,0,0.001
END
cat > "$dir/links" <<END
model,device_type,devices,sync_s
mlp,*,2,0.0007
END
tables="--profile $dir/nodes --profile $dir/links --repeats 3"
validate() { # options
    # shellcheck disable=SC2086
    ./vnreplay validate $tables "$@" > "$dir/out" 2> "$dir/err"
}
validate --plan "$dir/plan" --steps 60 --tolerance 10 --format csv \
    --results "$dir/r.db" --costs grow=0.03,shrink=0.25,start=0.5
result $? "a plan is executed, and equivalent within a generous bound"
cp "$dir/out" "$dir/csv"
grep -q '0: 1 host,step sim ms,6.5' "$dir/csv"
result $? "6 nodes and an update on one device"
grep -q '20: 1 host, 1 host:slow=2.*step sim ms,5.7' "$dir/csv"
result $? "the slower of two devices, and their synchronisation"
grep -q '40: 1 host,resize sim ms,250' "$dir/csv" \
    && grep -q '20: 1 host, 1 host:slow=2.*,resize sim ms,0$' "$dir/csv"
result $? "newcomers start beside the first 20 steps; shrinking takes its time"
awk -F, '/step hw ms/ { n++; bad = bad || !($NF > 0) }
    END { exit !(n == 3 && !bad) }' "$dir/csv"
result $? "each segment is measured"
./vnreplay export --table step "$dir/r.db" > "$dir/out" 2>&1
test "$(wc -l < "$dir/out")" -eq 181
result $? "steps of each execution are in the results"
./vnreplay export --table run "$dir/r.db" > "$dir/out" 2>&1
test "$(wc -l < "$dir/out")" -eq 4
result $? "and the executions"
sed 's/^\(mlp,host[^,]*,[0-9]*\),[0-9.]*/\1,5/' "$dir/nodes" > "$dir/slow"
./vnreplay validate --profile "$dir/slow" --plan "$dir/plan" --steps 60 \
    --tolerance 0.01 --repeats 3 > "$dir/out" 2> "$dir/err"
status=$?
{ test $status -eq 1 || test $status -eq 3; } \
    && grep -q 'above the noise, and most of it in: step' "$dir/out" \
    && grep -q 'most of the difference is in: step' "$dir/out"
result $? "a profile that is wrong is found, and blamed"
validate --plan "$dir/plan" --repeats 1
test $? -eq 3 && grep -q inconclusive "$dir/out"
result $? "one execution says nothing: inconclusive"

# What the simulator priced is what is predicted of its plan.
cat > "$dir/trace" <<END
job_id,submit_s,model,global_batch,vnodes,steps,devices
3,0,mlp,48,6,30,1
END
cluster=host:1,host:slow=2:1
# shellcheck disable=SC2086
./vnsim --trace "$dir/trace" --cluster $cluster --policy wfs-ht --plan \
    "$dir/sim.csv" --jobs "$dir/jobs.csv" --profile "$dir/nodes" --profile \
    "$dir/links" > "$dir/out" 2>&1
validate --plan "$dir/sim.csv" --steps 30 --tolerance 10 --format csv
result $? "a plan of the simulator"
step=$(awk -F, '/step sim ms/ { print $NF }' "$dir/out")
awk -F, -v step="$step" 'NR == 2 { d = $5 - 30 * step / 1000 }
    END { exit !(d * d < 1e-8) }' "$dir/jobs.csv"
result $? "is priced as the simulator priced it"

validate --split mlp:48 --cluster $cluster --span 0.2 --tolerance 10
result $? "splits over unlike devices"
grep -q 'solver: host 1 x 32, host:slow=2 1 x 16  *4.700 ' "$dir/out"
result $? "the solver's"
grep -q 'mlp: there is no such split: one type' "$dir/out"
result $? "none of one type, in powers of two of nodes"
validate --split mlp:64 --cluster $cluster --span 0.2 --tolerance 10 \
    --format json
result $? "another batch, as JSON"
grep -q 'even: host 2 x 16, host:slow=2 2 x 16' "$dir/out"
result $? "evenly, in the nodes that are best"
grep -q 'one type: host 2 x 32' "$dir/out"
result $? "and over the best type alone"
validate --split mlp:48,mlp:33 --cluster $cluster --span 0.2
test $? -eq 1 && grep -q 'no split of 33 examples of mlp' "$dir/err"
result $? "says: no split of 33 examples of mlp"

refuses() { # what it says, options
    message=$1
    shift
    ./vnreplay validate "$@" > "$dir/out" 2>&1
    test $? -ne 0 && grep -q -e "$message" "$dir/out"
    result $? "says: $message"
}
p="--profile $dir/nodes"
# shellcheck disable=SC2086
{
    refuses "no --profile given" --plan "$dir/plan"
    refuses "expected one of them" $p --plan "$dir/plan" --split mlp:48
    refuses "plan does without --trace" $p --plan "$dir/plan" --trace x
    refuses "split does without --trace" $p --split mlp:48 --policy fifo
    refuses "no --cluster given" $p --split mlp:48
    for words in mlp mlp:0 :48 mlp:x; do
        refuses "MODEL:BATCH,..., as in mlp:96" $p --split $words \
            --cluster $cluster
    done
    refuses "split: nothing of 'gpt'" $p --split gpt:8 --cluster $cluster
    refuses "profile: nothing of 'gpt'" $p --plan "$dir/plan" --model gpt
    refuses "expected NAME=OPTIONS" --trace "$dir/trace" --model gpt
    refuses "expected more than the 40" $p --plan "$dir/plan" --steps 40
    refuses "no job 8" $p --plan "$dir/plan" --job 8
    refuses "'0' is wrong" $p --plan "$dir/plan" --steps 0
    refuses "span" $p --split mlp:48 --span 0
    { cat "$dir/plan"; echo 8,0,host,0,0,6,8; } > "$dir/two"
    refuses "several jobs, such as 7 and 8" $p --plan "$dir/two"
    sed 's/,8$/,80/' "$dir/plan" > "$dir/large"
    refuses "does not know a node of 80 examples of mlp on 'host'" $p \
        --plan "$dir/large"
    { cat "$dir/nodes"; echo gpt,host,8,1,0,0; } > "$dir/both"
    refuses "no --model given" --profile "$dir/both" --plan "$dir/plan"
    refuses "the executor ended before the job was done" $p --plan \
        "$dir/plan" --model "mlp=--model nomodel"
}
echo "1..$n"
