#!/bin/sh
# A user's path: own images in npy, a model file of ten lines, training on two
# devices with a resize, weights for other programs, and the same predictions
# computed from these by another program (t/exec/own.py).
. "$(dirname "$0")/../tap.sh"
cd "$TOP_BUILDDIR" || exit 1
device=${DEVICE:-host}
command -v python3 > /dev/null || skip_all "no python3 here"
own=$TOP_SRCDIR/t/exec/own.py
python3 "$own" images "$tmp" > "$tmp/out" 2>&1 || {
    cat "$tmp/out"
    exit 1
}
cat > "$tmp/mine.yaml" << 'END'
learns: images
layers:
  - conv: 6
    relu: true
  - residual:
      - conv: 6
      - batchnorm:
    relu: true
  - linear: classes
END
./vnexec model "$tmp/mine.yaml" --data "npy:$tmp" > "$tmp/out" 2>&1 \
    && grep -q '^linear1 .* 5  *1685 ' "$tmp/out"
ok $? "a model of ten lines suits images of one's own"
train() {
    ./vnexec run -q -m "$tmp/mine.yaml" -d "npy:$tmp" -b 40 -v 4 --steps 60 \
        --rate 0.05 --seed 2 --validation 0.1 --digest 20 "$@"
}
train -D "$device:2" --resize "30:$device:3" -c "$tmp/ck" > "$tmp/two" 2>&1
ok $? "it trains on two devices, and on three from a step on"
grep -q 'accuracy \(9.\|100\)' "$tmp/two"
ok $? "and learns them"
train > "$tmp/out" 2>&1 && cmp "$tmp/out" "$tmp/two" >> "$tmp/out"
ok $? "as on one device, bit for bit"
for kind in safetensors npz; do
    ./vnexec export "$tmp/ck" -o "$tmp/w.$kind" > "$tmp/out" 2>&1
    ok $? "its weights go to $kind"
done
./vnexec predict "$tmp/ck" --all -D "$device" -o "$tmp/p.csv" > "$tmp/out" 2>&1
ok $? "a checkpoint predicts the test's classes"
awk -F, 'NR > 1 {right += $2 == $4} END {exit !(NR == 41 && right > 36)}' \
    "$tmp/p.csv"
ok $? "mostly right ones"
statistics=$(./vnexec data "npy:$tmp" --validation 0.1 \
    | sed -n 's/^mean  *//p; s/^scale  */\//p' | tr -d '\n')
for kind in safetensors npz; do
    python3 "$own" predict "$tmp/w.$kind" "$tmp" "$tmp/p.csv" "$statistics" \
        > "$tmp/out" 2>&1
    ok $? "another program computes them from $kind, to 1e-5"
    diag "$tmp/out"
    ./vnexec run -q -m "$tmp/mine.yaml" -d "npy:$tmp" -b 40 -v 4 --steps 0 \
        --validation 0.1 --init "$tmp/w.$kind" > "$tmp/out" 2>&1 \
        && grep -q "$(sed -n 's/.*\(loss [0-9.]*\)[0-9],.*/\1/p' "$tmp/two")" \
            "$tmp/out"
    ok $? "training begins with them"
done
# The same images with their channels first, under the names of a folder.
mkdir "$tmp/first"
for part in train test; do
    cp "$tmp/first_$part.npy" "$tmp/first/x_$part.npy"
    cp "$tmp/y_$part.npy" "$tmp/first/"
done
./vnexec predict "$tmp/ck" --all -d "npy:$tmp/first" > "$tmp/out" 2>&1 \
    && cmp "$tmp/out" "$tmp/p.csv"
ok $? "images with channels first are the same images"
# What was moved is the same data; what was changed is not.
mkdir "$tmp/moved"
mv "$tmp"/?_*.npy "$tmp/moved/"
./vnexec run -q -m "$tmp/mine.yaml" -d "npy:$tmp/moved" -b 40 -v 4 \
    --steps 61 --rate 0.05 --seed 2 --validation 0.1 --resume "$tmp/ck" \
    > "$tmp/out" 2>&1
ok $? "training goes on where the data were moved to"
printf x | dd of="$tmp/moved/x_train.npy" bs=1 seek=999 conv=notrunc 2> /dev/null
says 1 'was trained with data' "not where they were changed" \
    ./vnexec run -q -m "$tmp/mine.yaml" -d "npy:$tmp/moved" -b 40 -v 4 \
    --steps 61 --rate 0.05 --seed 2 --validation 0.1 --resume "$tmp/ck"
if python3 -c 'import numpy' 2> /dev/null; then
    python3 -c "import numpy
w = numpy.load('$tmp/w.npz')
assert w['linear1.weight'].shape == (5, 336) and w['linear1.weight'].dtype == 'f4'"
    ok $? "numpy reads the npz"
else
    skip "numpy reads the npz" "no numpy here"
fi
if python3 -c 'import safetensors' 2> /dev/null; then
    python3 -c "import safetensors
with safetensors.safe_open('$tmp/w.safetensors', 'np') as w:
    assert w.get_tensor('conv2.weight').shape == (6, 6, 3, 3)
    assert w.metadata()['format'] == 'pt'"
    ok $? "safetensors' own library reads the other"
else
    skip "safetensors' own library reads the other" "it is not here"
fi
done_testing
