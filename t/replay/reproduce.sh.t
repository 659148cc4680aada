#!/bin/sh
# A run is known by the content of all that it was run with, and can be done
# again from what is recorded of it: random sweeps over all options, each of
# which has an effect.
. "$(dirname "$0")/../tap.sh"
bin=$TOP_BUILDDIR/vnreplay sim=$TOP_BUILDDIR/vnsim
cd "$tmp" || exit 1
seed=${SEED:-2385}
awk -v x=7177 'BEGIN {
    print "job_id,submit_s,duration_s,devices,max_devices"
    for (i = 0; i < 60; i++) {
        x = x * 16807 % 2147483647; t += x % 97
        x = x * 16807 % 2147483647; d = 1 + x % 1999
        x = x * 16807 % 2147483647; n = 2 ^ (x % 3)
        print i "," t "," d "," n "," 2 * n
    }
}' > 'a,b.csv' # a file's name may hold a comma
awk 'BEGIN {
    print "job_id,submit_s,model,vnodes,global_batch,steps,devices"
    for (i = 0; i < 12; i++)
        print i "," 40 * i ",m,4,64," 50 + 13 * i "," 1 + i % 4
}' > m.csv
cat > cluster.csv <<'END'
device_type,nodes,devices_per_node,mtbf_s,mttr_s
v100,4,2,9000,300
END
cat > profile.csv <<'END'
model,device_type,batch,step_s,peak_bytes,update_s,parameters
m,v100,16,0.5,1000,0.01,1000000
m,v100,64,1.7,4000,0.01,1000000
END
cat > mapped.csv <<'END'
model,device_type,devices,step_s,spread_step_s
m,v100,2,1.1,1.9
m,v100,4,0.7,1.3
END
cat > costs.csv <<'END'
model,start_s,grow_s,release_s,checkpoint_s
*,37,9,3,60
END
printf 'devices,speedup\n1,1\n2,1.7\n4,2.9\n8,4.1\n' > curve.csv
printf 'device_type,device,from_s,to_s,slowdown\nv100,1,10,3000,1.8\n' > slow.csv

# What came of runs: the last columns of the table, and the rows of the others.
outcome() {
    "$bin" export "$1" -t run | awk -F, '{for (i = 21; i >= 0; i--)
        printf "%s,", $(NF - i); print ""}' | sort
    for t in job allocation sample; do
        "$bin" export "$1" -t "$t" | cut -d, -f 2- | sort
    done
}
run() { # file, options ...
    file=$1
    shift
    "$bin" run -r "$file" "$@" > out 2>&1
}
effect() { # name, options before it, itself
    rm -f with.db without.db
    # shellcheck disable=SC2086
    run without.db $2 && run with.db $2 $3 \
        && outcome without.db > without && outcome with.db > with \
        && ! cmp -s with without
    ok $? "$1 has an effect"
    # shellcheck disable=SC2086
    says 0 ' runs reproduced$' "and $1 is given back" "$bin" reproduce with.db
}
R='-t a,b.csv -c v100:4x2 -p wfs' M='-t m.csv -c v100:4x2 -p wfs'
effect --policy '-t a,b.csv -c v100:4x2' '-p srtf'
effect "an option of a policy" '-t a,b.csv -c v100:4x2 -p las' '-o form=reference'
effect --until "$R" '--until 900'
effect --windows "$R" '-w 3'
effect --keep "$R" '--keep run'
effect "--costs of words" "$R" '--costs start=60,grow=90,release=10'
effect "--costs of a table" "$R" '--costs costs.csv'
effect "--scaling amdahl" "$R" '--scaling amdahl:0.3'
effect "--scaling curve" "$R" '--scaling curve:curve.csv'
effect --speed "$R" '--speed v100=0.7'
effect "--speed with --scaling" "$R --scaling curve:curve.csv" '--speed v100=0.7'
effect --slow "$R" '--slow slow.csv'
effect "--faults of devices" "$R" '--faults device,mtbf=4000,mttr=200'
effect "--faults of the cluster's nodes" "-t a,b.csv -c cluster.csv -p fifo" \
    '--faults node'
effect --compat '-t a,b.csv -c v100:4x2 -p srtf --costs start=60,restart=90' \
    '--compat free-preemption'
effect "a second profile" "$M --profile profile.csv" '--profile mapped.csv'
effect --placement "$M --profile profile.csv --profile mapped.csv" \
    '--placement spread'
recipe() {
    run draw.db -g '--preset philly --jobs 80' -c v100:4x2 -p fifo,srtf "$@"
}
recipe -s 1:2 -l 0.9 --faults device,mtbf=90000 && recipe -s 3 -l 0.5,0.7
ok $? "recipes of seeds and loads"
says 0 '^8 runs reproduced' "are drawn again" "$bin" reproduce draw.db
"$sim" -t a,b.csv -c v100:4x2 -p las -o form=reference -s 7 --until 3000 \
    --faults device,mtbf=4000 -r sim.db > out 2>&1
ok $? "a run of vnsim"
says 0 '^1 runs reproduced' "is done again" "$bin" reproduce sim.db
cat > fifo.sh <<'END'
read -r x; echo '{}'; while read -r x; do echo '{"set": []}'; done
END
run exec.db -t a,b.csv -c v100:4x2 -p 'exec:sh fifo.sh' --limit time=5,files=40 \
    --until 50
says 0 '^1 runs reproduced' "a command with its limits is run again" \
    "$bin" reproduce exec.db
"$bin" export exec.db -t run | grep -q 'time=5,files=40'
ok $? "which are stored"

echo 'while read -r x; do echo "{}"; done' > fifo.sh
says 1 "policy was exec:sh fifo.sh@.*, is exec" "one that was changed is named" \
    "$bin" reproduce exec.db
run exec.db -t a,b.csv -c v100:4x2 -p 'exec:sh fifo.sh' --limit time=5,files=40 \
    --until 50
grep -q '^1 done, 0 there' out
ok $? "and is another run"
so=$TOP_BUILDDIR/t/sim/plugin/srtf.so
if test -f "$so"; then
    cp "$so" ./mine.so
    run plug.db -t a,b.csv -c v100:4x2 -p ./mine.so --backend process \
        --limit memory=64MiB --costs start=9
    says 0 '^1 runs reproduced' "a plug-in is run again" "$bin" reproduce plug.db
    cp "$TOP_BUILDDIR/t/sim/plugin/fifo.so" ./mine.so
    says 1 'policy was srtf@.*, is fifo@' "another one is named" \
        "$bin" reproduce plug.db
else
    skip "a plug-in is run again" "no plug-in is built"
fi

# Random sweeps.
awk -v seed="$seed" 'BEGIN {
    srand(seed)
    n = split("|--costs costs.csv|--costs start=exponential:20,grow=9|" \
        "--scaling amdahl:0.2|--scaling curve:curve.csv|--slow slow.csv|" \
        "--faults device,mtbf=4000,mttr=200|--faults node,mtbf=9000|" \
        "--placement spread|--placement consolidate|" \
        "--compat free-preemption|--until 1700|-w 2|--keep jobs", all, "|")
    split("fifo,srtf las:form=reference,wfs sjf,priority fifo-skip,las", p, " ")
    for (i = 0; i < 10; i++) {
        printf "-t a,b.csv -c %s -p %s", \
            rand() < 0.5 ? "cluster.csv" : "v100:4x2", p[1 + int(4 * rand())]
        for (k = 0; k < 4; k++)
            printf " %s", all[1 + int(n * rand())]
        print ""
    }
}' > sweeps
bad=0
while read -r words; do
    # shellcheck disable=SC2086
    run random.db $words || { bad=$((bad + 1)); diag out; }
done < sweeps
is $bad 0 "random sweeps of seed $seed"
n=$("$bin" export random.db -t run | grep -c ,simulated,)
says 0 "^$n runs reproduced" "all $n runs of them are reproduced" \
    "$bin" reproduce random.db

# What a file holds is in the name of each run that it priced.
changed() { # file, sed script, options
    rm -f named.db
    # shellcheck disable=SC2086
    run named.db $3 && run named.db $3 && grep -q '^0 done, 1 there' out
    ok $? "$1 as it was is the same run"
    cp "$1" was && sed "$2" was > "$1"
    says 1 'had another input' "$1 that was edited is named" \
        "$bin" reproduce named.db
    # shellcheck disable=SC2086
    run named.db $3 && grep -q '^1 done, 0 there' out
    ok $? "$1 that was edited makes another run"
    cp was "$1"
}
changed a,b.csv '3s/,[0-9]*$/,9/' "$R --scaling linear"
changed cluster.csv 's/300/301/' '-t a,b.csv -c cluster.csv -p fifo'
changed profile.csv 's/1.7/1.75/' "$M --profile profile.csv"
changed mapped.csv 's/1.9/1.8/' "$M --profile profile.csv --profile mapped.csv"
changed costs.csv 's/37/38/' "$R --scaling linear --costs costs.csv"
changed curve.csv 's/2.9/2.8/' "$R --scaling curve:curve.csv"
changed slow.csv 's/1.8/1.9/' "$R --scaling linear --slow slow.csv"
rm a,b.csv
says 1 'cannot be done again: a,b.csv: No such file' "a file that is gone is named" \
    "$bin" reproduce random.db
done_testing
