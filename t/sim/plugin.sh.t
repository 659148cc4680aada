#!/bin/sh
# Policies as shared objects: the built-in ones give the same bytes under every
# backend, and hostile ones are stopped, each with an error of its own.
. "$(dirname "$0")/../tap.sh"
if grep -qa __gcov_merge_add "$TOP_BUILDDIR/vnsim"; then
    skip_all "the coverage counters are writes of their own, inside"
fi
vnsim=$TOP_BUILDDIR/vnsim
plugins=$TOP_BUILDDIR/t/sim/plugin

# 300 jobs; a run of five policies under four backends takes a few seconds.
awk 'BEGIN {
    print "job_id,submit_s,duration_s,devices,max_devices,weight,priority"
    x = 12345
    for (i = 0; i < 300; i++) {
        x = (x * 69069 + 1) % 4294967296; t += x % 200
        x = (x * 69069 + 1) % 4294967296; d = 1 + int(x / 65536) % 4
        x = (x * 69069 + 1) % 4294967296
        print i "," t "," 10 + int(x / 65536) % 2000 "," d "," d "," 1 + i % 3 "," i % 5
    }
}' > "$tmp/t.csv"
# The sanitizer makes system calls of its own where a gate gives up, and remarks
# that it does not know the stack that is left then.
sanitized=no
if grep -qa __asan_init "$vnsim"; then
    sanitized=yes
    cat > "$tmp/vnsim" <<END
#!/bin/sh
"$vnsim" "\$@" 2> "$tmp/said.\$\$"
status=\$?
grep -v '__asan_handle_no_return\|^False positive error reports\|^For details see' "$tmp/said.\$\$" >&2
rm "$tmp/said.\$\$"
exit \$status
END
    chmod +x "$tmp/vnsim"
    vnsim=$tmp/vnsim
fi
run() { # words ...
    "$vnsim" -t "$tmp/t.csv" -c v100:2x8 -j "$tmp/jobs.csv" "$@" 2>&1
}

backends=none
for b in mpk process mprotect; do
    if run -p "$plugins/fifo.so" --backend $b > "$tmp/out"; then
        backends="$backends $b"
    else
        skip "$b" "$(cat "$tmp/out")"
    fi
done

for policy in fifo fifo_skip sjf srtf las priority wfs wfs_ht; do
    name=$(echo $policy | tr _ -)
    run -p "$name" > /dev/null
    mv "$tmp/jobs.csv" "$tmp/$policy.csv"
    for b in $backends; do
        run -p "$plugins/$policy.so" --backend $b > "$tmp/out"
        cmp -s "$tmp/$policy.csv" "$tmp/jobs.csv"
        ok $? "$policy as a plug-in under $b gives the same bytes"
    done
done

# Modelled jobs: what is asked of the profile comes through gates as well.
awk 'BEGIN {
    print "job_id,submit_s,model,global_batch,vnodes,steps,devices"
    for (i = 0; i < 120; i++)
        print i "," i * 17 % 900 ",net," 64 * (1 + i % 3) ",8," 50 + i * 37 % 400 "," 1 + i % 4
}' | sort -t, -k2n > "$tmp/m.body"
{ grep job_id "$tmp/m.body"; grep -v job_id "$tmp/m.body"; } > "$tmp/m.csv"
printf '%s\n' model,device_type,batch,step_s,peak_bytes net,v100,1,0.01,1000000 net,v100,512,0.9,900000000 \
    net,k80,1,0.03,1000000 net,k80,512,3.1,900000000 > "$tmp/profile.csv"
modelled() { # words ...
    "$vnsim" -t "$tmp/m.csv" -c v100:1x4,k80:1x4 --profile "$tmp/profile.csv" -j "$tmp/jobs.csv" "$@" 2>&1
}
for policy in wfs wfs_ht srtf las; do
    modelled -p "$(echo $policy | tr _ -)" > "$tmp/out" || diag "$tmp/out"
    mv "$tmp/jobs.csv" "$tmp/modelled.csv"
    for b in $backends; do
        modelled -p "$plugins/$policy.so" --backend $b > "$tmp/out"
        cmp -s "$tmp/modelled.csv" "$tmp/jobs.csv"
        ok $? "$policy of modelled jobs gives the same bytes under $b"
    done
done

# Where changes cost time, policies differ in when they see a job leave.
costly() { # words ...
    run --costs start=3,release=7,shrink=2 "$@"
}
costly -p wfs > "$tmp/out" || diag "$tmp/out"
mv "$tmp/jobs.csv" "$tmp/costly.csv"
for b in $backends; do
    costly -p "$plugins/wfs.so" --backend $b > "$tmp/out"
    cmp -s "$tmp/costly.csv" "$tmp/jobs.csv"
    ok $? "wfs where changes cost time gives the same bytes under $b"
done

stopped() { # plug-in, backend, what is said
    case $sanitized:$1 in yes:jump | yes:handle)
        skip "$1" "the sanitizer makes calls of its own"
        return
        ;;
    esac
    rm -f "$tmp/jobs.csv"
    said=$(run -p "$plugins/hostile_$1.so" --backend "$2" --limit 0.1)
    status=$?
    said=$(echo "$said" | sed "s|$plugins/||g; s/0x[0-9a-f]*/ADDRESS/g; s/@[0-9a-f]*//")
    test $status = 1 -a "$said" = "vnsim: $3" -a ! -e "$tmp/jobs.csv"
    ok $? "$1 is stopped by $2" || echo "# $status, said: $said"
}
# What a process tells of its own end is said to be so; its time is not.
said_by() {
    time="(stopped by $b)"
    by=$time
    test $b = process && by="(stopped by $b; by its own account)"
}
for b in $backends; do
    test $b = none && continue
    said_by
    in="policy hostile: in decide():"
    no="which a plug-in may not under $b"
    stopped ledger $b "$in $(test $b = process && echo wrote || echo read) region 'ledger' at ADDRESS $by"
    stopped rng $b "$in read region 'random' at ADDRESS $by"
    stopped engine $b "$in read region 'engine' at ADDRESS $by"
    stopped results $b "$in read region 'results' at ADDRESS $by"
    if test $b = process; then
        stopped forge $b "policy hostile: there is no job in slot 12345, expected one that arrived and has not left"
    else
        stopped forge $b "$in wrote region 'answer' at ADDRESS $by"
    fi
    stopped scan $b "$in read region 'events' at ADDRESS $by"
    # It jumps to the WRPKRU of a gate: where there are no keys that is no
    # instruction, where there are it gets as far as the front door.
    if grep -qw ospke /proc/cpuinfo; then
        stopped jump $b "$in gave ADDRESS, which is not its own $by"
    else
        stopped jump $b "$in was stopped by signal 4 (Illegal instruction) at ADDRESS $by"
    fi
    stopped fork $b "hostile_fork.so: calls 'fork', $no"
    stopped loop $b "$in did not return within 0.1 s $time"
    stopped recurse $b "$in used up its stack of 1024 KiB $by"
    stopped longjmp $b "hostile_longjmp.so: calls '_setjmp', $no"
    stopped exit $b "$in called exit(0) $by"
    stopped unmap $b "hostile_unmap.so: calls 'munmap', $no"
    stopped constructor $b "hostile_constructor.so: called exit(7) $by"
    stopped memory $b "$in used up its memory $by"
    stopped syscall $b "hostile_syscall.so: holds SYSCALL at address ADDRESS, expected code without it at any offset"
    stopped wrpkru $b "hostile_wrpkru.so: holds WRPKRU at address ADDRESS, expected code without it at any offset"
    stopped handle $b "$in in vn_view_held_all: gave ADDRESS, which is not its own $by"
    run -p "$plugins/wfs.so" --backend $b > /dev/null
    cmp -s "$tmp/wfs.csv" "$tmp/jobs.csv"
    ok $? "and a run after them is as it was, under $b"
done

# More of them, in one object.
limit=0.3
various() { # attack, backend, what is said
    if test $sanitized = yes; then
        skip "$1" "the sanitizer makes calls of its own"
        return
    fi
    rm -f "$tmp/jobs.csv"
    said=$(run -p "$plugins/hostile_various.so" -o attack="$1" --backend "$2" --limit $limit |
        sed 's/0x[0-9a-f]*/ADDRESS/g; s/@[0-9a-f]*//; s/job [0-9]*/job N/')
    # shellcheck disable=SC2254 # $3 is a pattern
    case $said in "vnsim: policy various: "$3) test ! -e "$tmp/jobs.csv" ;; *) false ;; esac
    ok $? "$1 is stopped by $2" || echo "# said: $said"
}
for b in $backends; do
    test $b = none && continue
    said_by
    various abort $b "in decide(): called abort() $by"
    various nothing $b "in decide(): wrote memory that is not its own at ADDRESS $by"
    various divide $b "in decide(): was stopped by signal 8 (Floating point exception) at ADDRESS $by"
    various code $b "in decide(): wrote its own code or data at ADDRESS against its protection $by"
    various run-data $b "in decide(): ran its own code or data at ADDRESS against its protection $by"
    various run-stack $b "in decide(): ran its own code or data at ADDRESS against its protection $by"
    various pivot $b "in decide(): wrote memory that is not its own at ADDRESS $by"
    various huge-memory $b "in decide(): used up its memory $by"
    various stray-free $b "in decide(): read memory that is not its own at ADDRESS $by"
    various slot $b "in decide(): in vn_view_job: gave ADDRESS, which is not its own $by"
    various type $b "in decide(): in vn_view_free: gave ADDRESS, which is not its own $by"
    various view $b "in decide(): in vn_view_now: gave ADDRESS, which is not its own $by"
    various answer $b "in decide(): in vn_answer_set: gave ADDRESS, which is not its own $by"
    various flood $b "in decide(): in vn_answer_set: gave ADDRESS, which is not its own $by"
    various gates $b "in decide():*did not return within 0.3 s $time"
    various program $b "in decide(): wrote memory that is not its own at ADDRESS $by"
    various pointer $b "in decide(): in vn_view_step_s: gave ADDRESS, which is not its own $by"
    various less $b "in decide(): in vn_view_step_s: gave ADDRESS, which is not its own $by"
    various wake $b "asks to be woken at * s, expected a time after now, * s"
    various greed $b "job N given 1048576 v100, expected 0 to 16, all there are"
    various negative $b "job N given -1 v100, expected 0 to 16, all there are"
    various twice $b "gives * v100 more than the 16 there are"
    for left in segment flags rounding; do
        run -p "$plugins/hostile_various.so" -o attack=$left --backend $b > "$tmp/out"
        cmp -s "$tmp/fifo.csv" "$tmp/jobs.csv"
        ok $? "$left that are left behind change nothing under $b"
    done
done

# The controls: under none nothing stops them.
for attack in abort nothing divide code run-data run-stack pivot stray-free slot; do
    run -p "$plugins/hostile_various.so" -o attack=$attack --backend none > "$tmp/out" 2>&1
    test $? -ge 128 -o $sanitized = yes && ! grep -q 'stopped by' "$tmp/out"
    ok $? "$attack ends the program under none"
done
for attack in type view; do
    run -p "$plugins/hostile_various.so" -o attack=$attack --backend none > "$tmp/out" 2>&1
    ! grep -q 'stopped by' "$tmp/out"
    ok $? "$attack is not noticed under none"
done
for p in ledger rng engine results scan fork longjmp unmap handle; do
    rm -f "$tmp/jobs.csv"
    run -p "$plugins/hostile_$p.so" --backend none > "$tmp/out"
    grep -q 'stopped by' "$tmp/out"
    test $? != 0
    ok $? "$p is not stopped by none"
done
run -p "$plugins/hostile_results.so" --backend none > /dev/null
test "$(diff "$tmp/fifo.csv" "$tmp/jobs.csv" | grep -c '^>')" = 1
ok $? "and the result that one changes is changed, under none"
run -p "$plugins/hostile_exit.so" --backend none > "$tmp/out"
test $? = 0 -a ! -s "$tmp/out" -o $sanitized = yes
ok $? "exit(0) under none ends the program, as if all were well"
run -p "$plugins/hostile_constructor.so" --backend none > "$tmp/out"
test $? = 7 -o $sanitized = yes
ok $? "and a constructor does what it likes"
timeout 1 "$vnsim" -t "$tmp/t.csv" -c v100:2x8 -p "$plugins/hostile_loop.so" \
    --backend none > "$tmp/out" 2>&1
test $? = 124
ok $? "a loop goes on under none"

# Limits.
limited() { # limits, policy, what is said
    said=$(run -p "$2" --limit "$1" | sed 's/@[0-9a-f]*//; s/0x[0-9a-f]*/ADDRESS/')
    test "$said" = "vnsim: $3"
    ok $? "--limit $1" || echo "# said: $said"
}
b=$("$vnsim" -t "$tmp/t.csv" -c v100:2x8 -p "$plugins/fifo.so" |
    sed -n 's/^policy.*confined by //p')
said_by
limited stack=64KiB "$plugins/hostile_recurse.so" \
    "policy hostile: in decide(): used up its stack of 64 KiB $by"
limited memory=1MiB,stack=32KiB "$plugins/hostile_memory.so" \
    "policy hostile: in decide(): used up its memory $by"
limited 0.02 "$plugins/hostile_loop.so" \
    "policy hostile: in decide(): did not return within 0.02 s (stopped by $b)"
limited time=0.03 "$plugins/hostile_loop.so" \
    "policy hostile: in decide(): did not return within 0.03 s (stopped by $b)"
limited files=4 "exec:exec 2>&-; exec 4</dev/null" \
    "policy exec:exec 2>&-; exec 4</dev/null: ended with status 2, expected an answer"
limited files=4,memory=1 "$plugins/fifo.so" \
    "--limit: '1' is wrong, expected bytes from 64 KiB to 64 GiB (16GiB, 900M)"
limited memroy=1MiB "$plugins/fifo.so" \
    "--limit: unknown 'memroy', did you mean 'memory'?"
run -p "$plugins/fifo.so" --limit memory=1MiB,stack=64KiB > /dev/null
cmp -s "$tmp/fifo.csv" "$tmp/jobs.csv"
ok $? "and an honest policy does with little"
for b in $backends; do
    test $b = none && continue
    start=$(date +%s%N)
    run -p "$plugins/hostile_loop.so" --backend $b --limit 0.2 > /dev/null
    test $((($(date +%s%N) - start) / 1000000)) -lt 1400
    ok $? "a loop is stopped within twice the limit, under $b"
done

# A sweep goes on with the next run, and the results say why one failed.
"$TOP_BUILDDIR/vnreplay" run --trace "$tmp/t.csv" --cluster v100:2x8 -r "$tmp/r.db" \
    --policy "$plugins/hostile_exit.so,$plugins/fifo.so,sjf" > "$tmp/out" 2> "$tmp/err"
test $? = 1 && grep -q 'hostile@[0-9a-f]*: in decide(): called exit(0)' "$tmp/err"
ok $? "a sweep with a hostile policy says what became of it"
"$TOP_BUILDDIR/vnreplay" export "$tmp/r.db" --table run > "$tmp/runs" 2>&1
test "$(grep -c ',done,' "$tmp/runs")" = 2 && grep -q 'called exit(0)' "$tmp/runs"
ok $? "and goes on with the others, and the results say why"
"$TOP_BUILDDIR/vnreplay" export "$tmp/r.db" --table job |
    awk -F, -v r="$(grep ',failed,' "$tmp/runs" | cut -d, -f1)" '
        $1 == r { n[$NF]++ }
        END { exit !(n["finished"] > 0 && n["left"] > 0 && n["finished"] + n["left"] < 300) }'
ok $? "and have the jobs that were finished before"
"$TOP_BUILDDIR/vnreplay" compare "$tmp/r.db" > "$tmp/out" 2>&1
grep -A1 '^1 run failed and is not shown:$' "$tmp/out" |
    grep -q '^  1 of hostile@[0-9a-f]*: policy hostile@.*called exit(0)'
ok $? "and compare says why"
"$TOP_BUILDDIR/vnreplay" compare "$tmp/r.db" --format csv 2> "$tmp/err" | grep -q '^hostile'
test $? = 1 && grep -q 'called exit(0)' "$tmp/err"
ok $? "beside a table for machines too"
"$TOP_BUILDDIR/vnreplay" export "$tmp/r.db" --table run --all > "$tmp/runs"
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
    NR > 1 { n[$at["backend"]]++ } END { exit !(n[""] == 1 && (n["mpk"] == 2 || n["process"] == 2)) }' "$tmp/runs"
ok $? "and what confined a policy"

"$TOP_BUILDDIR/vnreplay" run --trace "$tmp/t.csv" --cluster v100:2x8 -r "$tmp/r.db" \
    --policy "$plugins/hostile_loop.so,$plugins/hostile_recurse.so" --limit 0.05 \
    --limit stack=64KiB > "$tmp/out" 2> "$tmp/err"
grep -q 'did not return within 0.05 s' "$tmp/err" &&
    grep -q 'used up its stack of 64 KiB' "$tmp/err"
ok $? "a sweep has limits too"

# So does a single run.
run -p "$plugins/hostile_exit.so" -r "$tmp/one.db" > "$tmp/out"
test $? = 1 && "$TOP_BUILDDIR/vnreplay" export "$tmp/one.db" --table run > "$tmp/runs" &&
    grep -q ',failed,.*called exit(0)' "$tmp/runs" &&
    "$TOP_BUILDDIR/vnreplay" export "$tmp/one.db" --table job | grep -q ',finished$'
ok $? "vnsim keeps what was finished before, and why the run failed"
run -p "$plugins/fifo.so" --backend mprotect > "$tmp/out"
grep -q '^policy  *fifo@[0-9a-f]*, confined by mprotect$' "$tmp/out"
ok $? "and its summary says what confined the policy"

refused() { # status, message, name, words ...
    want=$1 message=$2 name=$3
    shift 3
    "$vnsim" "$@" > "$tmp/out" 2> "$tmp/err"
    got="$? $(sed "s|$tmp/||" "$tmp/err")"
    test "$got" = "$want vnsim: $message"
    ok $? "$name" || echo "# got: $got"
}
cd "$tmp" || exit 1
refused 1 "./x.so: No such file or directory" "a plug-in that is not there" -t t.csv -c v:1 -p ./x.so
refused 1 "./t.csv: is no shared object for x86-64 (gcc -shared -fPIC)" "a file that is no plug-in" -t t.csv -c v:1 -p ./t.csv
head -c 2000 "$plugins/fifo.so" > cut.so
"$vnsim" -t t.csv -c v:1 -p ./cut.so > out 2> err
test $? = 1 && grep -q '^vnsim: ./cut.so: ' err
ok $? "a plug-in that is cut short"
refused 2 "--backend: unknown 'mkp', did you mean 'mpk'?" "a backend that is not there" --backend mkp
refused 2 "new-policy: expected one NAME, of letters, digits, '_' and '-'" "new-policy without a name" new-policy
limit=
# Objects that are no policies; their C is on standard input.
odd() { # what is said, words to compile with ...
    said=$1
    shift
    { echo '#include <virtualflow/policy.h>
static void decide(void *s, const struct vn_view *v, struct vn_answer *a) { (void) s; (void) v; (void) a; }
static enum vn_status refuse(void *s, const struct vn_view *v, const double *x, struct vn_error *e)
{ (void) s; (void) v; (void) x; e->text[0] = 0x6e; e->text[1] = 0x6f; return VN_EINVAL; }
static const char *const few[] = {0}; static const char *const one[] = {"a", 0};
typedef struct vn_policy_option option; typedef struct vn_policy policy;'; cat; } > odd.c
    # shellcheck disable=SC2086
    ${CC-cc} -w -std=gnu11 -O1 -fPIC -shared -I"$TOP_SRCDIR" -o odd.so odd.c "$@" &&
        "$vnsim" -t t.csv -c v100:2x8 -p ./odd.so $limit > out 2> err
    got="$? $(sed 's/0x[0-9a-f]*/ADDRESS/; s/@[0-9a-f]*//; s/(stopped by [a-z]*\(; by its own account\)*)/STOPPED/
        s/expected [0-9]* bytes of its/expected N bytes of its/' err)"
    test "$got" = "1 vnsim: $said"
    ok $? "$said" || echo "# got: $got"
}
b=$("$vnsim" -t t.csv -c v100:2x8 -p "$plugins/fifo.so" | sed -n 's/^policy.*confined by //p')
odd "./odd.so: exports no vn_plugin, expected VN_POLICY_EXPORT() of virtualflow/policy.h" < /dev/null
odd "./odd.so: is written for version 7 of virtualflow/policy.h, expected 3: compile it again" << 'END'
const struct vn_plugin vn_plugin = {7, sizeof(policy), 0};
END
odd "odd.so: what is at (nil) is not its own, expected N bytes of its image or memory" << 'END'
const struct vn_plugin vn_plugin = {3, sizeof(policy), 0};
END
odd "./odd.so: has no decide function" << 'END'
static const policy p = {.name = "p", .summary = "s"}; VN_POLICY_EXPORT(p);
END
odd "./odd.so: has a state of 1099511627776 bytes, expected at most 268435456" << 'END'
static const policy p = {.name = "p", .summary = "s", .decide = decide, .state_size = 1UL << 40};
VN_POLICY_EXPORT(p);
END
for size in 268435456 200000000; do
odd "policy p: its state of $size bytes does not fit into its memory of 268435456: expected a smaller one, or --limit memory=" -DSIZE=$size << 'END'
static const policy p = {.name = "p", .summary = "s", .decide = decide, .state_size = SIZE};
VN_POLICY_EXPORT(p);
END
done
limit="--limit memory=1MiB"
odd "./odd.so: has a state of 3000000 bytes, expected at most 1048576" << 'END'
static const policy p = {.name = "p", .summary = "s", .decide = decide, .state_size = 3000000};
VN_POLICY_EXPORT(p);
END
limit=
# What goes wrong at the very end is not done.
odd "policy p: in close(): wrote memory that is not its own at ADDRESS STOPPED" << 'END'
static void end(void *s) { *(volatile int *) 8 = 1; }
static const policy p = {.name = "p", .summary = "s", .decide = decide, .close = end};
VN_POLICY_EXPORT(p);
END
limit="--limit 0.1"
odd "policy p: in close(): did not return within 0.1 s STOPPED" << 'END'
static void end(void *s) { for (volatile int i = 0; i >= 0; i = 1) continue; }
static const policy p = {.name = "p", .summary = "s", .decide = decide, .close = end};
VN_POLICY_EXPORT(p);
END
limit=
odd "policy p: in decide(): used up its stack of 1024 KiB STOPPED" << 'END'
static void large(void *s, const struct vn_view *v, struct vn_answer *a) { volatile char c[3 << 20]; for (int i = 0; i < 3 << 20; i += 4096) c[i] = 1; }
static const policy p = {.name = "p", .summary = "s", .decide = large};
VN_POLICY_EXPORT(p);
END
odd "./odd.so: 'chosen' is chosen when it is loaded (an IFUNC), expected a plain function or variable" << 'END'
static int one_(void) { return 1; }
static void *choose(void) { return one_; }
int chosen(void) __attribute__((ifunc("choose")));
static void start(void *s, const struct vn_view *v, struct vn_answer *a) { chosen(); }
static const policy p = {.name = "p", .summary = "s", .decide = start};
VN_POLICY_EXPORT(p);
END
# As many grants as it likes, each instant: no more are taken than make sense.
if test $sanitized = yes; then
    skip "as many grants as it likes" "the sanitizer makes a system call where it is stopped"
else
odd "policy p: in decide(): in vn_answer_set: gave ADDRESS, which is not its own STOPPED" << 'END'
static void many(void *s, const struct vn_view *v, struct vn_answer *a) { for (int i = 0; i < 1 << 20; i++) vn_answer_set(a, 0, 0, 1); }
static const policy p = {.name = "p", .summary = "s", .decide = many};
VN_POLICY_EXPORT(p);
END
fi
odd "./odd.so: has a text with unprintable bytes, expected ASCII" << 'END'
static const policy p = {.name = "p\033[2J", .summary = "s", .decide = decide}; VN_POLICY_EXPORT(p);
END
odd "odd.so: a text is too long, expected at most 199 bytes" << 'END'
static char name[300] = {[0 ... 298] = 'a'};
static const policy p = {.name = name, .summary = "s", .decide = decide}; VN_POLICY_EXPORT(p);
END
odd "odd.so: what is at ADDRESS is not its own, expected N bytes of its image or memory" << 'END'
static const policy p = {.name = (void *) 0x1000, .summary = "s", .decide = decide}; VN_POLICY_EXPORT(p);
END
odd "./odd.so: has a table of options that has no end or is malformed, expected at most 32" << 'END'
static const option o[40] = {[0 ... 39] = {"a", "b", "0", VN_OPTION_REAL, 0, 1}};
static const policy p = {.name = "p", .summary = "s", .options = o, .decide = decide}; VN_POLICY_EXPORT(p);
END
odd "./odd.so: an option has no choices" << 'END'
static const option o[] = {{"a", "b", "0", VN_OPTION_CHOICE, 0, 1, few}, {0}};
static const policy p = {.name = "p", .summary = "s", .options = o, .decide = decide}; VN_POLICY_EXPORT(p);
END
odd "policy p does not open: no" << 'END'
static const policy p = {.name = "p", .summary = "s", .open = refuse, .decide = decide}; VN_POLICY_EXPORT(p);
END
odd "./odd.so: calls 'system', which a plug-in may not under $b" << 'END'
extern int system(const char *);
static void start(void *s, const struct vn_view *v, struct vn_answer *a) { system("true"); }
static const policy p = {.name = "p", .summary = "s", .decide = start}; VN_POLICY_EXPORT(p);
END
odd "./odd.so: has thread-local variables, expected none" << 'END'
_Thread_local int mine = 7;
static void start(void *s, const struct vn_view *v, struct vn_answer *a) { mine++; }
static const policy p = {.name = "p", .summary = "s", .decide = start}; VN_POLICY_EXPORT(p);
END
odd "policy p: in decide(): ran memory that is not its own at ADDRESS STOPPED" << 'END'
static const policy p = {.name = "p", .summary = "s", .decide = (void *) 0x1000}; VN_POLICY_EXPORT(p);
END
odd "./odd.so: wants an executable stack, expected not" -z execstack << 'END'
static const policy p = {.name = "p", .summary = "s", .decide = decide}; VN_POLICY_EXPORT(p);
END
odd "./odd.so: has text relocations, expected code compiled with -fPIC" -mcmodel=large -fno-pic -Wl,-z,notext << 'END'
extern double global; double global;
static void start(void *s, const struct vn_view *v, struct vn_answer *a) { global = 1; }
static const policy p = {.name = "p", .summary = "s", .decide = start}; VN_POLICY_EXPORT(p);
END
"$vnsim" new-policy mine && ${CC-cc} -O2 -Wall -Wextra -Werror -fPIC -I"$TOP_SRCDIR" \
    -shared -o mine/mine.so mine/mine.c && run -p mine/mine.so > "$tmp/out"
ok $? "a new policy compiles and runs"
test "$(grep -vc '^$' mine/mine.c)" -le 32
ok $? "and is short"
refused 1 "mine/mine.c: File exists" "new-policy keeps what is there" new-policy mine
done_testing
