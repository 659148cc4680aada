#!/bin/sh
# Sweeps that are killed at random points, as a whole or their workers, go on
# and end as one that was not: 10 kills, or KILLS of them (make check-long: 100), 3 with VN_BRIEF.
# Also what may be wrong with the file: full, read-only, locked, of another format.
. "$(dirname "$0")/../tap.sh"
bin=$TOP_BUILDDIR/vnreplay
cd "$tmp" || exit 1
kills=${KILLS:-10}
test -z "${VN_BRIEF-}" || kills=3

cat > paper.yaml << 'END'
generate: [--preset philly --jobs 150]
clusters: [v100:4x8, v100:16x8]
policies: [fifo, fifo-skip, srtf, las, wfs]
scaling: linear
loads: [0.6, 0.9]
seeds: 1:10
keep: all
END
sweep() { "$bin" run paper.yaml --results "$1" --quiet -j 2; }
sweep whole.db > out 2>&1
ok $? "a sweep of 200 runs"
diag out
"$bin" export whole.db > whole.csv
"$bin" export whole.db -t run | awk 'END {exit NR != 201}'
ok $? "has them"

# Park and Miller's numbers: when to kill, whom, and how.
x=2385
next() { x=$((x * 16807 % 2147483647)); }
children() { cat "/proc/$1/task/$1/children" 2> /dev/null; }
killed=0 same=0 round=0
while test $killed -lt "$kills"; do
    round=$((round + 1))
    rm -f r.db r.db-journal
    tries=0
    while :; do
        "$bin" run paper.yaml --results r.db --quiet -j 2 > out 2>&1 &
        pid=$!
        next
        sleep "0.$(printf '%03d' $((40 + x % 900)))"
        next
        case $((x % 4)) in
        0) victims=$pid signal=KILL ;;
        1) victims=$pid signal=TERM ;;
        2) victims=$(children $pid | cut -d ' ' -f 1) signal=KILL ;;
        *) victims=$(children $pid) signal=TERM ;;
        esac
        # shellcheck disable=SC2086
        if test -n "$victims" && kill -$signal $victims 2> /dev/null; then
            killed=$((killed + 1))
        fi
        wait $pid && break
        tries=$((tries + 1))
        test $killed -lt "$kills" && test $tries -lt 8 || break
    done 2> /dev/null
    sweep r.db > out 2>&1 && "$bin" export r.db | cmp -s - whole.csv && same=$((same + 1))
done
test $same = $round
ok $? "after $killed kills in $round sweeps: each ends with the bytes of one that was not killed"

# A trace that changes between start and resume is another trace.
"$TOP_BUILDDIR/vntrace" generate --preset philly --jobs 100 --load 0.9 --cluster v100:16x8 -o t.csv
"$bin" run -t t.csv -c v100:16x8 -p fifo -r changed.db > out
sed -i '$d' t.csv
"$bin" run -t t.csv -c v100:16x8 -p fifo,srtf -r changed.db > out
says 1 'not the same jobs\|t.csv' "a trace that changed between runs is named" "$bin" compare changed.db
"$bin" export changed.db -t run | awk 'END {exit NR != 4}'
ok $? "and nothing is lost"

# Files that cannot be written.
cp whole.db full.db
if test "$(id -u)" = 0; then
    mkdir disk
    if mount -t tmpfs -o size=64k none disk 2> /dev/null; then
        "$bin" run paper.yaml --results disk/r.db --quiet > out 2>&1
        test $? = 1 && grep -q 'disk is full\|No space left' out
        ok $? "a full disk is named"
        "$bin" export disk/r.db -t run > out 2>&1
        ok $? "and what is there can be read"
        umount disk
    else
        skip "a full disk" "no tmpfs can be mounted here"
    fi
    skip "a file that may not be written" "the superuser may write every file"
else
    skip "a full disk" "only the superuser can make one here"
    chmod a-w full.db
    says 1 'full.db' "a file that may not be written is named" "$bin" run paper.yaml --results full.db --seed 11
    chmod u+w full.db
    "$bin" export full.db | cmp -s - whole.csv
    ok $? "and left as it is"
fi
for format in 3 99; do
    cp whole.db other.db
    printf "\\000\\000\\000\\$(printf '%o' $format)" | dd of=other.db bs=1 seek=60 conv=notrunc 2> /dev/null
    says 1 "other.db: is of format $format, this version reads" "a file of format $format is named" \
        "$bin" run paper.yaml --results other.db
done
if command -v python3 > /dev/null; then
    cp whole.db locked.db
    python3 -c 'import sqlite3, time
d = sqlite3.connect("locked.db", isolation_level=None)
d.execute("BEGIN EXCLUSIVE"); print("locked", flush=True); time.sleep(2)' > lock &
    until grep -q locked lock; do sleep 0.05; done
    "$bin" run paper.yaml --results locked.db --seed 11 --quiet -j 1 > out 2>&1
    ok $? "a file that another program holds is waited for"
    diag out
    wait
else
    skip "a file that another program holds is waited for" "no python3 here"
fi
done_testing
