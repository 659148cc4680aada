#!/bin/sh
# vnsim as a person runs it: what it prints, writes, refuses, and its status.
n=0
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
vnsim=$TOP_BUILDDIR/vnsim
trace=$TOP_SRCDIR/t/data/small.csv

ok() { # status, name
    n=$((n + 1))
    if test "$1" = 0; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}
is() { # got, wanted, name
    test "$1" = "$2"
    ok $? "$3"
    test "$1" = "$2" || { echo "# got: $1"; echo "# wanted: $2"; }
}
refused() { # status, message, name, words ...
    want=$1 message=$2 name=$3
    shift 3
    "$vnsim" "$@" > "$tmp/out" 2> "$tmp/err"
    is "$? $(cat "$tmp/err")" "$want vnsim: $message" "$name"
}

"$vnsim" -t "$trace" -c x:1x4 -p srtf -j "$tmp/jobs.csv" > "$tmp/out"
ok $? "a replay"
diff "$TOP_SRCDIR/t/data/small-srtf.csv" "$tmp/jobs.csv" > "$tmp/diff"
ok $? "its jobs, worked out by hand"
sed 's/^/# /' "$tmp/diff"
is "$("$vnsim" -t - -c x:1x4 -p srtf -j - < "$trace" | cksum)" \
    "$(cksum < "$tmp/jobs.csv")" "from standard input to standard output"
is "$("$vnsim" -t "$trace" -c x:1x4 --format csv | cut -d, -f3-7 | tr '\n' ' ')" \
    "policy,jobs,finished,rejected,left fifo,4,3,1,0 " "a summary for machines"
is "$("$vnsim" -t "$trace" -c x:1x4 --format json | grep -c '"p50_jct_s": 10,')" 1 \
    "and in JSON"
is "$("$vnsim" -t "$trace" -c x:1x4 --until 12 --format csv | cut -d, -f5-7 | tail -1)" \
    "1,1,2" "a run that is cut short"
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
"$vnsim" --version | grep -q '^vnsim (VirtualFlow) [0-9.]*$'
ok $? "--version"
"$vnsim" --policies | grep -q '^wfs '
ok $? "--policies"

refused 2 "no trace given, expected --trace (see --help)" "no trace"
refused 2 "no cluster given, expected --cluster (see --help)" "no cluster" -t x
refused 2 "'x' is no option (see --help)" "a word that is no option" -t a -c b:1 x
refused 2 "--until: 'soon' is wrong, expected seconds, of at least 0.000001" \
    "a wrong time" --until soon
refused 2 "--seed: '-1' is wrong, expected a whole number of at least 0" \
    "a wrong seed" --seed -1
refused 2 "--format: unknown 'xml', expected one of text, csv, json" \
    "a wrong format" --format xml
refused 2 "--results: the trace is standard input, expected a file, which can be named by a hash" \
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
    is "$? $(cat "$tmp/err")" "1 vnsim: cannot write standard output" "a full disk"
fi
echo "1..$n"
