#!/usr/bin/env bash
# Makes tests/golden/version_0_1: small files that wsel 0.1 (commit a7fe82b)
# left on disk and that every later version must read: plans, a student, a run
# that was stopped, a sweep with its caches. Needs that version's program:
#   scripts/golden/version_0_1.sh /path/to/wsel-0.1
set -euo pipefail
wsel=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
data=$PWD/tests/golden/data/folders
out=tests/golden/version_0_1
rm -rf "$out" && mkdir -p "$out" && cd "$out"

small=(--img-size 16 --patch-size 8 --num-heads 2)
"$wsel" -q init --student vit_tiny --method timm "${small[@]}" --embed-dim 16 \
  --depth 3 --num-classes 2 --output teacher.safetensors
student=(--teacher teacher.safetensors --student vit_tiny "${small[@]}"
  --embed-dim 8 --depth 2 --num-classes 2)
"$wsel" -q init "${student[@]}" --method l1 --skip mlp --seed 5 \
  --save-plan plan.json --output student.safetensors
"$wsel" -q init "${student[@]}" --method magnitude --head reuse \
  --save-plan plan_magnitude.json --dry-run >/dev/null

cat >recipe.json <<'JSON'
{
  "model": {"name": "vit_tiny", "img_size": 16, "patch_size": 8,
            "embed_dim": 8, "depth": 2, "num_heads": 2},
  "teacher": {"file": "teacher.safetensors"},
  "distill": {"method": "logit"},
  "data": {"name": "folder", "cache_gb": 1, "skip_broken": true},
  "train": {"epochs": 6, "warmup_epochs": 1, "batch_size": 2, "mixup_batch": 2,
            "ema_decay": 0.9, "memory_gb": 1,
            "save_minutes": 0},
  "evaluation": {"every": 2}
}
JSON
run=(train --config recipe.json --data-root "$data" --output run --device cpu
  --threads 1 --workers 1)
# Stopped after its first save.
"$wsel" -q "${run[@]}" >/dev/null &
child=$!
until [[ -e run/state.safetensors ]]; do kill -0 $child && sleep 0.002; done
kill -INT $child
wait $child || [[ $? == 130 ]]

cat >sweep.json <<'JSON'
{
  "recipe": {
    "model": {"name": "vit_tiny", "img_size": 16, "patch_size": 8,
              "embed_dim": 8, "depth": 2, "num_heads": 2},
    "distill": {"method": "feature", "cache": true},
    "augment": {"crop": "evaluation", "hflip": 0, "rand_augment": ""},
    "erasing": {"probability": 0},
    "mix": {"mixup_alpha": 0, "cutmix_alpha": 0},
    "data": {"name": "folder"},
    "train": {"epochs": 2, "warmup_epochs": 1, "batch_size": 2,
              "mixup_batch": 2}
  },
  "set": {"teacher": "{here}/teacher.safetensors", "teacher.file": "{teacher}"},
  "axes": {
    "init": {"random": {}, "timm": {"init.method": "timm"},
             "uniform": {"init.select": "uniform"}},
    "train.seed": [0]
  }
}
JSON
"$wsel" -q sweep sweep.json --data-root "$data" --output sweep --device cpu \
  --threads 1 >/dev/null
"$wsel" --version >VERSION
rm -rf sweep/runs/*/events.*
