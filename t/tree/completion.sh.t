#!/bin/sh
# What bash and zsh complete is what --help says, of each program and command.
. "$(dirname "$0")/../tap.sh"
PATH=$TOP_BUILDDIR:$PATH
command -v bash > /dev/null || skip_all "no bash here"

options() { # text of --help
    sed -nE 's/^ +(-[a-zA-Z], )?(--[a-z][a-z0-9-]*).*/\2/p' "$1" | sort -u
}
# What bash offers for these words, of which the last is being written.
offered() { # program, words ...
    bash -c '. "$1"; shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        "_$1" 2> /dev/null
        printf "%s\n" "${COMPREPLY[@]}"' - "$TOP_BUILDDIR/completion/$1" "$@" | sort -u
}
for program in vntrace vnsim vnexec vnreplay vnplot enclavedom; do
    binary=$TOP_BUILDDIR/$program
    test -d "$binary" && binary=$binary/$program
    "$binary" --help > "$tmp/help" < /dev/null
    sed -nE 's/^  ([a-z][a-z-]*)  .*/\1/p' "$tmp/help" | sort -u > "$tmp/commands"
    is "$(offered $program --)" "$(options "$tmp/help")" "$program: options"
    if test -s "$tmp/commands"; then
        is "$(offered $program '')" "$(cat "$tmp/commands")" "$program: commands"
    fi
    wrong=
    while read -r command; do
        "$binary" "$command" --help > "$tmp/help" 2> /dev/null < /dev/null
        test "$(offered $program "$command" --)" = "$(options "$tmp/help")" ||
            wrong="$wrong $command"
    done < "$tmp/commands"
    is "$wrong" "" "$program: options of commands"
    grep -q "^#compdef $program\$" "$TOP_BUILDDIR/completion/_$program"
    ok $? "$program: zsh knows whose it is"
    if command -v zsh > /dev/null; then
        zsh -n "$TOP_BUILDDIR/completion/_$program" > "$tmp/out" 2>&1
        ok $? "$program: zsh reads it"
    else
        skip "$program: zsh" "no zsh here"
    fi
done
is "$(offered vnsim --format j)" "json" "a choice"
is "$(offered vnsim -p fifo-)" "fifo-skip" "a policy"
offered vnsim -p '' | grep -qx wfs
ok $? "all policies"
is "$(offered vnsim share --order s)" "sjf" "a choice of a command"
is "$(offered vnsim --trace x)" "" "files are left to the shell"
done_testing
