#include "wsel/select/libtorch_svd.h"

#include "wsel/nn/initialize.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::select {

const SvdParts& LibTorchSvd() {
  static const SvdParts kParts = {
      [](const model::Init& init, const TensorSpec& spec, uint64_t seed) {
        return ValuesOf(nn::Draw(init, spec, seed));
      }};
  return kParts;
}

}  // namespace wsel::select
