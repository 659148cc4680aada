#!/bin/sh
# vnreplay validate --plan and --split: one job's plan and splits over unlike
# devices, priced and executed.  Bounds are generous, as machines that run
# tests are busy; what is printed as predicted is held to sums by hand.
. "$(dirname "$0")/../tap.sh"
cd "$TOP_BUILDDIR" || exit 1
cat > "$tmp/plan" <<END
job_id,from_step,device_type,device,vnode_first,vnode_count,batch
7,0,host,0,0,6,8
7,20,host,0,0,4,8
7,20,host:slow=2,0,4,2,8
7,40,host,0,0,6,8
END
cat > "$tmp/nodes" <<END
model,device_type,batch,step_s,peak_bytes,update_s
mlp,host,8,0.001,0,0.0005
mlp,host,16,0.0015,0,0.0005
mlp,host,32,0.003,0,0.0005
mlp,host:slow=2,8,0.002,0,0.001
mlp,host:slow=2,16,0.003,0,0.001
mlp,host:slow=2,32,0.006,0,0.001
END
cat > "$tmp/links" <<END
model,device_type,devices,sync_s
mlp,*,2,0.0007
END
tables="--profile $tmp/nodes --profile $tmp/links --repeats 3"
validate() { # options
    # shellcheck disable=SC2086
    ./vnreplay validate $tables "$@" > "$tmp/out" 2> "$tmp/err"
}
validate --plan "$tmp/plan" --steps 60 --tolerance 10 --format csv \
    --results "$tmp/r.db" --costs grow=0.03,shrink=0.25,start=0.5
ok $? "a plan is executed, and equivalent within a generous bound"
cp "$tmp/out" "$tmp/csv"
grep -q '0: 1 host,step sim ms,6.5' "$tmp/csv"
ok $? "6 nodes and an update on one device"
grep -q '20: 1 host, 1 host:slow=2.*step sim ms,5.7' "$tmp/csv"
ok $? "the slower of two devices, and their synchronisation"
grep -q '40: 1 host,resize sim ms,250' "$tmp/csv" \
    && grep -q '20: 1 host, 1 host:slow=2.*,resize sim ms,0$' "$tmp/csv"
ok $? "newcomers start beside the first 20 steps; shrinking takes its time"
awk -F, '/step hw ms/ { n++; bad = bad || !($NF > 0) }
    END { exit !(n == 3 && !bad) }' "$tmp/csv"
ok $? "each segment is measured"
./vnreplay export --table run "$tmp/r.db" > "$tmp/out" 2>&1
said=$(sed -n 's/,simulated,.*//p' "$tmp/out")
test "$(grep -c ,measured, "$tmp/out")" -eq 3 && test -n "$said"
ok $? "each execution is in the results, and what is predicted"
./vnreplay export --table step "$tmp/r.db" > "$tmp/out" 2>&1
cp "$tmp/out" "$tmp/steps"
test "$(wc -l < "$tmp/out")" -eq 241
ok $? "with their steps"
awk -F, -v said="$said" '$1 == said { sum[int($3 / 20)] += $5; n++ }
    $1 == said && $3 == 40 { resize = $15 }
    END { exit !(n == 60 && sum[0] == 130000 && sum[1] == 114000 \
        && sum[2] == 130000 && resize == 250000) }' "$tmp/steps"
ok $? "as long as they are predicted"
./vnreplay export --table allocation "$tmp/r.db" > "$tmp/out" 2>&1
grep "^$said" "$tmp/out" | cut -d, -f 2- > "$tmp/said"
printf '%s\n' 7,0,host,start,630000,1 7,630000,host,grow,744000,1 \
    7,630000,host:slow=2,grow,744000,1 7,744000,host,shrink,1124000,1 \
    > "$tmp/want"
cmp -s "$tmp/said" "$tmp/want"
ok $? "and from when until when on which devices"
validate --plan "$tmp/plan" --steps 60 --repeats 4 --results "$tmp/r.db" \
    --costs grow=0.03,shrink=0.25,start=0.5
cat "$tmp/err" >> "$tmp/out"
grep -q 'holds this execution already, expected another --seed' "$tmp/out"
ok $? "says: holds this execution already"
validate --plan "$tmp/plan" --steps 60 --repeats 1 --seed 4 --tolerance 10 \
    --results "$tmp/r.db" --costs grow=0.03,shrink=0.25,start=0.5
./vnreplay export --table run "$tmp/r.db" > "$tmp/out" 2>&1
test "$(wc -l < "$tmp/out")" -eq 6
ok $? "another seed is another execution of what is predicted"

# The figure's numbers are those of the table that was printed.
validate --plan "$tmp/plan" --steps 60 --tolerance 10 --format csv \
    --results "$tmp/one.db"
cp "$tmp/out" "$tmp/csv"
GNUPLOT=/nowhere/gnuplot ./vnplot segments "$tmp/one.db" -o "$tmp/f.svg" \
    > "$tmp/out" 2>&1
test $? -eq 3 && test -s "$tmp/f.gp"
ok $? "the figure's data and script are written"
cp "$tmp/f.csv" "$tmp/out"
for column in 'step sim ms' 'step hw ms' 'error %' 'low %' 'high %'; do
    sed -n "s/.*segment by segment.*,$column,//p" "$tmp/csv" > "$tmp/$column"
done
paste "$tmp/high %" "$tmp/low %" "$tmp/error %" "$tmp/step hw ms" \
    "$tmp/step sim ms" > "$tmp/all"
awk -F, 'NR > 1 { print $NF, $(NF - 1), $(NF - 2), $(NF - 5) * 1000,
    $(NF - 6) * 1000 }' "$tmp/f.csv" | paste "$tmp/all" - | awk '{
    for (i = 1; i <= 5; i++) {
        d = $i - $(i + 5)
        wrong = wrong || d * d > 1e-3
    }} END { exit wrong || NR != 3 || NF != 10 }'
ok $? "of which each number is that of the table"
if command -v gnuplot > /dev/null; then
    ./vnplot segments "$tmp/one.db" -o "$tmp/f.svg" > "$tmp/out" 2>&1 \
        && grep -q '</svg>' "$tmp/f.svg"
    ok $? "and drawn"
    cp "$tmp/f.svg" "$tmp/again.svg"
    ./vnplot segments "$tmp/one.db" -o "$tmp/f.svg" > "$tmp/out" 2>&1 \
        && cmp -s "$tmp/f.svg" "$tmp/again.svg"
    ok $? "twice the same"
else
    skip "the figure is drawn" "no gnuplot here"
fi
says 1 "no run of trace 'other'" "of plans that were asked for" \
    ./vnplot segments "$tmp/one.db" -o "$tmp/f.svg" --trace other
says 1 'holds no run under a policy' "a plan has no policy to compare" \
    ./vnreplay compare "$tmp/one.db"
says 1 'holds no run under a policy' "or to draw" \
    ./vnplot jct "$tmp/one.db" -o "$tmp/f.svg"
says 1 'no trace was both.*figure segments' "a plan is no trace" \
    ./vnplot validate "$tmp/one.db" -o "$tmp/f.svg"
sed 's/^\(mlp,host[^,]*,[0-9]*\),[0-9.]*/\1,5/' "$tmp/nodes" > "$tmp/slow"
./vnreplay validate --profile "$tmp/slow" --plan "$tmp/plan" --steps 60 \
    --tolerance 0.01 --repeats 3 > "$tmp/out" 2> "$tmp/err"
status=$?
{ test $status -eq 1 || test $status -eq 3; } \
    && grep -q 'above the noise, and most of it in: step' "$tmp/out" \
    && grep -q 'most of the difference is in: step' "$tmp/out"
ok $? "a profile that is wrong is found, and blamed"
validate --plan "$tmp/plan" --repeats 1
test $? -eq 3 && grep -q inconclusive "$tmp/out" \
    && grep -q "one execution: no interval" "$tmp/out" \
    && ! grep -qi nan "$tmp/out"
ok $? "one execution says nothing: inconclusive"

# What the simulator priced is what is predicted of its plan.
cat > "$tmp/trace" <<END
job_id,submit_s,model,global_batch,vnodes,steps,devices
3,0,mlp,48,6,30,1
END
cluster=host:1,host:slow=2:1
# shellcheck disable=SC2086
./vnsim --trace "$tmp/trace" --cluster $cluster --policy wfs-ht --plan \
    "$tmp/sim.csv" --jobs "$tmp/jobs.csv" --profile "$tmp/nodes" --profile \
    "$tmp/links" --results "$tmp/sim.db" > "$tmp/out" 2>&1
says 1 'no plan was both simulated and' "a trace is no plan" \
    ./vnplot segments "$tmp/sim.db" -o "$tmp/f.svg"
./vnreplay compare "$tmp/sim.db" --format csv > "$tmp/want" 2> "$tmp/err"
validate --plan "$tmp/plan" --repeats 1 --results "$tmp/sim.db"
./vnreplay compare "$tmp/sim.db" --format csv > "$tmp/out" 2> "$tmp/err"
test -s "$tmp/want" && cmp -s "$tmp/want" "$tmp/out"
ok $? "policies are compared whatever plans are in the file"
validate --plan "$tmp/sim.csv" --steps 30 --tolerance 10 --format csv
ok $? "a plan of the simulator"
step=$(awk -F, '/step sim ms/ { print $NF }' "$tmp/out")
awk -F, -v step="$step" 'NR == 2 { d = $5 - 30 * step / 1000 }
    END { exit !(d * d < 1e-8) }' "$tmp/jobs.csv"
ok $? "is priced as the simulator priced it"

validate --split mlp:48 --cluster $cluster --span 0.2 --tolerance 10
ok $? "splits over unlike devices"
grep -q 'solver: host 1 x 32, host:slow=2 1 x 16  *4.700 ' "$tmp/out"
ok $? "the solver's"
grep -q 'mlp: there is no such split: one type' "$tmp/out"
ok $? "none of one type, in powers of two of nodes"
validate --split mlp:64 --cluster $cluster --span 0.2 --tolerance 10 \
    --format json
ok $? "another batch, as JSON"
grep -q 'even: host 2 x 16, host:slow=2 2 x 16' "$tmp/out"
ok $? "evenly, in the nodes that are best"
grep -q 'one type: host 2 x 32' "$tmp/out"
ok $? "and over the best type alone"
# A type that is worth nothing: two of the splits are one.
cat > "$tmp/left.csv" <<'END'
model,device_type,batch,step_s,peak_bytes,update_s,parameters
mlp,host,32,0.004,1000000,0.0001,100000
mlp,host,64,0.008,1000000,0.0001,100000
mlp,host:slow=2,32,4,1000000,0.0001,100000
mlp,host:slow=2,64,8,1000000,0.0001,100000
END
./vnreplay validate --split mlp:64 --cluster host:1,host:slow=2:1 --span 0.1 \
    --profile "$tmp/left.csv" --repeats 2 --results "$tmp/left.db" \
    > "$tmp/out" 2> "$tmp/err"
grep -q "the solver's split is that of one type" "$tmp/out" \
    && grep -q 'one type: host 1 x 64' "$tmp/out"
ok $? "a type that is left out costs no report"
# On a busy host one type alone may be the solver's split, which is executed once.
# Two examples would diverge at the model's own rate after some forty steps.
./vnreplay validate --split mlp:2 --cluster $cluster --span 0.1 --repeats 1 \
    --output "$tmp/own" --format csv > "$tmp/out" 2> "$tmp/err"
test $? -eq 3 && grep -q '"*\(solver\|one type\): host' "$tmp/out" \
    && grep -q 'undisturbed ms' "$tmp/out"
ok $? "without a profile the host is calibrated"
test "$(grep -c '^mlp,host' "$tmp/own-nodes.csv")" -eq 4 \
    && test "$(grep -c '^mlp,host.*,2,[0-9.]*$' "$tmp/own-links.csv")" -eq 2
ok $? "at all sizes, and the synchronisation of unlike devices"
validate --split mlp:48,mlp:33 --cluster $cluster --span 0.2
test $? -eq 1 && grep -q 'no split of 33 examples of mlp' "$tmp/err"
ok $? "says: no split of 33 examples of mlp"

refuses() { # what it says, options
    message=$1
    shift
    ./vnreplay validate "$@" > "$tmp/out" 2>&1
    test $? -ne 0 && grep -q -e "$message" "$tmp/out"
    ok $? "says: $message"
}
p="--profile $tmp/nodes"
# shellcheck disable=SC2086
{
    refuses "no --profile given" --plan "$tmp/plan"
    refuses "expected one of them" $p --plan "$tmp/plan" --split mlp:48
    refuses "plan does without --trace" $p --plan "$tmp/plan" --trace x
    refuses "split does without --trace" $p --split mlp:48 --policy fifo
    refuses "no --cluster given" $p --split mlp:48
    refuses "output, expected only where there is a calib" $p --split mlp:48 \
        --cluster $cluster --output "$tmp/x"
    for words in mlp mlp:0 :48 mlp:x; do
        refuses "MODEL:BATCH,..., as in mlp:96" $p --split $words \
            --cluster $cluster
    done
    refuses "split: nothing of 'gpt'" $p --split gpt:8 --cluster $cluster
    refuses "profile: nothing of 'gpt'" $p --plan "$tmp/plan" --model gpt
    refuses "expected NAME=OPTIONS" --trace "$tmp/trace" --model gpt
    refuses "expected more than the 40" $p --plan "$tmp/plan" --steps 40
    refuses "no job 8" $p --plan "$tmp/plan" --job 8
    refuses "'0' is wrong" $p --plan "$tmp/plan" --steps 0
    refuses "span" $p --split mlp:48 --span 0
    { cat "$tmp/plan"; echo 8,0,host,0,0,6,8; } > "$tmp/two"
    refuses "several jobs, such as 7 and 8" $p --plan "$tmp/two"
    sed 's/,8$/,80/' "$tmp/plan" > "$tmp/large"
    refuses "does not know a node of 80 examples of mlp on 'host'" $p \
        --plan "$tmp/large"
    { cat "$tmp/nodes"; echo gpt,host,8,1,0,0; } > "$tmp/both"
    refuses "no --model given" --profile "$tmp/both" --plan "$tmp/plan"
    refuses "the executor ended before the job was done" $p --plan \
        "$tmp/plan" --model "mlp=--model nomodel"
}
done_testing
