#!/bin/sh
# What the paper claims, beside what is replayed and measured.
. "$(dirname "$0")/../tap.sh"
bin=$TOP_BUILDDIR
cd "$tmp" || exit 1
value() { # file, row, column
    awk -F, -v row="$2" -v column="$3" '{n = NF; gsub(/"/, "")}
        index($0, row) && $(n - 1) == column {print $n}' "$1"
}

"$bin/vnreplay" claims --format csv > claims.csv
is "$(value claims.csv '20 jobs: median completion time' published)" -48 \
    "what the abstract says"
is "$(value claims.csv '2 V100 + 8 P100: throughput' published)" 42 "both of it"
# What is replayed is what the experiments find.
"$bin/vnreplay" experiment virtualflow-3jobs --format csv > three.csv
want=$(awk -F, '/^"9-12_3jobs: wfs against/ && /"makespan, s",own/ {print $NF}' three.csv)
is "$(value claims.csv '3 jobs: makespan' replayed)" "$want" \
    "replayed is the experiment's own"
want=$(awk -F, '/^"9-12_3jobs: wfs against/ && /"makespan, s",measured/ {print $NF}' three.csv)
is "$(value claims.csv '3 jobs: makespan' logs)" "$want" \
    "and the logs are its authors'"
"$bin/vnreplay" experiment virtualflow-het --format csv > het.csv
want=$(awk -F, '/H3: 2 V100/ && /measured gain/ {printf "%.6f", 100 * ($NF - 1)}' het.csv)
is "$(value claims.csv '2 V100 + 8 P100: throughput' logs | awk '{printf "%.6f", $1}')" \
    "$want" "of unlike devices too"
"$bin/vnreplay" claims > claims.txt
test "$(awk 'length > 79' claims.txt | wc -l)" = 0
ok $? "they fit a page"
says 1 'No such file' "without tables there is nothing to replay" \
    "$bin/vnreplay" claims --data "$tmp/nowhere"
says 1 'expected vnexec' "nor to measure without the executor" \
    "$bin/vnreplay" claims --measure --vnexec "$tmp/none"
says 2 "steps: '0' is wrong" "of no steps" "$bin/vnreplay" claims --steps 0
says 2 "'x' is no option" "nor of words" "$bin/vnreplay" claims x

# An executor whose bits depend on the devices is found out.
cat > fake << EOF
#!/bin/sh
case "\$1" in
run)
    case "\$*" in
    *"host:4 "*)
        "$bin/vnexec" "\$@" | sed 's/digest ./digest x/' ;;
    *) exec "$bin/vnexec" "\$@" ;;
    esac ;;
*) exec "$bin/vnexec" "\$@" ;;
esac
EOF
chmod +x fake
if test -x "$bin/vnexec" && test -z "${VN_BRIEF-}"; then
    "$bin/vnreplay" claims --measure --model mlp --steps 2 --seeds 1 \
        --format csv > m.csv 2> out
    ok $? "a training is measured"
    test "$(value m.csv 'mlp, 4 virtual nodes' 'with equal bits')" = 3 \
        && test "$(value m.csv 'mlp, 8 virtual nodes' 'with others')" = 0
    ok $? "with the same bits under every mapping"
    value m.csv 'mlp, 4 virtual nodes' 'error, %' \
        | awk '{exit !($1 < 10 && $1 > -10)}'
    ok $? "in about the memory that was predicted"
    says 3 'mlp, 4 virtual nodes' "other bits have a status of their own" \
        "$bin/vnreplay" claims --measure --model mlp --steps 2 --seeds 1 \
        --vnexec "$tmp/fake"
    says 1 'vnexec run failed: ' "an executor that fails says why" \
        "$bin/vnreplay" claims --measure --model mpl
else
    skip "trainings" "VN_BRIEF"
fi
ls -d /tmp/vnclaims-?????? > out 2> /dev/null
test ! -s out
ok $? "nothing is left behind"
done_testing
