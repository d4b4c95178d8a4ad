#include "wsel/kernels/depthwise.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "depthwise_gradient.h"
#include "fused.h"

namespace wsel::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// x [B, H, W, C]
at::Tensor Convolve(const at::Tensor& x, const at::Tensor& weight,
                    const at::Tensor& bias) {
  return ToChannelsLast(at::conv2d(ToChannelsFirst(x), weight, bias,
                                   /*stride=*/1, weight.size(2) / 2,
                                   /*dilation=*/1, weight.size(0)));
}

at::Tensor InputGradient(const at::Tensor& x, const at::Tensor& weight,
                         const at::Tensor& gradient) {
  const std::vector<int64_t> padding(2, weight.size(2) / 2);
  auto [input, unused_weight, unused_bias] = at::convolution_backward(
      ToChannelsFirst(gradient), ToChannelsFirst(x), weight,
      /*bias_sizes=*/std::nullopt, /*stride=*/{1, 1}, padding,
      /*dilation=*/{1, 1}, /*transposed=*/false, /*output_padding=*/{0, 0},
      weight.size(0), {true, false, false});
  return ToChannelsLast(input);
}

// The sums per image and block of channels, [B, blocks, taps + 1, lanes].
at::Tensor SumsPerImage(const at::Tensor& x, const at::Tensor& gradient) {
  const int64_t images = x.size(0);
  const int64_t channels = x.size(3);
  const int64_t blocks = (channels + kLanes - 1) / kLanes;
  at::Tensor sums = at::empty({images, blocks, kTaps + 1, kLanes}, x.options());
  const int64_t pixels = x.size(1) * x.size(2);
  at::parallel_for(0, images * blocks, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> scratch;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t offset = i / blocks * pixels * channels;
      const DepthwiseImage image = {x.const_data_ptr<float>() + offset,
                                    gradient.const_data_ptr<float>() + offset,
                                    x.size(1), x.size(2), channels};
      DepthwiseGradient(image, i % blocks * kLanes,
                        sums.data_ptr<float>() + i * kSums, scratch);
    }
  });
  return sums;
}

struct Depthwise7 : torch::autograd::Function<Depthwise7> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                            const at::Tensor& weight, const at::Tensor& bias) {
    context->save_for_backward({x, weight});
    return Convolve(x, weight, bias);
  }

  static variable_list backward(AutogradContext* context,
                                const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto gradient = gradients[0].contiguous();
    at::Tensor x;
    if (context->needs_input_grad(0)) {
      x = InputGradient(saved[0], saved[1], gradient);
    }
    const int64_t channels = gradient.size(3);
    const auto taps = SumsPerImage(saved[0], gradient)
                          .sum(0)
                          .transpose(1, 2)
                          .reshape({-1, kTaps + 1})
                          .slice(0, 0, channels);  // [C, taps + 1]
    return {x, taps.slice(1, 0, kTaps).reshape({channels, 1, kKernel, kKernel}),
            taps.select(1, kTaps).contiguous()};
  }
};

}  // namespace

at::Tensor DepthwiseConv(const at::Tensor& x, const at::Tensor& weight,
                         const at::Tensor& bias) {
  if (weight.size(2) == kKernel && CanUseFused({x, weight, bias})) {
    const at::Tensor input = x.contiguous();
    return NeedsGradient({input, weight, bias})
               ? Depthwise7::apply(input, weight, bias)
               : Convolve(input, weight, bias);
  }
  return Convolve(x, weight, bias);
}

}  // namespace wsel::kernels
