#!/bin/sh
# make bench-scaling: a step of 8 virtual nodes on 1 device and on more, in
# turns: medians and least times in milliseconds, and how many times as fast.
#
#   MODELS  resnet8 gpt     NUMBERS  2      ROUNDS  5     DEVICE  host
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
model() { # its options
    case $1 in
    mlp) echo "-m mlp -d synthetic -b 256 --steps 40" ;;
    resnet8) echo "-m resnet8 -d synthetic32:512 -b 128 --steps 6" ;;
    gpt) echo "-m gpt -d synthetic:512 -b 16 --steps 5" ;;
    esac
}
step() { # model, devices: appends to a file
    # shellcheck disable=SC2046
    ./vnexec run $(model "$1") -v 8 -D "${DEVICE:-host}:$2" --no-eval -q \
        --log "$dir/log.csv" > "$dir/out" 2>&1 || cat "$dir/out"
    awk -F, 'NR > 3 {print 1e3 * $5}' "$dir/log.csv" >> "$dir/$1.$2"
}
middle() { sort -g "$1" | awk '{x[NR] = $1} END {print x[int((NR + 1) / 2)]}'; }
least() { sort -g "$1" | head -n 1; }

printf '%-8s %7s %10s %10s %8s %8s\n' model devices median least "x median" \
    "x least"
for m in ${MODELS:-resnet8 gpt}; do
    round=0
    while test $round -lt "${ROUNDS:-5}"; do
        for d in 1 ${NUMBERS:-2}; do step "$m" "$d"; done
        round=$((round + 1))
    done
    for d in 1 ${NUMBERS:-2}; do
        echo "$(middle "$dir/$m.$d") $(least "$dir/$m.$d")" \
            "$(middle "$dir/$m.1") $(least "$dir/$m.1")" \
            | awk -v m="$m" -v d="$d" '{printf "%-8s %7d %10.2f %10.2f %8.2f %8.2f\n",
                m, d, $1, $2, $3 / $1, $4 / $2}'
    done
done
