#!/bin/sh
# vntrace import: what people's own files have been found to hold, in every
# format: other separators, compression, times that are not known, clocks that
# are changed, units, ids that stand twice; each with the right value.
. "$(dirname "$0")/../tap.sh"
vntrace=$TOP_BUILDDIR/vntrace
cd "$TOP_SRCDIR/t/data/import" || exit 1
samples='acme:seren.csv acme:kalos.csv gavel:gavel.trace helios:helios.csv
helios:lucid.csv openb:openb.csv pai:pai.csv pai-sim:pai-sim.csv
philly:philly.json philly-csv:philly.csv pollux:pollux.csv swf:jobs.swf
tiresias:tiresias.csv tiresias:chronus.csv trace:trace.csv
virtualflow:virtualflow.json'

import() { # format, file, options...: the trace, without its head, in out
    format=$1 file=$2
    shift 2
    "$vntrace" import --from "$format" "$@" "$file" -o "$tmp/trace" \
        > "$tmp/out" 2>&1 && grep -v '^#' "$tmp/trace" > "$tmp/out"
}
same() { # name
    diff "$sample.csv" "$tmp/trace" > "$tmp/out"
    ok $? "$1"
}
rows() { # name, rows...: what the last import gave
    name=$1
    shift
    sed 1d "$tmp/out" > "$tmp/got"
    printf '%s\n' "$@" | diff - "$tmp/got" > "$tmp/out"
    ok $? "$name"
}
fails() { # name, text, command...: it fails, and says that
    name=$1 text=$2
    shift 2
    "$@" > "$tmp/said" 2>&1
    test $? -gt 0 && {
        cat "$tmp/said" >> "$tmp/out"
        grep -qF -e "$text" "$tmp/out"
    }
    ok $? "$name"
}

# In every format.
for pair in $samples; do
    format=${pair%%:*} sample=${pair#*:}
    gzip -c "$sample" > "$tmp/$sample"
    "$vntrace" import -q --from "$format" "$tmp/$sample" -o "$tmp/trace"
    same "$format, $sample: compressed by gzip"
    gzip -c "$sample" | "$vntrace" import -q --from "$format" - \
        -o "$tmp/trace"
    same "$format, $sample: the same from standard input"
    gzip -c "$sample" | head -c -6 > "$tmp/cut"
    fails "$format, $sample: compressed and cut off" \
        'its compressed data is damaged, or cut off' \
        import "$format" "$tmp/cut"
    : > "$tmp/none"
    fails "$format: an empty file is an error" 'none' \
        import "$format" "$tmp/none"
    case $sample in *.csv) ;; *) continue ;; esac
    ! grep -q '[";	|]' "$sample" || continue
    for to in ';' '	' '|'; do
        tr , "$to" < "$sample" > "$tmp/$sample"
        "$vntrace" import -q --from "$format" "$tmp/$sample" -o "$tmp/trace"
        same "$format, $sample: cells between '$to'"
    done
done
printf 'BZh91AY' > "$tmp/x.bz2"
fails 'what compressed a file otherwise is said' \
    'x.bz2: is compressed by bzip2, expected text, or text compressed by gzip' \
    import swf "$tmp/x.bz2"

# Times that are not known: each way to say so as a start, end and submission.
while IFS='|' read -r open; do
    cat > "$tmp/h.csv" << END
job_id,user,vc,gpu_num,submit_time,start_time,end_time,duration
1,u,v,2,2020-06-09 10:00:00,2020-06-09 10:00:00,2020-06-09 10:10:00,600
2,u,v,2,2020-06-09 11:00:00,$open,2020-06-09 11:10:00,0
3,u,v,2,2020-06-09 12:00:00,2020-06-09 12:00:00,$open,0
4,u,v,2,$open,2020-06-09 12:00:00,2020-06-09 12:10:00,600
END
    import helios "$tmp/h.csv"
    rows "helios: a time that is '$open' is not known" 1,0,600,2,u,v
done << 'EOF'

None
null
NaN
NaT
N/A
n/a
Unknown
UNKNOWN
-
0
-1
1970-01-01
1970-01-01 00:00:00
1970-01-01 08:00:00
1969-12-31 16:00:00
0000-00-00 00:00:00
0001-01-01 00:00:00
9999-12-31 23:59:59
EOF
printf '%s\n' name,num_gpu,creation_time,deletion_time,scheduled_time \
    a,1,1600000000,1600000100,1600000050 b,1,1600000001,1600000100,0 \
    c,1,1600000002,0,1600000050 > "$tmp/o.csv"
import openb "$tmp/o.csv"
rows 'openb: 0 beside a moment of our days is not known' 0,0,50,1
printf '%s\n' a,t,1,T,5,105,1,1,100, b,t,1,T,0,105,1,1,100, > "$tmp/p.csv"
import pai "$tmp/p.csv"
rows 'pai: where times count from 0, 0 is a time' 0,0,105,1 1,5,100,1

# Clocks that are changed.
while IFS='|' read -r start end want; do
    cat > "$tmp/p.json" << END
[{"submitted_time": "2017-11-04 22:00:00", "attempts": [{
  "start_time": "$start", "end_time": "$end", "detail": [{"gpus": [1]}]}]}]
END
    for tz in UTC America/New_York Asia/Shanghai; do
        TZ=$tz import philly "$tmp/p.json"
        rows "philly: from $start to $end, TZ=$tz" "0,0,$want,1"
    done
done << 'EOF'
2017-11-04 23:00:00|2017-11-05 03:00:00|18000
2017-11-05 00:30:00|2017-11-05 01:30:00|3600
2017-11-05 01:50:00|2017-11-05 01:10:00|1200
2017-11-05 01:10:00|2017-11-05 02:10:00|7200
2018-03-11 01:00:00|2018-03-11 04:00:00|7200
2018-07-11 01:00:00|2018-07-11 04:00:00|10800
EOF
printf '%s\n' timestamp,duration,num_gpus,gpu_time,cluster \
    '2017-11-04 22:00:00,66,1,66,a' '2017-11-05 04:00:00,66,1,66,a' \
    > "$tmp/p.csv"
import philly-csv "$tmp/p.csv"
rows 'philly-csv: seven hours lie between 22:00 and 4:00' 0,0,66,1,a \
    1,25200,66,1,a
import philly-csv "$tmp/p.csv" --from-time '2017-11-05 04:00:00'
rows 'philly-csv: --from-time is Pacific time' 0,0,66,1,a
grep -q '^# origin: 2017-11-05 04:00:00 Pacific time$' "$tmp/trace"
ok $? 'philly-csv: so is the origin'

# Units.
printf '%s\n' job_id,num_gpu,submit_time,duration,iteration_time \
    5,1,60000,1000000,200 7,2,0,50500,500 > "$tmp/t.csv"
import tiresias "$tmp/t.csv" --unit ms
rows 'tiresias: --unit ms' 7,0,50.5,2 5,60,1000,1
import tiresias "$tmp/t.csv" --unit us
rows 'tiresias: --unit us' 7,0,0.0505,2 5,0.06,1,1
printf '%s\n' name,time,application,num_replicas,batch_size \
    a,0,bert,1,12 b,1500000,bert,1,12 > "$tmp/w.csv"
import pollux "$tmp/w.csv" --unit us
cut -d, -f2 "$tmp/out" | sed 1d | tr '\n' ' ' | grep -q '^0 1.5 $'
ok $? 'pollux: --unit us'
printf '%s\n' 'a,t,1,T,1600000000000,1600000005000,1,1,100,' > "$tmp/p.csv"
import pai "$tmp/p.csv" --unit ms
rows 'pai: --unit ms, from 1970' 0,0,5,1
printf '1 0 0 %s 1 -1 -1 1 1 -1 1 1 1 -1 1 -1 -1 -1\n' 2500 > "$tmp/j.swf"
import swf "$tmp/j.swf" --unit ms
rows 'swf: --unit ms' 1,0,2.5,1,1,1,completed
printf 'LM (batch size 5)\tx\tx\tx\t10\t%s\t1\n' 2500 4000 > "$tmp/g.trace"
import gavel "$tmp/g.trace" --unit ms
cut -d, -f2 "$tmp/out" | sed 1d | tr '\n' ' ' | grep -q '^0 1.5 $'
ok $? 'gavel: --unit ms'
fails 'an unknown unit' "--unit: unknown 'x'" import helios helios.csv --unit x
fails 'a unit where times are dates' \
    '--unit: times of philly are dates, expected no unit' \
    import philly philly.json --unit ms
fails 'a unit of our own traces' \
    '--unit: times of trace are seconds, expected no unit' \
    import trace trace.csv --unit ms
printf '%s\n' job_id,num_gpu,submit_time,duration 5,1,600000,1 > "$tmp/t.csv"
fails 'a time too long in its unit' \
    "t.csv:2:5: '600000' is no time in the unit given, expected a number of at most" \
    import tiresias "$tmp/t.csv" --unit d

# Numbers that are too large, and whole ones with a point.
printf '%s\n' job_id,num_gpu,submit_time,duration 0,1,9500000000,5 \
    > "$tmp/t.csv"
fails 'tiresias: the most seconds that are counted' \
    "submit_time is '9500000000', expected seconds, of at most 9007199254.740992" \
    import tiresias "$tmp/t.csv"
printf '%s\n' job_id,num_gpu,submit_time,duration 0,99999999,0,5 \
    > "$tmp/t.csv"
fails 'tiresias: the most GPUs' \
    "num_gpu is '99999999', expected a number of at most 10000000" \
    import tiresias "$tmp/t.csv"
printf '1 99999999999 0 5 1 -1 -1 1 1 -1 1 1 1 -1 1 -1 -1 -1\n' > "$tmp/j.swf"
fails 'swf: the most' 'expected a number of at most 9000000000' \
    import swf "$tmp/j.swf"
printf '%s\n' job_id,submit_s,duration_s,devices 1.0,0,1,2.0 > "$tmp/t.csv"
import trace "$tmp/t.csv"
rows 'trace: whole numbers with a point' 1,0,1,2
printf '%s\n' name,time,application,num_replicas,batch_size \
    a,0,bert,2.0,12.0 > "$tmp/w.csv"
import pollux "$tmp/w.csv"
rows 'pollux: whole numbers with a point' 0,0,bert,12,2,14774
sed 's/"gpu_demand": \([0-9]*\)/"gpu_demand": \1.0/' virtualflow.json \
    > "$tmp/v.json"
sample=virtualflow.json
"$vntrace" import -q --from virtualflow "$tmp/v.json" -o "$tmp/trace"
same 'virtualflow: whole numbers with a point'
sed 's/"gpu_demand": [0-9]*/"gpu_demand": 99999999/' virtualflow.json \
    > "$tmp/v.json"
fails 'virtualflow: the most devices' \
    'gpu_demand of this job is too large, expected at most 1048576' \
    import virtualflow "$tmp/v.json"

# Columns that look like others.
printf '%s\n' job_id,num_gpu,submit_time,duration,model_size,num_gpus,durations \
    3,2,0,20,400,9,9 > "$tmp/t.csv"
import tiresias "$tmp/t.csv"
rows 'a column that looks like one beside it is passed over' 3,0,20,2
printf '%s\n' job_id,num_gpu,submit_time,duration,usr,model_nam \
    3,2,0,20,400,9 > "$tmp/t.csv"
import tiresias "$tmp/t.csv"
rows 'so is one that looks like one that could be there' 3,0,20,2
printf '%s\n' job_id,num_gpus,submit_time,duration 3,2,0,20 > "$tmp/t.csv"
fails 'one that looks like one that must be there is an error' \
    "t.csv:1:8: unknown column 'num_gpus', did you mean 'num_gpu'?" \
    import tiresias "$tmp/t.csv"

# Jobs on several lines.
swf() { # lines of job, submission, run, processors, status
    while read -r id submit run used status; do
        echo "$id $submit 0 $run $used -1 -1 $used 600 -1 $status 3 1 -1 1 -1 -1 -1"
    done > "$tmp/j.swf"
    import swf "$tmp/j.swf"
}
swf << 'EOF'
1 0 300 8 1
1 0 100 8 2
1 200 200 8 3
2 50 100 4 1
EOF
rows 'swf: a job with a line of its own, and parts' 1,0,300,8,3,1,completed \
    2,50,100,4,3,1,completed
swf << 'EOF'
1 10 100 8 2
2 50 100 4 1
1 -1 200 8 2
1 -1 50 4 4
EOF
rows 'swf: parts alone are put together' 1,0,350,8,3,1, 2,40,100,4,3,1,completed
fails 'swf: which --strict does not' \
    'j.swf:1:1: a part of a job that was preempted, put together' \
    import swf "$tmp/j.swf" --strict

# A job id twice in our own traces, told with both lines.
printf '%s\n' job_id,submit_s,duration_s,devices 1,0,10,1 2,3,4,1 1,5,10,1 \
    > "$tmp/t.csv"
twice() { # name, command...
    name=$1
    shift
    fails "a job id twice: $name" \
        't.csv:4:1: job_id 1 is that of line 2 too, expected one of its own' \
        "$@"
}
twice import "$vntrace" import --from trace "$tmp/t.csv"
twice stat "$vntrace" stat "$tmp/t.csv"
twice vnsim "$TOP_BUILDDIR/vnsim" -t "$tmp/t.csv" -c x:1
twice vnreplay "$TOP_BUILDDIR/vnreplay" run -t "$tmp/t.csv" -c x:1 -p fifo \
    -r "$tmp/r.db"
awk 'BEGIN { print "job_id,submit_s,duration_s,devices"
    for (i = 0; i < 150000; i++) print (i * 7919) % 300007 ",0,1,1"
    print "7919,1,1,1" }' > "$tmp/t.csv"
fails 'a job id twice in 150,000 that are in no order' \
    't.csv:150002:1: job_id 7919 is that of line 3 too' \
    "$vntrace" stat "$tmp/t.csv"

# Slurm.
cat > "$tmp/s.txt" << 'EOF'
JobID|Submit|Start|End|Elapsed|AllocTRES|ReqTRES|User|Partition|State
901|2024-01-15T10:00:00|2024-01-15T10:00:30|2024-01-15T10:05:30|00:05:00|billing=4,cpu=4,gres/gpu=2,mem=8G||u1|gpu|COMPLETED
901.batch|2024-01-15T10:00:30|2024-01-15T10:00:30|2024-01-15T10:05:30|00:05:00|cpu=4,mem=8G,node=1||||COMPLETED
902_1|2024-01-15T10:01:00|Unknown|Unknown|00:00:00|||u2|gpu|PENDING
903|2024-01-15T10:02:00|None|2024-01-15T10:03:00|00:00:00|||u2|gpu|CANCELLED by 7
904|2024-01-15T10:03:00|2024-01-15T10:03:00|2024-01-16T11:03:00|1-01:00:00|cpu=4,gres/gpu:a100=3,gres/gpu:v100=1||u1|gpu|FAILED
905|2024-01-15T10:04:00|2024-01-15T10:04:00|2024-01-15T10:06:00|00:01:30||cpu=1,gres/gpu=1|u1|gpu|COMPLETED
906|2024-01-15T10:04:00|2024-01-15T10:04:00|Unknown|00:01:30|gres/gpu=1||u1|gpu|RUNNING
907|2024-01-15T10:04:00|2024-01-15T10:04:00|2024-01-15T10:06:00|00:02:00|cpu=64||u1|cpu|COMPLETED
EOF
import slurm "$tmp/s.txt"
rows 'slurm: jobs, not their steps; GPUs of all types; Elapsed' \
    901,0,300,2,u1,gpu,completed 904,180,90000,4,u1,gpu,failed 905,240,90,1,u1,gpu,completed
"$vntrace" import --from slurm "$tmp/s.txt" -o "$tmp/trace" 2> "$tmp/said"
sed 's/.*s.txt: //' "$tmp/said" > "$tmp/got"
diff - "$tmp/got" > "$tmp/out" << 'EOF'
3 jobs of 7 rows
dropped 2: it never began (first in line 4)
dropped 1: it had not ended (first in line 8)
dropped 1: it has no GPU (first in line 9)
EOF
ok $? 'slurm: what is dropped, and why'
sed 's/^JobID/JobIDRaw/; s/|Elapsed|/|ElapsedRaw|/; s/|00:05:00|/|300|/
    s/|1-01:00:00|/|90000|/; s/|00:00:00|/|0|/; s/|00:01:30|/|90|/
    s/|00:02:00|/|120|/' "$tmp/s.txt" > "$tmp/raw.txt"
import slurm "$tmp/raw.txt"
rows 'slurm: raw ids and seconds' \
    901,0,300,2,u1,gpu,completed 904,180,90000,4,u1,gpu,failed 905,240,90,1,u1,gpu,completed
printf '%s\n' 'JobID|Submit|Start|End|Elapsed|AllocTRES' \
    '1|2024-01-15T10:00:00|2024-01-15T10:00:30|2024-01-15T10:05:30|soon:1|x' \
    > "$tmp/s.txt"
fails 'slurm: a wrong span' \
    "s.txt:2:63: Elapsed is 'soon:1', expected a span of time such as 300 or 1-02:30:00" \
    import slurm "$tmp/s.txt"

# Any other table.
map=job_id=JobID,submit=Queued,start=Began,end=Done,devices=num_gpus
table() { # map, options...
    "$vntrace" import --map "$@" "$tmp/m.csv" -o "$tmp/trace" \
        > "$tmp/out" 2>&1 && grep -v '^#' "$tmp/trace" > "$tmp/out"
}
cat > "$tmp/m.csv" << 'EOF'
who;JobID;num_gpus;Queued;Began;Done
ann;4;2;2024-01-15 10:00:00;2024-01-15 10:01:00;2024-01-15 10:02:00
bob;5;1;2024-01-15 10:00:30;2024-01-15 10:01:00;Unknown
EOF
table "$map,user=who"
rows 'a map: dates' 4,0,60,2,ann
cat > "$tmp/m.csv" << 'EOF'
JobID,num_gpus,Queued,Began,Done
4,2,15.01.2024 10:00,15.01.2024 10:01,15.01.2024 10:03
5,2,14.01.2024 10:00,15.01.2024 10:01,15.01.2024 10:02
EOF
table "$map" --time-format '%d.%m.%Y %H:%M'
rows 'a map: --time-format' 5,0,60,2 4,86400,120,2
printf '%s\n' t,d,n 500,1500,2.0 1000,00:02:00,1 2000,,1 > "$tmp/m.csv"
table submit_s=t,duration_s=d,devices=n --unit ms
rows 'a map: milliseconds, and spans' 0,0,1.5,2 1,0.5,120,1
printf '%s\n' t,d,n 1600000000,7,2 > "$tmp/m.csv"
table submit=t,duration=d,devices=n --time-format %s
rows 'a map: seconds since 1970' 0,0,7,2
grep -qx '# origin: 2020-09-13 12:26:40 UTC' "$tmp/trace"
ok $? 'a map: have a date'
printf '%s\n' t,d,n '2024-01-15 10:00:00,7,2' 7,7,2 > "$tmp/m.csv"
while IFS='|' read -r map message; do
    fails "a map: $message" "$message" table "$map"
done << 'EOF'
submit=t,devices=n|--map: 'submit=t,devices=n' is not enough, expected submit, devices, and duration or start and end
submit=t,durations=d,devices=n|--map: unknown 'durations', did you mean 'duration'?
submit=t,xyzzy=d,devices=n|--map: unknown 'xyzzy', expected job_id, submit,
submit|--map: 'submit' is no pair, expected KEY=COLUMN
submit=t,submit=d|--map: submit is there twice
submit=time,duration=d,devices=n|m.csv:1:1: no column 'time', expected it in the header
submit=t,duration=d,devices=n|m.csv:3:1: '7' is a number, expected a date, as above it
EOF
fails 'a table without a map' '--from table: no --map given' \
    import table "$tmp/m.csv"
fails 'a map of another format' '--map: goes with no --from but table' \
    import swf x --map submit=t
fails 'a time that is none of its format' \
    "m.csv:2:1: '2024-01-15 10:00:00' is no time, expected a time as of '%d'" \
    table submit=t,duration=d,devices=n --time-format %d
done_testing
