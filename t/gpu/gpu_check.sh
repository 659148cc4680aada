#!/bin/bash
# On a machine with a GPU: everything that no emulation can tell, by value,
# within LIMIT seconds (450), whatever fails.  It builds nothing, changes no
# setting of the device, and leaves in $OUT (gpu_out) a summary, a line a
# check, and the log, steps, profiles, PyTorch's times, ncu's and
# compute-sanitizer's output.  Status: 0 where all that ran is well.
cd "$(dirname "$0")" || exit 1
OUT=${OUT:-$PWD/gpu_out}
mkdir -p "$OUT" || exit 1
LIMIT=${LIMIT:-450}
begin=$SECONDS
log=$OUT/log.txt sum=$OUT/summary.txt
: > "$log"
: > "$sum"
bad=0
say() { echo "$*" | tee -a "$sum"; }
wrong() {
    bad=$((bad + 1))
    say "NOT OK  $*"
}
# step SECONDS NAME COMMAND...: in the time that is left, its output to the log.
step() {
    local t=$1 name=$2 status left=$((LIMIT - (SECONDS - begin)))
    shift 2
    if test $left -lt 5; then
        say "skip    $name: no time"
        return 99
    fi
    test "$t" -lt $left || t=$left
    echo "=== $name: $*" >> "$log"
    timeout -k 3 "$t" "$@" > "$OUT/.out" 2>&1 < /dev/null
    status=$?
    head -c 200000 "$OUT/.out" >> "$log"
    return $status
}
verdict() { # status, name, more
    case $1 in
    0) say "ok      $2 $3" ;;
    99) ;;
    124 | 137) wrong "$2: out of time $3" ;;
    *)
        wrong "$2: status $1 $3"
        grep -E '^not ok|vnexec: |error|Error' "$OUT/.out" | head -n 5 \
            | cut -c1-150 | tee -a "$sum"
        ;;
    esac
}
blas=$(find /usr/local/cuda*/lib64 /usr/local/cuda*/targets/x86_64-linux/lib \
    /opt/*/.venv/lib/python3*/site-packages/nvidia -name 'libcublas.so.1[23]' \
    2> /dev/null | head -n 1)
export PYTHONUNBUFFERED=1 PATH=$PATH:/usr/local/cuda/bin
own=$PWD/lib:$LD_LIBRARY_PATH
v() { env LD_LIBRARY_PATH="$own" ./vnexec "$@"; }
fast=$own:$(dirname "${blas:-/nowhere/x}")

# 0. What it is.  Without a device nothing below makes sense.
{
    cat commit
    nvidia-smi --query-gpu=name,driver_version,clocks.sm,clocks.mem --format=csv,noheader
    echo "cuBLAS: ${blas:-none found}"
    nproc
} >> "$log" 2>&1
step 30 "devices" env LD_LIBRARY_PATH="$own" ./vnexec devices
verdict $? "the program starts" "$(grep '^cuda:0' "$OUT/.out" | cut -c1-130)"
grep -q '^cuda:0' "$OUT/.out" || {
    say "no GPU: $(grep '^cuda' "$OUT/.out" || echo 'built without CUDA')"
    exit 1
}

# 1. Whole training steps: the digests that the host gave.
good=0 hung=0 digests=$bad
while IFS='|' read -r name options; do
    test $hung -lt 2 || {
        say "skip    digest of $name: two hung"
        continue
    }
    # shellcheck disable=SC2086
    step 20 "digest $name" env LD_LIBRARY_PATH="$own" ./vnexec run $options \
        --seed 3 --digest 100000 --no-eval -q -D cuda:1
    s=$?
    test $s -ne 99 || continue
    test $s -ne 124 || hung=$((hung + 1))
    got=$(sed -n 's/.*digest //p' "$OUT/.out" | tail -n 1)
    want=$(sed -n "s/^$name //p" want)
    if test $s -eq 0 && test "$got" = "$want"; then
        good=$((good + 1))
    else
        wrong "digest of $name: $got, the host has $want (status $s) $(grep -m 1 vnexec: "$OUT/.out")"
    fi
done < cases
test $bad -gt "$digests" || say "ok      digests of $good whole runs are the host's"

# 2. Every operation against the reference, bit for bit, and beside cuBLAS.
step 60 "device.t" env LD_LIBRARY_PATH="$own" ./device.t
s=$?
verdict $s "every operation" "$(grep -c '^ok.*cuda' "$OUT/.out") with cuda pass"
test -z "$blas" || {
    step 60 "device.t, cuBLAS" env LD_LIBRARY_PATH="$fast" ./device.t
    verdict $? "every operation beside cuBLAS" "$(grep -c 'fast by cuBLAS' "$OUT/.out") by cuBLAS"
}

# 3. Other mappings of the last case, and what goes wrong on the way.
name=$(tail -n 1 cases | cut -d '|' -f 1) options=$(tail -n 1 cases | cut -d '|' -f 2)
for how in "-D cuda:1,host:1" "-D cuda:on=0:2" "-D cuda:1,host:1 --fail 0@1" \
    "-D host:1 --resize 1:cuda:1 --resize 2:cuda:1,host:1"; do
    # shellcheck disable=SC2086
    step 25 "$how" env LD_LIBRARY_PATH="$own" ./vnexec run $options --seed 3 \
        --digest 100000 --no-eval -q $how
    s=$?
    test $s -ne 0 || test "$(sed -n 's/.*digest //p' "$OUT/.out" | tail -n 1)" \
        = "$(sed -n "s/^$name //p" want)" || s=1
    verdict $s "the same digest with $how"
done

# 4. Steps, ms: medians after 20.
column() { # name: its median in .csv
    awk -F, -v name="$1" 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == name) c = i}
        NR > 21 {print 1e3 * $c}' "$OUT/.csv" | sort -g \
        | awk '{x[NR] = $1} END {printf "%.4f", x[int((NR + 1) / 2)]}'
}
echo "model,nodes,arithmetic,step_ms,load_ms,compute_ms,update_ms" > "$OUT/steps.csv"
for m in "mlp -d synthetic -b 256" "resnet8 -d synthetic32:512 -b 128" \
    "gpt -d synthetic:512 -b 16" "resnet20 -d synthetic32:512 -b 128"; do
    for a in exact fast tf32; do
        for n in 1 8; do
            rm -f "$OUT/.csv"
            # shellcheck disable=SC2086
            step 20 "steps ${m%% *}-$n-$a" env LD_LIBRARY_PATH="$fast" ./vnexec run -m $m \
                -v $n -a $a --steps 80 --optimizer sgd -r 0.01 --decay 0 \
                --no-eval -l "$OUT/.csv" -D cuda:1
            s=$?
            test $s -eq 0 || {
                verdict $s "steps of ${m%% *}-$n-$a"
                continue
            }
            row="${m%% *},$n,$a,$(column step_s),$(column load_s),$(column compute_s),$(column update_s)"
            echo "$row" >> "$OUT/steps.csv"
            say "step    $row"
        done
    done
done

# 5. PyTorch on the same device, eager and graphed, and the device's ceilings.
python=$(command -v python3)
if "${python:-false}" -c 'import torch' > /dev/null 2>&1; then
    step 100 "torch" "$python" torch_steps.py 75
    verdict $? "PyTorch measured"
    grep -E '^(torch|ceiling)' "$OUT/.out" | tee "$OUT/torch.txt" | cut -c1-170 | tee -a "$sum"
else
    say "skip    PyTorch is not there"
fi

# 6. Where a step's time goes, by kernel.
ncu=$(command -v ncu || ls /opt/nvidia/nsight-compute/*/ncu 2> /dev/null | tail -n 1)
: > "$OUT/ncu.txt"
for m in "resnet8 -d synthetic32:512 -b 128" "gpt -d synthetic:512 -b 16"; do
    test -n "$ncu" || {
        say "skip    ncu is not there"
        break
    }
    # shellcheck disable=SC2086
    step 45 "ncu ${m%% *}" env LD_LIBRARY_PATH="$own" "$ncu" --clock-control none --csv \
        --metrics gpu__time_duration.sum -c 500 \
        ./vnexec run -m $m -v 1 --steps 1 --optimizer sgd --no-eval -q -D cuda:1
    verdict $? "kernels of ${m%% *}, in ncu.txt"
    { echo "# ${m%% *}"; cat "$OUT/.out"; } >> "$OUT/ncu.txt"
done

# 7. Profiles for the simulator.
: > "$OUT/profile.csv"
for m in "mlp -d synthetic --max 256" "resnet8 -d synthetic32:512 --max 128" "gpt -d synthetic:512 --max 16"; do
    # shellcheck disable=SC2086
    step 40 "profile ${m%% *}" env LD_LIBRARY_PATH="$own" ./vnexec profile -m $m --repeat 5 -q \
        -D cuda:1 -o "$OUT/.profile"
    verdict $? "profile of ${m%% *}"
    cat "$OUT/.profile" >> "$OUT/profile.csv" 2> /dev/null
    rm -f "$OUT/.profile"
done

# 8. compute-sanitizer over every operation, if time is left.
san=$(command -v compute-sanitizer || ls /usr/local/cuda*/bin/compute-sanitizer 2> /dev/null | tail -n 1)
: > "$OUT/sanitizer.txt"
for tool in racecheck memcheck initcheck synccheck; do
    test -n "$san" || {
        say "skip    compute-sanitizer is not there"
        break
    }
    step 60 "sanitizer $tool" env LD_LIBRARY_PATH="$own" "$san" --tool $tool --error-exitcode 9 ./device.t
    s=$?
    { echo "# $tool"; grep -v '^ok' "$OUT/.out" | head -n 200; } >> "$OUT/sanitizer.txt"
    verdict $s "compute-sanitizer $tool"
done
rm -f "$OUT/.out" "$OUT/.csv"
say "took $((SECONDS - begin)) s of $LIMIT; $bad not ok"
test $bad -eq 0
