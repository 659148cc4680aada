#!/bin/sh
# vnplot allocation: what is allocated and fragmented, of a table of curves.
. "$(dirname "$0")/../tap.sh"
bin=$TOP_BUILDDIR
cd "$tmp" || exit 1

cat > table.csv << 'END'
score,shuffle,arrived_percent,used_percent,frag_percent
fgd,1,50,50,10
fgd,2,50,48,12
fgd,1,100,95,5
best-fit,1,50,50,14
best-fit,1,100,93,7
END
# Without gnuplot the data are there all the same.
draw() { GNUPLOT=/nowhere/gnuplot "$bin/vnplot" allocation "$@" > out 2>&1; }
draw table.csv -o load.svg
is "$?" 3 "no gnuplot has a status of its own"
is "$(cat load.csv)" "series,score,arrived_percent,used_percent,frag_percent
0,fgd,50,49,11
0,fgd,100,95,5
1,best-fit,50,50,14
1,best-fit,100,93,7" "the mean over shuffles, score by score"
grep -q "arrived, % of devices" load.gp
ok $? "as load arrives"
cat > table.csv << 'END'
score,time_s,arrived_percent,used_percent,frag_percent
fgd,0,10,10,10
fgd,7200,20,15,9
END
draw table.csv -o time.svg
is "$(tail -n 2 time.csv)" "0,fgd,0,10,10
0,fgd,2,15,9" "or over time, in hours"
if command -v gnuplot > /dev/null; then
    "$bin/vnplot" allocation table.csv -o drawn.svg > out 2>&1 &&
        grep -q '<svg' drawn.svg
    ok $? "gnuplot draws it"
    "$bin/vnplot" allocation table.csv --format dumb -o drawn.txt > out 2>&1
    ok $? "in characters too"
else
    skip "gnuplot draws it" "no gnuplot"
fi
wrong() { # what is said, name, edit of the table
    sed "$3" table.csv > bad.csv
    draw bad.csv -o bad.svg
    test $? -eq 1 && grep -q "$1" out && test ! -e bad.svg
    ok $? "$2"
}
wrong "bad.csv:.*no column 'score'" "no scores" '1s/score/name/'
wrong "bad.csv:2:11: used_percent\|bad.csv:2:10: used_percent" \
    "more than all" '2s/10,10$/110,10/'
wrong "no rows" "nothing to draw" '2,$d'
for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do
    echo "s$i,0,1,1,1"
done > names.txt
cat names.txt >> table.csv
wrong "bad.csv:17:1: more than 14 scores" "too many scores" 's/^fgd/x/'
draw none.csv -o bad.svg
test $? -eq 1 && grep -q none.csv out
ok $? "no such table"
done_testing
