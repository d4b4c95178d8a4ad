#!/usr/bin/env bash
# Training steps of wsel and of PyTorch eager with timm over sizes, widths and batches, as
# a Markdown table. Two processes measure in turn, setting by setting.
set -euo pipefail

usage() {
  cat <<'EOT'
usage: scripts/bench/grid.sh [options]

Needs a release build and .venv-parity (scripts/setup --parity). Prints a row for each
setting, by the best step of both, and lists the settings that the time did not suffice
for.

  --models LIST    of vit_tiny_patch16_224 and convnext_femto (both)
  --sizes LIST     pixels (112,64)
  --widths LIST    of the final features (96,192,384)
  --batches LIST   images (16,64,512)
  --seconds S      of a measurement, if a step of warm-up and two more fit (2)
  --minutes M      begin no setting after M minutes (10)
  --quick          widths 192; batches 16,128
  --build DIR      (build/release)
  --device D       cpu or cuda (cpu)
  --precision P    fp32 or bf16 (fp32)
EOT
}

models=vit_tiny_patch16_224,convnext_femto
sizes=112,64
widths=96,192,384
batches=16,64,512
seconds=2
minutes=10
build=build/release
device=cpu
precision=fp32
while (($#)); do
  case $1 in
    --models | --sizes | --widths | --batches | --seconds | --minutes | --device | --precision)
      declare "${1#--}=${2?$1 needs a value}" && shift 2
      ;;
    --quick) widths=192 batches=16,128 && shift ;;
    --build) build=$(realpath -- "$2") && shift 2 ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
done
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

folder=$(mktemp -d)
measuring=()
finish() {
  if ((${#measuring[@]})); then kill "${measuring[@]}" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap finish EXIT

# As `wsel train` sets malloc (src/session/training_environment.cpp).
readonly KEEP=glibc.malloc.mmap_threshold=17179869184:\
glibc.malloc.trim_threshold=17179869184:glibc.malloc.top_pad=67108864

mkfifo "$folder"/{wsel,torch}.{settings,rates}
GLIBC_TUNABLES=$KEEP "$build/scripts/bench/wsel-step-bench" --lines \
  <"$folder/wsel.settings" >"$folder/wsel.rates" &
measuring+=($!)
.venv-parity/bin/python scripts/bench/step.py --lines \
  <"$folder/torch.settings" >"$folder/torch.rates" &
measuring+=($!)
exec 3>"$folder/wsel.settings" 4<"$folder/wsel.rates"
exec 5>"$folder/torch.settings" 6<"$folder/torch.rates"

# The best images per second of a setting, from the process behind two descriptors.
best_of() { # to, from, setting
  local best
  echo "$3" >&"$1"
  if ! read -r best _ <&"$2"; then
    echo "grid.sh: a process ended at: $3" >&2
    return 1
  fi
  echo "$best"
}

patch_of() { # model, size
  case $1 in
    vit*) echo 16 ;;
    *) echo 4 ;;
  esac
}

setting_of() { # model, size, width, batch
  echo "$1 $2 $(patch_of "$1") $4 1000 $device $precision --width $3" \
    "--seconds $seconds"
}

left=()
worst=
row() { # model, size, width, batch
  local setting wsel torch ratio
  if ((SECONDS >= minutes * 60)); then
    left+=("$1 at $2 px, width $3, batch $4")
    return
  fi
  setting=$(setting_of "$@")
  wsel=$(best_of 3 4 "$setting")
  torch=$(best_of 5 6 "$setting")
  ratio=$(awk -v a="$wsel" -v b="$torch" 'BEGIN {printf "%.2f", a / b}')
  printf '| %s | %s | %s | %s | %.1f | %.1f | %s |\n' "$1" "$2" "$3" "$4" "$wsel" \
    "$torch" "$ratio"
  worst=$(printf '%s\n' "$worst" "$ratio" | grep . | sort -n | head -n 1)
}

IFS=, read -r -a model_list <<<"$models"
IFS=, read -r -a size_list <<<"$sizes"
IFS=, read -r -a width_list <<<"$widths"
IFS=, read -r -a batch_list <<<"$batches"
# Importing PyTorch takes seconds, in which nothing else is to be measured.
best_of 5 6 "$(setting_of "${model_list[0]}" "${size_list[0]}" "${width_list[0]}" \
  "${batch_list[0]}")" >/dev/null
SECONDS=0
echo '| model | px | width | batch | wsel, images/s | PyTorch, images/s | wsel / PyTorch |'
echo '|---|---|---|---|---|---|---|'
# Large batches last: if the time does not suffice, they are left out.
for batch in "${batch_list[@]}"; do
  for model in "${model_list[@]}"; do
    for size in "${size_list[@]}"; do
      for width in "${width_list[@]}"; do row "$model" "$size" "$width" "$batch"; done
    done
  done
done
printf '\nThe lowest ratio is %s.\n' "${worst:-not measured}"
if ((${#left[@]})); then
  printf '\nNot measured within %s minutes:\n\n' "$minutes"
  printf -- '- %s\n' "${left[@]}"
fi
