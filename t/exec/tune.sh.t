#!/bin/sh
# What people expect of training: a log with rates and tests, checkpoints that
# are kept, the best one, an early end, going on by itself and with other data.
. "$(dirname "$0")/../tap.sh"
cd "$TOP_BUILDDIR" || exit 1
device=${DEVICE:-host}
printf 'learns: images\nlayers:\n  - linear: 16\n    relu: true\n  - linear: classes\n' \
    > "$tmp/m.yaml"
run() {
    ./vnexec run -m "$tmp/m.yaml" -d synthetic:400 -b 20 -v 4 --seed 2 -q "$@"
}
run --steps 12 --eval 3 --validation 0.2 --warmup 4 --schedule cosine \
    --rate 0.1 --log "$tmp/log.csv" > "$tmp/said" 2> "$tmp/out"
ok $? "a run with tests on the way"
awk -F, 'NR == 1 {exit !($16 == "rate" && $17 == "eval_loss" \
        && $18 == "eval_accuracy")}' "$tmp/log.csv"
ok $? "the log has columns for rates and tests"
# Linear growth over 4 steps, then half a cosine to 0 at step 12.
awk -F, 'NR > 1 {s = $1
        want = s < 4 ? 0.1 * (s + 1) / 4 \
            : 0.05 * (1 + cos(3.14159265358979 * (s - 4) / 8))
        d = $16 - want; if (d > 1e-7 || d < -1e-7) bad = 1}
    END {exit bad || NR != 13}' "$tmp/log.csv"
ok $? "rates are those of the schedule"
awk -F, 'NR > 1 && ($17 != "") != ($1 % 3 == 2 && $1 < 11) {bad = 1}
    END {exit bad}' "$tmp/log.csv"
ok $? "tests stand in the rows of their steps"
grep -c validation "$tmp/said" | grep -q '^3$' && grep -q '^step 12: test' "$tmp/said"
ok $? "on validation while it trains, on the test at its end"
loss=$(sed -n 's/^step 6: validation loss \([0-9.]*\),.*/\1/p' "$tmp/said")
awk -F, -v l="$loss" '$1 == 5 {d = $17 - l; exit !(d < 1e-6 && d > -1e-6)}' \
    "$tmp/log.csv"
ok $? "and are what was said"
# Going on by itself.
run --steps 9 --no-eval --digest 9 > "$tmp/want"
run --steps 4 --no-eval -c "$tmp/auto" --resume auto > "$tmp/out" 2>&1
ok $? "a run that may go on begins where there is nothing"
run --steps 9 --no-eval -c "$tmp/auto" --resume auto --digest 9 -D "$device:2" \
    > "$tmp/out" 2>&1
cmp "$tmp/want" "$tmp/out"
ok $? "and goes on where there is a checkpoint, to the same digest"
# What is kept.
run --steps 12 --no-eval -c "$tmp/kept" --checkpoint-every 3 --keep 3 \
    > "$tmp/out" 2>&1
steps=$(./vnexec digest "$tmp/kept" "$tmp/kept.1" "$tmp/kept.2" \
    | sed 's/.*step \([0-9]*\) .*/\1/' | tr '\n' ' ')
is "$steps" "12 9 6 " "the last checkpoints are kept, the newest by its name"
test ! -e "$tmp/kept.3"
ok $? "and no more than asked for"
# The best, and an end.
run --steps 60 --eval 2 --validation 0.2 --rate 0.4 --no-eval \
    --best "$tmp/best" --log "$tmp/log.csv" > "$tmp/out" 2>&1
least=$(awk -F, 'NR > 1 && $17 != "" && (n++ == 0 || $17 < least) {
        least = $17; at = $1 + 1} END {print at}' "$tmp/log.csv")
./vnexec digest "$tmp/best" > "$tmp/out" 2>&1
grep -q "step $least " "$tmp/out"
ok $? "the best checkpoint is that of the lowest loss"
patient() {
    run --steps 200 --eval 2 --validation 0.2 --rate 0.4 --no-eval \
        --patience 3 -c "$tmp/patient" "$@"
}
patient > "$tmp/out" 2>&1
grep -q 'evaluations gave no lower loss than' "$tmp/out"
ok $? "a run ends where tests do not get better"
sed -n 's/^step \([0-9]*\): ended.*/\1/p' "$tmp/out" > "$tmp/end"
end=$(cat "$tmp/end")
rm "$tmp/patient"
patient --steps $((end - 3)) > "$tmp/out" 2>&1
patient --resume "$tmp/patient" > "$tmp/out" 2>&1
grep -q "^step $end: ended" "$tmp/out"
ok $? "at the same step where it was interrupted before"
# Other data, another rate.
says 1 'was trained with' "another rate is refused" \
    run --steps 12 --resume "$tmp/auto" --rate 0.01
run --steps 12 --resume "$tmp/auto" --rate 0.01 --batch 30 --fine-tune \
    --log "$tmp/tuned.csv" > "$tmp/out" 2>&1 \
    && test "$(sed -n 2p "$tmp/tuned.csv" | cut -d, -f1,16)" = 9,0.01
ok $? "unless it is said to be meant"
sed 's/16/17/' "$tmp/m.yaml" > "$tmp/other.yaml"
says 1 'of another model' "another model is refused all the same" \
    run -m "$tmp/other.yaml" --steps 12 --resume "$tmp/auto" --fine-tune
sed 's/relu: true/name: other/' "$tmp/m.yaml" > "$tmp/other.yaml"
says 1 'with model-hash=.* which --fine-tune does not change' \
    "so is one of the same size" \
    run -m "$tmp/other.yaml" --steps 12 --resume "$tmp/auto" --fine-tune
says 2 'fine-tune needs --resume' "fine-tuning of nothing" run --fine-tune
says 2 'resume auto needs --checkpoint' "going on from nowhere" \
    run --resume auto
says 2 'keep needs --checkpoint-every' "keeping of nothing" run --keep 3
says 2 'best needs --eval' "the best of nothing" run --best "$tmp/b"
says 2 'patience needs --eval' "patience with nothing" run --patience 3
says 2 'checkpoint and --best name one file' "one file for two" \
    run -c "$tmp/b" --best "$tmp/b" --eval 2
done_testing
