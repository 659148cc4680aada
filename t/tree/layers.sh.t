#!/bin/sh
# A folder includes headers only of those before it, a room within it only of
# the rooms that it may know (see ARCHITECTURE.md), a file of a kind none of
# its like, and a library is called only in the file that owns it.
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
room() { # room, the rooms of its own folder that it may use, as a pattern
    folder=${1%%/*}
    report "$1 knows of $folder only: ${2:-itself}" \
        "$(includes "\"$folder/" "$1" | grep -Ev "\"$1/[a-z_]+\.[a-z]+\"" |
            if test -n "$2"; then grep -Ev "\"$folder/($2)\""; else cat; fi)"
}
alike() { # files of a kind, a pattern of headers of that kind
    report "no file of $1 knows another" \
        "$(for f in $1; do
            stem=${f%.*}
            includes "\"$2" "$f" | grep -v "\"$stem\.h\""
        done)"
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
layer sim "base plan traces enclavedom virtualflow"
layer replay "base plan traces sim analysis"
room sim/api ""
room sim/engine "api/.*"
room sim/policy/queue "api/.*"
room sim/policy/share "api/.*|policy/queue/(waiting|ordered)\.h"
room sim/policy/deadline "api/.*|policy/share/(deadline_plan|divided|timeline)\.h"
room sim/policy/round "api/.*"
room sim/observe "(api|engine)/.*|output\.h"
room sim/outside "(api|engine)/.*|policy/policies\.h"
room vnode_exec/device/reference "device/[a-z_]+\.h"
room vnode_exec/device/host "device/[a-z_]+\.h"
room vnode_exec/device/cuda "device/[a-z_]+\.h"
room vnode_exec/model "device/device\.h"
room vnode_exec/array ""
room vnode_exec/data "array/array\.h|model/model\.h"
room vnode_exec/train "(array|device|data|model)/.*"
room traces/import "trace(_row)?\.h"
room traces/draw "trace\.h"
room replay/sweep ""
room replay/compare ""
room replay/experiment "findings\.h|sweep/.*|experiment/.*"
room sim/place "api/heap\.h"
room replay/live "sweep/.*"
room replay/validate "findings\.h|live/.*"
room base/store "[a-z_]+\.h"
room base/yaml "[a-z_]+\.h"
room enclavedom/backend "enclavedom\.h"
room enclavedom/libos "enclavedom\.h|scan\.h|backend/backend\.h"
alike 'traces/import/[a-z]*.c' \
    'traces/import/(acme|gavel|helios|openb|pai|philly|pollux|swf|tiresias|virtualflow)'
alike 'analysis/figure/[a-z]*.c' 'analysis/figure/(jct|load|queue|util|heat|sens|speed)'
alike 'analysis/figure/measured/[a-z]*.c' 'analysis/figure/measured/(conv|mem|seg|val)'
alike 'sim/policy/queue/*.c' 'sim/policy/queue/(fifo|las|priority|sjf|srtf)'
owner 'csv\.h' 'base/table\.c'
owner 'nettle/' 'base/digest\.c'
owner 'yaml\.h' 'base/yaml/yaml\.c'
owner 'zip\.h' 'vnode_exec/array/npz\.c'
owner 'sqlite3\.h' 'base/store/store\.c'
owner 'gsl/' '(traces|analysis)/[a-z_/]+\.[ch]'
owner 'jansson\.h' '(traces/import/[a-z_]+|plan/profile/[a-z_]+|sim/outside/(exec|asked)|vnode_exec/array/safetensors)\.[ch]'
owner 'nlopt\.h' 'plan/adaptive/fit\.c'
owner 'glpk\.h' 'sim/policy/(round/program|adaptive/assign_program)\.c'
owner 'cuda' 'vnode_exec/device/cuda/(cuda\.h|[a-z_]+\.cu)'
report "no folder holds more than 30 sources" \
    "$(for d in base plan traces enclavedom sim vnode_exec replay analysis t; do
        find "$d" -type f -name '*.[ch]' -o -name '*.cu' -o -name '*.cc'
    done | sed 's|/[^/]*$||' | sort | uniq -c | awk '$1 > 30')"
done_testing
