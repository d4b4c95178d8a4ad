#pragma once

#include <string_view>

#include "wsel/optim/named_tensors.h"

namespace wsel::optim {

// The exponential moving average of a model's weights, as timm's ModelEmaV3
// without its warm-up: average = decay * average + (1 - decay) * weight.
class Ema {
 public:
  // Shares the parameters, and starts at their present numbers.
  // Errors: kConfig for a decay outside of [0, 1); as CheckParameters.
  Ema(const NamedTensors& parameters, double decay);

  // After a step of the optimizer.
  void Update();

  // Under the parameters' names, on their device; later updates change them.
  const NamedTensors& averages() const { return averages_; }

  // Sets the averages, to go on as if never stopped; Snapshot(averages()) is
  // what to save. Errors: as Restore; then nothing was copied.
  void ImportState(const NamedTensors& averages, std::string_view where);

 private:
  double decay_;
  NamedTensors averages_;
  // The same in the form that LibTorch takes.
  std::vector<at::Tensor> weights_;
  std::vector<at::Tensor> targets_;
};

}  // namespace wsel::optim
