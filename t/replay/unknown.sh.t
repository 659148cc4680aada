#!/bin/sh
# What is not known of a run is '-', empty or null, under every policy and in
# every format, and so are ratios to it; two sweeps at once; an edited trace is
# no replicate.
. "$(dirname "$0")/../tap.sh"
bin=$TOP_BUILDDIR
cd "$tmp" || exit 1
printf 'job_id,submit_s,duration_s,devices\n1,0,5000,2\n2,1,9000,1\n' > long.csv
printf 'job_id,submit_s,duration_s,devices\n' > empty.csv
printf 'job_id,submit_s,duration_s,devices\n1,0,10,1\n2,1,9000,2\n3,2,9000,2\n' \
    > some.csv
# Without tables of applications pollux and sia are the forms named -fixed.
policies=$("$bin/vnsim" --policies | sed -n 's/^\([a-z][a-z-]*\) .*/\1/p' |
    grep -vx 'pollux\|sia')
# Columns of a summary that are of jobs that finished.
times='mean_jct_s p50_jct_s p90_jct_s p99_jct_s mean_queue_s p50_queue_s
p90_queue_s p99_queue_s makespan_s'
for p in $policies; do
    for t in long empty; do
        sim() { "$bin/vnsim" -t $t.csv -c v100:1x2 -p "$p" --until 60 \
            --format "$1" > out 2>&1; }
        sim text && grep -q '^makespan  *-$' out \
            && grep -q '^jct  *-  *-  *-  *-$' out && grep -q '^remark' out
        ok $? "$p: $t.csv in text" || diag out
        bad=
        sim json || bad=status
        for c in $times; do
            grep -q "\"$c\": null" out || bad="$bad $c"
        done
        is "$bad" "" "$p: $t.csv in JSON"
        sim csv || bad=status
        is "$(awk -F, -v names="$times" 'NR == 1 {for (i = 1; i <= NF; i++)
            at[$i] = i} NR == 2 {n = split(names, c, /[ \n]/)
            for (i = 1; i <= n; i++) printf "%s", $at[c[i]]}' out)" "" \
            "$p: $t.csv in CSV"
    done
done
list=$(echo "$policies" | tr '\n' ',')
"$bin/vnreplay" run -t long.csv,some.csv -c v100:1x2 -p "${list%,}" --until 60 \
    -r r.db > out 2>&1
ok $? "a sweep over all policies"
is "$("$bin/vnreplay" export r.db -t run | awk -F, 'NR == 1 {for (i = 1; i <= NF;
    i++) at[$i] = i - NF} NR > 1 {print $(NF + at["makespan_us"])}' | sort -u)" "" \
    "none of its runs has a makespan"
for f in text csv json latex markdown; do
    "$bin/vnreplay" compare r.db --where trace=long.csv --format $f > out 2>&1
    ! grep -qi 'nan\|inf[^o]' out
    ok $? "compare has no number that is none, in $f"
done
"$bin/vnreplay" compare r.db --where trace=long.csv --format csv \
    | grep -v ',utilisation,' | awk -F, 'NR > 1 && ($11 $12 $13 $14 $15 $16) != ""' \
    > out
test ! -s out
ok $? "nor a mean or a ratio"

# Different jobs left are said in every format.
printf 'job_id,submit_s,duration_s,devices\n1,0,400,1\n2,1,50,1\n3,2,60,1\n' \
    > differ.csv
"$bin/vnreplay" run -t differ.csv -c v100:1 -p fifo,srtf --until 300 -r d.db \
    > out 2>&1
for f in text csv json latex markdown; do
    says 0 'left different jobs' "different jobs left are said in $f" \
        "$bin/vnreplay" compare d.db --format $f
done

# Two sweeps into one file.
"$bin/vntrace" generate --preset philly --jobs 2000 --load 0.9 \
    --cluster x:16x8 --seed 3 -o t.csv > out 2>&1
for i in 1 2 3; do
    ("$bin/vnreplay" run -t t.csv --windows 6 -c x:16x8 -p fifo,srtf,las,sjf \
        -j 2 -r two.db > s$i 2>&1; echo $? > rc$i) &
done
wait
is "$(cat rc1 rc2 rc3 | tr '\n' ' ')" "0 0 0 " "three sweeps into one file end well"
is "$(sed -n 's/^\([0-9]*\) done, \([0-9]*\) there before, 0 failed.*/\1 \2/p' \
    s1 s2 s3 | awk '{a += $1; b += $2} END {print a, b}')" "24 48" \
    "each run is done once, and there for the others"

# Only seeds and windows are replicates.
cp some.csv edited.csv
"$bin/vnreplay" run -t edited.csv -c v100:1x2 -p fifo,srtf -r e.db > out 2>&1
sed 's/9000/8000/' some.csv > edited.csv
"$bin/vnreplay" run -t edited.csv -c v100:1x2 -p fifo,srtf -r e.db > out 2>&1
says 1 'edited.csv.* was not the same jobs in all runs.*--where trace_hash=.*--pool' \
    "an edited trace is no replicate" "$bin/vnreplay" compare e.db
says 1 'was not the same jobs' "nor in a figure" \
    "$bin/vnplot" jct e.db -o x.svg
says 0 '^2 replicates' "unless it is asked for" \
    "$bin/vnreplay" compare e.db --pool
hash=$("$bin/vnreplay" compare e.db 2>&1 | sed 's/.*trace_hash=\([0-9a-f]*\) or.*/\1/')
says 0 '^1 replicate,' "one of them can be chosen" \
    "$bin/vnreplay" compare e.db --where "trace_hash=$hash"

# Experiments of one file are told apart, and chosen by what differs.
"$bin/vnreplay" run -t t.csv -c x:16x8 -p fifo,srtf -r x.db > out 2>&1
"$bin/vnreplay" run -t t.csv -c x:16x8 -p fifo,srtf -r x.db --costs start=60 \
    > out 2>&1
"$bin/vnreplay" run -t t.csv -c x:16x8 -p fifo,srtf -r x.db --scaling amdahl:0.1 \
    --placement spread > out 2>&1
says 0 'of 3 experiments number [23], with scaling=linear, costs=start=60,' \
    "compare names what differs" "$bin/vnreplay" compare x.db
for f in latex markdown; do
    says 0 'costs=start=60, placement=none' "so does a caption in $f" \
        "$bin/vnreplay" compare x.db --format $f
done
is "$("$bin/vnreplay" compare x.db --format csv | awk -F, 'NR == 1 {for (i = 1;
    i <= NF; i++) at[$i] = i} NR > 1 {print $at["costs"] "/" $at["placement"]}' \
    | sort | uniq -c | awk '{print $2}' | tr '\n' ' ')" \
    "none/ none/spread start=60/ " "assumptions are columns"
says 2 'holds 3 experiments.*--where to choose one:' "a figure is of one" \
    "$bin/vnplot" jct x.db -o x.svg
says 0 '^1 replicate' "which is chosen by it" \
    "$bin/vnreplay" compare x.db --where costs=start=60
says 1 "no run of costs 'start=61', did you mean 'start=60'" \
    "a value that no run has" "$bin/vnreplay" compare x.db --where costs=start=61
says 2 "did you mean 'costs'" "a column that is not there" \
    "$bin/vnreplay" compare x.db --where cost=none
says 1 "no run of policy 'fifoo', did you mean 'fifo'" "a policy in a list" \
    "$bin/vnplot" jct x.db -p srtf,fifoo -o x.svg
says 1 "no run of policy 'fifoo', did you mean 'fifo'" "a baseline" \
    "$bin/vnreplay" compare x.db --baseline fifoo
says 1 "no run of cluster 'x:16x9', did you mean 'x:16x8'" "a cluster" \
    "$bin/vnplot" jct x.db -c x:16x9 -o x.svg

# Where a result comes from stands beside it, not in canonical exports.
"$bin/vnreplay" export x.db -t run --all > out
grep -q "run -t t.csv -c x:16x8 -p fifo,srtf -r x.db --costs start=60" out \
    && grep -q '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T' out \
    && grep -q "$("$bin/vnsim" --version | sed -n 's/.*) [0-9.]*-//p')" out
ok $? "command line, date and version are stored"
done_testing
