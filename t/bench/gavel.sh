#!/bin/sh
# What Gavel's policies cost: processor time of the whole process on traces
# like Gavel's of 500 jobs (its job types, one worker each, one job every
# 260 s on the average, for a like load), on 36 devices of each of its three types.
set -eu
sizes=${SIZES-500 2000 10000}
policies=${POLICIES-gavel gavel-ht gavel-fifo-perf makespan finish-time-fairness}
facts=${TOP_SRCDIR-.}/replay/experiments/gavel
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

printf '%-22s %7s %8s %10s %10s\n' policy jobs cpu_s jobs/s mean_jct_s
for size in $sizes; do
    awk -F, -v n="$size" '
        BEGIN { srand(20); print "job_id,submit_s,model,global_batch,vnodes,steps" }
        /^[0-9]/ { row[rows++] = $3 "," $4 "," $5 "," $6 }
        END {
            for (i = 0; i < n; i++) {
                printf "%d,%d,%s\n", i, at, row[int(rand() * rows)]
                at -= 260 * log(1 - rand())
            }
        }' "$facts/minimize_makespan.csv" > "$tmp/$size.csv"
    for policy in $policies; do
        "$TOP_BUILDDIR/vnsim" -t "$tmp/$size.csv" \
            -c v100:36,p100:36,k80:36 --profile "$facts/steps.csv" \
            -p "$policy" --format csv |
            awk -F, -v p="$policy" -v n="$size" '
                NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i + 2 }
                NR == 2 {
                    printf "%-22s %7d %8.3f %10.0f %10.1f\n", p, n,
                        $at["cpu_s"], n / $at["cpu_s"], $at["mean_jct_s"]
                }'
    done
done
