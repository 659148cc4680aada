#!/bin/sh
# What a replay costs: processor time and peak memory of the whole process, by
# policy and by length of trace, with the growth from the shortest to the
# longest.  The trace is generated, like Philly's, at 0.9 of the load of
# 10,000 devices; each figure is the median of RUNS runs.
set -eu
sizes=${SIZES-10000 100000 1000000}
runs=${RUNS-3}
policies=${POLICIES-fifo fifo-skip sjf srtf las priority wfs}
cluster=${CLUSTER-x:1250x8}
load=${LOAD-0.9}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

for size in $sizes; do
    "$TOP_BUILDDIR/vntrace" generate --preset philly --jobs "$size" \
        --load "$load" --cluster "$cluster" --seed 1 -o "$tmp/$size.csv"
done

# A column of a one-row CSV summary, by name.
column() {
    awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i }
        NR == 2 { print $at }' "$2"
}

median() {
    sort -g | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}

printf '%s devices, load %s, median of %s\n\n' "$cluster" "$load" "$runs"
printf '%-10s %9s %9s %12s %12s %10s\n' policy jobs cpu_s jobs/s events/s peak_MiB
for policy in $policies; do
    for size in $sizes; do
        : > "$tmp/cpu"
        : > "$tmp/peak"
        i=0
        while test $i -lt "$runs"; do
            "$TOP_BUILDDIR/vnsim" -t "$tmp/$size.csv" -c "$cluster" \
                -p "$policy" --format csv > "$tmp/summary"
            column cpu_s "$tmp/summary" >> "$tmp/cpu"
            column peak_bytes "$tmp/summary" >> "$tmp/peak"
            i=$((i + 1))
        done
        echo "$policy $size $(median < "$tmp/cpu") $(median < "$tmp/peak")" \
            "$(column events "$tmp/summary")"
    done
done | awk '{
        printf "%-10s %9d %9.3f %12.0f %12.0f %10.1f\n",
            $1, $2, $3, $2 / $3, $5 / $3, $4 / 1048576
        if ($1 != policy) { policy = $1; jobs = $2; cpu = $3; peak = $4 }
        else { growth[$1] = sprintf("%-10s jobs x%-5g time x%-7.1f memory x%.2f",
                   $1, $2 / jobs, $3 / cpu, $4 / peak); order[n++] = $1 }
    }
    END {
        print "\ngrowth from the shortest trace to the longest"
        for (i = 0; i < n; i++)
            if (i + 1 == n || order[i + 1] != order[i]) print growth[order[i]]
    }'
