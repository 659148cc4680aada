#!/bin/sh
# vnexec --control: what a job hears and says over its socket.
. "$(dirname "$0")/../tap.sh"
cd "$TOP_BUILDDIR" || exit 1
if ! perl -MIO::Socket::UNIX -e 1 2> /dev/null; then
    skip_all "no perl with IO::Socket::UNIX"
fi
job="run -m mlp -d synthetic:500 -b 16 -v 8 --steps 300 --seed 3 --no-eval
    --quiet"
# Talk to a job: "WORD: REQUEST" sends a request when a line begins with WORD,
# one after another, however late the first line comes.
talk() { # options, then rules; what it says goes to out
    options=$1
    shift
    # shellcheck disable=SC2086
    ./vnexec $job $options --control "$tmp/sock" > "$tmp/log" 2>&1 &
    pid=$!
    perl -MIO::Socket::UNIX -e '
        my ($path, @rules) = @ARGV;
        my $s;
        for (1 .. 500) {
            $s = IO::Socket::UNIX->new(Peer => $path) and last;
            select undef, undef, undef, 0.01;
        }
        $s or die "no socket\n";
        $s->autoflush(1);
        print $s "report 1\n";
        while (<$s>) {
            print;
            my ($word, $request) = split /: /, $rules[0] // "-: ", 2;
            if (/^\Q$word\E /) { print $s "$request\n"; shift @rules; }
        }' "$tmp/sock" "$@" > "$tmp/out" 2>&1
    wait "$pid"
}
digest() {
    sed -n 's/.*digest[= ]\([0-9a-f]*\)/\1/p' "$1"
}
# shellcheck disable=SC2086
./vnexec $job --digest 300 > "$tmp/alone" 2>&1
digest "$tmp/alone" > "$tmp/want"

talk "" "step: resize host:3" "resized: resize host:cpu=0"
ok $? "a job with a socket trains to its end"
grep -q '^resized .*devices=3 ' "$tmp/out" \
    && grep -q '^resized .*devices=1 ' "$tmp/out"
ok $? "it goes over to other devices when asked, and says so"
digest "$tmp/out" > "$tmp/got"
test -s "$tmp/want" && cmp "$tmp/want" "$tmp/got" >> "$tmp/out"
ok $? "its digest is that of the job alone on one device"
talk "" "step: resize host:3 1x8,0,2x4"
ok $? "a job with a socket is given nodes of other sizes"
grep -q '^resized .*devices=3 ' "$tmp/out"
ok $? "it goes over to them"
talk "" "step: resize host:2 1x8,1x9" "error: resize host:2 3,3"
grep -q "^error --mapping: '1x8,1x9' is wrong" "$tmp/out" \
    && grep -q "^error --mapping: '3,3' is wrong" "$tmp/out"
ok $? "says: --mapping: ... is wrong"
test ! -e "$tmp/sock"
ok $? "the socket is gone with the job"

talk "--checkpoint $tmp/c" "step: stop"
ok $? "a job that is stopped ends well"
grep -q '^stopped ' "$tmp/out" && grep -q '^checkpointed ' "$tmp/out"
ok $? "and leaves a checkpoint"
# shellcheck disable=SC2086
./vnexec $job --digest 300 --resume "$tmp/c" > "$tmp/alone" 2>&1
digest "$tmp/alone" > "$tmp/got"
cmp "$tmp/want" "$tmp/got" >> "$tmp/out"
ok $? "from which it goes on to the same digest"

talk "" "step: bogus" "step: resize x:3" \
    "step: report -1" "step: checkpoint" \
    "step: checkpoint $tmp/other" "step: status" \
    "step: resize host:9" "step: $(printf '%03000d' 1)" \
    "step: checkpoint $tmp/none/c"
for message in "'bogus' is no request, expected status, report" \
    "no device is called 'x'" "report: '-1' is wrong, expected a whole" \
    "checkpoint: no file given" "a line of more than 2046 bytes" \
    "9 devices busy" "none/c"; do
    grep -q "^error .*$message" "$tmp/out"
    ok $? "says: $message"
done
test -s "$tmp/other"
ok $? "a checkpoint goes where the request says"

talk "" "step: resize host:2
resize host:3"
grep -q '^error a resize is under way' "$tmp/out"
ok $? "says: a resize is under way"
refuses() { # what it says, --control
    # shellcheck disable=SC2086
    ./vnexec $job --control "$2" > "$tmp/out" 2>&1
    test $? -ne 0 && grep -q "$1" "$tmp/out"
    ok $? "says: $1"
}
: > "$tmp/file"
refuses "is there and no socket" "$tmp/file"
refuses "expected the number of an open socket" fd:77
refuses "is too long, expected at most" "$tmp/$(printf '%0200d' 1)"
refuses "No such file" "$tmp/none/sock"
done_testing
