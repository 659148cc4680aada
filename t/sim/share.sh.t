#!/bin/sh
# vnsim share: jobs that share devices, by hand, on openb, and what is said of
# input that is wrong.
. "$(dirname "$0")/../tap.sh"
bin=$TOP_BUILDDIR/vnsim
data=${VN_SHARED_DATA:-$TOP_SRCDIR/../shared/data}
case $data in /*) ;; *) data=$PWD/$data ;; esac
import=$TOP_BUILDDIR/vntrace
cd "$tmp" || exit 1

cat > nodes.csv << 'END'
sn,cpu_milli,memory_mib,gpu,model
a,8000,4096,1,T4
b,16000,8192,2,V100
END
cat > jobs.csv << 'END'
job_id,submit_s,duration_s,devices,device_milli,cpu_milli,memory_mib,device_type
0,0,100,1,600,1000,1024,
1,0,50,1,400,1000,1024,
2,1,10,1,500,1000,1024,
3,2,10,2,,1000,1024,
4,3,10,1,100,20000,1024,
5,4,10,1,100,1000,1024,T4
6,4,10,1,100,1000,1024,P100
END
share() { "$bin" share -t jobs.csv -c nodes.csv "$@"; }
places() { share --jobs places.csv "$@" > out && cut -d, -f4- places.csv; }
# 0 and 1 fill the device of a; 2 goes to b, so that 3 waits for it; 4 wants
# more CPU than there is on one host, 6 a type that is not there; 5 waits for 1.
is "$(places)" "start_s,finish_s,node,devices,state
0,100,0,0,finished
0,50,0,0,finished
1,11,1,0,finished
11,21,1,0-1,finished
,,,,rejected
50,60,0,0,finished
,,,,rejected" "shares of a device, and a job that waits for two"
is "$(places --skip no | cut -d, -f1,5 | sed -n 5,7p | paste -sd ' ' -)" \
    "11,finished ,rejected 50,finished" "the head of the line blocks"
sed -i 's/^5,4,10/5,2,10/' jobs.csv
sort -t, -k2n,2 -s jobs.csv > sorted && mv sorted jobs.csv
is "$(places --drop | cut -d, -f5 | paste -sd ' ' -)" \
    "state finished finished finished dropped dropped rejected rejected" \
    "or is dropped"
share --score all --format csv > a && share --score all --format csv > b
cmp -s a b && is "$(cut -d, -f1 a | paste -sd ' ' -)" \
    "score best-fit dot-prod gpu-packing gpu-clustering fgd random" \
    "every score, the same every time"
share --curve curve.csv > /dev/null
# 1000 of 3000 thousandths used at 0 s, 1500 at 1 s.
is "$(sed -n '2,3p' curve.csv | cut -d, -f1-5)" \
    "best-fit,0.000000,33.3333,33.3333,33.3333
best-fit,1.000000,50.0000,50.0000,50.0000" "what is used when"
share --format json --score fgd > out && python3 -c '
import json; json.load(open("out"))' 2> /dev/null ||
    { command -v python3 > /dev/null && false; }
ok $? "JSON"
is "$("$bin" share -t jobs.csv -c v100:1x4 --format csv | sed -n 2p |
    cut -d, -f2-4)" "5,0,2" "a cluster that says nothing of CPU has enough"
head -n 5 jobs.csv > few.csv
"$bin" -t few.csv -c nodes.csv -p fifo > out
ok $? "a policy of vnsim takes a part for a whole device"

wrong() { # what is said, name, words of the command
    said=$1 name=$2
    shift 2
    "$@" > "$tmp/out" 2>&1
    status=$?
    test "$status" -eq 1 -o "$status" -eq 2 && grep -q -e "$said" "$tmp/out"
    ok $? "$name"
}
wrong "score: unknown 'fdg'.*fgd" "an unknown score" share --score fdg
wrong "order: unknown" "an unknown order" share --order las
wrong "skip: unknown" "neither yes nor no" share --skip maybe
wrong "no cluster given" "no cluster" "$bin" share -t jobs.csv
wrong "is no option" "a word too many" share fgd
wrong "expected at most 16" "nodes too large" \
    "$bin" share -t jobs.csv -c v100:2x32
sed 's/,400,/,1400,/' jobs.csv > bad.csv
wrong "bad.csv:3:10: device_milli is '1400'.*1000" "more than a device" \
    "$bin" share -t bad.csv -c nodes.csv
sed '/^3/s/,2,,/,2,500,/' jobs.csv > bad.csv
wrong "bad.csv:[0-9]*:10: device_milli.*1000" "parts of several devices" \
    "$bin" share -t bad.csv -c nodes.csv
sed 's/,400,1000/,400,-1/' jobs.csv > bad.csv
wrong "bad.csv:3:14: cpu_milli" "CPU below 0" \
    "$bin" share -t bad.csv -c nodes.csv
sed '2s/8000/0/' nodes.csv > bad.csv
wrong "bad.csv:2:3: cpu_milli" "a node without CPU" \
    "$bin" share -t jobs.csv -c bad.csv
sed '1q' jobs.csv > bad.csv
wrong "no jobs" "no jobs" "$bin" share -t bad.csv -c nodes.csv
printf 'job_id,submit_s,model,global_batch,vnodes,steps\n0,0,m,8,2,5\n' > bad.csv
wrong "job 0 has a model" "a modelled job" \
    "$bin" share -t bad.csv -c nodes.csv
wrong "cannot\|No such\|no such" "a folder that is not there" \
    share --curve none/curve.csv

if test -e "$data/openb/openb_pod_list_default.csv"; then
    "$import" import --from openb "$data/openb/openb_pod_list_default.csv" \
        -o openb.csv 2> out
    grep -q '6203 jobs' out && ! grep -q 'taken as a whole' out
    ok $? "openb keeps its thousandths"
    awk -F, '/^[0-9]/ && $5 > 0 && $5 < 1000 { n++ }
        END { exit n != 3078 - late }' late="$(awk -F, 'NR > 1 && $4 == 1 &&
            $5 < 1000 && $11 == "" { n++ } END { print n + 0 }' \
            "$data/openb/openb_pod_list_default.csv")" openb.csv
    ok $? "of every pod that began"
    "$bin" share -t openb.csv -c "$data/openb/openb_node_list_gpu_node.csv" \
        --score fgd --format csv --jobs places.csv > out
    grep -q '^fgd,6203,0,0,' out
    ok $? "and is placed on its 1,213 nodes"
else
    skip "openb" "no lists at hand"
fi
done_testing
