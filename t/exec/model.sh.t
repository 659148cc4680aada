#!/bin/sh
# vnexec with model files: a shipped model as a file of one's own is the same
# model, and a file's model trains to the same bits under every mapping.
. "$(dirname "$0")/../tap.sh"
cd "$TOP_BUILDDIR" || exit 1
device=${DEVICE:-host}
data=$TOP_SRCDIR/t/data/model
find "$TOP_SRCDIR/vnode_exec" -name "*.c" -type f | LC_ALL=C sort | xargs cat > "$tmp/text"
digests() { # options: the digests of a short run
    ./vnexec run --seed 3 --steps 4 --digest 2 --no-eval --quiet "$@" \
        > "$tmp/out" 2>&1 && grep digest "$tmp/out"
}
same() { # name, options: does it give what is in $tmp/want?
    title=$1
    shift
    digests "$@" > "$tmp/got" && cmp "$tmp/got" "$tmp/want" >> "$tmp/out" 2>&1
    ok $? "$title"
}
for m in mlp resnet8 gpt; do
    set -- -d synthetic:64 -b 6 -v 3
    test $m = gpt && set -- -d "bytes:$tmp/text" -b 6 -v 3 --set layers=1 \
        --set width=16 --set heads=2 --set context=8
    digests -m $m "$@" > "$tmp/want"
    cp "$TOP_SRCDIR/vnode_exec/models/$m.yaml" "$tmp/mine.yaml"
    echo "# a remark" >> "$tmp/mine.yaml"
    same "$m: its file is the same model" -m "$tmp/mine.yaml" "$@"
done
# A checkpoint goes on under a file that says the same.
./vnexec run -q -m mlp -d synthetic:64 -b 6 -v 3 --steps 2 --no-eval \
    -c "$tmp/ck" > "$tmp/out" 2>&1
cp "$TOP_SRCDIR/vnode_exec/models/mlp.yaml" "$tmp/mine.yaml"
./vnexec run -q -m "$tmp/mine.yaml" -d synthetic:64 -b 6 -v 3 --steps 3 \
    --no-eval --resume "$tmp/ck" > "$tmp/out" 2>&1
ok $? "a checkpoint of a shipped model goes on with its file"
sed 's/fc1/first/' "$tmp/mine.yaml" > "$tmp/other.yaml"
says 1 'was trained with model=mlp, not model=other' \
    "but not with a file that says another" \
    ./vnexec run -q -m "$tmp/other.yaml" -d synthetic:64 -b 6 -v 3 \
    --no-eval --resume "$tmp/ck"
for m in net words; do
    set -- -m "$data/$m.yaml" -d synthetic:64 -b 7 -v 5
    digests "$@" > "$tmp/want"
    ok $? "$m: trains"
    same "$m: on 3 devices" "$@" -D "$device:3"
    same "$m: with a resize" "$@" -D "$device:1" --resize "2:$device:2"
    same "$m: by the reference" "$@" -D reference:1
    if test -x t/exec/vnexec-cuda; then
        t/exec/vnexec-cuda run --seed 3 --steps 4 --digest 2 --no-eval \
            --quiet "$@" -D cuda:2 > "$tmp/out" 2>&1
        grep digest "$tmp/out" | cmp - "$tmp/want"
        ok $? "$m: by CUDA's kernels, emulated"
    else
        skip "$m: by CUDA's kernels, emulated" "they were not built"
    fi
    if ./vnexec devices | grep -q 'mpi.*ranks' \
        && command -v mpirun > /dev/null; then
        ASAN_OPTIONS=detect_leaks=0 OMPI_ALLOW_RUN_AS_ROOT=1 \
            OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
            mpirun --oversubscribe -n 3 ./vnexec run --mpi --seed 3 \
            --steps 4 --digest 2 --no-eval --quiet "$@" > "$tmp/out" 2>&1
        grep digest "$tmp/out" | sed 's/.*step/step/' | cmp - "$tmp/want"
        ok $? "$m: on three ranks"
    else
        skip "$m: on three ranks" "no MPI"
    fi
    ./vnexec run -q -m "$data/$m.yaml" -d synthetic:64 -b 7 -v 5 --steps 4 \
        --seed 3 -c "$tmp/ck" > "$tmp/out" 2>&1
    rm -f "$tmp/eval"
    ./vnexec eval --resume "$tmp/ck" > "$tmp/eval" 2>&1
    grep -q "$(sed -n 's/.*\(loss [0-9.]*\).*/\1/p' "$tmp/out")" "$tmp/eval"
    ok $? "$m: eval needs no file beside the checkpoint"
done
digests -m "$data/net.yaml" -d synthetic:64 -b 7 -v 5 > "$tmp/one"
digests -m "$data/net.yaml" -d synthetic:64 -b 7 -v 5 --set blocks=1 \
    > "$tmp/two" && ! cmp -s "$tmp/one" "$tmp/two"
ok $? "an option that is set is another model"
# What is shown of a model is what a step is counted to do.
./vnexec model "$data/net.yaml" -b 8 > "$tmp/shown" 2>&1
ok $? "a model is shown"
grep -q '^block2.norm1  *batch norm  *28 x 28 x 6 ' "$tmp/shown"
ok $? "with its layers and what they give"
./vnexec work -m "$data/net.yaml" -b 1 -v 1 > "$tmp/work" 2>&1
awk 'FNR == NR && /^first / {first = $NF}
    FNR == NR && /^all / {all = $NF; next}
    /^(matrix products|convolutions)/ {got += $(NF - 1)}
    END {want = 3 * all - first
        exit !(all > 0 && got * 1e3 > 0.97 * want && got * 1e3 < 1.03 * want)
    }' "$tmp/shown" "$tmp/work"
ok $? "its products are those that a step is counted to make"
says 1 'other.yaml:7:17: .* unknown name .clases., expected classes' \
    "a mistake is told with its place" \
    sh -c "printf 'learns: images\n\n\n\n\nlayers:\n  - linear: 3 * clases\n' \
        > $tmp/other.yaml; ./vnexec model $tmp/other.yaml"
done_testing
