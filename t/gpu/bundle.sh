#!/bin/bash
# Pack what a few minutes on a machine with a GPU need into one folder: the
# programs with the libraries they want beside glibc's, the digests that this
# host gives, and gpu_check.sh, which says there what all of it comes to.
# Nothing is built there; its glibc must not be older than this machine's.
# usage: bundle.sh VNEXEC DEVICE_T CASES FOLDER     (the folder is made anew)
set -e
here=$(cd "$(dirname "$0")" && pwd)
vnexec=$1 device=$2 cases=$3 folder=$4
test -x "$vnexec" && test -x "$device" && test -r "$cases" && test -n "$folder" || {
    echo "usage: bundle.sh VNEXEC DEVICE_T CASES FOLDER" >&2
    exit 2
}
rm -rf "$folder"
mkdir -p "$folder/lib"
cp "$vnexec" "$folder/vnexec"
cp "$device" "$folder/device.t"
strip "$folder/vnexec" "$folder/device.t"
ldd "$vnexec" "$device" | awk '$2 == "=>" && $3 ~ /^\// {print $3}' | sort -u \
    | grep -vE '/(ld-linux[^/]*|lib(c|m|dl|rt|pthread)\.so[^/]*)$' \
    | xargs -r cp -Lt "$folder/lib"
cp "$here/gpu_check.sh" "$here/torch_steps.py" "$folder/"
cp "$here/../bench/torch.py" "$folder/bench_torch.py"
cp "$cases" "$folder/cases"
git -C "$here" describe --always --dirty > "$folder/commit" 2> /dev/null \
    || echo unknown > "$folder/commit"
while IFS='|' read -r name options; do
    # shellcheck disable=SC2086
    digest=$("$vnexec" run $options --seed 3 --digest 100000 --no-eval -q \
        -D host:1 < /dev/null | sed -n 's/.*digest //p' | tail -n 1)
    test -n "$digest"
    echo "$name $digest"
done < "$cases" > "$folder/want"
size=$(du -sm "$folder" | cut -f 1)
test "$size" -lt 64 || {
    echo "$folder has $size MiB, more than 64" >&2
    exit 1
}
echo "$folder: $size MiB; there: bash gpu_check.sh, which takes at most 8 minutes"
