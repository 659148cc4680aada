#!/bin/sh
# vnreplay calibrate and validate, end to end: the simulator and the executor
# on one trace.  The bound is generous, since machines that run tests are
# busy; the verdict's logic is held with bounds that cannot be met or missed.
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
1,0,mlp,64,8,60,2
2,0.3,mlp,32,4,30,2
END
./vnreplay calibrate --trace "$dir/trace" --cluster host:2 --span 0.2 \
    --repeats 2 --output "$dir/host" > "$dir/out" 2>&1
result $? "a host is calibrated"
for table in nodes links crowds costs; do
    grep -q '^mlp,' "$dir/host-$table.csv"
    result $? "its $table are there"
done
awk -F, 'NR > 1 && $5 < 4 * 669706 { exit 1 }' "$dir/host-nodes.csv"
result $? "peak memory holds the parameters at least"
awk -F, 'NR > 1 && ($3 != 2 || $4 < 0.2 || $4 > 20) { exit 1 }' \
    "$dir/host-crowds.csv"
result $? "two busy devices are each slower by a factor that can be"
tables="--profile $dir/host-nodes.csv --profile $dir/host-links.csv
    --profile $dir/host-crowds.csv --costs $dir/host-costs.csv"
# shellcheck disable=SC2086
./vnsim --trace "$dir/trace" --cluster host:2 --policy wfs $tables \
    > "$dir/out" 2>&1
result $? "vnsim reads them"
validate() { # options
    # shellcheck disable=SC2086
    ./vnreplay validate --trace "$dir/trace" --cluster host:2 $tables "$@" \
        > "$dir/out" 2> "$dir/err"
}
validate --policy fifo,wfs --repeats 3 --tolerance 10 --format csv \
    --results "$dir/r.db"
result $? "within a generous bound simulation and execution are equivalent"
cp "$dir/out" "$dir/csv"
awk -F, '/closed loop/ && /mean %/ { n++; if ($NF < -95) bad = 1 }
    END { exit !(n == 2 && !bad) }' "$dir/csv"
result $? "and the simulated times are not a small part of the measured"
for part in "step time" synchronisation contention start grow shrink release \
    restart; do
    grep -q ",\"*wfs, $part\"*,hw s," "$dir/csv"
    result $? "the parts of the model: $part"
done
./vnreplay export --table run "$dir/r.db" > "$dir/out" 2>&1
test "$(grep -c ',measured,done,' "$dir/out")" -eq 6 \
    && test "$(grep -c ',simulated,done,' "$dir/out")" -eq 2
result $? "runs of both kinds are in the results"
./vnplot validate "$dir/r.db" --output "$dir/v.svg" > "$dir/out" 2>&1
status=$?
{ test $status -eq 0 || test $status -eq 3; } \
    && test "$(wc -l < "$dir/v.csv")" -eq 5
result $? "vnplot draws both, a point for each job and policy"
validate --policy fifo --repeats 1
test $? -eq 3 && grep -q inconclusive "$dir/out"
result $? "one repeat says nothing: inconclusive"
grep -q "fifo: in [01] of 1 executions all grants are those simulated" \
    "$dir/out"
result $? "grants of every execution are compared"
sed 's/^\(mlp,host,[0-9]*\),[0-9.]*/\1,20/' "$dir/host-nodes.csv" \
    > "$dir/slow.csv"
tables="--profile $dir/slow.csv"
validate --policy fifo --repeats 2 --time-scale 2 --tolerance 0.0001
status=$?
{ test $status -eq 1 || test $status -eq 3; } \
    && grep -q "most of the difference is in: step time" "$dir/out"
result $? "a profile that is wrong is found, and blamed"
refuses() { # what it says, command, options
    message=$1
    shift
    ./vnreplay "$@" > "$dir/out" 2>&1
    test $? -ne 0 && grep -q -e "$message" "$dir/out"
    result $? "says: $message"
}
refuses "no --output given" calibrate --trace "$dir/trace" --cluster host:2
refuses "'x' is no option" validate x
refuses "tolerance" validate --tolerance 0
refuses "repeats" validate --repeats 0
refuses "span" calibrate --span 0
refuses "the executor ended" calibrate --trace "$dir/trace" \
    --cluster host:2 --output "$dir/x" --model "mlp=--model nomodel"
test ! -e "$dir/x-nodes.csv"
result $? "a calibration that fails leaves no tables"
printf '%s\n' job_id,submit_s,model,global_batch,vnodes,steps,devices \
    1,0,mlp,64,8,60,8 > "$dir/wide"
refuses "not every job finished in the simulated run" validate --trace \
    "$dir/wide" --cluster host:2 --profile "$dir/host-nodes.csv"
# shellcheck disable=SC2086
./vnsim --trace "$dir/trace" --cluster host:2 $tables --results \
    "$dir/s.db" > "$dir/out" 2>&1
./vnplot validate "$dir/s.db" --output "$dir/v.svg" > "$dir/out" 2>&1
test $? -ne 0 && grep -q "was both simulated and measured" "$dir/out"
result $? "says: was both simulated and measured"
echo "1..$n"
