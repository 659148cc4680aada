#!/bin/sh
# vnexec over MPI: ranks that were started differently, launchers without --mpi,
# and signals.
. "$(dirname "$0")/../tap.sh"
cd "$TOP_BUILDDIR" || exit 1
says 2 'started 2 processes' "mpirun without --mpi" \
    env OMPI_COMM_WORLD_SIZE=2 ./vnexec run -n 1
says 2 'started 3 processes' "srun without --mpi" \
    env SLURM_STEP_NUM_TASKS=3 ./vnexec run -n 1
says 2 'started 4 processes' "MPICH's mpirun without --mpi" \
    env PMI_SIZE=4 ./vnexec run -n 1
./vnexec devices > "$tmp/out"
grep -q 'mpi.*ranks' "$tmp/out" && command -v mpirun > /dev/null || {
    skip "ranks" "no MPI"
    done_testing
    exit 0
}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export ASAN_OPTIONS=detect_leaks=0
small="-m mlp -d synthetic:300 -b 64 -v 8 -n 6 -q --no-eval"
cat > "$tmp/each" << 'END'
#!/bin/sh
test "$OMPI_COMM_WORLD_RANK" != 1 || set -- "$@" $OTHER
exec "$@"
END
chmod +x "$tmp/each"
# shellcheck disable=SC2086
./vnexec run $small -n 2 -c "$tmp/a.ck" > "$tmp/out" 2>&1
# shellcheck disable=SC2086
./vnexec run $small -n 3 -c "$tmp/b.ck" > "$tmp/out" 2>&1
differ() { # what rank 1 has, what is said
    # shellcheck disable=SC2086
    OTHER=$1 timeout 60 mpirun --oversubscribe -np 3 "$tmp/each" \
        ./vnexec run --mpi $small -D host:3 --resume "$tmp/a.ck" \
        -c "$tmp/never" > "$tmp/out" 2>&1
    test $? -eq 1 && grep -q "rank 1 was started with $2" "$tmp/out" \
        && test "$(grep -c 'was started with' "$tmp/out")" -eq 1 \
        && test ! -e "$tmp/never"
    ok $? "rank 1 with $1"
}
differ "--steps 7" "steps=7, and rank 0 with steps=6"
differ "--eval 2" "eval=2, and rank 0 with eval=0"
differ "--fail 1@3" "fail=1@3"
differ "--resume $tmp/b.ck" "resume=step 3, .*rank 0 with resume=step 2,"
differ "-D host:slow=2" "devices=host:slow=2, and rank 0 with devices=host:3"
for other in "--seed 2" "--rate 0.2" "-d synthetic:301" "-v 9" "-b 63" \
    "-a fast" "--momentum 0.8" "--decay 0.1" "--clip 1"; do
    # shellcheck disable=SC2086
    OTHER=$other timeout 60 mpirun --oversubscribe -np 2 "$tmp/each" \
        ./vnexec run --mpi $small > "$tmp/out" 2>&1
    test $? -eq 1 && grep -q 'rank 1 was started with' "$tmp/out"
    ok $? "rank 1 with $other"
done
for signal in TERM INT; do
    rm -f "$tmp/s.csv" "$tmp/s.ck"
    # shellcheck disable=SC2086
    perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' mpirun --oversubscribe -np 2 \
        ./vnexec run --mpi $small -n 1000000 -l "$tmp/s.csv" -c "$tmp/s.ck" \
        > "$tmp/out" 2>&1 &
    pid=$! tries=0
    while test "$(cat "$tmp/s.csv" 2> /dev/null | wc -l)" -lt 4 \
        && test $tries -lt 600; do
        sleep 0.05
        tries=$((tries + 1))
    done
    # One rank hears it, as where its machine goes down; all of them end.
    kill -$signal "$(pgrep -P $pid | head -n 1)"
    wait $pid
    is $? $((128 + $(test $signal = TERM && echo 15 || echo 2))) \
        "SIG$signal to one rank: the exit status"
    ./vnexec digest "$tmp/s.ck" > "$tmp/out" 2>&1
    grep -q "step $(grep -c '^[0-9]' "$tmp/s.csv") digest" "$tmp/out"
    ok $? "SIG$signal: the checkpoint is of the last step of the log"
done
done_testing
