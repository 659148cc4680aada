#!/bin/sh
# Each program has a page; the page passes mandoc's lint, and its options are
# those of --help, of every command where there are commands.
. "$(dirname "$0")/../tap.sh"

options() { # the long options in a text
    grep -oE -e '--[a-z][a-z0-9-]+' | sort -u
}

for program in vntrace vnsim vnexec vnreplay vnplot enclavedom; do
    binary=$TOP_BUILDDIR/$program
    test -d "$binary" && binary=$binary/$program # built in its folder
    test -x "$binary" || continue
    page=$TOP_SRCDIR/man/$program.1
    test -f "$page"
    ok $? "$program has a manual page"
    test -f "$page" || continue
    if command -v mandoc > /dev/null; then
        mandoc -T lint -W warning "$page" > "$tmp/lint" 2>&1
        ok $? "$program.1 passes mandoc's lint"
        diag "$tmp/lint"
    else
        skip "$program.1" "no mandoc here"
    fi
    "$binary" --help > "$tmp/help"
    ok $? "$program --help"
    # The names of the commands stand first on lines indented by two.
    cp "$tmp/help" "$tmp/all"
    sed -nE 's/^  ([a-z][a-z-]*)  .*/\1/p' "$tmp/help" > "$tmp/commands"
    while read -r command; do
        "$binary" "$command" --help >> "$tmp/all" 2> /dev/null
    done < "$tmp/commands"
    sed -nE 's/^ +(-[a-zA-Z], )?(--[a-z][a-z0-9-]*).*/\2/p' "$tmp/all" \
        | sort -u > "$tmp/said"
    # In mdoc an option is "Fl -name".
    grep -oE 'Fl -[a-z][a-z0-9-]+|[|,] -[a-z][a-z0-9-]+' "$page" \
        | sed 's/.* -/--/' | sort -u > "$tmp/written"
    comm -23 "$tmp/said" "$tmp/written" > "$tmp/unwritten"
    test ! -s "$tmp/unwritten"
    ok $? "$program.1 has every option of --help"
    sed 's/^/# not in the page: /' "$tmp/unwritten"
    comm -13 "$tmp/said" "$tmp/written" > "$tmp/unsaid"
    test ! -s "$tmp/unsaid"
    ok $? "--help of $program has every option of the page"
    sed 's/^/# not in --help: /' "$tmp/unsaid"
done
done_testing
