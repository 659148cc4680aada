#!/bin/sh
# Sweeps from an experiment file: what it says, what is wrong with it, shards.
. "$(dirname "$0")/../tap.sh"
bin=$TOP_BUILDDIR/vnreplay
cd "$tmp" || exit 1

# A newcomer's path.
says 0 'edit it, then: vnreplay run paper.yaml' "an experiment file to begin with" "$bin" init
says 1 'is there already' "over which nothing is written" "$bin" init
sed -i 's/--jobs 2000/--jobs 200/; s/1:5 /1:2 /' paper.yaml
says 0 '^20 runs into paper.db: 1 recipe x 2 seeds x 2 loads x 1 cluster x 5 policies' \
    "it is run" "$bin" run paper.yaml
says 0 '^0 done, 20 there before' "what is there is not run again" "$bin" run paper.yaml
"$bin" export paper.db > paper.csv
"$bin" figures paper.yaml > out 2>&1
status=$?
if command -v gnuplot > /dev/null; then
    test $status = 0 -a -s load.svg -a -s jct-cdf.svg
else
    test $status = 3 -a -s load.gp -a -s jct-cdf.csv
fi
ok $? "its figures are drawn"
diag out
"$bin" export paper.db -t run --all > out
grep -q 'experiment for VirtualFlow' out && grep -q 'seeds: 1:2' out
ok $? "results hold its text"

# From another folder, with options above it.
mkdir -p there/in
cp paper.yaml there/in/
says 0 '^10 runs into paper.db: 1 recipe x 1 seed x 2 loads' "options stand above the file" \
    "$bin" run there/in/paper.yaml --seed 2
test -s there/in/paper.db
ok $? "paths are relative to it"
says 0 '^10 runs into ' "but not those that options give" \
    "$bin" run there/in/paper.yaml --seed 1 --results here.db
test -s here.db
ok $? "which are from where one is"
"$bin" merge here.db there/in/paper.db -o both.db > /dev/null
"$bin" export both.db | cmp -s - paper.csv
ok $? "both have the runs of the whole, to the byte"
says 0 'under las form=reference$' "its runs are listed" "$bin" run paper.yaml --dry-run
"$bin" run paper.yaml -n --quiet | grep -c '^  --preset' | grep -qx 20
ok $? "each of them"
"$bin" run paper.yaml --seed 3 --quiet > out 2>&1 && test ! -s out
ok $? "--quiet says nothing"
"$bin" run paper.yaml --seed 4 --verbose -j 1 > out 2>&1
grep -q '^--preset philly --jobs 200, load 0.9, seed 4, on v100:16x8 under wfs: [0-9.]* s$' out
ok $? "--verbose says what each run took"

# Shards by cost, and what gives them to others.
"$bin" list paper.yaml --shards 3 --format csv > list.csv
awk -F, 'NR > 1 {load[$2] += $3; most = $3 > most ? $3 : most; n++}
    END {for (s in load) {max = load[s] > max ? load[s] : max
            min = min == "" || load[s] < min ? load[s] : min}
        exit !(n == 20 && length(load) == 3 && max - min <= most)}' list.csv
ok $? "shards cost the same, to one run"
"$bin" list paper.yaml --shards 3 --format lines > lines
while read -r line; do
    # shellcheck disable=SC2086
    "$bin" run paper.yaml $line --quiet || echo failed
done < lines > out 2>&1
test ! -s out && "$bin" merge shard-1.db shard-2.db shard-3.db -o shards.db > /dev/null &&
    "$bin" export shards.db | cmp -s - paper.csv
ok $? "lines for xargs give the same bytes"
says 0 'run  shard        cost' "a list is a table too" "$bin" list paper.yaml

# Slurm's part played by two scripts: an array's tasks, and what follows them.
mkdir slurm
cat > slurm/sbatch << 'END'
#!/bin/sh
cat > script.$$
for o; do
    case $o in --array=1-*) n=${o#--array=1-} ;; --dependency=*) echo "$o" >> dependencies ;; esac
done
for i in $(seq "${n:-1}"); do SLURM_ARRAY_TASK_ID=$i sh script.$$ >> slurm.out 2>&1; done
echo 42
END
chmod +x slurm/sbatch
cp paper.yaml slurm/
"$bin" sbatch slurm/paper.yaml --nodes 3 --time 2h --sbatch --partition=cpu -o submit.sh
sh -n submit.sh && grep -q -- '--requeue' submit.sh && grep -q -- '--time=120 --partition=cpu' submit.sh
ok $? "a script for Slurm"
(PATH=$PWD/slurm:$PATH sh submit.sh) > out 2>&1
grep -q 'dependency=afterok:42' dependencies && "$bin" export slurm/paper.db | cmp -s - paper.csv
ok $? "its tasks and its merge give the same bytes"
diag out
says 2 'expected one experiment file and --nodes' "on how many nodes?" "$bin" sbatch paper.yaml
says 2 'expected one experiment file' "figures of what?" "$bin" figures
says 2 'expected one file' "one file" "$bin" init a.yaml b.yaml

# The ranks of an MPI job.  What Open MPI does not free is not ours.
export ASAN_OPTIONS=detect_leaks=0
if command -v mpirun > /dev/null && ! "$bin" run paper.yaml -r x.db --mpi 2>&1 | grep -q 'without MPI'; then
    says 2 'one rank, expected two or more' "ranks have to be several" "$bin" run paper.yaml -r x.db --mpi
    says 2 'with --shard' "ranks share no shards" "$bin" run paper.yaml -r x.db --mpi --shard 1/2
    ranks() {
        OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
            mpirun --oversubscribe -n 3 "$bin" run "$@" --mpi
    }
    says 0 '^20 done, 0 there before, 0 failed' "ranks do the runs" ranks paper.yaml -r ranks.db
    "$bin" export ranks.db | cmp -s - paper.csv
    ok $? "and give the same bytes"
    says 0 '^0 done, 20 there before' "they pass over what is there" ranks paper.yaml -r ranks.db
    says 1 'of 4 runs failed' "a run that fails costs itself" ranks --generate '--jobs 50' -c v:4 \
        -p fifo,sjf,srtf,exec:false -r bad-ranks.db
    "$bin" export bad-ranks.db -t run | grep -c ',done,' | grep -qx 3
    ok $? "and the others are there"
else
    skip "the ranks of an MPI job" "no mpirun here, or built without MPI"
fi

unset ASAN_OPTIONS

# The examples, cut short.
for name in demo philly scaling; do
    cp "$TOP_SRCDIR/replay/examples/$name.yaml" .
    says 0 ' 0 failed' "example $name.yaml runs" "$bin" run $name.yaml --seed 1 \
        --generate '--preset philly --jobs 150 --priorities 1:0.7,5:0.3'
    "$bin" figures $name.yaml > out 2>&1
    test $? = 0 -o $? = 3
    ok $? "and its figures are drawn"
    diag out
done

# Mistakes, with line and column.
wrong() { # the file, what is said, what is tested
    printf '%s\n' "$1" > wrong.yaml
    says "${4:-1}" "$2" "$3" "$bin" run wrong.yaml --results w.db
}
wrong 'clusterz: [v:4]' "wrong.yaml:1:1: .*did you mean 'clusters'" "a key that is none"
wrong 'clusters: [v:4]
generate: --jobs 5
policies:
  - fifo
  - fifu' "wrong.yaml:5:5: .*did you mean 'fifo'" "a policy that is none"
wrong 'clusters:
  - v:4
  - nowhere.csv
generate: --jobs 5' 'wrong.yaml:3:5: nowhere.csv: No such file' "a cluster that is not there"
wrong 'clusters: [v:4]
traces: [gone.csv]' 'wrong.yaml:2:10: gone.csv: cannot be read' "a trace that is not there"
wrong 'clusters: [v:4]
generate: --jobs 5
seeds: [1, x]' 'wrong.yaml:3:8: .*expected whole numbers' "seeds that are no numbers"
wrong 'clusters: [v:4]
generate: --jobs 5
until: soon' "wrong.yaml:3:8: .*'soon'" "a time that is none"
wrong 'clusters: [v:4]
generate: --jobs 5
measure: 9d:2d' 'wrong.yaml:3:10: .*auto, or FROM:TO' "no part of a run"
wrong 'clusters: [v:4]
generate: --jobs 5
policies: [{las: reference}]' 'wrong.yaml:3:12: expected one policy with its options' "options that are none"
wrong 'clusters: [v:4]
generate: --jobs 5
options: fast' 'wrong.yaml:3:10: .*expected a mapping' "options of policies are a mapping"
wrong 'clusters: [v:4]
generate: --jobs 5
rho: perhaps' 'wrong.yaml:3:6: ' "yes or no"
wrong 'clusters: [v:4]
generate: --jobs 5
figures:
  - {figure: jct}' "wrong.yaml:4:5: .*output" "a figure goes somewhere"
wrong 'clusters: [v:4]
generate: --jobs 5
figures:
  - {figure: jct, output: x.svg, size: 3}' "wrong.yaml:4:[0-9]*: .*size" "a figure has few keys"
wrong 'clusters: []
generate: --jobs 5' 'wrong.yaml:1:11: ' "no clusters"
wrong 'clusters: [v:4' 'wrong.yaml:[12]:[0-9]*: ' "no YAML"
wrong 'generate: --jobs 5' 'no --cluster given' "a key that is missing" 2
says 1 'none.yaml: No such file' "a file that is not there" "$bin" run none.yaml
says 2 'nor an experiment in a FILE.yaml' "a word that is none" "$bin" run paper.txt
printf 'clusters: [v:4]\ngenerate: --jobs 5\n' > bare.yaml
says 2 'no --results given' "results have to be named" "$bin" run bare.yaml
says 1 'bare.yaml:1:1: no results' "for figures too" "$bin" figures bare.yaml
says 1 'bare.yaml:1:1: no results' "and for Slurm" "$bin" sbatch bare.yaml --nodes 2
says 1 'bare.yaml:1:1: no figures' "figures have to be named" "$bin" figures bare.yaml --results paper.db

# Runs that are given up, and what is said of them.
"$bin" run --generate '--preset philly --jobs 300' --load 0.9 --seed 5 -c v100:16x8 \
    -p fifo,exec:false -r failed.db > out 2> err
grep -q '^vnreplay: --preset philly --jobs 300, load 0.9, seed 5, on v100:16x8 under exec' err
ok $? "an error of a run names its load, seed and cluster"
sed -n '/^1 run failed:/,$p' err | grep -q 'seed 5, on v100:16x8 under exec.*ended with status 1'
ok $? "and is said again at the end"
diag err
sleepy='exec:sleep 600'
says 1 'took longer than its --time-limit of' "a run over its time is given up" \
    "$bin" run --generate '--jobs 50' -c v:4 -p "fifo,$sleepy" --time-limit 0.3 -r limited.db
"$bin" export limited.db -t run | grep -q ',limited,'
ok $? "and marked"
says 0 '1 run failed and is not shown' "compare leaves it out" "$bin" compare limited.db
if grep -q fsanitize "$TOP_BUILDDIR/Makefile"; then
    skip "so is one over its memory" "sanitizers have memory of their own"
else
    "$bin" run --generate '--jobs 400000' -c v:4 -p fifo --memory-limit 2MiB -r memory.db > out 2>&1
    grep -q 'out of memory, under a --memory-limit' out
    ok $? "so is one over its memory"
    diag out
fi

# Many experiments at a glance.
"$bin" compare paper.db --summary > out
grep -q '^load=0.7' out && grep -q '^load=0.9' out && grep -q 'las form=reference' out
ok $? "a summary has a row an experiment"
diag out
want=$("$bin" compare paper.db --load 0.9 --format csv | awk -F, '
    NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i; next}
    $c["metric"] == "jct_mean_s" && $c["policy"] == "srtf" {printf "%.3f", $c["ratio"]}')
grep '^load=0.9' out | grep -q -- "$want \["
ok $? "with the ratios of the whole ($want)"
"$bin" compare paper.db --load '0.[89]' --trace '*philly*' --cluster 'v100*' --policy 'fifo*' > out
! grep -q 'load 0.7' out && ! grep -q srtf out && grep -q '^fifo-skip' out
ok $? "patterns choose traces, clusters, loads and policies"
says 1 "no run of cluster 'x\*'" "a pattern that nothing is like" "$bin" compare paper.db -c 'x*'

# Saturation: twice as much work as devices.
printf 'job_id,submit_s,duration_s,devices\n' > full.csv
awk 'BEGIN {for (i = 0; i < 8000; i++) print i "," i * 10 "," 40 + i % 7 * 13 ",1"}' >> full.csv
says 0 '1 done' "a run that saturates is stopped" \
    "$bin" run -t full.csv -c v:4 --stop-saturated -r full.db
"$bin" export full.db -t run | grep -q ',saturated,'
ok $? "and marked"
says 0 'fifo saturated in 1 of 1 runs' "compare says so" "$bin" compare full.db
says 0 '1 runs reproduced' "it is reproduced" "$bin" reproduce full.db

# Means of a part: the jobs of it, by awk.
"$bin" run -t full.csv -c v:9 --measure 10000:20000 -r part.db > out
"$bin" export part.db -t job | awk -F, 'NR > 1 && $3 >= 10000e6 && $3 < 20000e6 {s += $8; n++}
    END {printf "%.6g %d\n", s / n, 8000 - n}' > want
"$bin" export part.db -t run | awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i; next}
    {printf "%.6g %d\n", $c["jct_mean_us"], $c["unmeasured"]}' | cmp - want
ok $? "--measure takes the jobs that were submitted then"
says 0 'submitted from 10000 s to' "and is named" "$bin" compare part.db
"$bin" run -t full.csv -c v:9 -p fifo,srtf --measure auto -r auto.db > out
says 0 'after the warm-up, by' "so is a warm-up that is cut" "$bin" compare auto.db
says 0 '2 runs reproduced' "it is reproduced too" "$bin" reproduce auto.db
done_testing
