#!/bin/sh
# What is installed for other programs: the examples of the manual compile
# against it, alone, and do what the manual says.
. "$(dirname "$0")/../tap.sh"
if grep -qa '__gcov_merge_add\|__asan_init' "$TOP_BUILDDIR/vnsim"; then
    skip_all "instrumented code needs libraries that nobody links here"
fi
unset MAKEFLAGS MFLAGS MAKELEVEL

for page in enclavedom.3 enclavedom.7 vn_policy.3; do
    if command -v mandoc > /dev/null; then
        mandoc -T lint -W warning "$TOP_SRCDIR/man/$page" > "$tmp/lint" 2>&1
        ok $? "$page passes mandoc's lint"
        diag "$tmp/lint"
    else
        skip "$page" "no mandoc here"
    fi
done

example() { # page, file: what stands in it between .Bd and .Ed
    awk -v name="/* $2 */" '/^\.Bd -literal/ { getline; on = $0 == name }
        /^\.Ed/ { on = 0 }
        on { gsub(/\\e/, "\\"); print }' "$TOP_SRCDIR/man/$1" > "$tmp/$2"
}
example enclavedom.3 bank.c
example enclavedom.3 teller.c
example vn_policy.3 first.c

make -s -C "$TOP_BUILDDIR" install-libLIBRARIES install-nobase_enclavedomHEADERS \
    install-nobase_includeHEADERS install-pkgconfigDATA DESTDIR="$tmp/root" \
    > "$tmp/log" 2>&1
ok $? "library, headers and pkg-config file are installed"
diag "$tmp/log"
pc=$(find "$tmp/root" -name enclavedom.pc)
test -n "$pc" && include=$(sed -n 's/^includedir=//p' "$pc") &&
    prefix=$(sed -n 's/^prefix=//p' "$pc")
include=$(echo "$include" | sed "s|\${prefix}|$prefix|")
lib=$(find "$tmp/root" -name libenclavedom.a)
cc=${CC-cc}
cflags="-std=gnu11 -O2 -Wall -Wextra -Werror"

# shellcheck disable=SC2086
$cc $cflags -I"$tmp/root$include/virtualflow" -o "$tmp/bank" "$tmp/bank.c" \
    "$lib" -lm -lpthread > "$tmp/log" 2>&1
ok $? "the example of enclavedom(3) compiles against what is installed"
diag "$tmp/log"
# shellcheck disable=SC2086
$cc $cflags -shared -fPIC -o "$tmp/teller.so" "$tmp/teller.c"
ok $? "and its plug-in"
"$tmp/bank" "$tmp/teller.so" > "$tmp/out" 2> "$tmp/err"
test "$(cat "$tmp/out")" = "it saw 42
the balance is 42"
ok $? "which sees the balance, and cannot change it"
grep -q "^bank: teller: \(wrote\|read\) region 'books' at 0x[0-9a-f]* (stopped by [a-z]*[;)]" "$tmp/err"
ok $? "and is stopped for trying"
diag "$tmp/err"
"$tmp/bank" "$tmp/teller.so" none > "$tmp/out" 2>&1
test "$(tail -1 "$tmp/out")" = "the balance is 1000000"
ok $? "but under none"

# shellcheck disable=SC2086
$cc $cflags -shared -fPIC -I"$tmp/root$include" -o "$tmp/first.so" "$tmp/first.c" \
    > "$tmp/log" 2>&1
ok $? "the example of vn_policy(3) compiles"
diag "$tmp/log"
awk 'BEGIN { print "job_id,submit_s,duration_s,devices"
    for (i = 0; i < 200; i++) print i "," i * 31 "," 10 + i * 7919 % 900 "," 1 + i % 5 }' > "$tmp/t.csv"
for p in fifo "$tmp/first.so"; do
    "$TOP_BUILDDIR/vnsim" -t "$tmp/t.csv" -c v:2x4 -p "$p" -j - > "$tmp/$(basename "$p").csv"
done
cmp "$tmp/fifo.csv" "$tmp/first.so.csv" && test "$(wc -l < "$tmp/fifo.csv")" = 201
ok $? "and does what the built-in policy does"
for f in $(sed -n 's/^.*\*\?\(vn_\(view\|answer\)_[a-z_]*\)(.*/\1/p' "$TOP_SRCDIR/virtualflow/policy.h" | sort -u); do
    grep -q "^\.Fn $f " "$TOP_SRCDIR/man/vn_policy.3" || missing="$missing $f"
done
test -z "$missing"
ok $? "vn_policy(3) has every function of the header" || echo "#$missing"
done_testing
