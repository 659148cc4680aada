#!/bin/sh
# What a step asks of a GPU, counted by the emulation: a graph for each
# virtual node, one kernel for the update (three where it clips), and two
# waits, of which the second is the step's end.  VN_BRIEF: of one model.
. "$(dirname "$0")/../tap.sh"
cd "$TOP_BUILDDIR" || exit 1
emulated=t/exec/vnexec-cuda
if test ! -x $emulated; then
    skip "launches" "no emulation was built"
    done_testing
    exit 0
fi
unset VN_CUDA_HOST_FAIL VN_CUDA_HOST_MEMORY VN_CUDA_HOST_ORDER
export VN_CUDA_HOST_DEVICES=1
# Of a step: those of five less those of three, halved.  The first node of a
# size is done call by call, the second is recorded.
counts() { # options: launches, graphs, waits
    for n in 3 5; do
        # shellcheck disable=SC2086
        VN_CUDA_HOST_COUNTS=$tmp/$n $emulated run $1 --steps $n --seed 3 \
            --no-eval --quiet > "$tmp/out" 2>&1 || return 1
    done
    paste "$tmp/3" "$tmp/5" | awk '{printf("%s%g", (NR > 1 ? " " : ""), ($4 - $2) / 2)}'
}
holds() { # launches, graphs, waits, what, options
    is "$(counts "$5")" "$1 $2 $3" "$4"
}
gpt="-m gpt --layers 1 --width 16 --heads 2 --context 8 -d synthetic:40 -b 8"
for v in 1 8; do
    holds 1 $v 2 "gpt, $v nodes" "$gpt -v $v -D cuda:1"
done
holds 3 3 2 "a norm takes two kernels more" "$gpt -v 3 --clip 0.5 -D cuda:1"
holds 1 5 2 "nodes of two sizes" "$gpt -v 5 -D cuda:1"
# Examples that come node by node are waited for node by node, and so are
# those that are on their way meanwhile.
holds 1 3 7 "where the examples are not kept" \
    "$gpt -v 3 -D cuda:1 --memory-limit 100MiB"
if test -z "${VN_BRIEF-}"; then
    holds 1 1 2 "mlp, one node" "-m mlp -d synthetic:40 -b 4 -v 1 -D cuda:1"
    holds 1 2 2 "resnet8, 2 nodes" \
        "-m resnet8 -d synthetic:40 -b 2 -v 2 -D cuda:1"
fi
done_testing
