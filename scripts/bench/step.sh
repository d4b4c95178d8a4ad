#!/usr/bin/env bash
# Times a training step, or a forward pass in evaluation, of wsel and of PyTorch with
# timm alternately, and prints images per second: the best of the rounds, and their
# median.
set -euo pipefail

usage() {
  cat <<'EOF'
usage: scripts/bench/step.sh [--rounds N] [--steps N] [--build DIR] [--forward]

  --forward  forward passes without gradients, as scripts/bench/eval.sh

Needs a release build (DIR, build/release by default), .venv-parity
(scripts/setup --parity), and libjemalloc.so.2 for the second row.
EOF
}

rounds=5
steps=8
build=build/release
pass=()
while (($#)); do
  case $1 in
    --rounds) rounds=$2 && shift 2 ;;
    --steps) steps=$2 && shift 2 ;;
    --build) build=$(realpath -- "$2") && shift 2 ;;
    --forward) pass=(--forward) && shift ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
done
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Model, size, patch, batch.
readonly CASES=("vit_tiny_patch16_224 224 16 32" "convnext_femto 224 4 32"
  "vit_tiny_patch16_224 32 4 64")
# wsel-plain: without the malloc settings of `wsel train` (src/session/training_environment.cpp).
readonly ROWS=(torch torch-jemalloc wsel-plain wsel)
readonly GLIBC=glibc.malloc.mmap_threshold=17179869184
readonly KEEP=$GLIBC:glibc.malloc.trim_threshold=17179869184:\
glibc.malloc.top_pad=67108864:glibc.malloc.hugetlb=1
readonly RETAIN=dirty_decay_ms:-1,muzzy_decay_ms:-1,thp:always
readonly PEER=(.venv-parity/bin/python scripts/bench/step.py)

measure() { # row, model, size, patch, batch
  local row=$1
  shift
  case $row in
    torch) "${PEER[@]}" "$@" "$steps" "${pass[@]}" ;;
    torch-jemalloc)
      LD_PRELOAD=libjemalloc.so.2 MALLOC_CONF=$RETAIN "${PEER[@]}" "$@" "$steps" \
        "${pass[@]}"
      ;;
    wsel-plain)
      "$build/scripts/bench/wsel-step-bench" "$@" "$steps" "${pass[@]}"
      ;;
    wsel)
      GLIBC_TUNABLES=$KEEP "$build/scripts/bench/wsel-step-bench" "$@" "$steps" \
        "${pass[@]}"
      ;;
  esac
}

for ((round = 0; round < rounds; ++round)); do
  for setting in "${CASES[@]}"; do
    for row in "${ROWS[@]}"; do
      # shellcheck disable=SC2086
      measure "$row" $setting >>"$folder/$row $setting"
    done
  done
done

best() { cut -d' ' -f1 "$1" | sort -n | tail -n 1; }
median() {
  cut -d' ' -f2 "$1" | sort -n |
    awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'
}
printf '%-14s  %-31s  %7s  %7s\n' "" "model size patch batch" best median
for setting in "${CASES[@]}"; do
  for row in "${ROWS[@]}"; do
    file="$folder/$row $setting"
    printf '%-14s  %-31s  %7.1f  %7.1f\n' "$row" "$setting" "$(best "$file")" \
      "$(median "$file")"
  done
done
