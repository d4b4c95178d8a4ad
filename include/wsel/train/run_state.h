#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "wsel/optim/named_tensors.h"

namespace wsel::train {

// How far a run has come: with the tensors of its Step, all that is needed to
// go on to the same numbers.
struct Progress {
  int64_t step = 0;       // updates done
  double loss_sum = 0;    // of the steps of the epoch under way
  double best_top1 = -1;  // percent; -1: not evaluated yet
  double best_top5 = 0;
  int64_t best_epoch = 0;  // epochs done when it was reached
  double best_ema_top1 = -1;
  double last_top1 = -1;
  double last_top5 = 0;
  double last_loss = 0;
  double seconds = 0;  // spent so far, over all parts of the run
  // Lengths of the logs at this point; a resumed run cuts off what is beyond.
  uint64_t metrics_bytes = 0;
  uint64_t summary_bytes = 0;

  bool operator==(const Progress&) const = default;
};

// Writes both into one safetensors file, which appears whole or not at all.
// Errors: kIo.
void SaveState(const std::filesystem::path& path, const Progress& progress,
               const optim::NamedTensors& tensors);

struct SavedState {
  Progress progress;
  optim::NamedTensors tensors;
};

// Errors: kIo; kFormat where the file is no state of a run.
SavedState LoadState(const std::filesystem::path& path);

}  // namespace wsel::train
