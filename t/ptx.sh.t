#!/bin/sh
# What the compilers make of the CUDA kernels: no arithmetic but what is
# written, no spills, and a second front end.  NVCC names nvcc, if there is one.
cd "${TOP_SRCDIR:-.}" || exit 1
build=${TOP_BUILDDIR:-.}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
n=0
result() { # pass or fail as status, name
    n=$((n + 1))
    if test "$1" -eq 0; then echo "ok $n - $2"; else
        echo "not ok $n - $2"
        head -n 40 "$dir/out" | sed 's/^/# /'
    fi
}
none() { # pattern, what has none of it, in the PTX
    grep -nE "$1" "$dir"/*.ptx > "$dir/out"
    test $? -eq 1
    result $? "$2"
}
flags="-std=c++20 -O3 -fmad=false -I. -I$build ${NVCC_FLAGS-}"
kernels=$(cd vnode_exec && ls cuda_[cegru]*.cu)
translate() { # more options: each file's PTX
    rm -f "$dir"/*.ptx
    for f in $kernels; do
        # shellcheck disable=SC2086
        "$NVCC" $flags -arch=compute_75 -ptx "$@" -o "$dir/${f%.cu}.ptx" \
            "vnode_exec/$f" > "$dir/out" 2>&1 || return 1
    done
}
if test -z "${NVCC-}"; then
    echo "ok 1 - PTX # SKIP no nvcc"
    echo "1..1"
    exit 0
fi
translate
result $? "the kernels compile to PTX"
test "$(cat "$dir"/*.ptx | grep -c '\.visible \.entry')" -ge 25
result $? "there are kernels in it"
test "$(cat "$dir"/*.ptx | grep -c 'fma\.rn\.f32')" -ge 1000
result $? "and fused multiply-adds"
none '(mul|add|sub)(\.ftz)?\.f(32|64)|mad(\.[a-z]+)?\.f(32|64)' \
    "no product or sum that ptxas may contract"
none '\.ftz|\.approx|div\.full' "no flushed or approximate operation"
none '[[:space:]](atom|red)\.[a-z.]*f(16|32|64)' "no atomic on floats"
none 'wmma|mma\.sync|cp\.async|nanosleep|\.cluster' \
    "nothing but shared memory, barriers, shuffles and integer atomics"
test "$(grep -ac '^\.visible \.entry' "$build/vnexec")" -ge 25
result $? "the program holds it, in plain text"
# With each fmaf of the source a product and a sum apart, none is left.
cat > "$dir/apart.h" << 'END'
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
translate -include "$dir/apart.h"
result $? "they compile with every fmaf taken apart"
none 'fma\.|mad\.[a-z]*\.?f' "every fused multiply-add is an explicit one"
# Both at once, and two files at a time: this takes the longest.
log_of() { # a file
    # shellcheck disable=SC2086
    "$NVCC" $flags -gencode arch=compute_80,code=sm_80 \
        -gencode arch=compute_90,code=sm_90 -Xptxas -v -c -o "$dir/$1.o" \
        "vnode_exec/$1" > "$dir/$1.log" 2>&1 || echo "failed" >> "$dir/$1.log"
}
for f in $kernels; do
    log_of "$f" &
    case $f in
    cuda_conv.cu | cuda_gemm.cu) ;;
    *) wait ;;
    esac
done
wait
cat "$dir"/*.log > "$dir/log"
test "$(grep -c "for 'sm_80'" "$dir/log")" -ge 25 \
    && test "$(grep -c "for 'sm_90'" "$dir/log")" -ge 25
result $? "ptxas tells of every kernel for sm_80 and sm_90"
grep -E '[1-9][0-9]* bytes (spill|stack)|failed' "$dir/log" > "$dir/out"
test $? -eq 1
result $? "no spills and no stack"
awk '{for (i = 1; i < NF; i++) if ($i == "Used" && $(i + 1) > 128)
    {print; bad = 1}} END {exit bad}' "$dir/log" > "$dir/out"
result $? "two blocks of 256 threads fit a multiprocessor's registers"
# clang 14 asks for a header of textures that newer toolkits do not have.
cuda=$(dirname "$(dirname "$NVCC")")
: > "$dir/texture_fetch_functions.h"
if command -v clang++ > /dev/null; then
    : > "$dir/out"
    for f in vnode_exec/*.cu; do
        clang++ -x cuda --cuda-gpu-arch=sm_75 --cuda-path="$cuda" \
            --cuda-device-only -S -std=c++20 -ffp-contract=off -Wall -Werror \
            -Wno-unknown-cuda-version -D__CLANG_CUDA_TEXTURE_INTRINSICS_H__ \
            -isystem "$dir" -I. -I"$build" -o "$dir/clang.s" "$f" \
            >> "$dir/out" 2>&1 || echo "$f failed" >> "$dir/out"
    done
    test ! -s "$dir/out"
    result $? "clang compiles the same source for sm_75"
else
    n=$((n + 1))
    echo "ok $n - clang # SKIP no clang++"
fi
echo "1..$n"
