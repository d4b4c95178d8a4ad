#!/usr/bin/env bash
# Times wsel init --method ... from calibration images, with peak memory: the table in
# BENCHMARKS.md.
set -euo pipefail

usage() {
  cat <<'EOF'
usage: scripts/bench/calibrate.sh [--images LIST] [--methods LIST] [--threads N]

Makes a ViT-S from a ViT-B at 224 px by each method, with a random teacher and images
of noise: neither changes the time. Needs a release build (scripts/build) and GNU time.
Uses 600 MB in a temporary folder; minutes for each method with 512 images.

  --images LIST   numbers of calibration images (512,64)
  --methods LIST  (activation,regression,projection); taylor needs labels
  --threads N     as of wsel init (all processors)
EOF
}

images=512,64
methods=activation,regression,projection
threads=()
while (($#)); do
  case $1 in
    --images | --methods) declare "${1#--}=${2?$1 needs a value}" && shift 2 ;;
    --threads) threads=(--threads "${2?$1 needs a value}") && shift 2 ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
done
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly WSEL=$PWD/build/release/wsel SIDE=224

fail() {
  echo "scripts/bench/calibrate.sh: $1" >&2
  exit 3
}
[[ -x $WSEL ]] || fail "$WSEL is missing: run scripts/build release programs"
[[ -x /usr/bin/time ]] || fail "/usr/bin/time is missing: install GNU time"
IFS=, read -ra numbers <<<"$images"
IFS=, read -ra rules <<<"$methods"
most=0
for number in "${numbers[@]}"; do
  [[ $number =~ ^[1-9][0-9]{0,4}$ ]] ||
    fail "--images: '$number' is not a number from 1 to 99999"
  ((number <= most)) || most=$number
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# With those that agreement is measured on: a quarter as many, at most 128.
mkdir images
for ((i = 0; i < most + 128; ++i)); do
  {
    printf 'P6\n%d %d\n255\n' $SIDE $SIDE
    head -c $((SIDE * SIDE * 3)) /dev/urandom
  } >"images/$i.ppm"
done
"$WSEL" -q init --student vit_base_patch16_224 --output b.safetensors >/dev/null

printf '| method | images | seconds | MB peak |\n|---|---|---|---|\n'
for number in "${numbers[@]}"; do
  for rule in "${rules[@]}"; do
    /usr/bin/time -f '%e %M' -o time.txt "$WSEL" -q init \
      --teacher b.safetensors --student vit_small_patch16_224 \
      --method "$rule" --calibrate folder --data-root images \
      --calibration-images "$number" "${threads[@]}" \
      --output s.safetensors >log.txt 2>&1 ||
      { cat log.txt >&2 && fail "--method $rule failed"; }
    read -r seconds kilobytes <time.txt
    printf '| %s | %d | %.1f | %d |\n' "$rule" "$number" "$seconds" \
      $((kilobytes / 1000))
  done
done
