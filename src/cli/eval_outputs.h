#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>

#include "wsel/core/atomic_file.h"
#include "wsel/data/dataset.h"
#include "wsel/data/loader.h"
#include "wsel/train/confusion_matrix.h"

namespace wsel::cli {

// Files that `wsel eval` writes beside its result; "": not asked for.
struct EvalFiles {
  std::string predictions;  // one JSON line per image
  bool logits = false;      // in it
  std::string confusion;    // CSV
  std::string per_class;    // CSV
};

// Collects what these files hold, batch by batch.
class EvalOutputs {
 public:
  EvalOutputs(const EvalFiles& files, const data::Dataset& test);

  // Logits [B, classes] of a batch, on the CPU.
  void Add(const data::Batch& batch, const at::Tensor& logits);
  // Errors: kIo.
  void Write();

 private:
  // The line of an image in the predictions file.
  std::string PredictionLine(int64_t index, const at::Tensor& logits) const;

  const EvalFiles& files_;
  const data::Dataset& test_;
  train::ConfusionMatrix confusion_;
  std::optional<AtomicFile> predictions_;
};

}  // namespace wsel::cli
