#!/bin/sh
# usage: base/revision.sh SOURCES [HEADER]
# Print which revision the sources in the folder are and a digest of them, or
# write both into HEADER, which is left alone where it says so already.  Only
# what programs are built from counts, so that a commit to a document or a test
# leaves the digest as it is.  A released tree has the file base/revision
# instead of a repository: its commit, and the digest of its sources then.
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

sources=$(digest)
if [ -f base/revision ]; then
    read -r commit released < base/revision
    test "$sources" = "$released" || commit=$commit-$sources
elif test -e .git && commit=$(git rev-parse --short=12 HEAD 2>/dev/null); then
    # shellcheck disable=SC2086
    test -z "$(git status --porcelain -- $rooms)" || commit=$commit-$sources
else
    commit=unknown-$sources
fi
if [ -z "$header" ]; then
    echo "$commit $sources"
    exit
fi
lines="#define VN_REVISION \"$commit\"
#define VN_SOURCES \"$sources\""
test -f "$header" && test "$(cat "$header")" = "$lines" && exit
mkdir -p "$(dirname "$header")"
echo "$lines" > "$header.new" && mv "$header.new" "$header"
