#!/bin/sh
# A live cluster of unlike types: a job that has devices of several is laid out
# by the solver, as the simulator prices it.
cd "${TOP_BUILDDIR:-.}" || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
n=0
result() { # pass or fail as status, name
    n=$((n + 1))
    if test "$1" -eq 0; then echo "ok $n - $2"; else
        echo "not ok $n - $2"
        sed 's/^/# /' "$dir/out"
    fi
}
cat > "$dir/trace" <<END
job_id,submit_s,model,global_batch,vnodes,steps,devices
1,0,mlp,48,6,40,1
END
{
    echo model,device_type,batch,step_s,peak_bytes,update_s
    for b in 1 2 4 8 16 32; do
        echo "mlp,host,$b,0.0$((100 + b * 10)),0,0.001"
        echo "mlp,host:slow=2,$b,0.0$((200 + b * 20)),0,0.002"
    done
} > "$dir/profile"
cluster=host:1,host:slow=2:1
base="--trace $dir/trace --cluster $cluster --profile $dir/profile
    --policy wfs-ht"
# shellcheck disable=SC2086
./vnsim $base --plan "$dir/plan.csv" > "$dir/out" 2>&1
result $? "a job borrows a device of another type in the simulator"
cp "$dir/plan.csv" "$dir/out"
test "$(grep -c '^1,0,host,0,.*,32$' "$dir/plan.csv")" -eq 1 \
    && test "$(grep -c '^1,0,host:slow=2,0,.*,16$' "$dir/plan.csv")" -eq 1
result $? "the solver gives the faster device twice as much"
./vnexec run -m mlp --plan "$dir/plan.csv" --steps 40 --seed 2 --no-eval --quiet \
    --digest 40 > "$dir/out" 2>&1
result $? "vnexec runs the plan"
sed -n 's/.*digest //p' "$dir/out" > "$dir/want"
# shellcheck disable=SC2086
./vnreplay live $base --results "$dir/r.db" > "$dir/out" 2>&1
result $? "the same job in a live cluster"
awk '$1 == 1 { print $8 }' "$dir/out" > "$dir/got"
test -s "$dir/want" && cmp "$dir/got" "$dir/want" >> "$dir/out" 2>&1
result $? "has the nodes of the plan: its digest is that of the plan"
./vnreplay export --table step "$dir/r.db" > "$dir/out" 2>&1
test "$(awk -F, 'NR > 1 && $6 == 2' "$dir/out" | wc -l)" -eq 40
result $? "and trains on both devices"

# Two jobs: the loan is given, taken back for the second job, which then has
# the device, and sizes change on the way.
cat > "$dir/trace" <<END
job_id,submit_s,model,global_batch,vnodes,steps,devices
1,0,mlp,48,6,200,1
2,0.3,mlp,32,4,20,1
END
# shellcheck disable=SC2086
./vnreplay live $base --checkpoint-every 5 --results "$dir/r.db" \
    > "$dir/out" 2>&1
result $? "loans come and go"
test "$(awk '($1 == 1 || $1 == 2) && length($8) == 16' "$dir/out" \
    | wc -l)" -eq 2
result $? "and both jobs end"
echo "1..$n"
