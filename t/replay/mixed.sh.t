#!/bin/sh
# A live cluster of unlike types: a job that has devices of several is laid out
# by the solver, as the simulator prices it.
. "$(dirname "$0")/../tap.sh"
cd "$TOP_BUILDDIR" || exit 1
cat > "$tmp/trace" <<END
job_id,submit_s,model,global_batch,vnodes,steps,devices
1,0,mlp,48,6,40,1
END
{
    echo model,device_type,batch,step_s,peak_bytes,update_s
    for b in 1 2 4 8 16 32; do
        echo "mlp,host,$b,0.0$((100 + b * 10)),0,0.001"
        echo "mlp,host:slow=2,$b,0.0$((200 + b * 20)),0,0.002"
    done
} > "$tmp/profile"
cluster=host:1,host:slow=2:1
base="--trace $tmp/trace --cluster $cluster --profile $tmp/profile
    --policy wfs-ht"
# shellcheck disable=SC2086
./vnsim $base --plan "$tmp/plan.csv" > "$tmp/out" 2>&1
ok $? "a job borrows a device of another type in the simulator"
cp "$tmp/plan.csv" "$tmp/out"
test "$(grep -c '^1,0,host,0,.*,32$' "$tmp/plan.csv")" -eq 1 \
    && test "$(grep -c '^1,0,host:slow=2,0,.*,16$' "$tmp/plan.csv")" -eq 1
ok $? "the solver gives the faster device twice as much"
./vnexec run -m mlp --plan "$tmp/plan.csv" --steps 40 --seed 2 --no-eval --quiet \
    --digest 40 > "$tmp/out" 2>&1
ok $? "vnexec runs the plan"
sed -n 's/.*digest //p' "$tmp/out" > "$tmp/want"
# shellcheck disable=SC2086
./vnreplay live $base --results "$tmp/r.db" > "$tmp/out" 2>&1
ok $? "the same job in a live cluster"
awk '$1 == 1 { print $8 }' "$tmp/out" > "$tmp/got"
test -s "$tmp/want" && cmp "$tmp/got" "$tmp/want" >> "$tmp/out" 2>&1
ok $? "has the nodes of the plan: its digest is that of the plan"
./vnreplay export --table step "$tmp/r.db" > "$tmp/out" 2>&1
test "$(awk -F, 'NR > 1 && $6 == 2' "$tmp/out" | wc -l)" -eq 40
ok $? "and trains on both devices"

# Two jobs: the loan is given, taken back for the second job, which then has
# the device, and sizes change on the way.
cat > "$tmp/trace" <<END
job_id,submit_s,model,global_batch,vnodes,steps,devices
1,0,mlp,48,6,200,1
2,0.3,mlp,32,4,20,1
END
# shellcheck disable=SC2086
./vnreplay live $base --checkpoint-every 5 --results "$tmp/r.db" \
    > "$tmp/out" 2>&1
ok $? "loans come and go"
test "$(awk '($1 == 1 || $1 == 2) && length($8) == 16' "$tmp/out" \
    | wc -l)" -eq 2
ok $? "and both jobs end"
done_testing
