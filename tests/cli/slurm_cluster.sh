# shellcheck shell=bash
# A real Slurm for the scripts that source this: a controller and nodes, all on
# this machine, with a configuration of their own.

# Exit code 77: Slurm or munge cannot run here.
require_slurm() {
  local program
  for program in slurmctld slurmd sbatch srun scancel scontrol munged; do
    command -v $program >/dev/null || { echo "no $program" && exit 77; }
  done
  ((EUID == 0)) || { echo "slurmd needs root" && exit 77; }
}

stop_cluster() {
  local pid
  for pid in "$S"/slurmd-*.pid "$S/slurmctld.pid" "$S/munge/pid"; do
    pkill -F "$pid" || true
  done
} 2>/dev/null

# start_cluster FOLDER PORT CPUS NODE...: nodes with that many CPUs each, whatever
# the machine has, at the ports after PORT. They run until this shell exits.
start_cluster() {
  readonly S=$1
  local -r port=$2 cpus=$3 host=$(hostname -s)
  local -r nodes=("${@:4}")
  local i
  require_slurm
  mkdir -p "$S/state" "$S/munge"
  chmod 700 "$S/munge"
  dd if=/dev/urandom of="$S/munge/key" bs=1024 count=1 status=none
  chmod 600 "$S/munge/key"
  chmod 755 "$S"
  trap stop_cluster EXIT
  # Requeued jobs wait until their old credential expires.
  cat >"$S/slurm.conf" <<CONF
ClusterName=wsel
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$S/munge/socket,cred_expire=5
StateSaveLocation=$S/state
SlurmdSpoolDir=$S/spool-%n
SlurmctldPidFile=$S/slurmctld.pid
SlurmdPidFile=$S/slurmd-%n.pid
SlurmctldLogFile=$S/slurmctld.log
SlurmdLogFile=$S/slurmd-%n.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=bf_interval=1,sched_interval=1
ReturnToService=2
KillWait=30
PartitionName=here Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
  for i in "${!nodes[@]}"; do
    echo "NodeName=${nodes[i]} NodeHostname=$host NodeAddr=127.0.0.1" \
      "Port=$((port + 1 + i)) CPUs=$cpus State=UNKNOWN" >>"$S/slurm.conf"
  done
  export SLURM_CONF=$S/slurm.conf

  munged --key-file="$S/munge/key" --socket="$S/munge/socket" \
    --pid-file="$S/munge/pid" --log-file="$S/munge/log" \
    --seed-file="$S/munge/seed" --force 2>/dev/null
  slurmctld
  if ((${#nodes[@]} == 1)); then
    slurmd
  else  # not every build of it can be one of several on a machine
    for i in "${nodes[@]}"; do slurmd -N "$i" || exit 77; done
  fi
  for _ in {1..60}; do
    [[ $(sinfo -h -o %T 2>/dev/null) == idle ]] && return
    sleep 0.5
  done
  tail -n 20 "$S"/*.log
  exit 77
}

# wait_for_file PATTERN: until there is one, at most three minutes.
wait_for_file() {
  for _ in {1..1800}; do
    compgen -G "$1" >/dev/null && return
    sleep 0.1
  done
  echo "there is no $1" && exit 1
}

# wait_for_job ID: until it has left the queue, at most four minutes.
wait_for_job() {
  for _ in {1..1200}; do
    [[ -z $(squeue -h -j "$1" 2>/dev/null) ]] && return
    sleep 0.2
  done
  echo "job $1 is still in the queue"
  squeue
}
