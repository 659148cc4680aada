#!/bin/sh
# vnexec: the same bits under every mapping, and its messages.  DEVICE names
# the backend under test (host).
. "$(dirname "$0")/../tap.sh"
cd "$TOP_BUILDDIR" || exit 1
device=${DEVICE:-host}
small="--seed 3 --digest 3 --no-eval --quiet"
find "$TOP_SRCDIR/vnode_exec" -name "*.c" -type f | LC_ALL=C sort | xargs cat > "$tmp/text"
model() { # name: its options
    case $1 in
    mlp) echo "-m mlp -d synthetic:500 -b 50 -v 8 --steps 9" ;;
    resnet8) echo "-m resnet8 -d synthetic:64 -b 9 -v 8 --steps 6" ;;
    gpt) echo "-m gpt --layers 1 --width 32 --heads 4 --context 16 -b 11
        -v 8 --steps 9 -d bytes:$tmp/text" ;;
    adamw) echo "-m mlp -d synthetic:500 -b 50 -v 8 --steps 9 --optimizer adamw
        --clip 0.5 --schedule cosine --warmup 2" ;;
    esac
}
train() { # model, more options: the digests
    which=$1
    shift
    # shellcheck disable=SC2046,SC2086
    ./vnexec run $(model "$which") $small "$@" > "$tmp/out" 2>&1
    status=$?
    grep digest "$tmp/out" | sed 's/.*step \([0-9]*\): /\1 /' > "$tmp/digests"
    return $status
}
same() { # name, model, more options: do the digests agree?
    title=$1
    shift
    train "$@" && test -s "$tmp/digests" \
        && cmp "$tmp/digests" "$tmp/want" >> "$tmp/out" 2>&1
    ok $? "$title"
}
for m in mlp resnet8 gpt adamw; do
    train $m -D "$device:1"
    ok $? "$m: trains"
    cp "$tmp/digests" "$tmp/want"
    test "$(sort -u -k3 "$tmp/want" | wc -l)" -ge 2
    ok $? "$m: each digest is another"
    for d in 2 3 4; do
        same "$m: $d devices" $m -D "$device:$d"
    done
    same "$m: an uneven mapping" $m -D "$device:3" --mapping 1,5,2
    same "$m: unlike devices" $m -D "$device:1,host:threads=2,host:slow=1.5"
    same "$m: resized 1 -> 3 -> 2" $m -D "$device:1" \
        --resize "3:$device:3" --resize "5:$device:2"
    same "$m: a device fails in the middle of a step" $m -D "$device:3" \
        --fail 1@4
    same "$m: two devices fail" $m -D "$device:3" --fail 0@2 --fail 2@5
    same "$m: a device that a resize counts on fails" $m -D "$device:2" \
        --fail 1@1 --resize "3:$device:3"
    same "$m: the reference" $m -D reference:1
    train $m -D "$device:2" --seed 4
    cmp -s "$tmp/digests" "$tmp/want"
    test $? -eq 1
    ok $? "$m: another seed gives other bits"
    # A schedule that ends is part of what is trained: stop by a copy.
    train $m -D "$device:2" --checkpoint "$tmp/ck" --checkpoint-every 5
    cp "$tmp/ck" "$tmp/last"
    ./vnexec digest "$tmp/last" | grep -q "$(tail -1 "$tmp/want" | cut -d' ' -f3)"
    ok $? "$m: a checkpoint has the digest of its run"
done
train mlp -D "$device:1"
cp "$tmp/digests" "$tmp/want"
train mlp -D "$device:3" --steps 5 --checkpoint "$tmp/ck"
train mlp -D "$device:2" --resume "$tmp/ck"
tail -2 "$tmp/want" > "$tmp/tail"
cmp -s "$tmp/digests" "$tmp/tail"
ok $? "a run resumed from a checkpoint goes on to the same digests"
for m in mlp resnet8 gpt; do
    if ./vnexec devices | grep -q 'mpi.*ranks' \
        && command -v mpirun > /dev/null; then
        train $m -D "$device:1"
        cp "$tmp/digests" "$tmp/want"
        for r in 2 4; do
            # shellcheck disable=SC2046,SC2086
            ASAN_OPTIONS=detect_leaks=0 OMPI_ALLOW_RUN_AS_ROOT=1 \
                OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
                mpirun --oversubscribe -n $r ./vnexec run --mpi \
                $(model $m) $small --resize "4:host:1" > "$tmp/out" 2>&1 \
                && sed -n 's/.*step \([0-9]*\): digest/\1 digest/p' \
                    "$tmp/out" > "$tmp/digests"
            cmp -s "$tmp/digests" "$tmp/want"
            ok $? "$m: $r ranks, one from step 4 on"
        done
    else
        skip "$m: ranks" "no MPI"
    fi
done
# What a step costs, against the closed form: three products for each linear
# layer, but that no gradient goes to the images.
./vnexec work -m mlp -b 250 -v 7 > "$tmp/out" 2>&1
awk 'BEGIN {l1 = 784 * 512; l2 = 512 * 512; l3 = 512 * 10
        want = 2e-9 * 250 * (3 * (l1 + l2 + l3) - l1)}
    /^matrix products/ {got = $4; calls = $3}
    /^update/ {update = $4}
    /^all/ {all = $3}
    END {d = got / want - 1; p = l1 + l2 + l3 + 1034
        bytes = sprintf("%.6f", 1e-6 * p * 24)
        exit !(d * d < 1e-12 && calls == 56 && all > got && update == bytes)
    }' "$tmp/out"
ok $? "work counts what a step of mlp must do"
# A plan says the same in a table; nodes may lie apart.
plan=job_id,from_step,device_type,device,vnode_first,vnode_count,batch
cat > "$tmp/plan.csv" << END
$plan
7,0,v100,0,0,8,6
7,3,v100,1,2,4,6
7,3,v100,0,0,2,6
7,3,v100,0,6,2,6
7,5,host,0,0,7,6
7,5,p100,0,7,1,6
8,0,host,0,0,4,6
8,0,host,1,4,4,6
END
run48="run -m mlp -d synthetic:500 --steps 9 --seed 3 --digest 3 --no-eval"
# shellcheck disable=SC2086
{
    ./vnexec $run48 -q -b 48 -v 8 > "$tmp/want"
    ./vnexec $run48 -q --plan "$tmp/plan.csv" --job 7 \
        --device-type v100=host --device-type p100=host:threads=2 \
        > "$tmp/out" 2>&1
    cmp -s "$tmp/want" "$tmp/out"
    ok $? "a plan with two resizes gives the same digests"
    ./vnexec $run48 -q --plan "$tmp/plan.csv" --job 8 > "$tmp/out" 2>&1
    cmp -s "$tmp/want" "$tmp/out"
    ok $? "so does another job's, on devices of its own names"
    ./vnexec $run48 -q --plan "$tmp/plan.csv" --job 7 --steps 4 \
        --device-type v100=host --device-type p100=host \
        -c "$tmp/ck7" > "$tmp/out" 2>&1 \
        && ./vnexec $run48 -q --plan "$tmp/plan.csv" --job 7 \
            --device-type v100=host --device-type p100=host \
            --resume "$tmp/ck7" > "$tmp/out" 2>&1
    tail -n +2 "$tmp/want" | cmp -s - "$tmp/out"
    ok $? "a plan goes on from a checkpoint in the stage of its step"
    printf '%s\n1,0,host,0,0,2,16\n1,2,host,0,0,4,8\n' $plan > "$tmp/sizes.csv"
    ./vnexec run --plan "$tmp/sizes.csv" --steps 3 --no-eval > "$tmp/out" 2>&1 \
        && grep -q 'equal to tolerance' "$tmp/out"
    ok $? "nodes of other sizes are another decomposition, and it is said"
    # Linear times, a third of the speed: three quarters of the batch.
    {
        echo model,device_type,batch,step_s,peak_bytes
        for size in 1 2 3 4 6 8 12 16 24 32; do
            echo "mlp,host,$size,0.$((1000 + size)),0"
            echo "mlp,host:slow=3,$size,0.$((1000 + 3 * size)),0"
        done
    } > "$tmp/profile.csv"
    unlike="-b 32 -D host,host:slow=3 -p $tmp/profile.csv"
    ./vnexec $run48 $unlike --log "$tmp/unlike.csv" > "$tmp/out" 2>&1 \
        && grep -q 'solver: host: 1 of 24 examples, host:slow=3: 1 of 8' \
            "$tmp/out"
    ok $? "unlike devices get what the solver says"
    ./vnexec $run48 -q -b 32 -v 1 --log "$tmp/one.csv" > "$tmp/out" 2>&1
    paste -d, "$tmp/one.csv" "$tmp/unlike.csv" | awk -F, '
        NR > 1 {d = $2 / $20 - 1; if (d > 1e-5 || d < -1e-5) bad = 1}
        END {exit bad || NR != 10}' >> "$tmp/out" 2>&1
    ok $? "and train what one device trains, to tolerance"
    # Three devices are slow to agree, two are not, but slow each other.
    printf '%s\n' model,device_type,devices,sync_s mlp,*,2,0.0005 mlp,*,3,0.9 \
        > "$tmp/links.csv"
    printf '%s\n' model,device_type,busy,slowdown mlp,*,2,1.01 mlp,*,3,1.02 \
        > "$tmp/crowds.csv"
    tables="-p $tmp/profile.csv -p $tmp/links.csv -p $tmp/crowds.csv"
    ./vnexec $run48 -b 32 -D host:2,host:slow=3 $tables \
        --log "$tmp/part.csv" > "$tmp/out" 2>&1
    # 1.01 x 101.6 ms + 0.5 ms
    grep -q 'host: 1 of 16 examples, host:slow=3: none; expected step 103.12' \
        "$tmp/out" \
        && test "$(cut -d, -f 4 "$tmp/part.csv" | sort -u | tr '\n' ' ')" \
            = '2 devices '
    ok $? "devices that take no part are not charged for, nor there"
    # shellcheck disable=SC2046
    is "$(./vnsim solve -m mlp -b 32 -c host:2,host:slow=3:1 --format csv \
        $(echo "$tables" | sed 's/-p/--profile/g') --rivals 0 \
        | awk -F, '$1 == "best" {printf "%.2f %s ", 1e3 * $6, $4}')" \
        "103.12 1 103.12 0 " "as the simulator has it"
    ./vnexec profile -m mlp -d synthetic:64 -D host:2 --max 8 --repeat 3 \
        -o "$tmp/nodes.csv" --sync "$tmp/sync.csv" > "$tmp/out" 2>&1 \
        && grep -q '^mlp,host,2,' "$tmp/sync.csv" \
        && ./vnexec $run48 -b 16 -D host:2 -p "$tmp/nodes.csv" \
            > "$tmp/out" 2>&1 && grep -q '^solver: host: ' "$tmp/out"
    ok $? "the solver reads what profile writes"
}
fails() { # status, pattern, name, arguments
    want=$1 pattern=$2 name=$3
    shift 3
    says "$want" "$pattern" "$name" ./vnexec "$@"
}
head -c 3000 "$tmp/ck" > "$tmp/cut"
sed 's/vnodes=8/vnodes=9/' "$tmp/ck" > "$tmp/changed"
# shellcheck disable=SC2046
{
    fails 1 'is cut off' "a torn checkpoint is refused" digest "$tmp/cut"
    fails 1 'no checkpoint' "a foreign file is refused" digest "$tmp/text"
    fails 1 'is damaged' "a changed checkpoint is refused" \
        digest "$tmp/changed"
    fails 1 'was trained with vnodes=8, not vnodes=4' \
        "a checkpoint of other virtual nodes is refused" \
        run $(model mlp) -v 4 --seed 3 --resume "$tmp/ck"
    fails 1 'virtual nodes fit' "too little memory names the nodes that fit" \
        run -m mlp -b 4096 -v 1 --memory-limit 13MiB
    fails 1 'too little for a node of one' "far too little memory says so" \
        run -m mlp -b 64 -v 64 --memory-limit 2MiB
    fails 1 'no device is left' "when all devices fail the job fails" \
        run -m mlp -b 8 -v 2 -D host:1 --fail 0@1
    fails 1 'diverged' "a run that diverges says so" \
        run -m mlp -b 32 -v 2 --rate 1e6
    fails 2 "did you mean 'resnet8'" "a misspelt model" run -m resnt8
    fails 2 'did you mean' "a misspelt device" run -D hots:1
    fails 2 'expected a whole number' "a device count that is none" \
        run -D host:x
    fails 2 'cannot keep 4 devices busy' "more devices than nodes" \
        run -v 3 -D host:4
    fails 2 'whose sum is 16' "a mapping that does not add up" \
        run -D host:2 --mapping 9,9
    for mapping in 4x64 3x64,1x63 x,1 2x64,2x64,0 -1x2,1x258 300x1,0; do
        fails 2 "nodes x examples, as in 2x24, 256 examples in all" \
            "a mapping of sizes that is $mapping" \
            run -D host:2 "--mapping=$mapping"
    done
    fails 2 'some would have no example' "more nodes than examples" \
        run -b 4 -v 8
    fails 2 'DEVICE@STEP' "a failure that cannot be read" run --fail 3
    fails 2 'STEP:DEVICES' "a resize that cannot be read" run --resize x
    fails 2 'chooses one' "a plan of several jobs" \
        run --plan "$tmp/plan.csv"
    fails 2 'no job 9' "a job that the plan has not" \
        run --plan "$tmp/plan.csv" --job 9
    fails 1 "'v100' is no device here" "a device type of elsewhere" \
        run --plan "$tmp/plan.csv" --job 7
    fails 2 'TYPE=DEVICE' "a stand-in that cannot be read" \
        run --device-type v100
    fails 2 'says it all' "a plan beside virtual nodes" \
        run --plan "$tmp/plan.csv" --job 8 -v 4
    fails 1 'no profile of resnet8' "a model that was not profiled" \
        run -m resnet8 -p "$tmp/profile.csv"
    fails 1 "no profile of mlp on 'host:slow=9'" \
        "a device that was not profiled" \
        run -D host:slow=9 -p "$tmp/profile.csv"
    fails 1 'no split of a batch of 47' "a batch that cannot be split" \
        run -b 47 -D host -p "$tmp/profile.csv"
    # shellcheck disable=SC2046
    fails 2 'more than 16 tables' "a profile of more tables than there are" \
        run $(yes -- -pprofile | head -17)
    fails 2 'lets the solver choose' "a profile beside virtual nodes" \
        run -v 4 -p "$tmp/profile.csv"
    fails 2 'two devices of a type' "synchronisation of one device" \
        profile --sync "$tmp/sync.csv"
    fails 2 'later step' "resizes out of order" \
        run --resize 5:host:1 --resize 4:host:2
    # One black image of its own, for what must not need the real ones.
    mkdir -p "$tmp/images"
    for part in train t10k; do
        {
            printf '\000\000\010\003\000\000\000\001\000\000\000\034\000\000\000\034'
            head -c 784 /dev/zero
        } > "$tmp/images/$part-images-idx3-ubyte"
        printf '\000\000\010\001\000\000\000\001\003' \
            > "$tmp/images/$part-labels-idx1-ubyte"
    done
    fails 2 'learns bytes' "images for gpt" \
        run -m gpt -d "fashion-mnist:$tmp/images"
    fails 2 'expected fashion-mnist' "unknown data" run -d mnist
    fails 1 'not there' "data that is not there" \
        run -d fashion-mnist:/nonexistent
    fails 1 'too few' "text that is too short" \
        run -m gpt -d "bytes:$TOP_SRCDIR/.clang-format"
    fails 2 'does without' "a coupled batch with virtual nodes" \
        run --couple-batch 8 -v 4
    fails 2 'needs a checkpoint' "digest of nothing" digest
    fails 2 'needs --resume' "eval of nothing" eval
    fails 1 'over 7 heads' "a width that heads cannot share" \
        run -m gpt --heads 7
}
# shellcheck disable=SC2046
./vnexec run $(model mlp) --steps 4 -q --no-eval --log "$tmp/log.csv" \
    --results "$tmp/r.db" > "$tmp/out" 2>&1 \
    && test "$(wc -l < "$tmp/log.csv")" -eq 5
ok $? "the log has a header and a row a step"
./vnexec run -m mlp -d synthetic:256 -b 256 -v 32 --memory-limit 13MiB \
    --steps 1 --no-eval > "$tmp/out" 2>&1
ok $? "a batch that one node cannot hold trains as 32"
./vnexec profile -m mlp -d synthetic:64 --max 4 --repeat 3 > "$tmp/out" 2>&1 \
    && test "$(grep -c '^mlp,host,' "$tmp/out")" -eq 4
ok $? "profile measures 1, 2, 3 and 4 examples"
./vnexec run -m mlp -d synthetic:6000 -b 100 -v 4 --steps 60 -q \
    -c "$tmp/ck" > "$tmp/out" 2>&1
grep -q 'accuracy \(9[0-9]\|100\)' "$tmp/out"
ok $? "mlp learns the synthetic classes"
./vnexec eval --resume "$tmp/ck" -D host:2 > "$tmp/eval" 2>&1
grep -q "$(sed -n 's/.*test loss \([0-9.]*\).*/\1/p' "$tmp/out")" "$tmp/eval"
ok $? "eval finds the loss that run found"
done_testing
