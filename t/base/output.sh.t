#!/bin/sh
# Standard output that takes nothing: status 1 and a message from every program
# and each of its commands.
. "$(dirname "$0")/../tap.sh"
cd "$TOP_BUILDDIR" || exit 1
test -c /dev/full || skip_all "there is no /dev/full"
full() { # command ...
    "$@" > /dev/full 2> "$tmp/out"
    test $? -eq 1 && grep -q 'standard output' "$tmp/out"
    ok $? "$*"
}
for p in vnexec vnplot vnreplay vnsim vntrace; do
    full ./$p --help
    full ./$p --version
done
for p in vnexec vnreplay vntrace; do
    for command in $(./$p --help | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p'); do
        full ./$p "$command" --help
    done
done
full ./vnsim solve --help
small=$TOP_SRCDIR/t/data/small.csv
./vntrace generate --preset philly --jobs 20 -o "$tmp/t.csv" > "$tmp/out" 2>&1
full ./vntrace generate --preset philly --jobs 20
full ./vntrace stat "$small"
full ./vnsim -t "$tmp/t.csv" -c v100:8x8 -p fifo
full ./vnsim -t "$tmp/t.csv" -c v100:8x8 -p fifo --format json
./vnreplay run -t "$tmp/t.csv" -c v100:8x8 -p fifo,srtf -r "$tmp/r.db" \
    > "$tmp/out" 2>&1
full ./vnreplay compare "$tmp/r.db"
full ./vnreplay export "$tmp/r.db"
full ./vnreplay schema
full ./vnreplay reproduce "$tmp/r.db"
full ./vnexec run -m mlp -b 8 -v 2 -n 1
full ./vnexec run -m mlp -b 8 -v 2 -n 1 --quiet
./vnexec run -m mlp -b 8 -v 2 -n 1 -q --no-eval -c "$tmp/ck" > "$tmp/out" 2>&1
full ./vnexec eval --resume "$tmp/ck"
full ./vnexec digest "$tmp/ck"
full ./vnexec devices
full ./vnexec work -b 8 -v 2
full ./vnexec profile --max 1 --repeat 1
done_testing
