#!/bin/sh
# What the compilers make of the CUDA kernels: no arithmetic but what is
# written, no spills, and a second front end.  NVCC names nvcc, if there is one.
. "$(dirname "$0")/../tap.sh"
cd "$TOP_SRCDIR" || exit 1
build=$TOP_BUILDDIR
none() { # pattern, what has none of it, in the PTX
    grep -nE "$1" "$tmp"/*.ptx > "$tmp/out"
    test $? -eq 1
    ok $? "$2"
}
flags="-std=c++20 -O3 -fmad=false -I. -I$build ${NVCC_FLAGS-}"
kernels=$(cd vnode_exec/device/cuda && find . -name "[cegru]*.cu" ! -name cuda.cu \
    | sed 's|^\./||' | LC_ALL=C sort)
translate() { # more options: each file's PTX
    rm -f "$tmp"/*.ptx
    for f in $kernels; do
        # shellcheck disable=SC2086
        "$NVCC" $flags -arch=compute_75 -ptx "$@" -o "$tmp/${f%.cu}.ptx" \
            "vnode_exec/device/cuda/$f" > "$tmp/out" 2>&1 || return 1
    done
}
if test -z "${NVCC-}"; then
    skip "PTX" "no nvcc"
    done_testing
    exit 0
fi
translate
ok $? "the kernels compile to PTX"
test "$(cat "$tmp"/*.ptx | grep -c '\.visible \.entry')" -ge 25
ok $? "there are kernels in it"
test "$(cat "$tmp"/*.ptx | grep -c 'fma\.rn\.f32')" -ge 1000
ok $? "and fused multiply-adds"
none '(mul|add|sub)(\.ftz)?\.f(32|64)|mad(\.[a-z]+)?\.f(32|64)' \
    "no product or sum that ptxas may contract"
none '\.ftz|\.approx|div\.full' "no flushed or approximate operation"
none '[[:space:]](atom|red)\.[a-z.]*f(16|32|64)' "no atomic on floats"
none 'wmma|mma\.sync|cp\.async|nanosleep|\.cluster' \
    "nothing but shared memory, barriers, shuffles and integer atomics"
test "$(grep -ac '^\.visible \.entry' "$build/vnexec")" -ge 25
ok $? "the program holds it, in plain text"
grep -aoE '(mul|add|sub)(\.ftz)?\.f(32|64)|mad(\.[a-z]+)?\.f(32|64)' \
    "$build/vnexec" > "$tmp/out"
test $? -eq 1 \
    && test "$(grep -aoE 'fma\.rn\.f32' "$build/vnexec" | wc -l)" -ge 1000
ok $? "no product or sum in the program's own that ptxas may contract"
readelf -d "$build/vnexec" > "$tmp/out" 2>&1 \
    && grep -qE '(RUN|R)PATH.*(cuda|lib)' "$tmp/out"
ok $? "the program looks for cuBLAS where the toolkit is"
# With each fmaf of the source a product and a sum apart, none is left.
cat > "$tmp/apart.h" << 'END'
static __host__ __device__ __forceinline__ float
apart(float a, float b, float c)
{
#ifdef __CUDA_ARCH__
    return __fadd_rn(__fmul_rn(a, b), c);
#else
    return a * b + c;
#endif
}
#define VN_FMAF apart
END
translate -include "$tmp/apart.h"
ok $? "they compile with every fmaf taken apart"
none 'fma\.|mad\.[a-z]*\.?f' "every fused multiply-add is an explicit one"
# Both at once, and two files at a time: this takes the longest.
log_of() { # a file
    # shellcheck disable=SC2086
    "$NVCC" $flags -gencode arch=compute_80,code=sm_80 \
        -gencode arch=compute_90,code=sm_90 -Xptxas -v -c -o "$tmp/$1.o" \
        "vnode_exec/device/cuda/$1" > "$tmp/$1.log" 2>&1 || echo "failed" >> "$tmp/$1.log"
}
for f in $kernels; do
    log_of "$f" &
    case $f in
    conv.cu | gemm.cu) ;;
    *) wait ;;
    esac
done
wait
cat "$tmp"/*.log > "$tmp/log"
test "$(grep -c "for 'sm_80'" "$tmp/log")" -ge 25 \
    && test "$(grep -c "for 'sm_90'" "$tmp/log")" -ge 25
ok $? "ptxas tells of every kernel for sm_80 and sm_90"
grep -E '[1-9][0-9]* bytes (spill|stack)|failed' "$tmp/log" > "$tmp/out"
test $? -eq 1
ok $? "no spills and no stack"
awk '{for (i = 1; i < NF; i++) if ($i == "Used" && $(i + 1) > 128)
    {print; bad = 1}} END {exit bad}' "$tmp/log" > "$tmp/out"
ok $? "two blocks of 256 threads fit a multiprocessor's registers"
# clang 14 asks for a header of textures that newer toolkits do not have.
cuda=$(dirname "$(dirname "$(readlink -f "$NVCC")")")
: > "$tmp/texture_fetch_functions.h"
if command -v clang++ > /dev/null; then
    : > "$tmp/out"
    for f in vnode_exec/device/cuda/*.cu; do
        clang++ -x cuda --cuda-gpu-arch=sm_75 --cuda-path="$cuda" \
            --cuda-device-only -S -std=c++20 -ffp-contract=off -Wall -Werror \
            -Wno-unknown-cuda-version -D__CLANG_CUDA_TEXTURE_INTRINSICS_H__ \
            -isystem "$tmp" -I. -I"$build" -o "$tmp/clang.s" "$f" \
            >> "$tmp/out" 2>&1 || echo "$f failed" >> "$tmp/out"
    done
    test ! -s "$tmp/out"
    ok $? "clang compiles the same source for sm_75"
else
    skip "clang" "no clang++"
fi
done_testing
