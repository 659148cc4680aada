#!/bin/sh
# vnreplay sbatch under Slurm itself: slurmctld, slurmd and munged of our own on
# this host, as Debian's slurm-wlm and munge have them, with the superuser.
. "$(dirname "$0")/../tap.sh"
for program in munged slurmctld slurmd sbatch squeue; do
    PATH=$PATH:/usr/sbin
    command -v $program > /dev/null || skip_all "no $program here (slurm-wlm, munge)"
done
test "$(id -u)" = 0 || skip_all "slurmd starts jobs for the superuser alone"
bin=$TOP_BUILDDIR/vnreplay
cd "$tmp" || exit 1
host=$(hostname -s)
port=$((20000 + $$ % 20000))
head -c 128 /dev/urandom > key && chmod 400 key && chmod 755 .
mkdir state spool
cat > slurm.conf << END
ClusterName=test
SlurmctldHost=$host
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$PWD/munge.sock
CryptoType=crypto/munge
StateSaveLocation=$PWD/state
SlurmdSpoolDir=$PWD/spool
SlurmctldPidFile=$PWD/slurmctld.pid
SlurmdPidFile=$PWD/slurmd.pid
SlurmctldLogFile=$PWD/slurmctld.log
SlurmdLogFile=$PWD/slurmd.log
SlurmctldPort=$port
SlurmdPort=$((port + 1))
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
SchedulerParameters=sched_interval=1,bf_interval=1
NodeName=$host CPUs=1 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
SLURM_CONF=$PWD/slurm.conf
export SLURM_CONF
stop() {
    for program in slurmd slurmctld munged; do
        test ! -s $program.pid || kill "$(cat $program.pid)" 2> /dev/null
    done
}
trap 'stop; sleep 0.5; rm -rf "$tmp"' EXIT
munged --force --key-file="$PWD/key" --socket="$PWD/munge.sock" --pid-file="$PWD/munged.pid" \
    --log-file="$PWD/munged.log" --seed-file="$PWD/seed" > out 2>&1 &&
    slurmctld > out 2>&1 && slurmd > out 2>&1
for _ in $(seq 100); do
    sinfo -h -o %t 2> /dev/null | grep -q idle && break
    sleep 0.2
done
sinfo -h -o %t 2> /dev/null | grep -q idle || skip_all "Slurm does not start here"

"$bin" init > out && sed -i 's/--jobs 2000/--jobs 200/; s/1:5 /1:2 /' paper.yaml
"$bin" run paper.yaml --results whole.db --quiet && "$bin" export whole.db > whole.csv
ok $? "a sweep here"
"$bin" sbatch paper.yaml --nodes 3 > submit.sh && sh submit.sh > out 2>&1
ok $? "and under Slurm"
diag out
for _ in $(seq 300); do
    test -n "$(squeue -h)" || break
    sleep 0.2
done
"$bin" export paper.db > slurm.csv && cmp slurm.csv whole.csv
ok $? "give the same bytes"
test "$(ls paper.*-of-3.db | wc -l)" = 3
ok $? "of three shards"
done_testing
