#!/bin/sh
# Every sample in the manuals: JSON is parsed, commands' options are taken, and
# what needs no foreign input is run.
. "$(dirname "$0")/../tap.sh"
command -v mandoc > /dev/null || skip_all "no mandoc here"
PATH=$TOP_BUILDDIR:$PATH
cd "$tmp" || exit 1

# The displays of a page as a reader sees them, in one line each where a line
# goes on; '$ ' is a prompt.
displays() { # page
    awk '/^\.Bd -literal/ {on = 1; print ".nf"; print "@@begin"; next}
         /^\.Ed/ {if (on) {print "@@end"}; on = 0; next}
         /^\.Dl / {sub(/^\.Dl /, ""); print "@@begin"; print; print "@@end"; next}
         on {print}' "$1" \
        | sed 's/\\e/\\/g; s/\\-/-/g; s/\\(aq/'\''/g; s/\\(dq/"/g' \
        | awk '/^@@begin/ {next} /^\.nf/ {next}
               {text = text $0; if (text ~ /\\$/) {sub(/\\$/, "", text); next}
                if ($0 == "@@end") {text = ""; next}
                print text; text = ""}' | sed 's/^\$ //'
}
for page in vnexec vnplot vnreplay vnsim vntrace; do
    displays "$TOP_SRCDIR/man/$page.1" > "$page.txt"
    # An option that stands there is one that the program takes.
    grep -o 'vn[a-z]* [^|;&]*' "$page.txt" | grep -v '^vn[a-z]*\.' > lines
    while read -r line; do
        (eval "b=4; $line --help") > out 2>&1 < /dev/null
        ok $? "$page(1): $line"
    done < lines
    test -s lines
    ok $? "$page(1) has samples"
done

json=0
for page in "$TOP_SRCDIR"/man/*.[17]; do
    mandoc -T ascii -O width=300 "$page" | sed 's/.\x08//g' \
        | perl -MJSON::PP -0777 -ne '
            while (/^\s*(\{".*?\})\s*$/msg) {
                my $text = $1;
                eval { JSON::PP->new->decode($text) };
                print $@ ? "BAD $text: $@\n" : "good\n";
            }' > found
    json=$((json + $(grep -c good found)))
    cp found out
    ! grep -q BAD found
    ok $? "JSON in $(basename "$page") is JSON"
done
test $json -ge 3
ok $? "and there is some"

# With a trace in the place of Philly's the simulator's samples run.
vntrace generate --preset philly --jobs 200 --load 0.9 --cluster v100:16x8 \
    -o philly.csv > out 2>&1
ok $? "a trace to run them on"
cp philly.csv philly-trace.csv
ln -s "$TOP_SRCDIR/virtualflow" virtualflow
for page in vnsim vnreplay vnplot; do
    command -v "${GNUPLOT:-gnuplot}" > /dev/null || test $page != vnplot || continue
    command -v sqlite3 > /dev/null || sed -i '/^sqlite3/d' $page.txt
    grep -v '^[ {]\|libos:' $page.txt > lines
    while read -r line; do
        rm -rf mine
        (eval "$line") > out 2>&1 < /dev/null
        ok $? "run: $line"
    done < lines
done
grep -v 'import\|^ \|^for\|done' vntrace.txt > lines
while read -r line; do
    (eval "$line") > out 2>&1 < /dev/null
    ok $? "run: $line"
done < lines
done_testing
