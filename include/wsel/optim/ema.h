#pragma once

#include <string_view>

#include "wsel/optim/named_tensors.h"

namespace wsel::optim {

// The exponential moving average of a model's weights, as timm's ModelEmaV3
// without its warmup: ema = decay * ema + (1 - decay) * weight.
class Ema {
 public:
  // Shares the parameters; the EMA weights start as a copy of them.
  // Errors: kConfig for a decay outside [0, 1); as CheckParameters.
  Ema(const NamedTensors& parameters, double decay);

  // Call it after every optimizer step.
  void Update();

  // Under the parameters' names, on their device; Update changes them in place.
  const NamedTensors& ema_weights() const { return ema_weights_; }

  // Restores saved EMA weights, CloneTensors(ema_weights()); training then
  // continues bit-identically. Errors: as CopyTensorsInto; nothing is changed.
  void LoadStateDict(const NamedTensors& saved, std::string_view where) {
    CopyTensorsInto(saved, ema_weights_, where);
  }

 private:
  double decay_;
  NamedTensors ema_weights_;
  // Parameters and EMA weights as the lists that LibTorch takes.
  std::vector<at::Tensor> weight_list_;
  std::vector<at::Tensor> ema_list_;
};

}  // namespace wsel::optim
