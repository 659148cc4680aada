#!/bin/sh
# vnexec on older processors, by an emulator: the kernels that it chooses, and
# the same bits from them.
. "$(dirname "$0")/../tap.sh"
cd "$TOP_BUILDDIR" || exit 1
command -v qemu-x86_64 > /dev/null || skip_all "there is no qemu-x86_64"
test "$(uname -m)" = x86_64 || skip_all "this is no x86-64"
qemu-x86_64 -cpu max ./vnexec devices > "$tmp/out" 2>&1 \
    || skip_all "the emulator does not run this build"
train() { # command ...
    "$@" run -m mlp -d synthetic:60 -b 6 -v 2 -n 2 -q --no-eval --digest 2
    "$@" run -m gpt --layers 1 --width 16 --heads 2 --context 8 -b 4 -v 2 \
        -n 2 -q --no-eval --digest 2 -d synthetic:60
}
train ./vnexec > "$tmp/want" 2>&1
while read -r cpu kernels; do
    qemu-x86_64 -cpu "$cpu" ./vnexec devices 2> /dev/null > "$tmp/out"
    grep -q "$kernels kernels" "$tmp/out"
    ok $? "$cpu: $kernels kernels"
    train qemu-x86_64 -cpu "$cpu" ./vnexec > "$tmp/out" 2> /dev/null
    grep -q digest "$tmp/want" && cmp -s "$tmp/out" "$tmp/want"
    ok $? "$cpu: the same digests"
done << END
qemu64 portable
Nehalem portable
Haswell AVX2
END
done_testing
