#!/bin/sh
# A disk with hardly any room: what every program writes is there whole, or
# the old one is, and the status is 1.
. "$(dirname "$0")/../tap.sh"
bin=$TOP_BUILDDIR
cd "$tmp" || exit 1
mkdir small
# In a name space of its own the mount goes with the test.
if test -z "$VN_ROOM"; then
    unshare -m mount -t tmpfs -o size=64k none small 2> /dev/null || skip_all "no disk of 64 KiB can be made here (that needs root)"
    export VN_ROOM=1 TOP_BUILDDIR TOP_SRCDIR
    unshare -m sh "$TOP_SRCDIR/t/base/room.sh.t"
    exit
fi
mount -t tmpfs -o size=64k none small || exit 1
trap 'cd /; umount "$tmp/small"; rm -rf "$tmp"' EXIT

awk 'BEGIN { print "job_id,submit_s,duration_s,devices"
    for (i = 0; i < 4000; i++) print i "," i "," 100 + i % 7 "," 1 + i % 2 }' \
    > t.csv
head -n 40 t.csv > few.csv
awk 'BEGIN { print "job_id,submit_s,model,vnodes,global_batch,steps,devices"
    for (i = 0; i < 1500; i++) print i "," 4 * i ",m,4,64,3," 1 + i % 4 }' \
    > m.csv
cat > p.csv <<'END'
model,device_type,batch,step_s,peak_bytes,update_s,parameters
m,v100,16,0.5,1000,0.01,1000000
m,v100,64,1.7,4000,0.01,1000000
END
"$bin/vnreplay" run -t few.csv -c v100:2x2 -p fifo,srtf -r few.db > out 2>&1
"$bin/vnreplay" run -t t.csv -c v100:2x2 -p fifo,srtf -r many.db > out 2>&1

awk 'BEGIN { for (i = 1; i <= 3000; i++)
    print i, 10 * i, 5, 100, 1, 50, -1, 1, 100, -1, 1, i % 5, 1, 1, 1, 1, -1, -1
    }' > t.swf
cat > talk.sh <<'END'
read -r x; echo '{}'; while read -r x; do echo '{"set": []}'; done
END

# Fill the disk but for so many KiB, have older files there, and write on it.
filled() { # KiB that are left, files
    left=$1
    shift
    rm -rf small/* small/.[!.]*
    dd if=/dev/zero of=small/filler bs=1024 count=$((60 - left)) 2> /dev/null
    for file in "$@"; do echo "what was there" > "small/$file"; done
}
# Run it: status 1, with these files as they were and nothing half made.
full() { # file, command ...
    file=$1
    shift
    timeout 120 "$@" > out 2>&1
    status=$?
    test $status -eq 1 && echo "what was there" | cmp -s - "small/$file" \
        && ! find small -name '*.vnpart-*' -o -name '.plot-*' | grep -q .
    ok $? "$* leaves what was there, and says so" \
        || { echo "status $status" | diag; find small -ls | diag; }
}
filled 8 o.csv
full o.csv "$bin/vntrace" generate --preset philly --jobs 4000 -o small/o.csv
full o.csv "$bin/vntrace" import --from swf t.swf -o small/o.csv
full o.csv "$bin/vnsim" -t t.csv -c v100:2x2 -j small/o.csv
full o.csv "$bin/vnsim" -t m.csv -c v100:2x2 --profile p.csv --plan small/o.csv
full o.csv "$bin/vnsim" -t t.csv -c v100:2x2 -p 'exec:sh talk.sh' \
    --transcript small/o.csv
full o.csv "$bin/vnreplay" export many.db -o small/o.csv
set -- "$bin/vnexec" run -m mlp -b 8 -v 2 -n 3 -q --no-eval
full o.csv "$@" -c small/o.csv
for f in pdf svg png tex txt; do
    if command -v "${GNUPLOT:-gnuplot}" > /dev/null; then
        filled 4 "o.$f"
        full "o.$f" "$bin/vnplot" jct-cdf many.db -o "small/o.$f"
    else
        skip "vnplot leaves an old .$f" "no gnuplot here"
    fi
done

# A results file holds all of a run or nothing, and the others as they were.
whole() { # name, command ...
    name=$1
    shift
    timeout 120 "$@" > "$tmp/out" 2>&1
    status=$?
    test $status -eq 1 && grep -q 'full\|space\|cannot write' "$tmp/out"
    ok $? "$name says that the disk is full" || echo "status $status" | diag
}
rm -rf small/*
whole "a sweep" "$bin/vnreplay" run -t t.csv -c v100:2x2 -p fifo -r small/r.db
rm -rf small/*
whole "vnsim" "$bin/vnsim" -t t.csv -c v100:2x2 -r small/r.db
rm -rf small/*
whole "merge" "$bin/vnreplay" merge many.db -o small/r.db
rm -rf small/*
whole "vnexec" "$@" -R small/r.db
filled 8
whole "vnexec's log, which grows in its place," "$@" -n 2000 -l small/o.csv
"$@" -l log.csv > out 2>&1
cp log.csv whole.csv
filled 8
cp log.csv small/o.csv
whole "vnexec's log in the place of another" "$@" -n 2000 -l small/o.csv
cmp -s log.csv small/o.csv~ && test "$(wc -l < small/o.csv)" -gt 9
ok $? "which is kept, and so are its own rows"
"$@" -l log.csv > out 2>&1 && test -s log.csv -a ! -e log.csv~
ok $? "until the new one has ended well"
filled 0
mkdir small/there
cd small || exit 1
whole "new-policy" "$bin/vnsim" new-policy mine
test ! -e mine
ok $? "which leaves no folder"
done_testing
