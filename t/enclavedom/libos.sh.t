#!/bin/sh
# Unmodified programs under the library OS give what they give without it, and
# get no further than they may; what is refused is said.
. "$(dirname "$0")/../tap.sh"
if grep -qa '__asan_init\|__gcov_merge_add' "$TOP_BUILDDIR/enclavedom/enclavedom"; then
    skip_all "instruments make calls of their own"
fi
enclavedom=$(cd "$TOP_BUILDDIR/enclavedom" && pwd)/enclavedom
evil=$(cd "$(dirname "$0")" && pwd)/evil.py
vnsim=$TOP_BUILDDIR/vnsim
here=$(cd "$TOP_SRCDIR" && pwd)
cd "$tmp" || exit 1
export LC_ALL=C.UTF-8

backends=
for b in mpk process mprotect none; do
    if "$enclavedom" run --backend $b -- /bin/true 2> err; then
        backends="$backends $b"
    else
        skip "$b" "$(cat err)"
    fi
done

# The same words natively and under every backend, with what is on standard
# input: same output, errors and status.
same() { # name, words ...
    name=$1
    shift
    if ! command -v "$1" > /dev/null; then
        skip "$name" "no $1 here"
        return
    fi
    "$@" < in > native.out 2> native.err
    native=$?
    for b in $backends; do
        "$enclavedom" run --backend "$b" --allow-write "$tmp/w" -- "$@" < in > out 2> err
        test $? = $native && cmp -s native.out out && cmp -s native.err err
        ok $? "$b: $name" || diag err
    done
}
mkdir w
printf '%s\n' b 2 a 10 c 7 > in
# The one of the distribution, whatever stands before it in PATH.
PATH=/usr/bin:/bin:$PATH
same "a shell and its builtins" busybox sh -c 'n=0
while [ $n -lt 3 ]; do echo $n; n=$((n + 1)); done
f() { echo "$1-$2"; }; f a b; cd /usr; pwd; case x in y) ;; *) echo star;; esac; exit 5'
same "ls" busybox ls /usr/include
same "ls with what a file is" busybox ls -l /usr/lib/python3
same "sort" busybox sort
same "awk" busybox awk '{ s += $1; n[$1]++ } END { print s, length(n) }'
same "cat of what is not there" busybox cat /usr/nothing
same "python3 with json and heapq" python3 -c 'import sys, json, heapq, math, re
lines = sys.stdin.read().split()
print(json.dumps({"n": len(lines), "least": heapq.nsmallest(2, lines)}))
print(sum(math.sqrt(i) for i in range(10000)), re.sub("a", "b", "banana"))
sys.exit(3)'
same "python3 that fails" python3 -c 'open("/usr/nothing")'
same "lua5.4" lua5.4 -e 'for l in io.lines() do io.write(l, ";") end print(2^53, ("x"):rep(5))'
for b in $backends; do
    command -v sqlite3 > /dev/null || break
    rm -rf w
    mkdir w
    sql='create table t(a integer, b text); insert into t values (1,"x"),(2,"y"),(30,"z");
        begin; update t set a = a * 2; commit; create index i on t(a); select sum(a), max(b) from t; vacuum; pragma integrity_check;'
    "$enclavedom" run --backend "$b" --allow-write w -- sqlite3 w/a.db "$sql" > out 2> err
    status=$?
    test $status = 0 -a "$(tr '\n' ' ' < out)" = "66|z ok " -a "$(sqlite3 w/a.db 'select count(*) from t')" = 3
    ok $? "$b: sqlite3 on a file in a folder that may be written" || diag err
    "$enclavedom" run --backend "$b" --allow-read w -- sqlite3 w/a.db 'delete from t' > out 2> err
    test $? != 0 -a "$(sqlite3 w/a.db 'select count(*) from t')" = 3
    ok $? "$b: and not where it may only be read"
done

# Every kind of program.
echo 'int main(void) { return 42; }' > p.c
for how in -static -static-pie -no-pie -pie; do
    ${CC-cc} $how -o p p.c 2> /dev/null || {
        skip "$how" "the compiler makes none"
        continue
    }
    for b in $backends; do
        "$enclavedom" run --backend "$b" -- ./p 2> err
        test $? = 42
        ok $? "$b: a program linked with $how" || diag err
    done
done

# What it may use up.
cat > r.c <<'C'
#include <fcntl.h>
#include <stdio.h>
static int down(volatile char *p) { volatile char b[8192]; b[0] = *p; return down(b) + b[0]; }
int main(int argc, char **argv)
{
    char c = 0;
    int n = 0;
    if (argc > 1) {
        while (open("/usr", O_RDONLY) >= 0) n++;
        return printf("%d\n", n) < 0;
    }
    return down(&c) + (argv == NULL);
}
C
if ${CC-cc} -w -O0 -o r r.c 2> /dev/null; then
    for b in $backends; do
        "$enclavedom" run --backend "$b" -- ./r > out 2> err
        test $? = 1 && grep -q '^enclavedom: ./r: used up its stack of 8192 KiB (stopped by' err
        ok $? "$b: recursion without end" || diag err
        test "$("$enclavedom" run --backend "$b" -- ./r files)" = 253
        ok $? "$b: descriptors are limited"
    done
else
    skip "recursion, descriptors" "no compiler here"
fi

# An extension that python imports, against the tables.
for b in $backends; do
    command -v python3 > /dev/null || break
    "$enclavedom" run --backend "$b" --show-tables -- python3 -c 'import ctypes, os, re
tables = re.findall(r"descriptors:0x([0-9a-f]+)", os.environ["ENCLAVEDOM_TABLES"])
print(len(ctypes.string_at(int(tables[0], 16), 8)))' > out 2> err
    case $b in
    none) test $? = 0 -a "$(cat out)" = 8 ;;
    *) test $? = 1 && grep -q "read region 'descriptors' at 0x.* (stopped by $b" err ;;
    esac
    ok $? "$b: ctypes, imported, reads a table: $(cat err)"
done

# What it may not: refused, and under --strict its end, with the reason.
: > shadow.out
evil() { # what, what it hears, what is said under --strict
    for b in $backends; do
        rm -f /tmp/vn-evil
        "$enclavedom" run --backend "$b" -- python3 "$evil" "$1" > out 2> err
        test "$(cat out)" = "$2" -a ! -e /tmp/vn-evil
        ok $? "$b: evil.py: $1: $2" || diag out
        "$enclavedom" run --strict --backend "$b" -- python3 "$evil" "$1" > out 2> err
        test $? = 1 -a "$(cat err)" = "enclavedom: python3: $3 (stopped by $b)" -a ! -e /tmp/vn-evil
        ok $? "$b: evil.py: $1, strictly: $3" || diag err
    done
}
if command -v python3 > /dev/null; then
    evil write "Permission denied" "may not write /tmp/vn-evil"
    evil shadow "Permission denied" "may not read /etc/shadow"
    evil socket "Function not implemented" "may not call socket"
    evil fork "Function not implemented" "may not call clone"
    evil run "Function not implemented" "may not call execve"
    evil kill "Function not implemented" "may not call kill"
    evil unlink "Permission denied" "may not write $evil"
    evil link "Function not implemented" "may not call symlink"
fi
# A link in a folder that is allowed leads where it leads.
ln -s /etc/shadow w/link
"$enclavedom" run --allow-read w -- python3 -c 'open("w/link")' > out 2> err
test $? = 1 && grep -q 'Permission denied' err
ok $? "a link that leads out of what is allowed"
"$enclavedom" run --allow-read w -- python3 -c 'open("w/../w/../../etc/shadow")' > out 2> err
test $? = 1
ok $? "dots that lead out of it"

# The same in every run.
draw='import random, time, os
print(random.random(), time.time(), time.monotonic(), os.urandom(4), hash("a"))
time.sleep(1000); print(time.monotonic())'
for b in $backends; do
    for i in 1 2; do
        "$enclavedom" run --backend "$b" --time virtual --random 7 -- python3 -c "$draw" > draw.$i 2>> err
    done
    test -s draw.1 && cmp -s draw.1 draw.2 && test "$(awk 'END { print ($1 > 1000) }' draw.1)" = 1
    ok $? "$b: time and random numbers are the same in every run"
done
"$enclavedom" run --time virtual --random 8 -- python3 -c "$draw" > draw.2
cmp -s draw.1 draw.2
test $? = 1
ok $? "and others with another seed"

# A report, limits, and errors.
"$enclavedom" run --report report -- python3 "$evil" socket > out
grep -q '^program: /usr/bin/python3' report && grep -q '^not served: socket, [12] times$' report
ok $? "a report says what is not served" || diag report
"$enclavedom" run --memory 120MiB -- python3 -c 'x = bytearray(200 << 20)' > out 2> err
test $? = 1 && grep -q MemoryError err
ok $? "memory is limited"
says() { # status, what is said, words ...
    want="$1 $2"
    said=$2
    shift 2
    got=$("$enclavedom" "$@" 2>&1 < /dev/null | head -1)
    "$enclavedom" "$@" > /dev/null 2>&1 < /dev/null
    test "$? $got" = "$want"
    ok $? "$said" || echo "# got: $got"
}
says 2 "enclavedom: run: expected -- PROGRAM [ARG ...]" run
says 2 "enclavedom: --backend: unknown 'mkp', did you mean 'mpk'?" run --backend mkp -- true
says 2 "enclavedom: --time: unknown 'vitual', did you mean 'virtual'?" run --time vitual -- true
says 2 "enclavedom: --memory: '1' is wrong, expected bytes from 1 MiB to 1 TiB (16GiB, 900M)" run --memory 1 -- true
says 1 "enclavedom: nonesuch: no program of this name in PATH is for x86-64 (ELF)" run -- nonesuch
says 1 "enclavedom: ./p.c: is no program for x86-64 (ELF)" run -- ./p.c
says 1 "enclavedom: ./none: No such file or directory" run -- ./none
says 1 "enclavedom: nowhere: No such file or directory" run --allow-read nowhere -- true
head -c 5000 /bin/true > cut.elf
says 1 "enclavedom: $tmp/cut.elf: has a segment outside the file" run -- ./cut.elf

# As a policy.
awk 'BEGIN {
    print "job_id,submit_s,duration_s,devices"
    for (i = 0; i < 200; i++)
        print i "," i * 97 "," 10 + i * 7919 % 1500 "," 1 + i % 4
}' > t.csv
"$vnsim" -t t.csv -c v100:2x8 -p fifo -j fifo.csv > out
"$vnsim" new-policy --python own > out 2>&1
for b in $backends; do
    "$vnsim" -t t.csv -c v100:2x8 -p "libos:python3 $here/t/sim/plugin/fifo.py" --backend "$b" -j jobs.csv > out 2> err
    cmp -s fifo.csv jobs.csv && grep -q "confined by $b" out
    ok $? "$b: a policy in python gives fifo's bytes" || diag err
    "$vnsim" -t t.csv -c v100:2x8 -p "libos:python3 own/own.py" --backend "$b" > out 2> err
    ok $? "$b: a policy of one's own, with its module" || diag err
    "$vnsim" -t t.csv -c v100:2x8 -p "libos:python3 $evil write" --backend "$b" > out 2> err
    test $? = 1 && grep -q "^enclavedom: python3: may not write /tmp/vn-evil (stopped by $b)$" err &&
        grep -q '^vnsim: policy libos:python3 .*evil.py write: ended with status 1, expected an answer$' err
    ok $? "$b: and an evil one is stopped, and why is said" || diag err
done
long=$(awk 'BEGIN { for (i = 0; i < 5000; i++) printf "x" }')
many=$(awk 'BEGIN { for (i = 0; i < 300; i++) printf "x " }')
"$vnsim" -t t.csv -c v100:2x8 -p "libos:python3 $long" > out 2> err
test $? = 1 && grep -q '^enclavedom: a command of 5008 bytes, expected less than 4096$' err
ok $? "a command that is too long is not cut" || diag err
"$vnsim" -t t.csv -c v100:2x8 -p "libos:python3 $many" > out 2> err
test $? = 1 && grep -q '^enclavedom: a command of more than 256 words$' err
ok $? "nor one of too many words" || diag err
done_testing
