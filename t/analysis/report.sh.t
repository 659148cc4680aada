#!/bin/sh
# vnplot report: one page that needs nothing but itself, whatever names are in
# the results, with gnuplot and without.
. "$(dirname "$0")/../tap.sh"
bin=$TOP_BUILDDIR
cd "$tmp" || exit 1
mkdir moment
export TMPDIR="$tmp/moment"
awk -v x=2385 'BEGIN {
    print "job_id,submit_s,duration_s,devices"
    for (i = 0; i < 300; i++) {
        x = x * 16807 % 2147483647; t += x % 97
        x = x * 16807 % 2147483647; d = 1 + x % 1999
        x = x * 16807 % 2147483647; print i "," t "," d "," 2 ^ (x % 6)
    }
}' > a.csv
# Names that would be markup, run a command, or run the other way.
long=$(printf '%0200d' 0)
evil='<script>alert(1)<b>&"`touch ran`$(touch ran)'"'"'\alpha_{x}^%'
rtl='مهمة.csv'
# The same jobs under another name would be the same runs.
head -n 250 a.csv > "$long.csv"
head -n 200 a.csv > "$rtl"
head -n 150 a.csv > "$evil.csv"
for t in a.csv "$long.csv" "$rtl" "$evil.csv"; do
    "$bin/vnreplay" run -t "$t" -c v100:1x8,k80:1x8 -p fifo,las,srtf --keep all \
        -r r.db > out 2>&1
done
"$bin/vnreplay" run -t a.csv -c v100:1x8 -p fifo,las --until 20000 \
    -r left.db > out 2>&1

GNUPLOT=/nowhere/gnuplot
export GNUPLOT
says 3 'gnuplot is not there' "without gnuplot it says so" \
    "$bin/vnplot" report r.db -o none.html
grep -q 'no figures: gnuplot was not' none.html && grep -q '</html>' none.html
ok $? "and is a page all the same"
unset GNUPLOT
"$bin/vnplot" report left.db -o left.html > out 2>&1
grep -q 'jobs* unfinished' left.html && grep -q 'rejected [0-9]* job' left.html \
    && grep -q 'has 1 replicate: its numbers have no intervals' left.html
ok $? "it warns of jobs that were left or rejected, and of few replicates"
echo old > kept.html
says 1 'is not a results file' "a trace is no result" \
    "$bin/vnplot" report a.csv -o kept.html
test "$(cat kept.html)" = old
ok $? "and an older page is left alone"
says 1 'cannot' "a folder that is not there" \
    "$bin/vnplot" report r.db -o nowhere/r.html
# What is kept must be what compare says.
"$bin/vnreplay" compare r.db --experiment 1 --format csv | awk -F, \
    '$0 ~ /,las,/ && $0 ~ /jct_mean_s/ {for (i = 1; i <= NF; i++)
        if ($i == "jct_mean_s") {print $(i + 1); exit}}' > want
tr '<>' '\n\n' < none.html | sed -n 's/.*data-n="\(.*\)".*/\1/p' > numbers
awk 'FNR == NR {want = $1; next} {d = $1 / want - 1; if (d * d < 1e-12) found = 1}
    END {exit !found}' want numbers
ok $? "its numbers are those of compare"

if ! command -v gnuplot > /dev/null; then
    skip "figures" "no gnuplot here"
    done_testing
    exit
fi
"$bin/vnplot" report r.db -o r.html > out 2>&1 && test "$(grep -c '<figure' r.html)" -gt 20
ok $? "figures of each experiment are in it"
cp r.html again.html && "$bin/vnplot" report r.db -o r.html && cmp -s r.html again.html
ok $? "twice the same bytes"
! tr '"' '\n' < r.html | grep -q '^http'
ok $? "nothing is loaded from elsewhere"
! grep -q '<script>alert\|<b>&' r.html && test ! -e ran
ok $? "names are texts"
ls -d .plot-* "$TMPDIR"/vnplot-?????? > left.txt 2> /dev/null
test ! -s left.txt
ok $? "no folder is left behind"

if command -v chromium > /dev/null; then
    # The page tells a frame as wide as a phone what came of it.
    sed 's|<meta http-equiv="Content-Security-Policy"|<script>window.bad=[];onerror=m=>bad.push(m)</script>&|
        s|</body>|<script>document.querySelectorAll("th button")[1].click();parent.postMessage([document.documentElement.scrollWidth,innerWidth,document.images.length,[...document.images].filter(i=>!i.naturalWidth).length,bad.length,document.querySelector("[aria-sort]")!=null].join(" "),"*")</script>&|' \
        r.html > probe.html
    cat > frame.html << 'EOF'
<!DOCTYPE html><title>frame</title><p id="said">nothing</p>
<script>onmessage=e=>document.getElementById('said').textContent='said '+e.data</script>
<iframe width="360" height="800" style="border:0" src="probe.html"></iframe>
EOF
    timeout 100 chromium --headless=new --no-sandbox --disable-gpu \
        --user-data-dir="$tmp/chromium" --virtual-time-budget=20000 --dump-dom \
        "file://$tmp/frame.html" > dom 2> err
    sed -n 's/.*said \([0-9]* .*\)<\/p>.*/\1/p' dom > out
    read -r wide window images broken errors sorted < out
    test "${wide:-9999}" -le "${window:-0}"
    ok $? "on a phone nothing overflows (${wide:-?} of ${window:-?})"
    test "${images:-0}" -gt 20 && test "${broken:-1}" = 0 && test "${errors:-1}" = 0
    ok $? "every figure is shown and nothing goes wrong"
    test "${sorted:-}" = true
    ok $? "the tables can be sorted"
else
    skip "the page in a browser" "no chromium here"
fi
done_testing
