#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "wsel/optim/named_tensors.h"

namespace wsel::train {

// How far a run has come: with the tensors of its TrainStep, all that is needed
// to resume it.
struct TrainerState {
  int64_t step = 0;     // optimizer steps done
  double loss_sum = 0;  // over the steps of the current epoch
  // Percent; -1: not evaluated yet. Of multi-label images mAP, as every top1
  // of a state.
  double best_top1 = -1;
  double best_top5 = 0;
  int64_t best_epoch = 0;  // epochs done when it was reached
  double best_ema_top1 = -1;
  double last_top1 = -1;
  double last_top5 = 0;
  double last_loss = 0;
  // Versions up to 0.1 have none of the following.
  int64_t best_ema_epoch = 0;
  // Percent, of the best weights; -1: unknown.
  double best_balanced_accuracy = -1;
  double best_macro_f1 = -1;
  double best_subset_accuracy = -1;  // only of multi-label images
  // Of the best weights on the test split, if others chose them; -1: not
  // evaluated.
  double test_top1 = -1;
  double test_top5 = 0;
  double test_loss = 0;
  double test_balanced_accuracy = 0;
  double test_macro_f1 = 0;
  double test_subset_accuracy = -1;  // only of multi-label images
  double test_ema_top1 = -1;         // of the best EMA weights
  double test_average_top1 = -1;  // of the average of the last epochs' weights
  double seconds = 0;             // spent so far, over all parts of the run
  // Lengths of the logs at this point; a resumed run truncates them to these.
  uint64_t metrics_bytes = 0;
  uint64_t summary_bytes = 0;
  uint64_t wandb_bytes = 0;  // versions up to 0.1 have none

  bool operator==(const TrainerState&) const = default;
};

// A state as bytes for another rank of this program, and back.
std::string StateToBytes(const TrainerState& state);
TrainerState BytesToState(const std::string& bytes);

// Writes a checkpoint. The tensors are contiguous and on the CPU, as those of
// optim::CloneTensors are. Errors: as checkpoint::Write.
void WriteTensors(const std::filesystem::path& path,
                  const optim::NamedTensors& tensors,
                  const std::map<std::string, std::string>& metadata);

// Writes all of it atomically into one safetensors file. Errors: kIo.
void SaveState(const std::filesystem::path& path, const TrainerState& state,
               const optim::NamedTensors& tensors,
               std::map<std::string, std::string> metadata = {});

// All tensors of a checkpoint that WriteTensors wrote. Errors: kIo, kFormat.
optim::NamedTensors ReadTensors(const std::filesystem::path& path);

struct SavedState {
  TrainerState state;
  optim::NamedTensors tensors;
};

// Errors: kIo; kFormat if the file is not the state of a run.
SavedState LoadState(const std::filesystem::path& path);

}  // namespace wsel::train
