#!/bin/sh
# Data of one's own: each format, what follows from what is said about it, and
# what is refused.
. "$(dirname "$0")/../tap.sh"
cd "$TOP_BUILDDIR" || exit 1
device=${DEVICE:-host}
command -v python3 > /dev/null || skip_all "no python3 here"
cat > "$tmp/make.py" << 'END'
import random, struct, sys, zipfile
sys.path.insert(0, sys.argv[1] + '/t/exec')
sys.dont_write_bytecode = True
import own
to = sys.argv[2]
draw = random.Random(3)

def idx(path, dims, values):
    with open(path, 'wb') as f:
        f.write(struct.pack('>HBB', 0, 8, len(dims)))
        f.write(struct.pack('>%dI' % len(dims), *dims) + bytes(values))

# 30 images of 11 x 13 in 12 classes, as IDX, npy and npz.
for part, prefix, n in (('train', 'train', 30), ('test', 't10k', 12)):
    x = [draw.randrange(256) for _ in range(n * 143)]
    y = [i % 12 for i in range(n)]
    idx('%s/%s-images-idx3-ubyte' % (to, prefix), (n, 11, 13), x)
    idx('%s/%s-labels-idx1-ubyte' % (to, prefix), (n,), y)
    own.write_npy('%s/x_%s.npy' % (to, part), '|u1', (n, 11, 13), x)
    own.write_npy('%s/y_%s.npy' % (to, part), '<i8', (n,), y)
with zipfile.ZipFile(to + '/all.npz', 'w', zipfile.ZIP_DEFLATED) as z:
    for part in ('x_train', 'y_train', 'x_test', 'y_test'):
        z.write('%s/%s.npy' % (to, part), part + '.npy')
# Rows of three features, of which the second says the class.
with open(to + '/rows.csv', 'w') as f:
    f.write('a,label,b,c\n')
    for i in range(400):
        b = draw.uniform(0, 300)
        f.write('%r,%d,%r,%r\n' % (draw.gauss(0, 1e-3), b > 150, b, 7))
# Bytes, and the same as numbers of 16 and 32 bits.
text = bytes(draw.choice(b'abcdefgh ') for _ in range(2000))
open(to + '/text', 'wb').write(text)
open(to + '/text.u16', 'wb').write(struct.pack('<2000H', *text))
open(to + '/text.u32', 'wb').write(struct.pack('<2000I', *text))
own.write_npy(to + '/text.npy', '<i8', (2000,), text)
own.write_npy(to + '/square.npy', '<i8', (40, 50), text)
open(to + '/odd.u16', 'wb').write(bytes(2001))

def bad(name, x, dims, y, descr='|u1'):
    import os
    os.mkdir(to + '/' + name)
    own.write_npy('%s/%s/x.npy' % (to, name), descr, dims, x)
    if y is not None:
        own.write_npy('%s/%s/y.npy' % (to, name), '<i8', (len(y),), y)

bad('alone', [0] * 8, (2, 2, 2), None)
bad('fewer', [0] * 8, (2, 2, 2), [0])
bad('flat', [0] * 8, (8,), [0] * 8)
bad('deep', [0] * 100, (2, 5, 2, 5), [0] * 2)
bad('negative', [0] * 80, (20, 2, 2), [0] * 19 + [-1])
bad('nan', [float('nan')] * 40, (20, 2), [0, 1] * 10, '<f4')
bad('small', [0] * 8, (2, 2, 2), [0, 1])
bad('one', [0] * 4, (1, 2, 2), [0])
END
python3 "$tmp/make.py" "$TOP_SRCDIR" "$tmp" > "$tmp/out" 2>&1 || {
    cat "$tmp/out"
    exit 1
}
printf 'learns: images\nlayers: [linear: classes]\n' > "$tmp/flat.yaml"
printf 'learns: tokens\noptions: {context: 16}\nlayers:\n  - embedding: 8\n  - linear: classes\n' \
    > "$tmp/words.yaml"
digest() { # data, options: a digest
    data=$1
    shift
    ./vnexec run -q -m "$tmp/flat.yaml" -d "$data" -b 10 -v 5 --steps 4 \
        --no-eval --digest 4 "$@" 2> "$tmp/out"
}
want=$(digest "idx:$tmp")
test -n "$want"
ok $? "IDX of other images in 12 classes"
is "$(digest "npy:$tmp")" "$want" "the same as npy"
is "$(digest "npy:$tmp/all.npz")" "$want" "the same as a packed npz"
is "$(digest "npy:$tmp" -D "$device:3")" "$want" "on three devices"
./vnexec data "idx:$tmp" > "$tmp/idx" && ./vnexec data "npy:$tmp" > "$tmp/npy"
# All but the hash: labels lie in other numbers.
sed -i "/^hash/d" "$tmp/idx" "$tmp/npy"
grep -q '^classes  *12$' "$tmp/idx" && cmp "$tmp/idx" "$tmp/npy"
ok $? "data says the same of both"
mean=$(sed -n 's/^mean *//p' "$tmp/idx")
scale=$(sed -n 's/^scale *//p' "$tmp/idx")
python3 -c "
x = open('$tmp/train-images-idx3-ubyte', 'rb').read()[16:]
m = sum(x) / len(x)
d = (sum((v - m) ** 2 for v in x) / len(x)) ** .5
assert abs($mean - m) < 1e-4 and abs($scale * d - 1) < 1e-6, (m, d)" \
    > "$tmp/out" 2>&1
ok $? "normalised by its own mean and deviation"
other=$(digest "npy:$tmp" --normalise none)
test -n "$other" && test "$other" != "$want"
ok $? "or by nothing"
is "$(digest "npy:$tmp" --normalise 0,1)" "$other" \
    "which is a mean of 0 and a deviation of 1"
drawn=$(digest "npy:$tmp" --augment flip,crop=2)
test -n "$drawn" && test "$drawn" != "$want"
ok $? "images that are flipped and shifted are others"
is "$(digest "npy:$tmp" --augment flip,crop=2 -D "$device:3" \
    --mapping 1,1,3)" "$drawn" "the same ones under every mapping"
./vnexec data "npy:$tmp" --validation 0.2 > "$tmp/out"
grep -q '^training  *24$' "$tmp/out" && grep -q '^validation  *6$' "$tmp/out"
ok $? "a part is kept for validation"
./vnexec data "npy:$tmp" --classes 20 | grep -q '^classes  *20$'
ok $? "classes that no label has"
./vnexec run -q -m "$tmp/flat.yaml" -d "csv:$tmp/rows.csv" -b 30 -v 3 \
    --steps 100 > "$tmp/out" 2>&1
grep -q 'accuracy \(9.\|100\)' "$tmp/out"
ok $? "rows of features are learnt, each feature normalised"
tokens() {
    ./vnexec run -q -m "$tmp/words.yaml" -b 6 -v 3 --steps 4 --digest 4 \
        --classes 256 --no-eval "$@" 2> "$tmp/out"
}
want=$(tokens -d "bytes:$tmp/text")
test -n "$want"
ok $? "a file of bytes"
is "$(tokens -d "tokens16:$tmp/text.u16")" "$want" "as tokens of 16 bits"
is "$(tokens -d "tokens32:$tmp/text.u32")" "$want" "as tokens of 32 bits"
is "$(tokens -d "tokens32:$tmp/text.npy")" "$want" "as an npy of tokens"
./vnexec data "tokens16:$tmp/text.u16" --context 16 > "$tmp/out"
grep -q '^classes  *105$' "$tmp/out"
ok $? "there are as many tokens as the largest says"
refused() { # status, pattern, name, data, options
    status=$1 pattern=$2 name=$3
    shift 3
    says "$status" "$pattern" "$name" ./vnexec data "$@"
}
refused 1 'alone: has no labels for them, expected y_train' \
    "values without labels" "npy:$tmp/alone"
refused 1 'fewer: 2 examples and 1 labels, expected a label for each' \
    "too few labels" "npy:$tmp/fewer"
refused 1 'flat: values of 8, expected n images' "values in one dimension" \
    "npy:$tmp/flat"
refused 1 'deep: values of 2 x 5 x 2 x 5, expected n images' \
    "too many channels" "npy:$tmp/deep"
refused 1 'label 19 is -1, expected whole numbers from 0' \
    "a label below 0" "npy:$tmp/negative"
refused 1 'a value of channel 0 is not finite' "a value that is no number" \
    "npy:$tmp/nan"
refused 1 'one: 1 examples are too few to keep 0.1 of them' \
    "one example alone" "npy:$tmp/one"
refused 1 'has no values, expected x_train' "an empty folder" "npy:$TOP_SRCDIR/man"
refused 1 'No such file' "a file that is not there" "npy:/nowhere.npz"
refused 1 'is no file of tokens of 2 bytes' "half a token" \
    "tokens16:$tmp/odd.u16"
refused 1 'int64 in 2 dimensions, expected whole numbers in one' \
    "tokens in a square" "tokens16:$tmp/square.npy"
refused 2 "normalise: 'twice' is wrong, expected own, none, or MEAN,DEVIATION" \
    "an unknown way to normalise" "npy:$tmp" --normalise twice
refused 2 'expected own, none, or MEAN,DEVIATION' "a deviation of 0" \
    "npy:$tmp" --normalise 1,0
refused 2 'expected flip, crop=N' "an unknown way to draw" "npy:$tmp" \
    --augment mirror
refused 2 'expected crop=1 to crop=64' "a shift too far" "npy:$tmp" \
    --augment crop=65
refused 2 'augment is of images' "tokens that are flipped" \
    "bytes:$tmp/text" --context 16 --augment flip
refused 2 "data: 'mnist' is wrong, expected fashion-mnist" \
    "an unknown format" mnist
echo 'a,b' > "$tmp/bad.csv"
refused 1 "bad.csv:1:1: no column 'label', expected it in the header" \
    "a table without labels" "csv:$tmp/bad.csv"
echo 'label' > "$tmp/bad.csv"
refused 1 "bad.csv:1:1: no column beside 'label', expected features" \
    "a table without features" "csv:$tmp/bad.csv"
printf 'a,label\n1,0\n2,x\n' > "$tmp/bad.csv"
refused 1 "bad.csv:3:3: label is 'x', expected a whole number" \
    "a label that is none" "csv:$tmp/bad.csv"
printf 'a,label\n1,0\nx,1\n' > "$tmp/bad.csv"
refused 1 "bad.csv:3:1: a is 'x', expected a number" \
    "a feature that is none" "csv:$tmp/bad.csv"
printf 'a,label\n' > "$tmp/bad.csv"
python3 -c "print('label' + ',a' * 9000)" > "$tmp/wide.csv"
refused 1 'a header of 9001 columns, expected at most 8192' \
    "a table too wide" "csv:$tmp/wide.csv"
refused 1 'bad.csv: has no rows' "a table without rows" "csv:$tmp/bad.csv"
printf '\000\000\010\001\000\000\000\014\020' > "$tmp/t10k-labels-idx1-ubyte"
refused 1 't10k-labels-idx1-ubyte: ends after 1 of 12 bytes' \
    "labels that end early" "idx:$tmp"
printf '\000\000\010\001\000\000\000\014\000\001\002\003\004\005\006\007\010\011\012\020' \
    > "$tmp/t10k-labels-idx1-ubyte"
refused 1 'label 11 of the test is 16, and training has 0 to 11' \
    "a label of the test that training has not" "idx:$tmp"
# What a checkpoint's examples must be, and what its model does with tokens.
./vnexec run -q -m "$tmp/flat.yaml" -d "npy:$tmp" -b 10 -v 5 --steps 2 \
    -c "$tmp/ck" > "$tmp/out" 2>&1
says 1 'examples of 2 x 2 x 1 in 12 classes, and trained was on 11 x 13 x 1' \
    "predictions of other examples" \
    ./vnexec predict "$tmp/ck" -d "npy:$tmp/small"
says 1 'the data have 3 channels, and those trained on had 1' \
    "predictions of other channels" \
    ./vnexec predict "$tmp/ck" -d "csv:$tmp/rows.csv"
says 2 'see vnexec predict' "tokens of a model of images" \
    ./vnexec sample "$tmp/ck"
says 2 'predict needs one checkpoint' "predictions of nothing" ./vnexec predict
says 2 'sample needs one checkpoint' "tokens of nothing" ./vnexec sample
says 2 'export needs one checkpoint' "nothing to export" ./vnexec export
says 2 'expected a name that ends in .safetensors or .npz' \
    "weights to an unknown format" ./vnexec export "$tmp/ck" -o "$tmp/w"
./vnexec run -q -m "$tmp/words.yaml" -d "tokens16:$tmp/text.u16" -b 6 -v 3 \
    --steps 30 -c "$tmp/ck" > "$tmp/out" 2>&1
says 2 'see vnexec sample' "classes of a model of tokens" \
    ./vnexec predict "$tmp/ck"
./vnexec sample "$tmp/ck" -p "97 98" -n 5 -t 0 > "$tmp/said" 2>&1
./vnexec sample "$tmp/ck" -p "97 98" -n 5 -t 0 -D reference > "$tmp/two" 2>&1
test "$(wc -l < "$tmp/said")" -eq 5 && cmp "$tmp/said" "$tmp/two"
ok $? "tokens follow a prompt, the same by the reference"
says 2 "prompt: '7 x' is wrong, expected tokens as numbers" \
    "a prompt that is none" ./vnexec sample "$tmp/ck" -p "7 x"
says 2 'expected a token at least' "an empty prompt" \
    ./vnexec sample "$tmp/ck" -p ""
# Weights that do not suit.
./vnexec export "$tmp/ck" -o "$tmp/w.npz" > "$tmp/out" 2>&1
sed 's/linear: classes/linear: classes\n    name: last/' "$tmp/words.yaml" \
    > "$tmp/other.yaml"
says 1 "no array is called 'last.weight', which the model has" \
    "weights of another model" ./vnexec run -q -m "$tmp/other.yaml" \
    -d "tokens16:$tmp/text.u16" -b 6 -v 3 --steps 1 --init "$tmp/w.npz"
sed '/linear/d; s/embedding: 8/embedding: 8\n    name: embedding1/' \
    "$tmp/words.yaml" > "$tmp/other.yaml"
echo '  - tied: embedding1' >> "$tmp/other.yaml"
says 1 "'linear1.weight' has no place in the model" \
    "weights that are left over" ./vnexec run -q -m "$tmp/other.yaml" \
    -d "tokens16:$tmp/text.u16" -b 6 -v 3 --steps 1 --init "$tmp/w.npz"
says 1 "is 105 x 8, expected 256 x 8 as the model has it" \
    "weights of another shape" ./vnexec run -q -m "$tmp/words.yaml" \
    -d "bytes:$tmp/text" -b 6 -v 3 --steps 1 --init "$tmp/w.npz"
done_testing
