#!/bin/sh
# usage: base/revision.sh SOURCES [HEADER]
# Print which revision the sources in the folder are, or write it into HEADER,
# which is left alone where it says so already.  A released tree has the file
# base/revision instead of a repository: its commit, and the digest of its
# sources then.
LC_ALL=C
export LC_ALL
cd "$1" || exit 1
case $2 in
'' | /*) header=$2 ;;
*) header=$OLDPWD/$2 ;;
esac
rooms='base plan vnode_exec traces enclavedom sim analysis replay virtualflow'

digest() {
    # shellcheck disable=SC2086
    find $rooms -name '.*' -prune -o -type f \
        '(' -name '*.[ch]' -o -name '*.cc' -o -name '*.cu' ')' \
        ! -path base/revision.h -print | sort \
        | xargs sha256sum | sha256sum | cut -c 1-12
}

if [ -f base/revision ]; then
    read -r commit released < base/revision
    now=$(digest)
    test "$now" = "$released" || commit=$commit-$now
elif test -e .git && commit=$(git rev-parse --short=12 HEAD 2>/dev/null); then
    # shellcheck disable=SC2086
    test -z "$(git status --porcelain -- $rooms)" || commit=$commit-$(digest)
else
    commit=unknown-$(digest)
fi
if [ -z "$header" ]; then
    echo "$commit $(digest)"
    exit
fi
line="#define VN_REVISION \"$commit\""
test -f "$header" && test "$(cat "$header")" = "$line" && exit
mkdir -p "$(dirname "$header")"
echo "$line" > "$header.new" && mv "$header.new" "$header"
