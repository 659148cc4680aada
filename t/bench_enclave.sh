#!/bin/sh
# What a decision costs under each backend: a replay of 20,000 jobs with fifo
# as a plug-in, against the same policy built in, and a gate by itself.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
"$TOP_BUILDDIR/t/bench_gate"
awk 'BEGIN {
    print "job_id,submit_s,duration_s,devices"
    x = 12345
    for (i = 0; i < 20000; i++) {
        x = (x * 69069 + 1) % 4294967296; t += x % 60
        x = (x * 69069 + 1) % 4294967296; d = 1 + int(x / 65536) % 8
        print i "," t "," 600 + (i * 7919) % 6000 "," d
    }
}' > "$tmp/t.csv"
printf '\n%-10s %12s %14s\n' backend wall_s us_a_decision
wall() {
    "$TOP_BUILDDIR/vnsim" -t "$tmp/t.csv" -c v100:64x8 --format json "$@" |
        sed -n 's/.*"wall_s": \([0-9.e-]*\).*/\1/p'
}
base=$(wall -p fifo)
printf '%-10s %12s\n' "built in" "$base"
for b in none mpk process mprotect; do
    t=$(wall -p "$TOP_BUILDDIR/t/plugin/fifo.so" --backend $b 2> /dev/null) || true
    test -n "$t" || { printf '%-10s %12s\n' $b '-'; continue; }
    echo "$b $t $base" | awk '{ printf "%-10s %12.3f %14.2f\n", $1, $2, ($2 - $3) * 1e6 / 40000 }'
done
