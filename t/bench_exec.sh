#!/bin/sh
# make bench-exec: a step of vnexec beside one of PyTorch, in turns on one
# processor: medians in milliseconds.  What virtual nodes cost shows down a
# column: "fast" adds floats, so exact - fast is what integers cost; of an
# exact step "nodes" is forward and backward, which grows where products
# become smaller, "update" is done once however many nodes there are.
#
#   MODELS  mlp resnet8 gpt        NODES  1 2 4 8
#   ROUNDS  3 turns of each        CPU    the processor
#   PYTHON  one with torch (python3, Debian's); else vnexec alone is measured
#   DEVICE  host
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
python=${PYTHON:-python3}
cpu=${CPU:-$(nproc | awk '{print $1 - 1}')}
rounds=${ROUNDS:-3}
here=$(dirname "$0")

model() { # its options
    case $1 in
    mlp) echo "-m mlp -d synthetic -b 256 --optimizer sgd -r 0.01" ;;
    resnet8) echo "-m resnet8 -d synthetic32:512 -b 128 --optimizer sgd -r 0.01" ;;
    gpt) echo "-m gpt -d synthetic:512 -b 16 --optimizer sgd -r 0.01" ;;
    esac
}
steps() { # in one turn
    case $1 in
    mlp) echo 40 ;;
    *) echo 4 ;;
    esac
}
median() { sort -g | awk '{x[NR] = $1} END {if (NR) printf "%.2f", (x[int((NR + 1) / 2)] + x[int(NR / 2) + 1]) / 2}'; }
ours() { # model, nodes, arithmetic, steps: appends times to a file
    # shellcheck disable=SC2046
    taskset -c "$cpu" ./vnexec run $(model "$1") -v "$2" -a "$3" \
        --steps $(($4 + 2)) --decay 0 --no-eval --log "$dir/log.csv" \
        -D "${DEVICE:-host}:1" > "$dir/out" 2>&1 || cat "$dir/out"
    awk -F, 'NR > 3 {print 1e3 * $5}' "$dir/log.csv" >> "$dir/$1.$2.$3"
    test "$3" = fast \
        || awk -F, -v f="$dir/$1.$2" 'NR > 3 {print 1e3 * $6 >> (f ".load")
            print 1e3 * $7 >> (f ".nodes"); print 1e3 * $9 >> (f ".update")}' \
            "$dir/log.csv"
    sed -n 's/.*peak of the process //p' "$dir/out" > "$dir/$1.$2.rss"
}
theirs() {
    OMP_NUM_THREADS=1 taskset -c "$cpu" "$python" "$here/bench_torch.py" \
        "$1" "$2" "$4" > "$dir/out" 2> /dev/null
    sed -n 's/^peak //p' "$dir/out" > "$dir/$1.$2.torchrss"
    grep -v peak "$dir/out" >> "$dir/$1.$2.torch"
}

torch=no
"$python" -c 'import torch' 2> /dev/null || python=/usr/bin/python3
"$python" -c 'import torch' 2> /dev/null && torch=yes
test $torch = yes || echo "no torch for $python: only vnexec is measured"
printf '%-8s %5s %9s %9s  %7s %8s %7s  %9s %6s  %10s %9s\n' model nodes \
    exact fast load nodes update torch ratio "peak" "torch MiB"
for m in ${MODELS:-mlp resnet8 gpt}; do
    for v in ${NODES:-1 2 4 8}; do
        round=0
        while test $round -lt "$rounds"; do
            ours "$m" "$v" fast "$(steps "$m")"
            ours "$m" "$v" exact "$(steps "$m")"
            test $torch = no || theirs "$m" "$v" torch "$(steps "$m")"
            round=$((round + 1))
        done
        touch "$dir/$m.$v.torch" "$dir/$m.$v.torchrss"
        f=$dir/$m.$v
        e=$(median < "$f.exact") t=$(median < "$f.torch")
        printf '%-8s %5d %9s %9s  %7s %8s %7s  %9s %6s  %10s %9s\n' "$m" \
            "$v" "$e" "$(median < "$f.fast")" "$(median < "$f.load")" \
            "$(median < "$f.nodes")" "$(median < "$f.update")" "${t:--}" \
            "$(test -z "$t" || echo "$e $t" | awk '{printf "%.2f", $1 / $2}')" \
            "$(cat "$f.rss")" "$(cat "$f.torchrss")"
    done
done
