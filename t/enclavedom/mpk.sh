#!/bin/sh
# Protection keys without the hardware: Debian's cloud kernel under qemu, which
# emulates them, with the tests as all there is to run.  VN_KERNEL may name a
# kernel (6.12 or later); otherwise Debian's is downloaded, and not installed.
set -eu
skip() {
    echo "1..0 # SKIP $*"
    exit 0
}
command -v qemu-system-x86_64 > /dev/null || skip "no qemu-system-x86_64 here"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
kernel=${VN_KERNEL-}
if test -z "$kernel"; then
    command -v apt-cache > /dev/null || skip "no apt here, and VN_KERNEL names no kernel"
    package=$(apt-cache search '^linux-image-6\.1[2-9].*-cloud-amd64$' |
        sed 's/ .*//' | grep '^linux-image-[0-9.]*+' | sort -V | tail -1)
    test -n "$package" || skip "no package of a cloud kernel of 6.12 or later"
    (cd "$tmp" && apt-get download -q "$package" > apt.log 2>&1) ||
        skip "$package cannot be downloaded"
    dpkg -x "$tmp"/linux-image-*.deb "$tmp/kernel"
    kernel=$(ls "$tmp"/kernel/boot/vmlinuz-*)
fi

{
    echo "job_id,submit_s,duration_s,devices,max_devices,weight,priority"
    awk 'BEGIN { for (i = 0; i < 120; i++)
        print i "," i * 43 "," 10 + i * 7919 % 500 "," \
            1 + i % 4 "," 1 + i % 4 "," 1 + i % 3 "," i % 5 }'
} > "$tmp/trace.csv"
set -- init="$TOP_BUILDDIR/t/enclavedom/mpk_init" trace.csv="$tmp/trace.csv" \
    vnsim="$TOP_BUILDDIR/vnsim"
set -- "$@" t/enclavedom/libos_guest="$TOP_BUILDDIR/t/enclavedom/libos_guest" \
    t/enclavedom/stranger.so="$TOP_BUILDDIR/t/enclavedom/stranger.so"
for p in enclave.t attack.t after.t scan.t escape.t extension.t libos.t libos_attack; do
    set -- "$@" t/$p="$TOP_BUILDDIR/t/enclavedom/$p"
done
# Programs for the library OS, with its own fences: busybox, and python3 with
# the modules that it needs, compiled, since compiling them there takes long.
set -- "$@" enclavedom/enclavedom="$TOP_BUILDDIR/enclavedom/enclavedom" t/evil.py="$(dirname "$0")/evil.py" \
    t/fifo.py="$(dirname "$0")/../sim/plugin/fifo.py"
programs=$TOP_BUILDDIR/enclavedom/enclavedom
busybox=$(command -v busybox || true)
if test -n "$busybox"; then
    set -- "$@" bin/busybox="$busybox"
    programs="$programs $busybox"
fi
if python=$(readlink -f /usr/bin/python3); then
    for file in $(/usr/bin/python3 -c 'import heapq, json, os, socket, sys
for m in list(sys.modules.values()):
    file, compiled = getattr(m, "__file__", None), getattr(m, "__cached__", None)
    if compiled and os.path.exists(compiled):
        print(file[1:] + "c=" + compiled)
    elif file:
        print(file[1:] + "=" + file)' | grep '^usr/lib/'); do
        set -- "$@" "$file"
        case $file in *.so) programs="$programs ${file#*=}" ;; esac
    done
    set -- "$@" usr/bin/python3="$python"
    programs="$programs $python"
fi
for p in fifo fifo_skip sjf srtf las priority wfs; do
    set -- "$@" t/$p.so="$TOP_BUILDDIR/t/sim/plugin/$p.so"
done
# shellcheck disable=SC2086
for lib in $(ldd "$TOP_BUILDDIR/vnsim" "$TOP_BUILDDIR/t/enclavedom/enclave.t" \
    "$TOP_BUILDDIR/t/enclavedom/mpk_init" "$TOP_BUILDDIR/t/enclavedom/libos.t" $programs | grep -v ':$' | grep -o '/[^ ]*\.so[^ ]*' | sort -u); do
    set -- "$@" "${lib#/}=$lib"
done
"$TOP_BUILDDIR/t/enclavedom/initramfs" "$@" > "$tmp/initramfs"

status=0
timeout "${VN_QEMU_SECONDS-600}" qemu-system-x86_64 -accel tcg -cpu max -machine q35 \
    -smp 2 -m 512 -nodefaults -no-reboot -display none -serial stdio \
    -device isa-debug-exit,iobase=0xf4,iosize=4 -kernel "$kernel" \
    -initrd "$tmp/initramfs" \
    -append "console=ttyS0 quiet panic=-1 mitigations=off" < /dev/null \
    > "$tmp/out" || status=$?
tr -d '\r' < "$tmp/out"
if test $status = 3 && ! grep -qa '^not ok\|mpk # SKIP' "$tmp/out"; then
    echo "PASS: protection keys, emulated"
else
    echo "FAIL: protection keys, emulated (qemu's status $status)"
    exit 1
fi
