#!/usr/bin/env bash
# Runs a sweep as a job array of a real Slurm: a controller and a node, started
# here with their own configuration. One task is killed while it runs, and
# requeued; one gets the signal before its time limit, and requeues itself.
# Usage: slurm.sh WSEL DATA FOLDER; FOLDER holds s.json, and the output is
# written to FOLDER/out. Exit code 77: Slurm or munge cannot run here.
set -euo pipefail
readonly WSEL=$1 DATA=$2 FOLDER=$3

for program in slurmctld slurmd sbatch scontrol munged; do
  command -v $program >/dev/null || { echo "no $program" && exit 77; }
done
((EUID == 0)) || { echo "slurmd needs root" && exit 77; }

readonly S=$FOLDER/slurm-daemons
mkdir -p "$S/state" "$S/spool" "$S/munge"
chmod 700 "$S/munge"
host=$(hostname -s)
dd if=/dev/urandom of="$S/munge/key" bs=1024 count=1 status=none
chmod 600 "$S/munge/key"
chmod 755 "$S"
stop() {
  pkill -F "$S/slurmd.pid" || true
  pkill -F "$S/slurmctld.pid" || true
  pkill -F "$S/munge/pid" || true
} 2>/dev/null
trap stop EXIT

# Requeued jobs wait until their old credential expires.
cat >"$S/slurm.conf" <<CONF
ClusterName=wsel
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$S/munge/socket,cred_expire=5
StateSaveLocation=$S/state
SlurmdSpoolDir=$S/spool
SlurmctldPidFile=$S/slurmctld.pid
SlurmdPidFile=$S/slurmd.pid
SlurmctldLogFile=$S/slurmctld.log
SlurmdLogFile=$S/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=bf_interval=1,sched_interval=1
ReturnToService=2
KillWait=30
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=here Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$S/slurm.conf

munged --key-file="$S/munge/key" --socket="$S/munge/socket" \
  --pid-file="$S/munge/pid" --log-file="$S/munge/log" \
  --seed-file="$S/munge/seed" --force 2>/dev/null
slurmctld
slurmd
for _ in {1..60}; do
  [[ $(sinfo -h -o %T 2>/dev/null) == idle ]] && break
  sleep 0.5
done
[[ $(sinfo -h -o %T) == idle ]] || { tail "$S"/*.log && exit 77; }

cd "$FOLDER"
output=$("$WSEL" sweep s.json --output out --data-root "$DATA" --device cpu \
  --threads 1 --launcher slurm --slurm=--partition=here --slurm=--cpus-per-task=1)
echo "$output"
job=${output##* }

# While the first task is running, Slurm kills and requeues it.
for _ in {1..200}; do
  compgen -G 'out/runs/random-s0-*/state.safetensors' >/dev/null && break
  sleep 0.1
done
scontrol requeue "${job}_0"
for _ in {1..200}; do
  compgen -G 'out/runs/random-s1-*/state.safetensors' >/dev/null && break
  sleep 0.1
done
scancel --batch --signal=USR1 "${job}_1" || echo "task 1 has ended"
for _ in {1..600}; do
  [[ -z $(squeue -h -j "$job" 2>/dev/null) ]] && break
  sleep 0.2
done
echo "queue: $(squeue -h -j "$job" 2>/dev/null | wc -l) left"
grep -c '' out/slurm/"${job}"_0.txt
