#!/bin/sh
# vnreplay: sweeps that go on after any end, and what is made of results.
. "$(dirname "$0")/../tap.sh"
bin=$TOP_BUILDDIR/vnreplay
cd "$tmp" || exit 1
# Jobs drawn with Park and Miller's generator: bursts that make jobs wait.
jobs() { # seed, count
    awk -v x="$1" -v n="$2" 'BEGIN {
        print "job_id,submit_s,duration_s,devices"
        for (i = 0; i < n; i++) {
            x = x * 16807 % 2147483647; t += x % 97
            x = x * 16807 % 2147483647; d = 1 + x % 1999
            x = x * 16807 % 2147483647; print i "," t "," d "," 2 ^ (x % 4)
        }
    }'
}
jobs 2385 3000 > a.csv
jobs 7177 3000 > b.csv
cat > c.csv <<'END'
device_type,nodes,devices_per_node
v100,5,4
END
sweep() { # results, further arguments
    results=$1
    shift
    "$bin" run -t a.csv,b.csv --windows 4 -c c.csv -c v100:3x8,k80:1x8 \
        -p fifo,las:form=reference,srtf,fifo-skip -r "$results" "$@"
}

says 0 '^64 runs into one.db: 2 traces x 4 windows x 2 clusters x 4 policies' \
    "a sweep says what it will do" sweep one.db -j 1
says 0 '^0 done, 64 there before, 0 failed' \
    "what is there is not run again" sweep one.db
"$bin" export one.db -o one.csv
ok $? "results are exported"
sweep four.db -j 4 > out 2>&1
"$bin" export four.db | cmp -s - one.csv
ok $? "four runs at a time give the same bytes as one"

# Costs that are drawn and devices that fail change nothing in that.
costly() { # results, further arguments
    results=$1
    shift
    "$bin" run -t a.csv,b.csv --until 20000 -c v100:3x8 -p fifo,srtf,wfs \
        --seed 1:3 --costs start=exponential:20,grow=9,release=3,checkpoint=60 \
        --faults node,mtbf=9000,mttr=300 --placement consolidate \
        -r "$results" "$@"
}
costly costly.db -j 1 > out 2>&1 && costly costly4.db -j 4 > out 2>&1
ok $? "a sweep with costs and faults"
"$bin" export costly.db -o costly.csv
"$bin" export costly4.db | cmp -s - costly.csv
ok $? "four at a time give the same bytes as one"
costly costly1.db --shard 1/2 > out 2>&1
costly costly2.db --shard 2/2 > out 2>&1
"$bin" merge costly2.db costly1.db -o costlyb.db > out 2>&1
"$bin" export costlyb.db | cmp -s - costly.csv
ok $? "as shards of it do"

for t in 0.03 0.06 0.09 0.12; do
    timeout -s KILL $t "$bin" run -t a.csv,b.csv --windows 4 -c c.csv \
        -c v100:3x8,k80:1x8 -p fifo,las:form=reference,srtf,fifo-skip \
        -r killed.db -j 2 > out 2>&1
done
sweep killed.db > out 2>&1
ok $? "a sweep that was killed goes on"
"$bin" export killed.db | cmp -s - one.csv
ok $? "and gives the same bytes as one that was not"

mkfifo slow.csv
"$bin" run -t a.csv,slow.csv -c c.csv -p fifo -r int.db > int.out 2>&1 &
pid=$!
# This waits until slow.csv is read, which is when the run of a.csv has begun.
exec 3> slow.csv
kill -INT $pid
exec 3>&-
wait $pid
test $? -eq 1 && grep -q 'goes on from there' int.out
ok $? "an interrupted sweep says how to go on"
diag int.out

# What it says is there is what is there, runs in flight and all.
for t in 0.05 0.08 0.11 0.14 0.17 0.2; do
    rm -f int.db
    timeout -s INT $t "$bin" run -t a.csv,b.csv --windows 6 -c c.csv \
        -c v100:3x8,k80:1x8 -p fifo,las,srtf,fifo-skip -r int.db -j 4 \
        > int.out 2>&1
    said=$(sed -n 's/.*interrupted: \([0-9]*\) of .*/\1/p' int.out)
    test -f int.db && there=$("$bin" export int.db -t run | grep -c ,done,)
    test -z "$said" || echo "$said $there"
done > counts
awk '$1 != $2 {bad = 1} END {exit bad}' counts
ok $? "an interrupted sweep counts what is in the file"
diag counts

says 0 'form=reference' "compare names options" "$bin" compare one.db
says 0 'n = 4' "compare counts replicates" "$bin" compare one.db
says 0 'each replicate' "few replicates are shown one by one" \
    "$bin" compare one.db
says 0 'a.csv and others' "traces may be pooled" "$bin" compare --pool one.db
"$bin" compare --pool one.db | grep -q 'n = 8'
ok $? "pooled, they are as many replicates"
says 0 'windows of one trace' "windows are said to depend on each other" \
    "$bin" compare one.db
says 0 'replicates until the 95 % interval of a ratio is within +-5 %' \
    "how many replicates it takes" "$bin" compare one.db --power 0.05
says 2 "power: 'x' is wrong" "a power that is none" \
    "$bin" compare one.db --power x
says 2 "--late: unknown 'declind', did you mean 'declined'?" \
    "what a late job is not" "$bin" compare one.db --late declind
"$bin" compare one.db > all.txt
test "$(awk '{gsub(/[^ -~]/, "x")} length > 79' all.txt | wc -l)" = 0
ok $? "the tables fit a page"
"$bin" compare one.db --experiment 2 > second.txt
head -n 12 second.txt | tail -n 8 > part
test "$(grep -c 'of [0-9]* experiments number' second.txt)" = 1 \
    && grep -q 'experiments number 2,' second.txt
ok $? "one of several experiments may be had"
says 2 "holds " "an experiment beyond the last" "$bin" compare one.db -e 99
"$bin" compare one.db --label 'las=our own' > label.txt
grep -q '^our own' label.txt && ! grep -q '^las' label.txt
ok $? "a policy may be called otherwise"
says 2 "no policy 'lsa'" "one that is not there may not" \
    "$bin" compare one.db --label lsa=x
says 2 "expected NAME=TEXT" "nor without a name" \
    "$bin" compare one.db --label las
says 2 "two policies would be called 'fifo'" "nor as another" \
    "$bin" compare one.db --label las=fifo
# The distance is the most that two counts of jobs differ by.
"$bin" run -t a.csv -c c.csv -p fifo,srtf -r single.db > /dev/null
"$bin" export single.db -t run > runs.csv
"$bin" export single.db -t job > jobs.csv
awk -F, 'FNR == NR {if (FNR == 1) for (i = 1; i <= NF; i++) c[$i] = i
        else policy[$1] = $c["policy"]; next}
    FNR == 1 {for (i = 1; i <= NF; i++) k[$i] = i; next}
    {print $k["jct_us"], policy[$1]}' runs.csv jobs.csv | sort -n \
    | awk '$1 != last {d = a - b; d = d < 0 ? -d : d; most = d > most ? d : most}
        {last = $1} $2 == "fifo" {a++; n++} $2 == "srtf" {b++}
        END {printf "%.9f\n", most / n}' > want
"$bin" compare single.db --format csv | awk -F, 'NR == 1 {
    for (i = 1; i <= NF; i++) c[$i] = i; next}
    $c["policy"] == "srtf" && $c["metric"] == "jct_mean_s" {
        printf "%.9f\n", $c["distance"]}' > got
cmp -s want got
ok $? "the distance of distributions is that of the jobs ($(cat want got))"
"$bin" run -t a.csv -c c.csv -p fifo,srtf -r single.db > /dev/null
says 0 'n = 1: no interval' "one run has no interval" \
    "$bin" compare single.db
"$bin" compare single.db --format csv > out
awk -F, 'NR > 1 && ($12 != "" || $15 != "") {bad = 1}
    END {exit bad || NR != 13}' out
ok $? "nor has it in CSV"
"$bin" compare single.db --format json > out
if command -v python3 > /dev/null; then
    python3 -c 'import json, sys; g = json.load(open("out"))
p = {q["policy"]: q for q in g[0]["policies"]}
r = p["srtf"]["jct_mean_s"]["mean"]["estimate"] \
    / p["fifo"]["jct_mean_s"]["mean"]["estimate"]
sys.exit(abs(r - p["srtf"]["jct_mean_s"]["ratio"]["estimate"]) > 1e-12)'
    ok $? "JSON has the ratio of the means that it gives"
else
    skip "JSON has the ratio of the means that it gives" "no python3 here"
fi
"$bin" compare one.db --format markdown > out
awk -F'|' '/^\|/ {n++; if (NF != 10) bad = 1} END {exit bad || n != 4 * 6}' out
ok $? "Markdown has a table for each trace and cluster"
says 0 'las form=reference & [0-9.]* \[[0-9.]*, [0-9.]*\] &' "LaTeX has one too" \
    "$bin" compare one.db --format latex
cp a.csv 'a_b&c%.csv'
"$bin" run -t 'a_b&c%.csv' -c c.csv -p fifo -r odd.db > /dev/null
says 0 'a\\_b\\&c\\%.csv on' "in which odd names are quoted" \
    "$bin" compare odd.db --format latex
# The mean over windows, from the jobs themselves.
"$bin" export one.db -t job > jobs.csv
"$bin" export one.db -t run > runs.csv
"$bin" compare one.db --format csv > compare.csv
awk -F, 'FNR == 1 {f++; next}
    f == 1 && $0 ~ /a\.csv/ && $0 ~ /c\.csv/ && $0 ~ /,srtf,/ {run[$1] = 1}
    f == 2 && $1 in run {sum[$1] += $8; n[$1]++}
    f == 3 && $1 == "a.csv" && $2 == "c.csv" && $5 == "srtf" \
        && $10 == "jct_mean_s" {got = $11}
    END {for (r in sum) {all += sum[r] / n[r] / 1e6; k++}
        d = all / k - got; exit !(k == 4 && d < 1e-6 && d > -1e-6)}' \
    runs.csv jobs.csv compare.csv
ok $? "the mean JCT is that of the jobs, window by window"

# srtf gives short jobs' turns to none: stop early and some are left.
"$bin" run -t a.csv -c v100:1x8 -p fifo,srtf --until 40000 -r cut.db \
    > /dev/null
says 0 'unfinished: censored' "unfinished jobs are counted as censored" \
    "$bin" compare cut.db
"$bin" export cut.db -t job > jobs.csv
want=$(awk -F, 'NR > 1 && $NF == "finished" {n[$2]++}
    END {for (i in n) k += n[i] == 2; print k}' jobs.csv)
"$bin" compare cut.db | grep -q "1 replicate, $want jobs compared"
ok $? "only jobs that every policy finished are compared ($want)"
"$bin" run -t a.csv -c v100:1x8 -p fifo,srtf --until 40000 --keep run \
    -r bare.db > /dev/null
says 1 'recorded without its jobs' \
    "without jobs the same ones cannot be found" "$bin" compare bare.db
"$bin" run -t a.csv,b.csv -c c.csv -p fifo --keep run -r bare2.db > /dev/null
"$bin" export bare2.db -t job | wc -l | grep -q '^1$'
ok $? "--keep run keeps no jobs"
says 0 'no run of fifo' "without the baseline there are no ratios" \
    sh -c "'$bin' run -t a.csv -c c.csv -p wfs,las -r nobase.db &&
        '$bin' compare nobase.db"

for t in a b; do
    "$bin" run -t $t.csv --windows 4 -c c.csv -c v100:3x8,k80:1x8 \
        -p fifo,las:form=reference,srtf,fifo-skip -r shard-$t.db > /dev/null
done
for s in 1 2 3; do
    for p in fifo srtf; do
        "$TOP_BUILDDIR/vnsim" -t a.csv -c c.csv -p $p --seed $s \
            --results seeds.db > /dev/null
    done
done
says 0 '2 replicates left out, the same as another' \
    "seeds that decide nothing are no replicates" "$bin" compare seeds.db
"$bin" compare seeds.db | grep -q 'n = 1: no interval'
ok $? "so they give no interval"

says 0 '32 runs added, 0 there before' "shards are merged" \
    "$bin" merge shard-b.db shard-a.db -o merged.db
"$bin" export merged.db | cmp -s - one.csv
ok $? "to the same bytes as one sweep"
says 0 '0 runs added, 32 there before' "merging again adds nothing" \
    "$bin" merge shard-a.db -o merged.db

sweep half1.db --shard 1/2 > /dev/null
says 0 '^32 runs into half2.db: .*, shard 2 of 2' \
    "a sweep can be done in shards" sweep half2.db --shard 2/2
"$bin" merge half1.db half2.db -o halves.db > /dev/null
"$bin" export halves.db | cmp -s - one.csv
ok $? "which make up the whole"
for s in 0/2 3/2 2 /2 1/ x/y; do
    says 2 'expected I/N with I from 1 to N' "no shard $s" \
        sweep x.db --shard $s
done

says 0 '64 runs reproduced' "every run can be done again" \
    "$bin" reproduce one.db
says 0 '2 runs reproduced' "however much was kept of it" \
    "$bin" reproduce bare.db
says 0 '6 runs reproduced' "also what vnsim recorded" \
    "$bin" reproduce seeds.db
jobs 99 3000 > d.csv
"$bin" run -t d.csv -c c.csv -p fifo,srtf -r moved.db > /dev/null
awk -F, -v OFS=, 'NR == 700 {$3++} {print}' d.csv > e.csv && mv e.csv d.csv
says 1 '2 had inputs that are not what they were' "a trace that has changed is noticed" \
    "$bin" reproduce moved.db
rm d.csv
says 1 'd.csv: No such file' "so is one that is gone" "$bin" reproduce moved.db

draws() { # results, further arguments
    results=$1
    shift
    "$bin" run --generate '--jobs 300 --durations lognormal:20m:1' \
        -c v100:2x8 -p fifo,srtf -r "$results" "$@"
}
says 0 '^24 runs into gen.db: 1 recipe x 3 seeds x 2 loads x 2 clusters' \
    "recipes are drawn for seeds and loads" \
    draws gen.db --seed 1:3 --load 0.5:0.9:0.4 -c c.csv -j 3
"$bin" compare gen.db > out
grep -q 'load 0.9' out && grep -q 'n = 3' out
ok $? "seeds are replicates, loads are not"
"$bin" export gen.db -t run | awk -F, 'NR == 1 {
        for (i = 1; i <= NF; i++) c[$i] = i; next}
    {key = $c["trace_hash"]; n[key]++}
    END {for (k in n) if (n[k] != 2) bad = 1; exit bad || length(n) != 12}'
ok $? "both policies replay the same draw, and each draw is another"
# What a job costs in the file, beside what the tables cost that stay empty.
"$bin" run --generate '--preset philly --jobs 3000' --load 0.9 -c v100:16x8 \
    --scaling linear -p fifo-skip,srtf,las,wfs -r size.db > /dev/null
bytes=$(($(wc -c < size.db) / 12000))
test "$bytes" -gt 20 && test "$bytes" -le 60
ok $? "a job takes at most 60 bytes ($bytes)"
says 0 '24 runs reproduced' "draws can be drawn again" \
    "$bin" reproduce gen.db
draws gen.db --seed 2 --load 0.5 > out
grep -q '0 done, 2 there before' out
ok $? "a draw is known by its seed and load"
says 0 'seeds make no replicates' "of a trace, seeds change nothing" \
    "$bin" run -t a.csv -c c.csv --seed 1:3 -r single.db
for s in 3:1 1:x 1:2:0 1.5 ''; do
    says 2 'expected whole numbers' "no seeds '$s'" draws x.db --seed "$s"
done
says 2 "'90' is wrong, expected a share of the cluster, where 0.9 is 90 %, up to 10" \
    "a load of 90" draws x.db --load 90
says 2 'expected numbers' "a range of loads needs a step" \
    draws x.db --load 0.5:1
says 2 'without seed and output' "a recipe has no output" \
    "$bin" run --generate '--jobs 3 -o x' -c c.csv -r x.db
says 1 "no trace from --generate" "a recipe that is none" \
    "$bin" run --generate '--preset nowhere' -c c.csv -r x.db

says 0 'jct_us .*integer us' "schema tells types and units" "$bin" schema
"$bin" schema --format csv | awk -F, '{if (NF < 6) bad = 1} END {exit bad}'
ok $? "also as CSV"
columns=$("$bin" schema --format csv | grep -c '^job,')
head -1 jobs.csv | awk -F, -v c="$columns" '{exit NF != c}'
ok $? "and names the columns that export writes"

says 1 '1 of 2 runs failed; bad.db says why' "a run that fails is counted" \
    "$bin" run -t a.csv -c v100:3x8 -p fifo,exec:false -r bad.db
"$bin" export bad.db -t run | grep ',failed,' | grep -q 'ended with status 1'
ok $? "and the results say why"
says 0 '1 run failed and is not shown' "compare says that it is missing" \
    "$bin" compare bad.db
says 1 '0 done, 1 there before, 1 failed' "it is tried again" \
    "$bin" run -t a.csv -c v100:3x8 -p fifo,exec:false -r bad.db

says 1 'nowhere.csv: No such file' "a trace that is not there" \
    "$bin" run -t nowhere.csv -c c.csv -r x.db
says 2 "unknown 'fifu', did you mean 'fifo'" "a policy that is not there" \
    "$bin" run -t a.csv -c c.csv -p fifu -r x.db
says 2 'is an option of none of the policies' "an option nobody knows" \
    "$bin" run -t a.csv -c c.csv -p fifo -o form=reference -r x.db
says 2 'no --trace given' "no trace" "$bin" run -c c.csv -r x.db
says 2 'no --cluster given' "no cluster" "$bin" run -t a.csv -r x.db
says 2 'no --results given' "no results" "$bin" run -t a.csv -c c.csv
says 2 'an empty name' "an empty name in a list" \
    "$bin" run -t a.csv,,b.csv -c c.csv -r x.db
says 2 'has 3000 jobs, expected at least 4000' "more windows than jobs" \
    "$bin" run -t a.csv -c c.csv -r x.db --windows 4000
says 2 "'0' is wrong" "no windows" \
    "$bin" run -t a.csv -c c.csv -r x.db --windows 0
says 2 'is no option' "a word too many" "$bin" run -t a.csv more
says 1 'a.csv: is not a results file' "a trace is no results file" \
    "$bin" run -t a.csv -c c.csv -r a.csv
says 1 'a.csv: is not a results file' "nor to compare" "$bin" compare a.csv
says 1 'none.db: No such file' "nothing to compare" "$bin" compare none.db
test ! -e none.db
ok $? "and none is made"
says 2 'expected one results file' "compare what?" "$bin" compare
says 2 'expected one results file' "export what?" "$bin" export
says 2 "did you mean 'job'" "a table that is not there" \
    "$bin" export one.db -t jab
says 2 'expected results files and --output' "merge into what?" \
    "$bin" merge one.db
says 2 "did you mean 'compare'" "a command that is not there" "$bin" compar
# Two of four jobs of 100 s x 4 devices on 4, one of 200 s x 4 that was killed
# and one of 100 s x 4 that failed: 2/5 of all durations completed, 2/5 and 1/5
# were killed and failed.  Under fifo they end at 100, 300, 400, 500, those that
# completed at 100 and 400, under srtf at 100 and 200; alone, at 100 and 200.
printf 'job_id,submit_s,duration_s,devices,status\n1,0,100,4,completed\n2,0,200,4,killed
3,0,100,4,completed\n4,0,100,4,failed\n' > "$tmp/ends.csv"
for s in completed,failed,killed completed; do
    "$bin" run -t "$tmp/ends.csv" -c v:4 -p fifo,srtf --status $s -r "$tmp/ends.db" > /dev/null
done
"$bin" compare "$tmp/ends.db" > "$tmp/out"
is "$(sed -n '/^by the trace 25/,/^$/p' "$tmp/out")" "by the trace 25.0 % of jobs (40.0 % of durations x devices) were killed, 25.0 %
of jobs (20.0 % of durations x devices) failed, 50.0 % of jobs (40.0 % of
durations x devices) completed
of completed jobs alone, beside which the others ran (--status completed replays
them alone)
policy  JCT mean, s  ratio to fifo
fifo          250.0          1.000
srtf          150.0          0.600" "jobs that were killed or failed, and means without them"
"$bin" compare "$tmp/ends.db" --where statuses=completed | grep -q '^1 replicate, 2 jobs compared$' &&
    "$bin" export "$tmp/ends.db" -t job | grep -c ',completed,' | grep -qx 8
ok $? "they are left out of a replay"
says 0 '^4 runs reproduced$' "which is reproduced" "$bin" reproduce "$tmp/ends.db"
says 2 "status: unknown 'pass', expected one of" "what no status is" \
    "$bin" run -t "$tmp/ends.csv" -c v:4 --status pass -r "$tmp/ends.db"
# Two jobs of 4 devices on 4: srtf runs one after the other (100 s, 200 s: mean
# 150), wfs gives each 2.  Linear, both take 200 s; half of the work serial,
# 2 devices do 5/6 of what 4 do, and both take 120 s.
printf 'job_id,submit_s,duration_s,devices,min_devices\n1,0,100,4,1\n2,0,100,4,1\n' \
    > "$tmp/two.csv"
scaled() { # scaling
    "$bin" run -t "$tmp/two.csv" -c v:4 -p srtf,wfs --scaling "$1" -r "$tmp/flip.db" > /dev/null
}
scaled linear
"$bin" compare "$tmp/flip.db" > "$tmp/out"
grep -q '^remark: recorded jobs speed up with their devices by' "$tmp/out"
ok $? "that an elastic policy lives on an assumption is said"
scaled amdahl:0.5
"$bin" compare "$tmp/flip.db" > "$tmp/out"
grep -qx '  srtf before wfs under linear, behind it under amdahl:0.5' "$tmp/out" &&
    ! grep -q '^remark: recorded' "$tmp/out"
ok $? "and what its ranking hangs on"
scaled amdahl:0.4
"$bin" compare "$tmp/flip.db" > "$tmp/out"
grep -A 1 'amdahl:0.4 against amdahl:0.5:' "$tmp/out" | grep -qx '  none'
ok $? "and where it does not"
# Deadlines and fairness.  Job 1 cannot be met behind 0, 3 never: admission
# declines both, and fifo meets that of 0 alone.
cat > "$tmp/slo.csv" << 'EOF'
job_id,submit_s,duration_s,devices,deadline_s,user
0,0,100,4,150,a
1,0,100,8,150,b
2,10,100,1,120,a
3,20,1000,2,200,c
EOF
"$bin" run -t "$tmp/slo.csv" -c x:8 -p fifo,elasticflow-admission --rho --scaling linear -r "$tmp/slo.db" > /dev/null
"$bin" compare "$tmp/slo.db" > "$tmp/out"
grep -q '^2 jobs left out, of 2 to 8 devices (median 5); beside them 2 compared, of 1 to$' "$tmp/out"
ok $? "which jobs are in nobody's times, by size"
grep -qx 'fifo  *25.0  *25.0  *0  *1000' "$tmp/out" \
    && grep -qx 'elasticflow-admission  *50.0  *100.0  *2  *-' "$tmp/out"
ok $? "deadlines, of all and of those admitted"
is "$("$bin" compare "$tmp/slo.db" --format csv | awk -F, '$5 == "fifo" && $10 ~ /met|rho_above/ {print $10 "=" $11}')" \
    "deadlines_met=0.25
deadlines_met_of_admitted=0.25
rho_above_1=0.75" "and in CSV"
# A start of 30 s, of which admission does not know, makes job 0 late.
printf 'job_id,submit_s,duration_s,devices,deadline_s\n0,0,100,4,120\n1,0,100,4,400\n' > "$tmp/late.csv"
"$bin" run -t "$tmp/late.csv" -c x:8 -p edf,edf-admission --costs start=30s --scaling linear -r "$tmp/late.db" > /dev/null
"$bin" compare "$tmp/late.db" -b edf | grep -qx 'edf-admission  *50.0  *50.0  *0  *10'
ok $? "one that was admitted and ended late is a violation"
"$bin" compare "$tmp/late.db" -b edf --late declined > "$tmp/out"
grep -qx 'edf-admission  *50.0  *100.0  *1  *10' "$tmp/out" \
    && grep -qx 'edf  *50.0  *50.0  *0  *10' "$tmp/out" \
    && grep -qx 'edf-admission admitted 1 that were late: counted as declined' "$tmp/out" \
    && ! grep -q 'in no policy' "$tmp/out"
ok $? "or declined, as ElasticFlow's code counts, where a policy declines"
is "$("$bin" compare "$tmp/late.db" -b edf --late declined --format csv | awk -F, '$5 == "edf-admission" && $10 ~ /met/ {print $9, $10 "=" $11}')" \
    "1 deadlines_met=0.5
1 deadlines_met_of_admitted=1" "and in CSV"
# fifo by hand: a's jobs of 100 s each take 100 and 290, b's 200, c's 1180:
# x = 200/390, 1/2, 1000/1180.
"$bin" compare "$tmp/slo.db" --format json | python3 -c '
import json, sys
p = json.load(sys.stdin)[0]["policies"]
x = [200 / 390, 100 / 200, 1000 / 1180]
said = p[0]["jain_users"]["mean"]["estimate"]
want = sum(x) ** 2 / (3 * sum(v * v for v in x))
sys.exit(abs(said - want) > 1e-9 or p[1]["declined"] != 2
         or p[1]["deadlines_met_of_admitted"]["points"] != [1])'
ok $? "and in JSON, with Jain's index as by hand"
"$bin" run -t "$tmp/slo.csv" -c x:8 -p fifo --rho-form pcs --scaling linear -r "$tmp/slo.db" > /dev/null
test "$("$bin" compare "$tmp/slo.db" | grep -c '; rho is ')" = 2
ok $? "another definition of rho is another table"
done_testing
