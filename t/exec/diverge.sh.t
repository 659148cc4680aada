#!/bin/sh
# vnexec: a run that diverges says so, in every arithmetic and on every device,
# and neither its log nor its checkpoint is spoiled.
. "$(dirname "$0")/../tap.sh"
cd "$TOP_BUILDDIR" || exit 1
small="-m mlp -d synthetic:300 -b 64 -v 8 -n 40 -q --no-eval"
# shellcheck disable=SC2086
./vnexec run $small -n 2 -c "$tmp/good" > "$tmp/out" 2>&1
ok $? "a run that does not diverge"
cp "$tmp/good" "$tmp/kept"
for arithmetic in exact fast tf32; do
    for device in host:1 host:3 reference:1; do
        what="$arithmetic on $device"
        rm -f "$tmp/l.csv"
        # shellcheck disable=SC2086
        says 1 'step [0-9]*: diverged: ' "$what: a rate of 1000 diverges" \
            ./vnexec run $small -r 1000 -a $arithmetic -D $device \
            -l "$tmp/l.csv" -c "$tmp/good" --checkpoint-every 1
        step=$(sed -n 's/.*step \([0-9]*\): diverged.*/\1/p' "$tmp/out")
        awk -F, -v step="$step" 'NR > 1 {n++; last = $2; if ($1 != n - 1 || $2 < 0) bad = 1}
            END {exit bad || n < step || (n == step + 1 && last != "inf")}' \
            "$tmp/l.csv"
        ok $? "$what: its log has the steps until then, none with a loss below 0"
        ./vnexec eval --resume "$tmp/good" > "$tmp/out" 2>&1
        grep -q 'test loss [0-9]\|diverged' "$tmp/out" \
            && ./vnexec digest "$tmp/good" > "$tmp/out" 2>&1
        ok $? "$what: the checkpoint is whole"
        cp "$tmp/kept" "$tmp/good"
    done
done
# Losses far beyond what a float's sum would keep, against the closed form of a
# step: rate 0 changes nothing, so that the loss of step 0 is that of the test.
# shellcheck disable=SC2086
./vnexec run $small -r 30 -n 2 -l "$tmp/big.csv" > "$tmp/out" 2>&1
for d in host:4 reference:2; do
    # shellcheck disable=SC2086
    ./vnexec run $small -r 30 -n 2 -D $d -l "$tmp/other.csv" \
        > "$tmp/out" 2>&1
    is "$(cut -d, -f1-3 "$tmp/other.csv")" "$(cut -d, -f1-3 "$tmp/big.csv")" \
        "large losses are the same on $d"
done
done_testing
