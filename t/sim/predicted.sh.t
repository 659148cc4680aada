#!/bin/sh
# Policies that go by what the trace says was predicted of jobs.
. "$(dirname "$0")/../tap.sh"
cd "$tmp" || exit 1
vnsim=$TOP_BUILDDIR/vnsim

ends() { # trace, policy, words ... -> when its jobs end, by id
    in=$1 by=$2
    shift 2
    "$vnsim" -t "$in" -c x:1x2 -p "$by" -j jobs.csv "$@" > /dev/null || return
    awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i; next}
        {print $c["job_id"], $c["finish_s"]}' jobs.csv | sort -n \
        | awk '{printf "%s%s", (NR == 1 ? "" : " "), $2}'
}

# 1 is longer than 2, but was predicted to be shorter; of 3 nothing was said.
cat > t.csv << 'EOF'
job_id,submit_s,duration_s,devices,predicted_s
0,0,10,2,10
1,1,9,2,3
2,2,3,2,9
3,3,5,2,
EOF
cut -d, -f 1-4 t.csv > true.csv
is "$(ends t.csv sjf)" "10 19 27 24" "sjf: the shortest as predicted goes first"
is "$(ends true.csv sjf)" "10 27 13 18" "or as it is, where nothing was"
is "$(ends t.csv qssf)" "10 19 27 24" "so it is under qssf"
is "$(ends true.csv qssf)" "10 27 13 18" "and there"
# 1 overtakes 0, runs 3 s as predicted, and is thought to be at its end since.
is "$(ends t.csv srtf)" "24 10 27 15" "srtf: what is left is what was predicted, less what was done"
is "$(ends true.csv srtf)" "18 27 5 10" "or as it is"
is "$(ends t.csv fifo)" "$(ends true.csv fifo)" "what was predicted is nothing to fifo"

# An error comes on top of what was predicted, the same under all.
awk 'BEGIN {print "job_id,submit_s,duration_s,devices,predicted_s"
    for (i = 0; i < 200; i++) print i ",0," 1 + i * 37 % 101 ",2," 1 + i * 37 % 101}' > same.csv
cut -d, -f 1-4 same.csv > plain.csv
for p in sjf qssf srtf; do
    is "$(ends same.csv $p --option error=0.7)" "$(ends plain.csv $p --option error=0.7)" \
        "$p: a prediction that is the truth errs as the truth does"
    test "$(ends same.csv $p --option error=0.7)" != "$(ends same.csv $p)"
    ok $? "$p: and an error tells"
done
for p in srsf afs themis edf elasticflow; do
    "$vnsim" -t same.csv -c x:1x8 -p $p -j a.csv > /dev/null \
        && "$vnsim" -t plain.csv -c x:1x8 -p $p -j b.csv > /dev/null \
        && cmp -s a.csv b.csv
    ok $? "$p: a prediction that is the truth changes nothing"
done
# srsf: 1 was predicted to be shorter than what is left of 0.
is "$(ends t.csv srsf)" "24 10 27 15" "srsf goes by what was predicted"
is "$(ends true.csv srsf)" "18 27 5 10" "or by what is"

# What is predicted can be made up, the same under all.
is "$(ends t.csv sjf --predict noise=lognormal:0)" "$(ends true.csv sjf)" \
    "noise of nothing is the truth, whatever the trace says"
is "$(ends true.csv sjf --predict noise=lognormal:0.7)" \
    "$(ends true.csv sjf --option error=0.7)" "noise is what error= is"
# By history: user a's x take 8 s, b's y 2 s, so at 20 y goes first though it
# is longer now; without a name it is the user that tells.
cat > h.csv << 'EOF'
job_id,submit_s,duration_s,devices,user,name
0,0,8,2,a,x
1,0,2,2,b,y
2,19,3,2,c,
3,20,1,2,a,x
4,20,9,2,b,y
EOF
is "$(ends h.csv sjf)" "10 2 22 23 32" "sjf by the truth"
is "$(ends h.csv sjf --predict history)" "8 10 22 32 31" "and by history"
is "$(ends h.csv qssf --predict history)" "8 10 22 32 31" "so does qssf"
"$TOP_BUILDDIR/vnreplay" run -t h.csv -c x:1x2 -p sjf,fifo -r r.db \
    --predict none,history,noise=lognormal:0.5 > out
grep -q '3 predictions' out
ok $? "a sweep over predictions"
is "$("$TOP_BUILDDIR/vnreplay" export r.db -t run | awk -F, \
    'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i; next}
    {print $c["predict"] "," $c["policy"] "," $c["jct_mean_us"] / 1e6}' | sort | grep -v fifo)" \
    ",sjf,6
history,sjf,8.8
noise=lognormal:0.5,sjf,6" "each a run of its own"
test "$("$TOP_BUILDDIR/vnreplay" compare r.db | grep -c '^of 3 experiments.*predict')" = 3
ok $? "and never in one table"
"$TOP_BUILDDIR/vnreplay" reproduce r.db > out
ok $? "which can be done again"
done_testing
