#!/usr/bin/env bash
# Times a forward pass in evaluation of wsel and of PyTorch with timm alternately, as
# step.sh does for training steps: the same models, options (--rounds N, --steps N,
# --build DIR) and output.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/step.sh" --forward "$@"
