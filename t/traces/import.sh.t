#!/bin/sh
# vntrace import: a few lines of each format, in t/data/import, against the
# trace and the report they should give; then every refusal; then, where the
# folder of real traces is there, their counts.
. "$(dirname "$0")/../tap.sh"
vntrace=$TOP_BUILDDIR/vntrace
real=$VN_SHARED_DATA
cd "$TOP_SRCDIR/t/data" || exit 1
# The trace that import/FILE should give is FILE.csv, the report FILE.report.
gives() { # format, file, what this shows, options...
    format=$1 file=$2 name=$3
    shift 3
    "$vntrace" import --from "$format" "import/$file" "$@" \
        > "$tmp/trace" 2> "$tmp/report"
    diff "import/$file.csv" "$tmp/trace" > "$tmp/out" \
        && diff "import/$file.report" "$tmp/report" > "$tmp/out"
    ok $? "$format: $name"
}
refuses() { # message, status, arguments...
    message=$1 status=$2
    shift 2
    (cd bad && "$vntrace" import "$@" -o "$tmp/none" < /dev/null \
        > "$tmp/said" 2> "$tmp/out")
    test $? = "$status" && grep -qxF -e "vntrace import: $message" \
        "$tmp/out" && test ! -e "$tmp/none"
    ok $? "refuses: $message"
}

gives acme seren.csv 'times with offsets, in UTC'
gives acme kalos.csv 'a duration that counts from the submission'
gives gavel gavel.trace 'rows of 7, 10 and 12 cells'
gives helios helios.csv 'CPU jobs, open ends, durations that disagree'
gives helios lucid.csv 'with the columns of Lucid'
gives openb openb.csv 'shares of a GPU, types that would do, pending pods'
gives pai pai.csv 'tasks of one job wherever they stand'
gives pai pai-header.csv 'a copy with a header'
gives pai-sim pai-sim.csv 'instances times GPUs'
gives philly philly.json 'attempts add up; null and None times'
gives philly-csv philly.csv 'sorts by time, drops and repairs'
gives pollux pollux.csv 'steps come from passes over the data'
gives pollux pollux-job.csv 'job and submit_s for name and time'
gives swf jobs.swf 'decimals, appended fields, a date, out of order'
gives tiresias twice.csv 'numbers jobs anew where an id stands there twice'
gives tiresias tiresias.csv 'drops jobs without GPUs or time'
gives tiresias chronus.csv 'with the columns of Chronus'
gives trace trace.csv 'ours, put in order, with its remarks'
gives virtualflow virtualflow.json 'steps of an epoch given or counted'

# A malformed file for each message: the format, and what is said.
while IFS='|' read -r format message; do
    refuses "$message" 1 --from "$format" "${message%%:*}"
done << 'EOF'
acme|acme-zone.csv:2:16: '2020-06-09 18:41:01' has no offset from UTC, expected one, such as +08:00
gavel|gavel-arrival.trace:1:35: arrival_time is 'soon', expected seconds, of at least 0
gavel|gavel-batch.trace:1:1: 'LM (batch size ten)' names no batch size, expected as in 'LM (batch size 80)'
gavel|gavel-deadline.trace:1:32: the deadline is too far off to count
gavel|gavel-steps.trace:1:31: total_steps is '1e5', expected a whole number from 0 to 1099511627776
gavel|gavel-type.trace:1:1: empty job_type, expected a name
gavel|gavel-weight.trace:1:26: priority_weight is '0', expected a number from 1e-09 to 1000000000
gavel|gavel-width.trace:1:1: a row of 3 cells, expected 7, 10 or 12 between tabs
helios|helios-gpus.csv:2:7: gpu_num is 'one', expected a number from 0 to 10000000
helios|helios-time.csv:2:36: '2020-06-09 18:41:61' is no time, expected a time such as 2017-10-09 07:01:55
helios|helios-zone.csv:2:16: '2020-06-09 18:41:01Z' has an offset from UTC, expected none
helios|helios-duration.csv:2:76: duration is 'long', expected seconds
openb|openb-milli.csv:2:5: gpu_milli is '1460', expected a number of at most 1000
openb|openb-before.csv:2:9: creation_time is '-1', expected seconds, of at least 0
pai|pai-name.csv:1:1: empty job_name, expected a name
pai|pai-short.csv:2:1: a row of 3 cells, expected 9 or more
pai|pai-time.csv:1:23: start_time is 'soon', expected seconds, of at least 0
pai|pai-before.csv:1:23: start_time is '-5', expected seconds, of at least 0
pai|pai-many.csv:1:1: 18000000 devices, expected at most 10000000
pai|pai-gpu.csv:1:36: plan_gpu is 'half', expected a number from 0 to 1000000000
pai-sim|pai-sim-many.csv:2:3: 160000000 devices, expected at most 10000000
pai-sim|pai-sim-submit.csv:2:5: submit_time is 'x', expected seconds, of at least 0
philly|philly-attempt.json:1:1: attempts of this job is wrong, expected a list of objects
philly|philly-attempts.json:1:1: attempts of this job is wrong, expected a list
philly|philly-detail.json:1:1: detail of this job is wrong, expected a list
philly|philly-gpus.json:1:1: gpus of this job is wrong, expected a list
philly|philly-long.json:1:1: attempts of this job add up to too much
philly|philly-machine.json:1:1: detail of this job is wrong, expected a list of objects
philly|philly-no-attempts.json:1:1: a job without attempts
philly|philly-no-submitted_time.json:1:1: a job without submitted_time
philly|philly-text.json:1:1: submitted_time of this job is wrong, expected a text
philly|philly-time.json:1:1: submitted_time of this job is 'yesterday', expected a time such as 2017-10-09 07:01:55
philly-csv|philly.csv:3:1: '2017-02-29 01:00:00' is no time, expected a time such as 2017-10-09 07:01:55
pollux|pollux-application.csv:2:5: unknown application 'resnt50x', expected one of bert, cifar10, deepspeech2, imagenet, ncf, yolov3
pollux|pollux-misspelt.csv:2:5: unknown application 'cifar1', did you mean 'cifar10'?
pollux|pollux-replicas.csv:2:13: more replicas than examples in a batch
swf|date.swf:1:18: UnixStartTime is 'yesterday', expected a whole number from 0 to 7258118400
swf|nul.swf:1:14: a NUL byte, expected text
swf|number.swf:1:7: run time is '1O', expected a number from -1 to 9000000000
swf|part.swf:1:10: 1.5 processors, expected a whole number from 1 to 10000000
swf|short.swf:2:1: a line of 5 fields, expected 18
swf|work.swf:1:1: its duration times its devices is too large, expected less than 4.6e12 device-seconds
tiresias|tiresias-column.csv:1:8: unknown column 'num_gpux', did you mean 'num_gpu'?
tiresias|tiresias-lacks.csv:1:1: no column 'num_gpu', expected it in the header
tiresias|tiresias-time.csv:2:5: submit_time is 'x', expected seconds, of at least 0
trace|trace-duration.csv:2:5: duration_s is '0', expected seconds, of at least 0.000001
trace|trace-neither.csv:1:1: neither duration_s and devices nor model, expected one of them in the header
trace|trace-twice.csv:4:1: job_id 7 is that of line 2 too, expected one of its own
virtualflow|comma.json:2:2: '{', expected ',' or ']'
virtualflow|element.json:2:2: '7', expected '{', a job
virtualflow|first.json:1:2: '7', expected '{', a job
virtualflow|object.json:1:1: '{', expected '[', an array of jobs
virtualflow|open.json:1:91: the end of the file, expected ',' or ']'
virtualflow|syntax.json:3:18: invalid token near 'bert'
virtualflow|trailing.json:1:4: 'x', expected the end of the file
virtualflow|twice.json:1:35: duplicate object key near '"arrival_time"'
virtualflow|vf-batch.json:1:1: batch_size of this job is more than its data
virtualflow|vf-data.json:1:1: a job without num_steps, and the size of its data 'imagenet21k' is not known
virtualflow|vf-int.json:1:1: gpu_demand of this job is wrong, expected a whole number from 1 to 1048576
virtualflow|vf-no-arrival_time.json:1:1: a job without arrival_time
virtualflow|vf-no-batch_size.json:1:1: a job without batch_size
virtualflow|vf-no-gpu_demand.json:1:1: a job without gpu_demand
virtualflow|vf-no-workload.json:1:1: a job without workload
virtualflow|vf-real.json:1:1: priority of this job is wrong, expected a number from 0 to 1e+09
virtualflow|vf-text.json:1:1: workload of this job is wrong, expected a text
virtualflow|vf-vnodes.json:1:1: more virtual nodes than examples in a batch
EOF

# What --strict says of the first row that would be dropped or repaired.
strict() { # format, file, message
    "$vntrace" import --strict --from "$1" "import/$2" -o "$tmp/none" \
        > "$tmp/out" 2>&1
    test $? = 1 && test ! -e "$tmp/none" \
        && grep -qxF -e "vntrace import: import/$2:$3" "$tmp/out"
    ok $? "strict: $2:$3"
}
strict acme kalos.csv '2:164: its duration is not its end less its start, '\
'which was taken (without --strict it is repaired)'
strict helios helios.csv \
    '4:21: it has no GPU (without --strict it is dropped)'
strict pai pai.csv \
    '11:13: its inst_num is not known, taken as 1 (without --strict it is repaired)'
strict philly philly.json \
    '6:1: an attempt whose end is not known, passed over (without --strict it is repaired)'
strict philly-csv philly.csv \
    '5:1: it ran for no time (without --strict it is dropped)'
refuses "../import/twice.csv: ids that stand there twice, so jobs are \
numbered from 0 (without --strict it is repaired)" 1 --strict --from \
    tiresias ../import/twice.csv
strict tiresias tiresias.csv \
    '4:3: it has no GPU (without --strict it is dropped)'
strict swf jobs.swf \
    '6:9: its run time is not known (without --strict it is dropped)'
strict gavel gavel.trace \
    '4:40: it has no steps (without --strict it is dropped)'

strict trace trace.csv \
    '5:3: out of order, put where it belongs (without --strict it is repaired)'

# Usage.
refuses 'no format given, expected --from FORMAT (see --list)' 2 philly.csv
refuses "--from: unknown 'gavl', did you mean 'gavel'?" 2 --from gavl x
refuses "0 files given, expected one ('-' is standard input)" 2 --from swf
refuses "2 files given, expected one ('-' is standard input)" 2 --from swf a b
refuses "--first: '0' is wrong, expected a whole number of at least 1" 2 \
    --from swf --first 0 date.swf
refuses "--max-duration: '1y' is wrong, expected seconds, of at least \
0.000001" 2 --from swf --max-duration 1y date.swf
refuses "--from-time: '2017-10-09' is wrong, expected seconds, of at least 0" \
    2 --from tiresias --from-time 2017-10-09 ../import/tiresias.csv
refuses "--from-time: '7' is wrong, expected a time such as 2017-10-09 \
07:01:55" 2 --from philly-csv --from-time 7 ../import/philly.csv
refuses 'none.csv: No such file or directory' 1 --from swf none.csv

# A part of a trace, and other ways in and out.
"$vntrace" import --from philly-csv --from-time '2017-10-09 07:01:55' \
    --max-duration 10s --first 1 - < import/philly.csv \
    > "$tmp/trace" 2> "$tmp/report"
diff - "$tmp/trace" > "$tmp/out" << 'EOF'
# origin: 2017-10-10 00:00:02 Pacific time
# source: philly-csv
job_id,submit_s,duration_s,devices,vc
0,0,7,1,11cb48
EOF
ok $? 'a part: --from-time, --max-duration, --first, from standard input'
grep '^standard input: \(5\|1\) job\|left out' "$tmp/report" > "$tmp/left"
diff - "$tmp/left" > "$tmp/out" << 'EOF'
standard input: 1 job of 9 rows
standard input: left out 1: submitted before --from-time
standard input: left out 2: longer than --max-duration
standard input: left out 1: after the --first
EOF
ok $? 'a part: the report counts what was left out'
"$vntrace" import --from philly-csv -q import/philly.csv -o "$tmp/one" \
    > "$tmp/out" 2>&1 && test ! -s "$tmp/out" \
    && cmp -s "$tmp/one" import/philly.csv.csv
ok $? '--quiet reports nothing, --output takes the trace'
"$vntrace" import --from philly-csv --format csv import/philly.csv \
    -o "$tmp/one" 2> "$tmp/report"
diff - "$tmp/report" > "$tmp/out" << 'EOF'
what,count,first_line,why
rows,9,,
jobs,5,,
dropped,1,5,it ran for no time
dropped,1,6,it has no GPU
repaired,1,7,"a part of a GPU, taken as a whole one"
repaired,1,8,"gpu_time is not duration times num_gpus, passed over"
dropped,1,9,its duration is negative
dropped,1,10,its duration is not known
EOF
ok $? '--format csv: the report as a table'
"$vntrace" import --from swf --first 1 --format json import/jobs.swf \
    -o "$tmp/one" 2> "$tmp/report"
diff - "$tmp/report" > "$tmp/out" << 'EOF'
{"file": "import/jobs.swf", "rows": 6, "jobs": 1, "notes": [
  {"what": "dropped", "count": 1, "first_line": 6, "why": "its run time is not known"},
  {"what": "dropped", "count": 1, "first_line": 7, "why": "it ran for no time"},
  {"what": "dropped", "count": 1, "first_line": 8, "why": "it has no processors"},
  {"what": "dropped", "count": 1, "first_line": 9, "why": "its submit time is not known"},
  {"what": "left out", "count": 1, "first_line": null, "why": "after the --first"}
]}
EOF
ok $? '--format json: the report as an object'
refuses "--format: unknown 'jsn', did you mean 'json'?" 2 --format jsn
"$vntrace" import --list > "$tmp/out" && grep -q '^gavel  ' "$tmp/out"
ok $? '--list names the formats'
"$vntrace" import --help > "$tmp/out" && grep -q -e '--strict' "$tmp/out"
ok $? '--help tells the options'

if test -c /dev/full; then
    "$vntrace" import -q --from tiresias import/tiresias.csv -o /dev/full \
        2> "$tmp/out"
    test $? = 1 && grep -q '^vntrace import: cannot write /dev/full: ' \
        "$tmp/out" && test -c /dev/full
    ok $? 'a full disk is said, and the device stands'
    "$vntrace" import --list > /dev/full 2> "$tmp/out"
    test $? = 1 && grep -qxF 'vntrace import: cannot write standard output' \
        "$tmp/out"
    ok $? 'so is a list that cannot be written'
fi

counts() { # format, file, jobs, options
    if test ! -r "$real/$2"; then
        skip "$1: $2" "no such file here"
        return
    fi
    "$vntrace" import --from "$1" "$real/$2" -o "$tmp/trace" 2> "$tmp/out"
    jobs=$(grep -vc '^[#j]' "$tmp/trace")
    test "$jobs" = "$3"
    ok $? "$1: $3 jobs of $2"
}
counts gavel gavel/artifact_evaluation.trace 15
counts gavel gavel/gen_500.trace 500
counts gavel gavel/minimize_makespan.trace 100
counts gavel gavel/old-format.trace 1181
counts openb openb/openb_pod_list_default.csv 6203
counts philly-csv philly/philly.csv 82247
counts swf swf/easy_mediumWL_smallPF.swf 800
counts swf swf/lublin_256.swf 10000
counts tiresias tiresias/60_job.csv 60
counts virtualflow virtualflow/traces/3jobs_4gpus_v1.json 3
counts virtualflow virtualflow/traces/medium20_10jph.json 20

if test -r "$real/philly/philly_5000.csv"; then
    "$vntrace" import --from philly-csv "$real/philly/philly.csv" -q \
        --from-time 2017-10-09 --max-duration 1d --first 5000 \
        | grep -v '^#' | diff - "$real/philly/philly_5000.csv" > "$tmp/out"
    ok $? 'philly-csv: a part of it is the one that others made'
fi
done_testing
