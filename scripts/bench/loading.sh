#!/usr/bin/env bash
# Decoding and transforms of images at 224 px on one thread, wsel's and timm's alternately:
# scripts/bench/augment.py with the programs in their usual places.
set -euo pipefail

usage() {
  cat <<'EOT'
usage: scripts/bench/loading.sh [--rounds N] [--build DIR]

Needs a release build (DIR, build/release by default) and .venv-parity
(scripts/setup --parity). Prints images per second of CPU time, the best of N
rounds (3).
EOT
}

rounds=3
build=build/release
while (($#)); do
  case $1 in
    --rounds) rounds=${2?$1 needs a value} && shift 2 ;;
    --build) build=$(realpath -- "$2") && shift 2 ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
done
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec .venv-parity/bin/python scripts/bench/augment.py \
  --bench "$build/scripts/bench/wsel-bench" --rounds "$rounds"
