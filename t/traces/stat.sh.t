#!/bin/sh
# vntrace stat against a computation of its own, by sort and awk.
. "$(dirname "$0")/../tap.sh"
vntrace=$TOP_BUILDDIR/vntrace

# 2,003 jobs, with ties, gaps, types, virtual clusters and modelled ones.
awk 'function next_one(n) { x = (x * 16807) % 2147483647; return x % n }
BEGIN {
    x = 4711
    print "job_id,submit_s,duration_s,devices,device_type,vc,model,global_batch,vnodes,steps"
    for (i = 0; i < 2003; i++) {
        t += next_one(4) * next_one(97)
        if (next_one(10) == 0) {
            print i "," t ",,,,v" next_one(7) ",bert,64,8,100"
            continue
        }
        split("v100,p100,,k80", type, ",")
        print i "," t "," 1 + next_one(50) * next_one(7919) "," 1 + next_one(40) \
            "," type[1 + next_one(4)] ",v" next_one(7) ",,,,"
    }
}' > "$tmp/t.csv"
grep -v '^job' "$tmp/t.csv" > "$tmp/rows"

# Lines "what,of,key,value" as stat has them; quantiles of type 7.
figures() { # name, of numbers on standard input
    sort -n | awk -v of="$1" '{ a[NR] = $1; sum += $1 }
    function at(p,  h, i) {
        h = 1 + (NR - 1) * p
        i = int(h)
        return i < NR ? a[i] + (h - i) * (a[i + 1] - a[i]) : a[NR]
    }
    END {
        for (i = 1; i <= NR; i++) squares += (a[i] - sum / NR) ^ 2
        printf "mean,%s,,%.10g\n", of, sum / NR
        printf "cv,%s,,%.10g\n", of, sqrt(squares / (NR - 1)) / (sum / NR)
        split("0.01 0.1 0.25 0.5 0.75 0.9 0.99 1", p, " ")
        split("p1 p10 p25 p50 p75 p90 p99 max", name, " ")
        for (i = 1; i <= 8; i++) printf "%s,%s,,%.10g\n", name[i], of, at(p[i])
    }'
}
tally() { # name of the column, its number
    awk -F, -v of="$1" -v c="$2" '{
        key = c == 4 && $4 == "" ? 8 : $c
        jobs[key]++
        work[key] += $3 * $4 / 3600
    } END {
        for (k in jobs) {
            printf "jobs,%s,%s,%.10g\n", of, k, jobs[k]
            printf "device_hours,%s,%s,%.10g\n", of, k, work[k]
        }
    }' "$tmp/rows"
}
{
    awk -F, '{ modelled += $7 != ""; work += $3 * $4; by[$5] += $3 * $4
        if (NR == 1) first = $2; last = $2 }
    END {
        span = last - first
        printf "jobs,,,%d\nrecorded,,,%d\nmodelled,,,%d\n", NR, NR - modelled, modelled
        printf "span_s,,,%.10g\njobs_per_hour,,,%.10g\n", span, 3600 * (NR - 1) / span
        printf "device_hours,,,%.10g\nload,,,%.10g\n", work / 3600, work / span / 150
        printf "load,device_type,v100,%.10g\n", by["v100"] / span / 100
        printf "load,device_type,p100,%.10g\n", by["p100"] / span / 48
        printf "load,device_type,none,0\n"
    }' "$tmp/rows"
    awk -F, '$3 != "" { print $3 }' "$tmp/rows" | figures duration_s
    awk -F, '{ print $4 == "" ? 8 : $4 }' "$tmp/rows" | figures devices
    awk -F, 'NR > 1 { print $2 - last } { last = $2 }' "$tmp/rows" | figures interarrival_s
    tally devices 4
    tally device_type 5
    tally vc 6
} | sort > "$tmp/wanted"
"$vntrace" stat --cluster v100:100,p100:48,none:2 --format csv "$tmp/t.csv" > "$tmp/got"
is "$?" 0 "statistics of 2,003 jobs"
is "$(wc -l < "$tmp/got")" "$(($(wc -l < "$tmp/wanted") + 1))" "have every figure"
tail -n +2 "$tmp/got" | sort > "$tmp/sorted"
# Sums are in another order, so the last digits may differ.
is "$(paste -d, "$tmp/sorted" "$tmp/wanted" | awk -F, '
    $1 != $5 || $2 != $6 || $3 != $7 || ($4 - $8) ^ 2 > (1e-9 * $8) ^ 2')" "" \
    "each as awk computes it"
"$vntrace" stat --cluster v100:100,p100:48,none:2 --format json "$tmp/t.csv" \
    | sed -n 's/^  {"what": "\(.*\)", "of": "\(.*\)", "key": "\(.*\)", "value": \(.*\)}.*/\1,\2,\3,\4/p' \
    > "$tmp/json"
tail -n +2 "$tmp/got" | cmp -s - "$tmp/json"
is "$?" 0 "the same in JSON"
is "$("$vntrace" stat --cluster v100:100 "$tmp/t.csv" | grep -c '^v1  \|^v100  \|recorded')" 3 \
    "the text names types and virtual clusters"
is "$("$vntrace" stat "$tmp/t.csv" | awk '$1 == "(any)"' | wc -l)" 1 \
    "and jobs of any type"

# A job alone has no gaps and no rate, jobs of one instant no load.
printf 'job_id,submit_s,duration_s,devices\n1,7,3600,2\n' > "$tmp/one.csv"
is "$("$vntrace" stat --cluster x:2 --format csv "$tmp/one.csv" | grep -c 'interarrival\|per_hour\|load\|nan\|inf')" 0 \
    "one job has neither rate nor load"
printf 'job_id,submit_s,duration_s,devices\n1,7,3600,2\n2,7,60,1\n' > "$tmp/two.csv"
is "$("$vntrace" stat --cluster x:2 --format csv "$tmp/two.csv" | grep 'max,interarrival\|per_hour\|load\|nan\|inf')" \
    "max,interarrival_s,,0" "nor have two at one instant"

refused() { # status, message, words ...
    want=$1 message=$2
    shift 2
    "$vntrace" stat "$@" > "$tmp/out" 2> "$tmp/err"
    is "$? $(cat "$tmp/err")" "$want vntrace stat: $message" "$*"
}
refused 2 "option '--cluster' needs an argument" --cluster
refused 2 "2 traces, expected one (see --help)" a b
printf 'job_id,submit_s,duration_s,devices\n1,7,60,2\n2,6,60,1\n' > "$tmp/order.csv"
"$vntrace" stat "$tmp/order.csv" > "$tmp/out" 2> "$tmp/err"
is "$? $(wc -c < "$tmp/out") $(cut -d: -f2-4 "$tmp/err" | sed 's/.*order.csv/order.csv/')" "1 0 order.csv:3:3" \
    "a trace out of order: the place, and no figures"
if test -w /dev/full; then
    "$vntrace" stat "$tmp/t.csv" > /dev/full 2> "$tmp/err"
    is "$? $(cat "$tmp/err")" "1 vntrace stat: cannot write standard output" "a full disk"
fi
done_testing
