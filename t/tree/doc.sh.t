#!/bin/sh
# The pages in doc/: what a page has typed at a prompt is run as it is written,
# other commands' options are taken, links lead somewhere, and the reference
# of columns is that of the schema.
. "$(dirname "$0")/../tap.sh"
PATH=$TOP_BUILDDIR:$PATH
export PYTHONDONTWRITEBYTECODE=1
unset MAKEFLAGS MFLAGS MAKELEVEL

# Commands in a line each: those behind '$ ', or (plain) those without.
commands() { # page, prompt or plain
    awk '/^```/ {off = !off} !off && /^    / {print substr($0, 5)}' "$1" |
        awk '{text = text $0; if (text ~ /\\$/) {sub(/\\$/, "", text); next}
              print text; text = ""}' |
        if test "$2" = prompt; then sed -n 's/^\$ //p'; else grep '^vn'; fi
}

for page in "$TOP_SRCDIR"/doc/*.md; do
    name=$(basename "$page" .md)
    mkdir "$tmp/$name" && cd "$tmp/$name" || exit 1
    ln -s "$TOP_SRCDIR/traces" "$TOP_SRCDIR/virtualflow" "$TOP_SRCDIR/base" \
        "$TOP_SRCDIR/plan" "$TOP_SRCDIR/replay" .
    commands "$page" prompt > lines
    while read -r line; do
        case $line in
        *python*) command -v python3 > /dev/null || continue ;;
        vnplot*) command -v "${GNUPLOT:-gnuplot}" > /dev/null || continue ;;
        esac
        (eval "$line") > "$tmp/out" 2>&1 < /dev/null
        ok $? "$name: $line"
    done < lines
    commands "$page" plain > lines
    while read -r line; do
        (eval "$line --help") > "$tmp/out" 2>&1 < /dev/null
        ok $? "$name: $line --help"
    done < lines
    grep -o '](\([a-z]*\.md\))' "$page" | tr -d '()]' | sort -u > links
    while read -r link; do
        test -f "$TOP_SRCDIR/doc/$link" -o -f "$TOP_BUILDDIR/doc/$link"
        ok $? "$name: $link is there"
    done < links
done
test "$(commands "$TOP_SRCDIR/doc/tutorial.md" prompt | wc -l)" -eq 10
ok $? "the tutorial has ten commands"
cd "$tmp/tutorial" || exit 1
if test -e load.pdf; then
    head -c 4 jct.pdf | grep -q '%PDF' && head -c 4 load.pdf | grep -q '%PDF'
    ok $? "and draws its figures"
fi

# The policy that stands in the page is sjf.
if command -v python3 > /dev/null; then
    cd "$tmp/policies" || exit 1
    awk '/^```python/ {on = 1; next} /^```/ {on = 0} on' \
        "$TOP_SRCDIR/doc/policies.md" > mine/shortest.py
    vnsim -t trace.csv -c v100:4x8 -p sjf -j sjf.csv > "$tmp/out" 2>&1 &&
        vnsim -t trace.csv -c v100:4x8 -p 'exec:python3 mine/shortest.py' \
            -j mine.csv > "$tmp/out" 2>&1 &&
        cmp sjf.csv mine.csv
    ok $? "the policy in the page is sjf"
else
    skip "the policy in the page" "no python3 here"
fi

vnreplay schema --format csv | cut -d, -f1,2 | sed 1d | tr , ' ' > "$tmp/schema"
while read -r table column; do
    awk -v t="## $table" -v c="| \`$column\` |" '/^## / {on = $0 == t}
        on && index($0, c) == 1 {found = 1} END {exit !found}' \
        "$TOP_BUILDDIR/doc/columns.md" || echo "$table.$column"
done < "$tmp/schema" > "$tmp/out"
test ! -s "$tmp/out" -a -s "$tmp/schema"
ok $? "each column of the schema is in the reference"
done_testing
