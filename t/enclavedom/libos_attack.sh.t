#!/bin/sh
# A program that wants out of the library OS, attack by attack, with what lies
# below it in place; natively, as a control, each gets what it wants.
. "$(dirname "$0")/../tap.sh"
if grep -qa '__asan_init\|__gcov_merge_add' "$TOP_BUILDDIR/enclavedom/enclavedom"; then
    skip_all "instruments make calls of their own"
fi
enclavedom=$(cd "$TOP_BUILDDIR/enclavedom" && pwd)/enclavedom
attack=$(cd "$TOP_BUILDDIR/t/enclavedom" && pwd)/libos_attack
# Whoever gets out gets at nothing but the test's own files.
mkdir "$tmp/w" "$tmp/outside"
cd "$tmp/w" || exit 1
prepare() {
    rm -rf ../outside/* suid hard soft x other
    mkdir ../outside/empty
    touch code ../outside/victim ../outside/other
    printf no > ../outside/secret
    printf ok > fine
}
prepare
ln -s ../outside/secret out
ln -s ../outside up

ways=
for b in mpk process mprotect; do
    for old in "" +old; do
        if "$enclavedom" run ${old:+--old-kernel} --backend $b -- /bin/true 2> err; then
            ways="$ways $b$old"
        else
            skip "$b$old" "$(cat err)"
        fi
    done
done
keys=no
test "${ways#* mpk}" = "$ways" || keys=yes

# Nobody gets what the word says, but under the ways that are named.
try() { # attack, "ways that it wins" or "", options ...
    name=$1 wins=" $2 "
    shift 2
    case $name in
    flags | *-stack) ;; # which are no harm natively
    *) prepare && "$attack" "$name" > native.out 2>&1
        ok $? "natively $name gets what it wants" || diag native.out ;;
    esac
    for way in $ways; do
        old=
        test "${way%+old}" = "$way" || old=--old-kernel
        prepare
        # shellcheck disable=SC2086
        SECRET=4711 "$enclavedom" run $old --show-tables --time virtual --memory 256MiB \
            --backend "${way%+old}" --allow-write . "$@" -- "$attack" "$name" > got 2> err
        status=$?
        if test "${wins#* "$way" }" = "$wins"; then
            test $status = 7 || { test $status = 1 && grep -q '(stopped by ' err; }
            ok $? "$way: $name: $(cat err)" || diag got
        else
            ok $status "$way: $name gets what it wants: that is not stopped"
        fi
    done
}
if test $keys = yes; then
    # The others have nothing to set, or no table within reach.
    all=$ways
    ways=" mpk"
    for a in own-code own-vectors dropped read-only written-after two-mappings grown across \
        rewritten pkey-set-of-library switch-of-library gate-of-library back-by-rights back-by-vectors; do
        try $a ""
    done
    ways=$all
else
    skip "ways to set rights" "no keys here"
fi
try flags ""
try high-stack ""
try selector ""
try uncounted "mprotect"
# Under `process` it is a table of the program's own that is opened.
try mprotect-of-library "mprotect+old process+old"
try vsyscall ""
try all-numbers ""
try odd-memory ""
try hole-in-break ""
try memory-read "" --allow-read /
try memory-written "" --allow-write /
try device "" --allow-read /dev
try set-user ""
try ways-of-opening ""
while test -e code && test ! -e over; do
    ln -sf fine new && mv -f new flip
    ln -sf ../outside/secret new && mv -f new flip
done &
try race ""
touch over
wait
try descriptors ""
try environment "" --allow-read /
# Ended by the kernel where no frame fits, and else by the library.
for a in low-stack middle-stack; do
    for way in $ways; do
        "$enclavedom" run --show-tables --backend "${way%+old}" -- "$attack" $a > got 2> err
        status=$?
        test $status = 1 -o $status = 139
        ok $? "$way: $a: status $status" || diag err
    done
done

# What a program is called does not speak to the terminal.
if command -v busybox > /dev/null; then
    "$enclavedom" run --strict -- busybox tee "$(printf '/tmp/a\033[31mb')" < code 2> err
    grep -q '^enclavedom: busybox: may not write /tmp/a?\[31mb (stopped by' err
    ok $? "a name's control characters are not printed" || diag err
else
    skip "a name's control characters" "no busybox here"
fi
# An interpreter must be what it may read.
if command -v "${CC-cc}" > /dev/null && echo 'int main(void) { return 0; }' > p.c &&
    cp /bin/true ./loader && ${CC-cc} -Wl,--dynamic-linker="$PWD/loader" -o p p.c 2> /dev/null; then
    "$enclavedom" run -- ./p 2> err
    test $? = 1 && grep -q "loader: an interpreter that it may not read" err
    ok $? "an interpreter that may not be read" || diag err
else
    skip "an interpreter that may not be read" "no compiler here"
fi
# Where the tables are, nothing can be mapped or unmapped (mseal).
if test $keys = yes && test "$(id -u)" = 0; then
    mkfifo line
    "$enclavedom" run --backend mpk --show-tables -- /bin/sh -c 'echo "$ENCLAVEDOM_TABLES"; read line' < line > tables &
    exec 9> line
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        test -s tables && break
        sleep 0.1
    done
    table=$(sed 's/.*paths:0x\([0-9a-f]*\),.*/\1/' tables)
    cat "/proc/$!/smaps" > smaps 2> /dev/null || true
    awk -v at="$table" '/^[0-9a-f]+-[0-9a-f]+ / { split($1, r, "-"); here = r[1] <= at && at < r[2] }
        here && /^VmFlags:/ { if (/ sl/) found = 1 } END { exit !found }' smaps
    found=$?
    if test -s smaps; then
        ok $found "mpk: the pages of tables are sealed" || diag tables
    else
        skip "the pages of tables are sealed" "nobody may see them here"
    fi
    exec 9>&-
    wait
else
    skip "the pages of tables are sealed" "no keys, or not root"
fi
done_testing
