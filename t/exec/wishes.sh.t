#!/bin/sh
# vnexec: what is said and could not be meant is refused, with what was
# expected; data that are damaged are too.
. "$(dirname "$0")/../tap.sh"
cd "$TOP_BUILDDIR" || exit 1
small="-m mlp -d synthetic:300 -b 64 -v 8 -q --no-eval"
wrong() { # what it says, options
    want=$1
    shift
    # shellcheck disable=SC2086
    says 2 "$want" "$*" ./vnexec run $small "$@"
}
wrong 'devices of that step are 0 to 1' -n 5 -D host:2 --fail 7@2
wrong 'devices of that step are 0 to 1' -n 9 -D host:2 --resize 4:host:3 \
    --fail 2@3
wrong 'the steps are 0 to 4' -n 5 --fail 0@5
wrong 'has failed by then, in step 1' -n 5 -D host:3 --fail 1@1 --fail 1@3
wrong 'the last step is 4' -n 5 --resize 5:host:2
wrong 'more than the 300 examples' -n 1 -b 301
wrong 'checkpoint-every needs' -n 1 --checkpoint-every 2
wrong 'needs --plan' -n 1 --job 3
wrong 'without --steps' -n 1 -e 1
wrong 'of vnexec profile' -n 1 -o "$tmp/x"
wrong "expected a whole number.*this process may use" -n 1 -D host:cpu=4096
wrong "expected on= with devices that have numbers" -n 1 -D host:on=0
# shellcheck disable=SC2086
{
    ./vnexec run $small -n 9 -D host:1 --resize 4:host:3 --fail 2@5 \
        --log "$tmp/l.csv" > "$tmp/out" 2>&1
    is "$(awk -F, 'NR > 1 && $13 > 0 {print $1, $4}' "$tmp/l.csv")" "5 2" \
        "a device that came by a resize fails when it is to"
    ./vnexec run $small -n 4 -D host:2 --mapping 8,0 --fail 1@2 \
        --log "$tmp/l.csv" > "$tmp/out" 2>&1
    is "$(awk -F, 'NR > 1 && $13 > 0 {print $1, $4}' "$tmp/l.csv")" "2 1" \
        "so does one that has no nodes"
    ./vnexec run $small -n 6 -c "$tmp/ck" > "$tmp/out" 2>&1
    wrong 'is of step 6, behind the last of 4 steps' -n 4 --resume "$tmp/ck"
    ./vnexec run $small -n 6 --resume "$tmp/ck" > "$tmp/out" 2>&1
    ok $? "a run of as many steps as the checkpoint has is done"
}
says 2 'does without --mpi' "profile with ranks" ./vnexec profile --mpi

# A limit holds the work space too, and the number that is said to fit fits.
for model in mlp "gpt --layers 1 --width 64 --heads 4"; do
    for limit in 13000KiB 14MiB 20MiB; do
        # shellcheck disable=SC2086
        ./vnexec run -m $model -b 256 -v 1 -n 1 --no-eval \
            --memory-limit $limit > "$tmp/out" 2>&1
        if test $? -ne 0; then
            nodes=$(sed -n 's/.*; \([0-9]*\) virtual nodes fit.*/\1/p' \
                "$tmp/out")
            # shellcheck disable=SC2086
            ./vnexec run -m $model -b 256 -v "$nodes" -n 1 --no-eval \
                --memory-limit $limit > "$tmp/out" 2>&1
            ok $? "$model within $limit: $nodes nodes fit, as said"
        fi
        awk -v limit=$limit '
            function bytes(n, unit) {return n * (unit == "KiB" ? 1 : 1024)}
            /^0 / {peak = bytes($5, $6)}
            END {most = limit + 0; unit = substr(limit, length(limit) - 2)
                exit !(peak > 0 && peak <= bytes(most, unit))}' "$tmp/out"
        ok $? "$model within $limit: so is its peak"
    done
done

# Files of images: bytes that are big-endian numbers.
number() { # N: four bytes
    printf "\\$(printf %03o $(($1 >> 24 & 255)))\\$(printf %03o $(($1 >> 16 & 255)))\\$(printf %03o $(($1 >> 8 & 255)))\\$(printf %03o $(($1 & 255)))"
}
images() { # examples: a file of 4 x 4 images
    printf '\000\000\010\003'
    number "$1"
    number 4
    number 4
    head -c $(($1 * 16)) "$TOP_SRCDIR/COPYING"
}
labels() { # examples, classes, first
    printf '\000\000\010\001'
    number "$1"
    i=0
    while test $i -lt "$1"; do
        printf "\\$(printf %03o $((i % $2 + $3)))"
        i=$((i + 1))
    done
}
mkdir "$tmp/d"
fresh() { # classes
    rm -f "$tmp"/d/*
    images 120 > "$tmp/d/train-images-idx3-ubyte"
    labels 120 "$1" 0 > "$tmp/d/train-labels-idx1-ubyte"
    images 60 > "$tmp/d/t10k-images-idx3-ubyte"
    labels 60 "$1" 0 > "$tmp/d/t10k-labels-idx1-ubyte"
}
over="-m mlp -d fashion-mnist:$tmp/d -b 40 -v 4 -n 2 -q"
damaged() { # what it says, name
    # shellcheck disable=SC2086
    says 1 "$1" "$2" ./vnexec run $over
}
for classes in 3 26 256; do
    fresh $classes
    ./vnexec run -m mlp -d "fashion-mnist:$tmp/d" -b 40 -v 4 -n 2 --no-eval > "$tmp/out" 2>&1
    # 16 inputs, two layers of 512, and as many outputs as classes
    parameters=$((16 * 512 + 512 + 512 * 512 + 512 + 513 * (classes < 121 ? classes : 120)))
    grep -q "mlp: $parameters parameters" "$tmp/out"
    ok $? "own data of $classes classes"
done
fresh 10
labels 60 11 0 > "$tmp/d/t10k-labels-idx1-ubyte"
damaged 'label 10 of the test is 10, and training has 0 to 9' "labels beyond the classes"
fresh 10
echo >> "$tmp/d/train-images-idx3-ubyte"
damaged '1 bytes stand behind the 1920' "bytes behind the images"
fresh 10
gzip -n "$tmp"/d/*
# shellcheck disable=SC2086
./vnexec run $over > "$tmp/out" 2>&1
ok $? "compressed files are read"
for file in train-images-idx3 t10k-labels-idx1; do
    fresh 10
    gzip -n "$tmp"/d/*
    cp "$tmp/d/$file-ubyte.gz" "$tmp/gz"
    size=$(stat -c %s "$tmp/gz")
    # Each of the last eight bytes is of a checksum or a length.
    for at in $((size / 2)) $((size - 8)) $((size - 1)); do
        perl -e 'local $/; open F, "<", $ARGV[0]; $_ = <F>;
            substr($_, $ARGV[1], 1) ^= "\x55"; print' "$tmp/gz" $at \
            > "$tmp/d/$file-ubyte.gz"
        damaged 'damaged' "$file: byte $at of $size is another"
    done
    head -c $((size - 3)) "$tmp/gz" > "$tmp/d/$file-ubyte.gz"
    damaged 'cut off' "$file: cut off"
    { cat "$tmp/gz" && echo more; } > "$tmp/d/$file-ubyte.gz"
    damaged 'damaged\|behind' "$file: goes on behind its end"
    cat "$tmp/gz" "$tmp/gz" > "$tmp/d/$file-ubyte.gz"
    damaged 'behind' "$file: is there twice"
done
# The same data by another name are the same data; others are not.
fresh 10
mv "$tmp/d" "$tmp/e"
# shellcheck disable=SC2086
{
    ./vnexec run -m mlp -d "fashion-mnist:$tmp/e" -b 40 -v 4 -n 2 -q \
        --no-eval -c "$tmp/ck" > "$tmp/out" 2>&1
    mv "$tmp/e" "$tmp/d"
    ./vnexec run $over -n 3 --resume "$tmp/ck" > "$tmp/out" 2>&1
    ok $? "a run goes on where its data have moved"
    labels 120 9 1 > "$tmp/d/train-labels-idx1-ubyte"
    says 1 'was trained with data' "not on other data" \
        ./vnexec run $over -n 3 --resume "$tmp/ck"
}
# Two runs side by side are not on one processor.
if test "$(nproc)" -gt 1; then
    allowed() { # process: the processors of its thread that worked most
        for t in /proc/"$1"/task/*; do
            echo "$(awk '{print $14}' "$t/stat") $(sed -n 's/^Cpus_allowed_list:\t//p' "$t/status")"
        done | sort -rn | head -n 1 | cut -d' ' -f2
    }
    # shellcheck disable=SC2086
    ./vnexec run $small -n 1000000 > "$tmp/out" 2>&1 &
    a=$!
    sleep 0.5
    # shellcheck disable=SC2086
    ./vnexec run $small -n 1000000 > "$tmp/out" 2>&1 &
    b=$!
    # shellcheck disable=SC2086
    ./vnexec run $small -n 1000000 --no-pin > "$tmp/out" 2>&1 &
    c=$!
    sleep 1.5
    x=$(allowed $a) y=$(allowed $b) z=$(allowed $c)
    kill $a $b $c
    wait $a $b $c
    # Others' runs may hold processors too; then a run is free to use any.
    test -n "$x" && { test "$x" != "$y" || echo "$x" | grep -q '[-,]'; }
    ok $? "two runs are not pinned to one processor ($x and $y)"
    echo "$z" | grep -q '[-,]'
    ok $? "one that is not to be pinned may run on all ($z)"
else
    skip "two runs are not pinned to one processor" "there is one"
fi
done_testing
