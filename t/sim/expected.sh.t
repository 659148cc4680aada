#!/bin/sh
# Job by job against two independent simulators on the Philly trace, where
# their results are to be had: see sim/policy/ for the rules.
. "$(dirname "$0")/../tap.sh"
data=${VN_SHARED_DATA-/nowhere}/philly
if test ! -d "$data/expected"; then
    skip_all "no results of other simulators here"
fi
for want in "$data"/expected/*.csv; do
    name=$(basename "$want" .csv)
    policy=${name%_*}
    count=${name##*_}
    option=
    test "$policy" != las || option="--option form=reference"
    # shellcheck disable=SC2086
    "$TOP_BUILDDIR/vnsim" --trace "$data/philly_$count.csv" --cluster x:16x8 \
        --policy "$policy" $option --jobs "$tmp/got" > /dev/null
    # Compare the columns that both have, by name.
    awk -F, 'NR == FNR {
            if (FNR == 1) for (i = 1; i <= NF; i++) at[$i] = i
            for (i in at) got[$1, i] = $at[i]
            next
        }
        FNR == 1 { for (i = 1; i <= NF; i++) name[i] = $i; columns = NF; next }
        {
            rows++
            for (i = 1; i <= columns; i++)
                if (got[$1, name[i]] "" != $i "") {
                    wrong++
                    if (wrong < 4)
                        print "# job " $1 ": " name[i] " " got[$1, name[i]] \
                            ", expected " $i
                }
        }
        END { exit rows == 0 || wrong > 0 }' "$tmp/got" "$want"
    ok $? "$policy, $count jobs: every start, finish and jct"
done
done_testing
