#!/bin/sh
# vnsim as a person runs it: what it prints, writes, refuses, and its status.
. "$(dirname "$0")/../tap.sh"
vnsim=$TOP_BUILDDIR/vnsim
trace=$TOP_SRCDIR/t/data/small.csv

refused() { # status, message, name, words ...
    want=$1 message=$2 name=$3
    shift 3
    "$vnsim" "$@" > "$tmp/out" 2> "$tmp/err"
    is "$? $(cat "$tmp/err")" "$want vnsim: $message" "$name"
}

"$vnsim" -t "$trace" -c x:1x4 -p srtf -j "$tmp/jobs.csv" > "$tmp/out"
ok $? "a replay"
diff "$TOP_SRCDIR/t/data/small-srtf.csv" "$tmp/jobs.csv" > "$tmp/out"
ok $? "its jobs, worked out by hand"
is "$("$vnsim" -t - -c x:1x4 -p srtf -j - < "$trace" | cksum)" \
    "$(cksum < "$tmp/jobs.csv")" "from standard input to standard output"
is "$("$vnsim" -t "$trace" -c x:1x4 --format csv | cut -d, -f3-7 | tr '\n' ' ')" \
    "policy,jobs,finished,rejected,left fifo,4,3,1,0 " "a summary for machines"
is "$("$vnsim" -t "$trace" -c x:1x4 --format json | grep -c '"p50_jct_s": 10,')" 1 \
    "and in JSON"
is "$("$vnsim" -t "$trace" -c x:1x4 --until 12 --format csv | cut -d, -f5-7 | tail -1)" \
    "1,1,2" "a run that is cut short"
printf '%s\n' job_id,submit_s,duration_s,devices,device_type 0,0,5,1,V100 \
    1,0,5,1,h100 2,0,5,1,a100 3,0,5,1,h100 4,0,5,9, > "$tmp/types.csv"
"$vnsim" -t "$tmp/types.csv" -c v100:2 > "$tmp/out"
is "$(grep '^rejected' "$tmp/out")" \
    "rejected     1 too large, 3 no such device type: h100 a100" \
    "jobs that can never run are counted with the reason"
is "$("$vnsim" -t "$tmp/types.csv" -c v100:2 -j - | cut -d, -f1,13,14 | tr '\n' ' ')" \
    "job_id,why,state 0,,finished 1,no such device type: h100,rejected 2,no such device type: a100,rejected 3,no such device type: h100,rejected 4,too large,rejected " \
    "and told apart in the table of jobs, where capitals do not matter"
for c in "-c v100:2,k80:2" "-c v100:2 --placement spread"; do
    # shellcheck disable=SC2086
    "$vnsim" -t "$trace" $c > "$tmp/out"
    grep -qx 'remark       recorded jobs: types and placement make no difference to how fast they go (--speed says otherwise)' \
        "$tmp/out"
    ok $? "a remark where types and placement make no difference: $c"
done
"$vnsim" -t "$trace" -c v100:2 | grep -q '^remark'
test $? = 1
ok $? "none where there is no choice of these"
"$vnsim" -t "$trace" -c x:1x4 -p las -o first=9 -r "$tmp/r.db" > "$tmp/a"
ok $? "a run into a results file"
"$vnsim" -t "$trace" -c x:1x4 -p las -o first=9 -r "$tmp/r.db" > "$tmp/b" 2> "$tmp/err"
is "$? $(sed 's/, as .*//' "$tmp/err")" "0 vnsim: $tmp/r.db has this run already" \
    "and again, which changes nothing"
"$TOP_BUILDDIR/vnreplay" run -t "$trace" -c x:1x4 -p las:first=9 -r "$tmp/r.db" > "$tmp/out" 2>&1
is "$(tail -n 1 "$tmp/out" | cut -d, -f1-2)" "0 done, 1 there before" \
    "vnreplay knows it by the same name"
"$vnsim" --help | grep -q '^usage: vnsim'
ok $? "--help"
"$vnsim" --version | grep -q '^vnsim (VirtualFlow) [0-9.]*-[0-9a-z-]*$'
ok $? "--version"
"$vnsim" --policies | grep -q '^wfs '
ok $? "--policies"

# 100 steps of 0.1 s each, 5 s apart; beside another one a step takes 0.15 s:
# 5 + 50 x 0.15 s, and 50 x 0.15 + 5 s after that.
cat > "$tmp/net.csv" <<END
model,device_type,batch,step_s
net,x,1,0.1
END
cat > "$tmp/crowds.csv" <<END
model,device_type,busy,slowdown
*,x,2,1.5
END
cat > "$tmp/net-trace.csv" <<END
job_id,submit_s,model,global_batch,vnodes,steps,devices
1,0,net,1,1,100,1
2,5,net,1,1,100,1
END
finishes() { # cluster, options
    cluster=$1
    shift
    "$vnsim" -t "$tmp/net-trace.csv" -c "$cluster" --profile "$tmp/net.csv" \
        "$@" -j "$tmp/jobs.csv" > "$tmp/out" && awk -F, 'NR == 1 {
            for (i = 1; i <= NF; i++) if ($i == "finish_s") c = i }
            NR > 1 { printf "%s ", $c }' "$tmp/jobs.csv"
}
is "$(finishes x:2)" "10 15 " "devices of one host that do not contend"
is "$(finishes x:2 --profile "$tmp/crowds.csv")" "12.5 17.5 " "that do"
is "$(finishes x:2x1 --profile "$tmp/crowds.csv")" "10 15 " "of two hosts"

refused 2 "no trace given, expected --trace (see --help)" "no trace"
refused 2 "no cluster given, expected --cluster (see --help)" "no cluster" -t x
refused 2 "'x' is no option (see --help)" "a word that is no option" -t a -c b:1 x
refused 2 "--until: 'soon' is wrong, expected seconds, of at least 0.000001" \
    "a wrong time" --until soon
refused 2 "--seed: '-1' is wrong, expected a whole number of at least 0" \
    "a wrong seed" --seed -1
refused 2 "--format: unknown 'xml', expected one of text, csv, json" \
    "a wrong format" --format xml
refused 2 "--results, --timeline: the trace is standard input, expected a file, which can be named by a hash" \
    "results of standard input" -t - -c x:1 -r "$tmp/r2.db"
refused 2 "unknown option '--polcy', did you mean '--policy'?" "a slip" --polcy fifo
refused 1 "/nowhere/x.csv: No such file or directory" "no such trace" \
    -t /nowhere/x.csv -c x:1
refused 1 "cannot write /nowhere/j.csv: No such file or directory" \
    "jobs nowhere" -t "$trace" -c x:1x4 -j /nowhere/j.csv
refused 1 "/nowhere/c.csv: No such file or directory" "no such cluster" \
    -t "$trace" -c /nowhere/c.csv
printf 'job_id,submit_s,duration_s,devices\n1,0,5,1\n2,x,5,1\n' > "$tmp/bad.csv"
refused 1 "$tmp/bad.csv:3:3: submit_s is 'x', expected seconds, of at least 0" \
    "a bad trace, where it is bad" -t "$tmp/bad.csv" -c x:1 -j "$tmp/none.csv"
test ! -e "$tmp/none.csv"
ok $? "and nothing half written"
set --
i=0
while test $i -lt 33; do
    set -- "$@" -o "first=1"
    i=$((i + 1))
done
refused 2 "--option: more than 32, expected fewer" "too many options" "$@"
if test -w /dev/full; then
    "$vnsim" -t "$trace" -c x:1x4 > /dev/full 2> "$tmp/err"
    is "$? $(cat "$tmp/err")" "1 vnsim: cannot write standard output: No space left on device" "a full disk"
fi
# The solver of heterogeneous splits.
plan=$TOP_SRCDIR/t/data/plan
"$vnsim" solve -m net -b 16 -c a:2,b:2 --profile "$plan/nodes.csv" \
    > "$tmp/out"
ok $? "a split"
grep -q '^best  *2 x 4  *-  *0.000000  *0.510000  *31.37$' "$tmp/out"
ok $? "the best one"
grep -q '^rival 1  *1 x 4  *2 x 2  *0.000000  *0.620000  *25.81$' "$tmp/out"
ok $? "its rival"
grep -q 'One type alone is best' "$tmp/out"
ok $? "and that one type is better"
printf 'device_type,nodes,devices_per_node,memory_bytes\na,1,2,250\nb,1,2,\n' \
    > "$tmp/small.csv"
"$vnsim" solve -m net -b 16 -c "$tmp/small.csv" --profile "$plan/nodes.csv" \
    --comm 1 | grep -q '^best  *4 x 2  *-  *1.000000  *1.610000'
ok $? "less where memory is short, and a synchronisation that was said"
is "$("$vnsim" solve -m net -b 16 -c a:2,b:2 --profile "$plan/nodes.csv" \
    --format csv | head -1)" \
    "split,device_type,devices,vnodes,batch,step_s,examples_per_s,sync_s" \
    "as CSV"
"$vnsim" solve -m net -b 16 -c a:2,b:2 --profile "$plan/nodes.csv" \
    --format json --rivals 2 | grep -c '"step_s"' > "$tmp/out"
is "$(cat "$tmp/out")" 4 "and JSON"
"$vnsim" solve -m net -b 7 -c a:1 --profile "$plan/nodes.csv" | grep -q \
    'No split of profiled batches'
ok $? "a batch that cannot be split"
# 2 x 0.25 + 0.01 + 0.02 of two a; 2 x 0.3 + 0.02 + 0.06 of four devices.
"$vnsim" solve -m net -b 16 -c a:2,b:2 --profile "$plan/nodes.csv" \
    --profile "$plan/links.csv" > "$tmp/out"
grep -q '^best  *2 x 4  *-  *0.020000  *0.530000 ' "$tmp/out" \
    && grep -q '^rival 1  *1 x 4  *2 x 2  *0.060000  *0.680000 ' "$tmp/out"
ok $? "each split is charged the synchronisation of its own devices"
printf 'model,device_type,devices,step_s\nnet,a,2,1\n' > "$tmp/whole.csv"
refused 2 "--profile: whole mappings, and no virtual nodes, of 'net' on any \
type of the cluster, expected a table with batch and step_s, as vnexec \
profile writes it" "a profile of whole mappings alone" \
    solve -m net -b 16 -c a:2,b:2 --profile "$tmp/whole.csv"
refused 2 "--profile: nothing of 'net' on any type of the cluster, expected a \
table with batch and step_s, as vnexec profile writes it" \
    "types that were not profiled" \
    solve -m net -b 16 -c k80:2 --profile "$plan/nodes.csv"
refused 2 "no model given, expected --model (see vnsim solve --help)" \
    "nothing asked" solve
refused 2 "--model: unknown 'nett', did you mean 'net'?" "a misspelt model" \
    solve -m nett -b 16 -c a:2 --profile "$plan/nodes.csv"
refused 2 "--model: unknown 'zebra', expected one of the profile's 1" \
    "an unknown model" solve -m zebra -b 16 -c a:2 --profile "$plan/nodes.csv"
refused 2 "--batch: '0' is wrong, expected a whole number from 1 to 1099511627776" \
    "no batch" solve -b 0
refused 2 "'x' is no option (see --help)" "a word" \
    solve -m net -b 16 -c a:2 --profile "$plan/nodes.csv" x

# Modelled jobs, and what is assumed of them.
cat > "$tmp/modelled.csv" <<'EOF'
job_id,submit_s,model,global_batch,vnodes,steps
0,0,net,16,8,10
1,1,net,16,8,5
EOF
"$vnsim" -t "$tmp/modelled.csv" -c a:1x8 --profile "$plan/nodes.csv" -p wfs \
    --plan "$tmp/plan.csv" -j - > "$tmp/out"
ok $? "modelled jobs under wfs"
awk -F, 'NR > 1 && $2 == 0 { n[$1] += $6; b[$1] += $6 * $7 }
    END { exit !(n[0] == 8 && n[1] == 8 && b[0] == 16 && b[1] == 16) }' \
    "$tmp/plan.csv"
ok $? "their plan has every virtual node"
test "$(awk -F, '$1 == 0' "$tmp/plan.csv" | cut -d, -f2 | sort -u | wc -l)" -gt 1
ok $? "and the resize of the first"
refused 1 "job 0 is a modelled one, of 'net', expected a profile (--profile) that prices it" \
    "no profile" -t "$tmp/modelled.csv" -c a:1x8
refused 2 "--plan: no --profile given, expected one: plans are of modelled jobs" \
    "a plan of nothing" -t "$tmp/modelled.csv" -c a:1x8 --plan "$tmp/p.csv"
sed 's/net/ten/' "$tmp/modelled.csv" > "$tmp/ten.csv"
refused 1 "job 0: model 'ten' is not in the profile, expected one of its 1 models" \
    "an unknown model" -t "$tmp/ten.csv" -c a:1x8 --profile "$plan/nodes.csv"
# 10 s to start, 5 s between: what is lost, and what is paid.
cat > "$tmp/two.csv" <<'EOF'
job_id,submit_s,duration_s,devices
0,0,100,1
1,30,20,1
EOF
jcts() { "$vnsim" -t "$tmp/two.csv" -c x:1 -p srtf -j - "$@" | tail -n +2 \
    | cut -d, -f5 | tr '\n' ' '; }
is "$(jcts)" "120 20 " "free preemption where nothing costs"
is "$(jcts --costs start=10,restart=20)" "160 30 " "starts and restarts"
is "$(jcts --costs start=10,restart=20,checkpoint=15)" "165 30 " \
    "and work since the last checkpoint"
is "$(jcts --costs start=10,restart=20 --compat free-preemption)" \
    "140 30 " "unless preemption is free"
is "$("$vnsim" -t "$tmp/two.csv" -c x:2 -p wfs --scaling amdahl:0.5 -j - \
    | tail -n +2 | cut -d, -f5 | tr '\n' ' ')" "100 20 " "a scaling"
for o in "scaling=magic" "costs=strat=1" "placement=near" "faults=disk" \
    "compat=all"; do
    "$vnsim" -t "$tmp/two.csv" -c x:2 "--${o%%=*}" "${o#*=}" > /dev/null \
        2> "$tmp/err"
    is "$?" 2 "--$o: $(cat "$tmp/err")"
done
printf 'device_type,device,from_s,to_s,slowdown\nx,0,0,50,2\n' \
    > "$tmp/slow.csv"
is "$("$vnsim" -t "$tmp/two.csv" -c x:1 -p fifo --slow "$tmp/slow.csv" -j - \
    | tail -n +2 | cut -d, -f5 | tr '\n' ' ')" "125 115 " "a slow device"
refused 2 "--faults: nothing says how often devices fail, expected mtbf=TIME, or mtbf_s in the cluster's table" \
    "faults that never come" -t "$tmp/two.csv" -c x:1 --faults device
"$vnsim" -t "$tmp/two.csv" -c x:2x2 --faults node,mtbf=60,mttr=20 -p srtf \
    --seed 3 --format csv > "$tmp/a" && "$vnsim" -t "$tmp/two.csv" -c x:2x2 \
    --faults node,mtbf=60,mttr=20 -p srtf --seed 3 --format csv > "$tmp/b"
ok $? "faults"
is "$(cut -d, -f1-18 "$tmp/a" | tail -1)" "$(cut -d, -f1-18 "$tmp/b" | tail -1)" \
    "the same ones for the same seed"
# Under equal shares the first has 4 devices for 50 s and then 2, until 150 s,
# the second 2 for 100 s and then 4, until 200 s: 1.5 jobs present in the mean,
# so that either would take 150 s on its part of 4 / 1.5 devices.
printf 'job_id,submit_s,duration_s,devices\n0,0,100,4\n1,50,100,4\n' \
    > "$tmp/two.csv"
"$TOP_BUILDDIR/vnsim" -t "$tmp/two.csv" -c x:4 --rho > "$tmp/out"
grep -q '^rho *0.833 in the mean, 1.000 at worst, 0.0 % above 1$' "$tmp/out"
ok $? "finish-time fairness is against the equal part"
"$TOP_BUILDDIR/vnsim" -t "$tmp/two.csv" -c x:4 > "$tmp/out"
! grep -q '^rho' "$tmp/out"
ok $? "and is not measured unasked"
# By others' definitions, of two jobs of 10 s on one device.  pcs: the first saw
# 1, 1 and 2 jobs, so alone it has 3/4 of the device, the second 2, 2 and 1;
# elasticflow: a whole device either way; gavel: the first did its work beside
# another, on half of one, the second alone.
printf 'job_id,submit_s,duration_s,devices,user,vc\n0,0,10,1,a,x\n1,0,10,1,b,x\n' \
    > "$tmp/users.csv"
for said in "pcs 0.975 1.200" "elasticflow 1.500 2.000" "gavel 1.250 2.000"; do
    # shellcheck disable=SC2086
    set -- $said
    is "$("$vnsim" -t "$tmp/users.csv" -c x:1 --rho-form "$1" | grep '^rho')" \
        "rho          $2 in the mean, $3 at worst, 50.0 % above 1" "rho as $1 has it"
done
says 2 "expected one of pcs, elasticflow, gavel" "a definition is one of these" \
    "$vnsim" -t "$tmp/users.csv" -c x:1 --rho-form mine
# Of the users one has all of its time, the other half of it:
# (1 + 0.5)^2 / (2 (1 + 0.25)) = 0.9; of one virtual cluster there is no index.
is "$("$vnsim" -t "$tmp/users.csv" -c x:1 | grep '^jain')" \
    "jain         0.900 over users" "Jain's index over users"
is "$("$vnsim" -t "$tmp/users.csv" -c x:1 --format csv | awk -F, \
    'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i; next}
    {print $c["jain_users"] "," $c["jain_vcs"]}')" "0.900000," \
    "and in numbers; of one virtual cluster there is none"
says 2 "reads the trace twice" "of a trace that is a stream it is not known" \
    sh -c "'$TOP_BUILDDIR/vnsim' -t - -c x:4 --rho < '$tmp/two.csv'"
# Speeds by type, and of jobs that are spread: by hand.
printf 'job_id,submit_s,duration_s,devices,device_type\n1,0,100,4,a\n2,0,100,4,b\n' > "$tmp/types.csv"
sped() { # seconds of both jobs, what, options
    wanted=$1 what=$2
    shift 2
    "$vnsim" -t "$tmp/types.csv" -c a:2x4,b:2x4 -j - "$@" 2> /dev/null |
        awk -F, 'NR > 1 && /finished/ {printf "%s%s", n++ ? " " : "", $4 - $3}' > "$tmp/out"
    is "$(cat "$tmp/out")" "$wanted" "$what"
}
sped "100 100" "without speeds types are alike"
sped "100 400" "a slow type takes longer" --speed a=1,b=0.25
sped "50 100" "a fast one less, under each scaling" --speed a=2,b=1,c=9 --scaling amdahl:0.3
sped "150 600" "spread over two nodes more" --placement spread --speed a=1,b=0.25,spread=1.5
sped "100 400" "which is not so on one" --placement consolidate --speed a=1,b=0.25,spread=1.5
# Of 5 devices on nodes of 8: the third has no place until one ends, though 6
# are free, and the fourth does not pass it by.
printf 'job_id,submit_s,duration_s,devices\n0,0,100,5\n1,1,100,5\n2,2,10,5\n3,3,10,1\n' > "$tmp/five.csv"
strict() { "$vnsim" -t "$tmp/five.csv" -c x:2x8 -j - "$@" 2> /dev/null |
    awk -F, '/finished/ {printf "%s%s-%s", n++ ? " " : "", $3, $4}'; }
is "$(strict -p fifo-skip)" "0-100 1-101 2-12 3-13" "any devices will do"
is "$(strict -p fifo-skip --placement consolidate)" "0-100 1-101 2-12 3-13" \
    "and do where they should be together"
is "$(strict -p fifo-skip --placement strict)" "0-100 1-101 100-110 100-110" \
    "strictly, a job waits for its place, and others behind it"
is "$(strict -p srtf --placement strict)" "0-100 1-101 100-110 100-110" \
    "also under a policy that preempts"
says 2 'placement strict: policy wfs can change' "not one that resizes" \
    "$vnsim" -t "$tmp/five.csv" -c x:2x8 -p wfs --placement strict
says 2 'nodes of x have 8 devices and 4, expected as many' "nodes are alike" \
    "$vnsim" -t "$tmp/five.csv" -c x:2x8,x:1x4 --placement strict
sped "100 100" "srtf knows" --speed a=1,b=1 -p srtf
wrong() { # message, the option's value
    "$vnsim" -t "$tmp/types.csv" -c a:2x4,b:2x4 --speed "$2" > "$tmp/out" 2> "$tmp/err"
    is "$? $(cat "$tmp/err")" "2 vnsim: --speed: $1" "refused: --speed $2"
}
wrong "no speed of 'b', expected one of each type of the cluster" a=1
wrong "'x' of b, expected a number from 1e-06 to 1000000" a=1,b=x
wrong "'0.5' of spread, expected a number from 1 to 1000000" spread=0.5
wrong "'a', expected TYPE=SPEED,... or spread=X" a
"$vnsim" -t "$tmp/types.csv" -c a:2x4,b:2x4 > "$tmp/out"
grep -q 'types and placement make no difference' "$tmp/out" &&
    ! "$vnsim" -t "$tmp/types.csv" -c a:2x4,b:2x4 --speed a=1,b=0.25 | grep -q 'make no difference'
ok $? "and the remark that types make no difference goes"
# The two orders of ElasticFlow's spare devices, as the manual has them.
"$TOP_BUILDDIR/vntrace" generate --preset philly --jobs 500 --load 4 \
    --cluster v100:16x4 --max-duration 1d --slack 2 --seed 1 -o "$tmp/slack.csv" 2> /dev/null
declined() {
    "$vnsim" -t "$tmp/slack.csv" -c v100:16x4 -p elasticflow-admission \
        -o "order=$1" --scaling amdahl:0.05 | awk '$1 == "declined" {print $2}'
}
is "$(declined paper) $(declined code)" "3 6" "elasticflow: the paper's order and the code's"
done_testing
