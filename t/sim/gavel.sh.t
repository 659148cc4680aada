#!/bin/sh
# Gavel's policies against its own simulator, and against the logs of the
# simulator of VirtualFlow's authors, where these are to be had.
. "$(dirname "$0")/../tap.sh"
data=${VN_SHARED_DATA-/nowhere}
sim=$TOP_BUILDDIR/vnsim
tells() { # text, name, options of vnsim ...
    want=$1 name=$2
    shift 2
    timeout 60 "$sim" "$@" > "$tmp/out" 2>&1
    grep -qF -- "$want" "$tmp/out"
    ok $? "$name"
}

# What is wrong with a table of solutions.
cat > "$tmp/trace.csv" << 'END'
job_id,submit_s,duration_s,devices
0,1,1000,2
1,1,500,2
END
cat > "$tmp/x.csv" << 'END'
t_s,job_id,x_a,x_b,lp_objective,trace
360,0,1,0,2.5,t
360,1,0,1,2.5,t
720,7,1,0,2,u
END
base="--trace $tmp/trace.csv --cluster a:2,b:2 --policy gavel"
# shellcheck disable=SC2086
{
    tells "solutions are of form=authors" "solutions need their form" \
        $base --option "solutions=$tmp/x.csv"
    tells "$tmp/none.csv: No such file" "solutions that are not there" \
        $base --option form=authors --option "solutions=$tmp/none.csv"
    tells "no solutions of trace 'v'" "solutions of another trace" \
        $base --option form=authors --option "solutions=$tmp/x.csv" \
        --option trace=v
    tells "an lp_objective of 2.5 at 360 s, expected 2," \
        "an objective that is not the optimum" \
        $base --option form=authors --option "solutions=$tmp/x.csv" \
        --option trace=t
    sed -i 's/,2.5,/,2,/; s/^360,1,/360,3,/' "$tmp/x.csv"
    tells "no solution of job 1 at 360 s" "solutions of other jobs" \
        $base --option form=authors --option "solutions=$tmp/x.csv" \
        --option trace=t
    tells "solutions of 0 jobs at 360 s, expected those of the 2" \
        "solutions at other times" \
        $base --option form=authors --option "solutions=$tmp/x.csv" \
        --option trace=u
    sed -i 's/,x_b/,share/' "$tmp/x.csv"
    tells "no column 'x_b'" "a column for each type" \
        $base --option form=authors --option "solutions=$tmp/x.csv"
    tells "a round of 0.5 s, expected whole seconds" \
        "rounds of whole seconds" \
        $base --option form=authors --option round=0.5
    tells "follows a simulator that has no costs" "costs need our own form" \
        $base --option form=authors --costs restart=60
    tells "follows a simulator that has no faults" "... and so do faults" \
        $base-fifo --faults device,mtbf=1e6,mttr=100
    tells "2 finished" "... which pays them" \
        $base-fifo --option form=exact --costs start=60
    tells "Gavel's simulator does not mix types" \
        "there is no such form of gavel-ht" \
        $base-ht --option form=simulator
}

# At a round's end a job has saved its state: a checkpoint that is further off
# than a round is long costs nothing.
for p in gavel makespan finish-time-fairness; do
    tells "2 finished" "$p: a lease ends without loss" \
        --trace "$tmp/trace.csv" --cluster a:2 --policy $p \
        --option round=100 --costs restart=1,checkpoint=600
done

if test ! -d "$data/gavel" || test ! -d "$data/virtualflow/het"; then
    skip "other simulators" "no results of theirs here"
    done_testing
    exit 0
fi

# Gavel's simulator: job by job, or the average within 2 %.
gavel() { # trace, cluster, policy, column of expected, greatest difference
    "$TOP_BUILDDIR/vntrace" import --from gavel "$data/gavel/$1.trace" \
        > "$tmp/trace.csv" 2> "$tmp/err"
    "$sim" --trace "$tmp/trace.csv" --cluster "$2" --policy "$3" \
        --option form=simulator --jobs "$tmp/jobs.csv" \
        --profile "$data/gavel/simulation_throughputs.json" > "$tmp/out"
    awk -F, -v most="$5" '
        NR == FNR { want[$1] = $2; all += $2; rows++; next }
        FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        {
            d = $at["jct_s"] - want[$1]; sum += $at["jct_s"]
            worst = d > worst ? d : -d > worst ? -d : worst
        }
        END {
            part = all > sum ? 1 - sum / all : sum / all - 1
            printf "# worst %.6f s, averages %.3f %.3f\n", worst,
                sum / rows, all / rows
            exit rows == 0 || (most == "average" ? part > 0.02 : worst > most)
        }' "$data/gavel/expected/$1_$4.csv" "$tmp/jobs.csv"
    ok $? "$1: $3"
}
gavel artifact_evaluation v100:2,p100:2,k80:2 gavel-fifo-perf fifo_perf 1e-5
gavel minimize_makespan v100:8,p100:16,k80:24 gavel-fifo-perf fifo_perf 1e-5
gavel max_min_fairness v100:8,p100:16,k80:24 gavel-fifo-perf fifo_perf 1e-5
gavel max_min_fairness v100:8,p100:16,k80:24 gavel max_min_fairness_perf \
    average
gavel artifact_evaluation v100:2,p100:2,k80:2 gavel \
    max_min_fairness_perf average
gavel minimize_makespan v100:8,p100:16,k80:24 gavel \
    max_min_fairness_perf average
gavel gen_500 v100:36,p100:36,k80:36 gavel max_min_fairness_perf average

# The authors' logs: every finish to the second, with their program's
# solutions and with our own.
het=$data/virtualflow/het
points=$data/virtualflow/profiles
logs=$(echo "$het"/simulator20_*)
{
    echo model,device_type,batch,step_s,peak_bytes
    for t in K80 P100 V100; do
        for m in transformer_wmt bert_base_sst2 bert_base_cola; do
            awk -F, -v t=$t -v m=$m '/^[0-9]/ {
                sub(/_wmt/, "", m); sub(/bert_base_/, "", m)
                print m "," t "," $1 "," $3 ",1" }' "$points/${m}_$t.csv"
        done
    done
    awk -F, '$2 ~ /^[0-9]/ { print "resnet," $1 "," $2 "," $4 ",1" }' \
        "$points/resnet50_imagenet_recovered.csv"
    # Two more points that the logs imply: 4 V100 + 8 P100 at 4,096 examples
    # needs 128 of them on a P100 (no slower than the V100s), and 8 P100 + 16
    # K80 at 8,192, 2975.0175 examples/s, 4 x 192.
    echo resnet,P100,128,0.4519505,1
    echo resnet,P100,192,0.6883993086348854,1
} > "$tmp/nodes.csv"
awk -F, '
    FNR == NR { if (!/^#/ && $4 != "workload") batch[$4 "," $6] = 1; next }
    /^#/ || $1 == "workload" { next }
    { v[$1] = $2; p[$1] = $3; k[$1] = $4 }
    END {
        print "model,device_type,devices,step_s,global_batch"
        for (i in batch) {
            split(i, a, ",")
            printf "%s,V100,4,%.17g,%d\n", a[1], a[2] / v[a[1]], a[2]
            printf "%s,P100,8,%.17g,%d\n", a[1], a[2] / p[a[1]], a[2]
            printf "%s,K80,16,%.17g,%d\n", a[1], a[2] / k[a[1]], a[2]
        }
    }' "$logs/jobs.csv" "$logs/throughput.csv" > "$tmp/whole.csv"
for trace in $(awk -F, '/^simulator/ { print $1 }' "$logs/jobs.csv" | sort -u); do
    {
        echo job_id,submit_s,model,global_batch,vnodes,steps,weight
        awk -F, -v t="$trace" '$1 == t {
            print $2 "," $3 "," $4 "," $6 ",32," $7 "," $5 }' "$logs/jobs.csv"
    } > "$tmp/trace.csv"
    for mode in gavel gavel_ht; do
        for how in centre "solutions=$logs/lp_solutions.csv"; do
            set -- --option form=authors
            test "$how" = centre || set -- "$@" --option "$how" \
                --option "trace=$trace" --option "mode=$mode"
            "$sim" --trace "$tmp/trace.csv" --cluster V100:4,P100:8,K80:16 \
                --profile "$tmp/nodes.csv" --profile "$tmp/whole.csv" \
                --policy "$(echo $mode | tr _ -)" "$@" \
                --jobs "$tmp/jobs.csv" > "$tmp/out" 2>&1 || cat "$tmp/out"
            awk -F, -v t="$trace" -v m=$mode '
                NR == FNR {
                    if ($1 == t && $2 == m) { want[$3] = $6; rows++ }
                    next
                }
                FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
                $at["finish_s"] + 0 == want[$1] + 0 { same++ }
                END { exit rows == 0 || same != rows }' \
                "$logs/jct.csv" "$tmp/jobs.csv"
            ok $? "$trace, $mode, ${how%%=*}: every finish to the second"
        done
    done
done
done_testing
