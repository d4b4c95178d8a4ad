#!/usr/bin/env bash
# A world of one rank, with gradients through NCCL, against no world at all, on
# an NVIDIA GPU: the same weights, and the same time of a step.
set -euo pipefail

usage() {
  cat <<'EOF2'
usage: scripts/bench/ranks_gpu.sh [--rounds N] [--build DIR]

Needs an NVIDIA GPU and a release build with NCCL (DIR, build/release by
default). In each of N rounds (3) it trains a small ViT for 300 steps without a
world and in one, then times a step of ViT-T at 224 px, 256 images in bf16,
both ways; two minutes in all. Prints the SHA-256 of the weights and images per
second. Ends with code 1 if the weights differ though those without a world are
equal among each other, or if the step in a world takes over 1 % longer.
EOF2
}

rounds=3
build=build/release
while (($#)); do
  case $1 in
    --rounds) rounds=$2 && shift 2 ;;
    --build) build=$2 && shift 2 ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
done
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
nvidia-smi -L 2>/dev/null | grep '^GPU ' || {
  echo "ranks_gpu.sh: needs an NVIDIA GPU, and nvidia-smi lists none" >&2
  exit 3
}
build=$(realpath -- "$build")
readonly STEP=(vit_tiny_patch16_224 224 16 256 20 cuda bf16)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat >"$folder/recipe.json" <<'EOF2'
{
  "model": {"name": "vit_tiny", "img_size": 64},
  "data": {"name": "folder"},
  "train": {"epochs": 300, "warmup_epochs": 10, "batch_size": 4,
            "mixup_batch": 2, "drop_path": 0.1, "clip_grad": 1,
            "ema_decay": 0.9, "val_interval": 300}
}
EOF2

# As a launcher starts the only rank; each round has a port of its own.
in_world() { # round, command
  RANK=0 WORLD_SIZE=1 LOCAL_RANK=0 LOCAL_WORLD_SIZE=1 MASTER_ADDR=127.0.0.1 \
    MASTER_PORT=$((29600 + $1)) "${@:2}"
}

# Of the tensors: the header of a safetensors file, of the length that its first
# number gives, has the command.
weights_of() { # file
  local header
  header=$(od -An -t u8 -N 8 "$1")
  tail -c +$((header + 9)) "$1" | sha256sum | cut -c1-16
}

train() { # output
  "$build/wsel" --quiet train --config "$folder/recipe.json" --device cuda \
    --data-root tests/golden/data/folders --output "$1" >/dev/null
}

for ((round = 0; round < rounds; ++round)); do
  train "$folder/alone-$round"
  in_world "$round" train "$folder/world-$round"
  for kind in alone world; do
    weights_of "$folder/$kind-$round/last.safetensors" >>"$folder/$kind.sha256"
  done
  "$build/scripts/bench/wsel-step-bench" "${STEP[@]}" >>"$folder/alone.step"
  in_world "$round" "$build/scripts/bench/wsel-step-bench" "${STEP[@]}" \
    >>"$folder/world.step"
done

best() { cut -d' ' -f1 "$folder/$1.step" | sort -n | tail -n 1; }
printf '%-6s  %10s  %s\n' "" "images/s" "SHA-256 of the weights"
for kind in alone world; do
  printf '%-6s  %10s  %s\n' "$kind" "$(best "$kind")" \
    "$(sort -u "$folder/$kind.sha256" | paste -sd ' ')"
done

code=0
if (($(sort -u "$folder/alone.sha256" | wc -l) > 1)); then
  echo "weights: the GPU's kernels do not repeat them even without a world"
elif [[ $(sort -u "$folder"/{alone,world}.sha256 | wc -l) == 1 ]]; then
  echo "weights: equal"
else
  echo "weights: DIFFER" && code=1
fi
awk -v alone="$(best alone)" -v world="$(best world)" 'BEGIN {
  printf "step: %.2f %% of the time without a world\n", 100 * alone / world
  exit world < 0.99 * alone
}' || code=1
exit "$code"
