#!/bin/sh
# vnplot: figures, their data and scripts, and what gnuplot does wrong.
. "$(dirname "$0")/../tap.sh"
bin=$TOP_BUILDDIR
cd "$tmp" || exit 1
plot() {
    "$bin/vnplot" "$@"
}
awk -v x=2385 'BEGIN {
    print "job_id,submit_s,duration_s,devices"
    for (i = 0; i < 400; i++) {
        x = x * 16807 % 2147483647; t += x % 97
        x = x * 16807 % 2147483647; d = 1 + x % 1999
        x = x * 16807 % 2147483647; print i "," t "," d "," 2 ^ (x % 4)
    }
}' > a.csv
# A name that would run a command, close a string or be typeset.
evil='a`touch ran`$(touch ran)'"'"'"_{x}^%.csv'
head -300 a.csv > "$evil"
"$bin/vnreplay" run -t a.csv -c v100:2x8 -p fifo,las,srtf --keep all -r one.db > /dev/null
"$bin/vnreplay" run -t a.csv --windows 4 -c v100:1x8 -p fifo,las:form=reference \
    --keep all -r many.db > /dev/null
cat one.db > both.db
"$bin/vnreplay" run -t "$evil" --keep all -c v100:2x8 -p fifo -r both.db > /dev/null
"$bin/vnreplay" run --generate '--jobs 200 --durations lognormal:20m:1' \
    --load 0.4:1:0.2 --seed 1:3 -c v100:1x8 -p fifo,srtf -r loads.db > /dev/null
figures='jct jct-cdf queue-cdf utilisation waiting gantt device-hours scatter
    slowdown timeline area speed'

# Shares of jobs by finish-time fairness, and what no run without it has.
"$bin/vnreplay" run -t a.csv -c v100:2x8 -p fifo,las --rho -r rho.db > /dev/null
GNUPLOT=/nowhere/gnuplot "$bin/vnplot" rho-cdf rho.db -o rho.svg 2> /dev/null
"$bin/vnreplay" export rho.db -t run \
    | awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i; next}
        {print $c["policy"], 1 - $c["rho_above"]}' | sort > above
awk -F, 'NR > 1 && $3 <= 1 {s[$2] = $4} END {for (p in s) print p, s[p]}' \
    rho.csv | sort | paste -d' ' - above \
    | awk '{d = $2 - $4; n++; if ($1 != $3 || d * d > 1e-9) bad = 1}
        END {exit bad || n != 2}'
ok $? "at 1 the curve of rho is the share of jobs not above it"
says 1 "holds no jobs with it, expected it to be recorded with --rho" \
    "a distribution of rho needs one" plot rho-cdf one.db -o none.svg

# Deadlines by slack: below 1 none can be met, at 5 and more both.
cat > slack.csv << 'EOF'
job_id,submit_s,duration_s,devices,deadline_s
0,0,100,8,90
1,0,100,8,150
2,0,100,8,610
3,1000,10,8,1055
EOF
"$bin/vnreplay" run -t slack.csv -c v100:8 -p fifo,edf -r slo.db > /dev/null
GNUPLOT=/nowhere/gnuplot "$bin/vnplot" slo slo.db -o slo.svg 2> /dev/null
is "$(grep -v '^series' slo.csv | cut -d, -f 2,4-6)" "fifo,< 1,1,0
fifo,-2,1,0
fifo,> 5,2,100
fifo,all,4,50
edf,< 1,1,0
edf,-2,1,0
edf,> 5,2,100
edf,all,4,50" "deadlines met by slack"
says 1 "holds no jobs with a deadline" "which needs deadlines" \
    plot slo one.db -o none.svg

# Without gnuplot.
for f in $figures; do
    GNUPLOT=/nowhere/gnuplot
    export GNUPLOT
    says 3 'gnuplot is not there.*gnuplot-nox' \
        "$f: no gnuplot has a status of its own" plot $f one.db -o $f.svg
    test -s $f.gp && test -s $f.csv && test ! -e $f.svg
    ok $? "$f: data and script are left"
    unset GNUPLOT
done
awk -F, 'NR == 1 {next} $4 < 0 || $4 > 1 {bad = 1}
    NR > 2 && $1 == last && $4 <= share {bad = 1} {last = $1; share = $4}
    END {exit bad || NR < 100}' jct-cdf.csv
ok $? "a distribution rises"
awk -F, 'NR > 1 {end[$1] = $4} END {for (s in end) if (end[s] != 1) bad = 1
    exit bad}' jct-cdf.csv
ok $? "to 1, where every job finished"
# Device time from the curve is that of the jobs.
area=$(awk -F, '$1 == 0 {if (w == "" && t != "") w = $3 - t; t = $3; u += $4}
    END {printf "%.0f", u * w * 3600 * 16}' utilisation.csv)
used=$("$bin/vnreplay" export one.db -t run \
    | awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i}
        /,fifo,/ {printf "%.0f", $c["device_us"] / 1e6; exit}')
awk -v a="$area" -v u="$used" 'BEGIN {d = a / u - 1; exit d * d > 1e-6}'
ok $? "the curve of utilisation holds the jobs' device time ($area, $used)"

GNUPLOT=/nowhere/gnuplot "$bin/vnplot" load loads.db -o load.svg 2> /dev/null
test "$(cut -d, -f 1-4 load.csv | tr '\n' ' ')" = "series,policy,load,\
replicates 0,fifo,0.4,3 0,fifo,0.6,3 0,fifo,0.8,3 0,fifo,1,3 1,srtf,0.4,3 \
1,srtf,0.6,3 1,srtf,0.8,3 1,srtf,1,3 "
ok $? "a load curve has every policy, load by load"
# The same mean as that of compare.
"$bin/vnreplay" compare loads.db --format csv \
    | awk -F, '$3 == 0.6 && $5 == "srtf" && $10 == "jct_mean_s" {print $11}' \
    > mean
awk -F, '$2 == "srtf" && $3 == 0.6 {print $5 * 3600}' load.csv \
    | paste - mean | awk '{d = $1 / $2 - 1; exit d * d > 1e-9 || $2 == ""}'
ok $? "with the means of compare"

# A gnuplot that fails in each way that it knows.
fake() { # script
    printf '#!/bin/sh\n%s\n' "$1" > fake
    chmod +x fake
    GNUPLOT=$tmp/fake
    export GNUPLOT
}
echo old > o.svg
fake 'echo "\"x.gp\" line 3: undefined variable: y" >&2; exit 1'
says 1 'undefined variable: y' "what gnuplot says is passed on" \
    plot jct one.db -o o.svg
fake 'echo done >&2; exit 0'
says 1 'did not draw' "a figure that is not there is noticed" \
    plot jct one.db -o o.svg
fake 'echo done >&2; : > o.svg; exit 0'
says 1 'did not draw' "so is an empty one" plot jct one.db -o o.svg
fake 'echo half > o.svg; exit 0'
says 1 'did not draw' "so is a script that was not read to its end" \
    plot jct one.db -o o.svg
fake 'kill -9 $$'
says 1 'did not draw' "so is a gnuplot that is killed" plot jct one.db -o o.svg
test "$(cat o.svg)" = old && ! ls -d .plot-* > /dev/null 2>&1
ok $? "the older figure is left alone, and nothing beside it"
unset GNUPLOT

# Device time from the bars is that of the jobs.
hours=$(awk -F, '$2 == 0 {u += $5} END {printf "%.0f", u * 3600}' device-hours.csv)
test "$hours" = "$used"
ok $? "device-hours are the jobs' device time ($hours, $used)"
awk -F, 'NR > 1 && ($4 % 3 != 0 || $8 < $7) {bad = 1} {n++} END {exit bad || n < 300}' gantt.csv
ok $? "a bar for each grant of every third of 400 jobs"
awk -F, '$1 == 0 && NR > 1 {u += ($6 - $5) * $7} END {printf "%.0f", u * 3600}' \
    area.csv > got
awk -v a="$(cat got)" -v u="$used" 'BEGIN {d = a / u - 1; exit d * d > 1e-6}'
ok $? "the stacked area is the jobs' device time ($(cat got), $used)"
says 2 "by: 'colour' is wrong" "an area by what jobs have not" \
    plot area one.db --by colour -o s.svg
GNUPLOT=/nowhere/gnuplot "$bin/vnplot" area one.db --by job_id -o jobs.svg \
    2> /dev/null
awk -F, '$1 == 0 && NR > 1 {u += ($6 - $5) * $7; c[$4] = 1}
    END {for (k in c) n++; printf "%.0f %d", u * 3600, n}' jobs.csv > got
read -r a n < got
awk -v a="$a" -v u="$used" 'BEGIN {d = a / u - 1; exit d * d > 1e-6}' && test "$n" = 8
ok $? "by job too, the small ones together"
awk -F, '$1 == 0 && NR > 1 {if ($10 != 0 || $9 <= 0) bad = 1; r[$5] = 1}
    END {for (k in r) n++; exit bad || n > 16 || n < 14}' timeline.csv
ok $? "a timeline has a row for each of at most 16 jobs"
# shellcheck disable=SC2046
"$bin/vnreplay" run -t a.csv -c v100:2x8 -r crowd.db \
    $(for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do echo "-p las:first=$i"; done) > /dev/null
says 1 '15 policies, of which 14 can be told apart' "more curves than styles" \
    plot jct-cdf crowd.db -o s.svg
says 1 'one policy' "nothing to hold one policy against" \
    plot scatter one.db -p las -o s.svg

if command -v gnuplot > /dev/null; then
    for f in $figures; do
        for r in one many; do
            plot $f $r.db -o $f.svg > out 2>&1 && grep -q '</svg>' $f.svg
            ok $? "$f is drawn, $r"
        done
        cp $f.svg again.svg && plot $f many.db -o $f.svg \
            && cmp -s $f.svg again.svg
        ok $? "$f: twice the same bytes"
        rm $f.svg && gnuplot -d $f.gp 2> /dev/null \
            && cmp -s $f.svg again.svg
        ok $? "$f: its script draws it too"
    done
    plot rho-cdf rho.db -o rho.svg > out 2>&1 && grep -q '</svg>' rho.svg
    ok $? "rho-cdf is drawn"
    plot slo slo.db -o slo.svg > out 2>&1 && grep -q '</svg>' slo.svg
    ok $? "slo is drawn"
    plot load loads.db -o load.svg > out 2>&1
    ok $? "load is drawn"
    plot jct loads.db --load 0.6 -o l.svg > out 2>&1
    ok $? "one load of several may be named"
    plot jct-cdf both.db -t "$evil" -o evil.svg > out 2>&1
    ok $? "a name full of quotes is drawn"
    mkdir -p 'f`touch ran`'"'"
    plot jct one.db -o 'f`touch ran`'"'"'/x`touch ran`'"'"'.svg' > out 2>&1
    ok $? "into a folder full of quotes"
    find . -name ran | grep -q .
    test $? -ne 0
    ok $? "and nothing that they said was run"
    for x in pdf png tex txt; do
        plot jct one.db -o x.$x && test -s x.$x
        ok $? "the extension $x decides the format"
    done
    head -c 4 x.pdf | grep -q '%PDF'
    ok $? "a PDF is one"
    plot jct many.db --format epslatex -o e.tex && test -s e.eps \
        && grep -q 'includegraphics.*{e}' e.tex
    ok $? "LaTeX gets two files that fit together"
    plot jct one.db && test -s jct.pdf
    ok $? "without --output it is FIGURE.pdf"
    ls -d .plot-* > /dev/null 2>&1
    test $? -ne 0
    ok $? "no folder is left behind"
else
    skip "figures are drawn" "no gnuplot here"
fi

# What there is, and all of it.
GNUPLOT=/nowhere/gnuplot
export GNUPLOT
plot list loads.db > out
grep -q '^loads.db: 24 runs, 4 experiments$' out && grep -q '^   2  load=0.6' out \
    && grep -q 'rho-cdf *no: ' out && grep -q '^  load  *a metric' out
ok $? "list says what is there and what is missing"
says 3 'gnuplot is not there' "all without gnuplot says so at the end" \
    plot all loads.db -o all --format svg
test -s all/3-jct.gp && test -s all/load.csv && test ! -e all/load.svg \
    && grep -q 'skipped .*rho-cdf' out
ok $? "and leaves data and scripts, experiment by experiment"
unset GNUPLOT
: > blocked
says 1 'cannot' "a folder that is a file" plot all loads.db -o blocked
mkdir -p closed
if test "$(id -u)" != 0; then
    chmod a-w closed
    says 1 'cannot write' "a folder that nobody may write to" \
        plot all loads.db -o closed
else
    skip "a folder that nobody may write to" "root may"
fi
says 2 'experiments, expected --experiment N' "one experiment at a time" \
    plot jct loads.db
says 2 "experiment: '9' is wrong" "and one that there is" plot jct loads.db -e 9
says 2 'does not go by it' "an option of other figures" \
    plot jct loads.db -e 1 --metric jct_p50_s
says 2 "did you mean 'jct_p99_s'" "a metric that is not there" \
    plot load loads.db -m jct_p98_s
says 1 "did you mean 'srtf'" "a baseline that is not there" \
    plot load loads.db -b srft
# Ratios of two policies' means, paired by hand.
GNUPLOT=/nowhere/gnuplot "$bin/vnplot" load loads.db -b fifo -o ratio.svg \
    2> /dev/null
"$bin/vnreplay" compare loads.db --format csv \
    | awk -F, '$3 == 0.6 && $5 == "srtf" && $10 == "jct_mean_s" {print $14}' > want
awk -F, '$2 == "srtf" && $3 == 0.6 {print $5}' ratio.csv | paste - want \
    | awk '{d = $1 / $2 - 1; exit d * d > 1e-12 || $2 == ""}'
ok $? "a curve of ratios has those of compare"
GNUPLOT=/nowhere/gnuplot "$bin/vnplot" sensitivity loads.db -o sense.svg \
    2> /dev/null
cut -d, -f 2-5 sense.csv | sed 's/,3,/,/' | grep -v policy | sort > sense
cut -d, -f 2-5 load.csv | sed 's/,3,/,/' | grep -v policy | sort > load
awk -F, 'FNR == NR {y[$1 $2] = $3; next}
    {d = y[$1 $2] / $3 - 1; n++; if (d * d > 1e-12) bad = 1}
    END {exit bad || n != 8}' sense load
ok $? "where all jobs finish, a sweep of loads has the numbers of load"
says 1 'nothing varies' "a sweep needs something that varies" \
    plot sensitivity one.db -o s.svg
says 2 'by: expected 1 name' "of one parameter" \
    plot sensitivity loads.db --by load,cluster -o s.svg
says 2 "by: no run has 'lod'" "that there is" \
    plot sensitivity loads.db --by lod -o s.svg
"$bin/vnreplay" run --generate '--jobs 200 --durations lognormal:20m:1' \
    --load 0.4:1:0.2 --seed 1:3 -c v100:2x8 -p fifo,srtf -r loads2.db \
    > /dev/null
"$bin/vnreplay" merge loads.db loads2.db -o grid.db > out 2>&1
GNUPLOT=/nowhere/gnuplot "$bin/vnplot" heat grid.db -o heat.svg 2> /dev/null
test "$(awk -F, 'NR > 1 {print $3 "," $4}' heat.csv | sort -u | wc -l)" = 8 \
    && test "$(wc -l < heat.csv)" = 17
ok $? "a map of two parameters has a cell for each pair"
says 1 'load varies too' "or says what varies besides" \
    plot sensitivity grid.db --by cluster -o s.svg
"$bin/vnreplay" run --generate '--jobs 200 --durations lognormal:20m:1' \
    --load 0.9 --seed 1:3 -c v100:1x8 -p fifo -p srtf:error=0.5 \
    -p srtf:error=1 -r error.db > /dev/null
GNUPLOT=/nowhere/gnuplot "$bin/vnplot" sensitivity error.db -o e.svg 2> /dev/null
test "$(cut -d, -f 2,3 e.csv | tr '\n' ' ')" = "policy,error fifo,0.5 fifo,1 \
srtf,0.5 srtf,1 "
ok $? "an option of a policy is a parameter, and others are level"
says 1 'no run trained a model' "convergence needs training" \
    plot convergence one.db -o c.svg
says 1 'no run trained a model' "and so does memory" plot memory one.db -o m.svg
plot table one.db > t.md && head -n 3 t.md | tail -n 1 | grep -q '^| policy |'
ok $? "a table in Markdown"
plot table one.db -o t.tex && grep -q 'toprule' t.tex
ok $? "and in LaTeX"
says 2 'expected .tex or .md' "in nothing else" plot table one.db -o t.html
plot jct-cdf one.db --label 'las=our `own`' -o l.svg > out 2>&1
grep -q "our .own." l.csv && grep -q '^0,fifo' l.csv
ok $? "a policy may be called otherwise"

# Names that would be formats, commands or markup, or are longer than a page.
L1='las=`touch ran`$(touch ran)'"'"'"_{x}^50%\alpha<b>&'
L2='srtf=سياسة عادلة'
L3="fifo=$(printf '%01000d' 0)"
if command -v gnuplot > /dev/null; then
    for x in svg cairolatex; do
        plot all one.db -o hostile --format $x --label "$L1" --label "$L2" \
            --label "$L3" > out 2>&1 && ! grep -q '^failed' out && test ! -e ran
        ok $? "every figure takes any name, $x"
    done
else
    skip "every figure takes any name" "no gnuplot here"
fi

# One job: one step, and bars of one length.
head -2 a.csv > single.csv
"$bin/vnreplay" run -t single.csv -c v100:2x8 -p fifo,las --keep all \
    -r single.db > /dev/null
for f in $figures; do
    GNUPLOT=/nowhere/gnuplot "$bin/vnplot" $f single.db -o single.svg \
        > out 2>&1
    test $? -eq 3
    ok $? "$f of one job"
done

says 2 "unknown figure 'jtc', did you mean 'jct'" "a figure that is not there" \
    plot jtc one.db
says 2 "unknown figure 'zzzzzz'" "one like no other" plot zzzzzz one.db
says 2 'expected a figure and a results file' "no results" plot jct
says 2 'does not say what to draw' "an extension like no format" \
    plot jct one.db -o x.jpeg
says 2 'has no extension' "no extension" \
    plot jct one.db --format svg -o figure
says 2 'data or script' "a figure in the place of its data" \
    plot jct one.db --format svg -o figure.csv
says 2 "did you mean 'pdf'" "a format that is not there" \
    plot jct one.db --format pdff
says 2 'is wrong' "a width of nothing" plot jct one.db --width 0
says 2 'is wrong' "a height of nothing" plot jct one.db --height x
says 1 'cannot write' "a folder that is not there" \
    plot jct one.db -o nowhere/x.svg
says 1 'none.db: No such file' "results that are not there" plot jct none.db
says 1 'is not a results file' "a trace is no result" plot jct a.csv
says 1 "no run of policy 'wfs', expected " "a policy that was not run" \
    plot jct one.db -p wfs
says 2 'holds 2 experiments' "one experiment at a time" plot jct both.db
says 2 '^   2  load=0.6' "one load at a time" \
    plot jct loads.db
says 2 'is wrong' "a load that is no number" plot jct loads.db --load high
says 1 'has no load' "a load curve needs loads" plot load one.db
"$bin/vnreplay" run -t a.csv -c v100:2x8 -p fifo --keep run -r bare.db \
    > /dev/null
says 1 'recorded with its jobs' "a distribution needs jobs" \
    plot jct-cdf bare.db
says 1 'without samples' "a course needs samples" plot utilisation bare.db
done_testing
