#!/usr/bin/env bash
# Runs a sweep as a job array of a real Slurm: a controller and a node, started
# here with their own configuration. One task is killed while it runs, and
# requeued; one gets the signal before its time limit, and requeues itself.
# Usage: slurm.sh WSEL DATA FOLDER; FOLDER holds s.json, and the output is
# written to FOLDER/out. Exit code 77: Slurm or munge cannot run here.
set -euo pipefail
readonly WSEL=$1 DATA=$2 FOLDER=$3
source "$(dirname "$0")/slurm_cluster.sh"
start_cluster "$FOLDER/slurm-daemons" 16817 "$(nproc)" "$(hostname -s)"

cd "$FOLDER"
output=$("$WSEL" sweep s.json --output out --data-root "$DATA" --device cpu \
  --threads 1 --launcher slurm --slurm=--partition=here --slurm=--cpus-per-task=1)
echo "$output"
job=${output##* }

# While the first task is running, Slurm kills and requeues it.
wait_for_file 'out/runs/random-s0-*/state.safetensors'
scontrol requeue "${job}_0"
wait_for_file 'out/runs/random-s1-*/state.safetensors'
scancel --batch --signal=USR1 "${job}_1" || echo "task 1 has ended"
wait_for_job "$job"
grep -c '' out/slurm/"${job}"_0.txt
