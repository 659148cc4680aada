#!/bin/sh
# vnreplay experiment fgd, openb: every pod where FGD's simulator put it, where
# its results are at hand, and what is said of input that is wrong.
. "$(dirname "$0")/../tap.sh"
bin=$TOP_BUILDDIR/vnreplay
data=${VN_SHARED_DATA:-$TOP_SRCDIR/../shared/data}
case $data in /*) ;; *) data=$PWD/$data ;; esac
cd "$tmp" || exit 1

mkdir -p own/two list
cat > own/two/nodes.csv << 'END'
name,sn,cpu_milli,memory_mib,gpu,model
1-a,a,8000,4096,2,T4
0-b,b,8000,4096,1,V100
END
cat > own/two/pods.csv << 'END'
order,pod,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec
0,p0,1000,1024,1,600,
1,p1,1000,1024,1,500,
2,p2,1000,1024,1,400,T4|P100
3,p3,1000,1024,2,1000,
4,p0-tuned-0,8000,64,0,0,
END
run() { "$bin" experiment fgd --data own --case two "$@"; }
run --policy BestFit --jobs jobs.csv --curve curve.csv > out
ok $? "five pods on two hosts"
# b has least to spare; p1 no longer fits there; p2 may not go there; p3 finds
# one free device of two; the clone finds no host with all its CPU.
is "$(cat jobs.csv)" "order,pod,node,gpu_index
0,p0,0-b,0
1,p1,1-a,0
2,p2,1-a,0
3,p3,,
4,p0-tuned-0,," "each where it belongs"
is "$(cut -d, -f1-5 curve.csv)" \
    "after_pod,arrived_gpu_milli,used_gpu_milli,used_nodes,used_gpus
0,600,600,1,1
1,1100,1100,2,3
2,1500,1500,2,3
3,3500,1500,2,3
4,3500,1500,2,3" "and what is used after each"
run --policy Random --jobs a.csv > /dev/null
run --policy Random --jobs b.csv > /dev/null
cmp -s a.csv b.csv
ok $? "random placement is the same every time"

wrong() { # what is said, name, words of the command
    said=$1 name=$2
    shift 2
    "$@" > "$tmp/out" 2>&1
    status=$?
    test "$status" -eq 1 -o "$status" -eq 2 && grep -q "$said" "$tmp/out"
    ok $? "$name"
}
wrong "policy: unknown 'FDG'.*FGD" "an unknown policy" run --policy FDG
wrong "fgd needs --policy" "no policy" run
wrong "two/none/nodes.csv" "no such case" \
    "$bin" experiment fgd --data own --case two/none --policy FGD
edit() { # sed of the hosts, sed of the pods
    mkdir -p own/bad
    sed "$1" own/two/nodes.csv > own/bad/nodes.csv
    sed "$2" own/two/pods.csv > own/bad/pods.csv
}
bad() { "$bin" experiment fgd --data own --case bad --policy FGD; }
edit '' 's/^3,p3,1000,1024,2,1000/3,p3,1000,1024,2,500/'
wrong "bad/pods.csv:5:18: .*1000" "parts of several devices" bad
edit '' 's/,600,/,1600,/'
wrong "bad/pods.csv:2:18: .*at most 1000" "more than the whole of a device" bad
edit 's/,2,T4/,17,T4/' ''
wrong "bad/nodes.csv:2:17: .*at most 16" "more devices than a host may have" bad
edit '' 's/p1//'
wrong "bad/pods.csv:3:3: no name" "a pod without a name" bad
edit 's/,[12],\(T4\|V100\)/,0,/' ''
wrong "bad/nodes.csv: no devices" "a cluster without devices" bad
edit '' '2,$d'
wrong "bad/pods.csv: no pods" "a case without pods" bad
wrong "takes no --first" "an option that means nothing here" \
    run --policy FGD --first 2

cut -d, -f2- own/two/nodes.csv > list/openb_node_list_gpu_node.csv
sed -e 's/^order,pod/order,name/' -e '/tuned/d' own/two/pods.csv |
    cut -d, -f2- > list/openb_pod_list_default.csv
"$bin" experiment openb --data list --option shuffles=3 --curve a.csv > out
ok $? "the lists as they were published, shuffled"
is "$(grep -c '^fgd,4[234],' a.csv)" "$(grep -c '^best-fit,4[234],' a.csv)" \
    "the same load for every score"
"$bin" experiment openb --data list --option shuffles=3 --curve b.csv \
    > /dev/null
cmp -s a.csv b.csv
ok $? "the same shuffles every time"
wrong "score: unknown 'worst'" "a score that is none" \
    "$bin" experiment openb --data list --option score=worst

test -d "$data/field/fgd" || skip "every pod of FGD's cases" "no results at hand"
for case in "$data"/field/fgd/*/; do
    test -d "$case" || continue
    case=$(basename "$case")
    for policy in FGD BestFit GpuPacking GpuClustering DotProd; do
        theirs=$data/field/fgd/$case/placement_$policy.csv
        if ! test -e "$theirs"; then
            skip "$case, $policy" "no results at hand"
            continue
        fi
        "$bin" experiment fgd --data "$data/field/fgd" --case "$case" \
            --policy "$policy" --jobs jobs.csv --curve curve.csv > out
        cmp jobs.csv "$theirs" >> out
        ok $? "$case, $policy: node and devices of every pod"
        cmp curve.csv "${theirs%/*}/curve_$policy.csv" >> out
        ok $? "$case, $policy: the curve"
    done
done
if test -e "$data/openb/openb_pod_list_default.csv"; then
    "$bin" experiment openb --data "$data/openb" --option shuffles=2 \
        --format csv > out
    awk -F, '/"?fgd"?,"?at 100/ { fgd = $NF }
        /"?random"?,"?at 100/ { random = $NF }
        END { exit !(fgd > 94.9 && fgd < 95.6 && random > 85.4 &&
                     random < 87.4) }' out
    ok $? "the whole of openb: 95 % of it with fgd, 86 % at random"
else
    skip "the whole of openb" "no lists at hand"
fi
done_testing
