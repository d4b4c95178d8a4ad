#pragma once

#include "run_writer.h"
#include "wsel/nn/build.h"
#include "wsel/optim/ema.h"
#include "wsel/train/fit.h"
#include "wsel/train/upload.h"

namespace wsel::train {

// Evaluates a model while it trains, on the test split, and keeps its best
// weights.
class Evaluator {
 public:
  // The arguments must outlive this.
  Evaluator(const nn::Model& model, const TrainJob& job, Uploader& uploader)
      : model_(model), job_(job), uploader_(uploader) {}

  // Evaluates the weights and, unless `ema` is null, the EMA weights, and adds
  // the results to `report` and `state`. Weights that are better than any
  // before are kept by `writer`. Errors: as data::Loader::Next.
  void Evaluate(const optim::Ema* ema, RunWriter& writer, TrainerState& state,
                EpochReport& report);

 private:
  Evaluation EvaluateOnTest(const nn::Model& model);
  // A model with the EMA weights.
  nn::Model EmaModel(const optim::Ema& ema) const;

  const nn::Model& model_;
  const TrainJob& job_;
  Uploader& uploader_;
};

}  // namespace wsel::train
