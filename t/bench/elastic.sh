#!/bin/sh
# What elastic policies cost: modelled jobs on four device types, processor
# time and peak memory; and the solver of heterogeneous splits.
set -eu
jobs=${JOBS-100000}
cluster=${CLUSTER-v100:64,p100:64,t4:64,k80:64}
gaps=${GAPS-18 40}
policies=${POLICIES-wfs wfs-ht}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
awk 'BEGIN {
    print "model,device_type,batch,step_s,peak_bytes"
    split("v100 p100 t4 k80", type); split("1 1.9 1.6 7", slow)
    split("cnn bert gpt mlp", model); split("0.0009 0.006 0.0012 0.00002", each)
    for (m = 1; m <= 4; m++) for (t = 1; t <= 4; t++)
        for (b = 1; b <= 4096; b *= 2) {
            print model[m] "," type[t] "," b "," slow[t] * (0.02 + each[m] * b) ",0"
            if (b < 4096) print model[m] "," type[t] "," 3 * b "," \
                slow[t] * (0.02 + each[m] * 3 * b) ",0"
        }
}' > "$tmp/profile.csv"
sort -t, -u -k1,3 "$tmp/profile.csv" > "$tmp/sorted" && {
    head -1 "$tmp/profile.csv"
    grep -v '^model,' "$tmp/sorted"
} > "$tmp/nodes.csv"
"$TOP_BUILDDIR/t/bench_solver"
echo
printf '%-10s %9s %9s %9s %12s %10s %9s\n' policy jobs gap_s cpu_s events/s \
    resizes peak_MiB
for gap in $gaps; do
    # Park and Miller's numbers: models, batches, nodes, weights, gaps.
    awk -v n="$jobs" -v gap="$gap" 'BEGIN {
        x = 20261123
        print "job_id,submit_s,model,global_batch,vnodes,steps,weight"
        split("cnn bert gpt mlp", model); split("1 1 5 10", weight)
        for (i = 0; i < n; i++) {
            x = x * 16807 % 2147483647; t += -gap * log(x / 2147483647)
            x = x * 16807 % 2147483647; m = x % 4 + 1
            x = x * 16807 % 2147483647; v = 2 ^ (2 + x % 4)
            x = x * 16807 % 2147483647; b = 2 ^ (6 + x % 4)
            x = x * 16807 % 2147483647; s = 200 + x % 3800
            x = x * 16807 % 2147483647; w = weight[x % 4 + 1]
            printf "%d,%.3f,%s,%d,%d,%d,%d\n", i, t, model[m], b, v, s, w
        }
    }' > "$tmp/trace.csv"
    for policy in $policies; do
        "$TOP_BUILDDIR/vnsim" -t "$tmp/trace.csv" -c "$cluster" \
            --profile "$tmp/nodes.csv" -p "$policy" --format csv |
            awk -F, -v p="$policy" -v n="$jobs" -v gap="$gap" '
                NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i - NF }
                NR == 2 { printf "%-10s %9d %9s %9.2f %12.0f %10d %9.1f\n", p,
                    n, gap, $(NF + at["cpu_s"]),
                    $(NF + at["events"]) / $(NF + at["cpu_s"]),
                    $(NF + at["resizes"]), $(NF + at["peak_bytes"]) / 1048576 }'
    done
done
