#!/bin/sh
# What a decision costs under each backend: a replay of 20,000 jobs with fifo-skip
# as a plug-in, against the same policy built in, once with few jobs waiting
# and once behind 100,000; and a call and a gate by themselves, beside a plain
# round trip to a process.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
"$TOP_BUILDDIR/t/bench/gate"
jobs() { # how many come before the others and stay, file
    awk -v old="$1" 'BEGIN {
        print "job_id,submit_s,duration_s,devices"
        x = 12345
        for (i = 0; i < old; i++)
            print i ",0,1000000000,512"
        for (i = 0; i < 20000; i++) {
            x = (x * 69069 + 1) % 4294967296; t += x % 60
            x = (x * 69069 + 1) % 4294967296; d = 1 + int(x / 65536) % 8
            print old + i "," 1 + t "," 600 + (i * 7919) % 6000 "," d
        }
    }' > "$2"
}
# Wall time and events of a run, without those before second 1.
wall() { # trace, policy, words ...
    trace=$1 policy=$2
    shift 2
    for until in 0.5 1e9; do
        "$TOP_BUILDDIR/vnsim" -t "$trace" -c v100:72x8 -p "$policy" --until $until \
            --format csv "$@"
    done | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        NR % 2 == 0 { wall = $at["wall_s"] - wall; events = $at["events"] - events }
        END { if (events > 0) print wall, events }'
}
table() { # trace
    printf '\n%-10s %12s %14s\n' backend wall_s us_a_decision
    base=$(wall "$1" fifo-skip)
    echo "$base" | awk '{ printf "%-10s %12.3f\n", "built-in", $1 }'
    for b in none mpk process mprotect; do
        t=$(wall "$1" "$TOP_BUILDDIR/t/sim/plugin/fifo_skip.so" --backend $b 2> /dev/null) || true
        test -n "$t" || { printf '%-10s %12s\n' $b '-'; continue; }
        echo "$t $base" |
            awk -v b=$b '{ printf "%-10s %12.3f %14.2f\n", b, $1, ($1 - $3) * 1e6 / $2 }'
    done
}
jobs 0 "$tmp/t.csv"
table "$tmp/t.csv"
printf '\nbehind 100,000 jobs that wait:\n'
jobs 100000 "$tmp/t.csv"
table "$tmp/t.csv"
