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
  int64_t step = 0;       // optimizer steps done
  double loss_sum = 0;    // over the steps of the current epoch
  double best_top1 = -1;  // percent; -1: not evaluated yet
  double best_top5 = 0;
  int64_t best_epoch = 0;  // epochs done when it was reached
  double best_ema_top1 = -1;
  double last_top1 = -1;
  double last_top5 = 0;
  double last_loss = 0;
  double seconds = 0;  // spent so far, over all parts of the run
  // Lengths of the logs at this point; a resumed run truncates them to these.
  uint64_t metrics_bytes = 0;
  uint64_t summary_bytes = 0;

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

struct SavedState {
  TrainerState state;
  optim::NamedTensors tensors;
};

// Errors: kIo; kFormat if the file is not the state of a run.
SavedState LoadState(const std::filesystem::path& path);

}  // namespace wsel::train
