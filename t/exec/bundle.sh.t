#!/bin/sh
# The bundle for a machine with a GPU: packed with the emulated programs, it
# finds its digests there, ends in its time, and says where there is no GPU.
. "$(dirname "$0")/../tap.sh"
test -z "${VN_BRIEF-}" || skip_all "VN_BRIEF"
cd "$TOP_BUILDDIR" || exit 1
emulated=t/exec/vnexec-cuda
if test ! -x $emulated || ! command -v bash > /dev/null; then
    skip "a bundle" "no emulation was built, or no bash"
    done_testing
    exit 0
fi
unset VN_CUDA_HOST_FAIL VN_CUDA_HOST_MEMORY VN_CUDA_HOST_ORDER
b=$tmp/bundle
cat > "$tmp/cases" << 'END_OF_CASES'
mlp|-m mlp -d synthetic:40 -b 6 -v 2 --steps 2
gpt|-m gpt --layers 1 --width 16 --heads 2 --context 8 -d synthetic:40 -b 5 -v 3 --steps 3 --clip 0.5
END_OF_CASES
bash "$TOP_SRCDIR/t/gpu/bundle.sh" $emulated t/exec/device_cuda.t \
    "$tmp/cases" "$b" > "$tmp/out" 2>&1 \
    && test "$(wc -l < "$b/want")" -eq 2 && test -s "$b/gpu_check.sh"
ok $? "it is packed"
says 2 '^usage: bundle.sh' "what it wants" bash "$TOP_SRCDIR/t/gpu/bundle.sh" /nowhere
begin=$(date +%s)
says 1 '^no GPU: cuda  .*there is a driver and no GPU' "without a GPU it says so" \
    env VN_CUDA_HOST_DEVICES=0 bash "$b/gpu_check.sh"
# A limit of no time: the digests, and all else is skipped or cut short.
VN_CUDA_HOST_DEVICES=1 LIMIT=25 bash "$b/gpu_check.sh" > "$tmp/out" 2>&1
grep -q 'digests of 2 whole runs are the host' "$tmp/out"
ok $? "the digests of the host"
grep -q '^took .* s of 25;' "$tmp/out" && test $(($(date +%s) - begin)) -lt 120
ok $? "it ends in its time"
sed -i '1s/ .*/ 0123456789abcdef/' "$b/want"
VN_CUDA_HOST_DEVICES=1 LIMIT=12 bash "$b/gpu_check.sh" > "$tmp/out" 2>&1
test $? -eq 1 && grep -q 'NOT OK  digest of mlp: [0-9a-f]*, the host has 0123456789abcdef' "$tmp/out"
ok $? "a digest that differs is told"
done_testing
