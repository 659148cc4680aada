#!/bin/sh
# vnexec: no work is lost.  Places are tried before the first step, logs go on,
# signals end a run with its checkpoint written.
. "$(dirname "$0")/../tap.sh"
cd "$TOP_BUILDDIR" || exit 1
small="-m mlp -d synthetic:300 -b 64 -v 8 -q --no-eval"
early() { # option, path, what it says
    # shellcheck disable=SC2086
    ./vnexec run $small -n 3 --digest 1 "$1" "$2" > "$tmp/out" 2>&1
    test $? -eq "${4:-1}" && grep -q "$3" "$tmp/out" \
        && ! grep -q 'digest' "$tmp/out"
    ok $? "$1 $2 is refused before the first step"
}
for option in -c -l -R; do
    early $option /nonexistent/file 'No such file or directory'
    early $option "$tmp" 's a directory\|s a folder\|not a results file\|unable to open'
done
echo text > "$tmp/text"
early -R "$tmp/text" "$tmp/text"
is "$(cat "$tmp/text")" text "which is left alone"
says 2 'name one file' "a log that is the checkpoint" \
    ./vnexec run -n 1 -l "$tmp/x" -c "$tmp/x"
says 1 'No such file or directory' "a profile has no place" \
    ./vnexec profile --max 1 --repeat 1 -o /nonexistent/file
test ! -e "$tmp/x"
ok $? "nothing is left where nothing was done"

# shellcheck disable=SC2086
{
    ./vnexec run $small -n 6 -l "$tmp/whole.csv" > "$tmp/out" 2>&1
    ./vnexec run $small -n 4 -l "$tmp/l.csv" -c "$tmp/ck" > "$tmp/out" 2>&1
    printf '4,1.0,0.5' >> "$tmp/l.csv" # of a run that was killed
    ./vnexec run $small -n 6 -l "$tmp/l.csv" --resume "$tmp/ck" \
        > "$tmp/out" 2>&1
    is "$(cut -d, -f1-3 "$tmp/l.csv")" "$(cut -d, -f1-3 "$tmp/whole.csv")" \
        "the log of a run and of what goes on from it is that of one"
    ./vnexec run $small -n 4 -c "$tmp/ck" > "$tmp/out" 2>&1
    ./vnexec run $small -n 6 -l "$tmp/l.csv" --resume "$tmp/ck" \
        > "$tmp/out" 2>&1
    is "$(cut -d, -f1-3 "$tmp/l.csv")" "$(cut -d, -f1-3 "$tmp/whole.csv")" \
        "steps that are done again stand there once"
    says 1 'is no log of vnexec run' "a file that is no log" \
        ./vnexec run $small -n 6 -l "$tmp/text" --resume "$tmp/ck"
    is "$(cat "$tmp/text")" text "which is left alone too"
    cp "$tmp/l.csv" "$tmp/before"
    ./vnexec run $small -n 6 -l "$tmp/l.csv" -d fashion-mnist:/nonexistent \
        > "$tmp/out" 2>&1
    cmp -s "$tmp/l.csv" "$tmp/before"
    ok $? "a run that comes to no step leaves an old log"
    says 1 'No space left' "a log that takes no more ends the run" \
        ./vnexec run $small -n 400 -l /dev/full -c "$tmp/full"
    ./vnexec digest "$tmp/full" > "$tmp/out" 2>&1
    ok $? "with its checkpoint written"
}

run() { # options: a run of very many steps, until its log has three rows
    rm -f "$tmp/s.csv"
    # shellcheck disable=SC2086
    ./vnexec run $small -n 1000000000000 -l "$tmp/s.csv" "$@" \
        > "$tmp/out" 2>&1 &
    pid=$! tries=0
    while test "$(cat "$tmp/s.csv" 2> /dev/null | wc -l)" -lt 4 \
        && test $tries -lt 600; do
        sleep 0.05
        tries=$((tries + 1))
    done
}
for signal in TERM INT; do
    number=$(test $signal = TERM && echo 15 || echo 2)
    rm -f "$tmp/sig"
    # A shell lets what it starts in the background ignore SIGINT.
    perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' \
        ./vnexec run -m mlp -d synthetic:300 -b 64 -v 8 -q --no-eval \
        -n 1000000000000 -l "$tmp/s$signal.csv" -c "$tmp/sig" -R "$tmp/r.db" \
        --seed $((number + 1)) \
        > "$tmp/out" 2>&1 &
    pid=$! tries=0
    while test "$(cat "$tmp/s$signal.csv" 2> /dev/null | wc -l)" -lt 4 \
        && test $tries -lt 600; do
        sleep 0.05
        tries=$((tries + 1))
    done
    kill -$signal $pid
    wait $pid
    is $? $((128 + number)) "SIG$signal: the exit status"
    rows=$(grep -c '^[0-9]' "$tmp/s$signal.csv")
    ./vnexec digest "$tmp/sig" > "$tmp/out" 2>&1
    grep -q "step $rows digest" "$tmp/out"
    ok $? "SIG$signal: the checkpoint is of the last step of the log"
    # shellcheck disable=SC2086
    ./vnexec run $small -n $((rows + 2)) --resume "$tmp/sig" --digest 1 \
        --seed $((number + 1)) > "$tmp/got" 2>&1
    # shellcheck disable=SC2086
    ./vnexec run $small -n $((rows + 2)) --digest $((rows + 2)) \
        --seed $((number + 1)) > "$tmp/want" 2>&1
    is "$(tail -1 "$tmp/got")" "$(tail -1 "$tmp/want")" \
        "SIG$signal: and goes on to the same bits"
done
./vnreplay export --table run "$tmp/r.db" > "$tmp/out" 2>&1
is "$(grep -c ',measured,stopped,' "$tmp/out")" 2 \
    "what was done is in the results"
# shellcheck disable=SC2086
{
    ./vnexec run $small -n 4 -R "$tmp/r.db" -c "$tmp/ck" > "$tmp/out" 2>&1
    says 2 'holds this run already' "a run that is in the results" \
        ./vnexec run $small -n 4 -R "$tmp/r.db"
    ./vnexec run $small -n 2 -c "$tmp/ck" > "$tmp/out" 2>&1
    ./vnexec run $small -n 4 -R "$tmp/r.db" --resume "$tmp/ck" \
        > "$tmp/out" 2>&1
    ok $? "what goes on from a step is another"
}
run -c "$tmp/two"
kill -TERM $pid
kill -TERM $pid
wait $pid
is $? 143 "two signals at once are one"
./vnexec digest "$tmp/two" > "$tmp/out" 2>&1
ok $? "and the checkpoint is there"
for _ in 1 2 3 4 5 6 7 8; do
    run -c "$tmp/k.ck" --checkpoint-every 1
    kill -KILL $pid
    wait $pid
done 2> /dev/null
# shellcheck disable=SC2086
./vnexec run $small -n 1 -c "$tmp/k.ck" > "$tmp/out" 2>&1
is "$(cd "$tmp" && echo k.ck*)" k.ck "what killed runs left is gone"
done_testing
