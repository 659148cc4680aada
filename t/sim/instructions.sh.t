#!/bin/sh
# What a job costs in instructions, by policy: within 5 % of what is written
# here, so that a change that makes all of them dearer is seen.  They are those
# of the second thousand of 2,000 jobs, so that what a start costs is in none.
. "$(dirname "$0")/../tap.sh"
command -v valgrind > /dev/null || skip_all "no valgrind here"
test "$(uname -m)" = x86_64 || skip_all "the numbers are of x86-64"
grep -qx 'CFLAGS = -O2 -g' "$TOP_BUILDDIR/Makefile" || skip_all "the numbers are of -O2 -g"
! grep -q 'fsanitize\|--coverage' "$TOP_BUILDDIR/Makefile" || skip_all "not of an instrumented program"
cc=$(sed -n 's/^CC = //p' "$TOP_BUILDDIR/Makefile")
case $($cc -dumpfullversion 2> /dev/null) in 12.*) ;; *) skip_all "the numbers are of gcc 12" ;; esac
cd "$tmp" || exit 1
"$TOP_BUILDDIR/vntrace" generate --preset philly --jobs 2000 --load 0.9 --cluster v100:16x8 \
    --seed 1 -o whole.csv > out 2>&1
ok $? "a trace"
head -n $(($(grep -c '' whole.csv) - 1000)) whole.csv > half.csv

count() { # trace, policy
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$TOP_BUILDDIR/vnsim" --trace "$1" \
        --cluster v100:16x8 --policy "$2" 2>&1 > /dev/null | sed -n 's/.*Collected : //p'
}
while read -r policy want; do
    count half.csv "$policy" > half &
    whole=$(count whole.csv "$policy")
    wait
    got=$(((whole - $(cat half)) / 1000))
    test $((got * 100)) -le $((want * 105)) && test $((got * 100)) -ge $((want * 95))
    ok $? "$policy: $got instructions a job, $want were"
done << 'END'
fifo 8760
fifo-skip 8540
sjf 8730
srtf 13090
las 11750
wfs 13890
END
done_testing
