#!/bin/sh
# Results read elsewhere: what virtualflow-results(7) shows, and the notebook.
# VN_PYTHON is a Python with pandas, nbclient, ipykernel and duckdb; what it has
# not is skipped.
. "$(dirname "$0")/../tap.sh"
bin=$TOP_BUILDDIR/vnreplay
python=${VN_PYTHON:-python3}
page=$TOP_SRCDIR/man/virtualflow-results.7
cd "$tmp" || exit 1
"$bin" init > out && sed -i 's/--jobs 2000/--jobs 200/; s/1:5 /1:2 /; s/v100:16x8/v100:4x8/' paper.yaml
says 0 '20 done' "results" "$bin" run paper.yaml
"$bin" export paper.db --table jobs -o jobs.csv
"$bin" export paper.db --table jobs --format json -o jobs.json
# The page's display under a heading.
sample() { sed -n "/^\.Ss $1/,/^\.Ed/p" "$page" | sed '1,/^\.Bd/d; /^\.Ed/d'; }
has() { "$python" -c "import $1" > out 2>&1; }

# Mean completion times by load and policy, by awk from the CSV.
awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i; next}
    $c["jct_s"] != "" {k = $c["load"] " " $c["policy"]; s[k] += $c["jct_s"]; n[k]++}
    END {for (k in s) printf "%s %.6f\n", k, s[k] / n[k]}' jobs.csv | sort > want
test "$(wc -l < want)" = 10 && test "$(cut -d " " -f 3 want | sort -u | wc -l)" -gt 5
ok $? "ten means by awk"
if command -v python3 > /dev/null; then
    python3 -c 'import json, collections
sums = collections.defaultdict(list)
for j in json.load(open("jobs.json")): sums[j["load"], j["policy"]] += [j["jct_s"]] if j["jct_s"] else []
for (l, p), x in sums.items(): print("%g %s %.6f" % (l, p, sum(x) / len(x)))' | sort | cmp -s - want
    ok $? "JSON has the same"
    python3 -c 'import sqlite3
for r in sqlite3.connect("paper.db").execute(
    "SELECT load, policy, avg(jct_s) FROM jobs GROUP BY load, policy"): print("%g %s %.6f" % r)' \
        | sort | cmp -s - want
    ok $? "so has SQL"
else
    skip "JSON has the same" "no python3 here"
    skip "so has SQL" "no python3 here"
fi
if has pandas; then
    sample pandas > sample.py
    echo 'for k, x in jobs.groupby(["load", "policy"]).jct_s.mean().items(): print("%g %s %.6f" % (*k, x))' > more.py
    cat sample.py more.py > all.py
    "$python" all.py > out 2>&1 && grep '^[0-9.]* [a-z=-]* *[a-z=-]* [0-9.]*$' out | sort > got
    cmp -s got want
    ok $? "pandas, as the manual shows it"
    diag out
    "$python" -c "import sqlite3, pandas
d = pandas.read_sql('SELECT * FROM jobs', sqlite3.connect('paper.db'))
assert len(d) == 4000 and abs(d.slowdown - d.jct_s / d.duration_s).max() < 1e-9"
    ok $? "slowdown needs no trace"
else
    skip "pandas, as the manual shows it" "$python has no pandas"
    skip "slowdown needs no trace" "$python has no pandas"
fi
if has duckdb && "$python" -c 'import duckdb
for q in open("/dev/stdin").read().split(";"):
    if q.strip(): r = duckdb.sql(q)
' < /dev/null; then
    "$python" -c "import duckdb
duckdb.sql(\"COPY (FROM 'jobs.csv') TO 'jobs.parquet'\")
for r in duckdb.sql(\"SELECT load, policy, avg(jct_s) FROM 'jobs.parquet' GROUP BY ALL\").fetchall(): print('%g %s %.6f' % r)" \
        | sort | cmp -s - want
    ok $? "DuckDB makes Parquet of CSV, which has the same"
else
    skip "DuckDB makes Parquet of CSV, which has the same" "$python has no duckdb"
fi
if has pandas && has nbclient && has ipykernel; then
    cp "$TOP_SRCDIR/replay/examples/results.ipynb" .
    "$python" -c 'import nbformat, nbclient
b = nbformat.read("results.ipynb", 4)
nbclient.NotebookClient(b, timeout=120).execute()
assert sum("outputs" in c and len(c.outputs) > 0 for c in b.cells) >= 4' > out 2>&1
    ok $? "the notebook runs"
    diag out
else
    skip "the notebook runs" "$python has no pandas, nbclient or ipykernel"
fi
if command -v Rscript > /dev/null && Rscript -e 'library(RSQLite)' > /dev/null 2>&1; then
    sample R > sample.R
    says 0 'fifo-skip' "R, as the manual shows it" Rscript sample.R
else
    skip "R, as the manual shows it" "no R with RSQLite here"
fi
done_testing
