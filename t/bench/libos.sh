#!/bin/sh
# What the library OS costs: system calls, the start of python3, and a replay
# of 20,000 jobs with a policy in python, natively and under each backend,
# interleaved; the best of three, of replays of two, and how busy the machine
# is.  Protection keys are measured only where the
# processor has them: emulation is no evidence of speed.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
enclavedom=$TOP_BUILDDIR/enclavedom/enclavedom
calls=$TOP_BUILDDIR/t/bench/libos_calls
python=/usr/bin/python3
ways=native
for b in none mprotect process mpk; do
    "$enclavedom" run --backend $b -- "$calls" > /dev/null 2>&1 && ways="$ways $b"
done
under() { # way, words ...
    way=$1
    shift
    if test "$way" = native; then
        "$@"
    else
        "$enclavedom" run --backend "$way" -- "$@"
    fi
}
now() {
    date +%s%N
}
# Rows of (way, kind, number), the least of each.
table() { # unit
    awk -v ways="$ways" -v unit="$1" '
        $3 != "-" && (!(($1, $2) in v) || $3 < v[$1, $2]) { v[$1, $2] = $3 }
        !($2 in seen) { seen[$2] = ++n; name[n] = $2 }
        END {
            k = split(ways, w, " ")
            printf "%-14s", unit
            for (i = 1; i <= k; i++) printf " %10s", w[i]
            print (ways ~ /mpk/) ? "" : "        mpk"
            for (j = 1; j <= n; j++) {
                printf "%-14s", name[j]
                for (i = 1; i <= k; i++)
                    printf " %10s", ((w[i], name[j]) in v) ? sprintf("%.2f", v[w[i], name[j]]) : "-"
                print (ways ~ /mpk/) ? "" : "   (not measured: no keys here)"
            }
        }'
}
for _ in 1 2 3; do
    for w in $ways; do
        under "$w" "$calls" | sed "s/^/$w /"
    done
done | table us_a_call
echo
for _ in 1 2 3; do
    for w in $ways; do
        start=$(now)
        under "$w" $python -c pass
        echo "$w python3-start $(($(now) - start))" | awk '{ print $1, $2, $3 / 1e6 }'
        # Its processor time is less noisy: what children took, in ticks.
        (
            for _ in 1 2 3 4 5 6 7 8 9 10; do under "$w" $python -c pass; done
            times
        ) | awk -v w="$w" -F'[ms ]+' 'NR == 2 {
            print w, "python3-cpu", (60 * ($1 + $3) + $2 + $4) * 1000 / 10 }'
    done
done | table ms
echo
jobs=${VN_BENCH_JOBS-20000}
"$TOP_BUILDDIR/vntrace" generate --preset philly --jobs "$jobs" --load 0.9 --cluster v100:16x8 \
    --max-duration 1d -o "$tmp/t.csv" > /dev/null
fifo="$python $TOP_SRCDIR/t/sim/plugin/fifo.py"
for _ in 1 2; do
    for w in $ways; do
        policy=libos:$fifo backend="--backend $w"
        test "$w" = native && policy=exec:$fifo backend=
        # shellcheck disable=SC2086
        "$TOP_BUILDDIR/vnsim" -t "$tmp/t.csv" -c v100:16x8 -p "$policy" $backend --format csv |
            awk -F, -v w="$w" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
                NR == 2 { print w, "replay-s", $at["wall_s"]
                    print w, "us-a-decision", $at["wall_s"] * 1e6 / $at["events"] }'
    done
done | table "exec-or-libos"
echo
uptime
