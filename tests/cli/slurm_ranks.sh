#!/usr/bin/env bash
# Runs a sweep of two ranks a run by a real Slurm of two nodes, both on this
# machine: to FOLDER/one-node with the ranks on one node, and to FOLDER/two-nodes
# with a rank on each, where the run "long" gets the signal before the time limit.
# Usage: slurm_ranks.sh WSEL DATA FOLDER; FOLDER holds s.json. Prints how often
# Slurm has restarted "long". Exit code 77: Slurm cannot run here.
set -euo pipefail
readonly WSEL=$1 DATA=$2 FOLDER=$3
source "$(dirname "$0")/slurm_cluster.sh"
start_cluster "$FOLDER/slurm-daemons" 16837 2 one two

cd "$FOLDER"
# submit OUTPUT OPTION...: sets job.
submit() {
  local output
  output=$("$WSEL" sweep s.json --output "$1" --data-root "$DATA" --device cpu \
    --threads 2 --ranks-per-run 2 --launcher slurm --slurm=--cpus-per-task=1 \
    "${@:2}")
  echo "$output"
  job=${output##* }
}

submit one-node --only short-s0
wait_for_job "$job"

# Nodes of these names have no addresses.
export MASTER_ADDR=127.0.0.1 MASTER_PORT=16847
submit two-nodes --nodes-per-run 2 --only short-s0
wait_for_job "$job"
submit two-nodes --nodes-per-run 2 --only long-s0
wait_for_file 'two-nodes/runs/long-s0-*/state.safetensors'
scancel --batch --signal=USR1 "${job}_0" || echo "long has ended"
wait_for_job "$job"
scontrol show job "$job" | grep -o 'Restarts=[0-9]*'
tail -n 20 ./*/slurm/*_0.txt ./*/by-name/*/output.txt
