#!/bin/sh
# A directory includes headers only of those before it (see ARCHITECTURE.md),
# and a library is called only in the file that owns it.
. "$(dirname "$0")/../tap.sh"
cd "$TOP_SRCDIR" || exit 1
report() { # name, what is wrong
    echo "$2" > "$tmp/out"
    test -z "$2"
    ok $? "$1"
}
includes() { # pattern of includes, folders
    pattern=$1
    shift
    grep -rEn --include='*.[ch]' --include='*.cu' "^#include $pattern" "$@" \
        2> /dev/null
}
layer() { # folder, the folders before it that it may use
    allowed=$(echo "$1 $2" | sed 's/ *$//; s/ /|/g')
    test -d "$1" || return
    report "$1 includes only: $allowed" \
        "$(includes '"[a-z_]+/' "$1" | grep -Ev "\"($allowed)/")"
}
owner() { # header, where it may stand, said as a pattern of paths
    report "<$1> is included only in $2" \
        "$(includes "<$1" base plan traces enclavedom sim vnode_exec replay \
            analysis | grep -Ev "^($2):")"
}
layer base ""
layer plan "base"
layer traces "base plan"
layer enclavedom "base"
layer vnode_exec "base plan"
layer analysis "base"
layer sim "base plan traces enclavedom"
layer replay "base plan traces sim analysis"
owner 'csv\.h' 'base/table\.c'
owner 'sqlite3\.h' 'base/store/store\.c'
owner 'gsl/' '(traces|analysis)/[a-z_/]+\.[ch]'
owner 'jansson\.h' '(traces/import/[a-z_]+|plan/profile/[a-z_]+|sim/outside/exec)\.[ch]'
owner 'glpk\.h' 'sim/policy/round/program\.c'
owner 'cuda' 'vnode_exec/device/cuda/(cuda\.h|[a-z_]+\.cu)'
done_testing
