#!/bin/sh
# make bench-exec: a step of vnexec beside one of PyTorch, in turns on one
# processor: medians in milliseconds.  What virtual nodes cost shows down a
# column: "fast" adds floats, so exact - fast is what integers cost; of an
# exact step "nodes" is forward and backward, which grows where products
# become smaller, "update" is done once however many nodes there are.
#
#   MODELS  mlp resnet8 gpt        NODES  1 2 4 8
#   ROUNDS  3 turns of each        CPU    the processor
#   STEPS   of a turn              (4; mlp 40; cuda 100)
#   PYTHON  one with torch (python3, Debian's); else vnexec alone is measured
#   DEVICE  host, or cuda: "fast" is then cuBLAS's, where the line of products
#           says so, peaks are of memory handed out on the GPU, and behind
#           each row stand steps in TF32 (ours, then PyTorch's) and what the
#           GPU's rates allow, in milliseconds: two floors, its arithmetic at
#           the peak of float32 and of TF32 on tensor cores, and its traffic at
#           the memory's peak if nothing stays in a cache.  These are from
#           vnexec work and the clocks that vnexec devices tells
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
python=${PYTHON:-python3}
cpu=${CPU:-$(nproc | awk '{print $1 - 1}')}
rounds=${ROUNDS:-3}
here=$(dirname "$0")
device=${DEVICE:-host}

model() { # its options
    case $1 in
    mlp) echo "-m mlp -d synthetic -b 256 --optimizer sgd -r 0.01" ;;
    resnet8) echo "-m resnet8 -d synthetic32:512 -b 128 --optimizer sgd -r 0.01" ;;
    gpt) echo "-m gpt -d synthetic:512 -b 16 --optimizer sgd -r 0.01" ;;
    esac
}
steps() { # in one turn
    case ${STEPS:+set}$device-$1 in
    set*) echo "$STEPS" ;;
    cuda-*) echo 100 ;;
    host-mlp) echo 40 ;;
    *) echo 4 ;;
    esac
}
rates() { # Gflop/s of float32, of TF32, and GB/s of the first GPU
    # Lanes and TF32 operations a clock and multiprocessor are those of the
    # CUDA programming guide's table of throughputs and of NVIDIA's papers on
    # each architecture, the highest of any GPU of a capability: GeForce's
    # tensor cores of 8.6, 8.9 and 12.0 have half of it.
    ./vnexec devices | awk '/^cuda:0/ {
        for (i = 1; i <= NF; i++) {
            if ($i == "capability") c = $(i + 1) + 0
            if ($i ~ /^multiprocessors/) n = $(i - 1)
            if ($i == "to") mhz = $(i + 1)
            if ($i ~ /-bit$/) bits = $i + 0
            if ($i ~ /^MHz,$/ && $(i - 3) == "memory") memory = $(i - 1)
        }
        lanes = c < 8.6 ? 64 : 128
        tensor = c < 8 ? 0 : c < 8.6 ? 1024 : c < 9 ? 512 : c < 10 ? 2048 \
            : c < 12 ? 4096 : 512
        printf "%g %g %g\n", 2e-3 * lanes * n * mhz, 1e-3 * tensor * n * mhz,
            2e-3 * bits / 8 * memory}'
}
allowed() { # model, nodes: two floors and the traffic's milliseconds
    test "$device" = cuda || return 0
    # shellcheck disable=SC2046
    ./vnexec work $(model "$1") -v "$2" --decay 0 \
        | awk -v rates="$(rates)" '/^all/ {split(rates, r)
            tensor = "-"
            if (r[2] > 0) tensor = sprintf("%.3f", 1e3 * $3 / r[2])
            printf("  %8.3f %8s %8.3f", 1e3 * $3 / r[1], tensor,
                $4 / r[3])}'
}
median() { sort -g | awk '{x[NR] = $1} END {if (NR) printf "%.2f", (x[int((NR + 1) / 2)] + x[int(NR / 2) + 1]) / 2}'; }
ours() { # model, nodes, arithmetic, steps: appends times to a file
    rm -f "$dir/log.csv"
    # shellcheck disable=SC2046
    taskset -c "$cpu" ./vnexec run $(model "$1") -v "$2" -a "$3" \
        --steps $(($4 + 2)) --decay 0 --no-eval --log "$dir/log.csv" \
        -D "$device:1" > "$dir/out" 2>&1 || {
        cat "$dir/out"
        return
    }
    test "$3" = exact || grep '^products: ' "$dir/out" >> "$dir/products"
    awk -F, 'NR > 3 {print 1e3 * $5}' "$dir/log.csv" >> "$dir/$1.$2.$3"
    test "$3" != exact \
        || awk -F, -v f="$dir/$1.$2" 'NR > 3 {print 1e3 * $6 >> (f ".load")
            print 1e3 * $7 >> (f ".nodes"); print 1e3 * $9 >> (f ".update")}' \
            "$dir/log.csv"
    test "$3" = exact || return 0
    if test "$device" = host; then
        sed -n 's/.*peak of the process //p' "$dir/out" > "$dir/$1.$2.rss"
    else
        awk '$1 == "0" {print $5, $6}' "$dir/out" > "$dir/$1.$2.rss"
    fi
}
theirs() { # model, nodes, arithmetic, steps: the same
    OMP_NUM_THREADS=1 taskset -c "$cpu" "$python" "$here/bench_torch.py" \
        "$1" "$2" "$4" "$(echo "$device" | sed s/host/cpu/)" "$3" \
        > "$dir/out" 2> /dev/null
    sed -n 's/^peak //p' "$dir/out" > "$dir/$1.$2.torchrss"
    grep -v peak "$dir/out" >> "$dir/$1.$2.torch.$3"
}
on_tensor_cores() { # model, nodes: ours and theirs in TF32, or nothing
    test "$device" = cuda || return 0
    theirs=$(median < "$dir/$1.$2.torch.tf32")
    printf '  %8s %10s' "$(median < "$dir/$1.$2.tf32")" "${theirs:--}"
}

torch=no
"$python" -c 'import torch' 2> /dev/null || python=/usr/bin/python3
"$python" -c 'import torch' 2> /dev/null && torch=yes
if test "$device" = cuda; then
    ./vnexec devices | grep '^cuda' || exit 1
    ./vnexec devices | grep -q '^cuda:0' || exit 1
    "$python" -c 'import torch; torch.zeros(1).cuda()' 2> /dev/null || torch=no
fi
test $torch = yes || echo "no torch for $python: only vnexec is measured"
printf '%-8s %5s %9s %9s  %7s %8s %7s  %9s %6s  %10s %9s%s\n' model nodes \
    exact fast load nodes update torch ratio "peak" "torch MiB" \
    "$(test "$device" = host || printf '  %8s %10s  %8s %8s %8s' tf32 \
        torch-tf32 min-fp32 min-tf32 traffic)"
for m in ${MODELS:-mlp resnet8 gpt}; do
    for v in ${NODES:-1 2 4 8}; do
        round=0
        while test $round -lt "$rounds"; do
            ours "$m" "$v" fast "$(steps "$m")"
            ours "$m" "$v" exact "$(steps "$m")"
            test $torch = no || theirs "$m" "$v" fp32 "$(steps "$m")"
            test "$device" = host || ours "$m" "$v" tf32 "$(steps "$m")"
            test "$device" = host || test $torch = no \
                || theirs "$m" "$v" tf32 "$(steps "$m")"
            round=$((round + 1))
        done
        f=$dir/$m.$v
        for i in exact fast tf32 load nodes update torch.fp32 torch.tf32 rss \
            torchrss; do
            touch "$f.$i"
        done
        e=$(median < "$f.exact") t=$(median < "$f.torch.fp32")
        printf '%-8s %5d %9s %9s  %7s %8s %7s  %9s %6s  %10s %9s%s\n' "$m" \
            "$v" "$e" "$(median < "$f.fast")" "$(median < "$f.load")" \
            "$(median < "$f.nodes")" "$(median < "$f.update")" "${t:--}" \
            "$(test -z "$t" || echo "$e $t" | awk '{printf "%.2f", $1 / $2}')" \
            "$(cat "$f.rss")" "$(cat "$f.torchrss")" \
            "$(on_tensor_cores "$m" "$v")$(allowed "$m" "$v")"
    done
done
test ! -s "$dir/products" || sort -u "$dir/products"
