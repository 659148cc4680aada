#!/bin/sh
# vnexec on CUDA devices: the emulated ones of t/exec/vnexec-cuda, and those of this
# machine through vnexec itself, where there are any.  VN_BRIEF: of one model.
. "$(dirname "$0")/../tap.sh"
cd "$TOP_BUILDDIR" || exit 1
models="mlp resnet8 gpt"
test -z "${VN_BRIEF-}" || models=gpt
cat "$TOP_SRCDIR"/vnode_exec/train/replica.[ch] > "$tmp/text"
model() { # name: its options, small enough for an emulation
    case $1 in
    mlp) echo "-m mlp -d synthetic:100 -b 10 -v 3 --steps 2" ;;
    resnet8) echo "-m resnet8 -d synthetic:16 -b 4 -v 3 --steps 2" ;;
    gpt) echo "-m gpt --layers 1 --width 32 --heads 4 --context 16 -b 7 -v 3
        --steps 2 -d bytes:$tmp/text" ;;
    adamw) echo "-m gpt --layers 1 --width 16 --heads 2 --context 8 -b 5 -v 3
        --steps 3 --clip 0.5 --schedule cosine -d bytes:$tmp/text" ;;
    esac
}
train() { # program, model, more options: the digests
    program=$1
    which=$2
    shift 2
    # shellcheck disable=SC2046,SC2086
    $program run $(model "$which") --seed 3 --digest 1 --no-eval --quiet \
        "$@" > "$tmp/out" 2>&1
    status=$?
    grep digest "$tmp/out" > "$tmp/digests"
    return $status
}
same() { # title, program, model, more options: the host's digests?
    title=$1
    shift
    train "$@" && test -s "$tmp/digests" \
        && cmp "$tmp/digests" "$tmp/want" >> "$tmp/out" 2>&1
    ok $? "$title"
}
loss() { sed -n 's/.*test loss \([0-9.]*\),.*/\1/p' "$tmp/out"; }
# As many virtual nodes as there are devices, on 2, 3, ... of them.
every_number() { # program, how many devices it has, what they are
    many=$(($2 < 16 ? $2 : 16))
    train "$1" adamw -D host:1 -v $many -b 19
    cp "$tmp/digests" "$tmp/want"
    n=2
    while test $n -le $many; do
        same "$3: $many virtual nodes on $n devices" "$1" adamw \
            -D "cuda:$n" -v $many -b 19
        n=$((n + 1))
    done
}
# Has a thread of a run on the device other processors than the program?
pinned() { # device
    rm -f "$tmp/ck"
    $emulated run -m mlp -d synthetic:10 -b 2 -v 1 -D "$1" --steps 9999 \
        --no-eval -q -c "$tmp/ck" --checkpoint-every 1 > "$tmp/out" 2>&1 &
    program=$! tries=0
    while test ! -e "$tmp/ck" && test $tries -lt 300; do
        sleep 0.1
        tries=$((tries + 1))
    done
    lists=$(grep -h Cpus_allowed_list "/proc/$program/task/"*/status | sort -u)
    kill $program
    wait $program
    test "$(echo "$lists" | wc -l)" -gt 1
}
everything() { # program, how many devices it has, what they are
    p=$1
    have=$2
    what=$3
    # The models have three virtual nodes, so at most three devices.
    several=$((have < 3 ? have : 3))
    for m in $models adamw; do
        train "$p" $m -D host:1
        cp "$tmp/digests" "$tmp/want"
        same "$what: $m has the host's digests" "$p" $m -D cuda:1
        same "$what: $m beside the host" "$p" $m -D cuda:1,host:1
        same "$what: $m on two seats of one device" "$p" $m -D cuda:on=0:2
        test "$have" -ge 2 || {
            skip "$what: $m on several devices" "there is one device"
            continue
        }
        same "$what: $m on $several devices" "$p" $m -D "cuda:$several"
        same "$what: $m, an uneven mapping, resized" "$p" $m -D cuda:2 \
            --mapping 1,2 --resize 1:cuda:1
        same "$what: $m, a device fails in the middle of a step" "$p" $m \
            -D cuda:2 --fail 1@1
    done
    test "$have" -lt 2 || every_number "$p" "$have" "$what"
    train "$p" mlp -D host:1
    cp "$tmp/digests" "$tmp/want"
    train "$p" mlp -D cuda:1 --steps 1 --checkpoint "$tmp/ck"
    train "$p" mlp -D host:1 --resume "$tmp/ck"
    tail -1 "$tmp/want" | cmp -s - "$tmp/digests"
    ok $? "$what: the host goes on from a checkpoint, to the same digest"
    # shellcheck disable=SC2046
    for m in $models; do
        $p run $(model $m | sed "s|bytes:[^ ]*|synthetic:20|") --seed 3 \
            --quiet -D host:1 > "$tmp/out" 2>&1
        want=$(loss)
        for a in fast tf32; do
            $p run $(model $m | sed "s|bytes:[^ ]*|synthetic:20|") --seed 3 \
                -D cuda:1 -a $a > "$tmp/out" 2>&1 \
                && awk -v a="$want" -v b="$(loss)" -v within="${TF32:-1e-4}" \
                    'BEGIN {d = (a - b) / a
                        exit !(a > 0 && b > 0 && d * d < within * within)}'
            ok $? "$what: $m in $a arithmetic has the exact loss, nearly"
            grep -q '^products: cuBLAS$' "$tmp/out" \
                && ok 0 "$what: whose products are cuBLAS's" \
                || skip "$what: whose products are cuBLAS's" \
                    "$(sed -n 's/^products: //p' "$tmp/out")"
        done
    done
    for a in exact fast tf32; do
        rm -f "$tmp/ck"
        says 1 'step [0-9]*: diverged: ' "$what: a run in $a diverges" \
            "$p" run -m mlp -d synthetic:60 -b 16 -v 2 -n 9 -q --no-eval \
            -r 1000 -a $a -D cuda:1 -c "$tmp/ck"
        test ! -e "$tmp/ck"
        ok $? "$what: and leaves no checkpoint"
    done
    $p profile -m mlp -d synthetic:16 --max 2 --repeat 3 -D cuda:1 \
        -o "$tmp/profile.csv" > "$tmp/out" 2>&1 \
        && grep -q '^mlp,cuda,2,[0-9.]*,[1-9]' "$tmp/profile.csv" \
        && grep -q 'cuda:0.*MHz.* 0.3 s before all' "$tmp/out"
    ok $? "$what: a profile, with the clocks it was taken at"
    says 1 'the limit is 14 MiB; [0-9]* virtual nodes fit' \
        "$what: too small a limit names what would fit" \
        "$p" run -m mlp -b 2048 -v 1 -D cuda:1 --memory-limit 14MiB
    says 1 "there is no device cuda:$have: too few" \
        "$what: a device that is not there" \
        "$p" run -D "cuda:$((have + 1))"
}
emulated=t/exec/vnexec-cuda
if test -x $emulated; then
    unset VN_CUDA_HOST_FAIL VN_CUDA_HOST_MEMORY VN_CUDA_HOST_ORDER
    export VN_CUDA_HOST_DEVICES=3
    LD_LIBRARY_PATH=$PWD/t/exec/cublas everything $emulated 3 emulated
    # shellcheck disable=SC2046
    LD_LIBRARY_PATH=$PWD/t/exec/cublas VN_CUBLAS_REFUSES="" $emulated run \
        $(model mlp) --quiet -D cuda:1 -a fast > "$tmp/out" 2>&1
    ok $? "emulated: fast arithmetic without cuBLAS"
    LD_LIBRARY_PATH=$PWD/t/exec/cublas VN_CUBLAS_REFUSES=.so.13 $emulated run \
        -m mlp -b 60 -v 1 -a fast -D cuda:1 --steps 1 --no-eval \
        > "$tmp/out" 2>&1 && grep -q '^products: cuBLAS$' "$tmp/out"
    ok $? "emulated: where one version of cuBLAS does not start another may"
    export LD_LIBRARY_PATH="$PWD/t/exec/cublas"
    says 1 'cuda:0: cuBLAS: it answers with status 14' \
        "emulated: what cuBLAS answers is told" \
        env VN_CUBLAS_FAILS=14 $emulated run -m mlp -b 60 -v 1 -a fast -D cuda:1 --no-eval
    says 1 'the limit is 31 MiB;' \
        "emulated: the memory there is has no room of cuBLAS's" \
        env VN_CUDA_HOST_MEMORY=67108864 $emulated run -m mlp -b 4096 -v 1 -a fast -D cuda:1 --no-eval
    t/exec/device_cuda.t > "$tmp/out" 2>&1 && ! grep '^not ok' "$tmp/out"
    ok $? "emulated: every operation beside cuBLAS"
    unset LD_LIBRARY_PATH
    if test "$(nproc)" -gt 1; then
        for device in host:cpu=0:1 cuda:1 cuda:cpu=0:1; do
            pinned $device && echo "$device"
        done > "$tmp/pinned"
        echo host:cpu=0:1 cuda:cpu=0:1 | tr ' ' '\n' | cmp - "$tmp/pinned"
        ok $? "emulated: a GPU's thread is pinned where that is asked"
    else
        skip "emulated: a GPU's thread is not pinned" "there is one processor"
    fi
    # A step of 2 nodes uploads the first's examples and labels before it
    # computes, the other's meanwhile; a profile's node is a first one.
    export VN_CUDA_HOST_COPY=40000
    $emulated run -m mlp -d synthetic:20 -b 4 -v 2 --steps 1 -D cuda:1 \
        --memory-limit 200MiB \
        --no-eval --quiet --log "$tmp/log.csv" > "$tmp/out" 2>&1 \
        && awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) at[$i] = i}
            NR == 2 {print; exit !($at["load_s"] >= 0.08)}' "$tmp/log.csv" > "$tmp/out"
    ok $? "emulated: the upload that a step waits for is loading"
    $emulated profile -m mlp -d synthetic:16 --max 1 --repeat 3 -D cuda:1 \
        -q 2> /dev/null > "$tmp/out" \
        && awk -F, 'NR == 2 {exit !($4 >= 0.08 && $4 < 8)}' "$tmp/out"
    ok $? "emulated: and part of a profile's step"
    unset VN_CUDA_HOST_COPY
    export VN_CUDA_HOST_CODE=0
    says 1 'cuda:0: this program has no code for compute capability 9.0' \
        "emulated: a device without code for it" $emulated run -D cuda:1
    says 0 '^cuda:0 .*; this program has no code for it$' \
        "emulated: which the list of devices says" $emulated devices
    unset VN_CUDA_HOST_CODE
    for order in down mixed; do
        VN_CUDA_HOST_ORDER=$order t/exec/device_cuda.t > "$tmp/out" 2>&1 \
            && ! grep -q '^not ok' "$tmp/out"
        ok $? "no operation depends on the order of threads: $order"
    done
    for m in $models; do
        train $emulated $m -D host:1
        cp "$tmp/digests" "$tmp/want"
        export VN_CUDA_HOST_ORDER=mixed
        same "nor does a step of $m" $emulated $m -D cuda:2
        unset VN_CUDA_HOST_ORDER
    done
    VN_CUDA_HOST_DEVICES=8 every_number $emulated 8 emulated
    export VN_CUDA_HOST_MEMORY=14000000
    says 1 'the limit is 1[23].* MiB; [0-9]* virtual nodes fit' \
        "emulated: more than the device has names what would fit" \
        $emulated run -m mlp -b 2048 -v 1 -D cuda:1
    export VN_CUDA_HOST_MEMORY=1000000
    says 1 'too little for a node of one' "emulated: no node fits" \
        $emulated run -m mlp -D cuda:1
    unset VN_CUDA_HOST_MEMORY
    export VN_CUDA_HOST_DEVICES=0
    says 1 'no device cuda:0: there is a driver and no GPU' \
        "emulated: a driver without a device" $emulated run -D cuda:1
    $emulated devices > "$tmp/out" 2>&1 \
        && grep -q '^cuda  .*there is a driver and no GPU' "$tmp/out"
    ok $? "emulated: the list of devices says so too"
    export VN_CUDA_HOST_DEVICES=2
    # Calls to the runtime fail, one in each run: an error that names the
    # device and leaves no checkpoint, or (the other device goes on alone, or
    # the call was one of closing) digest and checkpoint as they should be.
    small="run -m gpt --layers 1 --width 16 --heads 2 --context 8 -b 2 -v 2
        --steps 1 -d synthetic:4 --seed 3 --digest 1 --quiet --no-eval"
    # shellcheck disable=SC2086
    $emulated $small -D host:1 > "$tmp/want" 2>&1
    digest=$(sed 's/.*digest //' "$tmp/want")
    for d in 1 2; do
        at=0 bad=0 errors=0 whole=0
        : > "$tmp/list"
        while test $at -lt $((d * 230)); do
            at=$((at + (at < 50 ? 5 : at < 200 || at > 225 ? 23 : 2)))
            rm -f "$tmp/ck"
            # shellcheck disable=SC2086
            VN_CUDA_HOST_FAIL=$at timeout 60 $emulated $small -D cuda:$d \
                -c "$tmp/ck" > "$tmp/out" 2>&1
            status=$?
            if test $status -eq 0 && cmp -s "$tmp/out" "$tmp/want" \
                && $emulated digest "$tmp/ck" | grep -q "$digest"; then
                whole=$((whole + 1))
            elif test $status -eq 1 && test ! -e "$tmp/ck" \
                && tail -n 1 "$tmp/out" | grep -q '^vnexec: .*cuda:[01]: '; then
                errors=$((errors + 1))
            else
                bad=$((bad + 1))
                echo "call $at: status $status" >> "$tmp/list"
                head -n 3 "$tmp/out" >> "$tmp/list"
            fi
        done
        cp "$tmp/list" "$tmp/out"
        test $bad -eq 0 && test $errors -ge 10
        ok $? "emulated: calls fail on cuda:$d ($errors errors, $whole whole)"
    done
    test $whole -ge 5
    ok $? "emulated: one of two devices often goes on alone"
    VN_CUDA_HOST_MEMORY=15300000 $emulated run -m mlp -b 261 -v 2 --steps 1 \
        -D cuda:2 --fail 0@0 --no-eval -q > "$tmp/out" 2>&1
    ok $? "emulated: a node that grows has the room it would have had"
    LD_LIBRARY_PATH=$PWD/t/exec/cublas $emulated run -m mlp -b 60 -v 1 -a fast \
        --memory-limit 15MiB -D cuda:1 --steps 1 --no-eval > "$tmp/out" 2>&1 \
        && grep -q '^products: cuBLAS$' "$tmp/out"
    ok $? "emulated: cuBLAS's own memory is beside the limit"
    LD_LIBRARY_PATH=$PWD/t/exec/cublas $emulated run -m mlp -b 60 -v 2 -a fast \
        -D host:1,cuda:1 --steps 1 --no-eval > "$tmp/out" 2>&1 \
        && grep -q '^products: cuBLAS$' "$tmp/out"
    ok $? "emulated: a run says whose products they are, beside a host too"
    LD_LIBRARY_PATH=$PWD/t/exec/cublas VN_CUBLAS_REFUSES="" $emulated run -m mlp \
        -b 60 -v 1 -a fast -D cuda:1 --steps 1 --no-eval > "$tmp/out" 2>&1 \
        && grep -q '^products: our own kernels' "$tmp/out"
    ok $? "emulated: a run says that there is no cuBLAS"
    unset VN_CUDA_HOST_DEVICES
else
    skip "the CUDA backend, emulated" "no C++20 compiler"
fi
real=$(./vnexec devices | grep -c '^cuda:')
if test "$real" -gt 0; then
    TF32=1e-2
    sanitizer=$(command -v compute-sanitizer \
        || echo "$(dirname "$(readlink -f "${NVCC:-nvcc}")")/compute-sanitizer")
    for tool in memcheck racecheck synccheck; do
        test -x "$sanitizer" || {
            skip "compute-sanitizer: $tool" "it is not installed"
            continue
        }
        "$sanitizer" --tool $tool --error-exitcode 9 t/exec/device.t \
            > "$tmp/out" 2>&1 && ! grep '^not ok' "$tmp/out"
        ok $? "compute-sanitizer finds nothing in any operation: $tool"
    done
    everything ./vnexec "$real" "$(./vnexec devices \
        | sed -n 's/^cuda:0 *\([^,]*\),.*/\1/p')"
else
    why=$(./vnexec devices | sed -n 's/^cuda  *//p')
    test -n "$why"
    ok $? "vnexec devices says why there is no CUDA device"
    says 1 'there is no device cuda:0: ' \
        "a run asked for one fails with the reason" ./vnexec run -D cuda:1
    skip "CUDA on a device of this machine" "$why"
    skip "compute-sanitizer on its operations" "$why"
fi
done_testing
