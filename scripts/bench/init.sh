#!/usr/bin/env bash
# Times whole commands of wsel and what they are compared with, alternately, and
# prints medians: the table in BENCHMARKS.md.
set -euo pipefail

usage() {
  cat <<'EOF'
usage: scripts/bench/init.sh [--official DIR] [--runs N]

Needs a release build (scripts/build). With --official DIR, a checkout of the
paper's code, it times the paper's script in the same run, which needs
.venv-parity (scripts/setup --parity). Uses 3 GB in a temporary folder.
EOF
}

official=
runs=9
while (($#)); do
  case $1 in
    --official) official=$(realpath -- "$2") && shift 2 ;;
    --runs) runs=$2 && shift 2 ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
done
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly ROOT=$PWD WSEL=$PWD/build/release/wsel
readonly LOAD=$PWD/build/release/scripts/bench/wsel-load-libtorch
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

"$WSEL" -q init --student vit_small_patch16_224 --output s.safetensors >/dev/null
"$WSEL" -q init --student vit_large_patch16_224 --output l.safetensors >/dev/null

declare -A COMMANDS=(
  [load]="$LOAD"
  [init-s]="$WSEL -q init --teacher s.safetensors --student vit_tiny --output t.safetensors"
  [init-l]="$WSEL -q init --teacher l.safetensors --student vit_tiny --output t.safetensors"
  [inspect-l]="$WSEL inspect l.safetensors"
)
order=(load init-s init-l inspect-l)
if [[ -n $official ]]; then
  COMMANDS[official]="$ROOT/.venv-parity/bin/python $ROOT/scripts/bench/official.py
    --official $official --teacher s.safetensors --output official"
  order+=(official)
fi

# A warm-up, then all commands alternately, so that drift affects them equally.
for ((run = 0; run <= runs; ++run)); do
  for name in "${order[@]}"; do
    command=${COMMANDS[$name]}
    /usr/bin/time -f "%e %M" -o time.txt $command >/dev/null 2>&1
    ((run == 0)) || cat time.txt >>"$name.times"
  done
done

median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
printf '%-10s  %8s  %8s\n' command seconds "MB peak"
for name in "${order[@]}"; do
  printf '%-10s  %8.3f  %8.0f\n' "$name" "$(cut -d' ' -f1 "$name.times" | median)" \
    "$(cut -d' ' -f2 "$name.times" | median | awk '{print $1 / 1000}')"
done
