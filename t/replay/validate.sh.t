#!/bin/sh
# vnreplay calibrate and validate, end to end: the simulator and the executor
# on one trace.  The bound is generous, since machines that run tests are
# busy; the verdict's logic is held with bounds that cannot be met or missed.
. "$(dirname "$0")/../tap.sh"
cd "$TOP_BUILDDIR" || exit 1
cat > "$tmp/trace" <<END
job_id,submit_s,model,global_batch,vnodes,steps,devices
1,0,mlp,64,8,60,2
2,0.3,mlp,32,4,30,2
END
./vnreplay calibrate --trace "$tmp/trace" --cluster host:2 --span 0.2 \
    --repeats 2 --output "$tmp/host" > "$tmp/out" 2>&1
ok $? "a host is calibrated"
for table in nodes links crowds costs; do
    grep -q '^mlp,' "$tmp/host-$table.csv"
    ok $? "its $table are there"
done
awk -F, 'NR > 1 && $5 < 4 * 669706 { exit 1 }' "$tmp/host-nodes.csv"
ok $? "peak memory holds the parameters at least"
awk -F, 'NR > 1 && ($3 != 2 || $4 < 0.2 || $4 > 20) { exit 1 }' \
    "$tmp/host-crowds.csv"
ok $? "two busy devices are each slower by a factor that can be"
awk -F, 'NR > 1 && !($7 > 1e-6 && $7 < 0.1) { exit 1 }' "$tmp/host-nodes.csv"
ok $? "and what a probe of the processor takes"
tables="--profile $tmp/host-nodes.csv --profile $tmp/host-links.csv
    --profile $tmp/host-crowds.csv --costs $tmp/host-costs.csv"
# shellcheck disable=SC2086
./vnsim --trace "$tmp/trace" --cluster host:2 --policy wfs $tables \
    > "$tmp/out" 2>&1
ok $? "vnsim reads them"
validate() { # options
    # shellcheck disable=SC2086
    ./vnreplay validate --trace "$tmp/trace" --cluster host:2 $tables "$@" \
        > "$tmp/out" 2> "$tmp/err"
}
validate --policy fifo,wfs --repeats 3 --tolerance 10 --format csv \
    --results "$tmp/r.db"
ok $? "within a generous bound simulation and execution are equivalent"
grep -q '^vnreplay: 2 policies x 3 executions, about [1-9][0-9]* s$' "$tmp/err" \
    && grep -q '^vnreplay: 2 of 3 rounds, about [0-9]* s left$' "$tmp/err"
ok $? "it says how long it will take, and how far it is"
cp "$tmp/out" "$tmp/csv"
awk -F, '/closed loop/ && /mean %/ { n++; if ($NF < -95) bad = 1 }
    END { exit !(n == 2 && !bad) }' "$tmp/csv"
ok $? "and the simulated times are not a small part of the measured"
for part in "step time" synchronisation contention start grow shrink release \
    restart; do
    grep -q ",\"*wfs, $part\"*,hw s," "$tmp/csv"
    ok $? "the parts of the model: $part"
done
./vnreplay export --table run "$tmp/r.db" > "$tmp/out" 2>&1
test "$(grep -c ',measured,done,' "$tmp/out")" -eq 6 \
    && test "$(grep -c ',simulated,done,' "$tmp/out")" -eq 6
ok $? "runs of both kinds are in the results"
grep -q '^[0-9a-f]*,simulated,.*,measured,[0-9a-f]\{32\},' "$tmp/out"
ok $? "simulated ones on the host as it was"
grep -q "^\"*Errors of the JCT.*\"wfs, open loop, as the host was\"" "$tmp/csv"
ok $? "errors stand there with and without the host's own speed"
./vnplot validate "$tmp/r.db" --output "$tmp/v.svg" > "$tmp/out" 2>&1
status=$?
{ test $status -eq 0 || test $status -eq 3; } \
    && test "$(wc -l < "$tmp/v.csv")" -eq 5
ok $? "vnplot draws both, a point for each job and policy"
./vnplot validate "$tmp/r.db" --output "$tmp/v.svg" --policy fifo \
    > "$tmp/out" 2>&1
test "$(tail -n +2 "$tmp/v.csv" | cut -d, -f 2 | tr '\n' ' ')" = 'fifo fifo '
ok $? "or of one policy"
validate --policy fifo,fifo-skip --until-certain 0.9999 --repeats 3 --within 5m
grep -q "^ *fifo / fifo-skip  *[0-9.]*  *[0-9.]*  *[0-9.]*$" "$tmp/out" \
    && grep -q "which of fifo and fifo-skip is better is not known after 3 \
executions of each, with a certainty of 0.9999" "$tmp/out"
ok $? "of two policies that are one the order stays unknown, and is said to"
if test -z "${VN_BRIEF-}"; then
    validate --policy fifo,fifo-skip --until-certain 0.5 --within 1
    grep -q "not known after 2 executions" "$tmp/out" \
        || grep -q "is known after 2 executions" "$tmp/out"
    ok $? "no repeat begins for which there is no time"
fi
validate --policy fifo --repeats 1
test $? -eq 3 && grep -q inconclusive "$tmp/out" \
    && grep -q "one execution: no interval" "$tmp/out" \
    && ! grep -qi nan "$tmp/out"
ok $? "one repeat says nothing: inconclusive"
grep -q "fifo: in [01] of 1 executions all grants are those simulated" \
    "$tmp/out"
ok $? "grants of every execution are compared"
cut -d, -f1-6 "$tmp/host-nodes.csv" > "$tmp/plain.csv"
saved=$tables
tables="--profile $tmp/plain.csv"
validate --policy fifo --repeats 1
grep -q "the host's own speed is not known" "$tmp/out" \
    && grep -q "the profile's own error is not in these intervals" "$tmp/out"
ok $? "a profile without a probe says nothing of the host, which is said"
tables=
validate --policy fifo --repeats 2 --tolerance 10 --output "$tmp/own" \
    --results "$tmp/own.db" --format csv --costs none
ok $? "without a profile the host is calibrated between the executions"
cp "$tmp/out" "$tmp/csv"
awk -F, '$(NF - 1) == "of the calibration" { n++; if (!($NF > 0)) bad = 1 }
    END { exit !(n == 1 && !bad) }' "$tmp/csv"
ok $? "the calibration's own error is in the interval"
grep -q "undisturbed ms" "$tmp/csv"
ok $? "how it varied is reported"
for table in nodes links crowds costs fifo-1-host fifo-2-host; do
    test -s "$tmp/own-$table.csv"
    ok $? "and kept: $table"
done
./vnreplay export --table run "$tmp/own.db" > "$tmp/out" 2>&1
grep -q "own-nodes.csv,.*own-links.csv,.*own-crowds.csv" "$tmp/out"
ok $? "the results name what was kept"
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "costs") at = i }
    /,simulated,/ && !/own-costs/ { n++ } END { exit !(at && n == 2) }' \
    "$tmp/out"
ok $? "and no costs, where none were asked for"
./vnsim --trace "$tmp/trace" --cluster host:2 --slow "$tmp/own-fifo-1-host.csv" \
    --profile "$tmp/own-nodes.csv" > "$tmp/out" 2>&1
ok $? "vnsim reads how slow the host was"
tables=$saved
sed 's/^\(mlp,host,[0-9]*\),[0-9.]*/\1,20/' "$tmp/host-nodes.csv" \
    > "$tmp/slow.csv"
tables="--profile $tmp/slow.csv"
validate --policy fifo --repeats 2 --time-scale 2 --tolerance 0.0001
status=$?
{ test $status -eq 1 || test $status -eq 3; } \
    && grep -q "most of the difference is in: step time" "$tmp/out"
ok $? "a profile that is wrong is found, and blamed"
probed() { # options
    ./vnexec run --model mlp --batch 32 --vnodes 4 --steps 5 --quiet --no-eval \
        --digest 5 --devices host:2 --log "$tmp/log" "$@" > "$tmp/out" 2>&1
}
probed --probe
sed -n 's/.*digest //p' "$tmp/out" > "$tmp/with"
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "probe_s") at = i }
    NR > 1 && !($at > 0 && $at < 0.1) { exit 1 }' "$tmp/log"
ok $? "a probe's time stands in the log of vnexec"
probed
sed -n 's/.*digest //p' "$tmp/out" > "$tmp/without"
test -s "$tmp/with" && cmp "$tmp/with" "$tmp/without" >> "$tmp/out" 2>&1
ok $? "and does not change the job"
refuses() { # what it says, command, options
    message=$1
    shift
    ./vnreplay "$@" > "$tmp/out" 2>&1
    test $? -ne 0 && grep -q -e "$message" "$tmp/out"
    ok $? "says: $message"
}
refuses "no --output given" calibrate --trace "$tmp/trace" --cluster host:2
refuses "'x' is no option" validate x
refuses "tolerance" validate --tolerance 0
refuses "repeats" validate --repeats 0
refuses "until-certain" validate --until-certain 1
refuses "within" validate --within -1
refuses "span" calibrate --span 0
refuses "expected --output only where there is a calibration" validate \
    --trace "$tmp/trace" --cluster host:2 --profile "$tmp/host-nodes.csv" \
    --output "$tmp/x"
refuses "/nonexistent/x-nodes.csv" calibrate --trace "$tmp/trace" \
    --cluster host:2 --output /nonexistent/x
for option in "--slow $tmp/trace" "--faults device,mtbf=9"; do
    # shellcheck disable=SC2086
    refuses "faults and --slow, expected neither" validate --trace \
        "$tmp/trace" --cluster host:2 --profile "$tmp/host-nodes.csv" $option
done
refuses "the executor ended" calibrate --trace "$tmp/trace" \
    --cluster host:2 --output "$tmp/x" --model "mlp=--model nomodel"
test ! -e "$tmp/x-nodes.csv"
ok $? "a calibration that fails leaves no tables"
printf '%s\n' job_id,submit_s,model,global_batch,vnodes,steps,devices \
    1,0,mlp,64,8,60,8 > "$tmp/wide"
refuses "not every job finished in the simulated run" validate --trace \
    "$tmp/wide" --cluster host:2 --profile "$tmp/host-nodes.csv"
# shellcheck disable=SC2086
./vnsim --trace "$tmp/trace" --cluster host:2 $tables --results \
    "$tmp/s.db" > "$tmp/out" 2>&1
./vnplot validate "$tmp/s.db" --output "$tmp/v.svg" > "$tmp/out" 2>&1
test $? -ne 0 && grep -q "was both simulated and measured" "$tmp/out"
ok $? "says: was both simulated and measured"
done_testing
