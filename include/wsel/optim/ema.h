#pragma once

#include <cstdint>
#include <string_view>

#include "wsel/optim/named_tensors.h"

namespace wsel::optim {

// The exponential moving average of a model's weights, as timm's ModelEmaV3:
// ema = decay * ema + (1 - decay) * weight. With warmup the decay of step s,
// from 1 on, is min(decay, 1 - s^(-2/3)), so that the first copies the weights.
class Ema {
 public:
  // Shares the parameters; the EMA weights start as a copy of them.
  // Errors: kConfig for a decay outside [0, 1); as CheckParameters.
  Ema(const NamedTensors& parameters, double decay, bool warmup = false);

  // Call it after every optimizer step. `step`: optimizer steps done, which
  // only the warmup needs.
  void Update(int64_t step = 0);

  // The decay at a step.
  double DecayAt(int64_t step) const;

  // Under the parameters' names, on their device; Update changes them in place.
  const NamedTensors& ema_weights() const { return ema_weights_; }

  // Restores saved EMA weights, CloneTensors(ema_weights()); training then
  // continues bit-identically. Errors: as CopyTensorsInto; nothing is changed.
  void LoadStateDict(const NamedTensors& saved, std::string_view where) {
    CopyTensorsInto(saved, ema_weights_, where);
  }

 private:
  double decay_;
  bool warmup_;
  NamedTensors ema_weights_;
  // Parameters and EMA weights as the lists that LibTorch takes.
  std::vector<at::Tensor> weight_list_;
  std::vector<at::Tensor> ema_list_;
};

}  // namespace wsel::optim
