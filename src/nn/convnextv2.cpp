// ConvNeXt V2 (Woo et al. 2023): ConvNeXt with other blocks.
#include <ATen/ATen.h>

#include "convnext.h"
#include "networks.h"
#include "wsel/kernels/depthwise.h"
#include "wsel/kernels/residual.h"

namespace wsel::nn {
namespace {

// Global response normalisation of [B, H, W, C]: each channel is multiplied by
// its norm over the positions, relative to the mean norm of all channels.
class GrnImpl : public torch::nn::Module {
 public:
  explicit GrnImpl(int64_t width) {
    weight = register_parameter("weight", at::empty({width}));
    bias = register_parameter("bias", at::empty({width}));
  }
  at::Tensor forward(const at::Tensor& x) {
    constexpr double kEps = 1e-6;
    const auto norms = at::norm(x, 2, {1, 2}, /*keepdim=*/true);
    const auto relative = norms / (norms.mean(-1, /*keepdim=*/true) + kEps);
    return x + at::addcmul(bias, weight, x * relative);
  }

  at::Tensor weight;  // [C]
  at::Tensor bias;    // [C]
};
TORCH_MODULE(Grn);

// [B, H, W, D] -> [B, H, W, D], with 4D hidden channels.
class GrnMlpImpl : public torch::nn::Module {
 public:
  GrnMlpImpl(int64_t width, bool conv) {
    fc1 = register_module("fc1", Linear(width, 4 * width, true, conv));
    grn = register_module("grn", Grn(4 * width));
    fc2 = register_module("fc2", Linear(4 * width, width, true, conv));
  }
  at::Tensor forward(const at::Tensor& x) {
    return fc2->forward(grn->forward(at::gelu(fc1->forward(x))));
  }

  Linear fc1 = nullptr;
  Grn grn = nullptr;
  Linear fc2 = nullptr;
};
TORCH_MODULE(GrnMlp);

class ConvNextV2Block : public ConvNextBlock {
 public:
  ConvNextV2Block(const model::ConvNextV2Config& config, int64_t width) {
    conv_dw = register_module("conv_dw", DepthwiseOf(width));
    norm = register_module("norm", LayerNorm(width, config.norm_eps));
    mlp = register_module("mlp", GrnMlp(width, config.conv_mlp));
  }
  at::Tensor forward(const at::Tensor& x, const at::Tensor& scale) override {
    const auto y = kernels::DepthwiseConv(x, conv_dw->weight, conv_dw->bias);
    return kernels::AddBranch(x, mlp->forward(norm->forward(y)), /*gamma=*/{},
                              scale);
  }

  Conv2d conv_dw = nullptr;
  LayerNorm norm = nullptr;
  GrnMlp mlp = nullptr;
};

}  // namespace

std::shared_ptr<Network> MakeNetwork(const model::ConvNextV2Config& config) {
  return MakeConvNext(config.WithoutGrn(), [&](int stage) {
    return std::make_shared<ConvNextV2Block>(config, config.dims[stage]);
  });
}

}  // namespace wsel::nn
