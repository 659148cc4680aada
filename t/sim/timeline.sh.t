#!/bin/sh
# Timelines in Chrome's trace format: what was held by whom, by the format's
# rules and by the books of the run.
. "$(dirname "$0")/../tap.sh"
command -v python3 > /dev/null || skip_all "no python3 here"
bin=$TOP_BUILDDIR
cd "$tmp" || exit 1
awk -v x=2385 'BEGIN {
    print "job_id,submit_s,duration_s,devices"
    for (i = 0; i < 200; i++) {
        x = x * 16807 % 2147483647; t += x % 97
        x = x * 16807 % 2147483647; d = 1 + x % 1999
        x = x * 16807 % 2147483647; print i "," t "," d "," 2 ^ (x % 4)
    }
}' > a.csv
cat > check.py << 'EOF'
"""Held device time and jobs of a trace, after the format's rules (Google's
"Trace Event Format": duration, metadata and counter events)."""
import collections, json, sys
trace = json.load(open(sys.argv[1], encoding='utf-8'))
assert trace['displayTimeUnit'] in ('ms', 'ns')
slices, names, held, jobs = collections.defaultdict(list), {}, {}, set()
for e in trace['traceEvents']:
    assert isinstance(e['pid'], int) and isinstance(e['tid'], int), e
    if e['ph'] == 'M':
        assert e['name'] in ('process_name', 'thread_name',
                             'process_sort_index', 'thread_sort_index'), e
        if e['name'].endswith('_name'):
            names[e['pid'], e['tid']] = e['args']['name']
    elif e['ph'] == 'X':
        assert e['ts'] >= 0 and e['dur'] > 0 and e['name'], e
        slices[e['pid'], e['tid']].append(e)
        if e['cat'] == 'held':
            jobs.add((e['pid'], e['tid']))
    else:
        assert e['ph'] == 'C' and e['args']['held'] >= 0, e
        held[e['pid'], e['name']] = e['args']['held']
area = collections.Counter()
for key, of in slices.items():
    assert key in names, key
    of.sort(key=lambda e: e['ts'])
    for a, b in zip(of, of[1:]):
        assert a['ts'] + a['dur'] <= b['ts'], (a, b)
    for e in of:
        n = sum(int(w.split()[0]) for w in e['name'].split(' + ')) \
            if e['cat'] == 'held' else 0
        assert n == e['args']['devices'], e
        area[key[0]] += e['dur'] * n
print(len({p for p, _ in names}), len(jobs), *area.values(), sum(held.values()))
EOF
for p in fifo las wfs; do
    "$bin/vnsim" -t a.csv -c v100:1x8,k80:1x8 -p $p -r $p.db \
        --timeline $p.json > out 2>&1
    used=$("$bin/vnreplay" export $p.db -t run | python3 -c '
import csv, sys
for r in csv.DictReader(sys.stdin): print(r["finished"], r["device_us"])')
    is "$(python3 check.py $p.json 2>&1)" "1 $used 0" \
        "$p: a slice for all that jobs held, and none over another"
    "$bin/vnreplay" timeline $p.db -o again.json
    python3 -c 'import json, sys
a, b = (json.load(open(f))["traceEvents"] for f in sys.argv[1:])
sys.exit(a != b)' $p.json again.json
    ok $? "$p: that of the results is the same"
done
cp las.json before.json
"$bin/vnsim" -t a.csv -c v100:1x8,k80:1x8 -p las --timeline las.json > out
cmp -s las.json before.json
ok $? "twice the same bytes"
"$bin/vnsim" -t a.csv -c v100:1x8 -p las --timeline cut.json --from 1h --to 2h \
    --only 3,50-60 > out 2>&1
python3 -c 'import json, sys
x = [e for e in json.load(open("cut.json"))["traceEvents"] if e["ph"] == "X"]
sys.exit(not x or any(e["ts"] < 3600e6 or e["ts"] + e["dur"] > 7200e6
    or not (e["tid"] == 4 or 51 <= e["tid"] <= 61) for e in x))'
ok $? "a window of some jobs holds nothing else"
# Two kinds beside each other: processes on one clock.
"$bin/vnreplay" run -t a.csv -c v100:1x8 -p fifo,las --keep all -r two.db > out
"$bin/vnreplay" timeline two.db -o two.json > out 2>&1
test "$(python3 check.py two.json | cut -d' ' -f1)" = 2
ok $? "a process a run"
"$bin/vnreplay" run -t a.csv -c v100:1x8 -p fifo -r bare.db > out
echo old > kept.json
says 1 'without allocations' "a timeline needs allocations" \
    "$bin/vnreplay" timeline bare.db -o kept.json
test "$(cat kept.json)" = old
ok $? "and an older one is left alone"
says 2 'are of a --timeline' "a window of nothing" \
    "$bin/vnsim" -t a.csv -c v100:1x8 --from 1h
says 2 'as in 3,7-12' "jobs that are no ids" \
    "$bin/vnsim" -t a.csv -c v100:1x8 --timeline x.json --only 3,,4
says 2 'as in 3,7-12' "a range that is none" \
    "$bin/vnreplay" timeline two.db --only 7-3
says 2 'expected a' "a trace that can be read but once" \
    sh -c "'$bin/vnsim' -t - -c v100:1x8 --timeline x.json < a.csv"
says 1 'cannot write' "a folder that is not there" \
    "$bin/vnsim" -t a.csv -c v100:1x8 --timeline nowhere/x.json
done_testing
