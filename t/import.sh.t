#!/bin/sh
# vntrace import: a few lines of each format, in t/data/import, against the
# trace and the report they should give; then every refusal; then, where the
# folder of real traces is there, their counts.
TOP_SRCDIR=${TOP_SRCDIR:-.}
vntrace=${TOP_BUILDDIR:-.}/vntrace
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT
n=0
ok() { # name, status
    n=$((n + 1))
    if test "$2" = 0; then
        echo "ok $n - $1"
    else
        echo "not ok $n - $1"
        sed 's/^/# /' "$out/why" 2> /dev/null
    fi
}
# The trace is FILE.csv, the report FILE.report; both are made with
# (cd t/data && vntrace import --from FORMAT import/FILE).
gives() { # format, file, what this shows, options...
    format=$1 file=$2 name=$3
    shift 3
    (cd "$TOP_SRCDIR/t/data" && "$vntrace" import --from "$format" \
        "import/$file" "$@") > "$out/trace" 2> "$out/report"
    diff "$TOP_SRCDIR/t/data/import/$file.csv" "$out/trace" > "$out/why" \
        && diff "$TOP_SRCDIR/t/data/import/$file.report" "$out/report" \
            > "$out/why"
    ok "$format: $name" $?
}
refuses() { # message, status, arguments...
    message=$1 status=$2
    shift 2
    (cd "$TOP_SRCDIR/t/data/bad" && "$vntrace" import "$@" \
        -o "$out/none" < /dev/null > "$out/said" 2> "$out/why")
    test $? = "$status" && grep -qxF "vntrace import: $message" "$out/why" \
        && test ! -e "$out/none"
    ok "refuses: $message" $?
}
case $vntrace in /*) ;; *) vntrace=$PWD/$vntrace ;; esac

gives philly-csv philly.csv 'sorts by time, drops and repairs'

refuses 'philly.csv:3:1: '"'2017-02-29 01:00:00' is no time, expected \
a time such as 2017-10-09 07:01:55" 1 --from philly-csv philly.csv

real=$VN_SHARED_DATA
counts() { # format, file, jobs
    n=$((n + 1))
    if test ! -r "$real/$2"; then
        echo "ok $n - $1: $2 # SKIP no such file here"
        return
    fi
    "$vntrace" import --from "$1" "$real/$2" -o "$out/trace" 2> "$out/why"
    jobs=$(grep -vc '^[#j]' "$out/trace")
    n=$((n - 1))
    test "$jobs" = "$3"
    ok "$1: $3 jobs of $2" $?
}
counts philly-csv philly/philly.csv 82247
if test -r "$real/philly/philly_5000.csv"; then
    "$vntrace" import --from philly-csv "$real/philly/philly.csv" \
        --from-time 2017-10-09 --max-duration 1d --first 5000 -q \
        | grep -v '^#' | diff - "$real/philly/philly_5000.csv" > "$out/why"
    ok 'philly-csv: a part of it is the one that others made' $?
fi
echo "1..$n"
