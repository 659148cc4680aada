#!/bin/sh
# make bench-memory: the peak of a device's memory against the number of
# virtual nodes of one global batch, as a table and, with gnuplot, a figure.
# Activations fall as 1 / V, to parameters, optimizer state and sums.
#
#   MODELS  mlp:8192 resnet8:512 gpt:64 (the batch)
#   NODES   1 2 4 8 16 32 64       DEVICE  host      DIR  .  (memory.csv, .svg)
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
to=${DIR:-.}
{
    echo model,batch,vnodes,peak_bytes
    for m in ${MODELS:-mlp:8192 resnet8:512 gpt:64}; do
        name=${m%%:*} batch=${m#*:}
        for v in ${NODES:-1 2 4 8 16 32 64}; do
            rm -f "$dir/r.db"
            ./vnexec run -m "$name" -d synthetic:"$batch" -b "$batch" \
                -v "$v" --steps 1 --no-eval -q -D "${DEVICE:-host}:1" \
                --results "$dir/r.db" >&2 || exit 1
            ./vnreplay export "$dir/r.db" -t device > "$dir/device.csv" || exit 1
            echo "$name,$batch,$v,$(awk -F, '
                NR == 1 {for (i = 1; i <= NF; i++) if ($i == "peak_bytes") c = NF - i}
                NR == 2 {print $(NF - c)}' "$dir/device.csv")"
        done
    done
} > "$to/memory.csv" || exit 1
cat "$to/memory.csv"
command -v gnuplot > /dev/null || exit 0
{
    echo "set terminal svg size 640,400 font 'sans,12'
set output '$to/memory.svg'
set datafile separator ','
set logscale xy 2
set xlabel 'virtual nodes of one global batch'
set ylabel 'peak of a step (MiB)'
set grid
set key top right"
    printf 'plot'
    sep=' '
    for m in ${MODELS:-mlp:8192 resnet8:512 gpt:64}; do
        name=${m%%:*} batch=${m#*:}
        printf "%s'< grep ^%s, %s/memory.csv' using 3:(\$4 / 2**20) with linespoints title '%s, batch %s'" \
            "$sep" "$name" "$to" "$name" "$batch"
        sep=', '
    done
    echo
} | gnuplot && echo "$to/memory.svg"
