#!/bin/sh
# make bench-couple: what virtual nodes are for.  The same hyperparameters on
# 1, 2 and 4 devices, where each device takes a batch of its own (coupled: the
# global batch grows with the devices) and where virtual nodes keep one global
# batch.  Test accuracy in percent over SEEDS, mean and standard deviation.
#
#   MODEL  mlp      DATA   fashion-mnist   BATCH  128 (of a device; global)
#   SEEDS  1 2 3 4 5        NUMBERS  1 2 4 devices   NODES  4
#   TRAIN  the rest of the training options
#   DEVICE host            CURVES  a file for the test accuracy by step
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
model=${MODEL:-mlp} data=${DATA:-fashion-mnist} batch=${BATCH:-128}
train=${TRAIN:---epochs 2 --rate 0.05 --schedule cosine --eval 469}

run() { # file, options: the test's lines
    to=$1
    shift
    # shellcheck disable=SC2086
    ./vnexec run -m "$model" -d "$data" $train "$@" -q > "$dir/out" \
        || { cat "$dir/out" >&2; exit 1; }
    grep accuracy "$dir/out" > "$dir/$to"
    sed -n '$s/.*accuracy \([0-9.]*\).*/\1/p' "$dir/$to" >> "$dir/$to.all"
}
spread() { # of a file of numbers
    awk '{n++; s += $1; q += $1 * $1}
        END {m = s / n; v = n > 1 ? (q - n * m * m) / (n - 1) : 0
             printf "%.2f +- %.2f", m, sqrt(v > 0 ? v : 0)}' "$1"
}

test -z "$CURVES" || echo seed,kind,devices,step,accuracy > "$CURVES"
for seed in ${SEEDS:-1 2 3 4 5}; do
    for d in ${NUMBERS:-1 2 4}; do
        at="-D ${DEVICE:-host}:$d"
        nodes="-b $batch -v ${NODES:-4}"
        # shellcheck disable=SC2086
        {
            run "$d.coupled" --seed "$seed" --couple-batch "$batch" $at
            run "$d.exact" --seed "$seed" $nodes $at
            run "$d.fast" --seed "$seed" $nodes $at -a fast
        }
        cmp -s "$dir/$d.exact" "$dir/1.exact" || touch "$dir/differ"
        for kind in coupled exact fast; do
            test -z "$CURVES" || sed "s/step \([0-9]*\):.*accuracy \([0-9.]*\).*/$seed,$kind,$d,\1,\2/" \
                "$dir/$d.$kind" >> "$CURVES"
        done
    done
done
printf '%-8s %-22s %-24s %-24s\n' devices "coupled ($batch each)" \
    "virtual nodes ($batch)" "virtual nodes, fast"
for d in ${NUMBERS:-1 2 4}; do
    printf '%-8s %-22s %-24s %-24s\n' "$d" "$(spread "$dir/$d.coupled.all")" \
        "$(spread "$dir/$d.exact.all")" "$(spread "$dir/$d.fast.all")"
done
if test -e "$dir/differ"; then
    echo "exact: the curves differ"
    exit 1
fi
echo "exact: loss and accuracy at every test are the same on all devices"
