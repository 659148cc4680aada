# shellcheck shell=sh
# What the shell tests share: the Test Anything Protocol (for C: t/tap.h) and
# a folder to work in.
#
# A test begins with
#
#     . "$(dirname "$0")/../tap.sh"
#
# calls ok and its kin any number of times, and ends with done_testing.  It has
#
#     $tmp           an empty folder of its own, which goes when the test ends
#     $TOP_SRCDIR    the source tree, absolute
#     $TOP_BUILDDIR  the build tree, absolute: by hand, where one stands
#
# What a command says belongs in $tmp/out: a check that fails shows it.
TOP_SRCDIR=$(cd "${TOP_SRCDIR:-$(dirname "$0")/../..}" && pwd) || exit 1
TOP_BUILDDIR=$(cd "${TOP_BUILDDIR:-.}" && pwd) || exit 1
tmp=$(mktemp -d "${TMPDIR:-/tmp}/vn-XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
tap_n=0

# A remark: the lines of a file, or of standard input.
# shellcheck disable=SC2120
diag() { # [file]
    sed 's/^/# /' "$@"
}

# A check, which passes where the status is 0; returns whether it did.
ok() { # status, name
    tap_n=$((tap_n + 1))
    test "$1" -eq 0 && echo "ok $tap_n - $2" && return
    echo "not ok $tap_n - $2"
    test ! -e "$tmp/out" || head -n 40 "$tmp/out" | diag
    return 1
}

# A check that two texts are the same.
is() { # got, wanted, name
    test "$1" = "$2"
    ok $? "$3" || printf 'got: %s\nwanted: %s\n' "$1" "$2" | diag
}

# A check that a command ends with a status and says what a pattern matches.
says() { # status, pattern, name, command ...
    tap_status=$1 tap_pattern=$2 tap_name=$3
    shift 3
    "$@" > "$tmp/out" 2>&1
    tap_got=$?
    test $tap_got -eq "$tap_status" && grep -q -e "$tap_pattern" "$tmp/out"
    ok $? "$tap_name" || printf "status %s, expected %s and '%s'\n" \
        $tap_got "$tap_status" "$tap_pattern" | diag
}

# A check that cannot be made here.
skip() { # name, why
    tap_n=$((tap_n + 1))
    echo "ok $tap_n - $1 # SKIP $2"
}

# Instead of all checks.
skip_all() { # why
    echo "1..0 # SKIP $1"
    exit 0
}

done_testing() {
    echo "1..$tap_n"
}
