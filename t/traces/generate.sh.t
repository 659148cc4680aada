#!/bin/sh
# vntrace generate and stat, as a person runs them.
. "$(dirname "$0")/../tap.sh"
vntrace=$TOP_BUILDDIR/vntrace

refused() { # command, status, message, words ...
    command=$1 want=$2 message=$3
    shift 3
    "$vntrace" "$command" "$@" > "$tmp/out" 2> "$tmp/err"
    is "$? $(cat "$tmp/err")" "$want vntrace $command: $message" "$command: $*"
}
figure() { # what, of, key: of the statistics in $tmp/stat
    awk -F, -v what="$1" -v of="$2" -v key="$3" \
        '$1 == what && $2 == of && $3 == key { print $4 }' "$tmp/stat"
}

"$vntrace" generate --preset philly --jobs 20000 --load 0.9 \
    --cluster v100:16x8 --max-duration 1d --seed 1 -o "$tmp/a.csv"
ok $? "a trace like Philly's"
"$vntrace" generate --preset philly --jobs 20000 --load 0.9 \
    --cluster v100:16x8 --max-duration 1d --seed 1 -o "$tmp/b.csv"
cmp -s "$tmp/a.csv" "$tmp/b.csv"
ok $? "the same seed, the same bytes"
"$vntrace" generate --preset philly --jobs 20000 --load 0.9 \
    --cluster v100:16x8 --max-duration 1d --seed 2 -o "$tmp/b.csv"
cmp -s "$tmp/a.csv" "$tmp/b.csv"
test $? = 1
ok $? "another seed, others"
"$vntrace" stat --cluster v100:16x8 --format csv "$tmp/a.csv" > "$tmp/stat"
ok $? "its statistics"
is "$(figure jobs '' '')" 20000 "the jobs"
is "$(figure load '' '' | awk '{ print ($1 > 0.8999 && $1 < 0.9001) }')" 1 \
    "the load is what was asked for"
"$vntrace" generate --durations weibull:1h:0.7 --devices 1,4 --span 300d --load 0.6 --cluster x:64 \
    | "$vntrace" stat --cluster x:64 --format csv - > "$tmp/stat2"
# Work per time of n jobs: relative deviation sqrt(1 + (E x2 / (E x)2)) / sqrt(n), here 0.012.
is "$(awk -F, '$1 == "load" { print ($4 > 0.578 && $4 < 0.622) }' "$tmp/stat2")" 1 \
    "of a span, within three deviations"
for options in '--burst 8:1h:6h' '--hours 0.9' '--burst 3:1d:3d,9:1h:9h --hours 0.5' '--durations pareto:60:0.9 --max-duration 9d'; do
    # shellcheck disable=SC2086
    "$vntrace" generate $options --jobs 3000 --load 1.5 --cluster a:40,b:8 --precise \
        | "$vntrace" stat --cluster a:40,b:8 --format csv - > "$tmp/stat2"
    is "$(awk -F, '$1 == "load" { print ($4 > 1.4999 && $4 < 1.5001) }' "$tmp/stat2")" 1 "so with $options"
done
"$vntrace" generate --durations pareto:60:0.9 --jobs 300 --load 1.5 --cluster a:40 --precise \
    | "$vntrace" stat --cluster a:40 --format csv - > "$tmp/stat2"
is "$(awk -F, '$1 == "load" { print ($4 > 1.4999 && $4 < 1.5001) }' "$tmp/stat2")" 1 "even where durations have no mean"
"$vntrace" generate --load 1 --cluster x:8 --jobs 1 > "$tmp/out"
is "$? $(grep -vc '^#' "$tmp/out")" "0 2" "one job has no load"
is "$(figure max devices '' | awk '{ print ($1 <= 128) }')" 1 "no job is too large"
is "$(figure max duration_s '' | awk '{ print ($1 <= 86400) }')" 1 "nor too long"

# The same figures, counted by awk.
awk -F, '!/^#/ && !/^job/ { s += $3 * $4; d += $3; k[$4]++; if (n++ == 0) a = $2; z = $2 }
    END { printf "%.3f %.3f %d %d\n", s / 3600, d / n, k[8], z - a }' "$tmp/a.csv" > "$tmp/awk"
is "$(echo "$(figure device_hours '' '') $(figure mean duration_s '') $(figure jobs devices 8) $(figure span_s '' '')" \
    | awk '{ printf "%.3f %.3f %d %d", $1, $2, $3, $4 }')" "$(cat "$tmp/awk")" \
    "device-hours, mean duration, jobs of 8 devices and span, as awk counts them"
want=$(awk -F, '!/^#/ && !/^job/ { print $3 }' "$tmp/a.csv" | sort -n \
    | awk '{ a[NR] = $1 } END { print (a[NR / 2] + a[NR / 2 + 1]) / 2 }')
is "$(figure p50 duration_s '')" "$want" "the median duration, as sort has it"
is "$("$vntrace" stat --format json "$tmp/a.csv" | tr -d '\n ' | cut -c1-50)" \
    '[{"what":"jobs","of":"","key":"","value":20000},{"' "in JSON"
"$vntrace" stat - < "$tmp/a.csv" | grep -q '^jobs           20000 (20000 recorded, 0 modelled)$'
ok $? "for people, from standard input"
printf 'job_id,submit_s,duration_s,devices,device_type,vc\n1,0,3600,2,v100,a\n2,3600,3600,1,p100,\n3,7200,3600,4,,b\n' > "$tmp/types.csv"
"$vntrace" stat --cluster v100:2,p100:8 --format csv "$tmp/types.csv" > "$tmp/stat"
is "$(figure load device_type v100) $(figure load device_type p100) $(figure load '' '') $(figure jobs vc b) $(figure device_hours device_type p100)" \
    "0.5 0.0625 0.35 1 1" "load by device type, by hand"
printf 'job_id,submit_s,model,global_batch,vnodes,steps\n1,0,bert,64,8,100\n' \
    | "$vntrace" stat - | grep -q '^jobs           1 (0 recorded, 1 modelled)$'
ok $? "modelled jobs are counted apart"
printf 'job_id,submit_s,duration_s,devices\n' | "$vntrace" stat --format json - > "$tmp/out"
ok $? "an empty trace"

"$vntrace" generate --like "$tmp/a.csv" --jobs 20000 -o "$tmp/c.csv"
ok $? "a trace like another"
"$vntrace" stat --format csv "$tmp/a.csv" > "$tmp/stat"
was=$(figure p50 duration_s '')
"$vntrace" stat --format csv "$tmp/c.csv" > "$tmp/stat"
is "$(figure p50 duration_s '' | awk -v was="$was" '{ print ($1 > 0.93 * was && $1 < 1.07 * was) }')" 1 \
    "has its median duration"
"$vntrace" generate --devices 2,4:3 --durations weibull:1h:0.7 --weights 1:0.8,5:0.2 \
    --priorities 1:1,3:1 --vcs a:0.7,b --rate 60/h --span 1d --burst 3:1d:2d,5:10m:1h --hours 0.5 --precise -o "$tmp/d.csv"
ok $? "every part of its own"
is "$(awk -F, 'END { print ($2 < 86400) }' "$tmp/d.csv")" 1 "within the span"
is "$(head -2 "$tmp/d.csv" | tail -1)" \
    "# options: --rate 60/h --burst 3:1d:2d,5:10m:1h --hours 0.5 --durations weibull:1h:0.7 --devices 2,4:3 --weights 1:0.8,5:0.2 --priorities 1:1,3:1 --vcs a:0.7,b --span 1d --precise" \
    "and says how it was made"
"$vntrace" generate --durations "trace:$tmp/a.csv" --jobs 10 > "$tmp/out"
is "$? $(grep -vc '^#' "$tmp/out")" "0 11" "durations of another trace, to standard output"
is "$("$vntrace" generate --print-fit --devices 1:3,2 | grep '^devices')" "$(printf 'devices,1,0.75\ndevices,2,0.25')" \
    "the model is printed"
is "$("$vntrace" generate --jobs 3 --devices 1,64 --cluster x:8 | grep '^# clipped')" \
    "# clipped: 50 % of the jobs, too large for the cluster" "what is clipped is said"

g=generate
is "$("$vntrace" generate --durations pareto:1h:0.01 --jobs 100 | "$vntrace" stat --format csv - | grep '^max,dur')" \
    "max,duration_s,,1000000000" "durations beyond all bounds stay within one"
refused $g 1 "only 0 jobs arrive in 126 years, expected a higher rate, fewer jobs or --span" \
    --rate 1e-9/100d --jobs 3 -o "$tmp/never.csv"
test ! -e "$tmp/never.csv"
ok $? "and leaves no file"
refused $g 2 "--preset: unknown 'phily', did you mean 'philly'?" --preset phily
refused $g 2 "--preset and --like, expected one of them" --preset philly --like x
refused $g 2 "--load: '90' is wrong, expected a share of the cluster, where 0.9 is 90 %, up to 10" \
    --load 90 --cluster x:1
refused $g 2 "--load and --rate, expected one of them" --load 1 --rate 1/s --cluster x:1
refused $g 2 "--load needs --cluster" --load 1
refused $g 2 "--rate: '12' is wrong, expected N/TIME, as in 12/h or 1/90" --rate 12
refused $g 2 "--load: '0' is wrong, expected a share of the cluster, where 0.9 is 90 %, up to 10" --load 0
refused $g 2 "--jobs: 'many' is wrong, expected a whole number from 0 to 200000000" --jobs many
refused $g 2 "--seed: '-1' is wrong, expected a whole number of at least 0" --seed -1
refused $g 2 "--burst: '10' is wrong, expected RATIO:BUSY:QUIET, as in 10:10m:1h, of a ratio of at least 1 and times of at least 1 s; or up to three, as in 3:1d:6d,9:1h:9h" --burst 10
refused $g 2 "--hours: '2' is wrong, expected 24 weights, or an amplitude from 0 to 0.999" --hours 2
refused $g 2 "--hours: '1,2' is wrong, expected 24 weights of at least 0, or an amplitude" --hours 1,2
refused $g 2 "--hours: '0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0' is wrong, expected 24 weights, one of them above 0" \
    --hours 0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0
refused $g 2 "--durations: 'gamma:1:2' is wrong, expected lognormal:MEDIAN:SIGMA, weibull:SCALE:SHAPE or pareto:LEAST:SHAPE" --durations gamma:1:2
refused $g 2 "--durations: pareto has two parameters, expected pareto:LEAST:SHAPE" --durations pareto:60
refused $g 2 "--durations: 'x' is wrong, expected seconds from 0.000001 to 9007199.25474" --durations pareto:x:2
refused $g 2 "--durations: '99' is wrong, expected a number of at most 20" --durations pareto:60:99
refused $g 2 "--devices: '1.5' is wrong, expected VALUE:SHARE,..., as in 1:0.7,2:0.3, of whole numbers from 1 to 10000000" --devices 1.5
refused $g 2 "--weights: '1:0' is wrong, expected VALUE:SHARE,..., as in 1:0.7,2:0.3, of numbers from 1e-06 to 1000000" --weights 1:0
refused $g 2 "--weights: '1:1,2:0' is wrong, expected VALUE:SHARE,..., as in 1:0.7,2:0.3, of numbers from 1e-06 to 1000000" --weights 1:1,2:0
refused $g 2 "--devices: '1:2,1:3' is wrong, expected VALUE:SHARE,..., as in 1:0.7,2:0.3, of whole numbers from 1 to 10000000" --devices 1:2,1:3
refused $g 2 "--slack: '0' is wrong, expected VALUE:SHARE,..., as in 1:0.7,2:0.3, of numbers from 0.001 to 1000000" --slack 0
refused $g 2 "--vcs: 'a:x' is wrong, expected NAME:SHARE,..., as in a:0.7,b:0.3" --vcs a:x
refused $g 2 "--vcs: 'a,,b' is wrong, expected NAME:SHARE,..., as in a:0.7,b:0.3" --vcs a,,b
"$vntrace" generate --jobs 400 --slack 0.5,2:3 -o "$tmp/slack.csv" 2> "$tmp/err"
tight=$(awk -F, '!/^#/ && $1 != "job_id" {
    slack = ($5 - $2) / $3
    if (slack < 1) n++; else if (slack != 2) bad = 1 }
    END { print bad ? "bad" : n }' "$tmp/slack.csv")
grep -q "^vntrace: $tight of 400 deadlines are sooner than the job can be" "$tmp/err"
is "$?" 0 "deadlines at multiples of the duration; the tight ones are counted"
"$vntrace" generate --jobs 50 > "$tmp/plain" && "$vntrace" generate --jobs 50 --slack 2 | grep -v '^#' | cut -d, -f1-4 > "$tmp/with"
is "$(grep -v '^#' "$tmp/plain" | cmp - "$tmp/with" && echo same)" same "and the jobs are those drawn without"
many=$(awk 'BEGIN { for (i = 1; i < 1025; i++) printf "%d,", i; print 1025 }')
"$vntrace" generate --weights "$many" > "$tmp/out" 2> "$tmp/err"
is "$? $(grep -c ' is wrong, expected at most 1024 parts$' "$tmp/err")" "2 1" "no mix of more than 1024 parts"
"$vntrace" generate --rate 0.1/52d --jobs 1000 -o "$tmp/none" > "$tmp/out" 2> "$tmp/err"
is "$? $(sed 's/only [0-9]* jobs/only N jobs/' "$tmp/err")" \
    "1 vntrace generate: only N jobs arrive in 126 years, expected a higher rate, fewer jobs or --span" "jobs that would arrive too late"
test ! -e "$tmp/none"
ok $? "leave no file"
refused $g 2 "--load: these durations have no mean, expected a shape above 1 or --max-duration" \
    --load 1 --cluster x:8 --durations pareto:60:1 --span 1d
refused $g 1 "every job asks for more than the 4 devices of a type, expected smaller ones" --devices 8 --cluster x:4
refused $g 1 "/nowhere: No such file or directory" --like /nowhere
printf 'job_id,submit_s,duration_s,devices\n1,0,5,1\n' > "$tmp/one.csv"
refused $g 1 "$tmp/one.csv: 1 recorded jobs, expected at least 2 to fit" --like "$tmp/one.csv"
printf 'job_id,submit_s,duration_s,devices\n1,7,5,1\n2,7,6,1\n' > "$tmp/same.csv"
refused $g 2 "$tmp/same.csv: all jobs are submitted at one time, expected --rate or --load" --like "$tmp/same.csv"
"$vntrace" generate --like "$tmp/same.csv" --rate 1/s --jobs 2 > "$tmp/out"
ok $? "jobs of one time, at a rate of its own"
refused $g 2 "'x' is no option (see --help)" x
refused $g 1 "cannot write /nowhere/t.csv: No such file or directory" -o /nowhere/t.csv
refused stat 2 "0 traces, expected one (see --help)"
refused stat 1 "/nowhere: No such file or directory" /nowhere
refused stat 2 "--format: unknown 'xml', expected one of text, csv, json" --format xml x
# Models: the same jobs, with as many steps as take their durations.
cat > "$tmp/profile.csv" << 'END'
model,device_type,devices,step_s
a (batch size 16),v,1,0.5
a (batch size 16),v,2,0.3
b,v,1,2
b,w,1,4
b,w,2,3
END
printf 'model,device_type,batch,step_s,peak_bytes\nc,v,8,1,10\nc,v,32,3,40\n' > "$tmp/nodes.csv"
many="--jobs 400 --devices 1:0.5,2:0.5 --durations lognormal:10m:1 --seed 9"
modelled() { # more options: the trace
    # shellcheck disable=SC2086
    "$vntrace" generate $many --cluster v:4x4,w:2x4 --profile "$tmp/profile.csv" \
        --profile "$tmp/nodes.csv" "$@"
}
# shellcheck disable=SC2086
"$vntrace" generate $many > "$tmp/recorded"
modelled --models 'a*:3,b:1' -o "$tmp/modelled"
ok $? "jobs that train models are drawn"
grep -v '^#' "$tmp/recorded" > "$tmp/r"
grep -v '^#' "$tmp/modelled" | paste -d, "$tmp/r" - | awk -F, '
    NR == 1 { for (i = 1; i <= NF; i++) if (!($i in c)) c[$i] = i; next }
    { m = $(c["model"]); d = $(c["devices"]); n[m]++
      s = m == "b" ? (d == 1 ? 2 : 0) : (d == 1 ? 0.5 : 0.3)
      if (s == 0) { print "no time:", $0; bad = 1; next }
      want = int($(c["duration_s"]) / s + 0.5); if (want < 1) want = 1
      if ($(c["steps"]) != want || $(c["vnodes"]) != d) { print; bad = 1 }
      if ($(c["global_batch"]) != d * (m == "b" ? 1 : 16)) { print "batch", $0; bad = 1 }
      if (d == 1) ones[m]++ }
    END { share = ones["b"] / (ones["b"] + ones["a (batch size 16)"])
          if (share < 0.15 || share > 0.35) { print share; bad = 1 }
          exit bad }' > "$tmp/out"
ok $? "with the steps that take as long, a batch for each device, shares as asked for"
modelled --models 'a*:3,b:1' | grep -v '^#' > "$tmp/again"
grep -v '^#' "$tmp/modelled" | cmp -s - "$tmp/again"
ok $? "the same each time"
modelled --models b --reference w --vnodes 4 --models 'b@8' | grep -v '^#' > "$tmp/out"
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
    $(c["vnodes"]) != 4 * $(c["devices"]) || $(c["global_batch"]) != 8 * $(c["devices"]) { bad = 1 }
    END { exit bad || NR != 401 }' "$tmp/out"
ok $? "a batch, virtual nodes and another reference are taken"
modelled --models c --jobs 2 | grep -v '^#' > "$tmp/out"
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
    $(c["global_batch"]) != 32 * $(c["vnodes"]) { bad = 1 } END { exit bad }' "$tmp/out"
ok $? "of measured nodes it is the largest batch"
models() { # message, status, options
    want=$1 status=$2
    shift 2
    modelled "$@" > "$tmp/out" 2> "$tmp/err"
    is "$? $(head -1 "$tmp/err")" "$status vntrace generate: $want" "refused: $*"
}
models "--models: no model 'bb' in the profile, did you mean 'b'?" 2 --models bb
models "--models: no model 'zzzz' in the profile" 2 --models zzzz
models "--models: 'a*:0' has no share above 0, expected MODEL[@BATCH][:SHARE]" 2 --models 'a*:0'
models "--models: 'b@x' has no batch of 1 or more examples, expected MODEL[@BATCH][:SHARE]" 2 --models b@x
models "--models: '' is an empty name, expected MODEL[@BATCH][:SHARE]" 2 --models 'a*,'
models "--models: 'b' has a batch that is no multiple of the virtual nodes of a device, expected MODEL[@BATCH][:SHARE]" 2 \
    --models b@3 --vnodes 2
models "--reference: the cluster has no type 'x'" 2 --models b --reference x
models "--models: the profile has no time of these models on 2 devices of v, expected it, or jobs of other sizes (--devices)" 1 \
    --models b
models "--profile goes with --models" 2 --vnodes 2
refused $g 2 "--models needs --cluster and --profile" --models b
refused $g 1 "/nowhere.csv: No such file or directory" --models b --profile /nowhere.csv -c v:4
done_testing
