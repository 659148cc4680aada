#!/bin/sh
# What make install leaves works from any folder, without the tree it was made
# from: programs, tables, examples, headers, pkg-config files, manual pages.
. "$(dirname "$0")/../tap.sh"
if grep -qa '__gcov_merge_add\|__asan_init' "$TOP_BUILDDIR/vnsim"; then
    skip_all "it is installed without instruments"
fi
unset MAKEFLAGS MFLAGS MAKELEVEL
make -s -C "$TOP_BUILDDIR" install DESTDIR="$tmp/root" > "$tmp/out" 2>&1
ok $? "make install"
bin=$(dirname "$(find "$tmp/root" -path '*/bin/vnsim')")
prefix=$(dirname "$bin")
export PYTHONDONTWRITEBYTECODE=1
mkdir "$tmp/elsewhere" && cd "$tmp/elsewhere" || exit 1
PATH=$bin:$PATH

for program in vntrace vnsim vnreplay vnplot vnexec enclavedom; do
    says 0 "^$program (VirtualFlow)" "$program" "$bin/$program" --version
    test -s "$prefix/share/man/man1/$program.1"
    ok $? "and its page"
done
examples=$prefix/share/virtualflow/examples
says 0 '200 jobs of 200 rows' "the sample of a log" \
    vntrace import --from philly-csv "$examples/philly-like.csv" -o trace.csv
test "$(vntrace generate --preset philly --jobs 200 --rate 40/h --max-duration 1d --seed 1 -o - |
    awk -F, '!/^#/ && NR > 3 {print $3 "," $4}')" = \
    "$(awk -F, '!/^#/ && !/timestamp/ {print $2 "," $3}' "$examples/philly-like.csv")"
ok $? "is what its remark says it is"
says 0 '^jobs  *200 finished' "is replayed" vnsim -t trace.csv -c v100:4x8
says 0 'JCT' "and the tables of experiments are found" \
    vnreplay experiment virtualflow-3jobs
# The tree that was built is not where they were found.
if command -v strace > /dev/null; then
    strace -f -e trace=openat vnreplay experiment virtualflow-3jobs 2>&1 |
        grep -v ENOENT | grep -q "\"$TOP_SRCDIR/replay"
    test $? = 1
    ok $? "beside the programs"
fi
says 0 '^mlp\|^gpt' "models" sh -c 'vnexec --help > /dev/null && ls '"$prefix/share/virtualflow/models"

flags() { # package
    PKG_CONFIG_PATH=$(dirname "$(find "$tmp/root" -name "$1.pc")") \
        PKG_CONFIG_SYSROOT_DIR="$tmp/root" pkg-config --cflags "$1"
}
if command -v pkg-config > /dev/null; then
    vnsim new-policy mine > out 2>&1
    # shellcheck disable=SC2046
    ${CC-cc} -O2 -Wall -Wextra -Werror -fPIC $(flags virtualflow) -shared \
        -o mine/mine.so mine/mine.c > out 2>&1
    ok $? "a policy is compiled with the flags of virtualflow.pc"
    says 0 '^jobs  *200 finished' "and run" vnsim -t trace.csv -c v100:4x8 -p mine/mine.so
    echo '#include <enclavedom/enclavedom.h>' > e.c
    # shellcheck disable=SC2046
    ${CC-cc} -Wall -Werror $(flags enclavedom) -c e.c > out 2>&1
    ok $? "and a program with those of enclavedom.pc"
else
    skip "virtualflow.pc" "no pkg-config here"
fi
if command -v python3 > /dev/null; then
    says 0 '^jobs  *200 finished' "a policy in Python is run from where it is" \
        vnsim -t trace.csv -c v100:4x8 -p "exec:python3 $prefix/share/virtualflow/python/wfs.py"
else
    skip "wfs.py" "no python3 here"
fi
make -s -C "$TOP_BUILDDIR" uninstall DESTDIR="$tmp/root" > out 2>&1
is "$(find "$tmp/root" -type f)" "" "make uninstall leaves nothing"
done_testing
