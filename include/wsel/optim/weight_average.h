#pragma once

#include <cstdint>
#include <string_view>

#include "wsel/optim/named_tensors.h"

namespace wsel::optim {

// The mean of a model's weights at several times, as torch's AveragedModel:
// stochastic weight averaging (Izmailov et al. 2018).
class WeightAverage {
 public:
  // Shares the parameters; the mean starts as a copy of them. Errors: as
  // CheckParameters.
  explicit WeightAverage(const NamedTensors& parameters);

  // Includes the present weights, which are the `count`-th, from 1 on.
  void Add(int64_t count);

  // Under the parameters' names, on their device; Add changes them in place.
  const NamedTensors& weights() const { return mean_; }

  // Restores a saved mean, CloneTensors(weights()). Errors: as CopyTensorsInto.
  void LoadStateDict(const NamedTensors& saved, std::string_view where) {
    CopyTensorsInto(saved, mean_, where);
  }

 private:
  NamedTensors mean_;
  // Parameters and means as the lists that LibTorch takes.
  std::vector<at::Tensor> weight_list_;
  std::vector<at::Tensor> mean_list_;
};

}  // namespace wsel::optim
