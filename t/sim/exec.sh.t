#!/bin/sh
# Policies as programs: the built-in ones written in Python give the same
# bytes, what is told is what a plug-in sees, and what is wrong is named.
. "$(dirname "$0")/../tap.sh"
vnsim=$TOP_BUILDDIR/vnsim
python=$TOP_SRCDIR/sim/outside/python
export PYTHONDONTWRITEBYTECODE=1
cd "$tmp" || exit 1

awk 'BEGIN {
    print "job_id,submit_s,duration_s,devices,max_devices,weight,priority,deadline_s,user,vc,predicted_s"
    x = 12345
    for (i = 0; i < 300; i++) {
        x = (x * 69069 + 1) % 4294967296; t += x % 200
        x = (x * 69069 + 1) % 4294967296; d = 1 + int(x / 65536) % 4
        x = (x * 69069 + 1) % 4294967296
        print i "," t "," 10 + int(x / 65536) % 2000 "," d "," d "," 1 + i % 3 "," i % 5 ",,,,"
    }
}' > t.csv
awk 'BEGIN {
    print "job_id,submit_s,model,global_batch,vnodes,steps,devices,weight"
    for (i = 0; i < 120; i++)
        print i "," i * 17 % 900 ",net," 64 * (1 + i % 3) ",8," 50 + i * 37 % 400 "," 1 + i % 4 "," 1 + i % 2
}' | sort -t, -k2n > body
{ grep job_id body; grep -v job_id body; } > m.csv
printf '%s\n' model,device_type,batch,step_s,peak_bytes net,v100,1,0.01,1000000 net,v100,512,0.9,900000000 \
    net,k80,1,0.03,1000000 net,k80,512,3.1,900000000 > profile.csv
run() { # words ...
    "$vnsim" -j jobs.csv "$@" 2>&1
}

# What is wrong with what a program says.
program() { # command, what is said
    said=$(run -t t.csv -c v100:2x8 -p "exec:$1" --limit 2)
    failed=$?
    said=$(printf '%s' "$said" | sed 's/@[0-9a-f]\{32\}: /: /')
    test $failed = 1 -a "$said" = "vnsim: policy exec:$1: $2"
    ok $? "exec:$1" || echo "# said: $said"
}
hello="read x; echo {}"
program "exit 3" "ended with status 3, expected an answer"
program "$hello; exit 3" "ended with status 3, expected an answer"
program "test -e /proc/\$\$/fd/3 && exit 4; exit 3" "ended with status 3, expected an answer"
program "kill -9 \$\$" "was ended by signal 9"
program "exec sleep 100" "did not answer in time"
program "while read x; do echo nonsense; done" "answer is no JSON: column 8: '[' or '{' expected near 'nonsense'"
program "while read x; do echo []; done" 'expected an object, as in {"set": [[slot, type, devices]], "wake": microseconds}'
program "echo '{\"rigid\": 1}'; sleep 9" 'expected true or false of "rigid"'
program "echo '{\"rigit\": true}'; sleep 9" 'unknown "rigit", did you mean "rigid"?'
answered() { # answer, what is said
    program "$hello; while read x; do echo '$1'; done" "$2"
}
answered '{"set": 1}' 'expected {"set": [[slot, type, devices], ...], "wake": microseconds}'
answered '{"wake": 1.5}' 'expected {"set": [[slot, type, devices], ...], "wake": microseconds}'
answered '{"set": [[1]]}' 'expected [slot, type, devices] in "set"'
answered '{"set": [[99,0,1]]}' "there is no job in slot 99, expected one that arrived and has not left"
answered '{"est": []}' 'unknown "est", did you mean "set"?'
answered '{"something": []}' 'unknown "something", expected "set" or another that is known here'
answered '{"ask": 1}' 'expected [[name, slot, ...], ...] as "ask"'
answered '{"ask": [7]}' 'expected [name, slot, ...] in "ask"'
answered '{"ask": [["remainin", 0]]}' 'asks for "remainin", did you mean "remaining"?'
answered '{"ask": [["xyz", 0]]}' 'asks for "xyz", expected one of vnsim(1): "remaining ..."'
answered '{"ask": [["remaining"]]}' 'expected ["remaining", slot] in "ask"'
answered '{"ask": [["remaining", 99]]}' 'asks for "remaining" of slot 99, expected one of a job that arrived and has not left'
answered '{"ask": [["runs", 0, 1]]}' 'expected ["runs", slot, type] in "ask"'
answered '{"ask": [["size", 0, 0, -1]]}' 'expected ["size", slot, type, devices] in "ask"'
answered '{"ask": [["step_s", 0, [1, 2]]]}' 'expected ["step_s", slot, [devices of each type]] in "ask"'
answered '{"ask": [], "set": []}' 'expected "ask" alone: what changes is said after the answer'
answered '{"ask": []}' "did not answer in time"

# A program that says it is rigid is held to it.
limited='{"set": [[0,0,2]]}'
printf 'job_id,submit_s,duration_s,devices,min_devices\n0,5,10,4,1\n' > one.csv
says 1 'has 2 devices, expected 0 or 4\|expected .*4' "a rigid one gives all or none" \
    "$vnsim" -t one.csv -c v100:4 -p "exec:read x; echo '{\"rigid\": true}'; while read x; do echo '$limited'; done"
says 0 '^jobs  *1 finished' "another may give less" \
    "$vnsim" -t one.csv -c v100:4 -p "exec:$hello; read x; echo '$limited'; while read x; do echo {}; done"
printf 'job_id,submit_s,duration_s,devices\n0,5,10,2\n1,16,1,4\n' > two.csv
# A late one sees a job leave when its devices are there.
for late in true false; do
    run -t two.csv -c v100:4 --costs release=7 --transcript said -p \
        "exec:read x; echo '{\"late\": $late}'; read x; echo '$limited'; while read x; do echo {}; done" > out
    sed -n 's/.*"now":\([0-9]*\).*"left":\[0\].*/\1/p' said > "left-$late"
done
is "$(cat left-true left-false | tr "\n" " ")" "22000000 16000000 " "a late one sees a job leave later"

# A comma and a colon are part of a command.
says 0 '^jobs  *1 finished' "a comma is part of a command" \
    "$vnsim" -t one.csv -c v100:4 -p "exec:: a,b:c; read x; echo {}; read x; echo '{\"set\": [[0, 0, 2]]}'; while read x; do echo {}; done"
says 0 "^2 done" "in a list too, where a command is the last" \
    "$TOP_BUILDDIR/vnreplay" run -t one.csv -c v100:4 -r r.db -p \
    "fifo,exec:: a,b:c; read x; echo {}; read x; echo '{\"set\": [[0, 0, 2]]}'; while read x; do echo {}; done"
says 1 'ended with status 1' "and --policy may be given again after it" \
    "$TOP_BUILDDIR/vnreplay" run -t one.csv -c v100:4 -r r2.db -p "exec:exit 1" -p fifo
grep -q '1 done, 0 there before, 1 failed' out
ok $? "so that both are run"

if ! command -v python3 > /dev/null; then
    skip "policies in Python" "no python3 here"
    done_testing
    exit
fi

# As the built-in ones.
same() { # policy, what is run, words ...
    name=$1 what=$2
    shift 2
    run "$@" -p "$name" > out && mv jobs.csv wanted.csv
    run "$@" -p "exec:python3 $what" --transcript said > out
    cmp wanted.csv jobs.csv >> out 2>&1
    ok $? "$name in Python gives the same bytes: $*"
}
same fifo "$TOP_SRCDIR/t/sim/plugin/fifo.py" -t t.csv -c v100:2x8
head -1 said | grep -q '^> {"virtualflow":2,"types":\[{"name":"v100","devices":16}\]}$' &&
    grep -q '^< {"set": \[\[0, 0, [0-9]\]\]}$' said
ok $? "and what was said is written down"
for cluster in v100:2x8 v100:1x8,p100:1x6 v100:2; do
    same las "$python/las.py" -t t.csv -c $cluster
    same wfs "$python/wfs.py" -t t.csv -c $cluster
done
same las "$python/las.py" -t t.csv -c v100:2x8 --costs start=20,release=7,restart=20
same las "$python/las.py" -t t.csv -c v100:2x8 --faults device,mtbf=40000
for policy in las wfs; do
    same $policy "$python/$policy.py" -t m.csv -c v100:1x4,k80:1x4 --profile profile.csv
done

# Each job's fields, and each question, against what is known.
cat > all.csv <<'END'
job_id,submit_s,model,global_batch,vnodes,steps,duration_s,devices,min_devices,max_devices,weight,priority,deadline_s,user,vc,device_type,predicted_s,name
7,1,net,64,8,100,,4,2,4,2.5,3,900,ann,east,,,
8,2,,,,,50,2,1,3,1,0,,bob,west,k80,40,train
END
cat > all.py <<'END'
import virtualflow as v

class All(v.Policy):
    def arrive(self, view, job):
        print(job)
        if job.id == 7:
            assert (job.slot, job.order, job.submit) == (0, 0, v.SECOND)
            assert (job.model, job.global_batch, job.vnodes) == ("net", 64, 8)
            assert (job.steps, job.duration) == (100, None)
            assert (job.devices, job.min_devices, job.max_devices) == (4, 2, 4)
            assert (job.weight, job.priority) == (2.5, 3)
            assert (job.deadline, job.predicted) == (900 * v.SECOND, None)
            assert (job.user, job.vc, job.type, job.types) == (0, 0, None, [0, 1])
            assert job.name is None
        else:
            assert (job.model, job.steps, job.duration) == (None, None, 50 * v.SECOND)
            assert (job.deadline, job.predicted) == (None, 40 * v.SECOND)
            assert (job.user, job.vc, job.type, job.types) == (1, 1, 1, [1])
            assert job.name == 0

    def leave(self, view, job):
        assert job.slot not in view.jobs

    def decide(self, view):
        assert view.types == [v.Type("v100", 4), v.Type("k80", 4)]
        for job in view.jobs.values():
            if job.id == 8:
                if view.held(job) == [0, 0]:
                    assert (view.executed(job), view.attained(job)) == (0, 0)
                    # On all that it asks for; a step is all of it.
                    assert view.remaining(job) == 50 * v.SECOND
                    assert (view.steps(job), view.goodput(job, [0, 2])) == (1, 0)
                    assert view.step_s(job, [0, 1]) == 100
                    assert view.step_ns(job, 1, 2) == 50 * 10**9
                    assert view.ask([("runs", job, 0), ("runs", job, 1)]) == [False, True]
                    assert view.size(job, 1, 99) == 3
                    view.set(job, 1, 2)
                continue
            # 8 virtual nodes of 8 examples: the profile's line at 8.
            step = 0.01 + 7 / 511 * (0.9 - 0.01)
            assert abs(view.step_s(job, [4, 0]) - 2 * step) < 1e-12
            assert abs(view.step_ns(job, 0, 2) - 4e9 * step) <= 1
            assert view.step_s(job, [0, 0]) is None
            assert abs(view.goodput(job, [4, 0]) - 64 / (2 * step)) < 1e-9
            assert view.mix_s(job, [2, 2]) is not None
            assert view.size(job, 0, 3) == 3 and view.size(job, 0, 1) == 0
            held, left = view.ask([("held", job), ("steps", job)])
            if view.now == v.SECOND:
                assert held == [0, 0] and left == 100
                assert abs(view.remaining(job) - 200e6 * step) <= 1
                view.set(job, 0, 2)
                view.wake(2 * v.SECOND)
            else:
                assert held == [2, 0] and 0 < left < 100
                assert view.executed(job) == view.now - v.SECOND
                assert view.attained(job) == 2 * view.executed(job)
                assert view.ask([("job", job)])[0]["id"] == 7
        assert view.ask([]) == []
        if view.now == v.SECOND:
            assert view.free == view.devices == [4, 4]

v.run(All())
END
cp "$python/virtualflow.py" .
says 0 '^jobs  *2 finished' "all that a plug-in sees is told" \
    "$vnsim" -t all.csv -c v100:4,k80:4 --profile profile.csv -p "exec:python3 all.py"

# The module by itself.
cat > module.py <<'END'
import io
import typing
import virtualflow as v

for of in (v.Job, v.Type, v.View.step_s, v.View.ask, v.Policy.decide, v.run):
    assert typing.get_type_hints(of)
class Wakes(v.Policy):
    late = True
    def decide(self, view):
        view.wake(9), view.wake(7), view.wake(8)
told = '{"virtualflow":2,"types":[{"name":"a","devices":2}],"new":1}\n' \
    '{"now":1,"free":[2],"devices":[2],"left":[],"arrived":[],"new":1}\n'
out = io.StringIO()
v.run(Wakes(), io.StringIO(told), out)
assert out.getvalue() == '{"late":true}\n{"set":[],"wake":7}\n', out.getvalue()
v.run(Wakes(), io.StringIO(""), out)
try:
    v.run(Wakes(), io.StringIO('{"virtualflow":1,"types":[]}\n'), out)
except SystemExit as e:
    assert str(e) == "vnsim speaks version 1, expected at least 2"
else:
    raise AssertionError("version 1 is taken")
END
python3 module.py > out 2>&1
ok $? "the module's loop, view and hints"
"$vnsim" new-policy --python mine > out 2>&1
ok $? "new-policy --python"
says 0 '^jobs  *300 finished' "what it writes is run" \
    "$vnsim" -t t.csv -c v100:2x8 -p "exec:python3 mine/mine.py"
says 1 'mine/mine.py: File exists' "what is there is kept" "$vnsim" new-policy --python mine
says 2 "'virtualflow' is the module's name" "a name that hides the module" \
    "$vnsim" new-policy --python virtualflow
done_testing
