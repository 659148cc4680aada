#!/bin/sh
# What the reference form of jobs that adapt costs: processor time of the whole
# process, reading the tables among it, which stands in the last column alone
# (a workload of one job).  DATA is a folder of the artifact's tables.
set -eu
data=${DATA-${VN_SHARED_DATA-../shared/data}/pollux}
workloads=${WORKLOADS-0.5_w1 1.0_w1 1.5_w1 2.0_w1}
policies=${POLICIES-tiresias optimus pollux}
runs=${RUNS-5}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
test -d "$data" || { echo "no tables in $data"; exit 0; }

# The least of several, in seconds: other work on the machine only adds to it.
cpu_s() { # option ...
    for _ in $(seq "$runs"); do
        /usr/bin/env bash -c 'TIMEFORMAT="%U %S"; time "$@" > /dev/null' - \
            "$TOP_BUILDDIR/vnreplay" experiment pollux --data "$data" "$@" \
            2>&1
    done | awk '{ s = $1 + $2 } NR == 1 || s < least { least = s }
        END { printf "%.3f", least }'
}
printf '%-10s %-10s %6s %8s %8s %10s\n' workload policy jobs rounds cpu_s \
    tables_s
for workload in $workloads; do
    for policy in $policies; do
        "$TOP_BUILDDIR/vnreplay" experiment pollux --data "$data" \
            --workload "$workload" --policy "$policy" --jobs "$tmp/jobs.csv" \
            --rounds "$tmp/rounds.csv" > /dev/null
        printf '%-10s %-10s %6d %8d %8s %10s\n' "$workload" "$policy" \
            $(($(wc -l < "$tmp/jobs.csv") - 1)) \
            $(($(wc -l < "$tmp/rounds.csv") - 1)) \
            "$(cpu_s --workload "$workload" --policy "$policy")" \
            "$(cpu_s --workload "$workload" --policy "$policy" --first 1)"
    done
done

# Sia, on devices of three types; and its program alone, of 160 jobs on 64
# devices and of 1,000 on 2,000.
sia=${SIA-$data/../sia}
if test -d "$sia"; then
    for workload in ${SIA_WORKLOADS-philly_w1}; do
        "$TOP_BUILDDIR/vnreplay" experiment sia --data "$sia" --base "$data" \
            --workload "$workload" --policy sia --jobs "$tmp/jobs.csv" \
            --rounds "$tmp/rounds.csv" > /dev/null
        seconds=$(/usr/bin/env bash -c \
            'TIMEFORMAT=%U; time "$@" > /dev/null' - \
            "$TOP_BUILDDIR/vnreplay" experiment sia --data "$sia" \
            --base "$data" --workload "$workload" --policy sia 2>&1)
        printf '%-10s %-10s %6d %8d %8s\n' "$workload" sia \
            $(($(wc -l < "$tmp/jobs.csv") - 1)) \
            $(($(wc -l < "$tmp/rounds.csv") - 1)) "$seconds"
    done
fi
"$TOP_BUILDDIR/t/sim/assign.t" | grep ' ms, '

# Where the time goes, by function, of what takes the most; where perf is.
if command -v perf > /dev/null 2>&1 &&
    perf record -q -o "$tmp/perf" true > /dev/null 2>&1; then
    shares() { # what it is of, command ...
        printf '\nshares of time, %s\n' "$1"
        shift
        perf record -q -F 500 -o "$tmp/perf" "$@" > /dev/null 2>&1 || true
        perf report -i "$tmp/perf" --stdio --percent-limit 3 2> /dev/null |
            sed -n 's/^ *\([0-9.]*%\) .*\[\(.\)\] \(.*\)/  \1 \3/p'
    }
    shares 'pollux, 0.5_w1' "$TOP_BUILDDIR/vnreplay" experiment pollux \
        --data "$data" --workload 0.5_w1 --policy pollux
    if test -d "$sia"; then
        shares 'sia, the first 40 of philly_w1' "$TOP_BUILDDIR/vnreplay" \
            experiment sia --data "$sia" --base "$data" --workload philly_w1 \
            --first 40 --policy sia
    fi
fi
